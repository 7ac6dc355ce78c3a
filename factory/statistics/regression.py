"""Two agents or releases on the same workflow: which steps changed, with intervals that hold for all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from factory.statistics.clusters import Clustered, clustered_difference
from factory.statistics.estimates import Estimate, share
from factory.statistics.intervals import LEVEL
from factory.statistics.rollouts import Rollouts

Verdict = Literal["regressed", "improved", "unclear"]


@dataclass(frozen=True)
class Change:
    """One rate before and after. what: "conditional", "gold" or "path"; step: its name, empty for the path.

    difference: after - before, at the level of the single comparison, as both estimates are.
    """

    what: str
    step: str
    before: Estimate
    after: Estimate
    difference: Estimate

    @property
    def verdict(self) -> Verdict:
        if self.difference.high < 0:
            return "regressed"
        return "improved" if self.difference.low > 0 else "unclear"


@dataclass(frozen=True)
class Comparison:
    """level: all intervals hold together with at least this confidence; single_level: of each, after Bonferroni.

    shared_items: items in both, whose common difficulty narrows the intervals. only_before, only_after: steps of one side.
    """

    changes: tuple[Change, ...]
    level: float
    single_level: float
    shared_items: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def compare(before: Rollouts, after: Rollouts, level: float = LEVEL) -> Comparison:
    """Every step's conditional and gold rate, and the path's, where both sides have them.

    Bonferroni: m comparisons are made at 1 - (1 - level) / m each. Raises ValueError when the sides share no rate.
    """
    share("level", level)
    union = sorted({*before.items, *after.items})
    pairs = [
        (what, step, _aligned(one, before.items, union), _aligned(other, after.items, union))
        for what, step, one, other in _rates(before, after)
        if one is not None and other is not None
    ]
    if not pairs:
        raise ValueError("the two sides have no step in common that both tried")
    single = 1 - (1 - level) / len(pairs)
    changes = [
        Change(what, step, one.estimate(single), other.estimate(single), clustered_difference(other, one, single))
        for what, step, one, other in pairs
    ]
    return Comparison(
        tuple(changes),
        level,
        single,
        len(set(before.items) & set(after.items)),
        tuple(step for step in before.steps if step not in after.steps),
        tuple(step for step in after.steps if step not in before.steps),
    )


def _rates(before: Rollouts, after: Rollouts) -> list[tuple[str, str, Clustered | None, Clustered | None]]:
    """The path's rate is compared only between workflows of the same steps: another path is another task."""
    both = [(step, before.steps.index(step), after.steps.index(step)) for step in before.steps if step in after.steps]
    paths = len(before.cell) > 0 and len(after.cell) > 0
    found: list[tuple[str, str, Clustered | None, Clustered | None]] = []
    if paths and before.steps == after.steps:
        found.append(("path", "", before.path(), after.path()))
    if paths:
        found += [("conditional", step, before.conditional(one), after.conditional(other)) for step, one, other in both]
    return found + [("gold", step, before.gold(one), after.gold(other)) for step, one, other in both]


def _aligned(rate: Clustered, items: Sequence[str], union: Sequence[str]) -> Clustered:
    """The same rate over the union of both sides' items, so that equal places are equal items."""
    place = {item: at for at, item in enumerate(union)}
    rows = [place[item] for item in items]
    hits, weight = np.zeros(len(union)), np.zeros(len(union))
    hits[rows], weight[rows] = rate.hits, rate.weight
    return Clustered(hits, weight, rate.samples)
