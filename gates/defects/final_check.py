"""Defects that the final check must catch: graders that refuse their own reference, or accept what nobody worked out.

The reference itself stays right: it and the grader's settings do not fit each other.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any, Final

from gates.defects.planting import Planter, numeric_answer

_UNITS: Final = ("kg", "g", "litres", "ml", "metres", "cm", "minutes", "hours")
_UNREADABLE: Final = (
    "{0} or {1}",
    "somewhere between {0} and {1}",
    "see the working above",
    "not {0}",
    "either {0} or {1}, it depends",
)
_FALLBACKS: Final = ("I do not know.", "something else")


def _unit_missing(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The grader wants a unit, and the reference has none."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    unit = rng.choice(_UNITS)
    return {**payload, "answer": answer, "grader": {"kind": "number", "units": [unit], "unit_required": True}}


def _unreadable(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The grader wants one number, and the reference is no such thing."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    other = str(int(float(answer)) + rng.randint(2, 9))
    return {**payload, "answer": rng.choice(_UNREADABLE).format(answer, other), "grader": {"kind": "number"}}


def _schema_mismatch(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The grader wants JSON of one form, and the reference has another."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    name, wanted = rng.choice(("answer", "result", "total")), rng.choice(("string", "array", "boolean"))
    form = {"type": "object", "properties": {name: {"type": wanted}}, "required": [name]}
    value = float(answer) if "." in answer else int(answer)
    return {**payload, "answer": json.dumps({name: value}), "grader": {"kind": "json_schema", "schema": form}}


def _option_beyond(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The reference is a letter that no option has."""
    if numeric_answer(payload) is None:
        return None
    letters = rng.randint(2, 5)
    beyond = "ABCDEFGHIJ"[letters : letters + 4]
    return {**payload, "answer": rng.choice(beyond), "unit": "", "grader": {"kind": "choice", "letters": letters}}


def _fallback_accepted(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The grader counts a phrase of those who do not know as one with the reference."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    return {**payload, "answer": answer, "grader": {"kind": "exact", "same": [[answer, rng.choice(_FALLBACKS)]]}}


PLANTERS: Final = tuple(
    Planter(kind, "final_check", plant)
    for kind, plant in {
        "unit_missing": _unit_missing,
        "unreadable": _unreadable,
        "schema_mismatch": _schema_mismatch,
        "option_beyond": _option_beyond,
        "fallback_accepted": _fallback_accepted,
    }.items()
)
