"""The profile of a workflow: how each step fares, where paths break, and why rates of single steps must not be multiplied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from factory.statistics.clusters import Clustered, Floats, t_score
from factory.statistics.estimates import Estimate
from factory.statistics.intervals import LEVEL, newcombe
from factory.statistics.passk import Declared
from factory.statistics.rollouts import Rollouts

# The verdict on a product is a strong sentence, so it is given this share of the other intervals' room for error.
_GAP_ERROR = 0.2
# Fewer rollouts than this on either side make a link between two steps an anecdote.
_FEWEST_LINKED = 10


@dataclass(frozen=True)
class StepRates:
    """One step. conditional: once all earlier steps were right; marginal: whatever came before; gold: after a gold prefix.

    reached, tried, gold_tried: the decisions each comes from. A rate is None where there were none; the marginal one also
    where rollouts end at their first error, since then it is not observed.
    """

    step: str
    conditional: Estimate | None
    marginal: Estimate | None
    gold: Estimate | None
    reached: int
    tried: int
    gold_tried: int


@dataclass(frozen=True)
class Product:
    """The steps' rates multiplied, against the path's own rate. basis: "marginal" or "gold".

    gap: path rate minus product, with a jackknife interval over items at a stricter level of its own (.99 beside .95); None
    with fewer than two items.
    """

    basis: str
    value: float
    gap: Estimate | None

    @property
    def differs(self) -> bool:
        return self.gap is not None and (self.gap.low > 0 or self.gap.high < 0)


@dataclass(frozen=True)
class Link:
    """The two steps that go together most, over rollouts that tried both.

    after_right, after_wrong: (right, of) at the later step where the earlier one was right, and where it was wrong.
    together: the share of rollouts right at both; multiplied: the product of the two steps' shares; across: the share of pairs
    of different rollouts of one item and solver in which one is right at the earlier and the other at the later step. So
    across - multiplied is what comes of items and solvers that differ, and together - across of the single rollout. Pairs of
    rollouts are weighed as rollouts are; across is None where no item and solver has two.
    """

    earlier: str
    later: str
    after_right: tuple[int, int]
    after_wrong: tuple[int, int]
    difference: Estimate
    together: float
    multiplied: float
    across: float | None


@dataclass(frozen=True)
class StepsProfile:
    """worst: steps by rising conditional rate (gold where there are no rollouts); worst_marginal likewise.

    path: share of rollouts right throughout, None without rollouts. link: only where some product differs from the path's rate.
    """

    items: int
    solvers: int
    rollouts: int
    level: float
    steps: tuple[StepRates, ...]
    worst: tuple[str, ...]
    worst_marginal: tuple[str, ...]
    path: Estimate | None
    products: tuple[Product, ...]
    link: Link | None
    stops_at_errors: bool


def profile(rollouts: Rollouts, level: float = LEVEL) -> StepsProfile:
    """The steps profile, every interval clustered by item. Raises ValueError for a table without any decision."""
    if not len(rollouts.cell) and not rollouts.gold_tried.any():
        raise ValueError("there is no decision to profile")
    places = range(len(rollouts.steps))
    any_rollout = len(rollouts.cell) > 0
    stops = any_rollout and rollouts.stops_at_errors
    nothing: list[Clustered | None] = [None for _ in places]
    conditional = [rollouts.conditional(at) for at in places] if any_rollout else nothing
    marginal = [rollouts.marginal(at) for at in places] if any_rollout and not stops else nothing
    gold = [rollouts.gold(at) for at in places]
    steps = tuple(
        StepRates(
            rollouts.steps[at],
            _estimate(conditional[at], level),
            _estimate(marginal[at], level),
            _estimate(gold[at], level),
            int(rollouts.reached[:, at].sum()),
            int(rollouts.tried[:, at].sum()),
            int(rollouts.gold_tried[:, :, at].sum()),
        )
        for at in places
    )
    products = _products(rollouts, marginal, gold, level) if any_rollout else ()
    link = _strongest_link(rollouts, level) if any(product.differs for product in products) else None
    return StepsProfile(
        len(rollouts.items),
        len(rollouts.solvers),
        len(rollouts.cell),
        level,
        steps,
        _ranked([(step.step, step.conditional if any_rollout else step.gold) for step in steps]),
        _ranked([(step.step, step.marginal) for step in steps]),
        _estimate(rollouts.path(), level) if any_rollout else None,
        products,
        link,
        stops,
    )


@dataclass(frozen=True)
class StepPass:
    """pass@k of a step on its own (None where some pair did not try it in each declared rollout), and of the path up to it."""

    step: str
    alone: Estimate | None
    through: Estimate


def step_pass_at(rollouts: Rollouts, declared: Declared, k: int, level: float = LEVEL) -> list[StepPass]:
    """pass@k by step: the unbiased estimate by item and solver, then averaged, clustered by item.

    Raises ValueError when an item and solver do not have the declared number of rollouts, or k exceeds it.
    """
    through, tried, right = (rollouts.sums_by_pair(marks) for marks in (rollouts.through, rollouts.tried, rollouts.right))
    sizes = rollouts.size[:, 0]
    if not len(sizes):
        raise ValueError("pass@k along a path needs rollouts, and there are none")

    def averaged(passes: Floats) -> Estimate:
        values = [declared.tally(int(passed), int(drawn)).pass_at(k) for passed, drawn in zip(passes, sizes, strict=True)]
        weight = rollouts.by_item(np.ones(len(sizes)))
        return Clustered(rollouts.by_item(np.array(values)), weight, float(sizes.sum())).estimate(level)

    return [
        StepPass(
            step,
            averaged(right[:, at]) if (tried[:, at] == sizes).all() else None,
            averaged(through[:, at]),
        )
        for at, step in enumerate(rollouts.steps)
    ]


def _estimate(rate: Clustered | None, level: float) -> Estimate | None:
    return rate.estimate(level) if rate is not None else None


def _ranked(rates: Sequence[tuple[str, Estimate | None]]) -> tuple[str, ...]:
    """Steps from the worst on; ties keep the workflow's order, and a step without a rate is not ranked."""
    known = [(rate.value, name) for name, rate in rates if rate is not None]
    return tuple(name for _, name in sorted(known, key=lambda each: each[0]))


def _products(
    rollouts: Rollouts, marginal: Sequence[Clustered | None], gold: Sequence[Clustered | None], level: float
) -> tuple[Product, ...]:
    found = []
    for basis, rates in (("marginal", marginal), ("gold", gold)):
        known = [rate for rate in rates if rate is not None]
        path = rollouts.path()
        if len(known) == len(rates) and path is not None:
            product = math.prod(rate.value for rate in known)
            found.append(Product(basis, product, _gap(path, known, 1 - _GAP_ERROR * (1 - level))))
    return tuple(found)


def _gap(path: Clustered, rates: Sequence[Clustered], level: float) -> Estimate | None:
    """path - product of rates, with a delete-one-item jackknife (Efron and Tibshirani 1993, chapter 11)."""
    everything = [path, *rates]
    weight = np.stack([rate.weight for rate in everything], axis=1)
    hits = np.stack([rate.hits for rate in everything], axis=1)
    used = weight.any(axis=1)
    weight, hits = weight[used], hits[used]
    number = len(weight)
    left = weight.sum(axis=0) - weight
    if number < 2 or (left <= 1e-12).any():
        return None
    without = (hits.sum(axis=0) - hits) / left
    gaps = without[:, 0] - without[:, 1:].prod(axis=1)
    value = path.value - math.prod(rate.value for rate in rates)
    error = math.sqrt((number - 1) / number * float(((gaps - gaps.mean()) ** 2).sum()))
    reach = t_score(level, number - 1) * error
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach), level)


def _strongest_link(rollouts: Rollouts, level: float) -> Link | None:
    """The pair of steps with the largest phi coefficient."""
    best: tuple[float, int, int] | None = None
    for later in range(1, len(rollouts.steps)):
        for earlier in range(later):
            both = rollouts.tried[:, earlier] & rollouts.tried[:, later]
            before, after = rollouts.right[both, earlier], rollouts.right[both, later]
            if min(before.sum(), (~before).sum()) < _FEWEST_LINKED or after.all() or not after.any():
                continue
            phi = abs(float(np.corrcoef(before, after)[0, 1]))
            if best is None or phi > best[0]:
                best = phi, earlier, later
    return _link(rollouts, best[1], best[2], level) if best else None


def _link(rollouts: Rollouts, earlier: int, later: int, level: float) -> Link:
    both = rollouts.tried[:, earlier] & rollouts.tried[:, later]
    before, after = rollouts.right[:, earlier] & both, rollouts.right[:, later] & both
    number, first = int(both.sum()), int(before.sum())
    right = int((before & after).sum()), first
    wrong = int((~before & after).sum()), number - first
    tried, one, other, same = rollouts.sums_by_pair(np.stack([both, before, after, before & after], axis=1)).T
    # Of n rollouts, right at the steps in a and b of them and at both in s: a b - s of the n (n - 1) ordered pairs count.
    # Each pair of item and solver then weighs as much as its rollouts do in `together`.
    twice = tried > 1
    rates = (one * other - same)[twice] / (tried * (tried - 1))[twice]
    across = float((rates * tried[twice]).sum() / tried[twice].sum()) if twice.any() else None
    return Link(
        rollouts.steps[earlier],
        rollouts.steps[later],
        right,
        wrong,
        newcombe(right, wrong, level),
        right[0] / number,
        first / number * int(after.sum()) / number,
        across,
    )
