"""A number that a critic's program came to, as an answer beside the item's own."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.config.spec import load_spec
from factory.gate import Calculable
from factory.graders.number import read
from gates.calculation import calculate
from recipes.ground_truth.payload import GroundTruth, Settings
from recipes.ground_truth.recipe import RECIPE, GroundTruthTask
from recipes.ground_truth.worked import plainly

SPEC = load_spec(RECIPE.folder / "specs" / "pharmacy.yaml").spec
LOAN = "p = 200000\nr = 0.045 / 12\nn = 360\np * r * (1 + r) ** n / ((1 + r) ** n - 1)"
KG = {"unit_required": True, "units": ["kg", "kilo"]}
CENT = {"absolute": 0.01}


@pytest.mark.parametrize(
    ("program", "said", "reference", "settings", "written"),
    [
        ("12", "", "41", {}, "12"),
        ("-5 / 4", "", "41", {}, "-1.25"),
        ("100 / 3", "", "41", {}, "100/3"),
        ("100 / 3", "33.33", "66.67", {}, "33.33"),
        ("100 / 3", "33.34", "66.67", {}, "100/3"),
        ("100 / 3", "33", "67", {}, "100/3"),
        ("1 / 3", ".33", "67", {}, ".33"),
        ("1234.5", "1,234.50", "67", {}, "1,234.50"),
        ("7", "7 boxes", "5 boxes", {}, "7 boxes"),
        ("7", "7", "5 boxes", {}, "7 boxes"),
        ("8", "7 boxes", "5 boxes", {}, "8 boxes"),
        ("8", "7", "$5", {}, "$8"),
        ("7", "7", "US$5", {}, "US$7"),
        ("13", "", "12 square metres", {}, "13 square metres"),
        ("13", "13", "12 kg CO₂", {"units": ["kg CO₂"]}, "13 kg CO₂"),
        ("1500001", "", "1.5 million", {}, "1500001"),
        ("5 / 2", "", "25%", {}, "2.5%"),
        ("1 / 2", "50%", "25%", {}, "50%"),
        ("1 / 2", "", "25%", {}, "50%"),
        ("3 / 10 ** 20", "", "1e-19", {}, "3e-20"),
        ("10 ** 30", "", "41", KG, f"{10**30} kg"),
        ("43", "43", "41 kilo", KG, "43 kilo"),
        ("43", "43", "41", KG, "43 kg"),
        ("0.04", "1.5e-3", "0.0016", {}, "0.04"),
        ("1.24", "3/2.5", "7", {}, "1.24"),
        (LOAN, "1010", "1010.25", CENT, "1013.37061965176"),
        ("1000 * 1.005 ** 60", "", "7", {}, "1348.85015254932"),
        ("0", "", "41", {}, "0"),
        ("3", "", "no number at all", {}, "3"),
    ],
)
def test_a_number_worked_out_is_written_as_the_reference_is(
    program: str, said: str, reference: str, settings: dict[str, Any], written: str
) -> None:
    assert answer_to(reference, settings, program, said) == (written, False)


@pytest.mark.parametrize(
    ("reference", "program", "settings"),
    [
        ("1/3", "1 / 3", {}),
        ("2 1/7", "15 / 7", {}),
        ("3.2e-19", "1.6e-19 * 2", {}),
        ("-0.0000000000001", "-1 / 10 ** 13", {}),
        ("41 kg", "41", KG),
        ("41", "40 + 1", KG),
        ("25%", "100 * 5 / 20", {"unit_required": True, "units": ["%"]}),
        ("25%", "5 / 20", {"unit_required": True, "units": ["%"]}),
        ("25%", "1 / 4", {}),
        ("$1,250", "1000 * 1.25", {}),
        ("US$5", "5", {}),
        ("1.5 million", "1500000", {}),
        ("12 kg CO₂", "12", {"units": ["kg CO₂"]}),
        ("five thousand or 5,000", "5 * 1000", {}),
        ("1013.37", LOAN, CENT),
        ("1348.85", "1000 * 1.005 ** 60", CENT),
        ("33.333", "100 / 3", {"relative": 0.0005}),
    ],
)
@pytest.mark.parametrize("said", ["", "41", "25%", "33.3", "1010", "0.25"])
def test_what_comes_to_the_reference_is_right_whatever_was_said(
    reference: str, program: str, settings: dict[str, Any], said: str
) -> None:
    assert answer_to(reference, settings, program, said)[1]
    assert not answer_to(reference, settings, f"x = {program.splitlines()[0].split('=')[-1]}\nx * 1.1 + 7", "")[1]


def answer_to(reference: str, settings: dict[str, Any], program: str, said: str) -> tuple[str, bool]:
    """A program's outcome as an answer, and whether the grader takes it for the reference."""
    task = GroundTruthTask(Settings.model_validate({"grader": {"kind": "number", **settings}}))
    item = GroundTruth(prompt="P is 5.", answer=reference, solution="", unit="bags of 5 kg")
    assert isinstance(task, Calculable) and task.calculable(item)
    answer, context = task.calculated(item, calculate(program), said), cast(Any, None)
    return answer, asyncio.run(task.grade(item, answer, context)).correct


@given(st.fractions())
def test_a_number_is_written_so_that_it_is_read_again(value: Fraction) -> None:
    written = plainly(value)
    found, _ = read(written)
    assert found is not None and len(written) <= 52
    short = len(f"{value.numerator}/{value.denominator}") <= 20
    assert abs(found.value - value) <= (0 if short else abs(value) / 10**14)


def test_only_a_number_is_worked_out() -> None:
    item = GroundTruth(prompt="P is 5.", answer="a", solution="", unit="")
    for grader, asked in (({"kind": "number"}, True), ({"kind": "exact"}, False)):
        task = GroundTruthTask(Settings.model_validate({"grader": grader}))
        assert task.calculable(item) is asked
        assert ('"program"' in task.challenge(item, SPEC)[0].text) is asked
