"""Defects that the counter gate must catch. The reference stays what it was: by the first of two givens, by what is stated."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, Final

from gates.defects.planting import Planter, with_sentence

# A whole number of two to five digits, and no part of a price, a date, a time, a decimal or a longer number.
_COUNT: Final = re.compile(r"(?<![\d$€£.,:/-])\d{2,5}(?![\d%:/-]|[.,]\d)")
_AGAIN: Final = (
    "Elsewhere on the same page that {0} is given as {1}.",
    "In the fair copy that {0} is entered as {1}.",
    "On the second sheet that {0} was put down as {1}.",
    "Another record says {1} where this one says {0}.",
    "However, a receipt in the drawer shows {1}, not {0}.",
    "The foreman swears that it was {1} instead of {0}.",
    "Some of the papers give {0}, others {1}.",
)
_LEFT_OUT: Final = (
    "Those that had been set aside for a later order are not to be counted.",
    "The ones that were promised elsewhere are not counted.",
    "Some were held back from the start, and those do not count.",
    "It is not stated how many of them came back unused.",
    "An unknown number were damaged and have to be left out.",
    "Several of them were mislaid along the way.",
    "Nobody noted how many were given away besides.",
    "A small part of it had to be thrown away in the end.",
)


def _contradictory(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """One of the prompt's numbers is given a second time, as another."""
    numbers = _COUNT.findall(str(payload.get("prompt", "")))
    answer = str(payload.get("answer", ""))
    if not numbers:
        return None
    said = rng.choice(numbers)
    others = [str(int(said) + step) for step in (-7, -4, -3, 3, 4, 6, 9)]
    usable = [other for other in others if other != answer and other not in numbers]
    return with_sentence(payload, rng.choice(_AGAIN).format(said, rng.choice(usable))) if usable else None


def _missing(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """Something is to be left out of the count, and nobody says how much of it there is."""
    return with_sentence(payload, rng.choice(_LEFT_OUT))


PLANTERS: Final = (
    Planter("contradictory", "counter", _contradictory),
    Planter("missing_assumption", "counter", _missing),
)
