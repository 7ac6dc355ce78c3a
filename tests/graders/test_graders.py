"""The graders' common face: settings, specimens, equivalence, and sources that are scorers of their own."""

from __future__ import annotations

import ast
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from factory.canonical import canonical_json
from factory.graders import GraderSettings, equivalent, grade, source_of, specimens

ADAPTER: TypeAdapter[Any] = TypeAdapter(GraderSettings)

CASES = [
    ({"kind": "number"}, ["18", "-5", "0", "0.25", "1,250", "3/7", "$18", "-$3", "25%", "12 km", "1e6", "-1234.5", "100"]),
    ({"kind": "number", "relative": 0.01, "units": ["km", "kilometres"]}, ["1200", "12 km", "0.5", "100000"]),
    ({"kind": "number", "absolute": 3, "units": ["km"], "unit_required": True}, ["12 km", "0 km"]),
    ({"kind": "exact"}, ["Paris", "the Nile", "C++", "f(x)", "3.5", "A: b", "ß", "x"]),
    ({"kind": "exact", "ignore_case": False, "punctuation": "keep"}, ["Paris", "e.g."]),
    ({"kind": "exact", "separator": " | "}, ["USA | United States"]),
    ({"kind": "choice"}, ["B", "A", "(c)"]),
    ({"kind": "choice", "options": ["Paris", "London", "Paris, Texas", "A dog"]}, ["A", "Paris", "C", "D", "A dog"]),
    ({"kind": "choice", "options": ["true", "false"]}, ["true", "B"]),
    ({"kind": "choice", "options": ["a cat", "not a cat"]}, ["A", "B"]),
    ({"kind": "math"}, ["1/2", "$\\frac{1}{2}$", "x^2+1", "\\sqrt{2}", "2*pi", "(1,2)", "\\{1,2\\}", "x=3", "$x \\in [0,1)$"]),
    ({"kind": "json_schema", "schema": {"type": "object", "required": ["a"]}}, ['{"a":1}', '{"a":{"b":[1,2]}}']),
    ({"kind": "json_schema", "schema": {"type": "object", "required": ["a"]}, "match": "schema"}, ['{"a":1}']),
]  # fmt: skip


def settings_of(value: dict[str, Any]) -> Any:
    return ADAPTER.validate_json(json.dumps(value))


@pytest.mark.parametrize(("value", "references"), CASES, ids=lambda v: v["kind"] if isinstance(v, dict) else "")
def test_every_specimen_is_graded_as_it_should_be(value: dict[str, Any], references: list[str]) -> None:
    chosen = settings_of(value)

    async def misgraded() -> list[tuple[str, str, bool]]:
        found = []
        for reference in references:
            right, wrong = specimens(chosen, reference)
            assert right[0] == (reference if not value.get("separator") else "USA")
            assert len(wrong) >= 4
            for answers, expected in ((right, True), (wrong, False)):
                for answer in answers:
                    verdict = await grade(chosen, answer, reference)
                    if verdict.correct is not expected:
                        found.append((reference, answer, verdict.correct))
        return found

    assert asyncio.run(misgraded()) == []


@settings(max_examples=60, deadline=None)
@given(st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000), st.sampled_from(["", "$", " km", "%"]))
def test_number_specimens_hold_for_any_reference(value: Any, unit: str) -> None:
    reference = f"{'-' if value < 0 else ''}${abs(value)}" if unit == "$" else f"{value}{unit}"
    chosen = settings_of({"kind": "number"})
    right, wrong = specimens(chosen, reference)

    async def check() -> None:
        for answer in right:
            assert (await grade(chosen, answer, reference)).correct, answer
        for answer in wrong:
            assert not (await grade(chosen, answer, reference)).correct, answer

    asyncio.run(check())


@pytest.mark.parametrize(
    ("value", "reference"), [({"kind": "number"}, "no number"), ({"kind": "choice"}, "Z"), ({"kind": "exact"}, "")]
)
def test_an_unreadable_reference_is_its_own_only_right_form_and_is_refused(value: dict[str, Any], reference: str) -> None:
    chosen = settings_of(value)
    right, wrong = specimens(chosen, reference)
    assert right == (reference,)
    assert wrong
    assert not asyncio.run(grade(chosen, reference, reference)).correct


@pytest.mark.parametrize(
    ("value", "left", "right", "same"),
    [
        ({"kind": "number"}, "A: 12", "$12.00", True),
        ({"kind": "number"}, "12", "13", False),
        ({"kind": "number"}, "no idea", "no idea", False),
        ({"kind": "exact"}, "Paris.", "paris", True),
        ({"kind": "exact", "same": [["UK", "Britain"]]}, "uk", "britain", True),
        ({"kind": "exact", "same": [["UK", "Britain"]]}, "France", "Britain", False),
        ({"kind": "exact", "separator": "|"}, "a|b", "a", False),
        ({"kind": "choice", "options": ["yes", "no"]}, "B", "no", True),
        ({"kind": "choice"}, "A or B", "A or B", False),
        ({"kind": "json_schema", "schema": {}, "match": "schema"}, "[1]", "[2]", False),
        ({"kind": "json_schema", "schema": {}}, "[1]", "```json\n[1.0]\n```", True),
    ],
)
def test_equivalence_of_two_answers(value: dict[str, Any], left: str, right: str, same: bool) -> None:
    chosen = settings_of(value)
    assert asyncio.run(equivalent(chosen, left, right)) is same
    assert asyncio.run(equivalent(chosen, right, left)) is same


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({}, "kind"),
        ({"kind": "numbers"}, "'number'"),
        ({"kind": "number", "tolerance": 1}, "tolerance"),
        ({"kind": "number", "absolute": -1}, "absolute"),
        ({"kind": "number", "absolute": "1"}, "absolute"),
        ({"kind": "number", "relative": 1}, "relative"),
        ({"kind": "number", "units": ["km", ""]}, "units.1"),
        ({"kind": "number", "unit_required": 1}, "unit_required"),
        ({"kind": "exact", "punctuation": "some"}, "punctuation"),
        ({"kind": "choice", "options": ["one"]}, "one option is no choice"),
        ({"kind": "choice", "options": ["Yes", "yes."]}, "read the same"),
        ({"kind": "choice", "letters": 1}, "letters"),
        ({"kind": "math", "seconds": 0}, "seconds"),
        ({"kind": "json_schema"}, "schema"),
        ({"kind": "json_schema", "schema": {"type": "objekt"}}, "not a JSON schema"),
    ],
)
def test_wrong_settings_name_the_field(value: dict[str, Any], part: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_of(value)
    assert part in str(caught.value)


def test_settings_are_frozen_and_their_arguments_are_json() -> None:
    for value, _ in CASES:
        chosen = settings_of(value)
        canonical_json(chosen.arguments())
        with pytest.raises(ValidationError):
            chosen.kind = "other"


def test_a_verdict_always_fits_a_receipt() -> None:
    verdict = asyncio.run(grade(settings_of({"kind": "exact"}), "\ud800" + "x" * 5000, "y"))
    assert len(verdict.extracted) == 500
    canonical_json([verdict.extracted, verdict.detail])


@pytest.mark.parametrize("kind", ["number", "exact", "choice"])
def test_the_source_needs_the_standard_library_only_and_scores_alone(kind: str, tmp_path: Path) -> None:
    chosen = settings_of({"kind": kind})
    source = source_of(chosen).read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names), names
    (tmp_path / "scorer.py").write_text(source, "utf-8")
    reference = "B" if kind == "choice" else "12"
    (tmp_path / "arguments.json").write_text(json.dumps(chosen.arguments()))
    program = (
        "import json; from scorer import grade; arguments = json.load(open('arguments.json'));"
        f"print(grade('A: {reference}', '{reference}', **arguments)[0], grade('x', '{reference}', **arguments)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.'); {program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_every_kind_has_a_source() -> None:
    assert {source_of(settings_of(value)).name for value, _ in CASES} == {
        "number.py", "exact.py", "choice.py", "mathematics.py", "json_schema.py",
    }  # fmt: skip
    assert all(source_of(settings_of(value)).is_file() for value, _ in CASES)


def test_importing_the_graders_loads_nothing_heavy() -> None:
    program = (
        "import sys, factory.graders; print([m for m in ('sympy', 'math_verify', 'jsonschema', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
