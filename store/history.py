"""What earlier runs took, pull by pull: what the estimate before a run is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Engine, and_, func, select

from factory.ports import PastRun, PastUse
from factory.types import State
from store import decode
from store.schema import IDENTITY, call_attempts, calls, candidates, jobs

# Counted as `status` counts: a person's later verdict does not change what the run itself accepted.
_ACCEPTED: Final = (State.ACCEPTED.value, State.APPROVED.value, State.RETIRED.value)


def past_runs(engine: Engine, recipe: str, recipe_version: str, most_pulls: int) -> Iterator[PastRun]:
    """Newest first, up to `most_pulls` of each. Only landed pulls count: what lies behind them was cut short."""
    named = {"kind": "run", "recipe": recipe, "recipe_version": recipe_version}
    wanted = select(jobs).filter_by(**named).where(jobs.c.landed > 0).order_by(jobs.c.number.desc())
    with engine.connect() as connection:
        for row in connection.execute(wanted).all():
            pulls = min(row.landed, most_pulls)
            yield PastRun(
                decode.job(row), pulls, _accepted(connection, row.number, pulls), _uses(connection, row.number, pulls)
            )


def _accepted(connection: Connection, job: int, pulls: int) -> int:
    of_them = (candidates.c.job == job) & (candidates.c.idx < pulls) & candidates.c.state.in_(_ACCEPTED)
    return int(connection.execute(select(func.count()).select_from(candidates).where(of_them)).scalar_one())


def _uses(connection: Connection, job: int, pulls: int) -> tuple[PastUse, ...]:
    attempt = call_attempts.c
    # A settlement flagged unmetered had no usage, or one that cannot be true.
    told = attempt.flag != "unmetered"
    each = (
        select(
            *(attempt[name] for name in IDENTITY),
            func.sum(attempt.input_tokens).filter(told).label("read"),
            func.sum(attempt.output_tokens).filter(told).label("written"),
            func.sum(attempt.cached_tokens).filter(told).label("cached"),
            func.sum(attempt.seconds).label("seconds"),
        )
        .where(attempt.job == job, attempt.idx < pulls)
        .group_by(*(attempt[name] for name in IDENTITY))
        .subquery()
    )
    same_call = and_(*(calls.c[name] == each.c[name] for name in IDENTITY))
    seat = (each.c.idx, each.c.role, each.c.slot, calls.c.model)
    sums = (func.coalesce(func.sum(each.c[name]), 0) for name in ("read", "written", "cached", "seconds"))
    wanted = (
        select(*seat, func.count(), func.count(each.c.read), *sums)
        .join_from(each, calls, same_call)
        .group_by(*seat)
        .order_by(*seat)
    )
    return tuple(PastUse(*row) for row in connection.execute(wanted))
