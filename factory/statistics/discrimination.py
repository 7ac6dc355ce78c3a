"""How items rank models: point-biserial, the histogram of solve rates, the tier gap, agreement between rankings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from factory.statistics.clusters import Clustered, Floats, clustered_difference
from factory.statistics.estimates import Estimate, at_least_one, whole
from factory.statistics.intervals import LEVEL
from factory.statistics.outcomes import OutcomeTable

# Two models always lie on a line, so a correlation over them says nothing.
_FEWEST_MODELS = 3


def point_biserial(table: OutcomeTable) -> list[float | None]:
    """Each item's corrected item-total correlation, in [-1, 1]: passing a call on it against the model's ability elsewhere.

    The point-biserial coefficient (Lord and Novick 1968, Statistical Theories of Mental Test Scores, section 15.5) over the
    item's calls, each paired with its model's mean rate on the *other* items, so that an item cannot correlate with itself
    (Henrysson 1963, Psychometrika 28:211-218). None where it does not exist: fewer than three models, all calls alike, or
    models that do not differ elsewhere.
    """
    rates, present = table.rates(), table.present
    totals = np.nansum(rates, axis=0)
    numbers = present.sum(axis=0)
    return [_item_total(table, row, rates[row], totals, numbers) for row in range(len(table.items))]


def _item_total(table: OutcomeTable, row: int, own: Floats, totals: Floats, numbers: Floats) -> float | None:
    here = table.present[row] & (numbers > 1)
    if here.sum() < _FEWEST_MODELS:
        return None
    weight, passes = table.samples[row, here].astype(np.float64), table.passes[row, here].astype(np.float64)
    rest = (totals[here] - own[here]) / (numbers[here] - 1)
    calls = weight.sum()
    rate = passes.sum() / calls
    centred = rest - (weight * rest).sum() / calls
    spread = math.sqrt(float((weight * centred**2).sum() / calls) * float(rate * (1 - rate)))
    if spread < 1e-12:
        return None
    found = float((passes * centred).sum() / calls) / spread
    return max(-1.0, min(1.0, found))


@dataclass(frozen=True)
class Histogram:
    """Items by solve rate. edges: len(counts) + 1 of them from 0 to 1; a bin holds its lower edge, the last one both.

    none, all: items that no call solved, and that every call solved; they are in the outer bins too.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    none: int
    all: int
    untried: int


def solve_rate_histogram(table: OutcomeTable, bins: int = 10) -> Histogram:
    """Raises ValueError for less than one bin."""
    bins = at_least_one("bins", bins)
    rates = table.solve_rates()
    tried = rates[~np.isnan(rates)]
    # Rates are sums of fractions: .3 may come as .29999999999999998 and must not fall a bin short.
    places = np.minimum((np.round(tried, 9) * bins + 1e-9).astype(np.int64), bins - 1)
    counts = np.bincount(places, minlength=bins)
    passes, samples = table.passes.sum(axis=1), table.samples.sum(axis=1)
    return Histogram(
        tuple(round(edge / bins, 6) for edge in range(bins + 1)),
        tuple(int(number) for number in counts),
        int(((passes == 0) & (samples > 0)).sum()),
        int(((passes == samples) & (samples > 0)).sum()),
        int((samples == 0).sum()),
    )


def tier_gap(table: OutcomeTable, tiers: Mapping[str, int], level: float = LEVEL) -> Estimate | None:
    """Mean rate of the strongest tier's models minus that of the weakest's, over items, clustered by item; in [-1, 1].

    tiers: by model name, higher is stronger; models without one are left out. None when fewer than two tiers were tried.
    """
    known = {model: tiers[model] for model in table.models if model in tiers}
    for model, tier in known.items():
        whole(f"the tier of {model!r}", tier)
    if len(set(known.values())) < 2:
        return None
    strong, weak = (_tier(table, known, edge) for edge in (max(known.values()), min(known.values())))
    if strong is None or weak is None:
        return None
    return clustered_difference(strong, weak, level)


def _tier(table: OutcomeTable, tiers: Mapping[str, int], tier: int) -> Clustered | None:
    """The mean over items of the tier's mean rate; None when the tier tried nothing."""
    part = table.only_models([model for model in table.models if tiers.get(model) == tier])
    rates = part.solve_rates()
    tried = ~np.isnan(rates)
    return Clustered(np.where(tried, rates, 0.0), tried.astype(np.float64), float(part.samples.sum())) if tried.any() else None
