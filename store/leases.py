"""Who may write a job: leases with a fencing epoch, each function inside the caller's write transaction.

A lease runs out by this host's monotonic clock where holder and asker share a boot, so a jump of the wall clock takes nobody's
job away; only between hosts is the wall clock compared.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from factory.errors import BadInput, LeaseLost
from factory.ports import Holder, JobState, Lease
from store import holders, ledger
from store.operations import Acquire, CreateJob, Finish, Renew
from store.schema import jobs, leases


def create(connection: Connection, asked: CreateJob) -> Lease:
    """A new job, held by its creator. Raises BadInput where its candidates' ids would be another job's."""
    values = asked.values
    if connection.execute(select(jobs.c.id).where(jobs.c.id == values["id"])).first():
        raise BadInput("a job of this name exists already", where=f"job {values['id']}", fix="Resume it, or start anew")
    _refuse_rival(connection, values)
    now = holders.wall()
    row = {**values, "created_at": values["created_at"] or now}
    number = connection.execute(insert(jobs).values(row).returning(jobs.c.number)).scalar_one()
    hold = _hold(asked.holder, asked.ttl_s, now)
    connection.execute(insert(leases).values(job=number, epoch=1, worked_s=0.0, acquired_at=now, **hold))
    return Lease(values["id"], 1)


def acquire(connection: Connection, asked: Acquire) -> Lease:
    """The job's lease under a new epoch, the job's state back to running; attempts a dead process left open are charged.

    Raises LeaseLost while another live process holds it, BadInput for an unknown job and for one whose seed another job used.
    """
    row = connection.execute(_job_with_lease().where(jobs.c.id == asked.job_id)).first()
    if row is None:
        raise BadInput("there is no such job", where=f"job {asked.job_id}", fix="`factory status` lists the jobs")
    holder = holder_of(row)
    if holder is not None and is_alive(row):
        raise _held_by(asked.job_id, holder, _seconds_left(row, holder))
    _refuse_rival(connection, row._mapping)
    now = holders.wall()
    worked = row.worked_s + (max(0.0, row.renewed_at - row.acquired_at) if holder is not None else 0.0)
    taken = dict(epoch=row.epoch + 1, worked_s=worked, acquired_at=now, **_hold(asked.holder, asked.ttl_s, now))
    connection.execute(update(leases).where(leases.c.job == row.number).values(taken))
    running = {"state": str(JobState.RUNNING), "state_reason": "", "finished_at": None}
    connection.execute(update(jobs).where(jobs.c.number == row.number).values(running))
    ledger.charge_open(connection, row.number)
    return Lease(asked.job_id, row.epoch + 1)


def renew(connection: Connection, asked: Renew) -> None:
    row = held(connection, asked.lease)
    now = holders.wall()
    until = {"renewed_at": now, "expires_at": now + asked.ttl_s, "expires_monotonic": holders.monotonic() + asked.ttl_s}
    connection.execute(update(leases).where(leases.c.job == row.number).values(until))


def finish(connection: Connection, asked: Finish) -> None:
    row = held(connection, asked.lease)
    now = holders.wall()
    ended = {"state": str(asked.state), "state_reason": asked.reason, "finished_at": now}
    connection.execute(update(jobs).where(jobs.c.number == row.number).values(ended))
    worked = row.worked_s + max(0.0, now - row.acquired_at)
    released = {"host": None, "pid": None, "started": None, "renewed_at": now, "worked_s": worked}
    connection.execute(update(leases).where(leases.c.job == row.number).values(released))
    ledger.charge_open(connection, row.number)


def append(connection: Connection, lease: Lease, indices: int) -> None:
    """Raise how far the job's policy goes."""
    row = held(connection, lease)
    bound = jobs.c.attempts if row.attempts is not None else jobs.c.max_attempts
    further = {bound: bound + indices, jobs.c.retried: jobs.c.retried + indices}
    connection.execute(update(jobs).where(jobs.c.number == row.number).values(further))


def held(connection: Connection, lease: Lease) -> Row[Any]:
    """The row of the job and its lease. Raises LeaseLost where `lease` may not write it."""
    row = connection.execute(_job_with_lease().where(jobs.c.id == lease.job)).first()
    refused = refusal(lease, row.epoch if row else None, bool(row and row.pid is not None))
    if refused is not None:
        raise refused
    assert row is not None
    return row


def refusal(lease: Lease, epoch: int | None, holder: bool) -> LeaseLost | None:
    """Why a write under `lease` is refused while the job stands at `epoch`; None when it is allowed.

    epoch: None for a job that is not there; holder: whether anybody holds it.
    """
    if epoch == lease.epoch and holder:
        return None
    if epoch == lease.epoch:
        what = "its lease was given back before this write"
    else:
        what = f"another process took it over (epoch {epoch} now, {lease.epoch} here)"
    return LeaseLost(what, where=f"job {lease.job}", fix="Nothing was written; this process must stop working the job")


def is_alive(row: Any) -> bool:
    """Whether a leases row is of a process that holds the job now: not given back, not run out, not known to be dead."""
    holder = holder_of(row)
    return holder is not None and _seconds_left(row, holder) > 0 and not holders.is_dead(holder)


def holder_of(row: Any) -> Holder | None:
    return None if row.pid is None else Holder(row.host, row.pid, row.started)


def worked_seconds(row: Any) -> float:
    """Seconds in which some process held the job, those before resumptions included."""
    if row.pid is None:
        return float(row.worked_s)
    until = holders.wall() if is_alive(row) else row.renewed_at
    return float(row.worked_s + max(0.0, until - row.acquired_at))


def _hold(holder: Holder, ttl_s: float, now: float) -> dict[str, Any]:
    until = {"renewed_at": now, "expires_at": now + ttl_s, "expires_monotonic": holders.monotonic() + ttl_s}
    return dict(host=holder.host, pid=holder.pid, started=holder.started, **until)


def _job_with_lease() -> Any:
    return select(jobs, leases).join_from(jobs, leases)


def _seconds_left(row: Any, holder: Holder) -> float:
    if holders.has_boot_id(holder) and holder.host == holders.this_process().host:
        return float(row.expires_monotonic - holders.monotonic())
    return float(row.expires_at - holders.wall())


def _refuse_rival(connection: Connection, values: Any) -> None:
    """A candidate's id is made of spec, recipe, seed and index, so one seed is one job's once it has landed anything."""
    same = [jobs.c[name] == values[name] for name in ("spec_identity", "recipe", "recipe_version", "seed")]
    for row in connection.execute(_job_with_lease().where(*same, jobs.c.id != values["id"])):
        if row.landed or is_alive(row):
            doing = f"landed {row.landed} candidates" if row.landed else "is being worked"
            raise BadInput(
                f"job {row.id} has this spec, recipe and seed {row.seed} already and {doing}; candidate ids would collide",
                where=f"job {values['id']}",
                fix=f"Go on with it (factory resume {row.id}), or take another --seed",
            )


def _held_by(job_id: str, holder: Holder, seconds_left: float) -> LeaseLost:
    host = holders.host_name(holder)
    return LeaseLost(
        f"process {holder.pid} on {host} works it; its lease runs for another {max(0.0, seconds_left):.0f} s unless renewed",
        where=f"job {job_id}",
        fix=f"Wait until it ends, or stop it (on {host}: kill -INT {holder.pid}) and try again",
    )
