"""From rows back to the data that travels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from factory.ports import (
    Attempt,
    CallIdentity,
    CallRecord,
    EndpointFigures,
    JobRecord,
    JobState,
    Policy,
    UnjournaledAttempt,
)
from factory.types import CallRef, Candidate, Coordinate, Finding, Outcome, Receipt, Revision, Stage, State


def job(row: Any) -> JobRecord:
    return JobRecord(
        id=row.id,
        kind=row.kind,
        spec_name=row.spec_name,
        spec_identity=row.spec_identity,
        recipe=row.recipe,
        recipe_version=row.recipe_version,
        seed=row.seed,
        lookahead=row.lookahead,
        policy=Policy(row.attempts, row.accept, row.max_attempts),
        inputs=orjson.loads(row.inputs),
        fingerprint=orjson.loads(row.fingerprint),
        conditions=tuple(orjson.loads(row.conditions)),
        simulated=bool(row.simulated),
        state=JobState(row.state),
        state_reason=row.state_reason,
        created_at=row.created_at,
        finished_at=row.finished_at,
        retried=row.retried,
    )


def call(row: Any, attempts: Iterable[Any]) -> CallRecord:
    """row: of calls, with request_data and response_data from the blobs."""
    return CallRecord(
        identity=_identity(row),
        key=row.key,
        model=row.model,
        request_hash=row.request_hash,
        request=row.request_data,
        response_hash=row.response_hash,
        response=row.response_data,
        status=row.status,
        attempts=tuple(_attempt(each) for each in attempts),
        planted=None if row.planted is None else orjson.loads(row.planted),
    )


def unjournaled(row: Any) -> UnjournaledAttempt:
    """row: of unjournaled_attempts."""
    return UnjournaledAttempt(_identity(row), row.model, _attempt(row))


def _identity(row: Any) -> CallIdentity:
    return CallIdentity(row.idx, row.revision, row.gate, row.purpose, row.role, row.slot, row.sample)


def _attempt(row: Any) -> Attempt:
    return Attempt(
        row.number, row.started_at, row.seconds, row.status, row.detail, row.served_model, row.request_id,
        row.input_tokens, row.output_tokens, row.cached_tokens, row.reserved_nano_usd, row.cost_nano_usd, row.flag,
    )  # fmt: skip


def endpoint(row: Any) -> EndpointFigures:
    return EndpointFigures(
        endpoint=row.endpoint,
        in_flight=row.in_flight,
        limit=row.in_flight_limit,
        max_in_flight=row.max_in_flight,
        queue=row.queue,
        requests=row.requests,
        rate_limited=row.rate_limited,
        outages=row.outages,
        breaker=row.breaker,
        p50_s=row.p50_s,
        p95_s=row.p95_s,
        latencies={int(bucket): count for bucket, count in orjson.loads(row.latencies).items()},
        at=row.at,
    )


def coordinate(text: str) -> Coordinate:
    return Coordinate(tuple((name, value) for name, value in orjson.loads(text)))


def candidate(row: Any, revisions: Sequence[Any], receipts: Sequence[Any]) -> Candidate:
    """revisions and receipts: its rows in order."""
    return Candidate(
        id=row.id,
        index=row.idx,
        spec=row.spec,
        recipe=row.recipe,
        recipe_version=row.recipe_version,
        coordinate=coordinate(row.coordinate),
        state=State(row.state),
        revisions=tuple(_revision(r) for r in revisions),
        receipts=tuple(_receipt(r) for r in receipts),
        lineage=tuple(orjson.loads(row.lineage)),
    )


def _revision(row: Any) -> Revision:
    calls = _calls(orjson.loads(row.calls), row.call_costs)
    return Revision(row.number, orjson.loads(row.payload), row.origin, row.cause, calls)


def _calls(refs: Sequence[Any], call_costs: str | None) -> tuple[CallRef, ...]:
    costs = orjson.loads(call_costs) if call_costs else ()
    return tuple(CallRef(*ref, *cost) for ref, cost in zip(refs, costs, strict=True))


def _receipt(row: Any) -> Receipt:
    core = orjson.loads(row.core)
    return Receipt(
        seq=core["seq"],
        gate=core["gate"],
        version=core["version"],
        settings=core["settings"],
        revision=core["revision"],
        finding=Finding(
            Outcome(core["outcome"]), core["reason"], core["detail"], core["evidence"], tuple(core["flags"]), core["measures"]
        ),
        stage=Stage(core["stage"]),
        carried_from=core["carried_from"],
        calls=_calls(core["calls"], row.call_costs),
        conditions=tuple(core["conditions"]),
        seconds=row.seconds,
        cost_nano_usd=row.cost_nano_usd,
    )
