"""Whole rehearsal runs of ground_truth: what was planted is caught, what was not passes, and no prompt leaks the reference.

The embedder is the quick one; scripts/quickstart and the 2,000-attempt run use the real model.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from factory.exports import EXPORTERS, export_set
from factory.orchestrator import RunEnd
from factory.ports import JobRecord, Policy
from factory.report import status_json
from factory.types import Candidate, Role
from recipes import load_shipped
from recipes.ground_truth.recipe import GroundTruthTask
from recipes.ground_truth.rehearsal.author_defects import GATES
from store import SqlStore, open_store
from tests.support.driver import Setup, outcome, start

ATTEMPTS = 240


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqlStore, JobRecord]]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('rehearsal') / 's.db'}")
    job, end = asyncio.run(start(store, Setup("ground_truth"), Policy(attempts=ATTEMPTS), concurrency=32))
    shown = store.snapshot(job.id)
    assert end.error is None and sum(shown.states.values()) == ATTEMPTS, (end, shown)
    yield store, job
    store.close()


def planted(store: SqlStore, job: JobRecord) -> dict[int, str]:
    """What was planted at which index, from the journal: the only place that knows."""
    found = {}
    for index in range(ATTEMPTS):
        for call in store.calls(job.id, index):
            if call.identity.role == "author" and call.identity.revision == 0 and call.planted:
                found[index] = call.planted["kind"]
    return found


def test_what_is_planted_is_caught_by_the_gate_whose_claim_it_breaks(ran: tuple[SqlStore, JobRecord]) -> None:
    shown = ran[0].snapshot(ran[1].id)
    told = status_json(shown)["planted"]
    assert set(told) == set(GATES) - {"incomplete"}, shown
    for kind, row in told.items():
        # At this size one that a noisy oracle stopped first is within what 95 % allows at full size.
        assert row["planted"] >= 5 and row["caught"] >= 0.95 * row["planted"] - 1, (kind, row)


def test_what_is_not_planted_mostly_passes(ran: tuple[SqlStore, JobRecord]) -> None:
    store, job = ran
    defective = planted(store, job)
    sound = [c for c in store.candidates(job_id=job.id) if c.index not in defective]
    states = Counter(c.state.value for c in sound)
    stops = Counter(c.receipts[-1].gate for c in sound if c.state.value != "accepted")
    assert states["accepted"] >= len(sound) / 2, (states, stops)
    elsewhere = sum(count for gate, count in stops.items() if gate not in ("difficulty", "novelty"))
    assert elsewhere <= 0.05 * len(sound), stops
    rate = status_json(store.snapshot(job.id))["measures"]["realism.detected"]
    judged = sum(any(r.gate == "realism" for r in c.receipts) for c in store.candidates(job_id=job.id))
    assert 0 < rate["yes"] < rate["taken"] <= judged and rate["low"] < rate["value"] < rate["high"]
    # The spec has anchors, so each of the three judges was shown a pair, in both orders.
    whole = next(c for c in sound if c.state.value == "accepted" and len(c.revisions) == 1)
    calls = [call.identity for call in store.calls(job.id, whole.index) if call.identity.gate == "realism"]
    asked = Counter(identity.purpose.split(".")[-1] for identity in calls)
    assert asked == {"first": 3, "second": 3}


def test_a_planted_label_reaches_no_receipt_and_no_request(ran: tuple[SqlStore, JobRecord]) -> None:
    store, job = ran
    # "malformed" is also what the journal itself calls such a reply, and a claim of the critic's bears the other name.
    kinds = [kind.encode() for kind in set(planted(store, job).values()) - {"malformed", "missing_assumption"}]
    for index in range(60):
        for call in store.calls(job.id, index):
            assert not any(b'"' + kind + b'"' in call.request + call.response for kind in kinds)


def test_oracles_and_solvers_are_asked_the_prompt_and_nothing_of_the_reference(ran: tuple[SqlStore, JobRecord]) -> None:
    store, job = ran
    recipe = load_shipped("ground_truth")
    spec = Setup("ground_truth").plan().spec
    checked = 0
    for candidate in list(store.candidates(job_id=job.id, states=("accepted",)))[:40]:
        payload = recipe.parse(candidate.payload)
        other = payload.model_copy(update={"answer": "ANSWER", "solution": "SOLUTION", "unit": "UNIT"})
        task = GroundTruthTask(recipe.settings())
        for role in (Role.ORACLE, Role.SOLVER):
            expected = [message.text for message in task.question(other, spec, role)[0]]
            for body in requests(store, job, candidate, role):
                assert [part["text"] for message in body["messages"] for part in message["parts"]] == expected
                assert payload.solution not in str(body)
                checked += 1
    assert checked > 1000


def test_a_blind_solver_is_shown_no_number_of_the_problem(ran: tuple[SqlStore, JobRecord]) -> None:
    store, job = ran
    checked = 0
    for candidate in list(store.candidates(job_id=job.id, states=("accepted",)))[:40]:
        for call in store.calls(job.id, candidate.index):
            if call.identity.purpose == "blind":
                shown = orjson.loads(call.request)["messages"][-1]["parts"][0]["text"]
                assert not any(char.isdigit() for char in shown), shown
                assert candidate.payload["prompt"] not in shown and candidate.payload["answer"] not in shown
                checked += 1
    assert checked >= 100


def requests(store: SqlStore, job: JobRecord, candidate: Candidate, role: Role) -> list[dict[str, Any]]:
    last = candidate.revisions[-1].number
    calls = store.calls(job.id, candidate.index)
    return [
        orjson.loads(call.request)
        for call in calls
        if call.identity.role == role.value and call.identity.revision == last and call.identity.purpose != "blind"
    ]


REMOVED = [
    ("structure", "leaked_answer"),
    ("structure", "malformed"),
    ("novelty", "anchor_copy"),
    ("oracle", "wrong_reference"),
    ("counter", "ambiguous"),
    ("counter", "contradictory"),
    ("counter", "missing_assumption"),
    ("realism", "unnatural"),
    ("difficulty", "too_easy"),
]


@pytest.mark.parametrize(("gate", "kind"), REMOVED)
async def test_with_a_gate_removed_its_defects_pass(tmp_path: Path, gate: str, kind: str) -> None:
    store = open_store(f"sqlite:///{tmp_path / 's.db'}")
    setup = Setup("ground_truth", options={"plant": {kind: 0.5}}, spec={"without": (gate,)})
    job, end = await start(store, setup, Policy(attempts=24), concurrency=16)
    shown = store.snapshot(job.id)
    assert end.error is None and sum(shown.states.values()) == 24, (end, shown)
    told = status_json(shown)["planted"][kind]
    assert told["planted"] >= 6 and told["caught"] == 0
    marked = planted_indices(store, job, 24)
    accepted = [c.index in marked for c in store.candidates(job_id=job.id, states=("accepted",))]
    assert sum(accepted) >= told["planted"] / 2, told
    store.close()


def planted_indices(store: SqlStore, job: JobRecord, attempts: int) -> set[int]:
    return {index for index in range(attempts) if any(call.planted for call in store.calls(job.id, index))}


async def test_forty_rows_the_same_bytes_at_any_concurrency(tmp_path: Path) -> None:
    files, outcomes = [], []
    for concurrency in (1, 8, 64):
        store = open_store(f"sqlite:///{tmp_path / f'{concurrency}.db'}")
        setup = Setup("ground_truth", options={"delay_ms": [0, 3]} if concurrency > 1 else {})
        job, end = await accept_forty(store, setup, concurrency)
        assert end.error is None
        outcomes.append(outcome(store, job.id))
        for form in EXPORTERS:
            out = tmp_path / f"{concurrency}-{form}"
            chosen = store.candidates(states=("accepted",))
            export_set(EXPORTERS[form], chosen, {"ground_truth": load_shipped("ground_truth")}, out)
            files.append([(out / name).read_bytes() for name in (f"data.{form}", "receipts.jsonl")])
        store.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert files[0] == files[2] == files[4] and files[1] == files[3] == files[5]


async def accept_forty(store: SqlStore, setup: Setup, concurrency: int) -> tuple[JobRecord, RunEnd]:
    return await start(store, setup, Policy(accept=40, max_attempts=200), concurrency=concurrency)
