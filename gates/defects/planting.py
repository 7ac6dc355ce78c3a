"""What plants a known defect in a known-good item, so that a gate can be seen to catch it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Planter:
    """kind: the defect's stable name; gate: the gate whose claim it breaks.

    plant: a payload as plain JSON and a random stream -> the payload with the defect and with no other, or None where this item
    cannot bear it. It leaves its argument as it is.
    """

    kind: str
    gate: str
    plant: Callable[[Mapping[str, Any], random.Random], Mapping[str, Any] | None]


def with_sentence(payload: Mapping[str, Any], sentence: str, *, first: bool = False) -> Mapping[str, Any] | None:
    """The payload with a sentence before or after its prompt, set off as the prompt sets off its own; None without a prompt."""
    prompt = payload.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        return None
    gap = "\n" if "\n" in prompt.strip() else " "
    return {**payload, "prompt": f"{sentence}{gap}{prompt.strip()}" if first else f"{prompt.strip()}{gap}{sentence}"}
