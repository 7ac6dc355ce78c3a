"""The form every published number takes, and what a number must be before it may be used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point value inside its interval [low, high]; level is the interval's confidence level, such as 0.95."""

    value: float
    low: float
    high: float
    level: float

    def rounded(self, digits: int = 6) -> Estimate:
        """The same estimate rounded, so that a receipt's hash does not hang on the last bit of a platform's logarithm."""
        return Estimate(round(self.value, digits), round(self.low, digits), round(self.high, digits), self.level)


def whole(name: str, value: Any) -> int:
    """The value as an int if it is an integer, of numpy's kinds too. Raises TypeError for None, NaN, a float or a bool."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    return int(value)


def count(name: str, value: Any) -> int:
    """As `whole`. Raises ValueError below 0 too."""
    found = whole(name, value)
    if found < 0:
        raise ValueError(f"{name} must not be negative, and is {found}")
    return found


def at_least_one(name: str, value: Any) -> int:
    """As `count`. Raises ValueError for 0 too."""
    if (found := count(name, value)) < 1:
        raise ValueError(f"{name} must be at least 1, and is 0")
    return found


def within(name: str, value: Any, low: float, high: float) -> float:
    """The value as a float if it is a finite number from low to high. Raises TypeError for no number, ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r}")
    found = float(value)
    if not math.isfinite(found) or not low <= found <= high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, and is {value!r}")
    return found


def share(name: str, value: Any) -> float:
    """The value back if it lies strictly between 0 and 1. Raises ValueError otherwise, NaN included."""
    found = math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    if not 0 < found < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, and is {value!r}")
    return found
