"""The invariants gate: known-good items pass, every planted defect is caught by it, and no other gate's are."""

from __future__ import annotations

import asyncio
import copy
import random
from typing import Any

import pytest

from factory.errors import BadInput
from factory.gate import settings_of
from factory.types import Coordinate, Finding, Item, Outcome
from gates.defects import PLANTERS, Planter
from gates.defects.invariants import PLANTERS as OWN
from gates.invariants import Invariants
from gates.properties import PROPERTIES
from recipes.ground_truth.payload import GroundTruth
from recipes.ground_truth.recipe import RECIPE
from recipes.ground_truth.rehearsal.author_defects import WRITERS, payload_of
from scripts.auditing.planters import planters_of
from tests.recipes.drawing import compositions, plan

ITEMS = 60


def good() -> list[dict[str, Any]]:
    return [dict(payload_of(made)) for made in compositions(ITEMS, start=900)]


def checked(payload: Any, gate: Invariants | None = None) -> Finding:
    item = Item("c", 0, 0, Coordinate(()), payload, GroundTruth.model_validate({**payload, "grader": None}))
    return asyncio.run((gate or Invariants()).check(item, None))  # type: ignore[arg-type]


def test_known_good_items_pass() -> None:
    stopped = [finding.detail for payload in good() if (finding := checked(payload)).outcome is not Outcome.PASS]
    assert stopped == []


def claiming(planter: Planter) -> Invariants:
    """The gate, set to hold items to the one property that the planter's defects break."""
    assert planter.when is not None
    (own,) = (gate for name in PROPERTIES if planter.when(gate := Invariants(properties=(name,))))
    return own


def test_every_property_has_its_planters_and_they_are_those_of_the_gate_as_it_is_set() -> None:
    assert {claiming(planter).properties[0] for planter in OWN} == set(PROPERTIES)
    for properties, kind, other in (
        (("self_consistency", "pii_boundary"), "private_data", "dangling_citation"),
        (("reference_integrity",), "dangling_citation", "private_data"),
        (("entailment_by_source",), "unsupported_name", "slip_in_working"),
    ):
        kinds = [one.kind for one in planters_of(["shipped"], RECIPE, [Invariants(properties=properties)])]
        assert kind in kinds and other not in kinds
    assert "private_data" in [one.kind for one in planters_of(["shipped"], RECIPE)]


@pytest.mark.parametrize("planter", OWN, ids=lambda planter: planter.kind)
def test_with_its_property_switched_off_a_defect_passes(planter: Planter) -> None:
    own = claiming(planter).properties[0]
    rest = Invariants(properties=tuple(name for name in PROPERTIES if name not in (own, "entailment_by_source")))
    planted = [planter.plant(payload, random.Random(number)) for number, payload in enumerate(good()[:20])]
    assert all(checked(payload, rest).outcome is Outcome.PASS for payload in planted if payload is not None)


@pytest.mark.parametrize("planter", OWN, ids=lambda planter: planter.kind)
def test_every_defect_is_caught(planter: Planter) -> None:
    gate = claiming(planter)
    missed, tried = [], 0
    for number, payload in enumerate(good()):
        before = copy.deepcopy(payload)
        planted = planter.plant(payload, random.Random(number))
        assert payload == before and planter.plant(payload, random.Random(number)) == planted
        if planted is None:
            continue
        tried += 1
        assert (planted["prompt"], planted["answer"]) == (payload["prompt"], payload["answer"])
        if checked(planted, gate).outcome is not Outcome.REPAIR:
            missed.append(planted["solution"])
    assert tried >= 0.9 * ITEMS
    assert len(missed) <= 0.05 * tried, missed


@pytest.mark.parametrize("planter", OWN, ids=lambda planter: planter.kind)
def test_an_item_that_cannot_bear_a_defect_is_left_alone(planter: Planter) -> None:
    assert planter in PLANTERS and planter.gate == Invariants.name
    assert planter.plant({"prompt": "", "answer": "", "solution": "", "unit": ""}, random.Random(0)) is None


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_what_the_rehearsal_plants_is_left_to_its_own_gate(kind: str) -> None:
    """A wrong reference above all: its working is sound as far as it goes, and only an independent solution tells."""
    caught = [seed for seed in range(40) if checked(WRITERS[kind](plan(seed), random.Random(seed))).outcome is not Outcome.PASS]
    assert caught == []


def test_the_finding_names_field_property_and_reason() -> None:
    payload = good()[0] | {"solution": "40 + 2 = 43. Mail a@norvik.se. Answer: 42 boxes.", "answer": "42"}
    found = checked(payload)
    assert (found.outcome, found.reason) == (Outcome.REPAIR, "wrong_arithmetic")
    told = [(each["field"], each["property"], each["reason"]) for each in found.evidence["violations"]]
    assert told == [
        ("solution", "self_consistency", "wrong_arithmetic"),
        ("solution", "pii_boundary", "private_email"),
    ]
    assert "a@norvik.se" not in str(found)


def test_settings_say_what_is_checked_where() -> None:
    payload = good()[0] | {"solution": "40 + 2 = 43"}
    assert checked(payload, Invariants(properties=("pii_boundary",))).outcome is Outcome.PASS
    other = Invariants(output_fields=("unit",), properties=("reference_integrity", "entailment_by_source"))
    assert checked(good()[0] | {"unit": "boxes [7]"}, other).reason == "dangling_citation"
    assert checked(good()[0] | {"solution": " "}).outcome is Outcome.PASS
    assert settings_of(Invariants())["properties"] == ("self_consistency", "pii_boundary")
    with pytest.raises(BadInput, match="self_consistency"):
        Invariants(properties=("selfconsistency",))
    with pytest.raises(BadInput, match="empty"):
        Invariants(output_fields=())
