"""Other people's planters: every shape that is understood, and what is said of the rest."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from factory.errors import BadInput
from factory.types import Coordinate
from gates.defects import Planter
from recipes.ground_truth.payload import GroundTruth
from recipes.ground_truth.recipe import RECIPE
from scripts.auditing.goods import Good
from scripts.auditing.planters import Gardener, load_planters, planters_of
from tests.gates.test_defects import good

GOODS = [Good(f"g{n}", item, Coordinate(()), item["prompt"]) for n, item in enumerate(good()[:8])]


def written(folder: Path, text: str) -> Path:
    path = folder / "theirs.py"
    path.write_text(text)
    return path


def test_every_shape_of_planter_is_understood(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
from gates.defects import Planter

def plant(payload, rng):
    return {**payload, "answer": "0"}

def off(payload, rng):
    return None
off.gate = "oracle"

class Thing:
    kind, gate = "thing", "counter"
    def plant(self, payload, rng):
        return None

PLANTERS = [
    Planter("one", "oracle", plant),
    ("two", "oracle", plant),
    (plant, "three", "novelty"),
    {"kind": "four", "gate": "realism", "plant": plant},
    off,
    Thing(),
]
""",
    )
    found = [(one.kind, one.gate) for one in load_planters(path)]
    assert found == [
        ("one", "oracle"), ("two", "oracle"), ("three", "novelty"), ("four", "realism"), ("off", "oracle"),
        ("thing", "counter"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "defines no PLANTERS"),
        ("PLANTERS = 3", "PLANTERS is a int"),
        ("PLANTERS = []", "PLANTERS is empty"),
        ("PLANTERS = [3]", "it has no kind"),
        ("PLANTERS = [('a', 'b')]", "it has 2 parts"),
        ("PLANTERS = [('a', 'b', 'c')]", "cannot be called"),
        ("PLANTERS = [lambda payload, rng: None]", "it has no gate"),
        ("PLANTERS = [(3, 'oracle', print)]", "its kind is 3"),
        ("raise ValueError('no')", "it does not load (ValueError: no)"),
        ("class Mine:\n    kind, gate = 'a', 'oracle'\n    def plant(self, p, r): ...\nPLANTERS = [Mine]", "the class Mine"),
        ("PLANTERS = [{'kind': 'a', 'plant': print}]", "it has no gate"),
        ("PLANTERS = {'a': print}", "PLANTERS is a dict"),
        ("import sys; sys.exit(3)", "it does not load (SystemExit"),
        ("def (", "it does not load (SyntaxError"),
    ],
)
def test_what_is_no_planter_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_planters(written(tmp_path, text))
    assert said in caught.value.message
    assert "theirs.py" in caught.value.message


def test_two_planters_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "PLANTERS = [('placeholder', 'structure', print)]")
    with pytest.raises(BadInput, match="placeholder"):
        planters_of(["shipped", str(path)], RECIPE)
    assert len(planters_of([str(path)], RECIPE)) == 1


def plant(function: Any, gate: str = "oracle", wanted: int = 8) -> Any:
    return Gardener(RECIPE, RECIPE.gates, 0).plant(GOODS, Planter("theirs", gate, function), wanted)


def raises(payload: Any, rng: random.Random) -> Any:
    raise KeyError("colour")


async def coroutine(payload: Any, rng: random.Random) -> Any:
    return {**payload, "answer": "3"}


def generator(payload: Any, rng: random.Random) -> Any:
    yield {**payload, "answer": "3"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raises, "it raised KeyError: 'colour'"),
        (lambda payload: payload, "it raised TypeError"),
        (lambda payload, rng: "text", "it returned a str, not a payload"),
        (lambda payload, rng: {"prompt": "only"}, "does not fit the ground_truth payload: answer: Field required"),
        (lambda payload, rng: {**payload, "answer": 3}, "answer: Input should be a valid string"),
        (lambda payload, rng: {**payload, "answer": object()}, "it raised TypeError"),
        (lambda payload, rng: {**payload, 3: "x"}, "a key of the payload is no text"),
        (lambda payload, rng: payload, "it returned the item as it was"),
        (coroutine, "it is an async function"),
        (generator, "it is a generator"),
        (lambda payload, rng: {"answer": "3"}, "return the whole payload"),
        (lambda payload, rng: True, "it returned a bool, not a payload"),
        (lambda payload, rng: payload.answer, "it raised AttributeError"),
        (lambda payload, rng: {**payload, "colour": "red"}, "colour: Extra inputs"),
        (lambda payload, rng: {**payload, "answer": float("nan")}, "it raised ValueError: nan has no JSON form"),
        (lambda payload, rng: payload.update(answer=3), "it returned None, and as for the payload that it was given"),
        (lambda payload, rng: exit(2), "it raised SystemExit"),
        (lambda payload, rng: {**payload, "answer": "\ud800"}, "it raised"),
    ],
)
def test_a_planter_that_fails_is_told_and_plants_nothing(function: Any, said: str) -> None:
    trials, kind = plant(function)
    assert trials == []
    assert kind.planted == 0 and kind.failed > 0 and said in kind.problem, kind.problem


def test_a_planter_that_fails_now_and_then_is_tried_on_other_items() -> None:
    def sometimes(payload: Any, rng: random.Random) -> Any:
        if rng.random() < 0.5:
            raise ValueError("not this one")
        return None if rng.random() < 0.3 else {**payload, "answer": str(rng.randint(10_000, 99_999))}

    trials, kind = plant(sometimes, wanted=12)
    assert len(trials) == kind.planted == 12
    assert kind.failed and kind.unborne
    assert len({(trial.item, trial.payload["answer"]) for trial in trials}) == 12


def test_a_planter_cannot_spoil_the_good_item() -> None:
    before = [dict(one.payload) for one in GOODS]

    def vandal(payload: Any, rng: random.Random) -> Any:
        payload["prompt"] = "spoiled"
        payload["grader"]["kind"] = "math"
        return payload

    trials, _ = plant(vandal)
    assert trials
    assert [dict(one.payload) for one in GOODS] == before


def test_only_structure_may_be_shown_what_fits_no_schema() -> None:
    trials, _ = plant(lambda payload, rng: {"prompt": payload["prompt"]}, gate="structure")
    assert len(trials) == len(GOODS)


def test_the_same_defect_in_the_same_item_is_not_counted_twice() -> None:
    trials, kind = plant(lambda payload, rng: {**payload, "answer": "-1"}, wanted=30)
    assert len(trials) == kind.planted == len(GOODS)


def test_a_planter_that_edits_in_place_and_returns_nothing_has_planted() -> None:
    def edits(payload: Any, rng: random.Random) -> Any:
        if payload["prompt"] != GOODS[0].payload["prompt"]:
            payload["answer"] = str(rng.randint(10_000, 99_999))

    trials, kind = plant(edits, wanted=5)
    assert len(trials) == kind.planted == 5 and kind.failed == 0
    assert all(trial.payload["answer"] != by_id(trial.item)["answer"] for trial in trials)
    assert "`return payload`" in kind.problem
    # Only the first item was left as it was.
    assert 0 < kind.unborne <= 5


def test_what_a_planter_leaves_behind_when_it_gives_an_item_up_is_no_defect() -> None:
    def gives_up(payload: Any, rng: random.Random) -> Any:
        payload["answer"] = "-1"
        return payload if payload["prompt"] == GOODS[3].payload["prompt"] else None

    trials, kind = plant(gives_up)
    assert [trial.item for trial in trials] == ["g3"]
    assert kind.problem == "" and kind.unborne >= 7


def test_a_payload_of_the_recipes_own_class_is_understood() -> None:
    trials, kind = plant(lambda payload, rng: GroundTruth.model_validate_json(json.dumps({**payload, "answer": "-7"})))
    assert len(trials) == kind.planted == len(GOODS)
    assert trials[0].payload["answer"] == "-7" and trials[0].payload["grader"]["kind"] == "number"


def test_a_planters_file_may_import_its_neighbour_and_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "neighbour_of_theirs.py").write_text("ANSWER = '-3'")
    path = written(
        tmp_path,
        """
from neighbour_of_theirs import ANSWER
print("loading")
def wrong(payload, rng):
    print("planting")
    return {**payload, "answer": ANSWER}
wrong.gate = "oracle"
PLANTERS = [wrong]
""",
    )
    before = list(sys.path)
    (theirs,) = load_planters(path)
    trials, _ = plant(theirs.plant)
    assert trials[0].payload["answer"] == "-3"
    told = capsys.readouterr()
    assert told.out == "" and "loading" in told.err and "planting" in told.err
    assert sys.path[: len(before)] == before


def by_id(id: str) -> Any:
    return next(good.payload for good in GOODS if good.id == id)
