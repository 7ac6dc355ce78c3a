"""Every grader against every attack of its battery and every equivalent form: nothing that solves nothing may score."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from factory.graders import GraderSettings, grade
from factory.graders.attacks import Battery, Trial, battery, judged
from factory.graders.keys import chance_of, key_of

ADAPTER: TypeAdapter[Any] = TypeAdapter(GraderSettings)
PROMPT = "A ward had 90 bags of 13. They used 4 a day for 30 days and wrote $3\\cdot 4$ on the door. How many were left over?"
CITIES = ["Paris", "London", "Paris, Texas", "A dog"]
OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}

CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"kind": "number"}, ["18", "-5", "0", "0.25", "1,250", "3/7", "$18", "-$3", "25%", "12 km", "1e6", "-1234.5", "1", "7"]),
    ({"kind": "number", "relative": 0.01, "units": ["km", "kilometres"]}, ["1200", "12 km", "0.5", "100000"]),
    ({"kind": "number", "absolute": 0.5, "units": ["km"], "unit_required": True}, ["12 km", "5 km"]),
    ({"kind": "exact"}, ["Paris", "the Nile", "C++", "f(x)", "3.5", "A: b", "ß", "x2", "25", "yes", "New York"]),
    ({"kind": "exact", "ignore_case": False, "punctuation": "keep"}, ["Paris", "e.g."]),
    (
        {"kind": "exact", "separator": " | "},
        ["USA | United States", "yes | true", "0 | zero", "none | nothing", "no | false | 0", "13 | 13.0 | thirteen", "x"],
    ),
    ({"kind": "exact", "same": [["UK", "Britain"]]}, ["UK"]),
    ({"kind": "choice"}, ["B", "A", "(c)"]),
    ({"kind": "choice", "options": CITIES}, ["A", "Paris", "C", "D", "A dog"]),
    ({"kind": "choice", "options": ["true", "false"]}, ["true", "B"]),
    ({"kind": "choice", "options": ["a cat", "not a cat"]}, ["A", "B"]),
    ({"kind": "choice", "options": ["x²", "x2", "2x"]}, ["A", "B"]),
    ({"kind": "math"}, ["1/2", "$\\frac{1}{2}$", "x^2+1", "\\sqrt{2}", "2*pi", "(1,2)", "\\{1,2\\}", "x=3", "12", "25", "-7"]),
    ({"kind": "math"}, ["$x \\in [0,1)$"]),
    ({"kind": "json_schema", "schema": OBJECT}, ['{"a":1}', '{"a":0}']),
    ({"kind": "json_schema", "schema": {"type": "array"}, "ordered": False}, ["[1,2]", '["x","y"]', "[]"]),
]  # fmt: skip
FLAT = [(chosen, reference) for chosen, references in CASES for reference in references]


def settings_of(value: dict[str, Any]) -> Any:
    return ADAPTER.validate_json(json.dumps(value))


async def misgraded(chosen: Any, tried: Battery, reference: str) -> list[Trial]:
    wrong = [t for t in (*tried.attacks, *tried.copies) if (await grade(chosen, t.text, reference)).correct]
    return wrong + [t for t in tried.equivalents if not (await grade(chosen, t.text, reference)).correct]


@pytest.mark.parametrize(("value", "reference"), FLAT, ids=lambda v: v["kind"] if isinstance(v, dict) else v)
def test_every_attack_is_turned_away_and_every_equivalent_form_accepted(value: dict[str, Any], reference: str) -> None:
    chosen = settings_of(value)
    tried = battery(chosen, PROMPT, reference)
    assert len(tried.attacks) >= 40 and tried.copies and len(tried.equivalents) >= 4
    assert asyncio.run(misgraded(chosen, tried, reference)) == []


EVERY = {"empty", "master_key", "injection", "no_answer", "specimen", "off_format", "constant"}
OWN = {
    "number": {"hedge", "taken_back", "stuffing", "unit", "look_alike", "far_off", "given_number"},
    "exact": {"hedge", "taken_back", "stuffing", "look_alike", "all_options", "given_number"},
    "choice": {"hedge", "taken_back", "all_options", "look_alike"},
    "math": {"hedge", "taken_back", "stuffing", "look_alike", "formula_echo"},
    "json_schema": {"hedge", "hollow", "schema_echo"},
}


@pytest.mark.parametrize("kind", sorted(OWN))
def test_every_kind_is_tried_with_every_family(kind: str) -> None:
    made = [battery(settings_of(value), PROMPT, reference) for value, reference in FLAT if value["kind"] == kind]
    assert {trial.family for one in made for trial in one.attacks} == EVERY | OWN[kind]
    assert {trial.family for one in made for trial in one.copies} >= {"echo"}


# --- settings and items that can be gamed are seen to be --------------------------------------------------------------

GAMEABLE = [
    ({"kind": "number", "relative": 0.5}, "40", "far_off"),
    ({"kind": "number", "absolute": 500}, "40", "constant"),
    ({"kind": "number", "absolute": 60}, "40", "given_number"),
    ({"kind": "exact", "separator": " | "}, "40 | yes | 0", "constant"),
    ({"kind": "exact", "separator": "|"}, f"{'|'.join(map(str, range(60)))}|4711", "constant"),
    ({"kind": "exact", "separator": " "}, f"{' '.join(map(str, range(1, 41)))} 4711", "constant"),
    ({"kind": "exact", "separator": "|"}, "0|4711", "constant"),
    ({"kind": "exact", "separator": "|"}, "4711|90|13|30", "given_number"),
    ({"kind": "exact", "separator": "|"}, "4711|22|33|44|55|66|30|88", "given_number"),
    ({"kind": "exact", "separator": "|"}, "4709|4710|4711|4712|4713", "constant"),
    ({"kind": "exact", "separator": "|"}, "90|4711", "given_number"),
    ({"kind": "exact", "separator": "/"}, "yes/no", "constant"),
    ({"kind": "exact", "separator": "/"}, "yes/maybe/4711", "constant"),
    ({"kind": "exact", "separator": "|"}, "A|B|C|D|E", "constant"),
    ({"kind": "exact", "separator": " | "}, "Paris | I do not know.", "no_answer"),
    ({"kind": "exact", "punctuation": "all"}, "3.5", "off_format"),
    ({"kind": "exact", "same": [["Paris", "unknown"]]}, "Paris", "constant"),
    ({"kind": "json_schema", "schema": OBJECT, "match": "schema"}, '{"a":1}', "hollow"),
    ({"kind": "json_schema", "schema": {}, "match": "schema"}, '{"a":1}', "injection"),
]


@pytest.mark.parametrize(("value", "reference", "family"), GAMEABLE)
def test_a_setting_that_pays_for_guesses_is_found_out(value: dict[str, Any], reference: str, family: str) -> None:
    chosen = settings_of(value)
    tried = battery(chosen, PROMPT, reference)
    assert family in {t.family for t in asyncio.run(misgraded(chosen, Battery(tried.attacks, (), ()), reference))}


@pytest.mark.parametrize(
    ("value", "prompt", "reference", "family"),
    [
        ({"kind": "number"}, "Nine of the 40 left. Of 12 that came, 40 stayed?", "40", "last_number"),
        ({"kind": "number"}, "What remains of 40?", "40", "echo"),
        ({"kind": "exact"}, "Paris", "Paris", "echo"),
        ({"kind": "choice", "options": ["a cat", "a dog"]}, "Is it a cat?", "A", "echo"),
    ],
)
def test_a_prompt_that_holds_its_answer_is_found_out(value: dict[str, Any], prompt: str, reference: str, family: str) -> None:
    chosen = settings_of(value)
    tried = battery(chosen, prompt, reference)
    assert family in {t.family for t in asyncio.run(misgraded(chosen, Battery((), tried.copies, ()), reference))}


# --- properties -------------------------------------------------------------------------------------------------------


@example(99, 0, "%", [])
@example(100, 0, "%", [])
@settings(max_examples=80, deadline=None)
@given(
    st.integers(-(10**7), 10**7),
    st.integers(0, 3),
    st.sampled_from(["", "$", " km", "%"]),
    st.lists(st.integers(0, 10**6), max_size=6),
)
def test_no_number_can_be_had_for_nothing(digits: int, places: int, unit: str, givens: list[int]) -> None:
    value = f"{abs(digits) / 10**places:.{places}f}"
    reference = f"{'-' if digits < 0 else ''}{'$' if unit == '$' else ''}{value}{'' if unit == '$' else unit}"
    prompt = f"A store held {', then '.join(map(str, givens))} of them. How many are left?"
    chosen = settings_of({"kind": "number"})
    tried = battery(chosen, prompt, reference)
    assert asyncio.run(misgraded(chosen, Battery(tried.attacks, (), tried.equivalents), reference)) == []


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12))
def test_no_spelling_can_be_had_for_nothing(reference: str) -> None:
    chosen = settings_of({"kind": "exact"})
    assert asyncio.run(misgraded(chosen, battery(chosen, "What is it called?", reference), reference)) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 26), st.data())
def test_no_option_can_be_had_for_nothing(letters: int, data: st.DataObject) -> None:
    reference = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[data.draw(st.integers(0, letters - 1))]
    chosen = settings_of({"kind": "choice", "letters": letters})
    assert asyncio.run(misgraded(chosen, battery(chosen, "Which one is it?", reference), reference)) == []


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_no_value_can_be_had_for_nothing(value: Any) -> None:
    chosen = settings_of({"kind": "json_schema", "schema": {}})
    reference = json.dumps(value)
    assert asyncio.run(misgraded(chosen, battery(chosen, "What is the value?", reference), reference)) == []


@given(st.text(max_size=60), st.text(max_size=30), st.sampled_from([value for value, _ in CASES]))
def test_a_battery_is_made_of_any_texts_and_is_always_the_same(prompt: str, reference: str, value: dict[str, Any]) -> None:
    chosen = settings_of(value)
    made = battery(chosen, prompt, reference)
    assert made == battery(chosen, prompt, reference)
    assert made.attacks and made.equivalents
    for part in (made.attacks, made.copies, made.equivalents):
        assert len({trial.text for trial in part}) == len(part)
    assert not {t.text for t in made.attacks} & {t.text for t in made.equivalents}


@pytest.mark.parametrize("kind", ["math", "number"])
@pytest.mark.parametrize("reference", ["9" * 30, "5" + "0" * 400, "7" * 5000, "10"])
def test_a_long_number_is_no_power_to_work_out(reference: str, kind: str) -> None:
    assert battery(settings_of({"kind": kind}), "How many?", reference).attacks


def test_a_judge_is_tried_with_what_says_nothing() -> None:
    made = judged("Write back, please?", ("Dear customer",))
    assert {trial.family for trial in made.attacks} == {"empty", "master_key", "injection", "no_answer", "echo"}
    assert [trial.text for trial in made.equivalents] == ["Dear customer"]


# --- answers as the job counts them -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "same", "other"),
    [
        ({"kind": "number"}, ("1,250", "$1250.00", "2500/2"), "1250%"),
        ({"kind": "exact", "separator": "|"}, ("Paris|Lutetia", " paris."), "Lutetia"),
        ({"kind": "choice", "options": CITIES}, ("B", "London", "(b)"), "A"),
        ({"kind": "math"}, ("x + 1", "$x+1$", "\\boxed{x+1}"), "x+2"),
        ({"kind": "json_schema", "schema": {}}, ('{"a": 1, "b": 2}', '{"b":2.0,"a":1}'), '{"a":1}'),
    ],
)
def test_references_that_say_the_same_have_one_key(value: dict[str, Any], same: tuple[str, ...], other: str) -> None:
    chosen = settings_of(value)
    keys = {key_of(chosen, reference) for reference in same}
    assert len(keys) == 1 and "" not in keys
    assert key_of(chosen, other) not in keys


def test_where_any_fitting_value_is_right_none_is_common() -> None:
    assert key_of(settings_of({"kind": "json_schema", "schema": {}, "match": "schema"}), "1") == ""


@pytest.mark.parametrize(
    ("value", "reference", "chance"),
    [
        ({"kind": "choice", "options": CITIES}, "A", 0.25),
        ({"kind": "choice", "letters": 5}, "A", 0.2),
        ({"kind": "exact"}, "Yes", 0.5),
        ({"kind": "exact"}, "Paris", 0.0),
        ({"kind": "number"}, "12", 0.0),
        ({"kind": "json_schema", "schema": {"type": "boolean"}}, "true", 0.5),
        ({"kind": "json_schema", "schema": {"enum": ["a", "b", "c", "d"]}}, '"a"', 0.25),
    ],
)
def test_chance_by_design(value: dict[str, Any], reference: str, chance: float) -> None:
    assert chance_of(settings_of(value), reference) == chance
