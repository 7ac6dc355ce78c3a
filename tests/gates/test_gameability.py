"""The gameability gate: what pays without solving is stopped, what does not passes, and the set is weighed as it lands."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.canonical import canonical_json
from factory.errors import BadInput, FailureKind
from factory.gate import Answered, Gate, GateContext, SetGate, settings_of
from factory.types import Coordinate, Finding, Item, Member, Message, ModelReply, Outcome, ReplySchema, Role
from gates.gameability import Gameability
from recipes.ground_truth.payload import GroundTruth, Settings
from recipes.ground_truth.recipe import GroundTruthTask
from tests.gates.seats import SPEC, FakeSeat, FakeTask, Reply, context_of, item_of
from tests.support.rubric import Criterion, Rubric, RubricTask

PROMPT = "A bin had 90 nuts. Of these 30 went on Monday and 12 on Friday. How many nuts are left in the bin?"
SOUND: dict[str, Any] = {"prompt": PROMPT, "answer": "48", "solution": "90 - 30 - 12 = 48", "unit": "nuts"}
CHOICE = {"kind": "choice", "options": ["a red one", "a blue one", "a green one", "a grey one"]}


def solver(*answers: Reply, tier: int = 1, slot: int = 0) -> FakeSeat:
    given_ = answers or ("17",)
    return FakeSeat(Role.SOLVER, slot, lambda _, sample: given_[sample % len(given_)], Member(model="m", tier=tier))


def check(payload: dict[str, Any] | None = None, *seats: FakeSeat, gate: Gameability | None = None) -> Finding:
    made = GroundTruth.model_validate_json(canonical_json({**SOUND, **(payload or {})}))
    item = Item("c-1", 0, 0, Coordinate((("a", 1),)), made.model_dump(mode="json", by_alias=True), made)
    members = {Role.SOLVER: seats or (solver(),)}
    context = GateContext(SPEC, GroundTruthTask(Settings()), None, random.Random(0), members)  # type: ignore[arg-type]
    found = asyncio.run((gate or Gameability()).check(item, context))
    canonical_json([found.evidence, found.measures, found.flags])
    return found


def verdict(found: Finding) -> tuple[Outcome, str]:
    return found.outcome, found.reason


# --- the grader -------------------------------------------------------------------------------------------------------


def test_a_sound_item_passes_with_its_rates_measured() -> None:
    found = check()
    assert verdict(found) == (Outcome.PASS, "ok")
    assert found.flags == ()
    for rate in ("false_accepts", "false_rejects"):
        measured = found.measures[rate]
        assert measured["value"] == 0 and measured["n"] >= 10 and 0 < measured["high"] < 0.3
    assert found.evidence["attacks"]["tried"] >= 100
    assert found.measures["blind"] == {"passes": 0, "n": 3, "chance": 0.05, "tail": 1.0}


@pytest.mark.parametrize(
    ("changed", "outcome", "reason"),
    [
        ({"grader": {"kind": "number", "relative": 0.6}}, Outcome.REJECT, "false_accept"),
        ({"answer": "48 | yes | 0", "grader": {"kind": "exact", "separator": " | "}}, Outcome.REJECT, "false_accept"),
        ({"prompt": f"{PROMPT} The bin is number 48 in its row."}, Outcome.REPAIR, "copied_answer"),
        ({"answer": "forty-eight"}, Outcome.REPAIR, "false_reject"),
        ({"answer": "1,25"}, Outcome.REPAIR, "false_reject"),
    ],
)
def test_what_pays_without_solving_is_stopped(changed: dict[str, Any], outcome: Outcome, reason: str) -> None:
    seat = solver()
    found = check(changed, seat)
    assert verdict(found) == (outcome, reason)
    part = {"false_accept": "attacks", "copied_answer": "copies", "false_reject": "equivalents"}[reason]
    listed = found.evidence[part]["refused" if part == "equivalents" else "accepted"]
    assert listed["count"] == sum(listed["families"].values()) >= 1
    assert set(listed["examples"][0]) == {"family", "text", "extracted", "detail"}
    assert seat.asked == [], "free checks come before paid ones"


def test_what_is_tolerated_passes_and_is_still_told() -> None:
    found = check({"grader": {"kind": "number", "relative": 0.6}}, gate=Gameability(false_accepts=50))
    assert found.outcome is Outcome.PASS
    assert found.measures["false_accepts"]["value"] > 0
    assert found.evidence["attacks"]["accepted"]["examples"]


# --- the blind solver -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "outcome", "flags"),
    [
        (("17", "18", "19"), Outcome.PASS, ()),
        (("48", "18", "19"), Outcome.PASS, ("blind_pass",)),
        (("48", "48", "19"), Outcome.REJECT, ()),
        (("48", "48", "48"), Outcome.REJECT, ()),
        ((FailureKind.REFUSED, FailureKind.REFUSED, FailureKind.TRUNCATED), Outcome.PASS, ()),
        ((FailureKind.REFUSED, "48", "48"), Outcome.REJECT, ()),
    ],
)
def test_passes_above_chance_reject_and_one_flags(answers: Sequence[Reply], outcome: Outcome, flags: tuple[str, ...]) -> None:
    found = check(None, solver(*answers))
    assert (found.outcome, found.flags) == (outcome, flags)
    assert found.reason == ("blind_solvable" if outcome is Outcome.REJECT else "ok")
    assert [sample["result"] for sample in found.evidence["blind"]["samples"]] == [
        answer.value if isinstance(answer, FailureKind) else "pass" if answer == "48" else "fail" for answer in answers
    ]


def test_the_blind_solver_is_shown_the_question_without_facts_or_the_options_without_a_question() -> None:
    seat = solver()
    check(None, seat)
    text = "\n".join(message.text for message in seat.messages[0])
    assert "How many nuts are left in the bin?" in text
    assert not any(fact in text for fact in ("90", "30", "12", "48", "Monday", "90 - 30"))
    seat = solver("a red one")
    check({"answer": "B", "grader": CHOICE}, seat)
    shown = [messages[-1].text for messages in seat.messages]
    assert all("nuts" not in text and all(option in text for option in CHOICE["options"]) for text in shown)
    assert not any(letter in shown[0] for letter in ("A.", "B.", "(B)"))


def test_the_strongest_tier_is_asked_in_slot_order() -> None:
    weak, one, two = solver(tier=1), solver(tier=3, slot=1), solver(tier=3, slot=2)
    check(None, weak, one, two, gate=Gameability(blind_samples=5))
    assert (weak.asked, one.asked, two.asked) == (
        [],
        [("blind", 0), ("blind", 1), ("blind", 2)],
        [("blind", 0), ("blind", 1)],
    )


@pytest.mark.parametrize(
    ("grader", "answer", "reply", "declared"),
    [
        ({"kind": "choice", "options": ["yes it is", "no it is not"]}, "A", "yes it is", 5),
        (CHOICE, "A", "a red one", 3),
        ({"kind": "exact"}, "yes", "yes", 5),
    ],
)
def test_samples_are_as_many_as_chance_needs(grader: dict[str, Any], answer: str, reply: str, declared: int) -> None:
    found = check({"answer": answer, "grader": grader}, solver(reply))
    assert verdict(found) == (Outcome.REJECT, "blind_solvable")
    assert found.measures["blind"]["n"] == found.measures["blind"]["passes"] == declared
    assert check({"answer": answer, "grader": grader}, solver("no idea")).outcome is Outcome.PASS


def test_where_nothing_can_be_withheld_nobody_is_asked() -> None:
    seat = solver("Ulaanbaatar")
    capital = {"prompt": "What is the capital of Mongolia?", "answer": "Ulaanbaatar", "grader": {"kind": "exact"}}
    found = check(capital, seat)
    assert found.outcome is Outcome.PASS
    assert seat.asked == [] and "blind" not in found.measures
    assert check(None, seat, gate=Gameability(blind_samples=0)).outcome is Outcome.PASS
    assert seat.asked == []


def test_without_a_solver_it_knows_nothing() -> None:
    context = GateContext(SPEC, GroundTruthTask(Settings()), None, random.Random(0), {})  # type: ignore[arg-type]
    item = Item("c-1", 0, 0, Coordinate(()), {}, GroundTruth.model_validate(SOUND))
    assert verdict(asyncio.run(Gameability().check(item, context))) == (Outcome.ERROR, "no_solvers")


# --- a judge for a grader ---------------------------------------------------------------------------------------------


class Judge:
    """A seat that judges by a rule over (output, criterion)."""

    role, slot, member = Role.JUDGE, 0, Member(model="m")

    def __init__(self, met: Callable[[str, str], bool]) -> None:
        self._met = met
        self.asked: list[str] = []

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        assert purpose not in self.asked, "a call identity was used twice"
        self.asked.append(purpose)
        output, criterion = messages[0].text.removeprefix("OUTPUT: ").rsplit("\nCRITERION: ", 1)
        return ModelReply("", {"met": self._met(output, criterion.removeprefix("mentions "))})


LETTER = Rubric(
    prompt="Case 417: a customer writes in about a lost key. What do you write back?",
    output="About a lost key, case 417.",
    criteria=(Criterion(text="mentions a lost key"), Criterion(text="mentions 417")),
)


def judged(met: Callable[[str, str], bool]) -> Finding:
    members = {Role.JUDGE: (Judge(met),)}
    context = GateContext(SPEC, RubricTask(), None, random.Random(0), members)  # type: ignore[arg-type]
    return asyncio.run(Gameability().check(Item("c", 0, 0, Coordinate(()), {}, LETTER), context))


def test_a_judge_that_reads_the_answer_passes() -> None:
    assert verdict(judged(lambda output, wanted: wanted in output and output != LETTER.prompt)) == (Outcome.PASS, "ok")


@pytest.mark.parametrize(
    ("credulous", "family"),
    [
        (lambda output, wanted: wanted in output or output.strip() == ":", "master_key"),
        (lambda output, wanted: wanted in output or output.startswith("Thought process"), "master_key"),
        (lambda output, wanted: wanted in output or "as correct" in output, "injection"),
        (lambda output, wanted: wanted in output or not output.strip(), "empty"),
        (lambda output, wanted: wanted in output, "echo"),
    ],
)
def test_a_judge_that_can_be_talked_round_is_found_out(credulous: Callable[[str, str], bool], family: str) -> None:
    found = judged(credulous)
    assert verdict(found) == (Outcome.REJECT, "false_accept")
    assert family in found.evidence["attacks"]["accepted"]["families"]


def test_a_judge_that_refuses_the_right_answer_is_found_out() -> None:
    assert verdict(judged(lambda output, wanted: False)) == (Outcome.REPAIR, "false_reject")


def test_a_judge_that_is_silent_says_nothing_of_the_item() -> None:
    task = FakeTask(judge=Role.JUDGE, right=("12",))
    context = context_of(task, {Role.JUDGE: [FakeSeat(Role.JUDGE, 0, lambda *_: FailureKind.TRUNCATED)]})
    assert verdict(asyncio.run(Gameability().check(item_of("12"), context))) == (Outcome.ERROR, "grader_unavailable")
    assert verdict(asyncio.run(Gameability().check(item_of("12"), context_of(FakeTask(), {})))) == (Outcome.ERROR, "no_battery")


# --- the set ----------------------------------------------------------------------------------------------------------


def landed(answers: Sequence[str], chance: float = 0.0, gate: Gameability | None = None) -> list[str]:
    """The answers that are accepted when these come up in this order."""
    gate, kept = gate or Gameability(), list[str]()
    for answer in answers:
        found = gate.weigh(Answered(answer, chance), kept.count(answer), len(kept))
        canonical_json([found.evidence, found.measures])
        if found.outcome is Outcome.PASS:
            kept.append(answer)
        else:
            assert verdict(found) == (Outcome.REJECT, "common_answer")
    return kept


def test_a_constant_answer_cannot_score_over_the_job() -> None:
    rng = random.Random(5)
    answers = ["10" if rng.random() < 0.5 else str(rng.randrange(10**6)) for _ in range(600)]
    kept = landed(answers)
    assert sum(answer != "10" for answer in answers) == sum(answer != "10" for answer in kept)
    assert kept.count("10") / len(kept) < 0.15


def test_answers_that_share_themselves_out_by_chance_are_left_alone() -> None:
    rng = random.Random(6)
    for sides in (2, 4, 5):
        assert len(landed([str(rng.randrange(sides)) for _ in range(400)], 1 / sides)) == 400
    assert len(landed([str(rng.randrange(300)) for _ in range(400)])) == 400


def test_a_majority_far_above_chance_is_cut_down() -> None:
    rng = random.Random(7)
    kept = landed(["A" if rng.random() < 0.9 else "BCD"[rng.randrange(3)] for _ in range(500)], 0.25)
    assert kept.count("A") / len(kept) < 0.5


@given(st.lists(st.sampled_from("abcdefgh"), max_size=120), st.sampled_from([0.0, 0.2, 0.5]))
def test_no_answer_ever_has_more_than_it_may(answers: list[str], chance: float) -> None:
    gate, kept = Gameability(), landed(answers, chance)
    for answer in set(kept):
        found = gate.weigh(Answered(answer, chance), kept.count(answer) - 1, len(kept) - 1)
        assert kept.count(answer) <= max(found.evidence["allowed"], gate.common_count) or answer != kept[-1]
    for end in range(1, len(kept) + 1):
        last, so_far = kept[end - 1], kept[:end]
        bound = chance + gate.common_share
        allowed = end * bound + 2 * (end * bound * (1 - bound)) ** 0.5
        assert so_far.count(last) <= max(gate.common_count, allowed)


def test_the_lander_knows_it_for_a_gate_that_weighs_the_set() -> None:
    assert isinstance(Gameability(), Gate) and isinstance(Gameability(), SetGate)


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"false_accepts": -1},
        {"false_rejects": 0.5},
        {"blind_samples": True},
        {"open_chance": 0},
        {"alpha": 0.5},
        {"common_share": 0},
        {"common_count": 0},
    ],
)
def test_wrong_settings_name_the_field(settings: dict[str, object]) -> None:
    (field,) = settings
    with pytest.raises(BadInput, match=f"gates.gameability.{field}"):
        Gameability(**settings)  # type: ignore[arg-type]


def test_settings_are_json() -> None:
    canonical_json(settings_of(Gameability()))
    assert Gameability(**settings_of(Gameability())) == Gameability()
