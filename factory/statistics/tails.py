"""How surprising a count is where chance alone would pass."""

from __future__ import annotations

import math

from factory.statistics.estimates import count, share


def binomial_tail(passes: int, samples: int, chance: float) -> float:
    """The probability of at least so many passes in so many independent samples that each pass by chance: the one-sided exact
    binomial test. Raises ValueError unless 0 <= passes <= samples and 0 < chance < 1, TypeError for counts that are none.
    """
    p = share("chance", chance)
    if count("passes", passes) > count("samples", samples):
        raise ValueError(f"{passes} passes of {samples} samples")
    return min(1.0, math.fsum(math.comb(samples, k) * p**k * (1 - p) ** (samples - k) for k in range(passes, samples + 1)))
