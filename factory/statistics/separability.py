"""Does a set tell models apart? Separability with confidence, beside a random subset of equal size.

The share of model pairs that the set separates at a stated confidence level (Li et al. 2024, "From Crowdsourced Data to
High-Quality Benchmarks: Arena-Hard and BenchBuilder Pipeline", arXiv 2406.11939, section 3), from bootstrap intervals that
resample whole items. No correction is made for the number of pairs, as there: it is a share, not a claim about one pair.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from factory.statistics.clusters import Floats, resampled
from factory.statistics.estimates import at_least_one, share
from factory.statistics.intervals import LEVEL
from factory.statistics.outcomes import OutcomeTable

Method = Literal["paired", "unpaired"]

RESAMPLES = 1000
DRAWS = 20


@dataclass(frozen=True)
class Separability:
    """share = separated / pairs. Pairs that had too few items in common are left out and counted apart.

    paired: the interval of the difference on the same resampled items leaves out 0. unpaired: the two models' own intervals do
    not overlap (the published definition, and the more cautious one).
    """

    share: float
    separated: int
    pairs: int
    left_out: int
    items: int
    models: int
    level: float
    method: Method
    resamples: int
    seed: int


@dataclass(frozen=True)
class BesideRandom:
    """A chosen set, and what subsets of as many items drawn at random from the same pool reach: mean, lowest and highest share.

    The random figures are None when the chosen set is the whole pool: there is no other subset of its size.
    """

    chosen: Separability
    draws: int
    random_mean: float | None
    random_low: float | None
    random_high: float | None

    @property
    def gain(self) -> float | None:
        return None if self.random_mean is None else self.chosen.share - self.random_mean


@dataclass(frozen=True)
class SetSeparability:
    """All four figures of a set. heldout_*: on models outside the panel that selected it; None with fewer than two of them.

    Where the set was chosen by the very models it is measured on, `paired` and `unpaired` flatter it; the held-out ones do not.
    """

    paired: BesideRandom
    unpaired: BesideRandom
    heldout_paired: BesideRandom | None
    heldout_unpaired: BesideRandom | None


def fewest_items(level: float) -> int:
    """The fewest items on which a pair may count as separated at this level.

    With fewer even a sign test on items that all point one way cannot reach it (2 * 0.5^n > 1 - level), yet a bootstrap of
    items that all agree has no width at all and would.
    """
    return math.ceil(1 + math.log2(1 / (1 - share("level", level))) - 1e-9)


def separability(
    table: OutcomeTable, method: Method = "paired", *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Separability:
    """The share of the table's model pairs that its items separate; the same seed gives the same result.

    Raises ValueError with fewer than two models, without items, or when no pair has `fewest_items(level)` items in common.
    """
    level = share("level", level)
    models, items, needed = len(table.models), len(table.items), fewest_items(level)
    if models < 2:
        raise ValueError(f"separability needs at least two models, and the table has {models}")
    if method not in ("paired", "unpaired"):
        raise ValueError(f"the method is paired or unpaired, not {method!r}")
    if not items:
        raise ValueError("separability needs items, and the table has none")
    drawn = resampled(items, resamples, seed)
    tails = ((1 - level) / 2, (1 + level) / 2)
    judge = _paired if method == "paired" else _unpaired
    verdicts = judge(table, drawn, tails, needed)
    pairs = int((verdicts >= 0).sum())
    if not pairs:
        raise ValueError(f"no two models share {needed} items, the fewest that can separate them at level {level}")
    separated = int((verdicts == 1).sum())
    left_out = models * (models - 1) // 2 - pairs
    return Separability(
        separated / pairs, separated, pairs, left_out, items, models, level, method, resamples, seed
    )  # fmt: skip


def beside_random(
    pool: OutcomeTable,
    chosen: Sequence[str],
    method: Method = "paired",
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    draws: int = DRAWS,
    seed: int = 0,
) -> BesideRandom:
    """The separability of the chosen items of a pool beside that of `draws` random subsets of as many.

    Raises ValueError as `separability` does, and for items that are not in the pool.
    """
    draws = at_least_one("draws", draws)
    found = separability(pool.only_items(chosen), method, level=level, resamples=resamples, seed=seed)
    if len(chosen) == len(pool.items):
        return BesideRandom(found, 0, None, None, None)
    rng = np.random.default_rng([seed, 1])
    shares = []
    for _ in range(draws):
        rows = np.sort(rng.choice(len(pool.items), size=len(chosen), replace=False))
        subset = pool.only_items([pool.items[row] for row in rows])
        shares.append(separability(subset, method, level=level, resamples=resamples, seed=seed).share)
    return BesideRandom(found, draws, math.fsum(shares) / draws, min(shares), max(shares))


def set_separability(
    pool: OutcomeTable,
    chosen: Sequence[str],
    panel: Sequence[str],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    draws: int = DRAWS,
    seed: int = 0,
) -> SetSeparability:
    """A chosen set's separability on all models, and on those outside the panel that chose it, each beside random subsets.

    panel: names of the selecting models; models of the table that are not among them are held out. Raises ValueError as
    `separability` does.
    """
    outside = [model for model in pool.models if model not in set(panel)]

    def measured(table: OutcomeTable, method: Method) -> BesideRandom:
        return beside_random(table, chosen, method, level=level, resamples=resamples, draws=draws, seed=seed)

    held = pool.only_models(outside) if len(outside) > 1 else None
    return SetSeparability(
        measured(pool, "paired"),
        measured(pool, "unpaired"),
        measured(held, "paired") if held else None,
        measured(held, "unpaired") if held else None,
    )


def _paired(table: OutcomeTable, drawn: Floats, tails: tuple[float, float], needed: int) -> Floats:
    """A verdict a pair: 1 separated, 0 not, -1 with too few items in common."""
    rates, present = np.nan_to_num(table.rates()), table.present
    verdicts: list[Floats] = []
    # Where nothing is missing the resampled scores do for every pair; else each pair has its own common items.
    scores = drawn @ rates / len(table.items) if present.all() else None
    for first in range(len(table.models) - 1):
        both = present[:, [first]] & present[:, first + 1 :]
        if scores is not None:
            low, high = np.quantile(np.round(scores[:, [first]] - scores[:, first + 1 :], 12), tails, axis=0)
        else:
            low, high = _limits(np.where(both, rates[:, [first]] - rates[:, first + 1 :], 0.0), both, drawn, tails)
        verdicts.append(np.where(both.sum(axis=0) < needed, -1.0, (low > 0) | (high < 0)))
    return np.concatenate(verdicts)


def _unpaired(table: OutcomeTable, drawn: Floats, tails: tuple[float, float], needed: int) -> Floats:
    """As `_paired`, from each model's own interval."""
    present = table.present
    low, high = _limits(np.nan_to_num(table.rates()), present, drawn, tails)
    first, second = np.triu_indices(len(table.models), 1)
    enough = present.sum(axis=0) >= needed
    apart = (low[first] > high[second]) | (high[first] < low[second])
    verdicts: Floats = np.where(enough[first] & enough[second], apart, -1.0)
    return verdicts


def _limits(values: Floats, present: NDArray[np.bool_], drawn: Floats, tails: tuple[float, float]) -> tuple[Floats, Floats]:
    """Percentile limits of each column's resampled mean over its present rows; a resample without any such row is left out."""
    weight = drawn @ present.astype(np.float64)
    # A mean that is 0 but for rounding must not fall on one side of it.
    means = np.round((drawn @ values) / np.where(weight > 0, weight, 1.0), 12)
    unknown = (weight == 0) & present.any(axis=0)
    if unknown.any():
        low, high = np.nanquantile(np.where(unknown, np.nan, means), tails, axis=0)
    else:
        low, high = np.quantile(means, tails, axis=0)
    return low, high
