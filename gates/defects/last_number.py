"""A prompt whose last number is the answer, so that repeating it scores."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from gates.defects.planting import Planted, numeric_answer

_ASIDES = (
    "The sheet on which all of this was written down carried the number {} in one corner.",
    "The clerk who took these notes sat in room {} on the second floor.",
    "Whoever typed this had a badge with the number {} on it, which matters to nobody.",
)


def last_number(payload: Mapping[str, Any], rng: random.Random) -> Planted | None:
    """The item with an aside at the end that happens to hold the answer's number."""
    answer, prompt = numeric_answer(payload), str(payload.get("prompt", "")).strip()
    if answer is None or not prompt:
        return None
    aside = rng.choice(_ASIDES).format(answer)
    return Planted({**payload, "prompt": f"{prompt}\n\n{aside}"}, "last_number", "gameability")
