"""Metamorphic relations: a change of the input after which the answer is known from the answer before. One file each.

Each is a plain function from an input to the changed input and what must hold between the two answers, or None where it does
not apply; `Changed.expected.holds(before, after)` checks two answers. They need no model, no store and no recipe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gates.relations.entity_swap import entity_swap
from gates.relations.expected import Changed, Expected, Flipped, MappedBy, Same, ScaledBy, from_json, to_json
from gates.relations.irrelevant_context import irrelevant_context
from gates.relations.negation import negation
from gates.relations.number_scaling import number_scaling
from gates.relations.paraphrase import paraphrase


@dataclass(frozen=True, slots=True)
class Case:
    """input: what is to be changed; solution, answer: its worked solution and final answer where they are known, else ""."""

    input: str
    solution: str = ""
    answer: str = ""


Relation = Callable[[Case], Changed | None]

RELATIONS: Final[Mapping[str, Relation]] = {
    "paraphrase": lambda case: paraphrase(case.input),
    "entity_swap": lambda case: entity_swap(case.input),
    "negation": lambda case: negation(case.input),
    "irrelevant_context": lambda case: irrelevant_context(case.input),
    "number_scaling": lambda case: number_scaling(case.input, solution=case.solution, answer=case.answer or case.solution),
}
"""Every relation, by name."""

__all__ = [
    "RELATIONS", "Case", "Changed", "Expected", "Flipped", "MappedBy", "Relation", "Same", "ScaledBy", "entity_swap",
    "from_json", "irrelevant_context", "negation", "number_scaling", "paraphrase", "to_json",
]  # fmt: skip
