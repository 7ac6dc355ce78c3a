"""Numbers that an English text implies without naming them: `twice`, `a third`, `weekly`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_IMPLIED: Final = tuple(
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), frozenset(map(Fraction, values.split())))
    for pattern, values in (
        ("half|halves", "2 1/2"),
        (r"twice|doubl\w+|both|couple|pairs?", "2"),
        ("thirds?", "3 2 1/3 2/3"),
        ("quarters?|fourths?", "4 3 1/4 3/4"),
        (r"thrice|tripl\w+", "3"),
        (r"quadrupl\w+", "4"),
        ("fifths?", "5 1/5"),
        ("dozens?", "12"),
        ("weeks?|weekly|daily|every day|a day", "7 52"),
        ("hours?|hourly|minutes?", "60"),
        ("days?", "24 7"),
        (r"years?|yearly|annual\w*|months?", "12 365 52"),
        (r"percent\w*", "100 1"),
    )
)


def implied(text: str) -> set[Fraction]:
    """What a working may reckon with because of such words, whether it must or not."""
    return set[Fraction]().union(*(values for pattern, values in _IMPLIED if pattern.search(text)))
