"""A job's numbers for `status`, read from counters that every landing and call keeps: quick at any number of receipts."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select

from factory.ports import AttemptTally, JobState, Snapshot
from factory.types import Role
from store import decode, leases, ledger, reader
from store.schema import (
    attempt_tallies,
    call_attempts,
    call_tallies,
    calls,
    candidates,
    gate_tallies,
    measure_tallies,
    unjournaled_attempts,
)
from store.schema import leases as lease_table

_NANO: Final = 1_000_000_000
# The flag of an attempt that cost more than it reserved: `factory.ports.Attempt`.
_OVERRUN: Final = "overrun"


def snapshot(connection: Connection, job_id: str) -> Snapshot:
    """The job's numbers as they stand. seconds: how long it has been worked, the times between resumptions left out."""
    row = reader.job_row(connection, job_id)
    lease = connection.execute(select(lease_table).where(lease_table.c.job == row.number)).one()
    states, bands = _candidates(connection, row.number)
    attempts = _attempts(connection, row.number)
    return Snapshot(
        job=decode.job(row),
        states=states,
        gates=_gates(connection, row.number),
        bands=bands,
        calls_by_role=_calls(connection, row.number),
        money=ledger.money(connection, row),
        measures=_measures(connection, row.number),
        planted=_planted(connection, row.number),
        lease_alive=row.state == JobState.RUNNING and leases.is_alive(lease),
        seconds=leases.worked_seconds(lease),
        endpoints=reader.endpoint_figures(connection, row.number),
        attempts=attempts,
        overrun_nano_usd=_overrun(connection, row.number) if any(tally.flag == _OVERRUN for tally in attempts) else 0,
    )


def _candidates(connection: Connection, job: int) -> tuple[dict[str, int], dict[str, int]]:
    states: dict[str, int] = {}
    bands: dict[str, int] = {}
    columns = (candidates.c.state, candidates.c.band)
    counted = select(*columns, func.count().label("n")).where(candidates.c.job == job).group_by(*columns).order_by(*columns)
    for row in connection.execute(counted):
        states[row.state] = states.get(row.state, 0) + row.n
        if row.band is not None:
            bands[row.band] = bands.get(row.band, 0) + row.n
    return states, bands


def _calls(connection: Connection, job: int) -> dict[str, int]:
    rows = connection.execute(select(call_tallies).where(call_tallies.c.job == job).order_by(call_tallies.c.role))
    return {row.role: row.calls for row in rows}


def _attempts(connection: Connection, job: int) -> list[AttemptTally]:
    table = attempt_tallies
    rows = connection.execute(select(table).where(table.c.job == job).order_by(*table.primary_key.columns))
    return [AttemptTally(row.model, row.served_model, row.flag, row.attempts, row.cost_nano_usd) for row in rows]


def _overrun(connection: Connection, job: int) -> int:
    """Adds up every flagged attempt, which no counter keeps: there should be none."""
    total = 0
    for table in (call_attempts, unjournaled_attempts):
        over = func.sum(table.c.cost_nano_usd - table.c.reserved_nano_usd)
        flagged = select(func.coalesce(over, 0)).where(table.c.job == job, table.c.flag == _OVERRUN)
        total += int(connection.execute(flagged).scalar_one())
    return total


def _gates(connection: Connection, job: int) -> list[dict[str, Any]]:
    gates: dict[str, dict[str, Any]] = {}
    wanted = select(gate_tallies).where(gate_tallies.c.job == job).order_by(gate_tallies.c.first_seen)
    for row in connection.execute(wanted):
        gate = gates.setdefault(row.gate, _new_gate(row.gate))
        gate["checked"] += row.candidates
        gate[row.resolution] += row.candidates
        gate["calls"] += row.calls
        gate["seconds"] += row.seconds
        gate["nano_usd"] += row.cost_nano_usd
        if row.resolution != "passed":
            gate["reasons"][row.reason] = gate["reasons"].get(row.reason, 0) + row.candidates
    for gate in gates.values():
        gate["reasons"] = dict(sorted(gate["reasons"].items(), key=lambda item: (-item[1], item[0])))
        gate["cost_usd"] = gate.pop("nano_usd") / _NANO
    return list(gates.values())


def _new_gate(name: str) -> dict[str, Any]:
    counts = dict.fromkeys(("checked", "passed", "repaired", "rejected", "held", "errored"), 0)
    return {"gate": name, **counts, "reasons": {}, "calls": 0, "seconds": 0.0, "nano_usd": 0}


def _measures(connection: Connection, job: int) -> dict[str, tuple[int, int]]:
    rows = connection.execute(select(measure_tallies).where(measure_tallies.c.job == job).order_by(measure_tallies.c.name))
    return {row.name: (row.yes, row.taken) for row in rows}


def _planted(connection: Connection, job: int) -> dict[str, dict[str, Any]]:
    """What the author planted in landed candidates, by kind, and which gate stopped how many of them."""
    kinds: dict[str, dict[str, Any]] = {}
    wanted = (
        select(calls.c.planted, candidates.c.stopped_by, func.count(func.distinct(calls.c.idx)).label("n"))
        .join_from(calls, candidates, (candidates.c.job == calls.c.job) & (candidates.c.idx == calls.c.idx))
        .where(calls.c.job == job, calls.c.role == Role.AUTHOR.value, calls.c.revision == 0, calls.c.planted.is_not(None))
        .group_by(calls.c.planted, candidates.c.stopped_by)
    )
    for row in connection.execute(wanted):
        defect = orjson.loads(row.planted)
        kind = kinds.setdefault(str(defect["kind"]), {"gate": str(defect.get("gate", "")), "planted": 0, "by": {}})
        kind["planted"] += row.n
        if row.stopped_by:
            kind["by"][row.stopped_by] = kind["by"].get(row.stopped_by, 0) + row.n
    return {name: {**kind, "by": dict(sorted(kind["by"].items()))} for name, kind in sorted(kinds.items())}
