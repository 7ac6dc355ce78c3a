"""Every shipped planter: it repeats itself, leaves its argument alone, and plants what its gate is there to catch."""

from __future__ import annotations

import copy
import random
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from factory.canonical import canonical_json, plain
from factory.gate import Gate
from factory.similarity.text import normalise
from factory.types import Outcome
from gates.defects import PLANTERS, Planter
from gates.final_check import FinalCheck
from gates.structure import Structure
from recipes.ground_truth.payload import GroundTruth
from recipes.ground_truth.planters import planters
from recipes.ground_truth.recipe import RECIPE
from tests.gates.test_defects import checked, good

ALL = (*PLANTERS, *planters())
ITEMS = good()
CHOICE = {**ITEMS[0], "answer": "B", "grader": {"kind": "choice", "letters": 4}}


def planted(planter: Planter, count: int = 40) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    made = [(item, planter.plant(item, random.Random(number))) for number, item in enumerate([*ITEMS[: count - 1], CHOICE])]
    return [(item, dict(spoiled)) for item, spoiled in made if spoiled is not None]


def test_every_gate_of_the_line_has_a_planter() -> None:
    assert {planter.gate for planter in ALL} == {gate.name for gate in RECIPE.gates}
    assert len({(planter.gate, planter.kind) for planter in ALL}) == len(ALL)


@pytest.mark.parametrize("planter", ALL, ids=lambda planter: planter.kind)
def test_a_planter_is_a_function_of_its_arguments_and_changes_none(planter: Planter) -> None:
    for number, item in enumerate(ITEMS[:10]):
        before = copy.deepcopy(item)
        assert planter.plant(item, random.Random(number)) == planter.plant(item, random.Random(number))
        assert item == before


@pytest.mark.parametrize("planter", ALL, ids=lambda planter: planter.kind)
def test_what_is_planted_is_a_payload_of_the_recipe_and_not_the_good_one(planter: Planter) -> None:
    made = planted(planter)
    assert made
    for item, spoiled in made:
        canonical_json(plain(spoiled))
        if planter.kind == "malformed":
            with pytest.raises(ValidationError):
                RECIPE.parse(spoiled)
        else:
            assert isinstance(RECIPE.parse(spoiled), GroundTruth)
        assert (spoiled == item) == (planter.kind == "copy")


@pytest.mark.parametrize("planter", PLANTERS, ids=lambda planter: planter.kind)
def test_an_item_without_texts_bears_no_defect(planter: Planter) -> None:
    assert planter.plant({"prompt": "", "answer": "", "solution": "", "unit": ""}, random.Random(0)) is None or (
        planter.kind == "malformed"
    )


@pytest.mark.parametrize(
    "planter", [p for p in PLANTERS if p.gate in ("structure", "final_check") and p.kind != "malformed"], ids=lambda p: p.kind
)
def test_the_gates_that_ask_nobody_catch_what_is_planted_for_them(planter: Planter) -> None:
    gate: Gate = Structure() if planter.gate == "structure" else FinalCheck()
    made = planted(planter)
    missed = [spoiled for _, spoiled in made if checked(gate, spoiled).outcome is Outcome.PASS]  # type: ignore[arg-type]
    assert len(made) >= 20
    assert len(missed) <= 0.05 * len(made), missed[:2]


@pytest.mark.parametrize("planter", [p for p in PLANTERS if p.gate == "oracle"], ids=lambda planter: planter.kind)
def test_a_wrong_reference_is_wrong_and_nothing_else_is_changed(planter: Planter) -> None:
    for item, spoiled in planted(planter):
        # Of a working that leads to the right answer nothing is left; the rest is as it was.
        assert {**spoiled, "answer": item["answer"], "solution": item["solution"]} == item and not spoiled["solution"]
        assert spoiled["answer"] != item["answer"]
        if planter.kind != "wrong_option":
            assert Decimal(spoiled["answer"]) != Decimal(item["answer"])


def test_a_reference_within_the_graders_tolerance_is_not_called_wrong() -> None:
    (off,) = (planter for planter in PLANTERS if planter.kind == "off_by_a_step")
    for number in range(20):
        tolerant = {**ITEMS[0], "answer": "1000", "grader": {"kind": "number", "relative": 0.01}}
        assert off.plant(tolerant, random.Random(number)) is None


@pytest.mark.parametrize("kind", ["white_space", "name_swap", "number_swap"])
def test_another_coat_of_paint_changes_what_it_says_it_changes(kind: str) -> None:
    (planter,) = (planter for planter in PLANTERS if planter.kind == kind)
    made = planted(planter)
    assert len(made) >= 30
    for item, spoiled in made:
        same = normalise(spoiled["prompt"]) == normalise(item["prompt"])
        assert same == (kind == "white_space")
