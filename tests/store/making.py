"""Small, complete things to put into a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.ports import Attempt, CallIdentity, CallRecord, CorpusEntry, CorpusItem, GateTally, JobRecord, Landing, Policy
from factory.types import CallRef, Candidate, Coordinate, Finding, Outcome, Receipt, Revision, Stage, State
from factory.types.candidate import candidate_id

EMBEDDER = "test-embedder"


def a_job(id: str = "job-a", *, seed: int = 7, **changes: Any) -> JobRecord:
    fields: dict[str, Any] = {
        "kind": "run",
        "spec_name": "shares",
        "spec_identity": "spec-1",
        "recipe": "ground_truth",
        "recipe_version": "1",
        "lookahead": 256,
        "policy": Policy(accept=40, max_attempts=400),
        "inputs": {"spec": "brief: ä\n", "embedder": EMBEDDER},
        "fingerprint": {"spec": "ab", "cast": "cd"},
        "conditions": ("simulated",),
        "simulated": True,
        "created_at": 1000.5,
    }
    return JobRecord(id=id, seed=seed, **(fields | changes))


def a_call(index: int = 0, *, sample: int = 0, response: bytes = b'{"text":"4"}', **changes: Any) -> CallRecord:
    fields: dict[str, Any] = {
        "identity": CallIdentity(index, 0, "difficulty", "screen", "solver", 2, sample),
        "key": f"{index}/0/difficulty/screen/solver/2/{sample}",
        "model": "sim:solver",
        "request_hash": "aa",
        "request": b'{"messages":["2+2?"]}',
        "response_hash": "bb",
        "response": response,
        "status": "ok",
        "attempts": (
            Attempt(1, 1.5, 0.25, "rate_limited", "slow down", reserved_nano_usd=9),
            Attempt(2, 2.5, 0.5, "ok", "", "served", "req-1", 10, 5, 2, 9, 7),
        ),
    }
    return CallRecord(**(fields | changes))


def planting_call(index: int, kind: str, gate: str) -> CallRecord:
    identity = CallIdentity(index, 0, "author", "draft", "author", 0, 0)
    return a_call(index, identity=identity, key=f"{index}/author", planted={"kind": kind, "gate": gate})


OUTCOMES = {State.HELD: Outcome.HOLD, State.REJECTED: Outcome.REJECT, State.ERRORED: Outcome.ERROR}


def a_finding(outcome: Outcome = Outcome.PASS, measures: Mapping[str, Any] | None = None) -> Finding:
    measured = {"band": "hard"} if measures is None else measures
    return Finding(outcome, "ok", "Well formed.", {"length": 12, "near": [0.25, None]}, ("look",), measured)


def a_receipt(seq: int = 0, gate: str = "structure", **changes: Any) -> Receipt:
    fields: dict[str, Any] = {
        "version": "1",
        "settings": {"max": 400, "words": ["a"]},
        "revision": 0,
        "finding": a_finding(),
        "calls": (CallRef(f"k{seq}", "oracle", "rh", "ph", 1.25, 11), CallRef(f"l{seq}", "oracle", "rh", "qh", 0.5, 3)),
        "conditions": ("simulated",),
        "seconds": 1.75,
        "cost_nano_usd": 14,
    }
    return Receipt(seq, gate, **(fields | changes))


def a_candidate(
    index: int = 0,
    *,
    seed: int = 7,
    state: State = State.ACCEPTED,
    measures: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Candidate:
    """One whose last receipt ends in this state and holds these measures."""
    last = a_finding(OUTCOMES.get(state, Outcome.PASS), measures)
    fields: dict[str, Any] = {
        "id": candidate_id("spec-1", "ground_truth", seed, index),
        "spec": "spec-1",
        "recipe": "ground_truth",
        "recipe_version": "1",
        "coordinate": Coordinate((("topic", "shares"), ("steps", 2), ("rate", 0.5), ("negated", False))),
        "revisions": (
            Revision(0, {"prompt": "2+2", "answer": "5"}, "author", "", (CallRef("a0", "author", "rh", "ph", 2.5, 21),)),
            Revision(1, {"prompt": "2+2?", "answer": "4"}, "repair", "oracle/wrong"),
        ),
        "receipts": (
            a_receipt(0),
            a_receipt(1, "oracle", calls=()),
            a_receipt(2, "novelty", revision=1, stage=Stage.LANDING, carried_from=0, finding=last),
        ),
        "lineage": ("c-parent",),
    }
    return Candidate(index=index, state=state, **(fields | changes))


def a_vector(index: int = 0) -> bytes:
    return bytes([index % 256, 1])


def an_item(index: int = 0, *, seed: int = 7) -> CorpusItem:
    """What `a_landing` puts into the corpus, without its vector."""
    return CorpusItem(a_candidate(index, seed=seed).id, f"text {index}", f"t{index % 3}")


def a_landing(
    index: int = 0,
    *,
    seed: int = 7,
    state: State = State.ACCEPTED,
    stopped_by: str = "",
    tallies: tuple[GateTally, ...] = (GateTally("structure", "passed", "", 0, 0.5, 0),),
    measures: Mapping[str, Any] | None = None,
) -> Landing:
    candidate = a_candidate(index, seed=seed, state=state, measures=measures)
    entry = CorpusEntry(candidate.id, f"text {index}", f"t{index % 3}", a_vector(index))
    return Landing(candidate, tallies, stopped_by, entry if state is State.ACCEPTED else None)
