"""The rehearsal roles as the sim provider plays them: what is planted, what is labelled, who slips how often."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from factory.config.spec import load_spec
from factory.gate import GateContext
from factory.graders.number import grade
from factory.types import Anchor, Coordinate, Item, Message, ModelRequest, Outcome
from gates.structure import Structure
from recipes.ground_truth.payload import GroundTruth
from recipes.ground_truth.prompting import conversation
from recipes.ground_truth.recipe import RECIPE
from recipes.ground_truth.rehearsal import roles
from recipes.ground_truth.rehearsal.author import parse_brief
from recipes.ground_truth.rehearsal.author_anchors import KINDS, copied
from recipes.ground_truth.rehearsal.author_defects import (
    GATES,
    ambiguous,
    incomplete,
    leaked_answer,
    malformed,
    too_easy,
    wrong_reference,
)
from recipes.ground_truth.rehearsal.reader import solve
from recipes.ground_truth.rehearsal.reader_ambiguity import two_readings
from tests.recipes.drawing import asking, compositions, plan

ANCHOR = Anchor(
    payload={
        "prompt": "Bo has 12 red pens and buys 3 packs of 8 pens. How many pens does Bo have?",
        "answer": "36",
        "solution": "12 + 3 x 8 = 36",
        "unit": "pens",
    }
)
SKILLS = (-2.0, -0.9, 0.0, 0.9, 2.0)


def brief(anchors: tuple[Anchor, ...] = (ANCHOR,), *, repair: bool = False) -> ModelRequest:
    values: dict[str, Any] = {
        "brief": "Pharmacy sums.",
        "language": "en",
        "coordinate": (
            ("topic", "ward stock", "cupboards"),
            ("steps", "4", ""),
            ("focus", "rates", ""),
            ("style", "story", ""),
        ),
        "persona": "a clerk who copies from three different sheets",
        "perspective": "Begin with the place and the people.",
        "examples": [{"payload": anchor.payload, "critique": "fine"} for anchor in anchors],
        "avoid": ("Some earlier text about pens.",),
        "grader": "number",
        "previous": {"prompt": "x"},
        "reason": "answer_in_prompt",
        "detail": "The prompt gives its answer away.",
    }
    messages = conversation("author.system", "repair.user" if repair else "author.user", values)
    return ModelRequest("sim:author", messages, key="k")


def play(seed: int, plant: dict[str, float], request: ModelRequest | None = None) -> tuple[str, Any]:
    played = roles()["author"].play(request or brief(), {"plant": plant}, random.Random(seed))
    return played.text, played.planted


def test_the_author_reads_the_very_prompts_a_model_gets() -> None:
    found = parse_brief("\n\n".join(message.text for message in brief().messages))
    assert found.coordinate == {"topic": "ward stock", "steps": "4", "focus": "rates", "style": "story"}
    assert found.examples == [ANCHOR.payload]
    assert found.avoid == ("Some earlier text about pens.",)
    assert not found.repair
    assert parse_brief("\n\n".join(message.text for message in brief(repair=True).messages)).repair


def test_the_same_stream_writes_the_same_item() -> None:
    assert play(3, {}) == play(3, {})
    assert play(3, {}) != play(4, {})


def test_an_unplanted_item_is_a_sound_payload() -> None:
    for seed in range(40):
        text, planted = play(seed, {})
        assert planted is None
        made = GroundTruth.model_validate_json(text)
        assert solve(made.prompt) == Fraction(made.answer)


@pytest.mark.parametrize("kind", sorted(GATES))
def test_what_is_planted_is_labelled_with_the_gate_that_must_catch_it(kind: str) -> None:
    _, planted = play(1, {kind: 1.0})
    assert planted == {"kind": kind, "gate": GATES[kind]}


def test_the_rates_are_kept() -> None:
    drawn = Counter((play(seed, dict.fromkeys(GATES, 0.06))[1] or {"kind": "none"})["kind"] for seed in range(600))
    assert all(18 <= drawn[kind] <= 60 for kind in GATES), drawn


def test_without_an_anchor_in_the_prompt_none_is_copied() -> None:
    text, planted = play(1, {"anchor_copy": 1.0}, brief(anchors=()))
    assert planted is None
    assert GroundTruth.model_validate_json(text)


def test_an_anchor_copy_is_of_one_that_was_shown() -> None:
    copies = {json.loads(play(seed, {"anchor_copy": 1.0})[0])["prompt"] for seed in range(30)}
    assert ANCHOR.payload["prompt"] in copies
    assert len(copies) > 3
    assert all("red pens" in " ".join(copy.split()) for copy in copies)


def test_a_repair_is_sound_and_plants_nothing() -> None:
    for seed in range(10):
        text, planted = play(seed, dict.fromkeys(GATES, 1 / len(GATES)), brief(repair=True))
        assert planted is None
        made = GroundTruth.model_validate_json(text)
        assert solve(made.prompt) == Fraction(made.answer)


def test_an_unknown_defect_is_named() -> None:
    with pytest.raises(ValueError, match="plants no 'typo'"):
        play(1, {"typo": 1.0})


# --- the defects against the gates ------------------------------------------------------------------------------------


async def structure(raw: dict[str, Any]) -> Outcome:
    try:
        payload: GroundTruth | None = GroundTruth.model_validate(raw)
        unfit = ""
    except ValueError as problem:
        payload, unfit = None, str(problem)
    context = GateContext(SimpleNamespace(language="en"), *(None,) * 4)  # type: ignore[arg-type]
    return (await Structure().check(Item("c", 0, 0, Coordinate(()), raw, payload, unfit), context)).outcome


def test_structure_stops_leaked_malformed_and_incomplete_items_and_no_other() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        try:
            broken = json.loads(incomplete(plan(seed), rng))
        except json.JSONDecodeError:
            broken = {"unparsed": "..."}
        assert asyncio.run(structure(broken)) is Outcome.REPAIR, broken
        for unfit in (leaked_answer(plan(seed), rng), malformed(plan(seed), rng)):
            assert asyncio.run(structure(unfit)) is Outcome.REPAIR, unfit["prompt"]
        for sound in (wrong_reference(plan(seed), rng), ambiguous(plan(seed), rng), too_easy(plan(seed), rng)):
            assert asyncio.run(structure(sound)) is Outcome.PASS, sound["prompt"]


def test_structure_passes_what_is_sound() -> None:
    for made in compositions(60, start=300):
        raw = {"prompt": made.text, "answer": "123456.5", "solution": made.solution, "unit": made.unit}
        assert asyncio.run(structure(raw)) is Outcome.PASS, made.text


def test_a_wrong_reference_is_wrong_and_close() -> None:
    for seed in range(100):
        made = wrong_reference(plan(seed), random.Random(seed))
        assert solve(made["prompt"]) != Fraction(made["answer"])
        assert Fraction(made["answer"]) > 0


def test_part_of_a_panel_falls_for_a_wrong_reference() -> None:
    """Else difficulty would hold it as suspect, and what the oracle gate adds could not be seen."""
    agree = []
    for seed in range(40):
        made = wrong_reference(plan(seed), random.Random(seed))
        given = [reply["answer"] for skill in SKILLS for reply in answers("solver", made["prompt"], {"skill": skill}, 20)]
        agree.append(given.count(made["answer"]) / len(given))
    assert sum(0.1 < share < 0.9 for share in agree) >= 28, agree


def test_a_malformed_item_is_solvable_all_the_same() -> None:
    made = [malformed(plan(seed), random.Random(seed)) for seed in range(100)]
    assert sum(solve(item["prompt"]) == Fraction(item["answer"]) for item in made) >= 95


def test_an_ambiguous_item_has_two_answers() -> None:
    for seed in range(100):
        made = ambiguous(plan(seed), random.Random(seed))
        found = two_readings(made["prompt"])
        assert found is not None, made["prompt"]
        answers = {solve(text) for text in found.texts}
        assert len(answers) == 2
        assert Fraction(made["answer"]) in answers, made["prompt"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_a_shipped_anchor_has_the_answer_it_states(kind: str) -> None:
    tried = right = altered = 0
    for name in ("pharmacy", "freight"):
        for anchor in load_spec(RECIPE.folder / "specs" / f"{name}.yaml").spec.anchors:
            for seed in range(8):
                copy = copied(anchor.payload, kind, random.Random(seed))
                if copy is None:
                    continue
                tried += 1
                right += solve(copy["prompt"]) == Fraction(copy["answer"])
                altered += copy["answer"] != anchor.payload["answer"] and copy["answer"] in copy["solution"]
    assert tried >= 90
    assert right >= 0.95 * tried
    assert altered == (tried if kind == "numbers" else 0)


def test_other_numbers_are_worked_through_the_solution() -> None:
    copy = copied(ANCHOR.payload, "numbers", random.Random(2))
    assert copy is not None
    assert copy["solution"].endswith(f"= {copy['answer']}")
    assert copy["solution"] != ANCHOR.payload["solution"]
    assert copied({**ANCHOR.payload, "solution": "Count them: 36."}, "numbers", random.Random(2)) is None


def test_a_copy_never_gives_two_bearers_one_name() -> None:
    prompt = "Then Bo, Cy Ann, Dee Eve and Flo counted the pens with Guy and Hal."
    for seed in range(60):
        told = copied({"prompt": prompt.replace("Bo", "Bob")}, "names", random.Random(seed))
        assert told is not None
        names = [word for word in told["prompt"].rstrip(".").replace(",", "").split() if word[0].isupper()]
        assert len(names) == len(set(names))


def test_a_leaked_answer_is_worked_out_all_the_same() -> None:
    leaked = [leaked_answer(plan(seed), random.Random(seed)) for seed in range(300)]
    unsolved = [item["prompt"] for item in leaked if solve(item["prompt"]) != Fraction(item["answer"])]
    assert len(unsolved) <= 4, unsolved[:2]


@pytest.mark.parametrize(
    "told",
    [
        "(Answer: {0} kg)",
        "Hint: you should get {0} kg.",
        "The correct answer is {0}.",
        "Check that you get {0} kg.",
        "Worked out: 90 - 12 = {0}. Answer: {0} kg.",
        "Expected result: {0}.",
        "For checking, the final answer should be {0}.",
        "#### {0}",
    ],
)
def test_a_solver_takes_no_answer_that_it_is_told(told: str) -> None:
    problem = "A kiosk had 90 kites. {} It sold 12 kites a day for 3 days. How many kites were left?"
    assert solve(problem.format(told.format(41) if told[0] != "#" else "")) == 54
    assert solve(problem.format("") + "\n" + told.format(41)) == 54


# --- oracle and solvers -----------------------------------------------------------------------------------------------


def answers(role: str, problem: str, options: dict[str, Any], count: int) -> list[dict[str, str]]:
    return [json.loads(roles()[role].play(asking(problem), options, random.Random(n)).text) for n in range(count)]


def test_the_oracle_answers_and_does_not_object_to_a_sound_problem() -> None:
    for made in compositions(20, start=40):
        assert answers("oracle", made.text, {}, 1) == [{"answer": _shown(made.answer), "objection": ""}]


def test_the_oracle_notices_two_readings_as_often_as_it_is_told_to() -> None:
    made = ambiguous(plan(1), random.Random(1))
    replies = answers("oracle", made["prompt"], {"notice": 0.7}, 200)
    assert 0.6 <= sum(bool(reply["objection"]) for reply in replies) / 200 <= 0.8
    assert len({reply["answer"] for reply in replies}) == 2


@pytest.mark.parametrize("skill", SKILLS)
def test_everyone_solves_one_step(skill: float) -> None:
    right = tried = 0
    for seed in range(30):
        made = too_easy(plan(seed), random.Random(seed))
        replies = answers("solver", made["prompt"], {"skill": skill}, 10)
        right += sum(grade(reply["answer"], made["answer"])[0] for reply in replies)
        tried += len(replies)
    assert right / tried >= 0.99


def test_skill_separates_the_solvers() -> None:
    rates = []
    for skill in SKILLS:
        right = [
            reply["answer"] == _shown(made.answer)
            for made in compositions(40, start=80)
            for reply in answers("solver", made.text, {"skill": skill}, 5)
        ]
        rates.append(sum(right) / len(right))
    assert rates == sorted(rates)
    assert rates[0] < 0.3
    assert rates[-1] > 0.75
    assert 0.35 <= sum(rates) / len(rates) <= 0.65


def test_a_slip_is_never_the_right_answer() -> None:
    for made in compositions(30, start=150):
        for reply in answers("solver", made.text, {"skill": -50}, 5):
            assert reply["answer"] != _shown(made.answer)


def test_a_problem_outside_its_grasp_gets_no_answer_and_no_objection() -> None:
    outside = (
        "Name the capital of Mongolia.",
        "Ann had 9 plums. She gave 2 of them to her brother, who has twice as many as she has. How many plums has he?",
        "A shop sold 40 kites. If 3 of 8 kites were red, how many red kites were sold?",
        "A ferry carries 40 cars. How many litres of paint does the town need?",
    )
    for text in outside:
        for reply in (*answers("oracle", text, {}, 2), *answers("solver", text, {}, 2)):
            assert reply["answer"] == "" and not reply.get("objection")


def test_no_misread_question_of_others_is_answered_with_one_voice(shared_data: Path) -> None:
    rows = (shared_data / "gsm8k" / "test.jsonl").read_text("utf-8").splitlines()[:300]
    given = [solve(json.loads(row)["question"]) for row in rows]
    # Nearly all of these it cannot follow; it used to answer every one of them.
    assert sum(value is not None for value in given) <= 0.15 * len(rows)


def test_only_the_problem_between_the_marks_is_read() -> None:
    request = ModelRequest(
        "sim:oracle",
        (
            Message.of(
                "user",
                "Mind the 99 traps.\n<problem>\nA bin had 9 nuts. 4 nuts were lost. How many nuts were left?\n</problem>",
            ),
        ),
        key="k",
    )
    assert json.loads(roles()["oracle"].play(request, {}, random.Random(0)).text)["answer"] == "5"


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}".rstrip("0").rstrip(".")
