"""Difficulty: the item lies inside the wanted band, measured on the panel (DESIGN section 8).

Screening decides the band and nothing else; confirmation, fresh calls whose number was declared before, gives every published
estimate. The two never mix: they differ in purpose, hence in call identity, and in the finding's evidence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from factory.errors import ModelFailure
from factory.gate import Foreseen, GateContext, Outlook, error, hold, passed, reject
from factory.ports import Seat
from factory.statistics import (
    DISCRIMINATING,
    EASY,
    HARD,
    UNIFORM,
    Declared,
    Edges,
    Estimate,
    Fixed,
    Sequential,
    Tally,
    check_edges,
    edges_for,
    endings,
    newcombe,
    panel_pass_at_k,
    wilson,
)  # fmt: skip
from factory.types import Finding, Item, Message, ReplySchema, Role
from gates.asking import (
    ask_oracles,
    check_count,
    check_share,
    judged_apart,
    reaches,
    relatives_flag,
    together,
    wrong_setting,
)  # fmt: skip

FRONTIER = "frontier"
SUSPECT = "suspect"
_PASS, _FAIL = "pass", "fail"
_CAN_WANT = (EASY, DISCRIMINATING, HARD, FRONTIER)


@dataclass(frozen=True)
class Difficulty:
    """wanted: the bands to keep.

    Screening: design "sequential" (hard_edge, easy_edge, half_width, alpha, max_rounds) or "fixed" (k rounds).
    Confirmation: confirm fresh samples of every solver; pass_at: the k whose pass@k is published, none above confirm.
    Frontier: frontier_calls fresh calls to the strongest tier, none of which may pass, and frontier_votes more solutions of
    every oracle, of which the share agreement must reach the reference.
    """

    name: ClassVar[str] = "difficulty"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "the item lies inside the wanted difficulty band"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.SOLVER,)
    takes_raw: ClassVar[bool] = False
    # A solve rate against a reference that nobody has confirmed measures nothing.
    after: ClassVar[tuple[str, ...]] = ("oracle",)

    wanted: tuple[str, ...] = (DISCRIMINATING, FRONTIER)
    design: Literal["sequential", "fixed"] = "sequential"
    hard_edge: float = 0.1
    easy_edge: float = 0.9
    half_width: float = 0.05
    alpha: float = 0.2
    max_rounds: int = 16
    k: int = 8
    confirm: int = 4
    pass_at: tuple[int, ...] = (1, 4)
    frontier_calls: int = 16
    frontier_votes: int = 3
    agreement: float = 2 / 3

    def __post_init__(self) -> None:
        if not self.wanted or any(band not in _CAN_WANT for band in self.wanted):
            raise wrong_setting(self.name, "wanted", f"holds {list(self.wanted)}", f"Choose from {', '.join(_CAN_WANT)}.")
        if self.design not in ("sequential", "fixed"):
            raise wrong_setting(self.name, "design", f"is {self.design!r}", "Use sequential or fixed.")
        for field in ("max_rounds", "k", "confirm", "frontier_calls", "frontier_votes"):
            check_count(self.name, field, getattr(self, field))
        if not self.pass_at:
            raise wrong_setting(self.name, "pass_at", "is empty", "Name at least pass@1: [1].")
        for k in self.pass_at:
            check_count(self.name, "pass_at", k)
            if k > self.confirm:
                raise wrong_setting(self.name, "pass_at", f"asks for pass@{k} of {self.confirm} samples", "Raise confirm.")
        check_share(self.name, "agreement", self.agreement)
        if isinstance(self.alpha, bool) or not isinstance(self.alpha, int | float) or not 0 < self.alpha < 0.5:
            raise wrong_setting(self.name, "alpha", f"must lie between 0 and 0.5, and is {self.alpha!r}", "The default is 0.2.")
        try:
            check_edges(self.hard_edge, self.easy_edge, self.half_width)
        except (TypeError, ValueError) as why:
            raise wrong_setting(
                self.name,
                "hard_edge",
                f"with easy_edge and half_width cannot be used ({why})",
                "The defaults are 0.1, 0.9, 0.05.",
            ) from None

    def foresee(self, outlook: Outlook) -> Foreseen:
        """From where screening ends for items of every solve rate alike, as if the solvers were of one strength."""
        solvers = outlook.members.get(Role.SOLVER, ())
        if not solvers:
            return Foreseen(passes=0.0)
        found = endings(self.rule(len(solvers)))
        bands = {band: math.fsum(end.chance for end in found if end.band == band) for band in (EASY, DISCRIMINATING, HARD)}
        tried = bands[HARD] if self._seeks_frontier else 0.0
        unsolved = math.fsum(
            end.chance * UNIFORM.after(end.passes, end.calls - end.passes).chance(0, self.frontier_calls)
            for end in found
            if end.band == HARD
        )
        bands |= {HARD: bands[HARD] - unsolved, FRONTIER: unsolved}
        kept = math.fsum(bands[band] for band in set(self.wanted))
        each = math.fsum(end.chance * end.rounds for end in found) + kept * self.confirm
        top = max(member.tier for member in solvers)
        strongest = [slot for slot, member in enumerate(solvers) if member.tier == top]
        more = tried * self.frontier_calls / len(strongest)
        oracles = len(outlook.members.get(Role.ORACLE, ())) if tried else 0
        asks = [outlook.ask(Role.SOLVER, slot, each + more * (slot in strongest)) for slot in range(len(solvers))]
        asks += [outlook.ask(Role.ORACLE, slot, tried * self.frontier_votes) for slot in range(oracles)]
        return Foreseen(tuple(asks), grades=math.fsum(ask.calls for ask in asks), passes=kept)

    async def check(self, item: Item, context: GateContext) -> Finding:
        seats = context.seats(Role.SOLVER)
        if not seats:
            return error("no_solvers", "the cast has no solvers to measure difficulty on")
        panel = _Panel(item, context, seats, *context.task.question(item.payload, context.spec, Role.SOLVER))
        try:
            return await self._measure(panel)
        except _Ungraded as ungraded:
            return error("grader_unavailable", f"the grader's model gave no verdict: {ungraded}")

    async def _measure(self, panel: _Panel) -> Finding:
        design = self.rule(len(panel.seats))
        screening = await _screen(panel, design)
        band, edges = screening.band, design.edges
        graded = [(seat.role, seat.slot) for role in (Role.SOLVER, Role.ORACLE) for seat in panel.context.seats(role)]
        apart = judged_apart(panel.context, graded)
        evidence: dict[str, Any] = {"screening": screening.shown(), "edges": _shown_edges(edges), **apart}
        if band == HARD and self._seeks_frontier:
            frontier = await self._frontier(panel)
            band = frontier.band
            evidence["frontier"] = frontier.evidence
        moved = f"; edges moved to {edges.hard} and {edges.easy} for {len(panel.seats)} solvers" if edges.shifted else ""
        counts = f"{screening.passes} of {screening.calls} screening calls passed{moved}"
        if band == SUSPECT:
            return hold(SUSPECT, f"hard, and its reference was not confirmed: {counts}", evidence=evidence, band=band)
        if band not in self.wanted:
            return reject(band, f"{band}: {counts}", evidence=evidence, band=band)
        declared = Declared(self.confirm)
        confirmed = _Confirmation(declared, await panel.rounds("confirm", declared.n), panel.seats)
        evidence["confirmation"] = confirmed.shown()
        flags = confirmed.flags(screening.band, edges) + relatives_flag(evidence)
        if band == FRONTIER and evidence["frontier"]["unanswered"] * 2 > self.frontier_calls:
            flags += ("frontier_unanswered",)
        return passed(f"{band}: {counts}", evidence=evidence, flags=flags, band=band, **confirmed.measures(self.pass_at))

    @property
    def _seeks_frontier(self) -> bool:
        return bool({HARD, FRONTIER} & set(self.wanted))

    def rule(self, solvers: int) -> Sequential | Fixed:
        """How a panel of so many solvers is screened."""
        edges = edges_for(solvers, self.hard_edge, self.easy_edge, self.half_width)
        if self.design == "fixed":
            return Fixed(solvers, edges, self.k)
        return Sequential(solvers, edges, self.alpha, self.max_rounds)

    async def _frontier(self, panel: _Panel) -> _Frontier:
        """What a hard item is: suspect when its reference is not confirmed, hard when a strong solver passes, else frontier."""
        top = max(seat.member.tier for seat in panel.seats)
        strongest = [seat for seat in panel.seats if seat.member.tier == top]
        places = [(strongest[n % len(strongest)], n // len(strongest)) for n in range(self.frontier_calls)]
        oracles = [(seat, self.frontier_votes) for seat in panel.context.seats(Role.ORACLE)]

        results = await together(panel.sample(seat, "frontier", number) for seat, number in places)
        votes = await ask_oracles(panel.item, panel.context, oracles, "frontier_vote")
        answered = [vote for vote in votes if vote.answered]
        agreeing = sum(vote.correct for vote in answered)
        # Votes that did not come count against: what is published as the sharpest signal needs all of its evidence.
        confirmed = reaches(agreeing, len(votes), self.agreement)
        passes = results.count(_PASS)
        evidence = {
            "tier": top,
            "declared": self.frontier_calls,
            "passes": passes,
            "unanswered": _unanswered(results),
            "votes": [vote.shown() for vote in votes],
            "agree": agreeing,
            "answered": len(answered),
        }
        return _Frontier(SUSPECT if not confirmed else HARD if passes else FRONTIER, evidence)


class _Ungraded(Exception):
    """A grader that asks a model got no verdict: nothing is known of the sample, so it must not count as failed."""


@dataclass(frozen=True)
class _Panel:
    """The solvers and what is put to them."""

    item: Item
    context: GateContext
    seats: tuple[Seat, ...]
    messages: tuple[Message, ...]
    schema: ReplySchema | None

    async def rounds(self, purpose: str, number: int, first: int = 0) -> list[list[str]]:
        """`number` rounds side by side, from sample `first` on: a list per round, a result per solver in slot order."""
        places = [(seat, sample) for sample in range(first, first + number) for seat in self.seats]
        results = await together(self.sample(seat, purpose, sample) for seat, sample in places)
        width = len(self.seats)
        return [results[start : start + width] for start in range(0, len(results), width)]

    async def sample(self, seat: Seat, purpose: str, sample: int) -> str:
        """ "pass", "fail", or the kind of the failure (refused, truncated, ...), which is a failed sample too."""
        try:
            reply = await seat.ask(self.messages, purpose=purpose, sample=sample, schema=self.schema)
        except ModelFailure as failure:
            if failure.kind.transient:
                raise
            return failure.kind.value
        answer = self.context.task.answer(reply)
        # Labelled, so that a grader which asks a judge has calls of its own for every sample.
        nested = self.context.within(f"{purpose}.{seat.slot}.{sample}", answer_of=(seat.role, seat.slot))
        try:
            grade = await self.context.task.grade(self.item.payload, answer.text, nested)
        except ModelFailure as failure:
            raise _Ungraded(failure.kind.value) from failure
        return _PASS if grade.correct else _FAIL


@dataclass(frozen=True)
class _Screening:
    band: str
    stopped_by: str
    rounds: Sequence[Sequence[str]]

    @property
    def passes(self) -> int:
        return sum(row.count(_PASS) for row in self.rounds)

    @property
    def calls(self) -> int:
        return sum(map(len, self.rounds))

    def shown(self) -> dict[str, Any]:
        return {
            "band": self.band,
            "stopped_by": self.stopped_by,
            "passes": self.passes,
            "calls": self.calls,
            "rounds": [row.count(_PASS) for row in self.rounds],
            "unanswered": sum(map(_unanswered, self.rounds)),
        }


@dataclass(frozen=True)
class _Frontier:
    band: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class _Confirmation:
    """The fresh samples: a row per round, a column per solver. The only source of published estimates."""

    declared: Declared
    rounds: Sequence[Sequence[str]]
    seats: Sequence[Seat]

    @property
    def tallies(self) -> list[Tally]:
        columns = [[row[at] for row in self.rounds] for at in range(len(self.seats))]
        return [self.declared.tally(column.count(_PASS), len(column)) for column in columns]

    def tier_gap(self) -> tuple[Estimate, int, int] | None:
        """Pass rate of the strongest tier minus that of the weakest, with both tiers; None for a panel of one tier."""
        tiers = [seat.member.tier for seat in self.seats]
        strong, weak = max(tiers), min(tiers)
        if strong == weak:
            return None

        def pooled(tier: int) -> tuple[int, int]:
            chosen = [tally for tally, own in zip(self.tallies, tiers, strict=True) if own == tier]
            return sum(tally.passes for tally in chosen), sum(tally.samples for tally in chosen)

        return newcombe(pooled(strong), pooled(weak)), strong, weak

    def flags(self, screened: str, edges: Edges) -> tuple[str, ...]:
        """What a reviewer should look at. An item that nobody passes has no gap to show, so only the middle band needs one."""
        gap = self.tier_gap()
        found = {
            "confirmation_disagrees": edges.band(sum(t.passes for t in self.tallies), sum(t.samples for t in self.tallies))
            != screened,
            "unseparated": screened == DISCRIMINATING and (gap is None or gap[0].low <= 0),
            "negative_gap": gap is not None and gap[0].value < 0,
        }
        return tuple(flag for flag, holds in found.items() if holds)

    def measures(self, pass_at: Sequence[int]) -> dict[str, Any]:
        """The published estimates: pass@k of the panel, pass rate by solver slot, tier gap."""
        n, gap = self.declared.n, self.tier_gap()
        rates = {
            str(seat.slot): _shown(wilson(tally.passes, n)) | {"passes": tally.passes, "n": n, "tier": seat.member.tier}
            for seat, tally in zip(self.seats, self.tallies, strict=True)
        }
        return {
            "pass_at": {str(k): _shown(panel_pass_at_k(self.tallies, k)) | {"n": n} for k in pass_at},
            "pass_rate": rates,
            "tier_gap": _shown(gap[0]) | {"strong": gap[1], "weak": gap[2], "n": n} if gap else None,
        }

    def shown(self) -> dict[str, Any]:
        return {
            "declared": self.declared.n,
            "passes": {str(seat.slot): tally.passes for seat, tally in zip(self.seats, self.tallies, strict=True)},
            "unanswered": sum(map(_unanswered, self.rounds)),
        }


async def _screen(panel: _Panel, design: Sequential | Fixed) -> _Screening:
    """Rounds until the design decides; it looks at round ends only."""
    rounds: list[list[str]] = []
    while True:
        # A fixed design looks once, so all of its rounds go out side by side.
        due = design.max_rounds if isinstance(design, Fixed) else 1
        rounds += await panel.rounds("screen", due, first=len(rounds))
        decision = design.decide(sum(row.count(_PASS) for row in rounds), len(rounds))
        if not decision.open:
            return _Screening(decision.band, decision.stopped_by, rounds)


def _unanswered(results: Sequence[str]) -> int:
    return sum(result not in (_PASS, _FAIL) for result in results)


def _shown(estimate: Estimate) -> dict[str, float]:
    found = estimate.rounded()
    return {"value": found.value, "low": found.low, "high": found.high, "level": found.level}


def _shown_edges(edges: Edges) -> dict[str, Any]:
    asked = {"hard": edges.asked_hard, "easy": edges.asked_easy}
    return {"hard": edges.hard, "easy": edges.easy, "half_width": edges.half_width, "asked": asked, "shifted": edges.shifted}
