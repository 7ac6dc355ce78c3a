"""What a job spent, has reserved and may spend, each function inside the caller's transaction."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from factory.ports import Money, Unanswered
from store import sqlite
from store.schema import IDENTITY, attempt_tallies, call_tallies, jobs, open_attempts, unjournaled_attempts

# Both the status and the flag of an attempt that is charged in full because its process died.
_LOST: Final = Unanswered.LOST.value


def money(connection: Connection, job: Any) -> Money:
    """job: its row. Adds up a row per role and per open attempt, however many calls were journaled."""
    settled = _sum(connection, call_tallies, call_tallies.c.cost_nano_usd, job.number)
    reserved = _sum(connection, open_attempts, open_attempts.c.reserved_nano_usd, job.number)
    return Money(settled + job.charged_nano_usd, reserved, job.cap_nano_usd)


def charge_open(connection: Connection, job: int) -> None:
    """Charge in full what nobody can settle any more, and keep those attempts on record. job: the number of a job that nobody
    works from here on, or not yet.
    """
    of_job = open_attempts.c.job == job
    count, left = connection.execute(
        select(func.count(), func.coalesce(func.sum(open_attempts.c.reserved_nano_usd), 0)).where(of_job)
    ).one()
    if not count:
        return
    charge(connection, job, left)
    _keep_open(connection, job)
    tally = {"job": job, "model": "", "served_model": "", "flag": _LOST, "attempts": count, "cost_nano_usd": left}
    connection.execute(sqlite.insert_or_add(attempt_tallies, ("attempts", "cost_nano_usd")), tally)
    connection.execute(delete(open_attempts).where(of_job))


def _keep_open(connection: Connection, job: int) -> None:
    """Copy the job's open attempts to those without a call, each at its whole reservation."""
    opened = open_attempts.c
    values = {
        **{name: opened[name] for name in (*IDENTITY, "number", "reserved_nano_usd")},
        "started_at": opened.opened_at,
        "seconds": literal(0.0),
        "status": literal(_LOST),
        "detail": literal(""),
        "served_model": literal(""),
        "cost_nano_usd": opened.reserved_nano_usd,
        "flag": literal(_LOST),
        "model": literal(""),
    }
    rows = select(*(value.label(name) for name, value in values.items())).where(opened.job == job)
    in_order = rows.order_by(*open_attempts.primary_key.columns)
    connection.execute(insert(unjournaled_attempts).from_select(list(values), in_order))


def charge(connection: Connection, job: int, nano_usd: int) -> None:
    """Charge what no journaled call accounts for."""
    charged = jobs.c.charged_nano_usd + nano_usd
    connection.execute(update(jobs).where(jobs.c.number == job).values(charged_nano_usd=charged))


def set_cap(connection: Connection, job: int, cap_nano_usd: int | None) -> None:
    connection.execute(update(jobs).where(jobs.c.number == job).values(cap_nano_usd=cap_nano_usd))


def _sum(connection: Connection, table: Any, column: Any, job: int) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(column), 0)).where(table.c.job == job)).scalar_one())
