"""What plants a known defect in a known-good item, so that a gate can be seen to catch it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from factory.gate import Answered, Gate

_SENTENCE_END: Final = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True, slots=True)
class Planter:
    """kind: the defect's stable name; gate: the gate whose claim it breaks.

    plant: a payload as plain JSON and a random stream -> the payload with the defect and with no other, or None where this item
    cannot bear it. It leaves its argument as it is. when: whether the gate, set as it is, claims what the defect breaks;
    None for always.
    """

    kind: str
    gate: str
    plant: Callable[[Mapping[str, Any], random.Random], Mapping[str, Any] | None]
    when: Callable[[Gate], bool] | None = None


@dataclass(frozen=True, slots=True)
class SetPlanter:
    """kind, gate: as of a Planter.

    plant: the answer of a known-good item, the keys of other items' answers, and a random stream -> how many of a job's
    accepted items have which answer's key, so that the item must not join them; None where there is no such set.
    """

    kind: str
    gate: str
    plant: Callable[[Answered, Sequence[str], random.Random], Mapping[str, int] | None]


def with_sentence(payload: Mapping[str, Any], sentence: str, *, first: bool = False) -> Mapping[str, Any] | None:
    """The payload with a sentence before or after its prompt, set off as the prompt sets off its own; None without a prompt."""
    prompt = payload.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        return None
    gap = "\n" if "\n" in prompt.strip() else " "
    return {**payload, "prompt": f"{sentence}{gap}{prompt.strip()}" if first else f"{prompt.strip()}{gap}{sentence}"}


def prompt_of(payload: Mapping[str, Any]) -> str:
    """The payload's prompt without outer white space, "" where it has no such text."""
    prompt = payload.get("prompt")
    return prompt.strip() if isinstance(prompt, str) else ""


def sentences_of(text: str) -> list[str]:
    """The text's sentences, as its full stops, question and exclamation marks tell them."""
    return _SENTENCE_END.split(text.strip())


def numeric_answer(payload: Mapping[str, Any]) -> str | None:
    """The answer of an item whose answer is one plain number above 0, without separators; None for any other."""
    answer = str(payload.get("answer", "")).strip().replace(",", "")
    whole, _, part = answer.partition(".")
    plain = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))
    return answer if plain and float(answer) > 0 else None
