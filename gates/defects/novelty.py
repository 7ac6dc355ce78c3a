"""Defects that the novelty gate must catch: the good item once more, as it is or under another coat of paint.

An audit shows the gate the original as an item of a reference set, of which not even a variant may be made.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, Final

from gates.defects.planting import Planter, prompt_of

_NUMBER = re.compile(r"(?<![\w.,])\d{1,5}(?![\w%]|[.,]\d)")
# A capital inside a sentence, seen otherwise than the gate sees names, so that the two cannot be wrong together.
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b")
_CALENDAR: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAMES: Final = (
    "Marlowe", "Okafor", "Lindqvist", "Haverford", "Tanaka", "Brightwater", "Szymanski", "Delacroix", "Ferreira", "Kowalczyk",
    "Ashdown", "Petrova", "Mbeki", "Thornbury", "Ibrahim", "Castellano", "Nakamura", "Redmayne",
)  # fmt: skip


def _copy(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item itself."""
    return dict(payload) if prompt_of(payload) else None


def _white_space(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """Other white space, another case, and nothing else."""
    prompt = prompt_of(payload)
    if not prompt:
        return None
    recast = rng.choice((str.upper, str.lower, str, str))
    spaced = re.sub(r"\s+", lambda found: rng.choice((" ", "  ", "\n")), recast(prompt))
    return _changed(payload, spaced + rng.choice(("", " ", "\n")))


def _name_swap(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """Every name is another one, the same one everywhere."""
    prompt = prompt_of(payload)
    names = list(dict.fromkeys(name for name in _NAME.findall(prompt) if name not in _CALENDAR))
    others = [name for name in _NAMES if name not in names]
    if not 0 < len(names) <= len(others):
        return None
    given = dict(zip(names, rng.sample(others, len(names)), strict=True))
    swapped = re.sub(r"[^\W\d_]+", lambda found: given.get(found[0], found[0]), prompt)
    return _changed(payload, swapped)


def _number_swap(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """Every number that is written in digits is another one."""
    prompt = prompt_of(payload)

    def other(found: re.Match[str]) -> str:
        value = int(found[0])
        return str(rng.choice([near for near in range(max(2, value // 2), 2 * value + 9) if near != value]))

    return _changed(payload, _NUMBER.sub(other, prompt))


def _changed(payload: Mapping[str, Any], prompt: str) -> Mapping[str, Any] | None:
    return {**payload, "prompt": prompt} if prompt != payload.get("prompt") else None


PLANTERS: Final = tuple(
    Planter(kind, "novelty", plant)
    for kind, plant in {
        "copy": _copy,
        "white_space": _white_space,
        "name_swap": _name_swap,
        "number_swap": _number_swap,
    }.items()
)
