"""What `status` says of endpoints is what the server's own log says: while a run goes on, after it, and after kill -9."""

from __future__ import annotations

import asyncio
import math
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from factory.errors import FailureKind
from factory.limits.latency import RELATIVE_ERROR, Latencies
from factory.report import STATUS_SCHEMA, status_json
from factory.types import Role
from scripts import live
from scripts.commands.look import print_status
from store import SqlStore, open_store
from tests.framework.test_wire import models, over_the_wire, run
from tests.support.driver import Setup
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Seen

ROOT = Path(__file__).resolve().parents[2]
# How far apart an answer's leaving the server and its counting at the client may be on a busy machine.
SLACK_S = 0.5
# The most that client, wire and a busy machine add to the time the server held an answer back.
OVERHEAD_S = 1.0

ATTEMPTS = 16

RUNNER = f"""
import asyncio, sys
from types import SimpleNamespace
from factory.ports import Policy
from scripts import jobs
from factory.types import Role
from store import open_store
from tests.framework.test_wire import over_the_wire
from tests.support.driver import Setup
url, port, action = sys.argv[1:4]
at = SimpleNamespace(base_url=lambda protocol: f"http://127.0.0.1:{{port}}" + ("/v1" if protocol == "openai" else ""))
plan = over_the_wire(Setup("rubric").plan(), at, by_anthropic=Role.JUDGE)
store = open_store(url)
limits, face = jobs.Limits(16), jobs.Face()
if action == "start":
    work = jobs.start(store, plan, jobs.new_job(store, plan, Policy(attempts={ATTEMPTS}), 7), limits, face)
else:
    work = jobs.resume(store, plan, store.jobs()[0], limits, face)
end = asyncio.run(work)
store.close()
sys.exit(0 if end.error is None else end.error.message)
"""


def shown(store: SqlStore, job: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """The job's state, and its endpoints by protocol, as `status --json` prints them."""
    facts = status_json(store.snapshot(job))
    jsonschema.validate(facts, STATUS_SCHEMA)
    return facts["state"], {row["endpoint"].partition(" ")[0]: row for row in facts["endpoints"]}


def rank(values: Sequence[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


async def test_after_a_run_the_figures_are_the_servers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Setup("rubric").plan()
    faults = FaultPlan(rates={"rate_limit": 0.1, "server_error": 0.05}, seed=11)
    async with ModelServer(models(plan), faults=faults, delay_ms=(10, 250)) as server:
        store = open_store(f"sqlite:///{tmp_path / 's.db'}")
        job, end = await run(store, over_the_wire(plan, server, by_anthropic=Role.JUDGE), attempts=6, concurrency=6)
        assert end.error is None, end.error
        seen = list(server.seen)
    state, rows = shown(store, job)
    assert state == "done" and set(rows) == {"openai", "anthropic"}
    for protocol, row in rows.items():
        its = [each for each in seen if each.protocol == protocol]
        assert (row["requests"], row["in_flight"], row["queue"], row["breaker"]) == (len(its), 0, 0, "closed")
        assert row["rate_limited"] == sum(each.fault == "rate_limit" for each in its) > 0
        assert row["outages"] == sum(each.fault == "server_error" for each in its) > 0
        answered = latencies(store, job, protocol)
        held = [each.held_s for each in its if not each.fault]
        assert len(answered) == len(held)
        for key, share in (("p50_s", 0.5), ("p95_s", 0.95)):
            assert row[key] == pytest.approx(rank(answered, share), rel=RELATIVE_ERROR, abs=0.001)
            assert rank(held, share) * (1 - RELATIVE_ERROR) <= row[key] <= rank(held, share) + OVERHEAD_S
    print_status(store, job, "here", json=False)
    told = capsys.readouterr().out
    assert all(f"{each.rate_limited} times 429" in live.endpoint_line(each) for each in store.endpoints(job))
    assert "429s" in told and all(row["endpoint"] in told for row in rows.values())
    store.close()


def latencies(store: SqlStore, job: str, protocol: str, since: float = 0.0) -> list[float]:
    """Seconds of each answered attempt begun after `since`, as the journal has them."""
    calls = [call for index in range(ATTEMPTS) for call in store.calls(job, index) if call.model.startswith(protocol)]
    attempts = [attempt for call in calls for attempt in call.attempts if attempt.started_at > since]
    return [a.seconds for a in attempts if a.status == "ok" or not FailureKind(a.status).transient]


async def test_while_it_runs_after_a_kill_and_after_its_resume(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    plan = Setup("rubric").plan()
    async with ModelServer(models(plan), faults=FaultPlan(rates={"rate_limit": 0.1}, seed=4), delay_ms=(20, 200)) as server:
        first = await spawned(url, server.port, "start")
        await until(lambda: len(server.seen) >= 100)
        store = open_store(url, read_only=True)
        job = store.jobs()[0].id
        moments, in_flight = set(), 0
        while len(moments) < 3:
            await asyncio.sleep(0.2)
            state, rows = shown(store, job)
            assert state == "running" and first.returncode is None
            for protocol, row in rows.items():
                in_flight = max(in_flight, row["in_flight"])
                assert row["in_flight"] <= row["max_in_flight"] == 16 and 1 <= row["limit"] <= 16
                check_counts(row, server.seen, protocol)
                moments.add(row["at"])
        assert in_flight > 1

        killed_at = time.time()
        first.send_signal(signal.SIGKILL)
        await first.wait()
        state, at_kill = shown(store, job)
        assert state == "interrupted"
        for protocol, row in at_kill.items():
            assert (row["in_flight"], row["queue"]) == (0, 0)
            assert row["at"] > killed_at - 1 - SLACK_S and row["rate_limited"] + row["requests"] > 0
            check_counts(row, server.seen, protocol)
        kept = {figures.endpoint: figures for figures in store.endpoints(job)}
        # What was in flight is answered to nobody before the next process begins.
        await asyncio.sleep(0.5)
        before, resumed_at = len(server.seen), time.time()

        second = await spawned(url, server.port, "resume")
        assert await second.wait() == 0
        state, rows = shown(store, job)
        assert state == "done"
        for protocol, row in rows.items():
            its = [each for each in server.seen[before:] if each.protocol == protocol]
            assert row["requests"] - at_kill[protocol]["requests"] == len(its) > 0
            assert row["rate_limited"] - at_kill[protocol]["rate_limited"] == count(its, "rate_limit")
            expected = Latencies(kept[row["endpoint"]].latencies)
            for seconds in latencies(store, job, protocol, resumed_at):
                expected.add(seconds)
            assert [row["p50_s"], row["p95_s"]] == pytest.approx(
                [expected.quantile(0.5), expected.quantile(0.95)], rel=3 * RELATIVE_ERROR, abs=0.001
            )
        store.close()


def check_counts(row: dict[str, Any], seen: Sequence[Seen], protocol: str) -> None:
    """The 429s are those that the server had sent by the moment of the figures; the latencies, about what it took."""
    its = [each for each in seen if each.protocol == protocol]
    by_then = [count([each for each in its if each.at <= row["at"] + slack], "rate_limit") for slack in (-SLACK_S, SLACK_S)]
    assert by_then[0] <= row["rate_limited"] <= by_then[1]
    held = [each.held_s for each in its if each.at <= row["at"] and not each.fault]
    for key, share in (("p50_s", 0.5), ("p95_s", 0.95)):
        if len(held) > 50:
            assert 0.8 * rank(held, share) <= row[key] <= 1.2 * rank(held, share) + OVERHEAD_S


def count(seen: Sequence[Seen], fault: str) -> int:
    return sum(each.fault == fault for each in seen)


async def until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110  the server keeps a log, not events
        await asyncio.sleep(0.05)


async def spawned(url: str, port: int, action: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", RUNNER, url, str(port), action, cwd=ROOT)
