"""The tables as this version of the code reads and writes them; how they came to be is told by the migrations.

A candidate, its revisions, receipts and calls share the key (job, idx): `jobs.number` and the pull's index. JSON columns hold
canonical JSON text, times are unix seconds, money is integer nano-dollars.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD: Final = "0005"
"""The migration this code needs; kept here so that opening a current store loads no migration machinery."""

APPEND_ONLY: Final = ("revisions", "receipts", "calls", "call_attempts", "unjournaled_attempts")

metadata = MetaData()

# charged_nano_usd: reservations that nobody settled, in full, and what calls cost that came to nothing; cap_nano_usd: NULL
# where there is no cap.
jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("spec_name", Text, nullable=False),
    Column("spec_identity", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("recipe_version", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("lookahead", Integer, nullable=False),
    Column("attempts", Integer),
    Column("accept", Integer),
    Column("max_attempts", Integer),
    Column("inputs", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("conditions", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("embedder", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("landed", Integer, nullable=False),
    Column("charged_nano_usd", BigInteger, nullable=False, server_default=text("0")),
    Column("cap_nano_usd", BigInteger),
    Column("retried", Integer, nullable=False, server_default=text("0")),
    Index("jobs_by_seed", "spec_identity", "recipe", "recipe_version", "seed"),
)

# host, pid and started are NULL while nobody holds the job. worked_s: seconds of the holds that ended.
leases = Table(
    "leases",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("host", Text),
    Column("pid", Integer),
    Column("started", Text),
    Column("acquired_at", Float, nullable=False),
    Column("renewed_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("expires_monotonic", Float, nullable=False),
    Column("worked_s", Float, nullable=False),
)

IDENTITY: Final = ("job", "idx", "revision", "gate", "purpose", "role", "slot", "sample")
"""What makes a call itself and no other: the first columns of every table of calls and attempts."""


def _identity_columns() -> list[Column[object]]:
    texts = {"gate", "purpose", "role"}
    return [Column(name, Text if name in texts else Integer, nullable=False) for name in IDENTITY]


calls = Table(
    "calls",
    metadata,
    *_identity_columns(),
    Column("key", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("request", Text, ForeignKey("blobs.sha256"), nullable=False),
    Column("response_hash", Text, nullable=False),
    Column("response", Text, ForeignKey("blobs.sha256"), nullable=False),
    Column("status", Text, nullable=False),
    Column("planted", Text),
    PrimaryKeyConstraint(*IDENTITY),
    ForeignKeyConstraint(["job"], ["jobs.number"]),
    sqlite_with_rowid=False,
)
# Without the migration's `postgresql_where`: to name an option of a dialect loads that dialect, 40 ms of CPU, and `store.url`
# lets in no database but SQLite.
Index("calls_planted", calls.c.job, calls.c.idx, sqlite_where=text("planted IS NOT NULL"))


def _attempt_columns() -> list[Column[object]]:
    return [
        Column("number", Integer, nullable=False),
        Column("started_at", Float, nullable=False),
        Column("seconds", Float, nullable=False),
        Column("status", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("served_model", Text, nullable=False),
        Column("request_id", Text),
        Column("input_tokens", Integer),
        Column("output_tokens", Integer),
        Column("cached_tokens", Integer),
        Column("reserved_nano_usd", BigInteger, nullable=False),
        Column("cost_nano_usd", BigInteger, nullable=False),
        Column("flag", Text, nullable=False, server_default=text("''")),
    ]


call_attempts = Table(
    "call_attempts",
    metadata,
    *_identity_columns(),
    *_attempt_columns(),
    PrimaryKeyConstraint(*IDENTITY, "number"),
    ForeignKeyConstraint(IDENTITY, [f"calls.{name}" for name in IDENTITY]),
    sqlite_with_rowid=False,
)

# Attempts of calls that came to nothing: given up, ended with the job, or lost with their process. They have no row in calls,
# and after a resume the same call begins anew, with the same numbers. What they cost is in jobs.charged_nano_usd.
unjournaled_attempts = Table(
    "unjournaled_attempts",
    metadata,
    Column("serial", Integer, primary_key=True),
    *_identity_columns(),
    *_attempt_columns(),
    Column("model", Text, nullable=False),
    ForeignKeyConstraint(["job"], ["jobs.number"]),
    Index("unjournaled_attempts_by_unit", "job", "idx"),
)

# Failed attempts of calls that go on: with the call they move to call_attempts, without it to unjournaled_attempts. What they
# reserved is free again, what they cost is spent. Empty while nobody works the job, but for what a kill left.
failed_attempts = Table(
    "failed_attempts",
    metadata,
    *_identity_columns(),
    *_attempt_columns(),
    Column("model", Text, nullable=False),
    PrimaryKeyConstraint(*IDENTITY, "number"),
    ForeignKeyConstraint(["job"], ["jobs.number"]),
    sqlite_with_rowid=False,
)

# The attempts of calls, and of those that came to nothing, that call for attention: served under another name than asked for,
# or flagged.
attempt_tallies = Table(
    "attempt_tallies",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), nullable=False),
    Column("model", Text, nullable=False),
    Column("served_model", Text, nullable=False),
    Column("flag", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("cost_nano_usd", BigInteger, nullable=False),
    PrimaryKeyConstraint("job", "model", "served_model", "flag"),
    sqlite_with_rowid=False,
)

# Attempts that may be under way, and what each may cost at most: empty while nobody works the job, but for what a kill left.
open_attempts = Table(
    "open_attempts",
    metadata,
    *_identity_columns(),
    Column("number", Integer, nullable=False),
    Column("reserved_nano_usd", BigInteger, nullable=False),
    Column("opened_at", Float, nullable=False),
    PrimaryKeyConstraint(*IDENTITY, "number"),
    ForeignKeyConstraint(["job"], ["jobs.number"]),
    sqlite_with_rowid=False,
)

call_tallies = Table(
    "call_tallies",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), nullable=False),
    Column("role", Text, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("cost_nano_usd", BigInteger, nullable=False),
    PrimaryKeyConstraint("job", "role"),
    sqlite_with_rowid=False,
)

# Figures of a provider's endpoint, overwritten while the job runs. latencies: {bucket: count}; in_flight, its limit and queue
# are of the moment at, the counts of the job's whole life.
endpoints = Table(
    "endpoints",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("in_flight", Integer, nullable=False),
    Column("in_flight_limit", Integer, nullable=False),
    Column("max_in_flight", Integer, nullable=False),
    Column("queue", Integer, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("rate_limited", BigInteger, nullable=False),
    Column("outages", BigInteger, nullable=False),
    Column("breaker", Text, nullable=False),
    Column("p50_s", Float),
    Column("p95_s", Float),
    Column("latencies", Text, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("job", "endpoint"),
    sqlite_with_rowid=False,
)

candidates = Table(
    "candidates",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("spec", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("recipe_version", Text, nullable=False),
    Column("coordinate", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("band", Text),
    Column("stopped_by", Text, nullable=False),
    Column("lineage", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("landed_at", Float, nullable=False),
    PrimaryKeyConstraint("job", "idx"),
    Index("candidates_by_state", "job", "state", "band"),
    sqlite_with_rowid=False,
)

_CANDIDATE = (["job", "idx"], ["candidates.job", "candidates.idx"])

# calls: as sealed; call_costs: volatile, as on receipts.
revisions = Table(
    "revisions",
    metadata,
    Column("job", Integer, nullable=False),
    Column("idx", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("calls", Text, nullable=False),
    Column("call_costs", Text),
    PrimaryKeyConstraint("job", "idx", "number"),
    ForeignKeyConstraint(*_CANDIDATE),
)

# core: the canonical JSON exactly as it was hashed into link; gate, outcome and reason repeat parts of it for queries.
# seconds, cost_nano_usd, call_costs ([[seconds, nano-dollars], ...], one per call of the core) and at are volatile.
receipts = Table(
    "receipts",
    metadata,
    Column("job", Integer, nullable=False),
    Column("idx", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("gate", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("core", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("cost_nano_usd", BigInteger, nullable=False),
    Column("call_costs", Text),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("job", "idx", "seq"),
    ForeignKeyConstraint(*_CANDIDATE),
)

# first_seen orders the gates of a job by where a candidate first met them.
gate_tallies = Table(
    "gate_tallies",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), nullable=False),
    Column("gate", Text, nullable=False),
    Column("resolution", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("cost_nano_usd", BigInteger, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    PrimaryKeyConstraint("job", "gate", "resolution", "reason"),
    sqlite_with_rowid=False,
)

# Of the landed candidates' yes/no measures: how many were taken, and how many of those were yes.
measure_tallies = Table(
    "measure_tallies",
    metadata,
    Column("job", Integer, ForeignKey("jobs.number"), nullable=False),
    Column("name", Text, nullable=False),
    Column("yes", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    PrimaryKeyConstraint("job", "name"),
    sqlite_with_rowid=False,
)

corpus_items = Table(
    "corpus_items",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, ForeignKey("candidates.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("template", Text, nullable=False),
    UniqueConstraint("id"),
)

vectors = Table(
    "vectors",
    metadata,
    Column("embedder", Text, nullable=False),
    Column("item", Text, ForeignKey("corpus_items.id"), nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("embedder", "item"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

caches = Table(
    "caches",
    metadata,
    Column("key", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
)
