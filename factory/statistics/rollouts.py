"""Rollouts: what a solver did at each step of a workflow, and the sums over them that the steps profile is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.statistics.clusters import Clustered, Floats

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]


class Attempt(NamedTuple):
    """One decision. gold: made after a prefix known to be right, put there for it, and so on no path of the solver's own."""

    item: str
    solver: str
    sample: str
    step: str
    correct: bool
    gold: bool = False


class UnfinishedRollout(ValueError):
    """A rollout that neither failed nor came to the last step, or left a step out: whether it succeeded is not known."""


@dataclass(frozen=True, eq=False)
class Rollouts:
    """Whole rollouts and, apart from them, decisions after a gold prefix.

    tried, right: shape (rollouts, steps); a step not tried is not right. cell: each rollout's item and solver as places in
    `items` and `solvers`, shape (rollouts, 2). gold_tried, gold_right: counts of shape (items, solvers, steps).
    Raises UnfinishedRollout for a rollout that misses a step before its first error, and ValueError for a step right untried.
    """

    items: tuple[str, ...]
    solvers: tuple[str, ...]
    steps: tuple[str, ...]
    cell: Counts
    samples: tuple[str, ...]
    tried: Bools
    right: Bools
    gold_tried: Counts
    gold_right: Counts

    def __post_init__(self) -> None:
        if (self.right & ~self.tried).any():
            raise ValueError("a step that was not tried cannot be right")
        # Until its first error a rollout must have tried every step; what stands after the error is its own affair.
        missing = np.logical_and.accumulate(self.right | ~self.tried, axis=1) & ~self.tried
        bad = np.flatnonzero(missing.any(axis=1))
        if len(bad):
            row, step = int(bad[0]), int(np.argmax(missing[bad[0]]))
            item, solver = self.items[self.cell[row, 0]], self.solvers[self.cell[row, 1]]
            raise UnfinishedRollout(
                f"the rollout of item {item!r}, solver {solver!r}, sample {self.samples[row]!r} misses the step "
                f"{self.steps[step]!r} although no earlier one failed"
            )

    @classmethod
    def from_attempts(cls, attempts: Iterable[Attempt], steps: tuple[str, ...]) -> Rollouts:
        """steps: their order. Raises ValueError for an attempt that comes twice or at no known step, and as the class does."""
        step_at = {step: at for at, step in enumerate(steps)}
        items: dict[str, int] = {}
        solvers: dict[str, int] = {}
        rollouts: dict[tuple[int, int, str], int] = {}
        places: list[tuple[int, int, bool]] = []
        golden: list[tuple[int, int, int, bool]] = []
        seen: set[Attempt] = set()
        for attempt in attempts:
            if attempt.step not in step_at:
                raise ValueError(f"there is no step {attempt.step!r}")
            if attempt.correct not in (True, False):
                raise TypeError(f"a decision is correct or not, True or False, and not {attempt.correct!r}")
            key = attempt._replace(correct=False)
            if key in seen:
                raise ValueError(
                    f"item {attempt.item!r}, solver {attempt.solver!r}, sample {attempt.sample!r}, step {attempt.step!r} "
                    "comes twice"
                )
            seen.add(key)
            item, solver = items.setdefault(attempt.item, len(items)), solvers.setdefault(attempt.solver, len(solvers))
            at = step_at[attempt.step]
            if attempt.gold:
                golden.append((item, solver, at, attempt.correct))
            else:
                row = rollouts.setdefault((item, solver, attempt.sample), len(rollouts))
                places.append((row, at, attempt.correct))
        tried = np.zeros((len(rollouts), len(steps)), dtype=bool)
        right = tried.copy()
        for row, at, correct in places:
            tried[row, at], right[row, at] = True, correct
        gold_tried = np.zeros((len(items), len(solvers), len(steps)), dtype=np.int64)
        gold_right = gold_tried.copy()
        for item, solver, at, correct in golden:
            gold_tried[item, solver, at] += 1
            gold_right[item, solver, at] += correct
        cell = np.array([key[:2] for key in rollouts], dtype=np.int64).reshape(-1, 2)
        samples = tuple(key[2] for key in rollouts)
        return cls(tuple(items), tuple(solvers), steps, cell, samples, tried, right, gold_tried, gold_right)

    @cached_property
    def through(self) -> Bools:
        """Shape (rollouts, steps): right at this step and at every earlier one."""
        found: Bools = np.logical_and.accumulate(self.right, axis=1)
        return found

    @cached_property
    def reached(self) -> Bools:
        """Shape (rollouts, steps): right at every earlier step; the first step is always reached."""
        found: Bools = np.concatenate([np.ones((len(self.right), 1), dtype=bool), self.through[:, :-1]], axis=1)
        return found

    @property
    def stops_at_errors(self) -> bool:
        """Whether rollouts end at their first error: then nothing is known of a step off the right path."""
        early = ~self.through[:, :-1].all(axis=1)
        return bool(early.any()) and not (self.tried & ~self.reached).any()

    @cached_property
    def size(self) -> Floats:
        """Rollouts of each (item, solver) pair that has any, shape (pairs, 1)."""
        return self.sums_by_pair(np.ones((len(self.cell), 1), dtype=bool))

    def conditional(self, step: int) -> Clustered | None:
        """The chance of being right at a step (its place) once all earlier ones were right; None when nothing reached it.

        Both sides of the ratio, the shares of rollouts right through this step and through the one before, are taken by item
        and solver and then averaged, so that the product of the conditional rates of all steps is exactly the path's rate.
        """
        through, reached = (self.sums_by_pair(marks[:, [step]]) / self.size for marks in (self.through, self.reached))
        return self._clustered(through, reached, int(self.reached[:, step].sum()))

    def marginal(self, step: int) -> Clustered | None:
        """The rate of a step over all rollouts that tried it, whatever came before, by item and solver and then averaged."""
        tried = self.sums_by_pair(self.tried[:, [step]])
        rates = self.sums_by_pair(self.right[:, [step]]) / np.maximum(tried, 1)
        return self._clustered(rates, (tried > 0).astype(np.float64), int(tried.sum()))

    def path(self) -> Clustered | None:
        """The share of rollouts that are right at every step, by item and solver and then averaged; None without rollouts."""
        if not self.steps:
            return None
        shares = self.sums_by_pair(self.through[:, [-1]]) / self.size
        return self._clustered(shares, np.ones_like(shares), len(self.cell))

    def gold(self, step: int) -> Clustered | None:
        """The rate of a step after a gold prefix, by item and solver and then averaged; None when it was never tried so."""
        tried, right = self.gold_tried[:, :, step], self.gold_right[:, :, step]
        if not tried.any():
            return None
        return Clustered(
            (right / np.maximum(tried, 1)).sum(axis=1), (tried > 0).sum(axis=1).astype(np.float64), float(tried.sum())
        )

    def sums_by_pair(self, marks: Bools) -> Floats:
        """How many rollouts of each (item, solver) pair are marked, shape (pairs, columns), from (rollouts, columns)."""
        place, owners = self._pairs
        columns = [np.bincount(place, weights=column, minlength=len(owners)) for column in marks.T]
        found: Floats = np.stack(columns, axis=1).astype(np.float64)
        return found

    def by_item(self, values: Floats) -> Floats:
        """Sums over each item's pairs, shape (items,), from shape (pairs,)."""
        _, owners = self._pairs
        sums: Floats = np.bincount(owners, weights=values, minlength=len(self.items)).astype(np.float64)
        return sums

    @cached_property
    def _pairs(self) -> tuple[Counts, Counts]:
        """Each rollout's place among the pairs that have any, shape (rollouts,), and the pairs' items, shape (pairs,)."""
        keys, place = np.unique(self.cell[:, 0] * max(1, len(self.solvers)) + self.cell[:, 1], return_inverse=True)
        return place.astype(np.int64), keys // max(1, len(self.solvers))

    def _clustered(self, hits: Floats, weight: Floats, samples: int) -> Clustered | None:
        if not samples:
            return None
        return Clustered(self.by_item(hits[:, 0]), self.by_item(weight[:, 0]), float(samples))
