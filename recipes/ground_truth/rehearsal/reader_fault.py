"""What a critic says is wrong with a problem."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a problem has no single answer. kind: the claim it makes good; why: the objection, in a sentence; answers: what it
    comes to, read one way and the other, as far as that is known.
    """

    kind: str
    why: str
    answers: tuple[Fraction, ...] = ()
