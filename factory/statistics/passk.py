"""pass@k by the unbiased estimator, from samples whose number was fixed before the first was drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from factory.statistics.estimates import Estimate, count
from factory.statistics.intervals import LEVEL, mean_of, wilson


def pass_at_k(samples: int, passes: int, k: int) -> float:
    """The chance that at least one of k samples drawn without replacement from these passes: 1 - C(n-c, k) / C(n, k).

    The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374, equation 1), in integers until the one division.
    Raises ValueError when k < 1, k > samples or passes > samples: no value is made up for what was not sampled.
    """
    samples, passes, k = count("samples", samples), count("passes", passes), count("k", k)
    if passes > samples:
        raise ValueError(f"{passes} passes of {samples} samples")
    if not 1 <= k <= samples:
        raise ValueError(f"pass@{k} needs 1 <= k <= n, and n is {samples}")
    draws = math.comb(samples, k)
    return (draws - math.comb(samples - passes, k)) / draws


@dataclass(frozen=True, slots=True)
class Declared:
    """How many samples every model will give, said before the first is drawn. The only source of a `Tally`."""

    n: int

    def __post_init__(self) -> None:
        if count("n", self.n) < 1:
            raise ValueError("declare at least one sample")
        object.__setattr__(self, "n", int(self.n))

    def tally(self, passes: int, samples: int) -> Tally:
        return Tally(self, passes, samples)


@dataclass(frozen=True, slots=True)
class Tally:
    """One model's result against a declaration.

    Raises ValueError when the number of samples is not the declared one: stopping early or going on because of what was
    seen biases pass@k, so such a tally cannot exist.
    """

    declared: Declared
    passes: int
    samples: int

    def __post_init__(self) -> None:
        if count("samples", self.samples) != self.declared.n:
            raise ValueError(
                f"{self.samples} samples where {self.declared.n} were declared before sampling: pass@k would be biased"
            )
        if count("passes", self.passes) > self.samples:
            raise ValueError(f"{self.passes} passes of {self.samples} samples")
        object.__setattr__(self, "passes", int(self.passes))
        object.__setattr__(self, "samples", int(self.samples))

    def pass_at(self, k: int) -> float:
        """pass@k of this model. Raises ValueError when k exceeds the declared n."""
        return pass_at_k(self.samples, self.passes, k)

    def estimate(self, k: int, level: float = LEVEL) -> Estimate:
        """pass@k with the Wilson limits of the pass rate p carried through 1 - (1-p)^k, which rises with p.

        The unbiased estimate can lie past the carried limit when k is near n; the interval is then widened to hold it.
        """
        k = count("k", k)
        value, rate = self.pass_at(k), wilson(self.passes, self.samples, level)
        low, high = 1 - (1 - rate.low) ** k, 1 - (1 - rate.high) ** k
        return Estimate(value, min(low, value), max(high, value), level)


def panel_pass_at_k(tallies: Sequence[Tally], k: int, level: float = LEVEL) -> Estimate:
    """The mean over models of each model's pass@k, with its interval (`mean_of`).

    Counts are never pooled before the formula: pooling would credit every model with the best one's luck.
    Raises ValueError for an empty panel, mixed declarations, or k above the declared n.
    """
    if len({tally.declared for tally in tallies}) > 1:
        raise ValueError("the panel's models were sampled under different declarations: their pass@k cannot be averaged")
    return mean_of([tally.estimate(k, level) for tally in tallies])
