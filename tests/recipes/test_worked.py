"""A number that a critic's program came to, as an answer beside the item's own."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.config.spec import load_spec
from factory.gate import Calculable
from factory.graders.number import read
from gates.calculation import calculate
from recipes.ground_truth.payload import GroundTruth, Settings
from recipes.ground_truth.recipe import RECIPE, GroundTruthTask
from recipes.ground_truth.worked import exactly

SPEC = load_spec(RECIPE.folder / "specs" / "pharmacy.yaml").spec
TENTH = Fraction(1, 10)


@pytest.mark.parametrize(
    ("value", "said", "reference", "settings", "written"),
    [
        (Fraction(12), "", "41", {}, "12"),
        (Fraction(-5, 4), "", "41", {}, "-1.25"),
        (Fraction(100, 3), "", "41", {}, "100/3"),
        (Fraction(100, 3), "33.33", "66.67", {}, "33.33"),
        (Fraction(100, 3), "33.34", "66.67", {}, "100/3"),
        (Fraction(100, 3), "33", "67", {}, "100/3"),
        (Fraction(100, 3), "33 1/3", "67", {}, "33 1/3"),
        (Fraction(7), "7 boxes", "5 boxes", {}, "7 boxes"),
        (Fraction(8), "7 boxes", "5 boxes", {}, "8 boxes"),
        (Fraction(8), "7", "$5", {}, "$8"),
        (Fraction(5, 2), "", "25%", {}, "2.5 %"),
        (3 * TENTH**20, "", "1e-19", {}, "0.00000000000000000003"),
        (Fraction(10**30), "", "41", {"unit_required": True, "units": ["kg", "kilo"]}, f"{10**30} kg"),
        (Fraction(43), "", "41 kilo", {"unit_required": True, "units": ["kg", "kilo"]}, "43 kilo"),
        (Fraction(0), "", "41", {}, "0"),
        (Fraction(3), "", "no number at all", {}, "3"),
    ],
)
def test_a_number_worked_out_is_written_as_an_answer(
    value: Fraction, said: str, reference: str, settings: dict[str, Any], written: str
) -> None:
    task = GroundTruthTask(Settings.model_validate({"grader": {"kind": "number", **settings}}))
    item = GroundTruth(prompt="P is 5.", answer=reference, solution="", unit="bags of 5 kg")
    assert isinstance(task, Calculable) and task.calculable(item) and task.calculated(item, value, said) == written


@pytest.mark.parametrize(
    ("reference", "program", "settings"),
    [
        ("1/3", "1 / 3", {}),
        ("2 1/7", "15 / 7", {}),
        ("3.2e-19", "1.6e-19 * 2", {}),
        ("-0.0000000000001", "-1 / 10 ** 13", {}),
        ("41 kg", "41", {"unit_required": True, "units": ["kg"]}),
        ("41", "40 + 1", {"unit_required": True, "units": ["kg"]}),
        ("25%", "100 * 5 / 20", {"unit_required": True, "units": ["%"]}),
        ("$1,250", "1000 * 1.25", {}),
        ("five thousand or 5,000", "5 * 1000", {}),
    ],
)
def test_what_comes_to_the_reference_is_the_reference_to_the_grader(
    reference: str, program: str, settings: dict[str, Any]
) -> None:
    task = GroundTruthTask(Settings.model_validate({"grader": {"kind": "number", **settings}}))
    item = GroundTruth(prompt="P is 5.", answer=reference, solution="", unit="")
    context: Any = None
    for said, correct in ((program, True), (f"({program}) * 1.1", False)):
        answer = task.calculated(item, calculate(said), "")
        assert asyncio.run(task.grade(item, answer, context)).correct is correct, answer


@given(st.fractions(max_denominator=10**9))
def test_a_number_worked_out_is_never_changed(value: Fraction) -> None:
    found, _ = read(exactly(value))
    assert found is not None and found.value == value


def test_only_a_number_is_worked_out() -> None:
    item = GroundTruth(prompt="P is 5.", answer="a", solution="", unit="")
    for grader, asked in (({"kind": "number"}, True), ({"kind": "exact"}, False)):
        task = GroundTruthTask(Settings.model_validate({"grader": grader}))
        assert task.calculable(item) is asked
        assert ('"program"' in task.challenge(item, SPEC)[0].text) is asked
