"""What a battery is made of."""

from __future__ import annotations

from collections.abc import Iterable
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
