"""The rows of jobs, calls, money and landings, as they cross between the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from factory.ports.corpus import CorpusEntry
from factory.types import Candidate


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
