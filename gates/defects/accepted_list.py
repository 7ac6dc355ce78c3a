"""A reference that lists so many accepted forms that guesses are among them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from gates.defects.planting import Planted

_GUESSES = ("0", "1", "yes", "no", "unknown", "none", "true", "A")


def accepted_list(payload: Mapping[str, Any], rng: random.Random) -> Planted | None:
    """The item graded by spelling, with things nobody has to work out among the accepted forms."""
    answer = str(payload.get("answer", "")).strip()
    if not answer or "|" in answer:
        return None
    forms = [answer, *rng.sample(_GUESSES, rng.randint(2, 4))]
    spoiled = {**payload, "answer": " | ".join(forms), "grader": {"kind": "exact", "separator": " | "}}
    return Planted(spoiled, "accepted_list", "gameability")
