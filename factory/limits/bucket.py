"""A cap per minute that holds in every minute, not only in those of the clock on the wall."""

from __future__ import annotations

import math
from typing import Final

_MINUTE_S: Final = 60.0
# Requests may come a second's worth at a time. Tokens need more room, or one ordinary call would be larger than the bucket.
_REQUEST_BURST: Final = 1 / 60
_TOKEN_BURST: Final = 1 / 10
# Keeps rounding of floats from letting one call too many into a minute.
_MARGIN: Final = 0.999
_ROUNDING: Final = 1e-6


class Bucket:
    """A token bucket. Amounts are requests or tokens, times are seconds of one monotonic clock.

    With capacity b and refill rate r, at most b + 60 r is taken in any 60 seconds; r is chosen so that this is the cap. An
    amount larger than b waits for a full bucket and leaves a debt, so it may exceed the cap by amount - b, once.

    What is let through now and sent later is promised first and taken when it is sent: a minute is counted by what was sent in
    it, however long each had waited for its money, and what is never sent is not charged.
    """

    def __init__(self, per_minute: int, capacity: float, rate: float, now: float) -> None:
        self.per_minute = per_minute
        self.capacity = capacity
        self._rate = rate * _MARGIN
        self._level = capacity
        self._promised = 0.0
        self._at = now

    @classmethod
    def of_requests(cls, per_minute: int, now: float) -> Bucket:
        capacity = max(1.0, per_minute * _REQUEST_BURST)
        # Whole requests: below cap + 1 is at most the cap.
        return cls(per_minute, capacity, (per_minute - capacity + 1) / _MINUTE_S, now)

    @classmethod
    def of_tokens(cls, per_minute: int, now: float) -> Bucket:
        capacity = max(1.0, per_minute * _TOKEN_BURST)
        return cls(per_minute, capacity, max(1.0, per_minute - capacity) / _MINUTE_S, now)

    def ready_in(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be promised or taken, on top of what is promised; 0 when it may be now, infinite while
        it is for what is promised to go first.
        """
        self._refill(now)
        if self._promised and self._promised + amount > self.capacity + _ROUNDING:
            return math.inf
        missing = min(self._promised + amount, self.capacity) - self._level
        return missing / self._rate if missing > _ROUNDING else 0.0

    def promise(self, amount: float) -> None:
        """Keep `amount` for a `take` to come; a negative one is a promise that is over, kept or not."""
        self._promised += amount

    def take(self, amount: float, now: float) -> None:
        self._refill(now)
        self._level -= amount

    def correct(self, amount: float) -> None:
        """Give back what was taken too much; a negative amount takes what was taken too little."""
        self._level = min(self.capacity, self._level + amount)

    def _refill(self, now: float) -> None:
        if now > self._at:
            self._level = min(self.capacity, self._level + (now - self._at) * self._rate)
            self._at = now
