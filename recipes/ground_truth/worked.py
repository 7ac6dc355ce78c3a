"""A number that a program came to, written as an answer to an item would be."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from factory.graders import NumberSettings
from factory.graders.number import Reading, read

_DECIMALS: Final = 40  # as many places are written out; what takes more is written as a fraction
_BEFORE: Final = "$€£¥₹"  # units that stand before their number


def as_answer(value: Fraction, said: str, reference: str, grader: NumberSettings) -> str:
    """`said`, where that is the value, or what is left of it after rounding to the decimals it is written with; else the value
    exactly, in the reference's unit, so that its shape does not tell it from the reference.
    """
    own, _ = read(said, grader.units)
    if own is not None and (own.value == value or _rounds_to(value, own)):
        return said
    truth, _ = read(reference, grader.units)
    unit = truth.unit if truth is not None else ""
    if not unit and grader.unit_required and grader.units:
        unit = grader.units[0]
    number = exactly(value)
    return f"{unit}{number}" if unit and unit in _BEFORE else f"{number} {unit}".strip()


def exactly(value: Fraction) -> str:
    """A decimal number where one of at most 40 places is exact, else a fraction: 0.125, 1/3."""
    for places in range(_DECIMALS + 1):
        scaled = abs(value) * 10**places
        if scaled.denominator == 1:
            digits = str(scaled.numerator).rjust(places + 1, "0")
            split = len(digits) - places
            return f"{'-' if value < 0 else ''}{digits[:split]}{'.' if places else ''}{digits[split:]}"
    return f"{value.numerator}/{value.denominator}"


def _rounds_to(value: Fraction, said: Reading) -> bool:
    """Whether a number written with decimals is another one rounded to as many."""
    decimals = re.search(r"(?<=\d)\.(\d+)(?![\d/]|\s?/)", said.text)
    return decimals is not None and 2 * abs(value - said.value) * 10 ** len(decimals[1]) <= 1
