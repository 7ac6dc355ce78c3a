"""Group commit, all or nothing, and what happens when the disk or the lock says no."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from factory.errors import FactoryError
from factory.ports import Lease
from store import SqlStore, open_store, this_process
from store import store as store_module
from store.schema import metadata
from tests.store.making import a_call, a_job, a_landing

TABLES = tuple(metadata.tables)


def contents(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    connection = sqlite3.connect(folder / "factory.db")
    found = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608
    connection.close()
    return found


async def a_lease(store: SqlStore) -> Lease:
    return await store.create_job(a_job(), this_process())


def test_writes_asked_for_together_are_committed_together_and_in_order(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        before = store.committed
        calls = [store.record_call(lease, a_call(index, sample=n)) for index in range(20) for n in range(10)]
        await asyncio.gather(*calls, *(store.land(lease, a_landing(index)) for index in range(60)))
        assert store.committed - before < 30

    asyncio.run(main())
    assert [unit.index for unit in list(store.candidates(job_id="job-a"))] == list(range(60))
    assert store.snapshot("job-a").calls_by_role == {"solver": 200}
    assert [call.identity.sample for call in store.calls("job-a", 19)] == list(range(10))


def test_openings_asked_for_together_are_committed_together(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        before = store.committed
        made = [a_call(index, sample=n) for index in range(20) for n in range(10)]
        await asyncio.gather(*(store.open_attempt(lease, call.identity, 1, 3) for call in made))
        assert store.committed - before < 10
        assert store.money("job-a").reserved_nano_usd == 600
        await asyncio.gather(*(store.record_call(lease, call) for call in made))
        assert store.committed - before < 20

    asyncio.run(main())
    assert store.money("job-a").reserved_nano_usd == 0


def test_a_write_alone_is_committed_before_its_caller_goes_on(store: SqlStore, tmp_path: Path) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        for sample in range(3):
            await store.record_call(lease, a_call(sample=sample))
            assert len(contents(tmp_path)["calls"]) == sample + 1

    asyncio.run(main())


def test_only_the_guilty_one_of_a_group_fails(store: SqlStore) -> None:
    async def main() -> list[Any]:
        lease = await a_lease(store)
        await store.record_call(lease, a_call(0))
        writes = [store.record_call(lease, a_call(n)) for n in (1, 2, 0, 3)]
        return await asyncio.gather(*writes, store.land(lease, a_landing(0)), return_exceptions=True)

    outcomes = asyncio.run(main())
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), FactoryError, type(None), type(None)]
    assert "UNIQUE constraint failed" in str(outcomes[2])
    assert store.snapshot("job-a").calls_by_role == {"solver": 4}
    assert [len(store.calls("job-a", n)) for n in range(4)] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "column", ["revisions.payload", "receipts.core", "corpus_items.text", "vectors.data", "gate_tallies.gate"]
)
def test_a_landing_that_fails_anywhere_leaves_nothing(store: SqlStore, tmp_path: Path, column: str) -> None:
    table = column.partition(".")[0]
    raw = sqlite3.connect(tmp_path / "factory.db")
    raw.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'injected'); END")
    raw.commit()

    async def main() -> None:
        lease = await a_lease(store)
        before = contents(tmp_path)
        with pytest.raises(FactoryError, match="injected"):
            await store.land(lease, a_landing())
        assert contents(tmp_path) == before
        raw.execute("DROP TRIGGER refuse")
        raw.commit()
        await store.land(lease, a_landing())

    asyncio.run(main())
    raw.close()
    assert store.verify(a_landing().candidate.id) == []


def test_a_call_that_fails_leaves_no_blob_and_is_not_taken_for_known(store: SqlStore, tmp_path: Path) -> None:
    broken = a_call(attempts=(a_call().attempts[0], a_call().attempts[0]))

    async def main() -> None:
        lease = await a_lease(store)
        before = contents(tmp_path)
        with pytest.raises(FactoryError, match="UNIQUE"):
            await store.record_call(lease, broken)
        assert contents(tmp_path) == before
        await store.record_call(lease, a_call())

    asyncio.run(main())
    assert store.calls("job-a", 0) == [a_call()]


@pytest.mark.parametrize("bad", [{"model": "\ud800"}, {"model": None}, {"model": 2**70}])
def test_what_sqlite_cannot_take_fails_alone(store: SqlStore, bad: dict[str, Any]) -> None:
    async def main() -> list[Any]:
        lease = await a_lease(store)
        writes = [store.record_call(lease, a_call(0)), store.record_call(lease, a_call(1, **bad))]
        return await asyncio.gather(*writes, return_exceptions=True)

    good, failed = asyncio.run(main())
    assert good is None
    assert isinstance(failed, Exception)
    assert len(store.calls("job-a", 0)) == 1


def test_a_full_disk_reaches_the_caller_and_nothing_is_half_written(url: str, tmp_path: Path) -> None:
    store = open_store(url)

    @event.listens_for(store._writer._engine, "connect")
    def small_disk(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")

    async def main() -> None:
        lease = await a_lease(store)
        landed = 0
        with pytest.raises(FactoryError, match=r"the disk or its quota is full.*resume"):
            for index in range(1000):
                await store.land(lease, a_landing(index))
                landed = index + 1
        assert 0 < landed < 1000
        assert len(list(store.candidates(job_id="job-a"))) == store.snapshot("job-a").states["accepted"] == landed
        assert len(contents(tmp_path)["receipts"]) == 3 * landed
        # Whoever comes later is told too, and the store still answers.
        with pytest.raises(FactoryError, match="full"):
            await store.put_blob(bytes(10**7), "x")

    asyncio.run(main())
    store.close()
    again = open_store(url)
    asyncio.run(again.put_blob(bytes(10**7), "x"))
    again.close()


def test_a_write_lock_held_elsewhere_fails_the_group_once_and_passes(store: SqlStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "factory.db", isolation_level=None)

    async def main() -> None:
        lease = await a_lease(store)
        other.execute("BEGIN IMMEDIATE")
        start = asyncio.get_running_loop().time()
        writes = [store.record_call(lease, a_call(n)) for n in range(10)]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert all(isinstance(each, FactoryError) and "write lock" in str(each) for each in outcomes)
        # At most two groups: what was queued first, and what queued behind it. One by one would be ten busy timeouts.
        assert asyncio.get_running_loop().time() - start < 1.5
        other.execute("ROLLBACK")
        await store.record_call(lease, a_call(0))

    asyncio.run(main())
    other.close()
    assert store.snapshot("job-a").calls_by_role == {"solver": 1}


def test_many_callers_wait_for_room_and_all_get_through(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_IN_FLIGHT", 4)
    deepest = 0

    async def main() -> None:
        nonlocal deepest
        lease = await a_lease(store)

        async def watch() -> None:
            nonlocal deepest
            while True:
                deepest = max(deepest, len(store._writer._queue))
                await asyncio.sleep(0)

        watching = asyncio.create_task(watch())
        await asyncio.gather(*(store.land(lease, a_landing(index)) for index in range(50)))
        watching.cancel()

    asyncio.run(main())
    assert len(list(store.candidates(job_id="job-a"))) == 50
    assert 0 < deepest <= 4


def test_one_store_serves_loop_after_loop(store: SqlStore) -> None:
    lease = asyncio.run(a_lease(store))
    for index in range(3):

        async def both(index: int = index) -> None:
            await asyncio.gather(store.record_call(lease, a_call(index)), store.land(lease, a_landing(index)))

        asyncio.run(both())
    assert len(list(store.candidates(job_id="job-a"))) == 3


def test_a_caller_that_gave_up_harms_nobody(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_lease(store)
        tasks = [asyncio.create_task(store.record_call(lease, a_call(n))) for n in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.land(lease, a_landing(0))

    asyncio.run(main())
    assert all(store.calls("job-a", n) for n in range(1, 20, 2))


def test_closing_writes_what_was_asked_and_refuses_what_comes_after(url: str, tmp_path: Path) -> None:
    async def main() -> None:
        store = open_store(url)
        lease = await a_lease(store)
        tasks = [asyncio.create_task(store.record_call(lease, a_call(n))) for n in range(50)]
        await asyncio.sleep(0)
        store.close()
        store.close()
        await asyncio.gather(*tasks)
        with pytest.raises(FactoryError, match="closed"):
            await store.record_call(lease, a_call(99))

    asyncio.run(main())
    assert len(contents(tmp_path)["calls"]) == 50


def test_the_writer_that_cannot_start_says_so(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(FactoryError, match="cannot be opened"):
        asyncio.run(a_lease(store))
    with pytest.raises(FactoryError, match="closed"):
        asyncio.run(a_lease(store))
    store.close()
