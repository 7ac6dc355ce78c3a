"""What plants a known defect in a known-good item, so that a gate can be seen to catch it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class Planted(NamedTuple):
    """payload: the item with the defect, plain JSON; kind: the defect's stable name; gate: the gate whose claim it breaks."""

    payload: Mapping[str, Any]
    kind: str
    gate: str


class Planter(Protocol):
    """One defect: a function in a file of its own. It leaves its argument as it is, draws on nothing but the stream, and spoils
    nothing else, so that the gate it names is the one to catch it.

    Returns None for an item that cannot bear the defect (it has no number for an answer, say).
    """

    def __call__(self, payload: Mapping[str, Any], rng: random.Random) -> Planted | None: ...


def numeric_answer(payload: Mapping[str, Any]) -> str | None:
    """The answer of an item whose answer is one plain number above 0, without separators; None for any other."""
    answer = str(payload.get("answer", "")).strip().replace(",", "")
    whole, _, part = answer.partition(".")
    plain = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))
    return answer if plain and float(answer) > 0 else None
