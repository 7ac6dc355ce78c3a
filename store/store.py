"""`factory.ports.Store` over SQL: reads on the caller's thread, writes through the one writer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final
from weakref import ReferenceType, WeakKeyDictionary, ref

from factory.canonical import sha256_hex
from factory.errors import BadInput, FactoryError
from factory.ports import (
    Attempt,
    CallIdentity,
    CallRecord,
    CorpusItem,
    EndpointFigures,
    Holder,
    JobRecord,
    JobState,
    Landing,
    Lease,
    Money,
    PastRun,
    Snapshot,
    UnjournaledAttempt,
)
from factory.types import Candidate
from store import chain, crashpoints, encode, funnel, history, holders, migrate, operations, sqlite
from store.operations import Operation
from store.reader import Reader
from store.url import StoreUrl, parse
from store.writer import Writer

# Writes under way at once; the next one waits before it makes its rows, so memory stays bounded.
_IN_FLIGHT: Final = 1024
# Hashes of request blobs that are known to be stored: two generations of this many, some 5 MB each.
_KNOWN_BLOBS: Final = 32_768
_SEED_RANGE: Final = range(-(2**63), 2**63)


def open_store(
    url: str,
    *,
    must_exist: bool = False,
    read_only: bool = False,
    lease_ttl_s: float = 60.0,
    busy_timeout_s: float = 30.0,
) -> SqlStore:
    """The store at `url` (sqlite:///PATH, or a bare PATH ending in .db), made or migrated if need be.

    must_exist: make no new one; read_only: it must exist, and every write is refused; other processes may write meanwhile.
    lease_ttl_s: how long a lease lasts unrenewed; busy_timeout_s: how long to wait for another process's write lock.
    Raises BadInput naming the URL, the cause and the fix; nothing is created then.
    """
    place = parse(url, must_exist=must_exist or read_only)
    crash = crashpoints.armed()
    migrate.ensure_current(place, busy_timeout_s)
    return SqlStore(place, crash, read_only=read_only, lease_ttl_s=lease_ttl_s, busy_timeout_s=busy_timeout_s)


def store_exists(url: str) -> bool:
    """Whether there is anything at `url`; nothing is made. Raises BadInput for a URL that cannot be a store's."""
    return parse(url).exists


class SqlStore:
    """One process's handle on a store; `open_store` makes it. Several may be open on one file, in several processes."""

    def __init__(
        self,
        url: StoreUrl,
        crash: crashpoints.CrashPoint | None,
        *,
        read_only: bool,
        lease_ttl_s: float,
        busy_timeout_s: float,
    ) -> None:
        self._url = url
        self._read_only = read_only
        self._ttl_s = lease_ttl_s
        self._read_engine = sqlite.reading_engine(url, busy_timeout_s)
        self._reader = Reader(self._read_engine)
        engine = sqlite.writing_engine(url, busy_timeout_s)
        self._writer = Writer(engine, lambda error: sqlite.explain(error, url), crash)
        self._jobs: dict[str, tuple[int, str]] = {}
        self._known = _Known()
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()
        self._last: tuple[ReferenceType[asyncio.AbstractEventLoop], _Turns] | None = None

    @property
    def url(self) -> str:
        """Where the store lies, for messages."""
        return self._url.shown

    @property
    def committed(self) -> int:
        """How many write transactions this handle has committed."""
        return self._writer.committed

    # jobs

    async def create_job(self, job: JobRecord, holder: Holder) -> Lease:
        """Raises BadInput where another job of the same spec, recipe and seed is alive or has landed anything."""
        if job.seed not in _SEED_RANGE:
            raise BadInput(f"the seed {job.seed} does not fit 64 bits", where=f"job {job.id}", fix="Take a smaller --seed")
        return await self._lease(operations.CreateJob(encode.job_values(job), holder, self._ttl_s))

    async def acquire(self, job_id: str, holder: Holder) -> Lease:
        return await self._lease(operations.Acquire(job_id, holder, self._ttl_s))

    async def renew(self, lease: Lease) -> None:
        await self._write(operations.Renew(lease, self._ttl_s))

    async def finish(self, lease: Lease, state: JobState, reason: str) -> None:
        await self._write(operations.Finish(lease, state, reason))

    def job(self, job_id: str) -> JobRecord:
        """By id or a unique beginning of it. Raises BadInput."""
        return self._reader.job(job_id)

    def jobs(self) -> Sequence[JobRecord]:
        """In the order of their creation."""
        return self._reader.jobs()

    def snapshot(self, job_id: str) -> Snapshot:
        with self._read_engine.connect() as connection:
            return funnel.snapshot(connection, job_id)

    def seeds_used(self, spec_identity: str, recipe: str, recipe_version: str) -> set[int]:
        """The seeds of every job of this spec and recipe."""
        return self._reader.seeds_used(spec_identity, recipe, recipe_version)

    # the journal

    async def open_attempt(self, lease: Lease, identity: CallIdentity, number: int, reserved_nano_usd: int) -> None:
        """A caller that is cancelled while it waits must take the attempt for open; if never recorded, it will be charged."""
        async with self._turns().room:
            job, _ = self._job(lease.job)
            row = encode.opening_row(job, identity, number, reserved_nano_usd, holders.wall())
            await self._submit(operations.OpenAttempt(lease, job, row))

    async def record_call(self, lease: Lease, call: CallRecord) -> None:
        async with self._turns().room:
            job, _ = self._job(lease.job)
            rows = encode.call_rows(job, call, self._known)
            await self._submit(operations.RecordCall(lease, job, rows))
            # Requests repeat (a panel is asked one prompt many times), responses hardly ever.
            self._known.add(rows.call[encode.REQUEST_BLOB])

    async def record_failure(self, lease: Lease, identity: CallIdentity, model: str, attempt: Attempt) -> None:
        async with self._turns().room:
            job, _ = self._job(lease.job)
            await self._submit(operations.RecordFailure(lease, job, encode.failure_row(job, identity, model, attempt)))

    async def settle_attempts(self, lease: Lease, identity: CallIdentity, model: str, attempts: Sequence[Attempt]) -> None:
        """Keep the attempts of a call that came to nothing, close its open reservations and charge what they cost."""
        job, _ = self._job(lease.job)
        await self._write(operations.SettleAttempts(lease, encode.unjournaled_rows(job, identity, model, attempts)))

    def unjournaled_attempts(self, job_id: str) -> Sequence[UnjournaledAttempt]:
        """In the order in which they were kept. The job by its id or a unique beginning of it. Raises BadInput."""
        return self._reader.unjournaled_attempts(job_id)

    def money(self, job_id: str) -> Money:
        """By id or a unique beginning of it. Raises BadInput."""
        return self._reader.money(job_id)

    async def set_cap(self, lease: Lease, cap_nano_usd: int | None) -> None:
        await self._write(operations.SetCap(lease, cap_nano_usd))

    async def append(self, lease: Lease, indices: int) -> None:
        await self._write(operations.Append(lease, indices))

    async def keep_endpoints(self, lease: Lease, figures: Sequence[EndpointFigures]) -> None:
        job, _ = self._job(lease.job)
        await self._write(operations.KeepEndpoints(lease, tuple(encode.endpoint_values(job, each) for each in figures)))

    def endpoints(self, job_id: str) -> Sequence[EndpointFigures]:
        """By name. The job by its id or a unique beginning of it. Raises BadInput."""
        return self._reader.endpoints(job_id)

    def calls(self, job_id: str, index: int) -> Sequence[CallRecord]:
        """In the order of their identities."""
        return self._reader.calls(job_id, index)

    def past_runs(self, recipe: str, recipe_version: str, most_pulls: int) -> Iterator[PastRun]:
        return history.past_runs(self._read_engine, recipe, recipe_version, most_pulls)

    def last_journaled_index(self, job_id: str) -> int:
        return self._reader.last_journaled_index(job_id)

    # landing and the corpus

    async def land(self, lease: Lease, landing: Landing) -> None:
        """Raises FactoryError where `landing` is not of the job's next index."""
        turns = self._turns()
        async with turns.room:
            async with turns.landing:
                job, embedder = self._job(lease.job)
                rows = encode.landing_rows(job, landing, embedder, holders.wall())
                landed = self._submit(operations.Land(lease, job, rows))
                # One landing's JSON per turn of the loop: a burst of them must not hold up everything else.
                await asyncio.sleep(0)
            await landed

    def candidate(self, candidate_id: str) -> Candidate:
        return self._reader.candidate(candidate_id)

    def candidates(
        self, *, job_id: str | None = None, states: Sequence[str] = (), bands: Sequence[str] = (), kind: str = ""
    ) -> Iterator[Candidate]:
        return self._reader.candidates(job_id, states, bands, kind)

    def accepted(self, *, own: str | None = None) -> Iterator[CorpusItem]:
        return self._reader.accepted(own)

    def vectors(self, embedder: str, ids: Sequence[str]) -> dict[str, bytes]:
        return self._reader.vectors(embedder, ids)

    def verify(self, candidate_id: str) -> list[str]:
        """What of a candidate no longer fits its hash chain: a sentence per broken place, none when all is well."""
        with self._read_engine.connect() as connection:
            return chain.broken_links(connection, candidate_id)

    # blobs and cached vectors

    async def put_blob(self, data: bytes, media_type: str) -> str:
        """Keep bytes by their content; returns their sha256 (hex)."""
        sha256 = sha256_hex(data)
        if sha256 not in self._known:
            await self._write(operations.PutBlob((sha256, media_type, data)))
            self._known.add(sha256)
        return sha256

    def get_blob(self, sha256: str) -> bytes | None:
        return self._reader.blob(sha256)

    async def put_cache(self, key: str, data: bytes) -> None:
        await self._write(operations.PutCache(key, data))

    def get_cache(self, key: str) -> bytes | None:
        return self._reader.cache(key)

    def close(self) -> None:
        """Write what was asked for, then let go of the file. A second call does nothing."""
        self._writer.close()
        self._read_engine.dispose()

    async def _lease(self, operation: Operation) -> Lease:
        lease = await self._write(operation)
        assert lease is not None
        return lease

    async def _write(self, operation: Operation) -> Lease | None:
        async with self._turns().room:
            return await self._submit(operation)

    def _submit(self, operation: Operation) -> asyncio.Future[Lease | None]:
        if self._read_only:
            raise FactoryError("it was opened for reading only", where=f"store {self._url.shown}")
        return self._writer.submit(operation)

    def _turns(self) -> _Turns:
        loop = asyncio.get_running_loop()
        # Mostly it is the same loop all the time, and a weak dictionary takes longer than the rest of a submission.
        last = self._last
        if last is None or last[0]() is not loop:
            last = self._last = ref(loop), self._loops.setdefault(loop, _Turns())
        return last[1]

    def _job(self, job_id: str) -> tuple[int, str]:
        found = self._jobs.get(job_id)
        if found is None:
            found = self._jobs[job_id] = self._reader.number_and_embedder(job_id)
        return found


class _Turns:
    """Who may go on, first come first served, on one event loop. room: writes under way; landing: making a landing's rows."""

    def __init__(self) -> None:
        self.room = asyncio.Semaphore(_IN_FLIGHT)
        self.landing = asyncio.Lock()


class _Known:
    """A set that forgets: at most two generations, the older dropped when the younger is full."""

    def __init__(self) -> None:
        self._young: set[str] = set()
        self._old: set[str] = set()

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self._young or sha256 in self._old

    def add(self, sha256: str) -> None:
        if len(self._young) >= _KNOWN_BLOBS:
            self._old, self._young = self._young, set()
        self._young.add(sha256)
