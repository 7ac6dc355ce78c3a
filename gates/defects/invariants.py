"""Defects that the invariants gate must catch. Only the solution is touched: the prompt and the answer stay sound."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

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


PLANTERS: Final = (
    Planter("slip_in_working", "invariants", _slip),
    Planter("other_final_answer", "invariants", _other_end),
    Planter("private_data", "invariants", _private),
)
