"""What a job spent, has reserved and may spend, each function inside the caller's transaction."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from factory.ports import Money, Unanswered
from store import sqlite
from store.encode import is_tallied
from store.schema import (
    IDENTITY,
    attempt_tallies,
    call_tallies,
    failed_attempts,
    jobs,
    open_attempts,
    unjournaled_attempts,
)

# Both the status and the flag of an attempt that is charged in full because its process died.
_LOST: Final = Unanswered.LOST.value


def money(connection: Connection, job: Any) -> Money:
    """job: its row. Adds up a row per role and per open attempt, however many calls were journaled."""
    settled = _sum(connection, call_tallies, call_tallies.c.cost_nano_usd, job.number)
    failed = _sum(connection, failed_attempts, failed_attempts.c.cost_nano_usd, job.number)
    reserved = _sum(connection, open_attempts, open_attempts.c.reserved_nano_usd, job.number)
    return Money(settled + failed + job.charged_nano_usd, reserved, job.cap_nano_usd)


def charge_open(connection: Connection, job: int) -> None:
    """Charge in full what nobody can settle any more, and keep those attempts on record, after the failed ones of the same
    calls at what they cost. job: the number of a job that nobody works from here on, or not yet.
    """
    _keep_failed(connection, job)
    of_job = open_attempts.c.job == job
    count, left = connection.execute(
        select(func.count(), func.coalesce(func.sum(open_attempts.c.reserved_nano_usd), 0)).where(of_job)
    ).one()
    if not count:
        return
    charge(connection, job, left)
    _keep_open(connection, job)
    _tally(connection, job, ("", "", _LOST), count, left)
    connection.execute(delete(open_attempts).where(of_job))


def _keep_failed(connection: Connection, job: int) -> None:
    """Move the failed attempts of calls that will not go on to those without a call."""
    of_job, failed = failed_attempts.c.job == job, failed_attempts.c
    kinds = (failed.model, failed.served_model, failed.flag)
    sums = select(*kinds, func.count().label("attempts"), func.sum(failed.cost_nano_usd).label("cost")).where(of_job)
    for *kind, attempts, cost in connection.execute(sums.group_by(*kinds)).all():
        charge(connection, job, cost)
        if is_tallied(*kind):
            _tally(connection, job, tuple(kind), attempts, cost)
    columns = [column.name for column in unjournaled_attempts.columns if column.name != "serial"]
    rows = select(*(failed[name] for name in columns)).where(of_job).order_by(*failed_attempts.primary_key.columns)
    connection.execute(insert(unjournaled_attempts).from_select(columns, rows))
    connection.execute(delete(failed_attempts).where(of_job))


def _tally(connection: Connection, job: int, kind: tuple[str, ...], attempts: int, cost_nano_usd: int) -> None:
    """kind: model, served_model and flag."""
    values = dict(zip(("model", "served_model", "flag"), kind, strict=True))
    counts = {"attempts": attempts, "cost_nano_usd": cost_nano_usd}
    connection.execute(sqlite.insert_or_add(attempt_tallies, tuple(counts)), {"job": job, **values, **counts})


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
