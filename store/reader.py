"""Everything that is read, each method in one snapshot of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, func, select

from factory.errors import BadInput
from factory.ports import RUN, CallRecord, CorpusItem, EndpointFigures, JobRecord, Money, UnjournaledAttempt
from factory.types import Candidate, State
from store import decode, ledger
from store.schema import (
    blobs,
    caches,
    call_attempts,
    calls,
    candidates,
    corpus_items,
    endpoints,
    jobs,
    receipts,
    revisions,
    unjournaled_attempts,
    vectors,
)  # fmt: skip

# Candidates whose receipts are fetched together while streaming.
_CHUNK: Final = 200
_CORPUS_STATES: Final = (State.ACCEPTED.value, State.APPROVED.value)
_FIND_JOB: Final = "`factory status` lists the jobs"


def job_row(connection: Connection, job_id: str) -> Any:
    """The job's row by its id or a unique beginning of it. Raises BadInput."""
    rows = connection.execute(select(jobs).where(*_begins(jobs.c.id, job_id)).order_by(jobs.c.id).limit(3)).all()
    return _the_one(rows, job_id, "job", _FIND_JOB)


def job_number(connection: Connection, job_id: str) -> int:
    """The number of the job with exactly this id. Raises BadInput."""
    number = connection.execute(select(jobs.c.number).where(jobs.c.id == job_id)).scalar()
    if number is None:
        raise BadInput("there is no such job", where=f"job {job_id}", fix=_FIND_JOB)
    return int(number)


def _begins(column: Any, prefix: str) -> list[Any]:
    # A range, unlike LIKE, can use the index. Ids are ASCII, so nothing that begins with the prefix sorts after "~".
    return [column >= prefix, column <= prefix + "~"]


def _the_one(rows: Sequence[Any], asked: str, what: str, fix: str) -> Any:
    exact = [row for row in rows if row.id == asked]
    if exact or (len(rows) == 1 and asked):
        return (exact or rows)[0]
    if not rows or not asked:
        raise BadInput(f"there is no such {what}", where=f"{what} {asked}", fix=fix)
    matches = ", ".join(row.id for row in rows[:2])
    raise BadInput(f"several {what}s begin like this ({matches}, ...)", where=f"{what} {asked}", fix="Give more of the id")


def endpoint_figures(connection: Connection, job: int) -> list[EndpointFigures]:
    """Of the job with this number, by name."""
    rows = connection.execute(select(endpoints).where(endpoints.c.job == job).order_by(endpoints.c.endpoint))
    return [decode.endpoint(row) for row in rows]


class Reader:
    """Reads through an engine whose connections see one snapshot per transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def job(self, job_id: str) -> JobRecord:
        with self._engine.connect() as connection:
            return decode.job(job_row(connection, job_id))

    def jobs(self) -> list[JobRecord]:
        with self._engine.connect() as connection:
            return [decode.job(row) for row in connection.execute(select(jobs).order_by(jobs.c.number))]

    def number_and_embedder(self, job_id: str) -> tuple[int, str]:
        """A job's number, and whose vectors its corpus entries hold ("" where its inputs did not say)."""
        with self._engine.connect() as connection:
            number = job_number(connection, job_id)
            return number, str(connection.execute(select(jobs.c.embedder).where(jobs.c.number == number)).scalar_one())

    def seeds_used(self, spec_identity: str, recipe: str, recipe_version: str) -> set[int]:
        named = {"spec_identity": spec_identity, "recipe": recipe, "recipe_version": recipe_version}
        with self._engine.connect() as connection:
            return set(connection.execute(select(jobs.c.seed).filter_by(**named)).scalars())

    def money(self, job_id: str) -> Money:
        with self._engine.connect() as connection:
            return ledger.money(connection, job_row(connection, job_id))

    def endpoints(self, job_id: str) -> list[EndpointFigures]:
        with self._engine.connect() as connection:
            return endpoint_figures(connection, job_row(connection, job_id).number)

    def calls(self, job_id: str, index: int) -> list[CallRecord]:
        with self._engine.connect() as connection:
            job = job_number(connection, job_id)
            attempts: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
            for row in connection.execute(_of_unit(select(call_attempts), call_attempts, job, index)):
                attempts[_identity(row)].append(row)
            rows = connection.execute(_of_unit(_CALLS, calls, job, index))
            return [decode.call(row, attempts[_identity(row)]) for row in rows]

    def unjournaled_attempts(self, job_id: str) -> list[UnjournaledAttempt]:
        table = unjournaled_attempts
        with self._engine.connect() as connection:
            wanted = select(table).where(table.c.job == job_row(connection, job_id).number).order_by(table.c.serial)
            return [decode.unjournaled(row) for row in connection.execute(wanted)]

    def last_journaled_index(self, job_id: str) -> int:
        with self._engine.connect() as connection:
            job = job_number(connection, job_id)
            last = connection.execute(select(func.max(calls.c.idx)).where(calls.c.job == job)).scalar()
            return -1 if last is None else int(last)

    def candidate(self, candidate_id: str) -> Candidate:
        with self._engine.connect() as connection:
            row = candidate_row(connection, candidate_id)
            (found,) = _whole(connection, [row])
            return found

    def candidates(self, job_id: str | None, states: Sequence[str], bands: Sequence[str], kind: str) -> Iterator[Candidate]:
        with self._engine.connect() as connection:
            wanted = select(candidates).order_by(candidates.c.job, candidates.c.idx)
            if job_id is not None:
                wanted = wanted.where(candidates.c.job == job_number(connection, job_id))
            if kind:
                wanted = wanted.where(candidates.c.job.in_(_of_kind(kind)))
            if states:
                wanted = wanted.where(candidates.c.state.in_([str(state) for state in states]))
            if bands:
                wanted = wanted.where(candidates.c.band.in_([str(band) for band in bands]))
            for chunk in connection.execution_options(yield_per=_CHUNK).execute(wanted).partitions():
                yield from _whole(connection, chunk)

    def accepted(self, own: str | None) -> Iterator[CorpusItem]:
        wanted = (
            select(corpus_items.c.id, corpus_items.c.text, corpus_items.c.template)
            .join_from(corpus_items, candidates, candidates.c.id == corpus_items.c.id)
            .where(
                candidates.c.state.in_(_CORPUS_STATES),
                candidates.c.job.in_(_of_kind(RUN)) | candidates.c.job.in_(select(jobs.c.number).where(jobs.c.id == own)),
            )
            .order_by(corpus_items.c.number)
        )
        with self._engine.connect() as connection:
            for chunk in connection.execution_options(yield_per=_CHUNK).execute(wanted).partitions():
                # By position: a million lookups by name take seconds; and row by row out of the chunk takes as long again.
                yield from map(CorpusItem._make, chunk)

    def vectors(self, embedder: str, ids: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(ids), _CHUNK):
                wanted = (vectors.c.embedder == embedder) & vectors.c.item.in_(ids[start : start + _CHUNK])
                rows = connection.execute(select(vectors.c.item, vectors.c.data).where(wanted))
                found |= {item: bytes(data) for item, data in rows}
        return found

    def blob(self, sha256: str) -> bytes | None:
        return self._bytes(select(blobs.c.data).where(blobs.c.sha256 == sha256))

    def cache(self, key: str) -> bytes | None:
        return self._bytes(select(caches.c.data).where(caches.c.key == key))

    def _bytes(self, wanted: Select[Any]) -> bytes | None:
        with self._engine.connect() as connection:
            row = connection.execute(wanted).first()
            return None if row is None else bytes(row[0])


def _of_kind(kind: str) -> Select[Any]:
    return select(jobs.c.number).where(jobs.c.kind == kind)


def candidate_row(connection: Connection, candidate_id: str) -> Any:
    """The candidate's row by its id or a unique beginning of it. Raises BadInput."""
    rows = connection.execute(
        select(candidates).where(*_begins(candidates.c.id, candidate_id)).order_by(candidates.c.id).limit(3)
    ).all()
    return _the_one(rows, candidate_id, "candidate", "Candidate ids are in every export and begin with c-")


_REQUEST, _RESPONSE = blobs.alias("request_blob"), blobs.alias("response_blob")
_CALLS: Final = (
    select(calls, _REQUEST.c.data.label("request_data"), _RESPONSE.c.data.label("response_data"))
    .join_from(calls, _REQUEST, _REQUEST.c.sha256 == calls.c.request)
    .join(_RESPONSE, _RESPONSE.c.sha256 == calls.c.response)
)


def _of_unit(wanted: Select[Any], table: Any, job: int, index: int) -> Select[Any]:
    return wanted.where(table.c.job == job, table.c.idx == index).order_by(*table.primary_key.columns)


def _identity(row: Any) -> tuple[Any, ...]:
    return (row.revision, row.gate, row.purpose, row.role, row.slot, row.sample)


def _whole(connection: Connection, rows: Sequence[Any]) -> list[Candidate]:
    """The rows' candidates, with what they are made of."""
    its_revisions = _by_candidate(connection, revisions, revisions.c.number, rows)
    its_receipts = _by_candidate(connection, receipts, receipts.c.seq, rows)
    return [
        decode.candidate(row, its_revisions.get((row.job, row.idx), ()), its_receipts.get((row.job, row.idx), ()))
        for row in rows
    ]


def _by_candidate(connection: Connection, table: Any, order: Any, rows: Sequence[Any]) -> dict[tuple[int, int], list[Any]]:
    """The table's rows of these candidates, in order. A query per job: SQLite has no index search for lists of pairs."""
    found: dict[tuple[int, int], list[Any]] = {}
    for job, its in groupby(rows, key=lambda row: row.job):
        indices = [row.idx for row in its]
        wanted = select(table).where(table.c.job == job, table.c.idx.in_(indices)).order_by(table.c.idx, order)
        for idx, each in groupby(connection.execute(wanted), key=lambda row: row.idx):
            found[job, idx] = list(each)
    return found
