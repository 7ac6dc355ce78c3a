"""Intervals for rates whose samples come in clusters: calls on one item share its difficulty, so they are not independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from factory.statistics.estimates import Estimate, at_least_one, count, share, within
from factory.statistics.intervals import LEVEL, difference, score_interval, z_score

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clustered:
    """A ratio of sums over clusters: hits / weight, both of shape (clusters,), 0 <= hits <= weight, some weight above 0.

    The clusters (items) are taken for independent draws from a population; within one anything may depend on anything.
    samples: how many draws the hits come from, where the weights do not count them; independent ones are the best case.
    """

    hits: Floats
    weight: Floats
    samples: float | None = None

    def __post_init__(self) -> None:
        if not all(isinstance(each, np.ndarray) and each.dtype.kind in "iuf" for each in (self.hits, self.weight)):
            raise TypeError("hits and weight must be arrays of numbers")
        if self.hits.shape != self.weight.shape or self.hits.ndim != 1:
            raise ValueError(f"hits and weight must be two vectors of one length: {self.hits.shape}, {self.weight.shape}")
        if not np.isfinite(self.hits).all() or not np.isfinite(self.weight).all():
            raise ValueError("hits and weights must be finite")
        if (self.hits < 0).any() or (self.hits > self.weight * (1 + 1e-12)).any():
            raise ValueError("a cluster's hits must lie between 0 and its weight")
        if not self.weight.sum() > 0:
            raise ValueError("no samples: a proportion of nothing is not a number")
        if self.samples is not None and not within("samples", self.samples, 0, 1e18) > 0:
            raise ValueError("no samples: a proportion of nothing is not a number")

    @property
    def value(self) -> float:
        return min(1.0, float(self.hits.sum() / self.weight.sum()))

    @property
    def clusters(self) -> int:
        """How many have any weight."""
        return int((self.weight > 0).sum())

    def influence(self) -> Floats:
        """What each cluster moves the ratio by, shape (clusters,): (hits - value * weight) / sum of weights."""
        moved: Floats = (self.hits - self.value * self.weight) / self.weight.sum()
        return moved

    def variance(self) -> float | None:
        """Of the ratio, linearised (Cochran 1977, Sampling Techniques, section 6.4); None with fewer than two clusters."""
        number = self.clusters
        return float(number / (number - 1) * (self.influence() ** 2).sum()) if number > 1 else None

    def estimate(self, level: float = LEVEL) -> Estimate:
        """The ratio with Wilson's interval at its effective number of independent samples, value (1 - value) / variance.

        As in Korn and Graubard 1998 (Survey Methodology 24:193-201): the t quantile of the clusters stands in for the
        normal one. Clusters that show no spread of their own (a rate of 0 or 1) count once each, after Kish for unequal
        weights, and a single cluster is one sample: one item bounds a rate over items hardly at all, however often sampled.
        """
        value, variance, number = self.value, self.variance(), self.clusters
        if variance is None:
            return score_interval(value, 1, level)
        if variance > 0 and 0 < value < 1:
            drawn = float(self.weight.sum()) if self.samples is None else self.samples
            effective = min(value * (1 - value) / variance, drawn)
        else:
            effective = float(self.weight.sum() ** 2 / (self.weight**2).sum())
        shrink = (z_score(level) / t_score(level, number - 1)) ** 2
        return score_interval(value, max(1.0, effective * shrink), level)


def clustered_difference(first: Clustered, second: Clustered, level: float = LEVEL) -> Estimate:
    """first - second, whose clusters stand side by side (weight 0: not in that group): what they share narrows the interval.

    `difference` of the two intervals with the correlation of their influences. Raises ValueError for unequal lengths.
    """
    if first.hits.shape != second.hits.shape:
        raise ValueError("the two groups must list the same clusters, with weight 0 where one has none")
    own, other = first.influence(), second.influence()
    size = float(np.sqrt((own**2).sum() * (other**2).sum()))
    correlation = float((own * other).sum()) / size if size > 0 else 0.0
    return difference(first.estimate(level), second.estimate(level), max(-1.0, min(1.0, correlation)))


def t_score(level: float, freedom: int) -> float:
    """Student's t quantile that a two-sided interval of this level reaches to. Raises ValueError below one degree."""
    from scipy.special import stdtrit

    if count("degrees of freedom", freedom) < 1:
        raise ValueError("a t quantile needs at least one degree of freedom")
    return float(stdtrit(freedom, 0.5 + share("level", level) / 2))


def resampled(clusters: int, resamples: int, seed: int) -> Floats:
    """How often each cluster is drawn in each bootstrap resample, shape (resamples, clusters), rows summing to `clusters`.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 8: the cluster is the unit that is drawn.
    Raises ValueError for no clusters, no resamples or a negative seed, TypeError for what is no whole number.
    """
    clusters, resamples = at_least_one("clusters", clusters), at_least_one("resamples", resamples)
    rng = np.random.default_rng(count("seed", seed))
    drawn: Floats = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples).astype(np.float64)
    return drawn
