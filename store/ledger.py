"""What a job spent, has reserved and may spend, each function inside the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from factory.ports import Money
from store.schema import call_tallies, jobs, open_attempts


def money(connection: Connection, job: Any) -> Money:
    """job: its row. Adds up a row per role and per open attempt, however many calls were journaled."""
    settled = _sum(connection, call_tallies, call_tallies.c.cost_nano_usd, job.number)
    reserved = _sum(connection, open_attempts, open_attempts.c.reserved_nano_usd, job.number)
    return Money(settled + job.charged_nano_usd, reserved, job.cap_nano_usd)


def charge_open(connection: Connection, job: int) -> None:
    """Charge in full what nobody can settle any more. job: the number of a job that nobody works from here on, or not yet."""
    left = select(func.coalesce(func.sum(open_attempts.c.reserved_nano_usd), 0)).where(open_attempts.c.job == job)
    charged = jobs.c.charged_nano_usd + left.scalar_subquery()
    connection.execute(update(jobs).where(jobs.c.number == job).values(charged_nano_usd=charged))
    connection.execute(delete(open_attempts).where(open_attempts.c.job == job))


def charge(connection: Connection, job: int, nano_usd: int) -> None:
    """Charge what no journaled call accounts for."""
    charged = jobs.c.charged_nano_usd + nano_usd
    connection.execute(update(jobs).where(jobs.c.number == job).values(charged_nano_usd=charged))


def set_cap(connection: Connection, job: int, cap_nano_usd: int | None) -> None:
    connection.execute(update(jobs).where(jobs.c.number == job).values(cap_nano_usd=cap_nano_usd))


def _sum(connection: Connection, table: Any, column: Any, job: int) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(column), 0)).where(table.c.job == job)).scalar_one())
