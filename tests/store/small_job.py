"""A process that works a small job through the store and notes in a log what it was told is durable.

    python -m tests.store.small_job URL LOG COUNT

Run again after a kill, it goes on where the store stands.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace

from factory.errors import BadInput
from factory.ports import JobState, Lease
from store import SqlStore, open_store, this_process
from tests.store.making import a_call, a_job, a_landing

SAMPLES = 4
RESERVED = 1000
FAILED_COST, OK_COST = 3, 7
# Each call is tried twice.
ATTEMPTS = (replace(a_call().attempts[0], cost_nano_usd=FAILED_COST), a_call().attempts[1])


async def _take(store: SqlStore) -> Lease:
    try:
        return await store.acquire("job-a", this_process())
    except BadInput:
        return await store.create_job(a_job(), this_process())


async def work(url: str, log_path: str, count: int) -> None:
    # Unbuffered and appended to: what was noted before a kill stays noted.
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = open_store(url)
    lease = await _take(store)
    os.write(log, f"epoch {lease.epoch}\n".encode())

    async def call(index: int, sample: int) -> None:
        made = a_call(index, sample=sample, response=f'"{index}.{sample}"'.encode(), attempts=ATTEMPTS)
        for attempt in made.attempts:
            os.write(log, f"opening {index} {sample}\n".encode())
            await store.open_attempt(lease, made.identity, attempt.number, RESERVED)
            os.write(log, f"opened {index} {sample}\n".encode())
            if attempt.status != "ok":
                await store.record_failure(lease, made.identity, made.model, attempt)
        await store.record_call(lease, made)
        os.write(log, f"call {index} {sample}\n".encode())

    async def land(index: int) -> None:
        await store.land(lease, a_landing(index))
        os.write(log, f"land {index}\n".encode())

    for index in range(len(list(store.candidates(job_id="job-a"))), count):
        done = {each.identity.sample for each in store.calls("job-a", index)}
        await asyncio.gather(*(call(index, sample) for sample in range(SAMPLES) if sample not in done))
        await land(index)
    await store.finish(lease, JobState.DONE, "")
    os.write(log, b"finish\n")
    store.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
