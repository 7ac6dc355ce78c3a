"""A circuit breaker: while a provider is down it is asked by a few probes only."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """in_a_row: outages without an answer between them that open it; share: of the last `window` calls, opens it too.

    first_wait_s doubles with each failed probe up to longest_wait_s: the latest that a recovery is noticed. probes: how many
    calls may test a provider at once.
    """

    in_a_row: int = 5
    window: int = 20
    share: float = 0.5
    first_wait_s: float = 1.0
    longest_wait_s: float = 5.0
    probes: int = 1


class Breaker:
    """Fed with what became of each call. Each state has a generation: what a call of an older one says no longer counts,
    so the calls in flight when it opened can neither close it nor lengthen the wait.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self.generation = 0
        self._open = False
        self._retry_at = 0.0
        self._wait_s = settings.first_wait_s
        self._probing = 0
        self._in_a_row = 0
        self._recent: deque[bool] = deque(maxlen=settings.window)
        self._recent_outages = 0

    def state(self, now: float) -> BreakerState:
        if not self._open:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self._probing or now >= self._retry_at else BreakerState.OPEN

    @property
    def closed(self) -> bool:
        return not self._open

    def ready_in(self, now: float) -> float:
        """Seconds until a call may go; infinite while it is for the probes under way to say."""
        if not self._open:
            return 0.0
        return math.inf if self._probing >= self._settings.probes else max(0.0, self._retry_at - now)

    def begin(self) -> int:
        """A call goes. Returns the generation to hand back with its outcome."""
        if self._open:
            self._probing += 1
        return self.generation

    def answered(self, generation: int) -> None:
        """The provider answered, be it with a refusal or a rate limit: it is there."""
        if generation != self.generation:
            return
        if self._open:
            self._open = False
            self._turn()
        else:
            self._in_a_row = 0
            self._note(outage=False)

    def failed(self, generation: int, now: float) -> None:
        """The provider was not there for this call."""
        if generation != self.generation:
            return
        if self._open:
            self._probing -= 1
            self._wait_s = min(self._settings.longest_wait_s, self._wait_s * 2)
            self._retry_at = now + self._wait_s
            return
        self._in_a_row += 1
        self._note(outage=True)
        if self._in_a_row >= self._settings.in_a_row or self._mostly_out():
            self._open = True
            self._turn()
            self._wait_s = self._settings.first_wait_s
            self._retry_at = now + self._wait_s

    def dropped(self, generation: int) -> None:
        """The call ended without telling anything about the provider (it was cancelled)."""
        if self._open and generation == self.generation:
            self._probing -= 1

    def _turn(self) -> None:
        self.generation += 1
        self._probing = self._in_a_row = self._recent_outages = 0
        self._recent.clear()

    def _note(self, *, outage: bool) -> None:
        if len(self._recent) == self._settings.window:
            self._recent_outages -= self._recent[0]
        self._recent.append(outage)
        self._recent_outages += outage

    def _mostly_out(self) -> bool:
        settings = self._settings
        return len(self._recent) == settings.window and self._recent_outages >= settings.share * settings.window
