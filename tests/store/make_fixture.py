"""Writes fixtures/store_0001.sql: what version 0001 of the schema kept. Run once; a released fixture is never made again.

python -m tests.store.make_fixture
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from pathlib import Path

from factory.ports import JobState
from store import open_store, sqlite
from tests.store.making import a_call, a_job, a_landing, planting_call
from tests.store.test_leases import ELSEWHERE


async def _fill(url: str) -> None:
    store = open_store(url)
    lease = await store.create_job(a_job(), ELSEWHERE)
    await store.record_call(lease, planting_call(0, "wrong_reference", "oracle"))
    await store.record_call(lease, a_call(0))
    await store.land(lease, a_landing(0))
    await store.put_cache("key", b"cached")
    await store.finish(lease, JobState.STOPPED, "stopped to be kept")
    store.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_fill(f"sqlite:///{folder}/a.db"))
        connection = sqlite3.connect(f"{folder}/a.db")
        lines = [f"PRAGMA application_id = {sqlite.APPLICATION_ID};", *connection.iterdump()]
        connection.close()
    target = Path(__file__).parent / "fixtures" / "store_0001.sql"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
