"""The lander: one task commits candidates strictly by index, whatever order their pulls finished in.

At landing an accepted candidate is checked once more, against everything landed before it: a twin that was pulled at the
same time is stopped here, and a quota is charged here. Both depend on the landed prefix alone, never on timing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from factory.errors import FactoryError
from factory.gate import LandingGate, SetGate, answered, error, passed, reject, settings_of
from factory.lever import Line, stopped_by, tallies
from factory.ports import CONSTANT_ANSWER, Corpus, CorpusEntry, Landing, Lease, Store
from factory.sampling import lies_in
from factory.types import Candidate, Coordinate, Finding, Item, Outcome, Quota, Receipt, Stage, State
from factory.types.candidate import landed_state

QUOTA = "quota"
QUOTA_VERSION = "1"


@dataclass
class Ledger:
    """This job's accepted candidates, as far as what follows may depend on them: (index, coordinate, novelty view) of each, and
    how many have which answer (only the lander reads that, so no pull depends on it); commonest: as many have the commonest."""

    quotas: Sequence[Quota]
    accepted: list[tuple[int, Coordinate, str]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    commonest: int = 0
    _charged: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self._charged = [[] for _ in self.quotas]

    def add(self, index: int, coordinate: Coordinate, view: str, answer: str = "") -> None:
        self.accepted.append((index, coordinate, view))
        if answer:
            self.answers[answer] += 1
            self.commonest = max(self.commonest, self.answers[answer])
        for quota, charged in zip(self.quotas, self._charged, strict=True):
            if lies_in(coordinate, quota.where):
                charged.append(index)

    def full(self, horizon: int | None = None) -> tuple[Quota, ...]:
        """The quotas that landings with index <= horizon (None: all) have used up."""
        out = []
        for quota, charged in zip(self.quotas, self._charged, strict=True):
            used_up = len(charged) >= quota.at_most
            if used_up and (horizon is None or quota.at_most == 0 or charged[quota.at_most - 1] <= horizon):
                out.append(quota)
        return tuple(out)


@dataclass
class Lander:
    """Takes finished pulls in any order and lands them in theirs.

    next_index is the next index to land; on_landed is called for each, in order, once it is decided (its commit may still be
    under way; `close` waits for those). want() says whether the next index is still wanted; the rest is surplus.
    """

    store: Store
    lease: Lease
    line: Line
    corpus: Corpus
    ledger: Ledger
    next_index: int
    want: Callable[[], bool]
    on_landed: Callable[[Candidate], None]
    _waiting: dict[int, Candidate] = field(default_factory=dict)
    _commits: set[asyncio.Task[None]] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _failed: BaseException | None = None

    @cached_property
    def _asked(self) -> tuple[LandingGate | SetGate, ...]:
        """The gates that are asked as an item lands; to ask a gate for a protocol takes longer than most of landing."""
        return tuple(gate for gate in self.line.gates if isinstance(gate, LandingGate | SetGate))

    @cached_property
    def _weighs(self) -> bool:
        return any(isinstance(gate, SetGate) for gate in self._asked)

    async def offer(self, candidate: Candidate) -> None:
        """Hand in a finished pull. Raises the FactoryError of a commit that failed."""
        self._waiting[candidate.index] = candidate
        async with self._turn:
            while self.want() and self.next_index in self._waiting:
                await self._land(self._waiting.pop(self.next_index))

    async def close(self) -> None:
        """Wait for the commits under way. Raises the first that failed."""
        while self._commits:
            await asyncio.gather(*self._commits, return_exceptions=True)
        self._raise_failure()

    async def _land(self, pulled: Candidate) -> None:
        self._raise_failure()
        commonest, answered_before = self.ledger.commonest, self.ledger.answers.total()
        candidate, entry = await self._recheck(pulled) if pulled.state is State.ACCEPTED else (pulled, None)
        baselines = {}
        if self._weighs and self.ledger.answers.total() > answered_before:
            # The best constant's score rises by one whenever another item has the commonest answer: its sum is the score.
            baselines[CONSTANT_ANSWER] = self.ledger.commonest > commonest
        landing = Landing(candidate, tallies(candidate), stopped_by(candidate), entry, baselines)
        # The next landing needs this one's outcome, not its commit: commits stay in order in the store's one writer.
        commit = asyncio.create_task(self.store.land(self.lease, landing))
        self._commits.add(commit)
        commit.add_done_callback(self._committed)
        self.next_index += 1
        self.on_landed(candidate)
        await asyncio.sleep(0)

    def _committed(self, commit: asyncio.Task[None]) -> None:
        self._commits.discard(commit)
        if not commit.cancelled() and commit.exception() is not None and self._failed is None:
            self._failed = commit.exception()

    def _raise_failure(self) -> None:
        if isinstance(self._failed, FactoryError):
            raise self._failed
        if self._failed is not None:
            raise FactoryError(
                f"the store could not land a candidate ({self._failed})",
                where=f"job {self.lease.job}",
                fix=f"Nothing of it was written. Mend the store, then `factory resume {self.lease.job}`",
            ) from self._failed

    async def _recheck(self, candidate: Candidate) -> tuple[Candidate, CorpusEntry | None]:
        line = self.line
        payload = line.recipe.parse(candidate.payload)
        view = line.recipe.novelty_view(payload)
        revision = candidate.revisions[-1].number
        item = Item(candidate.id, candidate.index, revision, candidate.coordinate, candidate.payload, payload, view)
        answer = answered(line.task, payload)
        for gate in self._asked:
            finding = None
            if isinstance(gate, LandingGate):
                finding = await self._ask(gate, item)
            elif isinstance(gate, SetGate) and answer.key:
                finding = gate.weigh(answer, self.ledger.answers[answer.key], self.ledger.answers.total())
            if finding is not None:
                candidate = _with_landing_receipt(candidate, line, gate.name, gate.version, settings_of(gate), finding)
                if candidate.state is not State.ACCEPTED:
                    return candidate, None
        if any(lies_in(candidate.coordinate, quota.where) for quota in line.spec.quotas):
            settings = {"quotas": [quota.model_dump(mode="json") for quota in line.spec.quotas]}
            finding = self._charge(candidate.coordinate)
            candidate = _with_landing_receipt(candidate, line, QUOTA, QUOTA_VERSION, settings, finding)
            if candidate.state is not State.ACCEPTED:
                return candidate, None
        template = str(candidate.measures.get("template", candidate.id))
        entry = await self.corpus.admit(candidate.id, view, template=template, index=candidate.index)
        self.ledger.add(candidate.index, candidate.coordinate, view, answer.key)
        return candidate, entry

    async def _ask(self, gate: LandingGate, item: Item) -> Finding:
        try:
            return await gate.recheck(item, self.corpus.at(None))
        except FactoryError:
            raise
        except Exception as exc:
            return error("gate_broke", f"{type(exc).__name__}: {exc}")

    def _charge(self, coordinate: Coordinate) -> Finding:
        full = next((quota for quota in self.ledger.full() if lies_in(coordinate, quota.where)), None)
        if full is None:
            return passed("Every quota this coordinate falls under has room.")
        where = " and ".join(f"{axis} is {' or '.join(map(str, values))}" for axis, values in full.where.items())
        return reject("quota_full", f"{full.at_most} accepted candidates already lie where {where}: all that the spec allows.")


def _with_landing_receipt(
    candidate: Candidate, line: Line, gate: str, version: str, settings: Mapping[str, Any], finding: Finding
) -> Candidate:
    """The candidate with a receipt of what was found at landing.

    When that stops it, the receipts of later gates go: they were made about a point that a landed twin had already made
    superfluous, and whether they exist would depend on how far apart the two were pulled. Their calls stay journaled.
    """
    receipts = candidate.receipts
    if finding.outcome is not Outcome.PASS:
        last = max((n for n, receipt in enumerate(receipts) if receipt.gate == gate), default=len(receipts) - 1)
        receipts = receipts[: last + 1]
    receipt = Receipt(
        seq=len(receipts),
        gate=gate,
        version=version,
        settings=settings,
        revision=candidate.revisions[-1].number,
        finding=finding,
        stage=Stage.LANDING,
        conditions=line.conditions,
    )
    receipts = (*receipts, receipt)
    return replace(candidate, receipts=receipts, state=landed_state(receipts))
