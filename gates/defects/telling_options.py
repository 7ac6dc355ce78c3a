"""A choice whose right option shows by its looks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from gates.defects.planting import Planted, numeric_answer


def telling_options(payload: Mapping[str, Any], rng: random.Random) -> Planted | None:
    """The item as a choice of four, the right one spelled out with care and the others thrown in."""
    answer, prompt = numeric_answer(payload), str(payload.get("prompt", "")).strip()
    if answer is None or not prompt:
        return None
    right = f"{answer}, once everything that came in and everything that went out has been taken into account"
    others = [str(number) for number in rng.sample(range(2, 999), 4) if str(number) != answer][:3]
    options = rng.sample([right, *others], 4)
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
    spoiled = {**payload, "prompt": f"{prompt}\n\n{listed}", "answer": "ABCD"[options.index(right)], "unit": ""}
    return Planted({**spoiled, "grader": {"kind": "choice", "options": options}}, "telling_options", "gameability")
