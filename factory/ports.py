"""The protocols through which the parts reach each other; data classes here are the rows that cross them.

Nothing in this file knows a database, a provider, a recipe or a gate.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from factory.types import Candidate, Member, Message, ModelReply, ModelRequest, ReplySchema, Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# --- models -----------------------------------------------------------------------------------------------------------


class Model(Protocol):
    """One endpoint's model. A provider adapter and a rehearsal stand-in look alike from here."""

    async def complete(self, request: ModelRequest) -> ModelReply:
        """One attempt. Raises ModelFailure for a typed failure and ProviderUnusable when no further call can succeed."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """What a rehearsal role answers: the reply's raw text (JSON when a schema was asked for) and what it planted, if any."""

    text: str
    planted: Mapping[str, Any] | None = None


class RolePlayer(Protocol):
    """A recipe's rehearsal stand-in for one role. It sees what a model would see, its cast options, and a random stream."""

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played: ...


class Seat(Protocol):
    """A cast member in its role, bound to one pull, revision and gate: the only way a gate or an author reaches a model."""

    @property
    def role(self) -> Role: ...
    @property
    def slot(self) -> int: ...
    @property
    def member(self) -> Member: ...

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        """One journaled call; (purpose, sample) must be unique for this seat within the gate and revision.

        Raises ModelFailure with a terminal kind; transient ones are waited out below this line.
        """
        ...


# --- the corpus -------------------------------------------------------------------------------------------------------


class Embedder(Protocol):
    """Texts to unit vectors. name identifies model and weights and goes into receipts; dimension is the vector's length."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension), rows of norm 1. A text's row must not depend on the other texts of the call."""
        ...


@dataclass(frozen=True, slots=True)
class Neighbour:
    """How near one corpus item is to a text. jaccard: true Jaccard of character 5-shingles; skeleton_jaccard: of the
    skeletons' word 3-shingles; cosine: of the vectors; all rounded to 4 decimals so that a replay can compare them.

    source: "accepted", "anchor" or "reference:NAME"; template: the item's template id, "" outside accepted items.
    """

    id: str
    source: str
    text: str
    template: str
    same_text: bool
    equal_numbers: bool
    same_skeleton: bool
    jaccard: float
    skeleton_jaccard: float
    cosine: float


class CorpusView(Protocol):
    """The corpus as one pull sees it: a fixed snapshot."""

    @property
    def embedder(self) -> str: ...

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        """Every item that any duplicate rule could name (shared text, numbers, skeleton, shingles, near vectors), and the
        nearest by cosine besides; nearest first in an order that ties cannot disturb. exclude: ids of its own lineage.
        """
        ...

    def template_size(self, template: str) -> int:
        """How many accepted items of the snapshot belong to a template."""
        ...


@dataclass(frozen=True, slots=True)
class CorpusEntry:
    """An accepted item as the corpus keeps it. vector: float16 little-endian bytes by the corpus's embedder."""

    id: str
    text: str
    template: str
    vector: bytes


class Corpus(Protocol):
    """Accepted items, anchors and reference sets, searchable; grows as this job lands."""

    def at(self, horizon: int | None) -> CorpusView:
        """What stood at job start plus this job's landings with index <= horizon; None: everything landed so far."""
        ...

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        """Take in an accepted item, landed at `index`, and return what the store must keep of it."""
        ...


# --- jobs and the journal ---------------------------------------------------------------------------------------------


class JobState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Policy:
    """How far a run goes: exactly one of attempts and accept is set; max_attempts bounds an accept run."""

    attempts: int | None = None
    accept: int | None = None
    max_attempts: int | None = None

    @property
    def cap(self) -> int:
        """The number of indices this job may ever pull."""
        cap = self.attempts if self.attempts is not None else self.max_attempts
        assert cap is not None, "a policy names attempts, or accept with max_attempts"
        return cap


RUN: Final = "run"
PROBE: Final = "probe"
AUDIT: Final = "audit"
"""The kinds of job there are. Only what a run accepts is in the corpus and in exports that name no job."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it was started. inputs: what is needed to start it again (spec and cast files' text, paths), and
    its gates' dependencies under `after`, JSON;
    fingerprint: part name to hex digest, compared on resume so that a changed part can be named; simulated and conditions are
    as on receipts. state_reason says in a sentence why a job stands where it stands; retried: errored candidates in whose
    stead the policy was given further indices.
    """

    id: str
    kind: str
    spec_name: str
    spec_identity: str
    recipe: str
    recipe_version: str
    seed: int
    lookahead: int
    policy: Policy
    inputs: Mapping[str, Any]
    fingerprint: Mapping[str, str]
    conditions: tuple[str, ...] = ()
    simulated: bool = False
    state: JobState = JobState.RUNNING
    state_reason: str = ""
    created_at: float = 0.0
    finished_at: float | None = None
    retried: int = 0


@dataclass(frozen=True, slots=True)
class CallIdentity:
    """What makes a call itself and no other within its job: no two calls of a job share all seven."""

    index: int
    revision: int
    gate: str
    purpose: str
    role: str
    slot: int
    sample: int


class Unanswered(StrEnum):
    """How an attempt can end that has neither an answer nor a typed failure, and so no journaled call.

    UNUSABLE: turned away by a provider that takes no further call; UNSENT: given up before it was sent; CUT_OFF: broken off by
    an error of our own; LOST: under way, or settled only in memory, when its process died.
    """

    UNUSABLE = "unusable"
    UNSENT = "unsent"
    CUT_OFF = "cut_off"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One physical try. started_at: unix seconds; status: "ok", a FailureKind, or an Unanswered; money in integer nano-dollars.

    flag: what its settlement must confess: "unmetered", "overrun", "lost" (charged in full with its process), or "".
    """

    number: int
    started_at: float
    seconds: float
    status: str
    detail: str = ""
    served_model: str = ""
    request_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reserved_nano_usd: int = 0
    cost_nano_usd: int = 0
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """A job's ledger as the store keeps it, in nano-dollars. spent: settled attempts, those of calls that came to nothing
    included, and reservations that were open when a process died, charged in full; reserved: open now; cap: None where there
    is none.
    """

    spent_nano_usd: int
    reserved_nano_usd: int
    cap_nano_usd: int | None


@dataclass(frozen=True, slots=True)
class PastUse:
    """What one pull asked of one seat. metered: the calls whose usage the provider told; the token counts and seconds (of
    attempts, waiting left out) are sums over all attempts of these calls.
    """

    index: int
    role: str
    slot: int
    model: str
    calls: int
    metered: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PastRun:
    """The beginning of a run that went before: its first `pulls` landed pulls, how many of them were accepted, their calls."""

    job: JobRecord
    pulls: int
    accepted: int
    uses: Sequence[PastUse]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A finished logical call. request and response are canonical JSON bytes; status is "ok" or a terminal FailureKind."""

    identity: CallIdentity
    key: str
    model: str
    request_hash: str
    request: bytes
    response_hash: str
    response: bytes
    status: str
    attempts: tuple[Attempt, ...]
    planted: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class GateTally:
    """One gate's account of one candidate, for the funnel.

    resolution: "passed", "repaired" (it asked for a repair, and ended nothing), "rejected", "held" or "errored"; reason: the
    slug that stopped the candidate here, "" when it passed at once, the repair's slug when repaired.
    """

    gate: str
    resolution: str
    reason: str
    calls: int
    seconds: float
    cost_nano_usd: int


@dataclass(frozen=True, slots=True)
class Applied:
    """A gate as it judged: its name and version, and the settings on its receipts."""

    name: str
    version: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Landing:
    """All that one index commits, or nothing. corpus: present for accepted candidates only.

    stopped_by: the gate that first asked for a repair, rejected or held ("" if none did): what caught a planted defect.
    baselines: by name of a baseline over the job that this landing was counted for, whether it raised its score by one.
    """

    candidate: Candidate
    tallies: tuple[GateTally, ...]
    stopped_by: str
    corpus: CorpusEntry | None = None
    baselines: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnjournaledAttempt:
    """An attempt of a call that came to nothing. model: as it was asked for, "" where the process died that knew."""

    identity: CallIdentity
    model: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class AttemptTally:
    """A job's attempts of one model that call for attention: answered under the name `served_model` (as given, "" where none
    was), settled with this flag. cost in nano-dollars over all of them.
    """

    model: str
    served_model: str
    flag: str
    attempts: int
    cost_nano_usd: int


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that can hold a lease: host (with boot id), pid, and the pid's start time, so a reused pid is no one else."""

    host: str
    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one job. epoch is the fencing token: a write under an older epoch is refused with LeaseLost."""

    job: str
    epoch: int


@dataclass(frozen=True, slots=True)
class EndpointFigures:
    """A provider endpoint as one job met it, over all the processes that worked the job.

    endpoint: provider, host and the key's variable; limit: calls allowed in flight, at most max_in_flight; queue: calls that
    wait for a slot; requests: calls sent; rate_limited: those turned away with 429; outages: those the provider was not there
    for; breaker: "closed", "open" or "half_open"; p50_s, p95_s: latency of the answered calls in seconds, None before the
    first; latencies: their counts by bucket (see `factory.limits.Latencies`), to go on from; at: unix seconds of these figures.
    """

    endpoint: str
    in_flight: int
    limit: int
    max_in_flight: int
    queue: int
    requests: int
    rate_limited: int
    outages: int
    breaker: str
    p50_s: float | None
    p95_s: float | None
    latencies: Mapping[int, int]
    at: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job's numbers as `status` shows them. measures: of each yes/no measure of the landed candidates how many are yes, and
    of how many; planted: kind -> {"gate": claimed by, "planted": n, "by": {gate: n}}; endpoints: as last kept, so of a moment
    at most some seconds ago while the job runs, and of its end otherwise; attempts: those that call for attention, whether
    their calls were journaled or not; overrun_nano_usd: by how much those that cost more than they reserved did, in all.
    """

    job: JobRecord
    states: Mapping[str, int]
    gates: Sequence[Mapping[str, Any]]
    bands: Mapping[str, int]
    calls_by_role: Mapping[str, int]
    money: Money
    planted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    measures: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lease_alive: bool = False
    seconds: float = 0.0
    endpoints: Sequence[EndpointFigures] = ()
    attempts: Sequence[AttemptTally] = ()
    overrun_nano_usd: int = 0


BASELINE: Final = "baseline."
"""What the name of a baseline over the job begins with, among the counted measures of a snapshot."""
CONSTANT_ANSWER: Final = BASELINE + "constant_answer"
"""The accepted items that the best constant answer would pass: as many as have the commonest answer."""


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

    def accepted(self, embedder: str, *, own: str | None = None) -> Iterable[CorpusEntry]:
        """Every accepted or approved item of every run, in landing order; vector is b"" where this embedder made none.

        own: the id of a job whose items count too, whatever its kind: one that is resumed sees its own and no other's.
        """
        ...

    # blobs and cached vectors
    async def put_blob(self, data: bytes, media_type: str) -> str: ...
    def get_blob(self, sha256: str) -> bytes | None: ...
    async def put_cache(self, key: str, data: bytes) -> None:
        """Keep rebuildable bytes (a reference set's vectors) under a key that names everything they depend on."""
        ...

    def get_cache(self, key: str) -> bytes | None: ...
    def close(self) -> None: ...


# --- faces ------------------------------------------------------------------------------------------------------------


class Exporter(Protocol):
    """Writes a set in one format. Returns the files it wrote."""

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...

    def write(self, rows: Sequence[Mapping[str, Any]], out: Path) -> Sequence[Path]: ...
