"""What a screening design costs and how it errs on items whose solve rates are known, worked out exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from factory.statistics.clusters import Floats
from factory.statistics.sequential import DISCRIMINATING, EASY, HARD, UNDECIDED, Design


@dataclass(frozen=True)
class Operating:
    """calls: expected screening calls of each item, shape (items,); chance: of ending in each band, by band, same shape."""

    calls: Floats
    chance: Mapping[str, Floats]


def operating(design: Design, rates: Floats) -> Operating:
    """The design's expected calls and its chance of each band, for calls that pass independently at the given rates.

    rates: shape (items, solvers), a column per seat of the panel. A design looks only at the pooled passes at round ends, so
    the distribution of that count is carried from round to round (a dynamic programme over at most solvers * max_rounds + 1
    counts) and `design.decide` is asked once for each count: this is the limit of simulating with ever more repetitions.
    Raises ValueError for rates outside [0, 1], an empty table and a design for another number of solvers.
    """
    if rates.ndim != 2:
        raise ValueError(f"rates must have the shape (items, solvers), not {rates.shape}")
    items, solvers = rates.shape
    if solvers != design.solvers:
        raise ValueError(f"a design for {design.solvers} solvers, and the rates of {solvers}")
    if items == 0 or solvers == 0:
        raise ValueError("no items or no solvers: there is nothing to screen")
    if not ((rates >= 0) & (rates <= 1)).all():
        raise ValueError("rates must lie between 0 and 1")
    step = _passes_of_a_round(rates)
    live = np.ones((items, 1))
    calls = np.zeros(items)
    chance = {band: np.zeros(items) for band in (EASY, DISCRIMINATING, HARD, UNDECIDED)}
    for number in range(1, design.max_rounds + 1):
        calls += solvers * live.sum(axis=1)
        grown = np.zeros((items, live.shape[1] + solvers))
        for more in range(solvers + 1):
            grown[:, more : more + live.shape[1]] += live * step[:, [more]]
        for passes in range(grown.shape[1]):
            decision = design.decide(passes, number)
            if not decision.open:
                chance[decision.band] += grown[:, passes]
                grown[:, passes] = 0.0
        live = grown
    chance[UNDECIDED] += live.sum(axis=1)
    return Operating(calls, chance)


def _passes_of_a_round(rates: Floats) -> Floats:
    """The chance of each number of passes when every solver is called once, shape (items, solvers + 1)."""
    chance = np.ones((len(rates), 1))
    for column in rates.T:
        grown = np.zeros((len(rates), chance.shape[1] + 1))
        grown[:, :-1] += chance * (1 - column)[:, None]
        grown[:, 1:] += chance * column[:, None]
        chance = grown
    return chance
