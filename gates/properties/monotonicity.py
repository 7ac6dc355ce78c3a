"""monotonicity: a stated number moves as another does, such as no smaller dose for a heavier patient."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from gates.properties.violation import Violation


@dataclass(frozen=True, slots=True)
class Point:
    """One input/output pair: `by` is stated in the one, `value` in the other. name: how a person finds it again."""

    by: float
    value: float
    name: str = ""


@dataclass
class Monotone:
    """Watches pairs as they come. falling: the value must not rise with `by`, else it must not fall; strict: it must move.

    A pair that breaks the rule is reported against its neighbour and not kept, so that one stray is reported once. Of pairs
    with the same `by` nothing is claimed. Costs memory for every pair kept.
    """

    falling: bool = False
    strict: bool = False
    _kept: list[tuple[float, float, str]] = field(default_factory=list)

    def broken_by(self, point: Point) -> Violation | None:
        """The violation that this pair makes with an earlier one, None where there is none. Raises ValueError for a NaN."""
        if math.isnan(point.by) or math.isnan(point.value):
            raise ValueError("a number is needed, not NaN")
        value = -point.value if self.falling else point.value
        # What is kept is in order, so its neighbours speak for all the others.
        below = bisect_left(self._kept, (point.by, -math.inf, "")) - 1
        above = bisect_right(self._kept, (point.by, math.inf, ""))
        if below >= 0 and (self._kept[below][1] > value or (self.strict and self._kept[below][1] == value)):
            return self._told(point, self._kept[below])
        if above < len(self._kept) and (self._kept[above][1] < value or (self.strict and self._kept[above][1] == value)):
            return self._told(point, self._kept[above])
        insort(self._kept, (point.by, value, point.name))
        return None

    def _told(self, point: Point, other: tuple[float, float, str]) -> Violation:
        by, value, name = other
        value = -value if self.falling else value
        must = (
            "must fall"
            if self.falling and self.strict
            else "must not rise"
            if self.falling
            else "must rise"
            if self.strict
            else "must not fall"
        )
        where = f" ({name})" if name else ""
        told = f"{point.value:g} at {point.by:g}, but {value:g} at {by:g}{where}: it {must}"
        return Violation("not_monotone", told)


def monotonicity(points: Iterable[Point], *, falling: bool = False, strict: bool = False) -> tuple[Violation, ...]:
    """Every pair, in the order given, that does not move as the rule says. Reason: not_monotone."""
    watch = Monotone(falling, strict)
    return tuple(violation for point in points if (violation := watch.broken_by(point)) is not None)
