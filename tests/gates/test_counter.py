"""The counter gate: who decides on a critic's claim, what they are shown, and what becomes of the item."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from factory.canonical import canonical_json
from factory.errors import BadInput, FailureKind, ProviderUnusable
from factory.gate import GateContext, Grade, settings_of
from factory.types import Finding, Outcome, Role
from gates.counter import Counter
from tests.gates.scrutiny import ScrutinyTask, context_of, critic, judge
from tests.gates.seats import FakeSeat, FakeTask, Reply, item_of

NONE = {"kind": "none"}
RIVAL = {"kind": "rival_answer", "rival": "13", "argument": "counted again"}
SECOND = {"kind": "second_reading", "rival": "13", "argument": "the rest of what"}
GAP = {"kind": "missing_assumption", "rival": "13", "argument": "days are not given"}
CLASH = {"kind": "contradictory_givens", "argument": "4 and 5"}


def ruling(asked: list[Any], *, holds: bool = True, supported: tuple[str, ...] = ("12", "13")) -> Reply:
    """An arbiter who supports these answers, wherever they stand."""
    said: dict[str, Any] = {"holds": holds, "why": "so"}
    for place, answer in zip(("first", "second"), asked[2:], strict=False):
        said[place] = answer in supported
    return json.dumps(said)


def upholding(slot: int = 0) -> FakeSeat:
    return judge(lambda asked: ruling(asked), slot)


def denying(slot: int = 0) -> FakeSeat:
    return judge(lambda asked: ruling(asked, holds=False, supported=("12",)), slot)


def check(*seats: FakeSeat, gate: Counter | None = None, context: GateContext | None = None) -> Finding:
    found = asyncio.run((gate or Counter()).check(item_of("12"), context or context_of(seats)))
    canonical_json([found.evidence, found.measures, found.flags])
    return found


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [(RIVAL, Outcome.REJECT), (SECOND, Outcome.REPAIR), (GAP, Outcome.REPAIR), (CLASH, Outcome.REJECT)],
)
def test_an_upheld_claim_stops_the_item_by_its_kind(claim: dict[str, str], outcome: Outcome) -> None:
    found = check(critic(NONE, claim), upholding())
    assert (found.outcome, found.reason) == (outcome, claim["kind"])
    assert claim["argument"] in found.detail  # what the author must clear up
    tried = found.evidence["attempts"]
    assert [row["verdict"] for row in tried] == ["nothing_found", "upheld"] and tried[1]["rulings"][0]["upholds"]


@pytest.mark.parametrize("claim", [RIVAL, SECOND, GAP, CLASH])
def test_a_claim_that_is_turned_away_is_kept_and_flagged(claim: dict[str, str]) -> None:
    found = check(critic(claim, NONE), denying())
    assert (found.outcome, found.flags) == (Outcome.PASS, ("claim_turned_away",))
    rival = claim["rival"] if claim in (RIVAL, SECOND) else ""
    assert found.evidence["attempts"][0] | {"rulings": []} == {
        "slot": 0, "sample": 0, "failure": "", "kind": claim["kind"], "rival": claim.get("rival", ""), "heard": rival,
        "program": "", "worked": "", "argument": claim["argument"], "verdict": "turned_away", "rulings": [],
        "grader_accepts_rival": False if rival else None,
    }  # fmt: skip


def test_nothing_found_asks_no_arbiter() -> None:
    arbiter = upholding()
    found = check(critic(NONE, NONE), arbiter)
    assert (found.outcome, found.flags, arbiter.asked) == (Outcome.PASS, (), [])


@pytest.mark.parametrize("kind", ["rival_answer", "second_reading"])
def test_a_rival_that_the_grader_holds_equal_is_no_rival(kind: str) -> None:
    arbiter = upholding()
    found = check(critic({"kind": kind, "rival": " 12 "}, NONE), arbiter)
    assert found.outcome is Outcome.PASS and arbiter.asked == []
    assert found.evidence["attempts"][0]["verdict"] == "same_answer"


def test_a_rival_answer_without_an_answer_is_no_claim() -> None:
    arbiter = upholding()
    found = check(critic({"kind": "rival_answer", "argument": "hm"}, NONE), arbiter)
    assert found.outcome is Outcome.PASS and arbiter.asked == []


@dataclass
class NumberTask(ScrutinyTask):
    """Its answers are numbers, where the item is one. unread: answers the grader finds nothing in."""

    unread: tuple[str, ...] = ()

    async def grade(self, payload: Any, answer: str, context: GateContext) -> Grade:
        grade = await super().grade(payload, answer, context)
        return Grade(False, "") if answer in self.unread else grade

    def calculable(self, payload: Any) -> bool:
        return str(payload).isdigit()

    def calculated(self, payload: Any, value: Fraction, said: str) -> str:
        return said if said == str(value) else str(value)


def heard(claim: dict[str, str], *arbiters: FakeSeat) -> tuple[Finding, NumberTask]:
    task = NumberTask()
    seats = [critic({"program": "", **claim}, {"program": "", **NONE}), *arbiters]
    return check(context=context_of(seats, task=task)), task


@pytest.mark.parametrize("kind", ["rival_answer", "second_reading"])
@pytest.mark.parametrize("said", ["13", "12", ""])
def test_a_rival_is_what_its_program_comes_to_whatever_was_said(kind: str, said: str) -> None:
    arbiter = judge(lambda asked: ruling(asked, supported=("12", "14")))
    found, task = heard({"kind": kind, "rival": said, "program": "a = 2 * 3\na + 8"}, arbiter)
    assert found.reason == kind and set(task.arbitrated[0]) == {"12", "14"}
    assert found.detail.endswith("it would lead to 14")
    row = found.evidence["attempts"][0]
    told = {name: row[name] for name in ("rival", "program", "worked", "heard", "grader_accepts_rival")}
    assert told == {
        "rival": said, "program": "a = 2 * 3\na + 8", "worked": "14", "heard": "14", "grader_accepts_rival": False
    }  # fmt: skip


@pytest.mark.parametrize("said", ["13", "12", ""])
def test_a_figure_that_its_own_steps_do_not_reach_asks_nobody(said: str) -> None:
    arbiter = upholding()
    found, _ = heard({"kind": "rival_answer", "rival": said, "program": "3 * 4"}, arbiter)
    assert found.outcome is Outcome.PASS and arbiter.asked == []
    row = found.evidence["attempts"][0]
    assert (row["verdict"], row["heard"], row["grader_accepts_rival"]) == ("same_answer", "12", True)
    assert found.flags == ("claim_turned_away", *(["program_disagrees"] if said == "13" else []))


def test_a_second_reading_whose_steps_are_those_of_the_first_is_heard_with_the_rival_it_names() -> None:
    found, task = heard({"kind": "second_reading", "rival": "13", "program": "3 * 4"}, upholding())
    assert found.reason == "second_reading" and set(task.arbitrated[0]) == {"12", "13"}
    assert found.detail.endswith("it would lead to 13")
    for said in ("12", ""):
        arbiter = upholding()
        found, _ = heard({"kind": "second_reading", "rival": said, "program": "3 * 4"}, arbiter)
        assert found.outcome is Outcome.PASS and arbiter.asked == []


def test_a_second_reading_that_names_no_answer_is_not_heard_for_its_words() -> None:
    task, arbiter = NumberTask(accepts=lambda answer, reference: answer == reference), upholding()
    task.unread = ("none", "n/a")
    for said in task.unread:
        seats = [critic({"kind": "second_reading", "rival": said, "program": "3 * 4"}, NONE), arbiter]
        found = check(context=context_of(seats, task=task))
        assert found.outcome is Outcome.PASS and arbiter.asked == []
        assert found.evidence["attempts"][0]["verdict"] == "same_answer"


def test_nothing_is_graded_twice_and_no_program_disagrees_with_nothing() -> None:
    arbiter = denying()
    found, task = heard({"kind": "second_reading", "rival": "12"}, arbiter)
    assert found.outcome is Outcome.PASS and task.labels == ["0/rival/"] and arbiter.asked == []
    for program in ("", "n/a", "the sum of all"):
        found, _ = heard({"kind": "second_reading", "rival": "13", "program": program}, denying())
        assert found.flags == ("claim_turned_away",)


def test_a_program_that_comes_to_nothing_leaves_the_rival_as_it_was_said() -> None:
    found, task = heard({"kind": "rival_answer", "rival": "13", "program": "thirteen"}, upholding())
    assert found.reason == "rival_answer" and set(task.arbitrated[0]) == {"12", "13"}
    assert found.evidence["attempts"][0]["worked"] == "nothing: `thirteen` has no value"
    arbiter = upholding()
    found, _ = heard({"kind": "rival_answer", "program": "1 / 0"}, arbiter)
    assert found.outcome is Outcome.PASS and found.evidence["attempts"][0]["verdict"] == "no_rival" and arbiter.asked == []


def test_a_claim_that_does_not_hang_on_an_answer_is_heard_without_its_program() -> None:
    found, task = heard({"kind": "missing_assumption", "rival": "13", "program": "3 * 4"}, upholding())
    assert found.reason == "missing_assumption" and task.arbitrated == [()]


@pytest.mark.parametrize(("reference", "asked"), [("12", True), ("a dozen", False)])
def test_only_of_a_number_is_a_program_asked(reference: str, asked: bool) -> None:
    one = critic(NONE, NONE)
    asyncio.run(Counter().check(item_of(reference), context_of([one], task=NumberTask())))
    assert [schema and "program" in schema.schema["required"] for schema in one.schemas] == [asked, asked]


def test_an_arbiter_must_also_support_the_rival_of_a_second_reading_but_not_of_a_gap() -> None:
    only_reference = judge(lambda asked: ruling(asked, supported=("12",)))
    assert check(critic(SECOND, NONE), only_reference).outcome is Outcome.PASS
    only_reference = judge(lambda asked: ruling(asked, supported=("12",)))
    assert check(critic(GAP, NONE), only_reference).outcome is Outcome.REPAIR


def test_rival_and_reference_stand_in_an_order_that_tells_nothing() -> None:
    orders = set()
    for seed in range(12):
        task, arbiters = ScrutinyTask(), [upholding(), upholding(1)]
        assert check(context=context_of([critic(RIVAL, NONE), *arbiters], task=task, seed=seed)).reason == "rival_answer"
        orders.update(task.arbitrated)
        assert all("reference" not in arbiter.messages[0][0].text for arbiter in arbiters)
    assert orders == {("12", "13"), ("13", "12")}


def test_only_judges_unrelated_to_author_and_critic_decide() -> None:
    relatives = {(Role.AUTHOR, 0): frozenset({0}), (Role.CRITIC, 0): frozenset({1})}
    arbiters = [denying(0), denying(1), upholding(2)]
    found = check(context=context_of([critic(CLASH, NONE), *arbiters], relatives=relatives))
    assert found.reason == "contradictory_givens"
    assert [len(arbiter.asked) for arbiter in arbiters] == [0, 0, 1]


def test_more_than_half_uphold_and_half_hold() -> None:
    assert check(critic(CLASH, NONE), upholding(), upholding(1), denying(2)).outcome is Outcome.REJECT
    assert check(critic(CLASH, NONE), upholding(), denying(1), denying(2)).outcome is Outcome.PASS
    found = check(critic(CLASH, NONE), upholding(), denying(1))
    assert (found.outcome, found.reason) == (Outcome.HOLD, "disputed")


def test_an_upheld_claim_ends_the_hearing_and_the_same_words_are_heard_once() -> None:
    arbiter = denying()
    check(critic(CLASH, CLASH), arbiter)
    assert len(arbiter.asked) == 1
    arbiter = upholding()
    found = check(critic(CLASH, GAP), arbiter)
    assert len(arbiter.asked) == 1 and [row["verdict"] for row in found.evidence["attempts"]] == ["upheld", "unheard"]


def test_calls_that_do_not_come() -> None:
    assert check(critic(FailureKind.REFUSED, FailureKind.EMPTY), upholding()).reason == "critic_unavailable"
    assert check(critic(FailureKind.REFUSED, NONE), upholding()).outcome is Outcome.PASS
    gone = judge(lambda _: FailureKind.REFUSED)
    assert check(critic(CLASH, NONE), gone).reason == "arbiter_unavailable"
    assert check(critic(CLASH, NONE), judge(lambda _: FailureKind.REFUSED), upholding(1)).outcome is Outcome.REJECT
    with pytest.raises(ProviderUnusable):
        check(critic(CLASH, NONE), judge(lambda _: ProviderUnusable("no quota")))


def test_an_arbiter_who_supports_neither_answer_leaves_a_flag() -> None:
    found = check(critic(RIVAL, NONE), judge(lambda asked: ruling(asked, holds=False, supported=())))
    assert found.flags == ("claim_turned_away", "reference_doubted")


def test_a_task_that_cannot_be_contested_is_an_error() -> None:
    assert check(context=context_of([critic(NONE, NONE)], task=FakeTask())).reason == "not_contestable"


def test_settings_say_how_often_and_what_is_mended() -> None:
    one = critic(CLASH)
    assert check(one, upholding(), gate=Counter(attempts=1, mend=("contradictory_givens",))).outcome is Outcome.REPAIR
    assert one.asked == [("challenge", 0)]
    assert Counter(**settings_of(Counter())) == Counter()
    for wrong in ({"attempts": 0}, {"mend": ("typo",)}):
        (field,) = wrong
        with pytest.raises(BadInput, match=f"gates.counter.{field}"):
            Counter(**wrong)  # type: ignore[arg-type]
