"""One transaction for many operations: their rows are gathered and go in with few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from factory.errors import FactoryError
from factory.ports import Lease
from store import bulk, holders, leases, ledger, operations, schema, sqlite
from store.bulk import Bulk
from store.crashpoints import CrashPoint
from store.encode import IDENTITY_COLUMNS, Row
from store.operations import Operation

Outcome = Lease | None | Exception
"""What became of an operation: its answer, or why nothing of it was written."""


def _plain(table: Table, *, serial: bool = True) -> Bulk:
    """serial: False where the database numbers the rows itself, by their first column."""
    return bulk.inserting(insert(table), [c.name for c in table.columns][0 if serial else 1 :])


_CALL_COUNTERS: Final = ("calls", "cost_nano_usd")
_GATE_COUNTERS: Final = ("candidates", "calls", "seconds", "cost_nano_usd")
_ENDPOINT_FIGURES: Final = [column.name for column in schema.endpoints.columns if not column.primary_key]

_MEASURE_COUNTERS: Final = ("yes", "taken")
_ATTEMPT_COUNTERS: Final = ("attempts", "cost_nano_usd")


def _adding(table: Table, counters: Sequence[str]) -> Bulk:
    return bulk.inserting(sqlite.insert_or_add(table, counters), [c.name for c in table.columns])


class Bulks:
    """The writer's bulk statements, one set for its life."""

    def __init__(self) -> None:
        self.blobs = bulk.inserting(sqlite.insert_or_ignore(schema.blobs), [c.name for c in schema.blobs.columns])
        self.openings = _plain(schema.open_attempts)
        self.settled = bulk.deleting(schema.open_attempts, schema.IDENTITY)
        self.failures = _plain(schema.failed_attempts)
        self.failed = bulk.deleting(schema.open_attempts, (*schema.IDENTITY, "number"))
        self.moved = bulk.deleting(schema.failed_attempts, schema.IDENTITY)
        self.calls = _plain(schema.calls)
        self.attempts = _plain(schema.call_attempts)
        self.call_tallies = _adding(schema.call_tallies, _CALL_COUNTERS)
        self.unjournaled = _plain(schema.unjournaled_attempts, serial=False)
        self.attempt_tallies = _adding(schema.attempt_tallies, _ATTEMPT_COUNTERS)
        self.candidates = _plain(schema.candidates)
        self.revisions = _plain(schema.revisions)
        self.receipts = _plain(schema.receipts)
        self.gate_tallies = _adding(schema.gate_tallies, _GATE_COUNTERS)
        self.measure_tallies = _adding(schema.measure_tallies, _MEASURE_COUNTERS)
        self.corpus = bulk.inserting(insert(schema.corpus_items), ["id", "text", "template"])
        self.vectors = _plain(schema.vectors)


class _Standing:
    """What a job's row and lease say within this transaction. landed: candidates so far, those gathered included."""

    __slots__ = ("epoch", "held", "landed", "landed_before")

    def __init__(self, epoch: int | None, held: bool, landed: int) -> None:
        self.epoch = epoch
        self.held = held
        self.landed = landed
        self.landed_before = landed


# Made once: SQLAlchemy takes longer to build and run these statements than SQLite to answer them.
_STANDING: Final = sqlite.written(
    select(schema.leases.c.epoch, schema.leases.c.pid, schema.jobs.c.landed)
    .join_from(schema.jobs, schema.leases)
    .where(schema.jobs.c.number == bindparam("job"))
)
_SET_LANDED: Final = sqlite.written(
    update(schema.jobs).values(landed=bindparam("so_far")).where(schema.jobs.c.number == bindparam("job"))
)


class Group:
    """The operations of one write transaction.

    `run` gives each its outcome; a refusal (a stale lease, a wrong index) is an outcome and leaves the others alone, while an
    error of the database is raised and spoils the whole transaction.
    """

    def __init__(self, connection: Connection, bulks: Bulks, crash: CrashPoint | None) -> None:
        self._connection = connection
        self._bulks = bulks
        self._passed: Callable[[str], None] | None = crash.passed if crash else None
        self._standings: dict[int, _Standing] = {}
        self._clear()

    def _clear(self) -> None:
        self._openings: list[operations.OpenAttempt] = []
        self._failures: list[Row] = []
        self._calls: list[operations.RecordCall] = []
        self._settled: set[Row] = set()
        self._failing: set[Row] = set()
        self._landings: list[operations.Land] = []
        self._blobs: dict[str, Row] = {}

    def run(self, asked: Iterable[Operation]) -> list[Outcome]:
        outcomes = [self._one(operation) for operation in asked]
        self._flush()
        return outcomes

    def _one(self, operation: Operation) -> Outcome:
        match operation:
            case operations.OpenAttempt():
                refused = self._refused(operation)
                if refused is None:
                    self._gather_opening(operation)
                return refused
            case operations.RecordFailure():
                refused = self._refused(operation)
                if refused is None:
                    self._gather_failure(operation)
                return refused
            case operations.RecordCall():
                refused = self._refused(operation)
                if refused is None:
                    self._calls.append(operation)
                    self._settled.add(operation.rows.call[:IDENTITY_COLUMNS])
                return refused
            case operations.Land():
                return self._refused(operation) or self._gather_landing(operation)
            case operations.PutBlob():
                self._blobs[operation.row[0]] = operation.row
                return None
        # The rest read what the gathered ones wrote, and may change what the later ones must be checked against.
        self._flush()
        self._standings.clear()
        try:
            return self._single(operation)
        except FactoryError as refusal:
            return refusal

    def _single(self, operation: operations.Single) -> Lease | None:
        match operation:
            case operations.CreateJob():
                lease = leases.create(self._connection, operation)
                self._pass("job.inside")
                return lease
            case operations.Acquire():
                return leases.acquire(self._connection, operation)
            case operations.Renew():
                leases.renew(self._connection, operation)
            case operations.Finish():
                leases.finish(self._connection, operation)
                self._pass("finish.inside")
            case operations.SetCap(lease, cap):
                ledger.set_cap(self._connection, leases.held(self._connection, lease).number, cap)
            case operations.Append(lease, indices):
                leases.append(self._connection, lease, indices)
            case operations.KeepEndpoints(lease, rows):
                # Asked of the lease even where there are no rows: a stale one is refused whatever it brings.
                leases.held(self._connection, lease)
                statement = sqlite.insert_or_replace(schema.endpoints, _ENDPOINT_FIGURES)
                for row in rows:
                    self._connection.execute(statement, row)
            case operations.SettleAttempts(lease, rows):
                job = leases.held(self._connection, lease).number
                self._bulks.settled.run(self._connection, [rows.call])
                self._bulks.moved.run(self._connection, [rows.call])
                self._bulks.unjournaled.run(self._connection, rows.attempts)
                self._bulks.attempt_tallies.run(self._connection, _added_up(rows.tallies))
                ledger.charge(self._connection, job, rows.cost_nano_usd)
            case operations.PutCache(key, data):
                statement = sqlite.insert_or_replace(schema.caches, ("data", "at"))
                self._connection.execute(statement, {"key": key, "data": data, "at": holders.wall()})
        return None

    def _refused(self, operation: operations.OfJob) -> Exception | None:
        standing = self._standing(operation.job)
        return leases.refusal(operation.lease, standing.epoch, standing.held)

    def _gather_opening(self, operation: operations.OpenAttempt) -> None:
        # Failures and calls go in after openings; one that was asked for before must not settle this one.
        identity = operation.row[:IDENTITY_COLUMNS]
        if identity in self._settled or identity in self._failing:
            self._flush()
        self._openings.append(operation)

    def _gather_failure(self, operation: operations.RecordFailure) -> None:
        if operation.row[:IDENTITY_COLUMNS] in self._settled:
            self._flush()
        self._failures.append(operation.row)
        self._failing.add(operation.row[:IDENTITY_COLUMNS])

    def _gather_landing(self, operation: operations.Land) -> Exception | None:
        standing, index = self._standing(operation.job), operation.rows.index
        if index != standing.landed:
            what = f"index {index} was to land, but {standing.landed} is next"
            return FactoryError(what, where=f"job {operation.lease.job}", fix="Candidates land in index order, each once")
        standing.landed += 1
        self._landings.append(operation)
        return None

    def _standing(self, job: int) -> _Standing:
        found = self._standings.get(job)
        if found is None:
            row = sqlite.execute(self._connection, _STANDING, (job,)).fetchone()
            found = _Standing(row[0], row[1] is not None, row[2]) if row else _Standing(None, False, 0)
            self._standings[job] = found
        return found

    def _flush(self) -> None:
        """Write what was gathered, in an order that leaves no reference dangling."""
        if self._openings:
            self._flush_openings()
        if self._failures:
            self._flush_failures()
        if self._blobs or self._calls:
            self._flush_calls()
        if self._landings:
            self._flush_landings()
        self._clear()

    def _flush_openings(self) -> None:
        self._bulks.openings.run(self._connection, [operation.row for operation in self._openings])
        self._pass("attempt.inside", len(self._openings))

    def _flush_failures(self) -> None:
        self._bulks.failures.run(self._connection, self._failures)
        self._pass("failure.inside", len(self._failures))
        # A row begins with its identity and its number.
        self._bulks.failed.run(self._connection, [row[: IDENTITY_COLUMNS + 1] for row in self._failures])

    def _flush_calls(self) -> None:
        tallies: dict[tuple[int, str], list[int]] = {}
        for operation in self._calls:
            self._blobs.update(operation.rows.blobs)
            tally = tallies.setdefault((operation.job, operation.rows.role), [0, 0])
            tally[0] += 1
            tally[1] += operation.rows.spent_nano_usd
        write, into = self._connection, self._bulks
        into.blobs.run(write, list(self._blobs.values()))
        into.calls.run(write, [operation.rows.call for operation in self._calls])
        self._pass("call.inside", len(self._calls))
        into.attempts.run(write, [row for operation in self._calls for row in operation.rows.attempts])
        into.settled.run(write, list(self._settled))
        tried_again = [operation.rows for operation in self._calls if len(operation.rows.attempts) > 1]
        into.moved.run(write, [rows.call[:IDENTITY_COLUMNS] for rows in tried_again])
        into.call_tallies.run(write, [(*key, *counts) for key, counts in tallies.items()])
        into.attempt_tallies.run(write, _added_up(row for operation in self._calls for row in operation.rows.tallies))

    def _flush_landings(self) -> None:
        write, into, rows = self._connection, self._bulks, [operation.rows for operation in self._landings]
        into.candidates.run(write, [each.candidate for each in rows])
        into.revisions.run(write, [row for each in rows for row in each.revisions])
        self._pass("land.inside", len(rows))
        into.receipts.run(write, [row for each in rows for row in each.receipts])
        into.corpus.run(write, [row for each in rows for row in each.corpus])
        into.vectors.run(write, [row for each in rows for row in each.vector])
        into.gate_tallies.run(write, _gate_tallies(self._landings))
        into.measure_tallies.run(write, _measure_tallies(self._landings))
        for job, standing in self._standings.items():
            if standing.landed != standing.landed_before:
                sqlite.execute(write, _SET_LANDED, (standing.landed, job))
                standing.landed_before = standing.landed

    def _pass(self, name: str, times: int = 1) -> None:
        if self._passed is not None:
            for _ in range(times):
                self._passed(name)


def _added_up(tallies: Iterable[Row]) -> list[Row]:
    """Rows of attempt_tallies, one for each key."""
    sums: dict[Row, list[int]] = {}
    for *key, attempts, cost in tallies:
        total = sums.setdefault(tuple(key), [0, 0])
        total[0] += attempts
        total[1] += cost
    return [(*key, *total) for key, total in sums.items()]


def _gate_tallies(landings: Sequence[operations.Land]) -> list[Row]:
    """The landings' tallies added up, a row per job, gate, resolution and reason."""
    sums: dict[tuple[int, str, str, str], list[Any]] = {}
    for operation in landings:
        for place, tally in enumerate(operation.rows.tallies):
            key = (operation.job, tally.gate, tally.resolution, tally.reason)
            # An index is first met at its own place, whatever else lands: 10,000 gates' room each.
            total = sums.setdefault(key, [0, 0, 0.0, 0, operation.rows.index * 10_000 + place])
            total[0] += 1
            total[1] += tally.calls
            total[2] += tally.seconds
            total[3] += tally.cost_nano_usd
    return [(*key, *total) for key, total in sums.items()]


def _measure_tallies(landings: Sequence[operations.Land]) -> list[Row]:
    """The landings' yes/no measures added up, a row per job and name."""
    sums: dict[tuple[int, str], list[int]] = {}
    for operation in landings:
        for name, yes in operation.rows.measures:
            total = sums.setdefault((operation.job, name), [0, 0])
            total[0] += yes
            total[1] += 1
    return [(*key, *total) for key, total in sums.items()]
