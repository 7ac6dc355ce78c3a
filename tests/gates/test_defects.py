"""The planters of gameability defects: each is caught by the gate it names, and known-good items are not."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from typing import Any

import pytest

from factory.canonical import plain
from factory.gate import GateContext
from factory.ports import Seat
from factory.types import Coordinate, Finding, Item, Member, Message, ModelReply, ModelRequest, Outcome, ReplySchema, Role
from gates.defects import Planter
from gates.defects.gameability import PLANTERS
from gates.gameability import Gameability
from gates.structure import Structure
from recipes.ground_truth.payload import GroundTruth, Settings
from recipes.ground_truth.recipe import GroundTruthTask
from recipes.ground_truth.rehearsal.author_defects import payload_of
from recipes.ground_truth.rehearsal.reader_roles import Solver
from tests.gates.seats import SPEC
from tests.recipes.drawing import compositions

ITEMS = 40


class Rehearsed:
    """The rehearsal solver on a seat."""

    role, slot, member = Role.SOLVER, 0, Member(model="sim:solver")

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        request = ModelRequest("sim:solver", messages, key=f"{messages[-1].text} {sample}")
        data = json.loads(Solver().play(request, {}, random.Random(request.key)).text)
        return ModelReply("", data)


def good() -> list[dict[str, Any]]:
    return [{**payload_of(made), "grader": {"kind": "number"}} for made in compositions(ITEMS, start=700)]


def checked(gate: Gameability | Structure, payload: Any) -> Finding:
    made = GroundTruth.model_validate_json(json.dumps(plain(payload)))
    seats: tuple[Seat, ...] = (Rehearsed(),)
    context = GateContext(SPEC, GroundTruthTask(Settings()), None, random.Random(3), {Role.SOLVER: seats})  # type: ignore[arg-type]
    return asyncio.run(gate.check(Item("c", 0, 0, Coordinate(()), payload, made), context))


def test_known_good_items_pass() -> None:
    stopped = [finding.detail for payload in good() if (finding := checked(Gameability(), payload)).outcome is not Outcome.PASS]
    assert len(stopped) <= 0.03 * ITEMS, stopped


@pytest.mark.parametrize("planter", PLANTERS, ids=lambda planter: planter.kind)
def test_every_defect_is_caught_by_the_gate_it_names(planter: Planter) -> None:
    missed, tried = [], 0
    for number, payload in enumerate(good()):
        planted = planter.plant(payload, random.Random(number))
        if planted is None:
            continue
        tried += 1
        if checked(Gameability(), planted).outcome is Outcome.PASS:
            missed.append(planted)
    assert tried >= 0.9 * ITEMS
    assert len(missed) <= 0.05 * tried, missed[:2]


@pytest.mark.parametrize("planter", PLANTERS, ids=lambda planter: planter.kind)
def test_a_planted_item_is_in_order_otherwise_and_the_good_one_is_left_as_it_was(planter: Planter) -> None:
    for number, payload in enumerate(good()[:20]):
        before = copy.deepcopy(payload)
        planted = planter.plant(payload, random.Random(number))
        assert payload == before
        assert planter.plant(payload, random.Random(number)) == planted
        if planted is not None:
            assert checked(Structure(), planted).outcome is Outcome.PASS, planted["prompt"]


def test_an_item_that_cannot_bear_a_defect_is_left_alone() -> None:
    for planter in PLANTERS:
        planted = planter.plant({"prompt": "", "answer": "", "solution": "", "unit": ""}, random.Random(0))
        assert planted is None, planter
