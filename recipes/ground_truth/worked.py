"""A number that a program came to, written as an answer to an item would be."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from factory.graders import NumberSettings
from factory.graders.number import grade, is_percent, read

_PLACES: Final = 12  # as many decimals are written out where they are exact
_SHORT: Final = 20  # characters of a fraction that is still read as a number
_DIGITS: Final = 15  # significant ones of what is neither
_WORDS: Final = 2  # around the number of a reference whose shape is taken over
_NUMERAL: Final = re.compile(r"[-−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")
_DECIMAL: Final = re.compile(r"[-−]?\d*\.(\d+)")

_Writing = Callable[[str], str]


def as_answer(value: Fraction, said: str, reference: str, grader: NumberSettings) -> str:
    """The value in the reference's shape, so that the shape does not tell which is which.

    Where the grader does not take the value for the reference, it is spelled as in `said`, if that is the value, or the value
    rounded to the decimals that `said` is written with. A share may stand for a percentage, where the reference is one.
    """

    def is_right(answer: str) -> bool:
        return grade(answer, reference, **grader.arguments())[0]

    truth, _ = read(reference)
    values = [value]
    if truth is not None and is_percent(truth.unit):
        values = [value, 100 * value] if abs(value) > 1 else [100 * value, value]
    write = _shape_of(reference, truth.value if truth is not None else value, grader, is_right)
    exact = [write(plainly(one)) for one in values]
    if (right := next(filter(is_right, exact), None)) is not None:
        return right
    numeral = _numeral(said)
    return write(numeral) if any(_spells(numeral, one) for one in values) else exact[0]


def plainly(value: Fraction) -> str:
    """A decimal number where one of a few places is exact, else a short fraction, else the first 15 digits: 0.125, 1/3."""
    scaled = value * 10**_PLACES
    fraction = f"{value.numerator}/{value.denominator}"
    if scaled.denominator == 1 and len(str(scaled.numerator)) <= 50:
        return f"{Decimal(scaled.numerator).scaleb(-_PLACES, Context(prec=60)).normalize(Context(prec=60)):f}"
    if len(fraction) <= _SHORT:
        return fraction
    digits = Context(prec=_DIGITS, Emin=-9999, Emax=9999).divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{digits:f}" if -_SHORT < digits.adjusted() < _SHORT else f"{digits:e}"


def _shape_of(reference: str, truth: Fraction, grader: NumberSettings, is_right: Callable[[str], bool]) -> _Writing:
    """How to write a number as the reference writes its own: the first way in which the reference's own number is right."""
    ways: list[_Writing] = []
    numerals = list(_NUMERAL.finditer(reference))
    if len(numerals) == 1:
        before, after = reference[: numerals[0].start()], reference[numerals[0].end() :]
        if len(f"{before} {after}".split()) <= _WORDS:
            ways.append(lambda number: f"{before}{number}{after}")
    ways.append(lambda number: number)
    ways += [lambda number, unit=unit: f"{number} {unit}" for unit in grader.units[:1]]  # type: ignore[misc]
    own = plainly(truth)
    return next((way for way in ways if is_right(way(own))), lambda number: number)


def _numeral(said: str) -> str:
    """The one number of an answer, as it is spelled there; "" where there is none, or several, or one in words or powers."""
    found, _ = read(said)
    numerals = _NUMERAL.findall(said)
    return numerals[0] if found is not None and len(numerals) == 1 and _exact(numerals[0]) == found.value else ""


def _exact(numeral: str) -> Fraction:
    return Fraction(numeral.replace(",", "").replace("−", "-"))


def _spells(numeral: str, value: Fraction) -> bool:
    """Whether a numeral is a value, or a decimal number to which it is rounded."""
    if not numeral or _exact(numeral) == value:
        return bool(numeral)
    decimal = _DECIMAL.fullmatch(numeral.replace(",", ""))
    return decimal is not None and 2 * abs(value - _exact(numeral)) * 10 ** len(decimal[1]) <= 1
