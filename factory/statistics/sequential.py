"""Deciding an item's band from rounds of calls: the sequential test and the fixed design (DESIGN section 8).

A round is one call to each of S solvers. Both designs look only at the pooled count of passes at round ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from factory.statistics.estimates import at_least_one, count, share

EASY = "easy"
DISCRIMINATING = "discriminating"
HARD = "hard"
UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Edges:
    """The solve rates at which hard and easy begin, as used, and as asked for when they had to be moved.

    half_width: of the indifference zone around each edge.
    """

    hard: float
    easy: float
    half_width: float
    asked_hard: float
    asked_easy: float

    @property
    def shifted(self) -> bool:
        return (self.hard, self.easy) != (self.asked_hard, self.asked_easy)

    def band(self, passes: int, calls: int) -> str:
        """The band of the plain rate passes/calls; a rate on an edge is inside the discriminating band.

        Raises ValueError for no calls and for passes beyond them.
        """
        if count("passes", passes) > at_least_one("calls", calls):
            raise ValueError(f"{passes} passes in {calls} calls")
        rate = Fraction(int(passes), int(calls))
        if rate < _exact(self.hard):
            return HARD
        return EASY if rate > _exact(self.easy) else DISCRIMINATING


def edges_for(solvers: int, hard: float = 0.1, easy: float = 0.9, half_width: float = 0.05) -> Edges:
    """The edges a panel of this size can use.

    An edge on a multiple of 1/S is the true rate of an item that a fixed few solvers always pass: the test would drift for
    ever on it. Such an edge moves outwards, so that the item one of ten solvers passes counts as discriminating, by half a
    step, 1/(2S), or by half of the room that the indifference zone leaves before 0 or 1, whichever is less.
    Raises ValueError when the zones leave (0, 1) or meet.
    """
    check_edges(hard, easy, half_width)
    hard, easy, half_width = float(hard), float(easy), float(half_width)
    solvers = at_least_one("solvers", solvers)
    room = Fraction(1, 2 * solvers)
    low, high, half = _exact(hard), _exact(easy), _exact(half_width)
    if _on_grid(low, solvers):
        low -= min(room, (low - half) / 2)
    if _on_grid(high, solvers):
        high += min(room, (1 - high - half) / 2)
    return Edges(round(float(low), 6), round(float(high), 6), half_width, hard, easy)


def check_edges(hard: float, easy: float, half_width: float) -> None:
    """Raises ValueError unless 0 < hard - w, hard + w <= easy - w and easy + w < 1."""
    low, high, half = (_exact(share(name, v)) for name, v in (("hard", hard), ("easy", easy), ("half_width", half_width)))
    if low - half <= 0 or high + half >= 1:
        raise ValueError(f"the edges {hard} and {easy} with half-width {half_width} reach 0 or 1: narrow the half-width")
    if low + half > high - half:
        raise ValueError(f"the edges {hard} and {easy} with half-width {half_width} overlap: move them apart")


@dataclass(frozen=True, slots=True)
class Decision:
    """Where screening stands after a round. band is "undecided" while it is open; stopped_by: "tests", "cap", "fixed", ""."""

    band: str
    stopped_by: str

    @property
    def open(self) -> bool:
        return not self.stopped_by


class Design(Protocol):
    """A rule for screening. solvers: calls per round; max_rounds: no more rounds than this."""

    @property
    def solvers(self) -> int: ...

    @property
    def max_rounds(self) -> int: ...

    def decide(self, passes: int, rounds: int) -> Decision:
        """The decision on the pooled passes of all calls of `rounds` complete rounds."""
        ...


@dataclass(frozen=True, slots=True)
class Sequential:
    """Two Wald sequential probability ratio tests (Wald 1945, Annals of Mathematical Statistics 16:117-186).

    The easy test sets a rate of easy - w against easy + w, the hard test hard + w against hard - w, each with both error
    rates alpha. Either test accepting its extreme decides that band; both refusing theirs makes the item discriminating;
    otherwise another round is due. At the cap the plain rate decides. Each test's ratio is taken afresh on the pooled count.
    At the default settings that decides as holding on to the first crossing would: by the time a ratio could come back over
    its bound, the other test has long refused.
    """

    solvers: int
    edges: Edges
    alpha: float = 0.2
    max_rounds: int = 16

    def __post_init__(self) -> None:
        at_least_one("solvers", self.solvers)
        if share("alpha", self.alpha) >= 0.5:
            raise ValueError(f"alpha must be below 0.5, and is {self.alpha}: a coin would do as well")
        at_least_one("max_rounds", self.max_rounds)

    def decide(self, passes: int, rounds: int) -> Decision:
        """Raises ValueError when the counts cannot be (passes beyond the calls made, rounds beyond the cap)."""
        passes, calls = _calls(self, passes, rounds)
        width = self.edges.half_width
        easy = _log_ratio(passes, calls, self.edges.easy - width, self.edges.easy + width)
        hard = _log_ratio(calls - passes, calls, 1 - self.edges.hard - width, 1 - self.edges.hard + width)
        bound = math.log((1 - self.alpha) / self.alpha)
        if easy >= bound:
            return Decision(EASY, "tests")
        if hard >= bound:
            return Decision(HARD, "tests")
        if easy <= -bound and hard <= -bound:
            return Decision(DISCRIMINATING, "tests")
        if rounds == self.max_rounds:
            return Decision(self.edges.band(passes, calls), "cap")
        return Decision(UNDECIDED, "")


@dataclass(frozen=True, slots=True)
class Fixed:
    """k rounds for every item, then the plain rate; what a batch panel uses."""

    solvers: int
    edges: Edges
    k: int = 8

    def __post_init__(self) -> None:
        at_least_one("solvers", self.solvers)
        at_least_one("k", self.k)

    @property
    def max_rounds(self) -> int:
        return self.k

    def decide(self, passes: int, rounds: int) -> Decision:
        """Raises ValueError as `Sequential.decide` does."""
        passes, calls = _calls(self, passes, rounds)
        return Decision(self.edges.band(passes, calls), "fixed") if rounds == self.k else Decision(UNDECIDED, "")


def _calls(design: Sequential | Fixed, passes: int, rounds: int) -> tuple[int, int]:
    if not 1 <= count("rounds", rounds) <= design.max_rounds:
        raise ValueError(f"round {rounds} of a design with {design.max_rounds}")
    calls = int(rounds) * int(design.solvers)
    if count("passes", passes) > calls:
        raise ValueError(f"{passes} passes in {calls} calls")
    return int(passes), calls


def _log_ratio(hits: int, calls: int, null: float, other: float) -> float:
    """The log likelihood ratio of rate `other` against rate `null` after so many hits in so many calls."""
    return hits * math.log(other / null) + (calls - hits) * math.log((1 - other) / (1 - null))


def _exact(value: float) -> Fraction:
    """The decimal a person wrote: 0.1 is a tenth, not the nearest binary fraction."""
    return Fraction(repr(value))


def _on_grid(edge: Fraction, solvers: int) -> bool:
    return (edge * solvers).denominator == 1
