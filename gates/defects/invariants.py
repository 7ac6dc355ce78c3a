"""Defects that the invariants gate must catch. Only the solution is touched: the prompt and the answer stay sound."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from factory.gate import Gate
from gates.defects.planting import Planter
from gates.prose.arithmetic import Number, equations, holds

_FINAL = re.compile(r"(?:####|\b[Aa]nswer\s*(?:is\b|[:=]))\s*[$€£¥]?(?P<digits>\d[\d,]*(?:\.\d+)?)")
_PRIVATE: Final = (
    "Questions to {name}@{firm}.com.",
    "Checked by {name}, phone (212) 736-{line}.",
    "Figures from {name}.{firm}@{firm}.org.",
    "Call +44 20 7946 {line} if this is unclear.",
)
_NAMES: Final = ("marta.lind", "o.brandt", "jun.okafor", "s.devries")
_FIRMS: Final = ("norvik", "calderon", "ostrava")


def _slip(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """One result of the working is another number, and nothing after it follows from the slip."""
    solution = str(payload.get("solution", ""))
    found = [step for step in equations(solution) if step.result is not None and holds(step) and not step.loose]
    if not found:
        return None
    result = rng.choice(found).result
    assert result is not None
    return {**payload, "solution": _with(solution, result, rng)}


def _with(solution: str, result: Number, rng: random.Random) -> str:
    shown = solution[result.start : result.end]
    digits = re.search(r"\d[\d,]*", shown)
    assert digits is not None
    value = int(digits[0].replace(",", ""))
    other = value + rng.choice([step for step in (-10, -3, -2, 2, 3, 10) if value + step > 0])
    return f"{solution[: result.start]}{shown[: digits.start()]}{other}{shown[digits.end() :]}{solution[result.end :]}"


def _other_end(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The solution states another final answer than the item has."""
    solution = str(payload.get("solution", ""))
    match = _FINAL.search(solution)
    if match is None:
        return None
    value = Fraction(match["digits"].replace(",", ""))
    other = str(int(value) + rng.choice((1, 2, 5, 10)))
    return {**payload, "solution": solution[: match.start("digits")] + other + solution[match.end("digits") :]}


def _private(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The solution names somebody's address or phone."""
    solution = payload.get("solution")
    if not isinstance(solution, str) or not solution.strip():
        return None
    said = rng.choice(_PRIVATE).format(name=rng.choice(_NAMES), firm=rng.choice(_FIRMS), line=rng.randint(1000, 9899))
    return {**payload, "solution": f"{said} {solution}"}


def _said_besides(sentences: Sequence[str]) -> Callable[[Mapping[str, Any], random.Random], Mapping[str, Any] | None]:
    """Plants one of the sentences before the solution; {n}: a number that the item has nowhere."""

    def plant(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
        solution = payload.get("solution")
        if not isinstance(solution, str) or not solution.strip():
            return None
        told = f"{payload.get('prompt', '')} {solution}"
        number = next(n for n in iter(lambda: rng.randrange(10_007, 99_991, 2), None) if str(n) not in told.replace(",", ""))
        sentence = rng.choice(sentences)
        given = {"n": number, "less": number - 40, "small": number % 60 + 31, "name": rng.choice(_STRANGERS)}
        return {**payload, "solution": f"{sentence.format(**given)} {solution}"}

    return plant


def _claims(name: str) -> Callable[[Gate], bool]:
    """Whether a gate is set to hold items to the property."""
    return lambda gate: name in getattr(gate, "properties", ())


_STRANGERS: Final = ("Ingrid Halvorsen", "Tomasz Wierzbicki", "Aroha Ngata", "Bartholomew Quigley")
_BY_PROPERTY: Final[Mapping[str, Mapping[str, Callable[[Mapping[str, Any], random.Random], Mapping[str, Any] | None]]]] = {
    "self_consistency": {"slip_in_working": _slip, "other_final_answer": _other_end},
    "pii_boundary": {"private_data": _private},
    "reference_integrity": {
        "dangling_citation": _said_besides(("The rule is the one in [{small}].", "This is as the note says [{small}].")),
        "invented_quote": _said_besides(
            (
                'It says "nobody was there to count the rest that evening" for a reason.',
                "As the note has it, “every one of them was returned before the doors closed”.",
            )
        ),
        "unknown_url": _said_besides(
            ("The rate is at https://tables.calderon.org/rates/{n}.", "See http://norvik.com/{n}/notes.")
        ),
        "dangling_part": _said_besides(("The rate is that of table {small}.", "The order is the one of section {small}.")),
        "unknown_id": _said_besides(("It is booked as INV-{n}.", "It was billed under order number {n}.")),
    },
    "entailment_by_source": {
        "unsupported_number": _said_besides(("There were {n} of them in the other hall.", "The year before it was {n}.")),
        "unsupported_step": _said_besides(("{n} - 40 = {less}.", "Of the rest, {n} - 40 = {less} were kept.")),
        "unsupported_name": _said_besides(("It was {name} who counted them.", "The count was made by {name}.")),
    },
}

PLANTERS: Final = tuple(
    Planter(kind, "invariants", plant, _claims(name)) for name, kinds in _BY_PROPERTY.items() for kind, plant in kinds.items()
)
"""By property: those that hold several pairs against each other (monotonicity) are no settings of the gate, and have none."""
