"""The number grader: every row of a real set of graded solutions, tricky spellings, and what it must never do."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.graders import NumberSettings, specimens
from factory.graders.number import grade, read

RIGHT = [
    ("18", "18"), ("18.", "18"), ("18.00", "18"), ("18", "18.0"), (".5", "0.5"), ("5e-1", "0.5"),
    ("1,234,567", "1234567"), ("1234567", "1,234,567"), ("1_000", "1000"), ("1 000", "1000"), ("1 000", "1000"),
    ("1'000", "1000"), ("1{,}000", "1000"), ("1\\,000", "1000"), ("१८", "18"), ("１８", "18"),
    ("−5", "-5"), ("–5", "-5"), ("-5", "−5"), ("-$5", "-5"), ("$-5", "-5"), ("+5", "5"),
    ("3/4", "0.75"), ("0.75", "3/4"), ("6/8", "3/4"), ("1 1/2", "1.5"), ("½", "0.5"), ("1½", "3/2"), ("-1 1/2", "-1.5"),
    ("\\frac{3}{4}", "0.75"), ("$\\dfrac{3}{4}$", "3/4"), ("1\\frac{1}{2}", "1.5"),
    ("1.2e3", "1200"), ("1.2E+3", "1200"), ("12e-1", "1.2"), ("1.2 × 10^3", "1200"), ("1.2×10³", "1200"),
    ("1.2 x 10^3", "1200"),
    ("$1.2\\times 10^{3}$", "1200"), ("4·10⁻²", "0.04"), ("2 million", "2000000"), ("$2 million", "2,000,000"),
    ("$18", "18"), ("18 dollars", "$18"), ("USD 18", "$18"), ("US$18", "18"), ("\\$18", "$18"), ("$18$", "18"), ("€18", "18"),
    ("25%", "25"), ("25 %", "25%"), ("25 percent", "25%"), ("25\\%", "25"), ("25%", "0.25"), ("0.25", "25%"), ("25", "25%"),
    ("A: 18", "18"), ("A:18", "18"), ("#### 18", "18"), ("The answer is 18.", "18"), ("the answer is: 18", "18"),
    ("Final answer: **18**", "18"), ("**Answer:** 18", "18"), ("\\boxed{18}", "18"), ("So $\\boxed{\\frac{1}{2}}$.", "0.5"),
    ("The answer is\n18", "18"), ("A: 3*6 = 18", "18"), ("Answer = 18", "18"), ("x = 18", "18"), ("16 - 3 = 13", "13"),
    ("The answer is 18 dollars for 2 people.", "18"), ("In 3 days she earns 18 dollars", "18"), ("3 x 6 gives 18", "18"),
    ("She has 12 left over. A: 13", "13"), ("A: 12. No, wait.\nA: 13", "13"), ("18 or 18.0", "18"),
    ("100 - 50 = 50\nA: 50", "50"),
    ("x" * 5000 + "\nA: 18", "18"), ("12\n15\nA: 15", "15"),
]  # fmt: skip

WRONG = [
    ("", "1"), ("   ", "1"), ("none", "1"), ("19", "18"), ("-18", "18"), ("1.8", "18"), ("180", "18"), ("18.01", "18"),
    ("either 12 or 15", "12"), ("either 12 or 15", "15"), ("12 or 15", "12"), ("12 or 15", "15"), ("12, 15", "15"),
    ("12,15", "15"),
    ("12; 15", "15"), ("12 / 15 / 18", "18"), ("12/15", "12"), ("12-15", "15"), ("12–15", "12"), ("12 - 15", "12"),
    ("12 15", "15"),
    ("12 and 15", "15"), ("between 12 and 15", "15"), ("12 to 15", "15"), ("12 (or 15)", "12"),
    ("12 (15 if she is late)", "12"),
    ("12 eggs or 15 eggs", "15"), ("$12 or $15", "15"), ("12%, 15%", "15"), ("12, 13, 14, 15", "15"),
    ("maybe 12, maybe 15", "15"),
    ("A: 12 or 15", "12"), ("A: 12 or 15", "15"), ("A: either 12 or 15", "12"), ("A: 12\nor 15", "12"),
    ("12\nor 15", "15"), ("12\n15", "15"), ("A: 12 15", "12"),
    ("A: 12 or A: 15", "15"), ("\\boxed{12} or \\boxed{15}", "12"), ("\\boxed{12} or \\boxed{15}", "15"),
    ("\\boxed{12, 15}", "12"),
    ("x = 12 or x = 15", "15"), ("A: x = 12 or x = 15", "15"), ("A: 12 if she walks, 15 if not", "12"),
    ("It is not 12", "12"), ("The answer isn't 12", "12"), ("anything rather than 12", "12"),
    ("16 - 3", "3"), ("16 - 3", "16"), ("3 * 4", "4"), ("2^5", "2"), ("2^5", "5"), ("\\sqrt{2}", "2"), ("√2", "2"), ("2π", "2"),
    ("2\\sqrt{3}", "2"), ("1.2.3", "1.2"), ("3:30", "3"), ("1,23", "23"), ("1/0", "0"), ("0.5%", "0.5"), ("€18", "$18"),
    ("18 euros", "$18"), ("A:", "1"), ("A: unclear", "1"), ("1e999999999", "1"), ("H2O", "2"), ("x" * 5000 + " 18", "18"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reference"), RIGHT)
def test_right(answer: str, reference: str) -> None:
    assert grade(answer, reference)[0], grade(answer, reference)


@pytest.mark.parametrize(("answer", "reference"), WRONG)
def test_wrong(answer: str, reference: str) -> None:
    assert not grade(answer, reference)[0], grade(answer, reference)


KM = ("km", "kilometres", "kilometers")


@pytest.mark.parametrize(
    ("answer", "reference", "units", "correct"),
    [
        ("12 km", "12", KM, True), ("12km", "12", KM, True), ("12 Kilometres", "12", KM, True), ("12", "12", KM, True),
        ("12 km.", "12 km", (), True), ("12", "12 km", (), True), ("12 because", "12", KM, True), ("$12$ km", "12", KM, True),
        ("12 miles", "12", KM, False), ("12 miles", "12 km", (), False), ("12 km/h", "12", KM, False),
        ("12 km²", "12", KM, False),
        ("12 km per hour", "12", KM, False), ("$12", "12", KM, False), ("12%", "12", KM, False), ("12 apples", "12", KM, False),
        ("12 m²", "12", ("m²",), True), ("12 m^2", "12", ("m²",), True),
        ("12 square metres", "12", ("m²", "square metres"), True),
        ("5 MW", "5", ("mW",), False), ("5 mw", "5", ("mW",), True), ("2 million", "2", ("million",), True),
        ("12°C", "12 °C", (), True), ("12 °F", "12 °C", (), False), ("18 dollars per day", "$18", (), True),
        ("50 cents", "50", ("¢",), True),
        ("50 miles per hour", "50 miles per hour", (), True), ("50 miles per day", "50 miles per hour", (), False),
        ("50 miles", "50 miles per hour", (), False), ("50.0 miles per hour on average", "50 miles per hour", (), True),
        ("$5 per day", "$5 per hour", (), False), ("$5/hr", "$5 per hour", ("$", "dollars"), True), ("$5/hour", "$5", (), True),
        ("5 dollars per day", "$5 per hour", ("$", "dollars"), False), ("$5", "$5 per hour", (), True),
        ("It costs $5 per unit.", "$5 per item", (), True), ("5% per month", "5% per year", (), False),
        ("$5/m", "$5 per month", (), True), ("$5/m", "$5 per min", (), True),
        ("$5 per kg", "$5 per pound", (), False), ("$5 million per year", "$5,000,000/yr", (), True),
        ("72 beats per minute.", "72 beats per minute", (), True), ("50", "50 miles per hour", (), True),
        ("30 pounds per square inch", "30 pounds per square inch", (), True),
        ("30 pounds per square foot", "30 pounds per square inch", (), False),
        ("50 miles per day", "50", ("miles per hour", "mph"), False), ("50 mph", "50", ("miles per hour", "mph"), True),
        # The reference's own unit, where none of the listed ones is it, is the only one that is right.
        ("21484 hours", "21484 minutes", ("hours",), False), ("21484 minutes", "21484 minutes", ("hours",), True),
        ("21484", "21484 minutes", ("hours",), True), ("21484 hours", "21484", ("hours",), True),
        ("12 kilometers", "12 km", KM, True),
    ],
)  # fmt: skip
def test_a_stated_unit_must_match(answer: str, reference: str, units: tuple[str, ...], correct: bool) -> None:
    assert grade(answer, reference, units=units)[0] is correct, grade(answer, reference, units=units)


COMPOUND = ["km/h", "mg/mL", "m^2", "m²", "m/s^2", "miles per hour", "beats per minute", "kg·m^2/s", "pounds per square inch"]


@pytest.mark.parametrize("unit", COMPOUND)
@pytest.mark.parametrize("joint", [", ", "; ", " and ", " or ", " / ", " to "])
def test_a_list_of_numbers_with_a_compound_unit_is_no_answer(unit: str, joint: str) -> None:
    listed = f"61 {unit}{joint}60 {unit}"
    for said in (listed, f"A: {listed}", f"59 {unit}{joint}{listed}"):
        assert not grade(said, f"60 {unit}")[0]
        assert not grade(said, f"61 {unit}")[0]
        assert not grade(said, "60", units=(unit,))[0]
    assert grade(f"At 61 {unit} for a while, she came down to 60 {unit}", f"60 {unit}")[0]


@pytest.mark.parametrize("unit", COMPOUND)
@pytest.mark.parametrize("value", ["60", "2.5", "1,200"])
def test_an_item_with_a_compound_unit_stands_its_specimens(unit: str, value: str) -> None:
    settings = NumberSettings(kind="number")
    right, wrong = specimens(settings, f"{value} {unit}")
    assert [said for said in right if not grade(said, f"{value} {unit}")[0]] == []
    assert [said for said in wrong if grade(said, f"{value} {unit}")[0]] == []


def test_a_unit_can_be_required() -> None:
    assert grade("12 km", "12", units=KM, unit_required=True)[0]
    assert grade("12", "12", units=KM, unit_required=True) == (False, "12", "no unit; expected km")


@pytest.mark.parametrize(
    ("answer", "settings", "correct"),
    [
        ("10.1", {"absolute": 0.1}, True), ("10.11", {"absolute": 0.1}, False), ("9.9", {"absolute": 0.1}, True),
        ("10.1", {"relative": 0.01}, True), ("9.89", {"relative": 0.01}, False),
        ("10.5", {"absolute": 0.5, "relative": 0.01}, True), ("10.0000001", {}, False),
    ],
)  # fmt: skip
def test_tolerance_is_exact_decimal_arithmetic(answer: str, settings: dict[str, float], correct: bool) -> None:
    assert grade(answer, "10", **settings)[0] is correct  # type: ignore[arg-type]


def test_relative_tolerance_is_of_the_reference() -> None:
    assert grade("110", "100", relative=0.1)[0]
    assert not grade("100", "111.2", relative=0.1)[0]


def test_an_unreadable_reference_is_said() -> None:
    assert grade("12", "twelve or so") == (False, "", "the reference holds no single number")
    assert not grade("12", "12 or 15")[0]


def test_agrees_with_every_row_of_the_gsm8k_example_solutions(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "example_model_solutions.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    checked, wrong = 0, []
    for number, row in enumerate(rows):
        truth = row["ground_truth"].rsplit("A:", 1)[1].strip()
        for model, solution in row.items():
            if model in ("question", "ground_truth"):
                continue
            checked += 1
            if grade(solution["solution"], truth)[0] != solution["is_correct"]:
                wrong.append((number, model))
    assert checked == 5276
    assert wrong == []


@given(st.text(max_size=300), st.text(max_size=60))
def test_never_raises(answer: str, reference: str) -> None:
    correct, extracted, detail = grade(answer, reference, units=KM)
    assert isinstance(correct, bool) and isinstance(extracted, str) and detail


@given(st.text(alphabet="0123456789.,-+/ eExX×^$%€AB:=\\boxed{}#\n½²orand", max_size=80), st.integers(-999, 999))
def test_never_raises_on_numeric_noise(noise: str, reference: int) -> None:
    grade(noise, str(reference))
    grade(str(reference), noise)


NOISE = ["9" * 100_000, "1e" + "9" * 5000, "1,000" * 20_000, "-" * 50_000, "\\boxed{" * 10_000, "1 " * 50_000, "A: " * 30_000]


@pytest.mark.parametrize("text", NOISE, ids=range(len(NOISE)))
def test_long_texts_take_no_time(text: str) -> None:
    import time

    began = time.process_time()
    grade(text, "1")
    assert time.process_time() - began < 2


FRAMES = ["{}", "A: {}", "The answer is {}.", "\\boxed{{{}}}", "so it is {}", "#### {}"]


@given(st.fractions(max_denominator=1000), st.sampled_from(FRAMES))
def test_a_fraction_survives_writing_and_reading(value: Fraction, frame: str) -> None:
    reading, why = read(frame.format(value))
    assert reading is not None, why
    assert reading.value == value


@given(st.integers(-(10**15), 10**15), st.integers(0, 6), st.booleans(), st.sampled_from(["", "$", "€"]), st.booleans())
def test_a_decimal_survives_writing_and_reading(digits: int, places: int, comma: bool, sign: str, unicode: bool) -> None:
    value = Fraction(digits, 10**places)
    whole, rest = divmod(abs(digits), 10**places)
    text = f"{whole:,}" if comma else str(whole)
    if places:
        text += f".{rest:0{places}d}"
    text = ("-" if digits < 0 else "") + sign + text
    reading, why = read(text.replace("-", "−") if unicode else text)
    assert reading is not None, why
    assert (reading.value, reading.unit) == (value, sign)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200))
def test_a_float_survives_its_own_spelling(value: float) -> None:
    assert grade(f"A: {value!r}", repr(value))[0]
    if abs(value) > 1e-290:  # below, a float's own spelling has fewer than 15 digits
        assert grade(f"{value:.17e}", repr(value), relative=1e-15)[0]


JOINTS = [" or ", ", ", " and ", "; ", " to ", " ", " (or ", "\n", " maybe "]


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000), st.sampled_from(JOINTS))
def test_two_different_numbers_are_no_answer(one: int, other: int, joint: str) -> None:
    for text in (f"{one}{joint}{other}", f"either {one}{joint}{other}", f"A: {one}{joint}{other}"):
        if one != other:
            assert not grade(text, str(one))[0]
            assert not grade(text, str(other))[0]
