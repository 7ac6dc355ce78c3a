"""Intervals for proportions that behave at small counts and at 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from factory.statistics.estimates import Estimate, count, share

LEVEL = 0.95


def wilson(passes: int, samples: int, level: float = LEVEL) -> Estimate:
    """A proportion with its score interval (Wilson 1927, JASA 22:209-212, without continuity correction).

    Raises ValueError when samples is 0 (there is no proportion to estimate) or passes > samples.
    """
    _check_counts(passes, samples)
    z = _z(level)
    p = passes / samples
    spread = z * z / samples
    centre = (p + spread / 2) / (1 + spread)
    half = z * math.sqrt(p * (1 - p) / samples + spread / (4 * samples)) / (1 + spread)
    # At 0 and n the limits are exactly 0 and 1; floating point must not push them past the point value.
    low = 0.0 if passes == 0 else min(centre - half, p)
    high = 1.0 if passes == samples else max(centre + half, p)
    return Estimate(p, low, high, level)


def newcombe(first: tuple[int, int], second: tuple[int, int], level: float = LEVEL) -> Estimate:
    """The difference first - second of two independent proportions, each given as (passes, samples), in [-1, 1].

    The hybrid score interval, method 10 of Newcombe 1998 (Statistics in Medicine 17:873-890).
    """
    a, b = wilson(*first, level), wilson(*second, level)
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, max(low, -1.0), min(high, 1.0), level)


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of independent estimates in [0, 1], with the interval recovered from theirs (MOVER).

    Zou and Donner 2008 (Statistics in Medicine 27:1693-1702): the distances to the limits add in quadrature, which for two
    Wilson intervals is Newcombe's method. The estimates are a fixed set (this panel), not a sample from a population of
    models, so the spread between them adds no width; a t interval would, and needs more models than a panel has.
    Raises ValueError for no estimates or for mixed confidence levels.
    """
    if not estimates:
        raise ValueError("the mean of no estimates does not exist")
    levels = {estimate.level for estimate in estimates}
    if len(levels) > 1:
        raise ValueError(f"estimates with different confidence levels cannot be averaged: {sorted(levels)}")
    number = len(estimates)
    value = math.fsum(e.value for e in estimates) / number
    low = value - math.sqrt(math.fsum((e.value - e.low) ** 2 for e in estimates)) / number
    high = value + math.sqrt(math.fsum((e.high - e.value) ** 2 for e in estimates)) / number
    return Estimate(value, max(low, 0.0), min(high, 1.0), levels.pop())


def mean_proportion(tallies: Sequence[tuple[int, int]], level: float = LEVEL) -> Estimate:
    """The mean of per-model proportions, each given as (passes, samples): `mean_of` over their Wilson intervals."""
    return mean_of([wilson(passes, samples, level) for passes, samples in tallies])


def _check_counts(passes: int, samples: int) -> None:
    count("passes", passes)
    if count("samples", samples) == 0:
        raise ValueError("no samples: a proportion of nothing is not a number")
    if passes > samples:
        raise ValueError(f"{passes} passes of {samples} samples")


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + share("level", level) / 2)
