"""Properties that an output must have whatever the reference is. One file each, each a plain function over input and output.

They need no model, no store and no recipe, so a service can call them on every answer it gives:

    from gates.properties import PROPERTIES, Pair
    [violation for name in ("pii_boundary", "reference_integrity") for violation in PROPERTIES[name](Pair(question, answer))]

`monotonicity` is about several pairs at once, and stands apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gates.properties.entailment_by_source import entailment_by_source
from gates.properties.monotonicity import Monotone, Point, monotonicity
from gates.properties.pii_boundary import pii_boundary
from gates.properties.reference_integrity import reference_integrity
from gates.properties.self_consistency import self_consistency
from gates.properties.violation import Violation


@dataclass(frozen=True, slots=True)
class Pair:
    """input: what was given; output: what was made of it; answer: the final answer where it is kept apart, "" where not."""

    input: str
    output: str
    answer: str = ""


Property = Callable[[Pair], tuple[Violation, ...]]

PROPERTIES: Final[Mapping[str, Property]] = {
    "reference_integrity": lambda pair: reference_integrity(pair.input, pair.output),
    "entailment_by_source": lambda pair: entailment_by_source(pair.input, pair.output),
    "pii_boundary": lambda pair: pii_boundary(pair.input, f"{pair.output}\n{pair.answer}"),
    "self_consistency": lambda pair: self_consistency(pair.input, pair.output, answer=pair.answer),
}
"""Every property of a single pair, by name."""

__all__ = [
    "PROPERTIES", "Monotone", "Pair", "Point", "Property", "Violation", "entailment_by_source", "monotonicity", "pii_boundary",
    "reference_integrity", "self_consistency",
]  # fmt: skip
