"""What a battery is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """One text to try a grader on. family: the stable name of the trick, or of the form, that it is an instance of."""

    family: str
    text: str


@dataclass(frozen=True, slots=True)
class Battery:
    """attacks: texts that solve nothing and must score nothing, whatever the item. copies: texts taken from the prompt as they
    stand; one that scores says that the item, not its grader, is at fault. equivalents: the right answer in other forms, which
    must score.
    """

    attacks: tuple[Trial, ...]
    copies: tuple[Trial, ...]
    equivalents: tuple[Trial, ...]


def trials(family: str, texts: Iterable[str]) -> tuple[Trial, ...]:
    return tuple(Trial(family, text) for text in texts)


def distinct(found: Iterable[Trial]) -> tuple[Trial, ...]:
    """The trials without those whose text came before."""
    return tuple({trial.text: trial for trial in reversed(list(found))}.values())[::-1]


def raised(digits: str) -> Iterator[Trial]:
    """A whole number with all but its first digit raised: to the eye the number, to a reader of formulas a power."""
    if len(digits) > 1 and digits.isascii() and digits.isdigit() and not _is_own_power(digits):
        yield Trial("look_alike", digits[0] + digits[1:].translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")))


def _is_own_power(digits: str) -> bool:
    """Whether a number is its first digit to the power of the rest.

    A power of 2 or more has at least .3 digits for each of its exponent, so an exponent of over four times the digits there are
    settles it: nobody could wait for 9 to the power of thirty nines.
    """
    if len(digits) > 1000:
        return False
    exponent = int(digits[1:])
    return exponent <= 4 * len(digits) and int(digits[0]) ** exponent == int(digits)
