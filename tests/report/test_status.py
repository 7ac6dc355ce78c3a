"""`status --json` and `show --json`: stable shapes, checked against their published schemas."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from factory.ports import AttemptTally, EndpointFigures, JobRecord, JobState, Money, Policy, Snapshot
from factory.report import SHOW_SCHEMA, STATUS_SCHEMA, show_json, status_json
from factory.types import CallRef, Candidate, Coordinate, Finding, Outcome, Receipt, Revision, Stage, State

JOB = JobRecord(
    id="j-1", kind="run", spec_name="stock", spec_identity="i", recipe="ground_truth", recipe_version="1", seed=7,
    lookahead=256, policy=Policy(accept=40, max_attempts=200), inputs={}, fingerprint={}, conditions=("simulated",),
    simulated=True, state=JobState.DONE,
)  # fmt: skip
GATE = {
    "gate": "structure", "checked": 60, "passed": 57, "repaired": 2, "rejected": 1, "held": 0, "errored": 0,
    "reasons": {"malformed": 3}, "calls": 0, "seconds": 0.12345, "cost_usd": 0.0,
}  # fmt: skip
SNAPSHOT = Snapshot(
    job=JOB,
    states={"accepted": 38, "approved": 2, "held": 2, "rejected": 17, "errored": 1},
    gates=[GATE],
    bands={"discriminating": 40, "easy": 9},
    calls_by_role={"author": 66, "solver": 1168},
    money=Money(2_000_000_000, 0, None),
    measures={"realism.detected": (5, 200), "baseline.constant_answer": (23, 300)},
    planted={"wrong_reference": {"gate": "oracle", "planted": 5, "by": {"oracle": 4, "novelty": 1}}},
)


def test_what_would_score_without_solving_stands_apart_from_the_measures() -> None:
    shown = status_json(SNAPSHOT)
    assert list(shown["measures"]) == ["realism.detected"] and list(shown["baselines"]) == ["constant_answer"]
    best = shown["baselines"]["constant_answer"]
    assert (best["yes"], best["taken"], round(best["value"], 4)) == (23, 300, 0.0767) and best["low"] < 0.0767 < best["high"]
    assert status_json(replace(SNAPSHOT, measures={}))["baselines"] == {}


def test_a_run_that_knows_its_gates_dependencies_suggests_an_order() -> None:
    gates = [
        {**GATE, "gate": "dear", "checked": 100, "rejected": 50, "seconds": 1000.0},
        {**GATE, "gate": "cheap", "checked": 50, "rejected": 5, "seconds": 50.0},
    ]
    told = replace(SNAPSHOT, gates=gates, job=replace(JOB, inputs={"after": {"dear": [], "cheap": []}}))
    shown = status_json(told)
    jsonschema.validate(json.loads(json.dumps(shown)), STATUS_SCHEMA)
    assert shown["order"]["suggested"] == ["cheap", "dear"]
    bound = replace(told, job=replace(JOB, inputs={"after": {"dear": [], "cheap": ["dear"]}}))
    assert status_json(bound)["order"]["suggested"] == ["dear", "cheap"]
    assert status_json(replace(told, job=replace(told.job, kind="audit")))["order"] is None


def test_the_shape_is_the_published_one() -> None:
    assert status_json(SNAPSHOT) == {
        "schema": 1, "job": "j-1", "kind": "run", "spec": "stock", "recipe": {"name": "ground_truth", "version": "1"},
        "state": "done", "simulated": True, "attempts": 60, "accepted": 40, "held": 2, "rejected": 17, "errored": 1,
        "gates": [GATE | {"seconds": 0.123}],
        "bands": {"discriminating": 40, "easy": 9},
        "calls": {"total": 1234, "by_role": {"author": 66, "solver": 1168}},
        "money": {"spent_usd": 2.0, "reserved_usd": 0.0, "cap_usd": None, "per_accepted_usd": 0.05},
        "measures": {"realism.detected": {
            "yes": 5, "taken": 200, "value": 0.025, "low": 0.010725, "high": 0.057178, "level": 0.95,
        }},
        "baselines": {"constant_answer": {
            "yes": 23, "taken": 300, "value": 0.076667, "low": 0.051628, "high": 0.11241, "level": 0.95,
        }},
        "endpoints": [],
        "substituted": [],
        "charged_in_full": {
            "unmetered": {"attempts": 0, "cost_usd": 0.0, "by_model": {}}, "lost": {"attempts": 0, "cost_usd": 0.0},
        },
        "overrun": {"attempts": 0, "over_usd": 0.0, "by_model": {}},
        "order": None,
        "planted": {"wrong_reference": {"planted": 5, "caught": 4, "by": {"oracle": 4, "novelty": 1}}},
    }  # fmt: skip
    assert list(status_json(SNAPSHOT)) == list(STATUS_SCHEMA["properties"])


@pytest.mark.parametrize("schema", [STATUS_SCHEMA, SHOW_SCHEMA])
def test_the_schemas_are_schemas(schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_every_state_of_a_job_fits_the_schema() -> None:
    empty = Snapshot(job=JOB, states={}, gates=[], bands={}, calls_by_role={}, money=Money(0, 0, None))
    for snapshot in (SNAPSHOT, empty, replace(SNAPSHOT, job=replace(JOB, simulated=False))):
        jsonschema.validate(json.loads(json.dumps(status_json(snapshot))), STATUS_SCHEMA)


def test_what_was_planted_shows_for_simulated_jobs_only() -> None:
    assert "planted" not in status_json(replace(SNAPSHOT, job=replace(JOB, simulated=False)))
    assert status_json(replace(SNAPSHOT, planted={}))["planted"] == {}


@pytest.mark.parametrize(
    ("state", "alive", "shown"),
    [
        (JobState.RUNNING, True, "running"),
        (JobState.RUNNING, False, "interrupted"),
        (JobState.DONE, False, "done"),
        (JobState.STOPPED, False, "stopped"),
        (JobState.INTERRUPTED, False, "interrupted"),
    ],
)
def test_a_running_job_nobody_holds_is_interrupted(state: JobState, alive: bool, shown: str) -> None:
    assert status_json(replace(SNAPSHOT, job=replace(JOB, state=state), lease_alive=alive))["state"] == shown


ENDPOINT = EndpointFigures(
    endpoint="openai at api.example (KEY)", in_flight=5, limit=6, max_in_flight=64, queue=11, requests=100, rate_limited=7,
    outages=2, breaker="open", p50_s=0.25, p95_s=1.5, latencies={-69: 4}, at=1000.5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "alive", "in_flight", "queue"),
    [
        (JobState.RUNNING, True, 5, 11),
        (JobState.RUNNING, False, 0, 0),
        (JobState.STOPPED, False, 0, 0),
        (JobState.DONE, False, 0, 0),
    ],
)
def test_nothing_is_in_flight_of_a_job_that_does_not_run(state: JobState, alive: bool, in_flight: int, queue: int) -> None:
    blank = replace(ENDPOINT, endpoint="b", p50_s=None, p95_s=None, latencies={})
    shown = status_json(replace(SNAPSHOT, job=replace(JOB, state=state), lease_alive=alive, endpoints=[ENDPOINT, blank]))
    jsonschema.validate(json.loads(json.dumps(shown)), STATUS_SCHEMA)
    assert shown["endpoints"][0] == {
        "endpoint": "openai at api.example (KEY)", "in_flight": in_flight, "limit": 6, "max_in_flight": 64, "queue": queue,
        "requests": 100, "rate_limited": 7, "outages": 2, "breaker": "open", "p50_s": 0.25, "p95_s": 1.5, "at": 1000.5,
    }  # fmt: skip
    assert [row["p50_s"] for row in shown["endpoints"]] == [0.25, None]


def test_attempts_that_call_for_attention_are_counted() -> None:
    tallies = [
        AttemptTally("", "", "lost", 3, 5_000_000),
        AttemptTally("openai/a", "", "unmetered", 2, 10_000_000),
        AttemptTally("openai/a", "a-2024-08-06", "", 900, 1),
        AttemptTally("openai/a", "a-mini", "", 4, 1),
        AttemptTally("openai/a", "a-mini", "unmetered", 1, 30_000_000),
        AttemptTally("openai/b", "c", "overrun", 7, 1),
    ]
    shown = status_json(replace(SNAPSHOT, attempts=tallies, overrun_nano_usd=61_600_000))
    jsonschema.validate(json.loads(json.dumps(shown)), STATUS_SCHEMA)
    assert shown["substituted"] == [
        {"asked": "openai/b", "served": "c", "attempts": 7},
        {"asked": "openai/a", "served": "a-mini", "attempts": 5},
    ]
    assert shown["charged_in_full"] == {
        "unmetered": {"attempts": 3, "cost_usd": 0.04, "by_model": {"openai/a": 3}},
        "lost": {"attempts": 3, "cost_usd": 0.005},
    }
    assert shown["overrun"] == {"attempts": 7, "over_usd": 0.0616, "by_model": {"openai/b": 7}}


def test_cost_per_accepted_is_no_division_by_zero() -> None:
    none_yet = replace(SNAPSHOT, states={"rejected": 3})
    assert status_json(none_yet)["money"]["per_accepted_usd"] is None
    assert status_json(replace(none_yet, money=Money(0, 0, None)))["money"]["per_accepted_usd"] == 0.0


RECEIPT = Receipt(
    0, "oracle", "1", {"votes": 3}, 0, Finding(Outcome.PASS, "ok", "All agree.", {"votes": ["42"]}, ("look",), {"p": 0.5}),
    Stage.PULL, None, (CallRef("k", "oracle", "a" * 64, "b" * 64, 0.5, 7),), ("simulated",), 1.5, 3_000_000,
)  # fmt: skip
CANDIDATE = Candidate(
    id="c-1", index=4, spec="s" * 64, recipe="ground_truth", recipe_version="1", coordinate=Coordinate((("steps", 3),)),
    state=State.ACCEPTED,
    revisions=(Revision(0, {"prompt": "p"}, "author"), Revision(1, {"prompt": "q"}, "repair", "oracle/x", RECEIPT.calls)),
    receipts=(RECEIPT, replace(RECEIPT, seq=1, stage=Stage.LANDING, carried_from=0)),
)  # fmt: skip


def test_a_candidate_is_shown_whole() -> None:
    shown = show_json(CANDIDATE, [])
    jsonschema.validate(json.loads(json.dumps(shown)), SHOW_SCHEMA)
    assert list(shown) == list(SHOW_SCHEMA["properties"])
    assert [entry["link"] for entry in shown["receipts"]] == list(CANDIDATE.links())
    assert shown["chain"] == {"verified": True, "broken": [], "head": CANDIDATE.links()[-1], "seal": CANDIDATE.seal}
    assert (shown["payload"], shown["coordinate"], shown["simulated"]) == ({"prompt": "q"}, {"steps": 3}, True)
    assert [entry["origin"] for entry in shown["revisions"]] == ["author", "repair"]
    assert [len(entry["calls"]) for entry in shown["revisions"]] == [0, 1]
    first = shown["receipts"][0]
    assert (first["seconds"], first["cost_usd"], first["calls"]) == (1.5, 0.003, [["k", "oracle", "a" * 64, "b" * 64]])


def test_whether_the_chain_verifies_is_what_the_store_found() -> None:
    assert show_json(CANDIDATE, ["receipt 1 is missing"])["chain"]["verified"] is False
    assert show_json(CANDIDATE, ["receipt 1 is missing"])["chain"]["broken"] == ["receipt 1 is missing"]
    assert show_json(CANDIDATE)["chain"]["verified"] is None


def test_a_candidate_without_receipts_fits_the_schema() -> None:
    bare = replace(CANDIDATE, revisions=(), receipts=())
    jsonschema.validate(json.loads(json.dumps(show_json(bare))), SHOW_SCHEMA)
