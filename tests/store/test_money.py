"""Money is on record before it can be spent: what a dead process had reserved is charged in full, once."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from factory.errors import BadInput, FactoryError, LeaseLost
from factory.ports import Attempt, AttemptTally, JobState, Lease, Money, UnjournaledAttempt
from store import SqlStore, open_store, this_process
from tests.store.making import a_call, a_job, planting_call
from tests.store.test_writer import contents

ROOT = Path(__file__).resolve().parents[2]
TRIED = (
    Attempt(0, 1.5, 0.25, "server_error", "500", "", "req-1", reserved_nano_usd=1000, cost_nano_usd=21, flag="unmetered"),
    Attempt(1, 2.5, 0.5, "server_error", "cut", "other", "req-2", 10, 5, 2, 1000, 9),
)

# Takes job-a, opens an attempt of each index named, records the call of those after "-", and waits to be killed.
SPENDER = """
import asyncio, sys, time
from factory.errors import BadInput
from store import open_store, this_process
from tests.store.making import a_call, a_job
async def main():
    store = open_store(sys.argv[1])
    try:
        lease = await store.acquire("job-a", this_process())
    except BadInput:
        lease = await store.create_job(a_job(), this_process())
    cut = sys.argv.index("-")
    for index in sys.argv[2:cut]:
        await store.open_attempt(lease, a_call(int(index)).identity, 1, 1000 + int(index))
    for index in sys.argv[cut + 1:]:
        await store.record_call(lease, a_call(int(index)))
    print("ready", flush=True)
    time.sleep(60)
asyncio.run(main())
"""


def killed(url: str, *arguments: str) -> None:
    """Run SPENDER until it has done what it should, then kill it."""
    command = [sys.executable, "-c", SPENDER, url, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)


async def a_lease(store: SqlStore) -> Lease:
    return await store.create_job(a_job(), this_process())


def test_what_a_killed_process_left_open_is_charged_once_however_many_are_killed(url: str) -> None:
    killed(url, "0", "1", "2", "-", "1")
    store = open_store(url)
    # Durable, and nobody's guess yet: only who takes the job knows that nobody will settle it.
    assert store.money("job-a") == Money(7, 1000 + 1002, None)
    killed(url, "0", "-")
    assert store.money("job-a") == Money(7 + 1000 + 1002, 1000, None)
    killed(url, "-")
    killed(url, "-")
    assert store.money("job-a") == Money(7 + 1000 + 1002 + 1000, 0, None)
    lost = store.unjournaled_attempts("job-a")
    assert [(each.identity.index, each.attempt.cost_nano_usd) for each in lost] == [(0, 1000), (2, 1002), (0, 1000)]

    async def main() -> None:
        lease = await store.acquire("job-a", this_process())
        await store.open_attempt(lease, a_call(0).identity, 1, 1000)
        await store.record_call(lease, a_call(0))
        await store.finish(lease, JobState.DONE, "")

    asyncio.run(main())
    assert store.money("job-a") == store.snapshot("job-a").money == Money(14 + 1000 + 1002 + 1000, 0, None)
    store.close()


def test_a_reservation_is_durable_when_its_opening_returns(store: SqlStore, tmp_path: Path) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        for number in range(1, 4):
            await store.open_attempt(lease, a_call(3, sample=1).identity, number, 10 * number)
            rows = contents(tmp_path)["open_attempts"]
            assert [row[:-1] for row in rows] == [
                (1, 3, 0, "difficulty", "screen", "solver", 2, 1, n, 10 * n) for n in range(1, number + 1)
            ]
        assert rows[0][-1] > 1_000_000_000
        assert store.money("job-a") == store.snapshot("job-a").money == Money(0, 60, None)

    asyncio.run(main())


def test_a_call_settles_its_own_reservations_and_no_others(store: SqlStore) -> None:
    async def main() -> None:
        lease, other = await a_lease(store), await store.create_job(a_job("job-b", seed=8), this_process())
        calls = [a_call(0), a_call(0, sample=1), a_call(1), planting_call(0, "x", "oracle")]
        for bit, call in enumerate(calls):
            await store.open_attempt(lease, call.identity, 1, 10**bit)
            await store.open_attempt(lease, call.identity, 2, 10**bit)
        await store.open_attempt(other, a_call(0).identity, 1, 5)
        left = 2222
        for bit, call in enumerate(calls):
            await store.record_call(lease, call)
            left -= 2 * 10**bit
            assert store.money("job-a") == Money(7 * (bit + 1), left, None)
        assert store.money("job-b") == Money(0, 5, None)
        await store.finish(other, JobState.STOPPED, "")
        assert (store.money("job-a").spent_nano_usd, store.money("job-b")) == (28, Money(5, 0, None))

    asyncio.run(main())


def test_what_cost_more_than_it_reserved_is_told_with_the_amount(store: SqlStore) -> None:
    async def main() -> None:
        lease, other = await a_lease(store), await store.create_job(a_job("job-b", seed=8), this_process())
        call = a_call(0)
        over = replace(call.attempts[-1], number=7, reserved_nano_usd=100, cost_nano_usd=161, flag="overrun")
        await store.record_call(lease, replace(call, attempts=(*call.attempts, over)))
        assert store.snapshot("job-a").overrun_nano_usd == 61
        await store.settle_attempts(lease, a_call(1).identity, "openai/m", [replace(over, cost_nano_usd=105)])
        told = store.snapshot("job-a")
        assert told.overrun_nano_usd == 66 and sum(t.attempts for t in told.attempts if t.flag == "overrun") == 2
        assert store.snapshot("job-b").overrun_nano_usd == 0
        await store.finish(other, JobState.STOPPED, "")

    asyncio.run(main())


def test_a_call_that_comes_to_nothing_is_charged_what_it_cost(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        for number in (0, 1):
            await store.open_attempt(lease, a_call(0).identity, number, 1000)
        await store.open_attempt(lease, a_call(1).identity, 0, 50)
        await store.settle_attempts(lease, a_call(0).identity, "openai/m", TRIED)
        assert store.money("job-a") == store.snapshot("job-a").money == Money(30, 50, None)
        kept = [UnjournaledAttempt(a_call(0).identity, "openai/m", attempt) for attempt in TRIED]
        assert store.unjournaled_attempts("job-a") == kept
        # No resume takes it for an answered call.
        assert store.calls("job-a", 0) == [] and store.last_journaled_index("job-a") == -1
        await store.finish(lease, JobState.STOPPED, "")
        assert store.money("job-a") == Money(80, 0, None)
        (lost,) = store.unjournaled_attempts("job-a")[2:]
        assert lost.identity == a_call(1).identity and lost.attempt.started_at > 1_000_000_000
        assert replace(lost.attempt, started_at=0.0) == Attempt(
            0, 0.0, 0.0, "lost", "", "", None, None, None, None, 50, 50, "lost"
        )
        assert store.snapshot("job-a").attempts == [
            AttemptTally("", "", "lost", 1, 50),
            AttemptTally("openai/m", "", "unmetered", 1, 21),
            AttemptTally("openai/m", "other", "", 1, 9),
        ]
        with pytest.raises(LeaseLost):
            await store.settle_attempts(lease, a_call(0).identity, "openai/m", TRIED)
        assert store.money("job-a") == Money(80, 0, None)
        assert len(store.unjournaled_attempts("job-a")) == 3

    asyncio.run(main())


def test_a_call_that_came_to_nothing_is_made_anew_and_counted_beside_it(store: SqlStore) -> None:
    """Given up, then asked again by a resume: the same identity, the same numbers, and nothing counted twice."""

    async def main() -> None:
        lease = await a_lease(store)
        for _ in range(2):
            await store.open_attempt(lease, a_call(0).identity, 1, 1000)
            await store.settle_attempts(lease, a_call(0).identity, "openai/m", TRIED)
            await store.finish(lease, JobState.STOPPED, "")
            lease = await store.acquire("job-a", this_process())
        await store.record_call(lease, a_call(0))
        assert store.calls("job-a", 0) == [a_call(0)]
        assert [each.attempt for each in store.unjournaled_attempts("job-a")] == [*TRIED, *TRIED]
        assert store.money("job-a") == Money(30 + 30 + 7, 0, None)

    asyncio.run(main())


def test_attempts_served_as_asked_and_unflagged_are_in_no_tally(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        names = ["m", "m", "openai/m", "", "m-2099-01-01", "m-2099-01-01", "other"]
        for sample, name in enumerate(names):
            attempt = Attempt(0, 1.5, 0.25, "ok", "", name, cost_nano_usd=sample)
            await store.record_call(lease, a_call(sample=sample, model="openai/m", attempts=(attempt,)))
        assert store.snapshot("job-a").attempts == [
            AttemptTally("openai/m", "m-2099-01-01", "", 2, 4 + 5),
            AttemptTally("openai/m", "other", "", 1, 6),
        ]

    asyncio.run(main())


def test_a_call_that_cannot_be_kept_settles_nothing(store: SqlStore, tmp_path: Path) -> None:
    broken = a_call(attempts=(a_call().attempts[0], a_call().attempts[0]))

    async def main() -> None:
        lease = await a_lease(store)
        await store.open_attempt(lease, broken.identity, 1, 9)
        before = contents(tmp_path)
        with pytest.raises(FactoryError, match="UNIQUE"):
            await store.record_call(lease, broken)
        assert contents(tmp_path) == before
        with pytest.raises(FactoryError, match="UNIQUE"):
            await store.open_attempt(lease, broken.identity, 1, 9)
        assert store.money("job-a") == Money(0, 9, None)

    asyncio.run(main())


def test_what_is_open_when_a_job_ends_is_charged(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        await store.open_attempt(lease, a_call().identity, 1, 9)
        await store.finish(lease, JobState.INTERRUPTED, "")
        assert store.money("job-a") == Money(9, 0, None)
        with pytest.raises(LeaseLost, match="given back"):
            await store.open_attempt(lease, a_call().identity, 2, 9)
        await store.acquire("job-a", this_process())
        assert store.money("job-a") == Money(9, 0, None)

    asyncio.run(main())


def test_a_taking_that_is_refused_charges_nothing(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        await store.open_attempt(lease, a_call().identity, 1, 9)
        with pytest.raises(LeaseLost):
            await store.acquire("job-a", this_process())
        assert store.money("job-a") == Money(0, 9, None)
        await store.record_call(lease, a_call())
        assert store.money("job-a") == Money(7, 0, None)

    asyncio.run(main())


def test_a_cap_is_kept_changed_and_taken_away(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        for cap in (5_000_000_000, 0, 2**62, None):
            await store.set_cap(lease, cap)
            assert store.money("job-a") == store.snapshot("job-a").money == Money(0, 0, cap)
        await store.set_cap(lease, 3)
        await store.finish(lease, JobState.STOPPED, "")
        with pytest.raises(LeaseLost):
            await store.set_cap(lease, 4)
        await store.acquire("job-a", this_process())
        assert store.money("job-a").cap_nano_usd == 3

    asyncio.run(main())
    with pytest.raises(BadInput, match="no such job"):
        store.money("job-x")


def test_settling_looks_its_reservations_up(store: SqlStore, tmp_path: Path) -> None:
    """Not by scanning all that are open: a group of calls would pay for every other call under way."""
    statement = store._writer._bulks.settled._many(64)
    connection = sqlite3.connect(tmp_path / "factory.db")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", (0,) * 64 * 8)]
    connection.close()
    assert not [step for step in plan if step.startswith("SCAN")]
