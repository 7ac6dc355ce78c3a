"""Writes fixtures/store_HEAD.sql: what this version of the schema keeps. Run once; a released fixture is never made again.

python -m tests.store.make_fixture
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from pathlib import Path

from factory.ports import JobState
from store import open_store, schema, sqlite
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
    target = Path(__file__).parent / "fixtures" / f"store_{schema.HEAD}.sql"
    with target.open("x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
