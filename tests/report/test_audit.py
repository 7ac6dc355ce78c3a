"""An audit's figures: counted by hand, in the published shape, and never made up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import jsonschema
import pytest

from factory.audit import GATE
from factory.ports import JobRecord, JobState, Policy
from factory.report.audit import AUDIT_SCHEMA, BAR, Audited, audit_json, standing
from factory.statistics import wilson
from factory.types import CallRef, Candidate, Coordinate, Finding, Outcome, Receipt, Revision, State

KINDS = [
    {"kind": "blot", "gate": "look", "planted": 4, "unborne": 1, "failed": 0, "problem": ""},
    {"kind": "smear", "gate": "look", "planted": 2, "unborne": 0, "failed": 3, "problem": "it raised KeyError: 'x' (item g1)"},
    {"kind": "lie", "gate": "think", "planted": 2, "unborne": 0, "failed": 0, "problem": ""},
    {"kind": "stale", "gate": "left", "planted": 1, "unborne": 0, "failed": 0, "problem": ""},
    {"kind": "typo", "gate": "thimk", "planted": 0, "unborne": 0, "failed": 0, "problem": "there is no gate 'thimk'"},
]


def job(**changes: Any) -> JobRecord:
    told = {
        "gates": [["look", "1"], ["think", "1"], ["rest", "1"]],
        "without": ["left"],
        "kinds": KINDS,
        "bar": BAR.shown(),
        "source": "file",
        "good": 3,
    }
    made = JobRecord(
        id="audit-1", kind="audit", spec_name="s", spec_identity="i", recipe="r", recipe_version="1", seed=0, lookahead=8,
        policy=Policy(attempts=9), inputs={"audit": told}, fingerprint={}, state=JobState.DONE,
    )  # fmt: skip
    return replace(made, **changes)


def receipt(gate: str, outcome: Outcome, evidence: dict[str, Any] | None = None, calls: int = 0) -> Receipt:
    finding = Finding(outcome, "ok" if outcome is Outcome.PASS else "seen", "", evidence or {})
    made = tuple(CallRef(f"k{n}", "oracle", "q", "a") for n in range(calls))
    return Receipt(0, gate, "1", {}, 0, finding, calls=made, seconds=0.5 * calls, cost_nano_usd=1_000_000 * calls)


def candidate(kind: str, gate: str, *asked: Receipt) -> Candidate:
    closing = receipt(GATE, Outcome.REJECT, {"item": "g", "kind": kind, "gate": gate})
    revisions = (Revision(0, {}, "audit"),)
    return Candidate("c", 0, "s", "r", "1", Coordinate(()), State.REJECTED, revisions, (*asked, closing))


PASS, REJECT, HOLD, REPAIR, ERROR = Outcome.PASS, Outcome.REJECT, Outcome.HOLD, Outcome.REPAIR, Outcome.ERROR
SEEN = [
    candidate("", "", receipt("look", PASS), receipt("think", PASS), receipt("rest", ERROR)),
    candidate("", "", receipt("look", REPAIR), receipt("think", PASS), receipt("rest", PASS)),
    candidate("", "", receipt("look", PASS), receipt("think", PASS), receipt("rest", PASS)),
    candidate("blot", "look", receipt("look", REPAIR)),
    candidate("blot", "look", receipt("look", HOLD)),
    candidate("blot", "look", receipt("look", PASS), receipt("think", REJECT, calls=3)),
    candidate("smear", "look", receipt("look", ERROR), receipt("think", PASS, calls=3), receipt("rest", PASS)),
    candidate("lie", "think", receipt("look", REJECT), receipt("think", REJECT, calls=4)),
    candidate("lie", "think", receipt("look", PASS), receipt("think", PASS, calls=2), receipt("rest", PASS)),
    candidate("stale", "left", receipt("look", PASS), receipt("think", PASS), receipt("rest", REJECT)),
]


@pytest.fixture
def rows() -> dict[str, dict[str, Any]]:
    return {row["gate"]: row for row in audit_json(job(), SEEN)["gates"]}


def test_the_shape_is_the_published_one() -> None:
    for seen in (SEEN, []):
        jsonschema.validate(audit_json(job(), seen), AUDIT_SCHEMA)


def test_a_gate_is_measured_by_its_own_finding_whatever_came_before_it(rows: dict[str, dict[str, Any]]) -> None:
    think = rows["think"]
    assert (think["planted"], think["caught"], think["catch_rate"]) == (2, 1, 0.5)
    assert think["catch_low"] == wilson(1, 2).rounded().low
    assert think["caught_by"] == {"look": 1, "nobody": 1}


def test_a_gate_that_broke_on_a_defect_has_not_caught_it(rows: dict[str, dict[str, Any]]) -> None:
    look, rest = rows["look"], rows["rest"]
    assert (look["planted"], look["caught"], look["errors"], look["good_errors"]) == (4, 2, 1, 0)
    assert look["caught_by"] == {"look": 2, "think": 1, "nobody": 1}
    assert (rest["good"], rest["false_rejects"], rest["errors"], rest["good_errors"]) == (2, 0, 1, 1)


def test_false_rejects_and_their_reasons(rows: dict[str, dict[str, Any]]) -> None:
    look = rows["look"]
    assert (look["good"], look["false_rejects"], look["false_reject_reasons"]) == (3, 1, {"seen": 1})
    assert look["false_reject_rate"] == pytest.approx(1 / 3, abs=1e-4)


def test_a_good_item_that_a_gate_was_asked_about_twice_is_one_good_item() -> None:
    seen = [
        candidate("", "", receipt("think", PASS), receipt("think", REJECT)),
        candidate("", "", receipt("think", PASS), receipt("think", PASS)),
        candidate("", "", receipt("think", ERROR), receipt("think", PASS)),
        candidate("", "", receipt("think", ERROR), receipt("think", REJECT)),
    ]
    think = next(row for row in audit_json(job(), seen)["gates"] if row["gate"] == "think")
    assert (think["good"], think["false_rejects"], think["good_errors"]) == (3, 2, 1)


def test_a_disabled_gate_catches_nothing_and_what_stops_its_defects_is_told(rows: dict[str, dict[str, Any]]) -> None:
    left = rows["left"]
    assert (left["planted"], left["caught"], left["trust"]) == (1, 0, "disabled")
    assert left["caught_by"] == {"rest": 1}


def test_cost_is_of_the_gates_own_calls_per_defect_caught(rows: dict[str, dict[str, Any]]) -> None:
    think = rows["think"]
    assert (think["calls"], think["calls_per_caught"], think["seconds_per_caught"]) == (6, 6.0, 3.0)
    assert think["cost_per_caught_usd"] == pytest.approx(0.006)
    assert rows["rest"]["calls_per_caught"] is None


def test_nothing_planted_is_no_rate_and_no_trust(rows: dict[str, dict[str, Any]]) -> None:
    assert rows["rest"]["catch_rate"] is None
    assert rows["rest"]["trust"] == "never audited"


def test_what_went_wrong_in_planting_is_told() -> None:
    told = audit_json(job(), SEEN)["problems"]
    assert told == ["smear (look): 3 tries failed; it raised KeyError: 'x' (item g1)", "typo (thimk): there is no gate 'thimk'"]


def many(caught: int, planted: int, stopped: int, good: int, missed: Outcome = PASS, broken: int = 0) -> dict[str, Any]:
    seen = [candidate("lie", "think", receipt("think", REJECT if n < caught else missed)) for n in range(planted)]
    seen += [candidate("", "", receipt("think", HOLD if n < stopped else PASS)) for n in range(good)]
    seen += [candidate("", "", receipt("think", ERROR)) for _ in range(broken)]
    return next(row for row in audit_json(job(), seen)["gates"] if row["gate"] == "think")


@pytest.mark.parametrize(
    ("figures", "trust", "why"),
    [
        ((150, 150, 0, 150), "trusted", ""),
        ((143, 150, 4, 150), "trusted", ""),
        ((141, 150, 0, 150), "untrusted", "it caught 94.0%"),
        ((20, 20, 0, 150), "untrusted", "of so few defects"),
        ((150, 150, 5, 150), "untrusted", "it stopped 3.3%"),
        ((150, 150, 0, 0), "untrusted", "no good item"),
        ((150, 150, 0, 1), "untrusted", "of so few good items, 1 where 50 are needed"),
        ((150, 150, 0, 49), "untrusted", "of so few good items, 49"),
        ((150, 150, 1, 50), "trusted", ""),
        ((60, 150, 0, 150, ERROR), "untrusted", "it caught 40.0%, less than 95% (it broke on 90)"),
        ((0, 150, 0, 150, ERROR), "untrusted", "it caught 0.0%"),
        ((150, 150, 0, 150, PASS, 5), "untrusted", "it broke on 5 of 155 good items"),
        ((150, 150, 0, 150, PASS, 4), "trusted", ""),
    ],
)
def test_the_bar(figures: Any, trust: str, why: str) -> None:
    row = many(*figures)
    assert row["trust"] == trust
    assert why in row["why"]


@pytest.mark.parametrize(
    ("figures", "few"),
    [
        ((150, 150, 0, 150), False),
        ((6, 6, 0, 150), True),
        ((57, 60, 0, 150), True),
        ((5, 6, 0, 150), True),
        ((1, 6, 0, 150), False),
        ((150, 150, 0, 10), True),
        ((150, 150, 1, 10), True),
        ((150, 150, 5, 10), False),
        ((120, 150, 0, 150), False),
    ],
)
def test_too_few_are_those_of_which_more_might_change_the_mark(figures: Any, few: bool) -> None:
    assert many(*figures)["too_few"] is few


def test_the_fewest_defects_that_can_meet_the_bar() -> None:
    assert BAR.planted == 35
    assert wilson(35, 35).low >= BAR.catch_low > wilson(34, 34).low


def test_kinds_that_nobody_planted_are_named() -> None:
    told = {**job().inputs["audit"], "unplanted": {"think": ["doubt"]}}
    rows = audit_json(job(inputs={"audit": told}), SEEN)["gates"]
    assert {row["gate"]: row["unplanted"] for row in rows} == {"look": [], "think": ["doubt"], "rest": [], "left": []}


def test_a_dead_processs_audit_is_interrupted() -> None:
    assert audit_json(job(state=JobState.RUNNING), SEEN, alive=False)["state"] == "interrupted"


@dataclass(frozen=True)
class Look:
    sharp: bool = True

    name: ClassVar[str] = "look"
    version: ClassVar[str] = "1"


def finished(name: str, **rows: dict[str, Any]) -> Audited:
    return Audited(name, "2026-01-01", rows, {gate: ("1", {"sharp": True}) for gate in rows}, True)


def row(trust: str, *, few: bool = False) -> dict[str, Any]:
    rates = {"catch_rate": 1.0, "catch_low": 0.9, "false_reject_rate": 0.0}
    return {"trust": trust, "why": "", "too_few": few, "unplanted": ["blot"], **rates}


FEW = row("untrusted", few=True)


@pytest.mark.parametrize(
    ("rows", "job", "trust"),
    [
        ([], None, "never audited"),
        ([{"think": row("trusted")}, {"look": row("untrusted")}], "job-1", "untrusted"),
        ([{"look": row("never audited")}, {"look": row("untrusted")}], "job-1", "untrusted"),
        ([{"look": FEW}, {"look": row("trusted")}], "job-1", "trusted"),
        ([{"look": row("untrusted")}, {"look": row("trusted")}], "job-0", "untrusted"),
        ([{"look": FEW}, {"look": FEW}], "job-0", "untrusted"),
    ],
)
def test_of_each_gate_the_last_audit_speaks_that_could_tell(rows: list[dict[str, Any]], job: str | None, trust: str) -> None:
    audits = [finished(f"job-{place}", **each) for place, each in enumerate(rows)]
    found = standing(Look(), audits)  # type: ignore[arg-type]
    assert (found["job"], found["trust"]) == (job, trust)
    assert found["unplanted"] == (["blot"] if job else []) and found["apart"] == ""
    assert job is None or standing(Look(sharp=False), audits)["apart"] == "other settings"  # type: ignore[arg-type]
