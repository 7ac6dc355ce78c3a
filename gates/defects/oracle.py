"""Defects that the oracle gate must catch: references that are wrong, in the ways that references are."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from gates.defects.planting import Planter, numeric_answer, prompt_of

_PLAIN = re.compile(r"(?<![\w.,/:])\d{1,6}(?:\.\d{1,4})?(?![\w/:%]|[.,]\d)")
_RESULT = re.compile(r"=\s*(-?\d{1,9}(?:\.\d{1,6})?)(?![\d/])")
_SCALES: Final = (Decimal(10), Decimal(100), Decimal(2), Decimal("0.1"), Decimal("0.5"))


def _one_step_short(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference is what the working comes to one step before its end."""
    answer = numeric_answer(payload)
    results = list(dict.fromkeys(_RESULT.findall(str(payload.get("solution", "")))))
    if answer is None or len(results) < 2:
        return None
    return _with(payload, answer, results[results.index(answer) - 1] if answer in results[1:] else results[-2])


def _off_by_a_step(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference is one or two too large or too small."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    return _with(payload, answer, str(Decimal(answer) + rng.choice((-2, -1, 1, 2))))


def _wrong_sign(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference has the opposite sign."""
    answer = numeric_answer(payload)
    return None if answer is None else _with(payload, answer, f"-{answer}")


def _wrong_scale(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference is ten or a hundred times too large, a tenth of what it should be, twice it or half of it."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    scaled = (Decimal(answer) * rng.choice(_SCALES)).normalize()
    return _with(payload, answer, f"{scaled:f}")


def _neighbour_number(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference is one of the numbers the prompt gives."""
    answer = numeric_answer(payload)
    given = sorted({number for number in _PLAIN.findall(prompt_of(payload)) if number != answer}, key=Decimal)
    return None if answer is None or not given else _with(payload, answer, rng.choice(given))


def _wrong_option(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference is another option."""
    grader, answer = payload.get("grader"), str(payload.get("answer", "")).strip()
    if not isinstance(grader, Mapping) or grader.get("kind") != "choice":
        return None
    count = len(grader.get("options") or ()) or int(grader.get("letters", 5))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count]
    others = [letter for letter in letters if letter != answer]
    return _without_working(payload, rng.choice(others)) if len(answer) == 1 and answer in letters else None


def _with(payload: Mapping[str, Any], answer: str, other: str) -> Mapping[str, Any] | None:
    """The payload with this answer, None where the grader would take the one for the other: then it is not wrong."""
    grader = payload.get("grader")
    tolerances = grader if isinstance(grader, Mapping) else {}
    right, wrong = Decimal(answer), Decimal(other)
    allowed = max(Decimal(str(tolerances.get("absolute", 0))), Decimal(str(tolerances.get("relative", 0))) * abs(right))
    kind = tolerances.get("kind", "number")
    if kind not in ("number", "exact", "math") or abs(wrong - right) <= 2 * allowed or wrong == right:
        return None
    return _without_working(payload, other)


def _without_working(payload: Mapping[str, Any], answer: str) -> Mapping[str, Any]:
    """A working that leads elsewhere would betray the answer to whoever compares the two."""
    return {**payload, "answer": answer, **({"solution": ""} if "solution" in payload else {})}


PLANTERS: Final = tuple(
    Planter(kind, "oracle", plant)
    for kind, plant in {
        "one_step_short": _one_step_short,
        "off_by_a_step": _off_by_a_step,
        "wrong_sign": _wrong_sign,
        "wrong_scale": _wrong_scale,
        "neighbour_number": _neighbour_number,
        "wrong_option": _wrong_option,
    }.items()
)
