"""One process at a time works a job, and a stale one writes nothing."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from factory.errors import BadInput, FactoryError, LeaseLost
from factory.ports import Holder, JobState, Lease
from factory.types import State
from store import SqlStore, holders, open_store, this_process
from tests.store.making import a_call, a_job, a_landing
from tests.store.test_writer import contents

ELSEWHERE = Holder("another-host/boot/pid:[1]", 1, "1")

HOLD = """
import asyncio, sys
from store import open_store, this_process
from tests.store.making import a_call, a_job
async def main():
    store = open_store(sys.argv[1], lease_ttl_s=float(sys.argv[2]))
    lease = await store.create_job(a_job(), this_process())
    await store.record_call(lease, a_call(0))
    print("holding", flush=True)
    sys.stdin.readline()
    try:
        await store.record_call(lease, a_call(1))
    except Exception as error:
        print(type(error).__name__, error, flush=True)
asyncio.run(main())
"""


def hold(url: str, ttl_s: float) -> subprocess.Popen[str]:
    """Another process that made job-a, holds it, and writes a late call when it reads a line."""
    command = [sys.executable, "-c", HOLD, url, str(ttl_s)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[2]
    )
    assert process.stdout is not None and process.stdout.readline() == "holding\n"
    return process


@pytest.fixture
def second(url: str, store: SqlStore) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


class Clock:
    """Both clocks, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.monotonic = 1_000_000.0, 500.0
        monkeypatch.setattr(holders, "wall", lambda: self.wall)
        monkeypatch.setattr(holders, "monotonic", lambda: self.monotonic)

    def go(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_live_holder_keeps_the_job_and_is_named(store: SqlStore, second: SqlStore, clock: Clock) -> None:
    async def main() -> None:
        await store.create_job(a_job(), this_process())
        clock.go(20)
        with pytest.raises(LeaseLost) as refused:
            await second.acquire("job-a", ELSEWHERE)
        me = this_process()
        for part in ("job job-a", f"process {me.pid} on {holders.host_name(me)}", "another 40 s", f"kill -INT {me.pid}"):
            assert part in str(refused.value)

    asyncio.run(main())


def test_an_expired_lease_is_taken_and_the_old_holder_writes_nothing_more(
    store: SqlStore, second: SqlStore, clock: Clock, tmp_path: Path
) -> None:
    async def main() -> None:
        old = await store.create_job(a_job(), this_process())
        await store.land(old, a_landing(0))
        clock.go(59)
        await store.renew(old)
        clock.go(59)
        with pytest.raises(LeaseLost):
            await second.acquire("job-a", this_process())
        clock.go(2)
        assert not store.snapshot("job-a").lease_alive
        new = await second.acquire("job-a", this_process())
        assert (old.epoch, new.epoch) == (1, 2)
        before = contents(tmp_path)
        for late in (
            store.open_attempt(old, a_call().identity, 1, 9),
            store.set_cap(old, 1),
            store.record_call(old, a_call()),
            store.land(old, a_landing(1)),
            store.renew(old),
            store.finish(old, JobState.DONE, ""),
        ):
            with pytest.raises(LeaseLost, match=r"epoch 2 now, 1 here.*Nothing was written"):
                await late
        assert contents(tmp_path) == before
        await second.record_call(new, a_call())
        await second.land(new, a_landing(1))
        await second.finish(new, JobState.DONE, "")

    asyncio.run(main())


def test_a_lease_nobody_took_over_still_writes_after_its_end(store: SqlStore, clock: Clock) -> None:
    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        clock.go(1000)
        await store.record_call(lease, a_call())

    asyncio.run(main())


def test_a_stale_write_spoils_no_other_of_its_group(store: SqlStore, clock: Clock) -> None:
    async def main() -> None:
        old = await store.create_job(a_job(), this_process())
        clock.go(61)
        new = await store.acquire("job-a", this_process())
        writes = [store.record_call(lease, a_call(n)) for n, lease in enumerate((new, old, new, old))]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(each) for each in outcomes] == [type(None), LeaseLost, type(None), LeaseLost]

    asyncio.run(main())
    assert [len(store.calls("job-a", n)) for n in range(4)] == [1, 0, 1, 0]


def test_a_finished_job_is_free_and_its_old_lease_dead(store: SqlStore) -> None:
    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        await store.finish(lease, JobState.STOPPED, "the budget is spent")
        stopped = store.job("job-a")
        assert (stopped.state, stopped.state_reason) == (JobState.STOPPED, "the budget is spent")
        assert stopped.finished_at is not None
        with pytest.raises(LeaseLost, match="given back"):
            await store.record_call(lease, a_call())
        again = await store.acquire("job-a", ELSEWHERE)
        assert again.epoch == 2
        running = store.job("job-a")
        assert (running.state, running.state_reason, running.finished_at) == (JobState.RUNNING, "", None)

    asyncio.run(main())


def test_a_write_queued_behind_the_finish_of_its_lease_is_refused(store: SqlStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "factory.db", isolation_level=None)

    async def main() -> list[object]:
        lease = await store.create_job(a_job(), this_process())
        # While another process writes, all of these queue up; the last three share a transaction.
        other.execute("BEGIN IMMEDIATE")
        first = asyncio.ensure_future(store.record_call(lease, a_call(0)))
        await asyncio.sleep(0.02)
        rest = [
            store.record_call(lease, a_call(1)),
            store.finish(lease, JobState.DONE, ""),
            store.record_call(lease, a_call(2)),
        ]
        asyncio.get_running_loop().call_later(0.02, other.execute, "ROLLBACK")
        return await asyncio.gather(first, *rest, return_exceptions=True)

    outcomes = asyncio.run(main())
    other.close()
    assert [type(each) for each in outcomes] == [type(None), type(None), type(None), LeaseLost]
    assert store.snapshot("job-a").calls_by_role == {"solver": 2}


def test_unknown_jobs_are_bad_input(store: SqlStore) -> None:
    async def main() -> None:
        with pytest.raises(BadInput, match="no such job"):
            await store.acquire("job-x", this_process())
        with pytest.raises(LeaseLost):
            await store.renew(Lease("job-x", 1))
        with pytest.raises(BadInput, match="no such job"):
            await store.record_call(Lease("job-x", 1), a_call())

    asyncio.run(main())


@pytest.mark.parametrize("jump", [-10_000.0, 10_000.0])
def test_a_jump_of_the_wall_clock_neither_frees_nor_locks_a_job_of_this_host(
    store: SqlStore, clock: Clock, jump: float
) -> None:
    async def main() -> None:
        await store.create_job(a_job(), this_process())
        clock.wall += jump
        assert store.snapshot("job-a").lease_alive
        with pytest.raises(LeaseLost, match="another 60 s"):
            await store.acquire("job-a", this_process())
        clock.monotonic += 61
        assert (await store.acquire("job-a", this_process())).epoch == 2

    asyncio.run(main())


def test_between_hosts_the_wall_clock_decides(store: SqlStore, clock: Clock) -> None:
    async def main() -> None:
        await store.create_job(a_job(), ELSEWHERE)
        clock.monotonic += 1000
        assert store.snapshot("job-a").lease_alive
        clock.wall += 61
        assert not store.snapshot("job-a").lease_alive
        await store.acquire("job-a", this_process())

    asyncio.run(main())


def test_worked_seconds_leave_out_the_time_between_holds(store: SqlStore, clock: Clock) -> None:
    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        clock.go(5)
        assert store.snapshot("job-a").seconds == pytest.approx(5)
        await store.finish(lease, JobState.STOPPED, "")
        clock.go(1000)
        assert store.snapshot("job-a").seconds == pytest.approx(5)
        lease = await store.acquire("job-a", this_process())
        clock.go(7)
        await store.renew(lease)
        clock.go(500)
        assert store.snapshot("job-a").seconds == pytest.approx(12)
        await store.acquire("job-a", this_process())
        assert store.snapshot("job-a").seconds == pytest.approx(12)

    asyncio.run(main())


def test_a_killed_holder_is_taken_over_at_once(url: str) -> None:
    process = hold(url, 60.0)
    store = open_store(url)
    assert store.snapshot("job-a").lease_alive
    with pytest.raises(LeaseLost, match=f"process {process.pid}"):
        asyncio.run(store.acquire("job-a", this_process()))
    process.kill()
    # Not waited for yet: a corpse whose pid is still taken is dead all the same.
    for _ in range(1000):
        if not store.snapshot("job-a").lease_alive:
            break
    lease = asyncio.run(store.acquire("job-a", this_process()))
    process.communicate()
    assert lease.epoch == 2
    assert store.calls("job-a", 0) == [a_call(0)]
    store.close()


def test_a_reused_pid_is_another_process() -> None:
    me = this_process()
    assert not holders.is_dead(me)
    assert holders.is_dead(replace(me, started="1"))
    assert not holders.is_dead(replace(me, host="elsewhere/x", started="1"))


def test_without_proc_a_holder_is_dead_only_when_its_pid_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "_PROC", Path("/nonexistent"))
    holders._this_host.cache_clear()
    try:
        me = this_process()
        assert not holders.has_boot_id(me) and me.started == ""
        assert not holders.is_dead(me)
        with subprocess.Popen([sys.executable, "-c", ""]) as child:
            child.wait()
        assert holders.is_dead(replace(me, pid=child.pid))
    finally:
        holders._this_host.cache_clear()


def test_a_holder_stopped_past_its_lease_writes_nothing_when_it_wakes(url: str) -> None:
    process = hold(url, 0.5)
    process.send_signal(signal.SIGSTOP)
    store = open_store(url)
    asyncio.run(asyncio.sleep(0.6))
    lease = asyncio.run(store.acquire("job-a", this_process()))
    process.send_signal(signal.SIGCONT)
    said, _ = process.communicate("go on\n", timeout=30)
    assert said.startswith("LeaseLost job job-a: another process took it over (epoch 2 now, 1 here)")
    assert store.calls("job-a", 1) == []
    asyncio.run(store.record_call(lease, a_call(1)))
    store.close()


def test_a_seed_belongs_to_the_job_that_landed_with_it(store: SqlStore) -> None:
    async def main() -> None:
        first = await store.create_job(a_job("job-1"), ELSEWHERE)
        with pytest.raises(BadInput, match=r"job-1 .*seed 7.*being worked.*factory resume job-1.*--seed"):
            await store.create_job(a_job("job-2"), this_process())
        await store.finish(first, JobState.STOPPED, "")
        # Landed nothing and nobody works it: another may take the seed ...
        second = await store.create_job(a_job("job-2"), this_process())
        await store.land(second, a_landing(0, state=State.REJECTED))
        await store.finish(second, JobState.DONE, "")
        # ... and then it is that one's.
        with pytest.raises(BadInput, match=r"job-2 .*landed 1 candidates"):
            await store.create_job(a_job("job-3"), this_process())
        with pytest.raises(BadInput, match="job-2"):
            await store.acquire("job-1", this_process())
        assert [job.id for job in store.jobs()] == ["job-1", "job-2"]
        for other in ({"seed": 8}, {"spec_identity": "s"}, {"recipe": "r"}, {"recipe_version": "2"}):
            await store.create_job(replace(a_job(f"job-{other}"), **other), this_process())
        with pytest.raises(BadInput, match="exists already"):
            await store.create_job(a_job("job-1", seed=99), this_process())
        with pytest.raises(BadInput, match="64 bits"):
            await store.create_job(a_job("job-9", seed=2**63), this_process())

    asyncio.run(main())


def test_an_id_of_another_job_cannot_land_again(store: SqlStore) -> None:
    async def main() -> None:
        first = await store.create_job(a_job("job-1"), this_process())
        other = await store.create_job(a_job("job-2", seed=8), this_process())
        await store.land(first, a_landing(0, seed=7))
        with pytest.raises(FactoryError, match=r"UNIQUE constraint failed: candidates\.id"):
            await store.land(other, a_landing(0, seed=7))
        assert list(store.candidates(job_id="job-2")) == []

    asyncio.run(main())
