"""Whole runs through the real SDKs against a local server: the same outcome as in-process, with faults and without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from factory.caller import Channel
from factory.config import check_lineage
from factory.ports import Policy
from factory.providers.sim import SimModel
from factory.types import Cast, Member, Role
from scripts import assembly, jobs
from scripts.assembly import Plan
from store import SqlStore, open_store
from tests.support.at_server import KEYS
from tests.support.driver import Setup, outcome
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Rehearsed

ATTEMPTS = 24
FAULTS = {"rate_limit": 0.05, "server_error": 0.02, "reset": 0.01}


def rehearsed(plan: Plan) -> dict[str, Rehearsed]:
    """The rehearsal cast as models on a server: `author`, `oracle`, `solver-1` ..."""
    assert plan.recipe.rehearsal is not None
    players = plan.recipe.rehearsal()
    return {
        name(role, slot): Rehearsed(players[member.model.removeprefix("sim:")], member.options)
        for role, members in plan.cast.members.items()
        for slot, member in enumerate(members)
    }


def name(role: Role, slot: int) -> str:
    return f"{role.value}-{slot + 1}"


def over_the_wire(plan: Plan, server: ModelServer, *, by_anthropic: Role = Role.ORACLE) -> Plan:
    """The same plan with every member behind a provider's protocol: one role by anthropic, the others by openai."""
    members = {}
    for role, seats in plan.cast.members.items():
        protocol = "anthropic" if role is by_anthropic else "openai"
        members[role] = tuple(
            Member(
                model=f"{protocol}/{name(role, slot)}",
                base_url=server.base_url(protocol),
                family=member.family,
                tier=member.tier,
                votes=member.votes,
                max_tokens=400,
                price={"input": 1, "output": 4},  # type: ignore[arg-type]
            )
            for slot, member in enumerate(seats)
        )
    cast = Cast(name="wire", members=members)
    check_lineage(cast)
    return Plan(**{**plan.__dict__, "cast": cast})


async def run(
    store: SqlStore, plan: Plan, *, attempts: int = ATTEMPTS, concurrency: int = 16, budget_usd: float | None = None
) -> tuple[str, Any]:
    job = jobs.new_job(store, plan, Policy(attempts=attempts), 7)
    nano = None if budget_usd is None else int(budget_usd * 10**9)
    end = await jobs.start(store, plan, job, jobs.Limits(concurrency, None, nano), jobs.Face())
    return job.id, end


async def test_the_wire_gives_what_the_process_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Setup("ground_truth").plan()
    models = rehearsed(plan)
    async with ModelServer(models) as server:
        wired = over_the_wire(plan, server)
        store = open_store(f"sqlite:///{tmp_path / 'wire.db'}")
        job, end = await run(store, wired)
        assert end.error is None, end.error
        through_sdks = outcome(store, job)
        told = store.money(job)
        store.close()
    assert told.spent_nano_usd > 0 and told.reserved_nano_usd == 0

    def in_process(self: Any, member: Member, price: Any) -> Channel:
        served = models[member.model.partition("/")[2]]
        return Channel(SimModel(served.player, Member(model=member.model, options=dict(served.options))))

    monkeypatch.setattr(assembly.Wires, "_channel", in_process)
    store = open_store(f"sqlite:///{tmp_path / 'process.db'}")
    job, _ = await run(store, wired)
    assert outcome(store, job) == through_sdks
    store.close()


async def test_faults_cost_attempts_but_change_nothing(tmp_path: Path) -> None:
    plan = Setup("ground_truth").plan()
    outcomes = []
    for rates in ({}, FAULTS):
        async with ModelServer(rehearsed(plan), faults=FaultPlan(rates=rates, seed=3)) as server:
            store = open_store(f"sqlite:///{tmp_path / f'{len(rates)}.db'}")
            job, end = await run(store, over_the_wire(plan, server))
            assert end.error is None, end.error
            # The base_url carries the server's port, which differs: what is compared is what the models were asked and said.
            outcomes.append(outcome(store, job))
            assert store.snapshot(job).states.get("errored", 0) == 0
            store.close()
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("concurrency", [8, 64])
async def test_the_server_never_bills_more_than_the_cap(tmp_path: Path, concurrency: int) -> None:
    plan, log = Setup("ground_truth").plan(), tmp_path / "log"
    cap = 0.3
    async with ModelServer(rehearsed(plan), log=log, usage_spread=0.5, delay_ms=(0, 5)) as server:
        store = open_store(f"sqlite:///{tmp_path / 's.db'}")
        job, end = await run(store, over_the_wire(plan, server), attempts=200, concurrency=concurrency, budget_usd=cap)
        assert end.error is not None and end.error.exit_code == 3
        money = store.money(job)
        store.close()
    assert billed(log) <= cap
    assert money.spent_nano_usd <= cap * 10**9 and money.spent_nano_usd >= 0.97 * cap * 10**9


def billed(log: Path) -> float:
    """USD by the server's own log, at the test's price."""
    total = 0.0
    for line in log.read_bytes().splitlines():
        entry: Mapping[str, Any] = orjson.loads(line)
        total += entry["input_tokens"] * 1e-6 + entry["output_tokens"] * 4e-6
    return total


async def test_a_key_is_found_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["anthropic"])
    plan = Setup("ground_truth").plan()
    async with ModelServer(rehearsed(plan), faults=FaultPlan(rates=FAULTS, seed=5)) as server:
        store = open_store(f"sqlite:///{tmp_path / 's.db'}")
        await run(store, over_the_wire(plan, server))
        while_open = contents(tmp_path)
        store.close()
    assert not any(key.encode() in content for content in while_open + contents(tmp_path) for key in KEYS.values())


def contents(folder: Path) -> list[bytes]:
    """Every file of the store, its write-ahead log included."""
    return [path.read_bytes() for path in folder.iterdir()]
