"""When to try a call again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """How often one call is tried, and how long it keeps quiet between tries. Seconds.

    attempts: failures of a call's own making after which it is given up; those of its endpoint (see `Slot.blameless`) do not
    count, since they say nothing about the call and end with the endpoint's patience, or in `SingledOut`.
    """

    attempts: int = 8
    base_s: float = 0.5
    cap_s: float = 30.0

    def spent(self, failures: int) -> bool:
        """Whether a call has failed often enough by itself."""
        return failures >= self.attempts

    def wait_s(self, tries: int, rng: random.Random) -> float:
        """How long to wait after this many failed tries (>= 1), of whosever making.

        Full jitter: uniform on [0, min(cap, base * 2^(tries-1))], so calls that failed together do not come back together
        (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
        """
        # The exponent is bounded because 2.0 ** 1024 overflows, long after the cap has taken over.
        return rng.uniform(0.0, min(self.cap_s, self.base_s * 2.0 ** min(tries - 1, 64)))
