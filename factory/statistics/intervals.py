"""Intervals for proportions that behave at small counts and at 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from factory.statistics.estimates import Estimate, count, share, within

LEVEL = 0.95
# More draws than this nobody made: an interval of no width would be a claim of certainty.
_MOST = 1e18


def wilson(passes: int, samples: int, level: float = LEVEL) -> Estimate:
    """A proportion with its score interval (Wilson 1927, JASA 22:209-212, without continuity correction).

    Raises ValueError when samples is 0 (there is no proportion to estimate) or passes > samples.
    """
    passes, samples = _checked_counts(passes, samples)
    return score_interval(passes / samples, samples, level)


def score_interval(rate: float, samples: float, level: float = LEVEL) -> Estimate:
    """Wilson's interval around a rate known as well as `samples` independent ones would tell it; samples need not be whole.

    Raises ValueError unless 0 <= rate <= 1 and samples > 0.
    """
    rate, samples = within("the rate", rate, 0, 1), within("samples", samples, 0, _MOST)
    if not samples > 0:
        raise ValueError(f"a rate of {rate} from {samples} samples is no proportion")
    level = share("level", level)
    z = z_score(level)
    spread = z * z / samples
    centre = (rate + spread / 2) / (1 + spread)
    half = z * math.sqrt(rate * (1 - rate) / samples + spread / (4 * samples)) / (1 + spread)
    # At rates 0 and 1 the limits are exactly those; floating point must not push them past the point value.
    low = 0.0 if rate == 0 else min(centre - half, rate)
    high = 1.0 if rate == 1 else max(centre + half, rate)
    return Estimate(rate, low, high, level)


def newcombe(first: tuple[int, int], second: tuple[int, int], level: float = LEVEL) -> Estimate:
    """The difference first - second of two independent proportions, each given as (passes, samples), in [-1, 1].

    The hybrid score interval, method 10 of Newcombe 1998 (Statistics in Medicine 17:873-890).
    """
    return difference(wilson(*first, level), wilson(*second, level))


def difference(first: Estimate, second: Estimate, correlation: float = 0.0) -> Estimate:
    """first - second of two estimates in [0, 1], in [-1, 1], with the interval recovered from theirs (MOVER).

    Zou and Donner 2008 (Statistics in Medicine 27:1693-1702); correlation: of the two estimators, 0 for independent ones. For
    two Wilson intervals this is Newcombe's method 10, for a positive correlation his paired one (1998, Statistics in Medicine
    17:2635-2650). Raises ValueError for mixed confidence levels and for a correlation outside [-1, 1].
    """
    if first.level != second.level:
        raise ValueError(f"estimates with different confidence levels cannot be compared: {first.level}, {second.level}")
    correlation, value = within("correlation", correlation, -1, 1), first.value - second.value

    def reach(of_first: float, of_second: float) -> float:
        return math.sqrt(max(0.0, of_first**2 + of_second**2 - 2 * correlation * of_first * of_second))

    low = value - reach(first.value - first.low, second.high - second.value)
    high = value + reach(first.high - first.value, second.value - second.low)
    return Estimate(value, max(low, -1.0), min(high, 1.0), first.level)


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


def _checked_counts(passes: int, samples: int) -> tuple[int, int]:
    passes, samples = count("passes", passes), count("samples", samples)
    if samples == 0:
        raise ValueError("no samples: a proportion of nothing is not a number")
    if passes > samples:
        raise ValueError(f"{passes} passes of {samples} samples")
    return passes, samples


def z_score(level: float) -> float:
    """The standard normal quantile that a two-sided interval of this level reaches to."""
    return NormalDist().inv_cdf(0.5 + share("level", level) / 2)
