"""When a call may begin: one after another, not in a burst.

Calls that waited for one thing (a commit, a pause's end) go on at one moment. A provider that takes about as long for each
answers them at one moment too, so they stay together, and each waits for all the others at every step that follows: 256 calls
at a latency of 200 ms took some 280 ms each instead of 250 (`scripts/bench_calls.py`). TCP paces its packets for the same
reason, at 2 and at 1.2 times the rate that would use up its window (Linux, `tcp_pacing_ss_ratio` and `tcp_pacing_ca_ratio`).
"""

from __future__ import annotations

import math
from typing import Final

_RATE: Final = 1.5
# What spreads calls over our own event loop is enough, whatever the latency: a job's first calls need not wait for each other.
_LONGEST_S: Final = 0.001
# Calls this close may go together: a timer is hardly finer, and costs more than a short wait gains.
_TOGETHER_S: Final = 0.0005
_TIMER_S: Final = 0.002
# A timer and the loop it fires in are late by milliseconds; what that delayed is made up for, or it would bound the rate.
_CATCH_UP_S: Final = 0.005
# As TCP smooths its round-trip times (RFC 6298).
_SMOOTHING: Final = 1 / 8


class Spacing:
    """The moments at which the calls of one endpoint begin. Times in seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._latency_s: float | None = None
        self._next = -math.inf

    def answered(self, latency_s: float) -> None:
        """A call took this long."""
        before = latency_s if self._latency_s is None else self._latency_s
        self._latency_s = before + _SMOOTHING * (latency_s - before)

    def ready_in(self, now: float) -> float:
        """Seconds until calls may begin again."""
        wait = self._next - now
        return max(wait, _TIMER_S) if wait > _TOGETHER_S else 0.0

    def began(self, now: float, limit: int) -> None:
        """A call begins now. limit: calls that may be under way. Before the first answer nothing is known, and nobody waits."""
        if self._latency_s is not None:
            self._next = max(now - _CATCH_UP_S, self._next) + min(_LONGEST_S, self._latency_s / limit / _RATE)
