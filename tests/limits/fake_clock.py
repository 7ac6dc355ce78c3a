"""Time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from factory.limits import Clock


class FakeClock:
    def __init__(self) -> None:
        self.time = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self.clock = Clock(now=lambda: self.time, sleep=self.sleep, later=self.later)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + max(0.0, seconds), next(self._order), woken))
        await woken

    def later(self, seconds: float, what: Callable[[], None]) -> asyncio.Future[None]:
        woken = asyncio.get_running_loop().create_future()
        woken.add_done_callback(lambda woken: None if woken.cancelled() else what())
        heapq.heappush(self._sleepers, (self.time + max(0.0, seconds), next(self._order), woken))
        return woken

    async def advance(self, seconds: float) -> None:
        """Let this much time pass, waking each sleeper at its own moment."""
        until = self.time + seconds
        await settled()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, woken = heapq.heappop(self._sleepers)
            self.time = max(self.time, at)
            if not woken.done():
                woken.set_result(None)
            await settled()
        self.time = until
        await settled()


async def settled() -> None:
    """Return once every task that could run without time passing has run (chains of up to 20 steps)."""
    for _ in range(20):
        await asyncio.sleep(0)
