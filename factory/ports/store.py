"""What the factory asks of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from factory.ports.corpus import CorpusItem
from factory.ports.rows import (
    Attempt,
    CallIdentity,
    CallRecord,
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


@runtime_checkable
class Store(Protocol):
    """The durable truth. Writes go through one writer; a write returns when it is committed.

    Methods that take a Lease refuse a stale one with LeaseLost and write nothing.
    """

    # jobs
    async def create_job(self, job: JobRecord, holder: Holder) -> Lease: ...
    async def acquire(self, job_id: str, holder: Holder) -> Lease:
        """Take the job if nobody alive holds it. Raises LeaseLost naming the holder, BadInput for an unknown job."""
        ...

    async def renew(self, lease: Lease) -> None: ...
    async def finish(self, lease: Lease, state: JobState, reason: str) -> None:
        """Set the job's state and give the lease back."""
        ...

    def job(self, job_id: str) -> JobRecord: ...
    def jobs(self) -> Sequence[JobRecord]: ...
    def snapshot(self, job_id: str) -> Snapshot: ...

    # the journal
    async def open_attempt(self, lease: Lease, identity: CallIdentity, number: int, reserved_nano_usd: int) -> None:
        """Make an attempt's reservation durable before it is sent. It stays open until `record_call` of its call; what is open
        when a process dies is charged in full by the next `acquire`.
        """
        ...

    async def record_call(self, lease: Lease, call: CallRecord) -> None:
        """Keep a finished call with its attempts; its open reservations are settled in the same transaction."""
        ...

    async def record_failure(self, lease: Lease, identity: CallIdentity, model: str, attempt: Attempt) -> None:
        """Keep a failed attempt of a call that goes on and close its reservation: from here on it takes what it cost.

        It is submitted before the first await, so whatever is opened after it with the money it frees is durable after it.
        """
        ...

    async def settle_attempts(self, lease: Lease, identity: CallIdentity, model: str, attempts: Sequence[Attempt]) -> None:
        """Keep the attempts of a call that came to nothing, close its open reservations and charge what they cost.

        It is no answered call: a resume makes it anew.
        """
        ...

    def unjournaled_attempts(self, job_id: str) -> Sequence[UnjournaledAttempt]:
        """The attempts that no journaled call accounts for, in the order in which they were kept."""
        ...

    def money(self, job_id: str) -> Money: ...
    async def set_cap(self, lease: Lease, cap_nano_usd: int | None) -> None: ...
    async def append(self, lease: Lease, indices: int) -> None:
        """Let the job pull so many more indices, in the stead of as many that errored."""
        ...

    async def keep_endpoints(self, lease: Lease, figures: Sequence[EndpointFigures]) -> None:
        """Put these in place of what was kept of the same endpoints; the job's other endpoints keep theirs."""
        ...

    def endpoints(self, job_id: str) -> Sequence[EndpointFigures]:
        """What was last kept of the job's endpoints, by name."""
        ...

    def calls(self, job_id: str, index: int) -> Sequence[CallRecord]: ...
    def past_runs(self, recipe: str, recipe_version: str, most_pulls: int) -> Iterable[PastRun]:
        """Runs of this recipe that landed anything, newest first, up to so many pulls of each; read as they are asked for."""
        ...

    def last_journaled_index(self, job_id: str) -> int:
        """The highest index with a journaled call, -1 when there is none."""
        ...

    # landing and the corpus
    async def land(self, lease: Lease, landing: Landing) -> None: ...
    def candidate(self, candidate_id: str) -> Candidate:
        """Whole, with receipts and revisions. Raises BadInput for an unknown id; a unique prefix is enough."""
        ...

    def candidates(
        self, *, job_id: str | None = None, states: Sequence[str] = (), bands: Sequence[str] = (), kind: str = ""
    ) -> Iterable[Candidate]:
        """In (job creation, index) order, streamed. kind: only of jobs of this kind, "" for all."""
        ...

    def accepted(self, *, own: str | None = None) -> Iterable[CorpusItem]:
        """Every accepted or approved item of every run, in landing order.

        own: the id of a job whose items count too, whatever its kind: one that is resumed sees its own and no other's.
        """
        ...

    def vectors(self, embedder: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Of items by id, those of which an embedder's vector is kept: `CorpusEntry.vector`."""
        ...

    # blobs and cached vectors
    async def put_blob(self, data: bytes, media_type: str) -> str: ...
    def get_blob(self, sha256: str) -> bytes | None: ...
    async def put_cache(self, key: str, data: bytes) -> None:
        """Keep rebuildable bytes (a reference set's vectors) under a key that names everything they depend on."""
        ...

    def get_cache(self, key: str) -> bytes | None: ...
    def close(self) -> None: ...
