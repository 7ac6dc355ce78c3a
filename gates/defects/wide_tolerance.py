"""A tolerance so wide that numbers nobody worked out are within it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from gates.defects.planting import Planted, numeric_answer


def wide_tolerance(payload: Mapping[str, Any], rng: random.Random) -> Planted | None:
    """The item graded with a tolerance of half the answer or more."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    if rng.random() < 0.5:
        grader: dict[str, Any] = {"kind": "number", "relative": rng.choice((0.5, 0.75, 0.9))}
    else:
        grader = {"kind": "number", "absolute": round(float(answer) * rng.choice((0.5, 1, 2)), 6)}
    return Planted({**payload, "grader": grader}, "wide_tolerance", "gameability")
