"""`status --json` and `show --json`: stable interfaces for programs. Pure functions from what the store says.

`status_json` (STATUS_SCHEMA, JSON schema draft 2020-12), version 1:

- state: done, running, stopped or interrupted; a job marked running whose lease nobody alive holds is interrupted.
- attempts: landed candidates in all; accepted also counts those approved or retired since.
- gates: in pipeline order. checked = passed + repaired + rejected + held + errored, each candidate counted once; reasons: slug
  to count over all that did not pass at once. seconds: wall time of the gate summed over candidates, waiting for models
  included, waiting for other candidates at the embedder left out.
- bands: candidates by measured band. calls: logical model calls. money in USD; cap_usd null: no cap; per_accepted_usd null:
  money was spent and nothing is accepted yet.
- measures: of the candidates' yes/no measures by name, such as realism.detected: value is the share that are yes, of the taken
  ones (each landed candidate once, by its last revision), low and high its Wilson interval at that level.
- baselines: what would score without solving anything, over the accepted items as they landed, in the shape of measures.
  constant_answer: the share that the best constant answer would pass (the majority's: the commonest answer), where the line
  weighs answers over the job; absent where it does not.
- endpoints: a row per provider endpoint, as last kept by the running job (every second) or at its end; none for simulated ones.
  in_flight and queue are 0 when the job does not run, the rest is the last state. limit: calls allowed in flight, which adapts
  up to max_in_flight. requests, rate_limited (answers 429), outages: over the job's whole life, but for what the last second
  before a kill brought. p50_s, p95_s: latency of answered calls over the same time, waiting for a slot left out, within 1 % of
  the true percentile, null before the first. at: unix seconds of these figures.
- substituted: a row per model that answered in the stead of the one asked for (a date more or less is no other model), with the
  attempts it answered. charged_in_full: attempts settled at their whole reservation; unmetered: their usage was missing or
  cannot be true, after a cut connection too; lost: under way when a process died. overrun: attempts that cost more than they
  reserved, and by how much in all.
- order: the cheapest order of the gates that their dependencies allow, by what this run measured (kills taken as independent);
  null while too little was seen, and for other jobs than runs. by: money or seconds; now and
  expected: what a candidate costs in gates in the order as it is and as suggested, in USD or seconds, with what its repairs pay
  again; kill_rates: the share of those checked that was rejected, held or errored; repair_rates: that was sent back to the
  author and went on.
- planted: for simulated jobs only: kind to {planted, caught, by}; by: gate to count of the planted it stopped first; caught:
  those stopped by the gate whose claim the kind breaks.

`show_json` (SHOW_SCHEMA), version 1: a candidate whole. receipts: each core with its link, the volatile seconds and cost_usd;
chain.verified: whether the store found every kept link, revision and state as at landing, null where it was not asked;
chain.broken: a sentence for each place that was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factory.canonical import plain
from factory.ports import BASELINE, RUN, EndpointFigures, JobRecord, JobState, Snapshot
from factory.report.attention import CHARGED_SCHEMA, OVERRUN_SCHEMA, SUBSTITUTED_SCHEMA, charged_in_full, overrun, substituted
from factory.report.order import order_json
from factory.report.shapes import AMOUNT as _AMOUNT
from factory.report.shapes import COUNT as _COUNT
from factory.report.shapes import NANO, nullable
from factory.report.shapes import TEXT as _TEXT
from factory.report.shapes import closed as _object
from factory.statistics import wilson
from factory.types import Candidate, Receipt

_COUNTS = ("checked", "passed", "repaired", "rejected", "held", "errored")
_TALLY: Mapping[str, Any] = {"type": "object", "additionalProperties": _COUNT}


_CALLS: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "array", "items": _TEXT, "minItems": 4, "maxItems": 4},
    "description": "[key, role, request digest, answer digest] for each",
}


_RECIPE = _object(name=_TEXT, version=_TEXT)

_RATE = _object(yes=_COUNT, taken=_COUNT, value=_AMOUNT, low=_AMOUNT, high=_AMOUNT, level=_AMOUNT)

STATUS_SCHEMA: Mapping[str, Any] = _object(
    ("planted",),
    schema={"const": 1},
    job=_TEXT,
    kind=_TEXT,
    spec=_TEXT,
    recipe=_RECIPE,
    state={"enum": ["done", "running", "stopped", "interrupted"]},
    simulated={"type": "boolean"},
    attempts=_COUNT,
    accepted=_COUNT,
    held=_COUNT,
    rejected=_COUNT,
    errored=_COUNT,
    gates={
        "type": "array",
        "items": _object(
            gate=_TEXT, **dict.fromkeys(_COUNTS, _COUNT), reasons=_TALLY, calls=_COUNT, seconds=_AMOUNT, cost_usd=_AMOUNT
        ),
    },
    bands=_TALLY,
    calls=_object(total=_COUNT, by_role=_TALLY),
    money=_object(
        spent_usd=_AMOUNT,
        reserved_usd=_AMOUNT,
        cap_usd={"type": ["number", "null"], "minimum": 0},
        per_accepted_usd={"type": ["number", "null"], "minimum": 0},
    ),
    measures={"type": "object", "additionalProperties": _RATE},
    baselines={"type": "object", "additionalProperties": _RATE},
    endpoints={
        "type": "array",
        "items": _object(
            endpoint=_TEXT,
            in_flight=_COUNT,
            limit=_COUNT,
            max_in_flight=_COUNT,
            queue=_COUNT,
            requests=_COUNT,
            rate_limited=_COUNT,
            outages=_COUNT,
            breaker={"enum": ["closed", "open", "half_open"]},
            p50_s={"type": ["number", "null"], "minimum": 0},
            p95_s={"type": ["number", "null"], "minimum": 0},
            at=_AMOUNT,
        ),
    },
    substituted=SUBSTITUTED_SCHEMA,
    charged_in_full=CHARGED_SCHEMA,
    overrun=OVERRUN_SCHEMA,
    order=nullable(
        _object(
            by={"enum": ["money", "seconds"]},
            suggested={"type": "array", "items": _TEXT},
            now=_AMOUNT,
            expected=_AMOUNT,
            kill_rates={"type": "object", "additionalProperties": _AMOUNT},
            repair_rates={"type": "object", "additionalProperties": _AMOUNT},
        )
    ),
    planted={"type": "object", "additionalProperties": _object(planted=_COUNT, caught=_COUNT, by=_TALLY)},
)

SHOW_SCHEMA: Mapping[str, Any] = _object(
    schema={"const": 1},
    id=_TEXT,
    index=_COUNT,
    spec=_TEXT,
    recipe=_RECIPE,
    state=_TEXT,
    simulated={"type": "boolean"},
    coordinate={"type": "object"},
    lineage={"type": "array", "items": _TEXT},
    measures={"type": "object"},
    payload={"type": "object"},
    revisions={
        "type": "array",
        "items": _object(number=_COUNT, origin=_TEXT, cause=_TEXT, payload={"type": "object"}, calls=_CALLS),
    },
    receipts={
        "type": "array",
        "items": _object(
            seq=_COUNT,
            gate=_TEXT,
            version=_TEXT,
            settings={"type": "object"},
            revision=_COUNT,
            stage={"enum": ["pull", "landing"]},
            carried_from={"type": ["integer", "null"]},
            outcome={"enum": ["pass", "repair", "reject", "hold", "error"]},
            reason=_TEXT,
            detail=_TEXT,
            evidence={"type": "object"},
            flags={"type": "array", "items": _TEXT},
            measures={"type": "object"},
            calls=_CALLS,
            conditions={"type": "array", "items": _TEXT},
            link={"type": "string", "pattern": "^[0-9a-f]{64}$"},
            seconds=_AMOUNT,
            cost_usd=_AMOUNT,
        ),
    },
    chain=_object(verified={"type": ["boolean", "null"]}, broken={"type": "array", "items": _TEXT}, head=_TEXT, seal=_TEXT),
)


def status_json(snapshot: Snapshot) -> dict[str, Any]:
    """A job's numbers in the shape of STATUS_SCHEMA."""
    job = snapshot.job
    states = snapshot.states
    rates = {name: _rate(yes, taken) for name, (yes, taken) in sorted(snapshot.measures.items())}
    accepted = sum(states.get(state, 0) for state in ("accepted", "approved", "retired"))
    out: dict[str, Any] = {
        "schema": 1,
        "job": job.id,
        "kind": job.kind,
        "spec": job.spec_name,
        "recipe": {"name": job.recipe, "version": job.recipe_version},
        "state": _state(snapshot),
        "simulated": job.simulated,
        "attempts": sum(states.values()),
        "accepted": accepted,
        "held": states.get("held", 0),
        "rejected": states.get("rejected", 0),
        "errored": states.get("errored", 0),
        "gates": [_gate(row) for row in snapshot.gates],
        "bands": dict(snapshot.bands),
        "calls": {"total": sum(snapshot.calls_by_role.values()), "by_role": dict(snapshot.calls_by_role)},
        "money": _money(snapshot, accepted),
        "measures": {name: rate for name, rate in rates.items() if not name.startswith(BASELINE)},
        "baselines": {name.removeprefix(BASELINE): rate for name, rate in rates.items() if name.startswith(BASELINE)},
        "endpoints": [_endpoint(figures, running=_state(snapshot) == JobState.RUNNING) for figures in snapshot.endpoints],
        "substituted": substituted(snapshot.attempts),
        "charged_in_full": charged_in_full(snapshot.attempts),
        "overrun": overrun(snapshot.attempts, snapshot.overrun_nano_usd),
    }
    out["order"] = _order(job, out["gates"])
    if job.simulated:
        out["planted"] = {kind: _planted(row) for kind, row in sorted(snapshot.planted.items())}
    return out


def _order(job: JobRecord, gates: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    # What a job kept before gates declared anything allows no suggestion.
    after = job.inputs.get("after")
    return order_json(gates, after) if after is not None and job.kind == RUN else None


def _state(snapshot: Snapshot) -> str:
    lost = snapshot.job.state is JobState.RUNNING and not snapshot.lease_alive
    return str(JobState.INTERRUPTED if lost else snapshot.job.state)


def _gate(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "gate": row["gate"],
        **{name: row[name] for name in _COUNTS},
        "reasons": dict(row["reasons"]),
        "calls": row["calls"],
        "seconds": round(row["seconds"], 3),
        "cost_usd": row["cost_usd"],
    }


def _money(snapshot: Snapshot, accepted: int) -> dict[str, Any]:
    money = snapshot.money
    spent = money.spent_nano_usd / NANO
    return {
        "spent_usd": spent,
        "reserved_usd": money.reserved_nano_usd / NANO,
        "cap_usd": None if money.cap_nano_usd is None else money.cap_nano_usd / NANO,
        "per_accepted_usd": spent / accepted if accepted else (None if spent else 0.0),
    }


def _rate(yes: int, taken: int) -> dict[str, Any]:
    found = wilson(yes, taken).rounded()
    return {"yes": yes, "taken": taken, "value": found.value, "low": found.low, "high": found.high, "level": found.level}


def _endpoint(figures: EndpointFigures, *, running: bool) -> dict[str, Any]:
    return {
        "endpoint": figures.endpoint,
        "in_flight": figures.in_flight if running else 0,
        "limit": figures.limit,
        "max_in_flight": figures.max_in_flight,
        "queue": figures.queue if running else 0,
        "requests": figures.requests,
        "rate_limited": figures.rate_limited,
        "outages": figures.outages,
        "breaker": figures.breaker,
        "p50_s": figures.p50_s,
        "p95_s": figures.p95_s,
        "at": figures.at,
    }


def _planted(row: Mapping[str, Any]) -> dict[str, Any]:
    by = dict(row["by"])
    return {"planted": row["planted"], "caught": by.get(row["gate"], 0), "by": by}


def show_json(candidate: Candidate, broken: Sequence[str] | None = None) -> dict[str, Any]:
    """A candidate in the shape of SHOW_SCHEMA. broken: what the store found changed, None where it was not asked."""
    links = candidate.links()
    shown: dict[str, Any] = plain(
        {
            "schema": 1,
            "id": candidate.id,
            "index": candidate.index,
            "spec": candidate.spec,
            "recipe": {"name": candidate.recipe, "version": candidate.recipe_version},
            "state": candidate.state,
            "simulated": any("simulated" in receipt.conditions for receipt in candidate.receipts),
            "coordinate": candidate.coordinate,
            "lineage": candidate.lineage,
            "measures": candidate.measures,
            "payload": candidate.payload,
            "revisions": [
                {
                    "number": r.number,
                    "origin": r.origin,
                    "cause": r.cause,
                    "payload": r.payload,
                    "calls": [call.core() for call in r.calls],
                }
                for r in candidate.revisions
            ],
            "receipts": [_receipt(receipt, link) for receipt, link in zip(candidate.receipts, links, strict=True)],
            "chain": {
                "verified": None if broken is None else not broken,
                "broken": broken or (),
                "head": links[-1] if links else "",
                "seal": candidate.seal,
            },
        }
    )
    return shown


def _receipt(receipt: Receipt, link: str) -> dict[str, Any]:
    return {**receipt.core(), "link": link, "seconds": receipt.seconds, "cost_usd": receipt.cost_nano_usd / NANO}
