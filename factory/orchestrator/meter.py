"""What a job's endpoints are doing, kept in the store so that `factory status` can tell it from another process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress

from factory.errors import FactoryError
from factory.limits import EndpointStats, Limits
from factory.ports import EndpointFigures, Lease, Store

KEEP_EVERY_S = 1.0


class Meter:
    """The endpoints of one job in this process, their counts on top of those that earlier processes left.

    before: what the store had kept when this process took the job.
    """

    def __init__(self, store: Store, lease: Lease, limits: Limits, before: Iterable[EndpointFigures]) -> None:
        self._store = store
        self._lease = lease
        self._limits = limits
        self._before = {figures.endpoint: figures for figures in before}

    def figures(self) -> tuple[EndpointFigures, ...]:
        """Now, in the order of the endpoints' first use; none for a job whose models are all simulated."""
        now = time.time()
        return tuple(_added(self._before.get(stats.key), stats, now) for stats in self._limits.stats())

    async def keep(self) -> None:
        """Write the figures now and every second, until cancelled."""
        while True:
            await self.write()
            await asyncio.sleep(KEEP_EVERY_S)

    async def write(self) -> None:
        """Write them once. Never fails: what keeps them from being written (a lost lease, a full disk) also meets a landing or
        the lease's renewal, and those end the job.
        """
        figures = self.figures()
        if figures:
            with suppress(FactoryError):
                await self._store.keep_endpoints(self._lease, figures)


def _added(before: EndpointFigures | None, stats: EndpointStats, now: float) -> EndpointFigures:
    latencies = stats.latencies.merged(before.latencies) if before is not None else stats.latencies
    return EndpointFigures(
        endpoint=stats.key,
        in_flight=stats.in_flight,
        limit=stats.limit,
        max_in_flight=stats.max_in_flight,
        queue=stats.queue,
        requests=stats.requests + (before.requests if before else 0),
        rate_limited=stats.rate_limited + (before.rate_limited if before else 0),
        outages=stats.outages + (before.outages if before else 0),
        breaker=stats.breaker.value,
        p50_s=latencies.quantile(0.50),
        p95_s=latencies.quantile(0.95),
        latencies=latencies.buckets,
        at=now,
    )
