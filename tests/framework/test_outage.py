"""One provider is away for a minute of a whole run over the wire: it costs that minute, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from factory.caller import Caller
from factory.config import check_lineage
from factory.limits import Limits
from factory.ports import Policy
from scripts import jobs
from scripts.assembly import Wires
from store import open_store
from tests.limits.fake_clock import FakeClock
from tests.support.driver import Setup, outcome
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer
from tests.support.wire import rehearsed, wired

ATTEMPTS, CONCURRENCY = 20, 6
# Seconds of the run's own time. Every answer takes one, so by then the oracle has answered and has more to do.
AWAY, BACK = 6.0, 66.0
STEP_S = 0.5


@dataclass(frozen=True)
class Timed(FaultPlan):
    """Notes when each request came, and fails with `fault_name` what comes while the provider is away."""

    clock: FakeClock = field(default_factory=FakeClock)
    away: str = ""
    came: list[float] = field(default_factory=list)

    def fault(self, arrival: int, key: str, attempt: int) -> str:
        self.came.append(self.clock.time)
        return self.away if AWAY <= self.clock.time < BACK else ""

    def meanwhile(self) -> list[float]:
        return [at for at in self.came if AWAY <= at < BACK]


@asynccontextmanager
async def passing(clock: FakeClock) -> AsyncIterator[None]:
    """Time passes, step by step, each step once this process has nothing to do but wait for it."""

    async def pass_on() -> None:
        while True:
            worked = time.process_time()
            await asyncio.sleep(0.01)
            if time.process_time() - worked < 0.003:
                await clock.advance(STEP_S)

    task = asyncio.create_task(pass_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True)
class Told:
    """A finished run: its landings, how long it took by its own clock, and when requests came at each endpoint."""

    landed: list[tuple[int, str, str, str, tuple[str, ...]]]
    seconds: float
    oracle: Timed
    others: Timed
    limits: Limits


async def run(folder: Path, monkeypatch: pytest.MonkeyPatch, away: str) -> Told:
    clock, plan = FakeClock(), Setup("ground_truth").plan()
    oracle, others = Timed(clock=clock, away=away), Timed(clock=clock)
    models, limits = rehearsed(plan.recipe, plan.cast), Limits(clock=clock.clock)
    monkeypatch.setattr(jobs, "Wires", partial(Wires, limits=limits))
    monkeypatch.setattr(jobs, "Caller", partial(Caller, clock=clock.clock))
    answering = partial(ModelServer, models, delay_ms=(1000, 1000), sleep=clock.sleep)
    async with answering(faults=oracle) as anthropic, answering(faults=others) as openai:
        servers = {"anthropic": anthropic, "openai": openai}
        cast = wired(plan.cast, lambda protocol: servers[protocol].base_url(protocol))
        plan = replace(plan, cast=cast, lineage=check_lineage(cast))
        store = open_store(f"sqlite:///{folder / (away or 'well')}.db")
        job = jobs.new_job(store, plan, Policy(attempts=ATTEMPTS), 7)
        async with passing(clock):
            end = await jobs.start(store, plan, job, jobs.Limits(CONCURRENCY), jobs.Face())
        assert end.error is None, end.error
        assert store.snapshot(job.id).states.get("errored", 0) == 0
        landed = outcome(store, job.id)
        store.close()
    return Told(landed, clock.time, oracle, others, limits)


@pytest.mark.parametrize("away", ["reset", pytest.param("unavailable", marks=pytest.mark.slow)])
async def test_an_outage_of_a_minute_costs_that_minute(away: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well = await run(tmp_path, monkeypatch, "")
    told = await run(tmp_path, monkeypatch, away)
    assert told.landed == well.landed
    # The provider is asked again every five seconds at most; what had failed meanwhile is asked once more.
    assert told.seconds <= well.seconds + (BACK - AWAY) + 5 + 5

    asked = told.oracle.meanwhile()
    assert asked, "the outage met nobody"
    opened_after = asked[min(len(asked), CONCURRENCY * 3 + 5) - 1]
    probes = [at for at in asked if at > opened_after]
    assert len(probes) <= 16 and all(late - early >= 0.99 for early, late in pairwise(probes))

    there = {stats.key.partition(" ")[0]: stats for stats in told.limits.stats()}
    assert there["anthropic"].outages > 0 and there["openai"].outages == 0
    # Whatever does not wait for the oracle goes on, at full pace for as long as there is any.
    assert len([at for at in told.others.meanwhile() if at < AWAY + 5]) >= CONCURRENCY
