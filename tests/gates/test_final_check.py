"""The final check: a grader is tried on right and wrong answers before its point is kept."""

from __future__ import annotations

import asyncio

from factory.canonical import canonical_json
from factory.errors import FailureKind
from factory.types import Finding, Outcome, Role
from gates.final_check import FinalCheck
from tests.gates.seats import FakeSeat, FakeTask, context_of, item_of


def check(task: FakeTask, judge: FakeSeat | None = None) -> Finding:
    context = context_of(task, {Role.JUDGE: [judge]} if judge else {})
    found = asyncio.run(FinalCheck().check(item_of("12"), context))
    canonical_json(found.evidence)
    return found


def test_a_sound_grader_passes() -> None:
    found = check(FakeTask(right=("12", " 12 "), wrong=("", "13")))
    assert found.outcome is Outcome.PASS
    assert found.evidence == {"right": 2, "wrong": 2}


def test_a_grader_that_turns_the_reference_away_is_caught_with_the_specimen() -> None:
    found = check(FakeTask(right=("12", "12.0"), wrong=("",)))
    assert (found.outcome, found.reason) == (Outcome.REJECT, "grader_rejects_reference")
    assert found.evidence["specimen"] == "12.0"


def test_a_grader_that_pays_for_containing_the_answer_is_caught_with_the_specimen() -> None:
    found = check(FakeTask(right=("12",), wrong=("", "12 or 13"), accepts=lambda answer, reference: reference in answer))
    assert (found.outcome, found.reason) == (Outcome.REJECT, "grader_accepts_wrong")
    assert found.evidence["specimen"] == "12 or 13"


def test_without_specimens_nothing_is_claimed() -> None:
    assert check(FakeTask(right=(), wrong=("",))).reason == "no_specimens"
    assert check(FakeTask(right=("12",), wrong=())).outcome is Outcome.ERROR


def test_a_judge_that_grades_gets_a_call_per_specimen_and_its_failure_is_an_error() -> None:
    task = FakeTask(judge=Role.JUDGE, right=("12", " 12"), wrong=("", "13"))
    judge = FakeSeat(Role.JUDGE, 0, lambda *_: "fine")
    assert check(task, judge).outcome is Outcome.PASS
    assert len(judge.asked) == 4
    found = check(task, FakeSeat(Role.JUDGE, 0, lambda *_: FailureKind.TRUNCATED))
    assert (found.outcome, found.reason) == (Outcome.ERROR, "grader_unavailable")
