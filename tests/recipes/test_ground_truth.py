"""The recipe's own promises: prompts that hold no reference, specs that load, settings that are checked."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError

from factory.config.cast import load_cast
from factory.config.spec import load_spec
from factory.graders import ExactSettings, NumberSettings
from factory.recipe import AuthorContext
from factory.types import Coordinate, Finding, Item, Message, ModelReply, Outcome, ReplySchema, Role, Spec
from recipes import SHIPPED, load_shipped
from recipes.ground_truth.payload import GroundTruth, Settings
from recipes.ground_truth.prompting import render
from recipes.ground_truth.recipe import RECIPE, GroundTruthTask, export
from recipes.ground_truth.rehearsal.author_defects import GATES
from recipes.ground_truth.rehearsal.author_words_freight import FREIGHT
from recipes.ground_truth.rehearsal.author_words_pharmacy import PHARMACY

SPECS = sorted((RECIPE.folder / "specs").glob("*.yaml"))
ITEM = GroundTruth(
    prompt="A bin had 9 nuts. 4 went. How many are left?", answer="ANSWER-77", solution="SOLUTION-88", unit="UNIT-99"
)


class Recorder:
    """A seat that keeps what it was asked and gives one reply."""

    role, slot, member = Role.AUTHOR, 0, None

    def __init__(self, data: dict[str, Any]) -> None:
        self.asked: list[tuple[tuple[Message, ...], str, ReplySchema | None]] = []
        self._data = data

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        self.asked.append((messages, purpose, schema))
        return ModelReply(json.dumps(self._data), self._data)


def author_context(spec: Spec, seat: Recorder, seed: int = 1) -> AuthorContext:
    coordinate = Coordinate(tuple((axis.name, axis.values[0].value) for axis in spec.axes))
    settings = Settings.model_validate(spec.settings)
    return AuthorContext(spec, coordinate, settings, seat, random.Random(seed), spec.anchors[:3], ("AVOID-THIS",))  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.ORACLE, Role.SOLVER])
def test_oracle_and_solver_see_the_prompt_and_nothing_of_the_reference(role: Role) -> None:
    spec = load_spec(SPECS[0]).spec
    messages, schema = GroundTruthTask(Settings()).question(ITEM, spec, role)
    text = "\n".join(message.text for message in messages)
    assert ITEM.prompt in text
    assert not [secret for secret in ("ANSWER-77", "SOLUTION-88", "UNIT-99") if secret in text]
    assert schema is not None
    assert set(schema.schema["properties"]) == ({"answer", "objection"} if role is Role.ORACLE else {"answer", "working"})


def test_an_answer_and_its_objection_are_read_from_the_reply() -> None:
    task = GroundTruthTask(Settings())
    found = task.answer(ModelReply("...", {"answer": " 12 ", "objection": " two readings "}))
    assert (found.text, found.objection) == ("12", "two readings")
    assert task.answer(ModelReply("...", {"answer": "12", "working": "w"})).objection == ""


def test_grading_follows_the_settings() -> None:
    item = ITEM.model_copy(update={"answer": "12.50"})
    number = GroundTruthTask(Settings(grader=NumberSettings(kind="number")))
    exact = GroundTruthTask(Settings(grader=ExactSettings(kind="exact")))
    assert (asyncio.run(number.grade(item, "$12.5", None))).correct  # type: ignore[arg-type]
    assert not (asyncio.run(exact.grade(item, "12.5", None))).correct  # type: ignore[arg-type]
    assert asyncio.run(number.equivalent(item, "3.0", "3"))
    right, wrong = number.specimens(item)
    assert "12.50" in right
    assert wrong


def test_the_author_is_told_brief_coordinate_examples_and_what_to_avoid() -> None:
    spec = load_spec(SPECS[0]).spec
    written = ITEM.model_dump(exclude={"grader"})
    seat = Recorder(written)
    payload = asyncio.run(RECIPE.author(author_context(spec, seat)))
    assert {name: payload[name] for name in written} == written
    assert RECIPE.parse(payload).grader == Settings().grader
    ((messages, purpose, schema),) = seat.asked
    text = messages[-1].text
    assert purpose == "write"
    assert schema is not None
    assert set(schema.schema["properties"]) == set(GroundTruth.model_fields) - {"grader"}
    assert spec.brief.strip() in text
    assert "AVOID-THIS" in text
    assert all(f"- {axis.name}: {axis.values[0].value}" in text for axis in spec.axes)
    assert all(json.dumps(anchor.payload["prompt"], ensure_ascii=False) in text for anchor in spec.anchors[:3])


def test_the_voice_turns_with_the_pull() -> None:
    spec = load_spec(SPECS[0]).spec
    texts = set()
    for seed in range(12):
        seat = Recorder({})
        asyncio.run(RECIPE.author(author_context(spec, seat, seed)))
        texts.add(seat.asked[0][0][-1].text)
    assert len(texts) >= 8


def test_a_repair_is_told_what_was_found_and_sees_what_it_wrote() -> None:
    spec = load_spec(SPECS[0]).spec
    seat = Recorder(ITEM.model_dump())
    item = Item("c", 0, 0, Coordinate(()), {"unparsed": "HALF-A-REPLY"}, None)
    finding = Finding(Outcome.REPAIR, "malformed", "The item does not fit its schema.")
    assert RECIPE.repair is not None
    asyncio.run(RECIPE.repair(author_context(spec, seat), item, finding))
    text = seat.asked[0][0][-1].text
    assert "HALF-A-REPLY" in text
    assert "The item does not fit its schema. (malformed)" in text


def test_a_template_never_renders_with_a_name_missing() -> None:
    with pytest.raises(UndefinedError):
        render("question.user")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_example_specs_are_whole(path: Path) -> None:
    spec = load_spec(path).spec
    assert spec.recipe == "ground_truth"
    assert len(spec.axes) >= 4
    assert len(spec.anchors) >= 6
    assert spec.exclude
    assert any(value.when for axis in spec.axes for value in axis.values)
    assert any(value.weight != 1 for axis in spec.axes for value in axis.values)
    RECIPE.settings.model_validate(spec.settings)
    for anchor in spec.anchors:
        payload = GroundTruth.model_validate(anchor.payload)
        assert payload.answer in payload.solution


@pytest.mark.parametrize(("name", "trade"), [("pharmacy", PHARMACY), ("freight", FREIGHT)])
def test_the_rehearsal_knows_every_topic_of_the_example_specs(name: str, trade: Any) -> None:
    spec = load_spec(RECIPE.folder / "specs" / f"{name}.yaml").spec
    topic = next(axis for axis in spec.axes if axis.name == "topic")
    assert {value.value for value in topic.values} == set(trade.topics)


def test_the_shipped_cast_rehearses_every_role_and_defect() -> None:
    cast = load_cast("rehearsal", RECIPE.casts).cast
    assert cast.simulated
    (author,) = cast.seats(Role.AUTHOR)
    assert set(author.options["plant"]) == set(GATES) - {"incomplete"}
    solvers = cast.seats(Role.SOLVER)
    assert [member.options["skill"] for member in solvers] == sorted(member.options["skill"] for member in solvers)
    families = [member.family for role in cast.members.values() for member in role]
    assert len(families) == len(set(families))
    assert RECIPE.rehearsal is not None
    players = RECIPE.rehearsal()
    assert {member.model for role in cast.members.values() for member in role} == {f"sim:{name}" for name in players}


def test_the_payload_takes_nothing_else() -> None:
    with pytest.raises(ValidationError):
        GroundTruth.model_validate({**ITEM.model_dump(), "hint": "x"})
    with pytest.raises(ValidationError):
        GroundTruth.model_validate({**ITEM.model_dump(), "answer": 12})
    with pytest.raises(ValidationError):
        Settings.model_validate({"grader": {"kind": "numbr"}})


def test_a_row_has_one_fixed_set_of_columns() -> None:
    bare, full = export(ITEM), export(ITEM.model_copy(update={"grader": Settings().grader}))
    assert list(bare) == list(full) == ["prompt", "answer", "unit", "solution", "grader"]
    assert json.loads(full["grader"])["kind"] == "number"


def test_the_recipe_is_on_the_shipped_list() -> None:
    assert "ground_truth" in SHIPPED
    assert load_shipped("ground_truth") is RECIPE
    assert [gate.name for gate in RECIPE.gates] == [
        "structure",
        "invariants",
        "novelty",
        "oracle",
        "counter",
        "realism",
        "difficulty",
        "gameability",
        "final_check",
    ]
    assert RECIPE.render(ITEM).startswith(ITEM.prompt)
