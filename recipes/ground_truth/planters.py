"""Defects that only whoever writes such items can plant: an audit's item is written anew, by the rehearsal's author."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final

from gates.defects.planting import Planter
from recipes.ground_truth.rehearsal.author_defects import WRITERS
from recipes.ground_truth.rehearsal.author_story import plan_for

_KINDS: Final = {"too_easy": "difficulty", "ambiguous": "counter"}


def _planter(kind: str, gate: str) -> Planter:
    def plant(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
        # Only an item whose grader reads numbers can be another problem with a number for its answer.
        grader = payload.get("grader")
        if isinstance(grader, Mapping) and grader.get("kind", "number") not in ("number", "exact", "math"):
            return None
        return {**payload, **WRITERS[kind](plan_for({}, rng), rng)}

    return Planter(kind, gate, plant)


def planters() -> tuple[Planter, ...]:
    return tuple(_planter(kind, gate) for kind, gate in _KINDS.items())
