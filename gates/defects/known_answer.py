"""A question that anyone answers without reading the text before it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from gates.defects.planting import Planted

_KNOWN = (
    ("How many hours are there in a day?", "24", "hours"),
    ("How many days are there in a week?", "7", "days"),
    ("How many minutes are there in an hour?", "60", "minutes"),
    ("How many months are there in a year?", "12", "months"),
    ("How many pieces are there in a dozen?", "12", "pieces"),
    ("How many weeks are there in a year, to the nearest whole number?", "52", "weeks"),
)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


def known_answer(payload: Mapping[str, Any], rng: random.Random) -> Planted | None:
    """The item's story with a question of common knowledge in place of its own."""
    told = _SENTENCE_END.split(str(payload.get("prompt", "")).strip())
    story = [sentence for sentence in told if "?" not in sentence]
    if len(story) < 2 or len(story) == len(told):
        return None
    question, answer, unit = rng.choice(_KNOWN)
    spoiled = {**payload, "prompt": " ".join([*story, question]), "answer": answer, "unit": unit}
    return Planted({**spoiled, "solution": f"It is common knowledge: {answer}."}, "known_answer", "gameability")
