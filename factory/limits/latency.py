"""Latencies kept as counts per logarithmic bucket: small, mergeable, and of a stated error.

The buckets are those of DDSketch (Masson, Rim and Lee, PVLDB 12, 2019). Its Python package brings numpy and protobuf along for
what is three lines of arithmetic here, and keeps its counts in a form of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Self

RELATIVE_ERROR: Final = 0.01
_GAMMA: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA: Final = math.log(_GAMMA)
# Shorter times count as this one: no network answers sooner, and the logarithm needs something above 0.
SHORTEST_S: Final = 1e-6


class Latencies:
    """Seconds, as counts: bucket i holds those in (g^(i-1), g^i] with g = (1 + e) / (1 - e), e the relative error.

    From a microsecond to an hour that is 1,100 buckets, of which an endpoint fills some dozens.
    """

    def __init__(self, buckets: Mapping[int, int] | None = None) -> None:
        self.buckets: dict[int, int] = dict(buckets or {})
        self.count = sum(self.buckets.values())

    def add(self, seconds: float) -> None:
        bucket = math.ceil(math.log(max(seconds, SHORTEST_S)) / _LOG_GAMMA)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1

    def merged(self, other: Mapping[int, int]) -> Self:
        """These and the others, as if all had been added to one."""
        keys = self.buckets.keys() | other.keys()
        return type(self)({key: self.buckets.get(key, 0) + other.get(key, 0) for key in keys})

    def quantile(self, share: float) -> float | None:
        """The nearest-rank percentile in seconds, within RELATIVE_ERROR of the true one; None when nothing was added."""
        rank, seen = max(1, math.ceil(share * self.count)), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                # As far, relatively, from one end of the bucket as from the other.
                return float(2 * _GAMMA**bucket / (_GAMMA + 1))
        return None
