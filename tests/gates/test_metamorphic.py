"""The invariants gate with relations: known without a model where the payload says enough, else asked of the oracles."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from factory.errors import BadInput, FailureKind
from factory.gate import GateContext, settings_of
from factory.types import Coordinate, Finding, Item, Member, Outcome, Role
from gates.invariants import Invariants
from recipes.ground_truth.payload import GroundTruth, Settings
from recipes.ground_truth.recipe import GroundTruthTask
from recipes.ground_truth.rehearsal.author_defects import WRITERS
from tests.gates.seats import SPEC, FakeSeat, Reply
from tests.recipes.drawing import plan
from tests.recipes.test_scrutiny import PlayedSeat, sound

ALL = ("paraphrase", "entity_swap", "irrelevant_context", "number_scaling")
RELATED = Invariants(relations=ALL)


def check(payload: Any, seats: tuple[Any, ...], gate: Invariants = RELATED) -> Finding:
    corpus: Any = None
    context = GateContext(SPEC, GroundTruthTask(Settings()), corpus, random.Random(0), {Role.ORACLE: seats})
    raw = dict(payload) if isinstance(payload, dict) else payload.model_dump()
    return asyncio.run(gate.check(Item("c", 0, 0, Coordinate(()), raw, payload), context))


def oracle(name: str) -> PlayedSeat:
    return PlayedSeat(Role.ORACLE, 0, Member(model="sim:oracle"), name)


def says(*answers: Reply) -> tuple[FakeSeat, ...]:
    replies = [json.dumps({"answer": one, "objection": ""}) if not isinstance(one, FailureKind) else one for one in answers]
    return tuple(FakeSeat(Role.ORACLE, slot, lambda *_, one=one: one) for slot, one in enumerate(replies))  # type: ignore[misc]


def item(prompt: str, answer: str, solution: str = "") -> GroundTruth:
    return GroundTruth(prompt=prompt, answer=answer, solution=solution, unit="")


YES_NO = item("A shelf holds 12 jars. Is the number of jars more than 9?", "yes")
SCALED = item("Tim has 4 apples and buys 5 apples. How many apples does he have?", "9", "4 + 5 = 9")


def test_sound_rehearsal_items_stand_and_wrong_references_are_held() -> None:
    payloads = [GroundTruth.model_validate(raw) for raw in sound(40, 60)]
    good = [check(payload, (oracle(str(n)),)) for n, payload in enumerate(payloads)]
    tried = [len(one.evidence["relations"]) for one in good]
    assert sum(tried) >= 40, tried
    assert sum(one.outcome is not Outcome.PASS for one in good) <= 1, [one.detail for one in good]
    wrong = [WRITERS["wrong_reference"](plan(seed), random.Random(seed)) for seed in range(40)]
    found = [check(GroundTruth.model_validate(raw), (oracle(str(n)),)) for n, raw in enumerate(wrong)]
    applied = [one for one in found if one.outcome is not Outcome.REPAIR and one.evidence.get("relations")]
    assert len(applied) >= 20
    held = [one for one in applied if (one.outcome, one.reason) == (Outcome.HOLD, "relation_broken")]
    assert len(held) >= 0.95 * len(applied)


def test_negation_flips_and_scaling_has_its_power() -> None:
    negation = Invariants(relations=("negation",))
    assert check(YES_NO, says("no"), negation).outcome is Outcome.PASS
    assert check(YES_NO, says("yes"), negation).reason == "relation_broken"
    scaling = Invariants(relations=("number_scaling",))
    asked = says("27")
    assert check(SCALED, asked, scaling).outcome is Outcome.PASS
    assert "12 apples" in asked[0].messages[0][-1].text and "4 apples" not in asked[0].messages[0][-1].text
    found = check(SCALED, says("9"), scaling)
    assert (found.outcome, found.reason) == (Outcome.HOLD, "relation_broken")
    assert found.evidence["relations"][0]["expected"]["factor"] == "3"


def test_the_share_of_the_oracles_decides_and_words_that_do_not_come_decide_nothing() -> None:
    scaling = Invariants(relations=("number_scaling",))
    assert check(SCALED, says("27", "9", "27"), scaling).outcome is Outcome.PASS
    assert check(SCALED, says("9", "9", "27"), scaling).outcome is Outcome.HOLD
    assert check(SCALED, says(FailureKind.REFUSED, "27"), scaling).outcome is Outcome.PASS
    assert check(SCALED, says(FailureKind.REFUSED), scaling).reason == "oracle_unavailable"


def test_what_the_payload_says_is_compared_without_a_model() -> None:
    negation = Invariants(relations=("negation",))
    carried = {**YES_NO.model_dump(), "changed_answers": {"negation": "no"}}
    assert check(carried, (), negation).outcome is Outcome.PASS
    found = check({**carried, "changed_answers": {"negation": "yes"}}, (), negation)
    assert (found.outcome, found.reason) == (Outcome.REPAIR, "relation_broken")
    unfit = check(item(YES_NO.prompt, "12"), (), negation)
    assert (unfit.outcome, unfit.reason) == (Outcome.REPAIR, "answer_unfit")


def test_off_by_default_and_wrong_settings_name_the_field() -> None:
    assert Invariants().relations == () and Invariants().roles == () and RELATED.roles == (Role.ORACLE,)
    assert Invariants(**settings_of(RELATED)) == RELATED
    found = check(SCALED, (), Invariants())
    assert found.outcome is Outcome.PASS and "relations" not in found.evidence
    wrong: list[dict[str, Any]] = [
        {"relations": ("negashun",)},
        {"relations": ("negation",), "answer_field": ""},
        {"relation_share": 0},
    ]
    for settings in wrong:
        with pytest.raises(BadInput, match=r"gates\.invariants\.relation"):
            Invariants(**settings)
