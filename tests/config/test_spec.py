"""Specs: the forms people write, and one clear complaint for each way to get them wrong."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from factory.config import bind_gates, load_spec, parse_settings
from factory.errors import BadInput
from factory.types import Finding, Item, Role
from gates.structure import Structure

FULL = """\
name: stock-takes
recipe: ground_truth
brief: Problems a warehouse clerk meets.
language: en
axes:
  topic:
    - freight
    - pharmacy
  steps: {2: 3, 3: 1}
  unit:
    - value: kg
      weight: 2
      when: {topic: freight}
      describe: kilograms
    - {value: box, when: {topic: [pharmacy]}}
  plain: [true, false]
exclude:
  - {topic: pharmacy, steps: [2, 3], plain: true}
quotas:
  - where: {topic: freight}
    at_most: 5
anchors:
  - payload: {prompt: p, answer: "2024-01-05"}
    critique: good
references:
  - {name: known, path: known.jsonl, field: text}
settings: {unit: kg}
gates:
  structure: {min_chars: 5}
without: [novelty]
cast: rehearsal
lookahead: 16
repairs: 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "known.jsonl").write_text('{"text": "one"}\n')
    return tmp_path


def load(folder: Path, text: str) -> Any:
    path = folder / "spec.yaml"
    path.write_text(text)
    return load_spec(path)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(BadInput) as caught:
        load(folder, text)
    said = str(caught.value)
    assert "Traceback" not in said
    return said.replace(str(folder) + "/", "")


def test_every_form_is_read(folder: Path) -> None:
    loaded = load(folder, FULL)
    spec = loaded.spec
    assert [axis.name for axis in spec.axes] == ["topic", "steps", "unit", "plain"]
    assert [(value.value, value.weight) for value in spec.axes[1].values] == [(2, 3.0), (3, 1.0)]
    assert spec.axes[2].values[0].when == {"topic": ("freight",)}
    assert spec.axes[2].values[0].describe == "kilograms"
    assert [value.value for value in spec.axes[3].values] == [True, False]
    assert spec.exclude[0].where == {"topic": ("pharmacy",), "steps": (2, 3), "plain": (True,)}
    assert spec.quotas[0].at_most == 5
    assert spec.anchors[0].payload["answer"] == "2024-01-05"
    assert spec.references[0].path == str(folder / "known.jsonl")
    assert len(spec.references[0].sha256) == 64
    assert (spec.gates, spec.without, spec.lookahead) == ({"structure": {"min_chars": 5}}, ("novelty",), 16)
    assert loaded.text == FULL
    assert loaded.locate(("gates", "structure", "min_chars")) == f"{folder}/spec.yaml:29: gates.structure.min_chars"


def test_a_spec_means_the_same_wherever_it_lies(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "known.jsonl").write_text('{"text": "one"}\n')
    assert load(folder, FULL).spec.identity == load(other, FULL).spec.identity
    (other / "known.jsonl").write_text('{"text": "two"}\n')
    assert load(folder, FULL).spec.identity != load(other, FULL).spec.identity


def edited(old: str, new: str) -> str:
    assert old in FULL
    return FULL.replace(old, new)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (edited("brief:", "breif:"), "spec.yaml:3: breif", "Did you mean 'brief'?"),
        (edited("name: stock-takes\n", ""), "spec.yaml:1: name", "missing"),
        (edited("lookahead: 16", "lookahead: 0"), "spec.yaml:32: lookahead", "greater than or equal to 1"),
        (edited("lookahead: 16", "lookahead: many"), "spec.yaml:32: lookahead", "integer"),
        (edited("lookahead: 16", "lookahead: 1.5"), "spec.yaml:32: lookahead", "not 1.5"),
        (edited("language: en", "language: English!"), "spec.yaml:4: language", "language tag"),
        (edited("name: stock-takes", "name: ../etc"), "spec.yaml:1: name", "is no name"),
        (edited("brief: Problems a warehouse clerk meets.", "brief: ' '"), "spec.yaml:3: brief", "empty"),
        (edited("    - pharmacy\n", "    - freight\n"), "spec.yaml:8: axes.topic.1", "twice"),
        (edited("plain: [true, false]", "plain: [true, 1]"), "spec.yaml:16: axes.plain.1", "twice"),
        (edited("{2: 3, 3: 1}", "{2: 3, 3: 0}"), "spec.yaml:9: axes.steps.3.weight", "greater than or equal to"),
        (edited("{2: 3, 3: 1}", "{2: 3, 3: -1}"), "spec.yaml:9: axes.steps.3.weight", "greater than or equal to"),
        (edited("{2: 3, 3: 1}", "{2: 3, 3: 1.0e+7}"), "spec.yaml:9: axes.steps.3.weight", "less than or equal to"),
        (edited("{2: 3, 3: 1}", "{2: 3, 3: 1.0e-200}"), "spec.yaml:9: axes.steps.3.weight", "greater than or equal to"),
        (edited("weight: 2", "wieght: 2"), "spec.yaml:12: axes.unit.0.wieght", "Did you mean 'weight'?"),
        (edited("- value: kg\n      weight", "- weight"), "spec.yaml:11: axes.unit.0.value", "missing"),
        (edited("when: {topic: freight}", "when: {topik: freight}"), "spec.yaml:13: axes.unit.0.when.topik", "'topic'"),
        (edited("when: {topic: freight}", "when: {topic: frieght}"), "spec.yaml:13: axes.unit.0.when.topic", "'freight'"),
        (edited("when: {topic: freight}", "when: {unit: box}"), "spec.yaml:13: axes.unit.0.when", "itself"),
        (edited("{topic: pharmacy, steps", "{topik: pharmacy, steps"), "spec.yaml:18: exclude.0.topik", "no axis"),
        (edited("steps: [2, 3]", "steps: [2, 4]"), "spec.yaml:18: exclude.0.steps", "no value 4"),
        (edited("where: {topic: freight}", "where: {topic: sea}"), "spec.yaml:20: quotas.0.where.topic", "no value 'sea'"),
        (edited("at_most: 5", "at_most: -5"), "spec.yaml:21: quotas.0.at_most", "greater than or equal to 0"),
        (edited("at_most: 5", "at_least: 5"), "spec.yaml:21: quotas.0.at_least", "Did you mean 'at_most'"),
        (
            edited("{topic: pharmacy, steps: [2, 3], plain: true}", "{topic: [pharmacy, freight]}"),
            "spec.yaml:17: exclude",
            "no cell",
        ),
        (edited("plain: [true, false]", "plain: []"), "spec.yaml:16: axes.plain", "no values"),
        (edited("plain: [true, false]", "plain: yes"), "spec.yaml:16: axes.plain", "not a list"),
        (edited("plain: [true, false]", "plain: [[1]]"), "spec.yaml:16: axes.plain.0", "not a single value"),
        (edited("plain: [true, false]", "plain: [null]"), "spec.yaml:16: axes.plain.0", "not a single value"),
        (edited("path: known.jsonl", "path: gone.jsonl"), "spec.yaml:26: references.0.path", "there is no file"),
        (edited("path: known.jsonl", "path: ."), "spec.yaml:26: references.0.path", "a folder"),
        (edited("path: known.jsonl", "path: /dev/zero"), "spec.yaml:26: references.0.path", "not a regular file"),
        (edited("settings: {unit: kg}", "settings: {1: kg}"), "spec.yaml:27: settings.1", "not a text"),
        (edited("recipe: ground_truth", "recipe: ./gone.py"), "spec.yaml:2: recipe", "there is no file"),
        (edited("recipe: ground_truth", "recipe: ./known.jsonl"), "spec.yaml:2: recipe", "not a .py file"),
        ("- a\n- b\n", "spec.yaml:1", "mapping"),
        ("name: a\nrecipe: r\nbrief: b\naxes: {}\n", "spec.yaml:4: axes", "mapping"),
        ("name: a\nrecipe: r\nbrief: b\naxes: {t: [a, b]}\nexclude: {t: a}\n", "spec.yaml:5: exclude", "not a list"),
        (
            "name: a\nrecipe: r\nbrief: b\naxes:\n  t: [{value: a, when: {u: b}}]\n  u: [{value: b, when: {t: a}}]\n",
            "spec.yaml:4: axes",
            "wait for each other",
        ),
    ],
)
def test_a_wrong_spec_is_told_at_its_line(folder: Path, text: str, place: str, words: str) -> None:
    said = complaint(folder, text)
    assert said.startswith(place + ": "), said
    assert words in said


def test_a_pipe_offered_as_reference_is_refused_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    assert "not a regular file" in complaint(folder, edited("path: known.jsonl", "path: pipe.jsonl"))


def test_a_pickle_offered_as_reference_is_refused_unread(folder: Path) -> None:
    (folder / "index.pkl").write_bytes(b"\x80\x04cos\nsystem\n")
    said = complaint(folder, edited("path: known.jsonl", "path: index.pkl"))
    assert said.startswith("spec.yaml:26: references.0.path: ") and "never opened" in said


def test_a_pinned_reference_file_must_be_that_file(folder: Path) -> None:
    assert "is not the file" in complaint(folder, edited("field: text}", f"field: text, sha256: {'0' * 64}}}"))


def test_two_reference_sets_need_two_names(folder: Path) -> None:
    twice = edited("field: text}", "field: text}\n  - {name: known, path: known.jsonl, field: text}")
    assert complaint(folder, twice).startswith("spec.yaml:27: references.1: two reference sets")


def test_anchors_may_stand_in_a_file(folder: Path) -> None:
    inline = FULL.split("anchors:\n", 1)[1].split("references:", 1)[0]
    text = edited("anchors:\n" + inline, "anchors: anchors.jsonl\n")
    (folder / "anchors.jsonl").write_text(json.dumps({"payload": {"prompt": "p", "answer": "2024-01-05"}, "critique": "good"}))
    assert load(folder, text).spec.identity == load(folder, FULL).spec.identity
    (folder / "anchors.jsonl").write_text('{"payload": {}}\n{"payload": 3}\n')
    assert complaint(folder, text).startswith("anchors.jsonl:2: payload: ")
    (folder / "anchors.jsonl").write_text('{"payload": {}}\n{"critic": "x", "payload": {}}\n')
    assert "Did you mean 'critique'?" in complaint(folder, text)
    (folder / "anchors.jsonl").write_text("\n{oops\n")
    assert complaint(folder, text).startswith("anchors.jsonl:2: this line is not JSON")


def test_a_recipe_file_becomes_an_absolute_path(folder: Path) -> None:
    (folder / "mine.py").write_text("raise SystemExit('never imported here')\n")
    assert load(folder, edited("recipe: ground_truth", "recipe: ./mine.py")).spec.recipe == str(folder / "mine.py")


def test_the_recipe_check_can_refuse_at_the_line(folder: Path) -> None:
    path = folder / "spec.yaml"
    path.write_text(FULL)

    def refuse(name: str, locate: Any) -> None:
        raise BadInput(f"there is no recipe {name!r}", where=locate(("recipe",)))

    with pytest.raises(BadInput, match=r"spec.yaml:2: recipe: there is no recipe 'ground_truth'"):
        load_spec(path, recipe_check=refuse)


@dataclass(frozen=True)
class Shades:
    edge: float = 0.5
    kinds: tuple[str, ...] = ("a",)
    strict: bool = False
    name: ClassVar[str] = "shades"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "c"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: Any) -> Finding:
        raise NotImplementedError


GATES = (Structure(min_chars=3), Shades())


def where(loc: tuple[Any, ...]) -> str:
    return "spec.yaml:9: " + ".".join(map(str, loc))


def test_gate_settings_are_bound_onto_the_recipes_own() -> None:
    bound = bind_gates(GATES, {"structure": {"max_chars": 99}, "shades": {"edge": 1, "kinds": ["b", "c"]}}, (), where)
    assert bound == (Structure(min_chars=3, max_chars=99), Shades(edge=1.0, kinds=("b", "c")))
    assert bind_gates(GATES, {}, ("structure",), where) == (Shades(),)


@pytest.mark.parametrize(
    ("gates", "without", "words"),
    [
        ({"structur": {}}, (), "gates.structur: the recipe has no gate 'structur'. Did you mean 'structure'?"),
        ({"structure": {"min_char": 1}}, (), "gates.structure.min_char: the gate 'structure' has no setting 'min_char'"),
        ({"structure": {"min_chars": "5"}}, (), "gates.structure.min_chars: "),
        ({"structure": {"must_ask": 1}}, (), "gates.structure.must_ask: "),
        ({"structure": {"min_chars": 500, "max_chars": 5}}, (), "gates.structure: structure: min_chars 500"),
        ({"shades": {"kinds": "b"}}, (), "gates.shades.kinds: "),
        ({"shades": {"name": "x"}}, (), "no setting 'name'"),
        ({}, ("shade",), "without.0: the recipe has no gate 'shade' to leave out. Did you mean 'shades'?"),
        ({"shades": {}}, ("shades",), "left out"),
    ],
)
def test_wrong_gate_settings_are_named(gates: dict[str, Any], without: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        bind_gates(GATES, gates, without, where)
    assert words in str(caught.value)
    assert str(caught.value).startswith("spec.yaml:9: ")


class Tolerance(BaseModel):
    model_config = ConfigDict(extra="forbid")
    relative: float = 0.0


class RecipeSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    unit: str
    tolerance: Tolerance = Tolerance()
    forms: tuple[str, ...] = ()


def test_settings_are_parsed_by_the_recipes_model() -> None:
    parsed = parse_settings(RecipeSettings, {"unit": "kg", "tolerance": {"relative": 1}, "forms": ["a"]}, where)
    assert (parsed.unit, parsed.tolerance.relative, parsed.forms) == ("kg", 1.0, ("a",))
    for mapping, words in [
        ({"unit": 3}, "settings.unit: "),
        ({}, "settings.unit: the field 'unit' is missing"),
        (
            {"unit": "kg", "tolerance": {"relativ": 1}},
            "settings.tolerance.relativ: unknown field 'relativ'. Did you mean 'relative'?",
        ),
    ]:
        with pytest.raises(BadInput) as caught:
            parse_settings(RecipeSettings, mapping, where)
        assert words in str(caught.value)
