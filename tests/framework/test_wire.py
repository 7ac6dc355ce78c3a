"""Whole runs through the real SDKs against a local server: the same outcome and export bytes as in-process, with faults and
without.

Of one cast, that is. A cast of `sim:` models is another one, by its meaning: its receipts and rows say `simulated`, and a
call's request digest covers the model's name; what was made of each task, and every finding, is the same.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from factory.caller import Channel
from factory.config import check_lineage
from factory.exports import JsonlExporter, export_set
from factory.ports import JobState, Policy
from factory.providers.sim import SimModel
from factory.types import Member
from scripts import assembly, jobs
from scripts.assembly import Plan
from store import SqlStore, open_store
from tests.support.at_server import KEYS
from tests.support.driver import Setup, outcome
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Rehearsed
from tests.support.wire import billed_nano, rehearsed, wired

ATTEMPTS = 24
FAULTS = {"rate_limit": 0.05, "server_error": 0.02, "reset": 0.01}


def models(plan: Plan) -> dict[str, Rehearsed]:
    return rehearsed(plan.recipe, plan.cast)


def over_the_wire(plan: Plan, server: ModelServer, **fields: Any) -> Plan:
    """The same plan with every member behind a provider's protocol."""
    cast = wired(plan.cast, server.base_url, **fields)
    return replace(plan, cast=cast, lineage=check_lineage(cast))


async def run(
    store: SqlStore,
    plan: Plan,
    *,
    attempts: int = ATTEMPTS,
    accept: int | None = None,
    concurrency: int = 16,
    budget_usd: float | None = None,
) -> tuple[str, Any]:
    policy = Policy(attempts=attempts) if accept is None else Policy(accept=accept, max_attempts=200)
    job = jobs.new_job(store, plan, policy, 7)
    nano = None if budget_usd is None else int(budget_usd * 10**9)
    end = await jobs.start(store, plan, job, jobs.Limits(concurrency, None, nano), jobs.Face())
    return job.id, end


def exported(store: SqlStore, plan: Plan, job: str, out: Path) -> dict[str, bytes]:
    """The files of an export of everything that landed, but for the manifest, which alone holds job ids and clock times."""
    files = export_set(JsonlExporter(), store.candidates(job_id=job), {plan.recipe.name: plan.recipe}, out)
    return {path.name: path.read_bytes() for path in files if path.name != "manifest.json"}


def lines(files: dict[str, bytes], name: str) -> list[Any]:
    return [json.loads(line) for line in files[name].splitlines()]


def findings(files: dict[str, bytes]) -> list[Any]:
    """Every receipt but for what names the cast: its conditions, and which requests its calls made."""
    cores = [line["core"] for line in lines(files, "receipts.jsonl") if "core" in line]
    assert cores
    return [{key: part for key, part in core.items() if key not in ("conditions", "calls")} for core in cores]


async def test_the_wire_gives_what_the_process_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Setup("ground_truth").plan()
    players = models(plan)
    async with ModelServer(players) as server:
        over_http = over_the_wire(plan, server)
        store = open_store(f"sqlite:///{tmp_path / 'wire.db'}")
        job, end = await run(store, over_http, attempts=12)
        assert end.error is None, end.error
        through_sdks, sent = outcome(store, job), exported(store, over_http, job, tmp_path / "sent")
        told = store.money(job)
        store.close()
    assert told.spent_nano_usd > 0 and told.reserved_nano_usd == 0

    def in_process(self: Any, member: Member, price: Any) -> Channel:
        found = players[member.model.partition("/")[2]]
        return Channel(SimModel(found.player, Member(model=member.model, options=dict(found.options))))

    monkeypatch.setattr(assembly.Wires, "_channel", in_process)
    store = open_store(f"sqlite:///{tmp_path / 'process.db'}")
    job, _ = await run(store, over_http, attempts=12)
    assert outcome(store, job) == through_sdks
    assert exported(store, over_http, job, tmp_path / "asked") == sent
    store.close()

    monkeypatch.undo()
    store = open_store(f"sqlite:///{tmp_path / 'simulated.db'}")
    job, _ = await run(store, plan, attempts=12)
    simulated = exported(store, plan, job, tmp_path / "simulated")
    store.close()
    of_the_cast = {"receipts_head", "seal", "conditions", "simulated"}
    rows, labelled = ([*lines(files, "data.jsonl")] for files in (sent, simulated))
    assert len(rows) == 12 and {row["simulated"] for row in rows} == {False}
    assert {row["simulated"] for row in labelled} == {True}
    for row in (*rows, *labelled):
        for name in of_the_cast:
            del row[name]
    assert rows == labelled and findings(sent) == findings(simulated)


async def test_faults_cost_attempts_but_change_nothing(tmp_path: Path) -> None:
    plan, accept = Setup("ground_truth").plan(), 8
    outcomes, files = [], []
    for rates in ({}, FAULTS):
        name = str(len(rates))
        async with ModelServer(models(plan), faults=FaultPlan(rates=rates, seed=3)) as server:
            store = open_store(f"sqlite:///{tmp_path / name}.db")
            over_http = over_the_wire(plan, server)
            job, end = await run(store, over_http, accept=accept)
            assert end.error is None and end.state is JobState.DONE, end.error
            outcomes.append(outcome(store, job))
            files.append(exported(store, over_http, job, tmp_path / name))
            states = store.snapshot(job).states
            assert states["accepted"] == accept and states.get("errored", 0) == 0
            endpoints = store.endpoints(job)
            assert (sum(f.rate_limited for f in endpoints) > 0) == (sum(f.outages for f in endpoints) > 0) == bool(rates)
            store.close()
    assert outcomes[0] == outcomes[1]
    assert files[0] == files[1] and set(files[0]) == {"data.jsonl", "receipts.jsonl"}


# At 256 workers the first wave alone could cost seven times the smaller cap: reservations crowd it out, and whoever is refused
# waits for open settlements. The larger cap has room for all 256 at once.
@pytest.mark.parametrize(
    ("concurrency", "cap", "at_once"),
    [(8, 0.3, 8), (64, 0.3, 32), (256, 0.3, 32), pytest.param(256, 1.0, 200, marks=pytest.mark.slow)],
)
async def test_the_server_never_bills_more_than_the_cap(tmp_path: Path, concurrency: int, cap: float, at_once: int) -> None:
    plan, log = Setup("ground_truth").plan(), tmp_path / "log"
    async with ModelServer(models(plan), log=log, usage_spread=0.5, delay_ms=(0, 20)) as server:
        store = open_store(f"sqlite:///{tmp_path / 's.db'}")
        job, end = await run(store, over_the_wire(plan, server), attempts=1000, concurrency=concurrency, budget_usd=cap)
        assert end.error is not None and end.error.exit_code == 3
        assert server.most_connections >= at_once
        money, sent = store.money(job), sum(figures.requests for figures in store.endpoints(job))
        store.close()
    assert sent == len(log.read_text().splitlines()), "what waited for money was counted as sent"
    assert billed_nano(log) <= money.spent_nano_usd <= cap * 10**9
    assert money.spent_nano_usd >= 0.97 * cap * 10**9 and money.reserved_nano_usd == 0


async def test_a_key_is_found_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["anthropic"])
    plan = Setup("ground_truth").plan()
    async with ModelServer(models(plan), faults=FaultPlan(rates=FAULTS, seed=5)) as server:
        store = open_store(f"sqlite:///{tmp_path / 's.db'}")
        await run(store, over_the_wire(plan, server))
        while_open = contents(tmp_path)
        store.close()
    assert not any(key.encode() in content for content in while_open + contents(tmp_path) for key in KEYS.values())


def contents(folder: Path) -> list[bytes]:
    """Every file of the store, its write-ahead log included."""
    return [path.read_bytes() for path in folder.iterdir()]
