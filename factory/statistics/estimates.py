"""The form every published number takes, and what a number must be before it may be used."""

from __future__ import annotations

import math
from dataclasses import dataclass


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


def count(name: str, value: int) -> int:
    """The value back if it is a non-negative integer. Raises TypeError for None, NaN, a float or a bool, ValueError below 0."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number of samples, not {value!r}")
    if value < 0:
        raise ValueError(f"{name} must not be negative, and is {value}")
    return value


def share(name: str, value: float) -> float:
    """The value back if it lies strictly between 0 and 1. Raises ValueError otherwise, NaN included."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 < value < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, and is {value!r}")
    return float(value)
