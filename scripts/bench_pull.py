"""Pulls per second and CPU per model call, with rehearsal models that answer at once, the store included.

The same calls are then made again in a bare loop, in the same run: what remains between the two is the factory's own cost
(lever, gates, journal, lander, store). JSON on standard output.

    python scripts/bench_pull.py --attempts 300 --concurrency 64
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import orjson

from factory.errors import ModelFailure
from factory.ports import Model, Policy
from factory.types import Message, ModelRequest, ReplySchema, Role
from recipes import load_shipped
from scripts import jobs
from scripts.assembly import Plan, Wires, prepare
from store import SqlStore, open_store

DEFAULT_SPEC = "pharmacy.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", default=str(load_shipped("ground_truth").folder / "specs" / DEFAULT_SPEC))
    parser.add_argument("--attempts", type=int, default=300)
    parser.add_argument("--concurrency", type=int, default=64)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = prepare(given.spec, "rehearsal")
        # The model is loaded and its first, slow call made before anything is timed.
        plan.embedder.embed(["warm"])
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            ours = asyncio.run(factory(store, plan, given.attempts, given.concurrency))
            bare = asyncio.run(bare_loop(store, plan, ours["job"], given.attempts))
        finally:
            store.close()
    calls, pulls = ours["calls"], given.attempts
    report = {
        "pulls": pulls,
        "calls": calls,
        "pulls_per_s": round(pulls / ours["wall"], 1),
        "cpu_ms_per_pull": round(1e3 * ours["cpu"] / pulls, 3),
        "cpu_ms_per_call": round(1e3 * ours["cpu"] / calls, 4),
        "bare_cpu_ms_per_call": round(1e3 * bare["cpu"] / calls, 4),
        "embedding_cpu_ms_per_pull": round(1e3 * ours["embedding_cpu"] / pulls, 3),
        "overhead_ms_per_call": round(1e3 * (ours["cpu"] - bare["cpu"] - ours["embedding_cpu"]) / calls, 4),
        "concurrency": given.concurrency,
    }
    print(json.dumps(report, indent=2))


async def factory(store: SqlStore, plan: Plan, attempts: int, concurrency: int) -> dict[str, Any]:
    timed = _TimedEmbedder(plan.embedder)
    plan = Plan(**{**plan.__dict__, "embedder": timed})
    job = jobs.new_job(store, plan, Policy(attempts=attempts), 7)
    wall, cpu = time.perf_counter(), time.process_time()
    await jobs.start(store, plan, job, jobs.Limits(concurrency), jobs.Face())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    calls = sum(store.snapshot(job.id).calls_by_role.values())
    return {"wall": wall, "cpu": cpu, "calls": calls, "job": job.id, "embedding_cpu": timed.cpu}


async def bare_loop(store: SqlStore, plan: Plan, job: str, attempts: int) -> dict[str, float]:
    """The journaled requests once more, straight to the models, one after the other."""
    channels = Wires(plan.recipe, plan.cast, 1).channels()
    requests = [(channels[Role(c.identity.role)][c.identity.slot].model, request_of(c.request, c.key))
                for index in range(attempts) for c in store.calls(job, index)]  # fmt: skip
    cpu = time.process_time()
    for model, request in requests:
        await _ask(model, request)
    return {"cpu": time.process_time() - cpu}


async def _ask(model: Model, request: ModelRequest) -> None:
    try:
        await model.complete(request)
    except ModelFailure:
        # A planted malformed reply: made and paid for like any other.
        return


def request_of(body: bytes, key: str) -> ModelRequest:
    """A request as it was journaled."""
    told = orjson.loads(body)
    messages = tuple(Message.of(m["role"], "".join(part["text"] for part in m["parts"])) for m in told["messages"])
    schema = ReplySchema(told["schema"]["name"], told["schema"]["schema"]) if "schema" in told else None
    return ModelRequest(told["model"], messages, key, schema, told.get("temperature"), told.get("max_tokens"))


class _TimedEmbedder:
    """An embedder that counts the CPU its thread spends."""

    def __init__(self, inner: Any) -> None:
        self.name, self.dimension, self._inner, self.cpu = inner.name, inner.dimension, inner, 0.0

    def embed(self, texts: Any) -> Any:
        began = time.thread_time()
        try:
            return self._inner.embed(texts)
        finally:
            self.cpu += time.thread_time() - began


if __name__ == "__main__":
    main()
