"""How fast the store lands candidates and journals calls, beside raw sqlite3 with the same rows; prints JSON.

    python scripts/bench_store.py [--candidates 3000] [--calls 20000] [--synchronous NORMAL|FULL]

A candidate has 12 receipts of 1-4 kB. `piped` has 64 landings under way, as many as share a commit; `one_by_one` awaits each.
Loop lag is how late a 1 ms timer fires on the event loop that feeds the writer. CPU is of the whole process (all threads).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import string
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from factory.ports import (
    Attempt,
    CallIdentity,
    CallRecord,
    CorpusEntry,
    GateTally,
    JobRecord,
    Landing,
    Lease,
    Policy,
)
from factory.types import CallRef, Candidate, Coordinate, Finding, Outcome, Receipt, Revision, State
from factory.types.candidate import candidate_id
from store import SqlStore, open_store, this_process

GATES = ("structure", "novelty", "oracle", "difficulty", "final_check")
RECEIPTS = 12
WORKERS = 64
PANEL = 8


def _text(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(string.ascii_letters + "      ", k=length))


def _receipt(rng: random.Random, seq: int) -> Receipt:
    neighbours = [
        {"id": f"c-{rng.getrandbits(80):020x}", "text": _text(rng, rng.randint(200, 1200)), "cosine": 0.1 * n, "jaccard": 0.2}
        for n in range(3)
    ]
    calls = tuple(CallRef(f"0/0/{seq}/{n}", "solver", "r" * 64, "s" * 64, 0.5, 1000) for n in range(3))
    settings = {"threshold": 0.75, "votes": 3, "slugs": ["a", "b"]}
    finding = Finding(Outcome.PASS, "ok", "It is as it should be.", {"neighbours": neighbours})
    return Receipt(seq, GATES[seq % len(GATES)], "1", settings, 0, finding, calls=calls, seconds=0.5, cost_nano_usd=3000)


def landings(count: int) -> list[Landing]:
    """Landings of the indices 0..count-1, receipts drawn from a pool so that building them is not what is measured."""
    rng = random.Random(0)
    pool = [tuple(_receipt(rng, seq) for seq in range(RECEIPTS)) for _ in range(50)]
    out = []
    for index in range(count):
        id = candidate_id("spec", "ground_truth", 0, index)
        coordinate = Coordinate((("topic", "shares"), ("steps", 1 + index % 5)))
        revision = Revision(0, {"prompt": _text(rng, 300), "answer": str(index)}, "author")
        receipts = pool[index % len(pool)]
        candidate = Candidate(id, index, "spec", "ground_truth", "1", coordinate, State.ACCEPTED, (revision,), receipts)
        tallies = tuple(GateTally(gate, "passed", "", 3, 0.5, 3000) for gate in GATES)
        out.append(Landing(candidate, tallies, "", CorpusEntry(id, revision.payload["prompt"], id, bytes(768))))
    return out


def calls(count: int) -> list[CallRecord]:
    """Solver calls, a panel to a request; each with a response of its own."""
    rng = random.Random(1)
    out = []
    for n in range(count):
        index, slot = divmod(n, PANEL)
        if slot == 0:
            request = json.dumps({"index": index, "messages": [{"role": "user", "text": _text(rng, 1200)}]}).encode()
        response = json.dumps({"text": _text(rng, 600), "n": n}).encode()
        attempt = Attempt(1, 1.8e9, 1.25, "ok", "", "model-1", f"req-{n}", 400, 200, 0, 2000, 1500)
        identity = CallIdentity(index, 0, "difficulty", "screen", "solver", slot, 0)
        out.append(CallRecord(identity, f"{index}/0/{slot}", "model", "a" * 64, request, "b" * 64, response, "ok", (attempt,)))
    return out


@contextmanager
def _store(synchronous: str) -> Iterator[SqlStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/bench.db?synchronous={synchronous}")
        try:
            yield store
        finally:
            store.close()


async def _job(store: SqlStore) -> Lease:
    job = JobRecord("bench", "run", "s", "spec", "ground_truth", "1", 0, 256, Policy(attempts=1), {"embedder": "e"}, {})
    return await store.create_job(job, this_process())


async def _watch_lag(lags: list[float]) -> None:
    while True:
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append(time.perf_counter() - start - 0.001)


async def _measured(store: SqlStore, count: int, work: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    lags: list[float] = []
    watch = asyncio.create_task(_watch_lag(lags))
    commits, wall, cpu = store.committed, time.perf_counter(), time.process_time()
    await work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    watch.cancel()
    lags.sort()
    return {
        "per_s": round(count / wall),
        "cpu_ms_each": round(1000 * cpu / count, 4),
        "commits": store.committed - commits,
        "lag_p99_ms": round(1000 * lags[int(0.99 * len(lags))], 2) if lags else None,
    }


async def _in_workers(jobs: Sequence[Callable[[], Awaitable[None]]], workers: int) -> None:
    """Start the jobs in order, `workers` at once."""
    todo = iter(jobs)

    async def worker() -> None:
        for job in todo:
            await job()

    await asyncio.gather(*(worker() for _ in range(workers)))


def bench_landing(count: int, workers: int, synchronous: str) -> dict[str, Any]:
    made = landings(count)

    async def main(store: SqlStore) -> dict[str, Any]:
        lease = await _job(store)
        jobs = [lambda each=each: store.land(lease, each) for each in made]
        return await _measured(store, count, lambda: _in_workers(jobs, workers))

    with _store(synchronous) as store:
        return asyncio.run(main(store))


def bench_journal(count: int, workers: int, synchronous: str, latency_s: float = 0.0) -> dict[str, Any]:
    """latency_s: how long each worker waits, as for a model, before it journals; the wait alone is measured and taken off."""
    made = calls(count)

    async def main(store: SqlStore) -> dict[str, Any]:
        lease = await _job(store)

        async def one(call: CallRecord) -> None:
            if latency_s:
                await asyncio.sleep(latency_s)
            await store.record_call(lease, call)

        async def idle() -> None:
            if latency_s:
                await asyncio.sleep(latency_s)

        empty = await _measured(store, count, lambda: _in_workers([idle] * count, workers))
        jobs = [lambda call=call: one(call) for call in made]
        found = await _measured(store, count, lambda: _in_workers(jobs, workers))
        return {**found, "cpu_ms_each": round(found["cpu_ms_each"] - empty["cpu_ms_each"], 4)}

    with _store(synchronous) as store:
        return asyncio.run(main(store))


def bench_raw(count: int, per_commit: int, synchronous: str) -> dict[str, Any]:
    """The floor: receipts of the same size into one bare table, `per_commit` candidates a transaction, no asyncio."""
    rows = [[(each.candidate.index, r.seq, json.dumps(r.core())) for r in each.candidate.receipts] for each in landings(count)]
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("CREATE TABLE receipts (idx INTEGER, seq INTEGER, core TEXT, PRIMARY KEY (idx, seq))")
        wall, cpu = time.perf_counter(), time.process_time()
        for start in range(0, count, per_commit):
            connection.execute("BEGIN IMMEDIATE")
            for candidate in rows[start : start + per_commit]:
                connection.executemany("INSERT INTO receipts VALUES (?, ?, ?)", candidate)
            connection.execute("COMMIT")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        connection.close()
    return {"per_s": round(count / wall), "cpu_ms_each": round(1000 * cpu / count, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=3000)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--synchronous", choices=("NORMAL", "FULL"), default="NORMAL")
    asked = parser.parse_args()
    sizes = [len(json.dumps(r.core())) for each in landings(50) for r in each.candidate.receipts]
    found = {
        "synchronous": asked.synchronous,
        "receipt_bytes": {"min": min(sizes), "mean": sum(sizes) // len(sizes), "max": max(sizes)},
        "raw_sqlite3": bench_raw(asked.candidates, WORKERS, asked.synchronous),
        "landing_piped": bench_landing(asked.candidates, WORKERS, asked.synchronous),
        "landing_one_by_one": bench_landing(asked.candidates, 1, asked.synchronous),
        "journal_saturated": bench_journal(asked.calls, WORKERS, asked.synchronous),
        "journal_at_64_in_flight_50_ms": bench_journal(asked.calls // 2, WORKERS, asked.synchronous, 0.05),
    }
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
