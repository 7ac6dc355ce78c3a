"""From the data that travels to rows, on the caller's side: what cannot be stored fails here, for its caller alone.

Rows are tuples in the order of their table's columns; a Batch of them is what crosses to the writer.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from factory.canonical import canonical_json, sha256_hex
from factory.errors import FactoryError
from factory.ports import Attempt, CallIdentity, CallRecord, EndpointFigures, GateTally, JobRecord, Landing
from factory.types import CallRef, Candidate
from factory.types.seal import Sealed, sealed
from store.schema import IDENTITY, calls

Row = tuple[Any, ...]

JSON_MEDIA_TYPE: Final = "application/json"

REQUEST_BLOB: Final = list(calls.columns.keys()).index("request")
"""Where a call's row names its request's blob."""

IDENTITY_COLUMNS: Final = len(IDENTITY)
"""How many values at the start of a call's or an attempt's row say whose it is."""


def text_json(value: Any) -> str:
    """Canonical JSON as text."""
    return canonical_json(value).decode()


@dataclass(frozen=True, slots=True)
class CallRows:
    """A journaled call. blobs: sha256 to a row; spent: nano-dollars over its attempts; tallies: of attempt_tallies."""

    call: Row
    attempts: tuple[Row, ...]
    blobs: dict[str, Row]
    role: str
    spent_nano_usd: int
    tallies: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class UnjournaledRows:
    """A call that came to nothing, by its identity's values. attempts: of unjournaled_attempts, without serial; cost:
    nano-dollars over them; tallies: of attempt_tallies.
    """

    call: Row
    attempts: tuple[Row, ...]
    cost_nano_usd: int
    tallies: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class LandingRows:
    """A landed candidate. vector: embedder and bytes' row, absent where there is none; measures: the yes/no ones by name."""

    index: int
    candidate: Row
    revisions: tuple[Row, ...]
    receipts: tuple[Row, ...]
    tallies: tuple[GateTally, ...]
    corpus: tuple[Row, ...] = ()
    vector: tuple[Row, ...] = ()
    measures: tuple[tuple[str, bool], ...] = ()


def opening_row(job: int, identity: CallIdentity, number: int, reserved_nano_usd: int, at: float) -> Row:
    return (*identity_row(job, identity), number, reserved_nano_usd, at)


def identity_row(job: int, at: CallIdentity) -> Row:
    """The values of `schema.IDENTITY`."""
    return (job, at.index, at.revision, at.gate, at.purpose, str(at.role), at.slot, at.sample)


def call_rows(job: int, call: CallRecord, known: Container[str]) -> CallRows:
    """known: blobs that need not be sent again."""
    identity = identity_row(job, call.identity)
    request, response = sha256_hex(call.request), sha256_hex(call.response)
    blobs = {
        sha: (sha, JSON_MEDIA_TYPE, data)
        for sha, data in ((request, call.request), (response, call.response))
        if sha not in known
    }
    planted = None if call.planted is None else text_json(call.planted)
    hashes = (call.request_hash, request, call.response_hash, response)
    return CallRows(
        call=(*identity, call.key, call.model, *hashes, str(call.status), planted),
        attempts=_attempt_rows(identity, call.attempts),
        blobs=blobs,
        role=str(call.identity.role),
        spent_nano_usd=sum(a.cost_nano_usd for a in call.attempts),
        tallies=_attempt_tallies(job, call.model, call.attempts),
    )


def failure_row(job: int, at: CallIdentity, model: str, attempt: Attempt) -> Row:
    """Of failed_attempts."""
    return (*_attempt_rows(identity_row(job, at), (attempt,))[0], model)


def unjournaled_rows(job: int, at: CallIdentity, model: str, attempts: Sequence[Attempt]) -> UnjournaledRows:
    identity = identity_row(job, at)
    return UnjournaledRows(
        call=identity,
        attempts=tuple((*row, model) for row in _attempt_rows(identity, attempts)),
        cost_nano_usd=sum(a.cost_nano_usd for a in attempts),
        tallies=_attempt_tallies(job, model, attempts),
    )


def _attempt_rows(identity: Row, attempts: Sequence[Attempt]) -> tuple[Row, ...]:
    return tuple(
        (
            *identity, a.number, a.started_at, a.seconds, str(a.status), a.detail, a.served_model, a.request_id,
            a.input_tokens, a.output_tokens, a.cached_tokens, a.reserved_nano_usd, a.cost_nano_usd, a.flag,
        )
        for a in attempts
    )  # fmt: skip


def _attempt_tallies(job: int, model: str, attempts: Sequence[Attempt]) -> tuple[Row, ...]:
    return tuple(
        (job, model, a.served_model, a.flag, 1, a.cost_nano_usd) for a in attempts if is_tallied(model, a.served_model, a.flag)
    )


def is_tallied(model: str, served_model: str, flag: str) -> bool:
    """Whether an attempt was flagged, or served under another name than it was asked for by on the wire."""
    return bool(flag) or served_model not in ("", model, model.partition("/")[2])


def landing_rows(job: int, landing: Landing, embedder: str, at: float) -> LandingRows:
    """embedder: whose vectors the job's corpus entries hold, "" where that is unknown and the vector is not kept."""
    candidate, entry = landing.candidate, landing.corpus
    if entry is not None and entry.id != candidate.id:
        raise FactoryError(f"the corpus entry is of {entry.id}", where=f"landing of candidate {candidate.id}")
    chain = sealed(candidate)
    band = candidate.measures.get("band")
    return LandingRows(
        index=candidate.index,
        candidate=(
            job, candidate.index, candidate.id, candidate.spec, candidate.recipe, candidate.recipe_version,
            text_json(candidate.coordinate.pairs), str(candidate.state), None if band is None else str(band),
            landing.stopped_by, text_json(candidate.lineage), chain.seal, at,
        ),
        revisions=tuple(
            (job, candidate.index, r.number, text_json(r.payload), r.origin, r.cause, text_json(r.core()[-1]),
             call_costs(r.calls))
            for r in candidate.revisions
        ),
        receipts=tuple(_receipts(job, candidate, chain, at)),
        tallies=landing.tallies,
        corpus=() if entry is None else ((entry.id, entry.text, entry.template),),
        vector=((embedder, entry.id, entry.vector),) if entry is not None and entry.vector and embedder else (),
        measures=tuple((name, value) for name, value in candidate.measures.items() if isinstance(value, bool)),
    )  # fmt: skip


def _receipts(job: int, candidate: Candidate, chain: Sealed, at: float) -> Iterator[Row]:
    for receipt, core, link in zip(candidate.receipts, chain.cores, chain.links, strict=True):
        found = receipt.finding
        yield (
            job, candidate.index, receipt.seq, receipt.gate, str(found.outcome), found.reason, core.decode(), link,
            receipt.seconds, receipt.cost_nano_usd, call_costs(receipt.calls), at,
        )  # fmt: skip


def call_costs(calls: Sequence[CallRef]) -> str | None:
    """The volatile part of call references, [[seconds, nano-dollars], ...]; None for none."""
    return orjson.dumps([[call.seconds, call.cost_nano_usd] for call in calls]).decode() if calls else None


def job_values(job: JobRecord) -> dict[str, Any]:
    """A job's columns but its number. The embedder's name is taken from the job's inputs, under "embedder"."""
    embedder = job.inputs.get("embedder")
    return {
        "id": job.id,
        "kind": job.kind,
        "spec_name": job.spec_name,
        "spec_identity": job.spec_identity,
        "recipe": job.recipe,
        "recipe_version": job.recipe_version,
        "seed": job.seed,
        "lookahead": job.lookahead,
        "attempts": job.policy.attempts,
        "accept": job.policy.accept,
        "max_attempts": job.policy.max_attempts,
        "inputs": text_json(job.inputs),
        "fingerprint": text_json(job.fingerprint),
        "conditions": text_json(job.conditions),
        "simulated": job.simulated,
        "embedder": embedder if isinstance(embedder, str) else "",
        "state": str(job.state),
        "state_reason": job.state_reason,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "landed": 0,
        "charged_nano_usd": 0,
        "cap_nano_usd": None,
        "retried": job.retried,
    }


def endpoint_values(job: int, figures: EndpointFigures) -> dict[str, Any]:
    return {
        "job": job,
        "endpoint": figures.endpoint,
        "in_flight": figures.in_flight,
        "in_flight_limit": figures.limit,
        "max_in_flight": figures.max_in_flight,
        "queue": figures.queue,
        "requests": figures.requests,
        "rate_limited": figures.rate_limited,
        "outages": figures.outages,
        "breaker": str(figures.breaker),
        "p50_s": figures.p50_s,
        "p95_s": figures.p95_s,
        "latencies": text_json({str(bucket): count for bucket, count in figures.latencies.items()}),
        "at": figures.at,
    }
