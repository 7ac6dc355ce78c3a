"""What `factory status` shows a person of gates and of attempts that call for attention."""

from __future__ import annotations

import asyncio
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from factory.ports import Attempt, GateTally, JobState, Lease
from factory.report import status_json
from factory.types import State
from scripts.commands.look import economics_table, funnel_table, print_status
from store import SqlStore, open_store, this_process
from tests.store.making import a_call, a_job, a_landing


def told(store: SqlStore, capsys: pytest.CaptureFixture[str]) -> str:
    print_status(store, "job-a", "here", json=False)
    return capsys.readouterr().out


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return open_store(f"sqlite:///{tmp_path / 's.db'}")


async def lease_of(store: SqlStore) -> Lease:
    return await store.create_job(a_job(), this_process())


def test_another_model_and_money_charged_blindly_are_told(store: SqlStore, capsys: pytest.CaptureFixture[str]) -> None:
    blind = {"reserved_nano_usd": 20_000_000, "cost_nano_usd": 20_000_000, "flag": "unmetered"}
    other = (
        Attempt(0, 1.0, 0.1, "server_error", "500", **blind),
        Attempt(1, 2.0, 0.1, "ok", "", "b\x1b[31m-mini", **blind),
    )

    async def main() -> None:
        lease = await lease_of(store)
        as_asked = (Attempt(0, 1.0, 0.1, "ok", "", "b-2099-01-01"),)
        await store.record_call(lease, a_call(0, model="openai/b", attempts=as_asked))
        assert "ANOTHER MODEL" not in told(store, capsys) and "charged in full" not in told(store, capsys)
        await store.record_call(lease, a_call(1, model="openai/b", attempts=other))
        await store.settle_attempts(lease, a_call(2).identity, "openai/c", other[:1])
        await store.open_attempt(lease, a_call(3).identity, 0, 5_000_000)
        await store.finish(lease, JobState.STOPPED, "")

    asyncio.run(main())
    said = told(store, capsys)
    assert "ANOTHER MODEL ANSWERED: openai/b was asked, b-mini served 1 of its answers" in said
    assert "OVERRUN" not in said
    assert (
        "charged in full: 3 attempts without a usable usage, $0.0600 (openai/b 2, openai/c 1); "
        "1 under way when their process died, $0.0050\n"
    ) in said
    store.close()


def test_what_cost_more_than_it_reserved_is_told(store: SqlStore, capsys: pytest.CaptureFixture[str]) -> None:
    over = Attempt(0, 1.0, 0.1, "ok", "", "b", reserved_nano_usd=20_000_000, cost_nano_usd=81_600_000, flag="overrun")

    async def main() -> None:
        lease = await lease_of(store)
        await store.record_call(lease, a_call(0, model="openai/b", attempts=(over,)))
        await store.finish(lease, JobState.STOPPED, "")

    asyncio.run(main())
    assert "OVERRUN: 1 attempts cost more than they reserved, $0.0616 in all (openai/b 1)" in told(store, capsys)
    store.close()


GATES = ("structure", "gameability", "difficulty")


def drawn(table: Table, width: int) -> list[str]:
    out = StringIO()
    Console(file=out, width=width).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_each_gates_kill_rate_time_and_money_fit_a_narrow_terminal(store: SqlStore, capsys: pytest.CaptureFixture[str]) -> None:
    fooled = GateTally(GATES[1], "rejected", "grader_fooled_by_an_attack", 12_345, 1234.5, 12_000_000)
    passing = (
        GateTally(GATES[0], "passed", "", 0, 0.001, 0),
        GateTally(GATES[1], "passed", "", 12_345, 1234.5, 12_000_000),
        GateTally(GATES[2], "held", "suspect", 7, 0.5, 3_000_000),
    )

    async def main() -> None:
        lease = await lease_of(store)
        for index in range(8):
            tallies = passing if index % 4 else (passing[0], fooled)
            await store.land(lease, a_landing(index, tallies=tallies, state=State.HELD if index % 4 else State.REJECTED))

    asyncio.run(main())
    gates = status_json(store.snapshot("job-a"))["gates"]
    rows = drawn(economics_table(gates), 80)
    assert [row.split() for row in rows] == [
        ["gate", "kill", "rate", "calls", "seconds", "s", "each", "USD", "USD", "each"],
        ["structure", "0.0%", "0", "0.0", "0.001", "0.0000", "0.00000"],
        ["gameability", "25.0%", "98760", "9876.0", "1234.500", "0.0960", "0.01200"],
        ["difficulty", "100.0%", "42", "3.0", "0.500", "0.0180", "0.00300"],
    ]
    # Each row is one line, and the reasons are folded into what room they have.
    narrow, wide = drawn(funnel_table(gates), 80), drawn(funnel_table(gates), 160)
    head = ["gate", "checked", "passed", "repaired", "rejected", "held", "errored", "top", "reasons"]
    assert narrow[0].split() == wide[0].split() == head
    assert wide[2].split() == ["gameability", "8", "6", "0", "2", "0", "0", "grader_fooled_by_an_attack", "2"]
    assert max(map(len, rows + narrow)) <= 80
    said = told(store, capsys).splitlines()
    assert all(line in [each.rstrip() for each in said] for line in (*rows, *wide))
    store.close()


def test_a_gate_that_checked_nothing_has_no_kill_rate() -> None:
    counts = dict.fromkeys(("checked", "rejected", "held", "errored", "calls"), 0)
    assert drawn(economics_table([{"gate": "g", **counts, "seconds": 0.0, "cost_usd": 0.0}]), 80)[1].split()[1] == "-"
