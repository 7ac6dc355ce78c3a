"""The lever: `pull` turns a spec and one sampled coordinate into exactly one candidate, accepted or not, with its receipts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import orjson
from pydantic import BaseModel, ValidationError

from factory.canonical import canonical_json, plain, stream
from factory.errors import CallGivenUp, FactoryError, FailureKind, ModelFailure
from factory.gate import Gate, GateContext, Relatives, Task, error, reject, settings_of
from factory.journal import CallScope, PullJournal
from factory.ports import CorpusView, GateTally, Seat
from factory.recipe import AuthorContext, Recipe
from factory.turns import TimedView, Turns
from factory.types import (
    Anchor,
    Candidate,
    Coordinate,
    Finding,
    Item,
    Outcome,
    Receipt,
    Revision,
    Role,
    Spec,
)
from factory.types.candidate import candidate_id, landed_state
from factory.vacant import Vacant

AUTHOR = "author"
ANCHORS_SHOWN = 3


@dataclass(frozen=True)
class Line:
    """What every pull of a job shares: the spec, the recipe with its settings parsed, and its gates as this spec sets them.

    relatives: see `GateContext`; coordinates: of each index, where they are given and not drawn; turns: at the embedder.
    """

    spec: Spec
    recipe: Recipe
    settings: BaseModel
    gates: tuple[Gate, ...]
    task: Task
    seed: int
    conditions: tuple[str, ...] = ()
    relatives: Relatives = field(default_factory=dict)
    coordinates: tuple[Coordinate, ...] | None = None
    turns: Turns = field(default_factory=Turns, compare=False, repr=False)

    @cached_property
    def _spec_identity(self) -> str:
        """Asked for several times a pull, and made from all of the spec."""
        return self.spec.identity

    @cached_property
    def anchors(self) -> tuple[Any, ...]:
        """The spec's anchors as payloads."""
        return tuple(self.recipe.parse(anchor.payload) for anchor in self.spec.anchors)

    @property
    def repairable(self) -> bool:
        return self.recipe.repair is not None and self.spec.repairs > 0

    def candidate_id(self, index: int) -> str:
        return candidate_id(self._spec_identity, f"{self.recipe.name}@{self.recipe.version}", self.seed, index)


@dataclass
class Pull:
    """One pull under way."""

    line: Line
    index: int
    id: str
    coordinate: Coordinate
    corpus: CorpusView
    avoid: tuple[str, ...]
    journal: PullJournal
    revisions: list[Revision] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)


async def pull(
    line: Line, index: int, coordinate: Coordinate, corpus: CorpusView, avoid: Sequence[str], journal: PullJournal
) -> Candidate:
    """Author, then gates in order with bounded repair. A defect, a refusal, a broken gate: each becomes a receipt.

    Raises nothing for the candidate's sake; what concerns the whole job is reported through the journal.
    """
    work = Pull(line, index, line.candidate_id(index), coordinate, corpus, tuple(avoid), journal)
    await _drive(work)
    return candidate_of(work)


def candidate_of(work: Pull) -> Candidate:
    """The pull's result, in the state that its last receipt tells."""
    line = work.line
    return Candidate(
        id=work.id,
        index=work.index,
        spec=line.spec.name,
        recipe=line.recipe.name,
        recipe_version=line.recipe.version,
        coordinate=work.coordinate,
        state=landed_state(work.receipts),
        revisions=tuple(work.revisions),
        receipts=tuple(work.receipts),
    )


class Puller(Protocol):
    """`pull`, or what a job that does not author does in its stead."""

    async def __call__(
        self,
        line: Line,
        index: int,
        coordinate: Coordinate,
        corpus: CorpusView,
        avoid: Sequence[str],
        journal: PullJournal,
    ) -> Candidate: ...


async def _drive(work: Pull) -> None:
    """Until a receipt ends the pull, or every gate has passed. The state is told by the last receipt."""
    delivered = await _write(work, item=None, finding=None)
    while delivered:
        verdict = await _gates(work)
        if verdict is None:
            _check_fit(work)
            break
        gate, finding = verdict
        if finding.outcome is not Outcome.REPAIR or not _may_repair(work):
            break
        before = work.revisions[-1].payload
        delivered = await _write(work, item=item_of(work), finding=finding, cause=f"{gate.name}/{finding.reason}")
        if work.revisions[-1].payload == before:
            # Running the same gates on the same payload again would only pay twice for the same finding.
            break


def _check_fit(work: Pull) -> None:
    """A receipt against a payload that does not fit its schema, where no gate of this line judged that."""
    item = item_of(work)
    if item.payload is not None:
        return
    scope = work.journal.scope(AUTHOR, item.revision)
    found = error("payload_unfit", f"The payload does not fit the recipe's schema, which no gate here judges: {item.unfit}.")
    work.receipts.append(_receipt(work, AUTHOR, work.line.recipe.version, {}, item.revision, found, scope))


def _may_repair(work: Pull) -> bool:
    return work.line.recipe.repair is not None and len(work.revisions) <= work.line.spec.repairs


async def _write(work: Pull, *, item: Item | None, finding: Finding | None, cause: str = "") -> bool:
    """Ask the author for the next revision: the first one, or the repair of `item`. False when it delivered none, with a
    receipt that rejects where the author refused or broke off, and errs where the asking itself failed.
    """
    line, number = work.line, len(work.revisions)
    scope = work.journal.scope(AUTHOR, number)
    seat = next(iter(scope.seats(Role.AUTHOR)), Vacant(Role.AUTHOR))
    context = author_context(line, work.index, number, work.coordinate, work.avoid, seat)
    try:
        if item is None or finding is None:
            payload = await line.recipe.author(context)
        else:
            assert line.recipe.repair is not None
            payload = await line.recipe.repair(context, item, finding)
        payload = plain(payload)
        canonical_json(payload)
    except ModelFailure as failure:
        if failure.kind is not FailureKind.MALFORMED:
            found = reject(f"author_{failure.kind.value}", f"The author delivered nothing usable: {failure.detail}.")
            return _no_revision(work, number, found, scope)
        payload = _salvage(failure.text)
    except CallGivenUp as exc:
        return _no_revision(work, number, error("call_given_up", f"The author's call kept failing: {exc}."), scope)
    except FactoryError as exc:
        work.journal.journal.die(exc)
        return await work.journal.journal.wait_to_be_cancelled()
    except Exception as exc:
        return _no_revision(work, number, error("author_broke", f"{type(exc).__name__}: {exc}"), scope)
    origin = line.recipe.origin if item is None else "repair"
    work.revisions.append(Revision(number, payload, origin, cause, scope.calls))
    return True


def author_context(
    line: Line, index: int, revision: int, coordinate: Coordinate, avoid: tuple[str, ...], seat: Seat
) -> AuthorContext:
    """What the author of one revision of pull `index` may draw on."""
    return AuthorContext(
        spec=line.spec,
        coordinate=coordinate,
        settings=line.settings,
        seat=seat,
        rng=stream("author", line.candidate_id(index), revision),
        anchors=_rotation(line.spec.anchors, index),
        avoid=avoid,
        index=index,
    )


def _no_revision(work: Pull, number: int, found: Finding, scope: CallScope) -> bool:
    work.receipts.append(_receipt(work, AUTHOR, work.line.recipe.version, {}, number, found, scope))
    return False


def _rotation(anchors: tuple[Anchor, ...], index: int) -> tuple[Anchor, ...]:
    """The anchors shown to pull `index`: a window that moves on by one with each pull, so all are shown equally often."""
    shown = min(ANCHORS_SHOWN, len(anchors))
    return tuple(anchors[(index + offset) % len(anchors)] for offset in range(shown))


def _salvage(text: str) -> Mapping[str, Any]:
    """A malformed reply as a payload the structure gate can judge and a reader can see."""
    try:
        data = orjson.loads(text)
        canonical_json(data)
    except (orjson.JSONDecodeError, TypeError, ValueError):
        # No JSON, or nested deeper than anything here writes.
        return {"unparsed": text}
    return data if isinstance(data, dict) else {"unparsed": text}


def item_of(work: Pull) -> Item:
    """The last revision as gates see it."""
    recipe, revision = work.line.recipe, work.revisions[-1]
    payload, view, unfit = None, "", ""
    try:
        payload = recipe.parse(revision.payload)
        view = recipe.novelty_view(payload)
    except ValidationError as exc:
        problems = [f"{'.'.join(map(str, problem['loc'])) or 'payload'}: {problem['msg']}" for problem in exc.errors()]
        unfit = "; ".join(problems)
    except Exception as exc:
        # Whatever a recipe's own model or view trips over is a property of this payload.
        payload, unfit = None, f"{type(exc).__name__}: {exc}"
    return Item(work.id, work.index, revision.number, work.coordinate, revision.payload, payload, view, unfit)


async def _gates(work: Pull) -> tuple[Gate, Finding] | None:
    """Run the gates in order on the last revision; the first finding that is not a pass, or None when all passed."""
    item = item_of(work)
    for gate in work.line.gates:
        carried = _carried(work, gate)
        if carried is not None:
            work.receipts.append(carried)
            continue
        finding = await ask(work, gate, item)
        if finding.outcome is not Outcome.PASS:
            return gate, finding
    return None


async def ask(work: Pull, gate: Gate, item: Item) -> Finding:
    """Put an item to one gate and keep the receipt. A gate that breaks has found an error."""
    scope = work.journal.scope(gate.name, item.revision)
    began, corpus = time.perf_counter(), TimedView(work.corpus, work.line.turns)
    finding = await _check(work, gate, item, scope, corpus)
    # At a high concurrency nearly all of novelty's wall time is the queue for the one embedder.
    seconds = max(0.0, time.perf_counter() - began - corpus.queued)
    work.receipts.append(_receipt(work, gate.name, gate.version, settings_of(gate), item.revision, finding, scope, seconds))
    return finding


async def _check(work: Pull, gate: Gate, item: Item, scope: CallScope, corpus: CorpusView) -> Finding:
    if item.payload is None and not gate.takes_raw:
        return error("payload_unfit", f"The payload does not fit the recipe's schema, which no gate here judges: {item.unfit}.")
    context = GateContext(
        spec=work.line.spec,
        task=work.line.task,
        corpus=corpus,
        rng=stream("gate", work.id, item.revision, gate.name),
        members={role: scope.seats(role) for role in Role},
        anchors=work.line.anchors,
        relatives=work.line.relatives,
    )
    try:
        return await gate.check(item, context)
    except FactoryError as exc:
        # A gate's own means failed (a grader's worker that does not start, say): that says nothing of this candidate.
        work.journal.journal.die(exc)
        return await work.journal.journal.wait_to_be_cancelled()
    except CallGivenUp as exc:
        return error("call_given_up", f"A model call this needs kept failing: {exc}.")
    except Exception as exc:
        return error("gate_broke", f"{type(exc).__name__}: {exc}")


def _carried(work: Pull, gate: Gate) -> Receipt | None:
    """The gate's earlier pass, when no field it reads changed since."""
    if not gate.reads:
        return None
    earlier = next((r for r in reversed(work.receipts) if r.gate == gate.name), None)
    if earlier is None or earlier.finding.outcome is not Outcome.PASS:
        return None
    now = work.revisions[-1]
    then = work.revisions[earlier.revision].payload
    if any(then.get(name) != now.payload.get(name) for name in gate.reads):
        return None
    made_at = earlier.carried_from if earlier.carried_from is not None else earlier.revision
    return Receipt(
        seq=len(work.receipts),
        gate=gate.name,
        version=gate.version,
        settings=earlier.settings,
        revision=now.number,
        finding=earlier.finding,
        carried_from=made_at,
        conditions=work.line.conditions,
    )


def _receipt(
    work: Pull,
    gate: str,
    version: str,
    settings: Mapping[str, Any],
    revision: int,
    finding: Finding,
    scope: CallScope,
    seconds: float = 0.0,
) -> Receipt:
    calls = scope.calls
    return Receipt(
        seq=len(work.receipts),
        gate=gate,
        version=version,
        settings=settings,
        revision=revision,
        finding=finding,
        calls=calls,
        conditions=work.line.conditions,
        seconds=seconds,
        cost_nano_usd=sum(call.cost_nano_usd for call in calls),
    )


def tallies(candidate: Candidate) -> tuple[GateTally, ...]:
    """The candidate's line in the funnel, a tally per gate that saw it, in the gates' order."""
    by_gate: dict[str, list[Receipt]] = {}
    for receipt in candidate.receipts:
        by_gate.setdefault(receipt.gate, []).append(receipt)
    ended_by = candidate.receipts[-1].gate if candidate.receipts else ""
    return tuple(_tally(gate, receipts, ended=gate == ended_by) for gate, receipts in by_gate.items())


def _tally(gate: str, receipts: Sequence[Receipt], *, ended: bool) -> GateTally:
    last = receipts[-1].finding
    asked = next((r.finding.reason for r in receipts if r.finding.outcome is Outcome.REPAIR), "")
    match last.outcome:
        case Outcome.HOLD:
            resolution, reason = "held", last.reason
        case Outcome.ERROR:
            resolution, reason = "errored", last.reason
        case Outcome.REJECT:
            resolution, reason = "rejected", last.reason
        case Outcome.REPAIR if ended:
            # A repair that was still asked for when the bound was reached is a rejection.
            resolution, reason = "rejected", last.reason
        case _:
            resolution, reason = ("repaired", asked) if asked else ("passed", "")
    return GateTally(
        gate=gate,
        resolution=resolution,
        reason=reason,
        calls=sum(len(r.calls) for r in receipts),
        seconds=sum(r.seconds for r in receipts),
        cost_nano_usd=sum(r.cost_nano_usd for r in receipts),
    )


CATCHES = (Outcome.REPAIR, Outcome.REJECT, Outcome.HOLD)
"""The findings by which a gate has caught something."""


def stopped_by(candidate: Candidate) -> str:
    """The gate that first asked for a repair, rejected or held, "" when none did; a gate that broke has caught nothing."""
    return next((r.gate for r in candidate.receipts if r.finding.outcome in CATCHES), "")
