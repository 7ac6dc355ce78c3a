"""Grades a JSON answer against a schema and a reference. With the package jsonschema, this file alone is a scorer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_LONGEST = 1_000_000  # characters of an answer that are read


def grade(
    answer: str, reference: str, *, schema: Mapping[str, Any], match: str = "equal", ordered: bool = True
) -> tuple[bool, str, str]:
    """(correct, extracted, detail). Never raises, whatever the texts.

    schema: JSON schema, draft 2020-12 unless it says otherwise; remote references are not fetched. match: "equal" (the value
    must also equal the reference's) or "schema" (any value that fits will do). ordered: whether the order in arrays counts.
    """
    try:
        return _grade(answer, reference, schema, match, ordered)
    except RecursionError:
        return False, "", "nested too deeply"


def _grade(answer: str, reference: str, schema: Mapping[str, Any], match: str, ordered: bool) -> tuple[bool, str, str]:
    try:
        value = extract(answer)
    except ValueError as why:
        return False, "", str(why)
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if misfit := misfit_of(value, schema):
        return False, text, misfit
    if match == "schema":
        return True, text, "fits the schema"
    try:
        truth = extract(reference)
    except ValueError as why:
        return False, text, f"the reference: {why}"
    same = key(value, ordered) == key(truth, ordered)
    return same, text, "equal" if same else "fits the schema, but another value"


def extract(text: str) -> Any:
    """The one JSON value that a text holds: all of it, its fenced blocks, or the objects and arrays in its prose.

    Raises ValueError when it holds none, several different ones, a repeated key, NaN, or nesting past the parser's depth.
    """
    text = text.strip()[:_LONGEST]
    try:
        return _load(text)
    except json.JSONDecodeError:
        pass
    fenced = _FENCE.findall(text)
    values = [_load_block(block) for block in fenced] if fenced else _scan(text)
    if not values:
        raise ValueError("no JSON value")
    if len({key(value, True) for value in values}) > 1:
        raise ValueError(f"{len(values)} JSON values that differ")
    return values[0]


def misfit_of(value: Any, schema: Mapping[str, Any]) -> str:
    """Why a value does not fit a schema, "" when it does."""
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator = validator_for(schema)(schema, registry=Registry())
    try:
        failure = best_match(validator.iter_errors(value))
    except Unresolvable as why:
        return f"the schema refers to {why.ref!r}, which it does not hold"
    return f"{failure.json_path}: {failure.message[:200]}" if failure else ""


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _load_block(block: str) -> Any:
    try:
        return _load(block)
    except json.JSONDecodeError as why:
        raise ValueError(f"a fenced block is not JSON: {why.msg} at line {why.lineno}") from None


def _scan(text: str) -> list[Any]:
    """Every outermost object or array in a text, in order."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
    values: list[Any] = []
    at = 0
    for _ in range(1000):  # each failed start costs a parse of what follows it
        start = min((found for found in (text.find("{", at), text.find("[", at)) if found >= 0), default=-1)
        if start < 0:
            break
        try:
            value, at = decoder.raw_decode(text, start)
            values.append(value)
        except json.JSONDecodeError:
            at = start + 1
        except RecursionError:
            raise ValueError("nested too deeply") from None
    return values


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("an object repeats a key")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def key(value: Any, ordered: bool) -> str:
    """A text that two values share exactly when they are equal as JSON: 1 equals 1.0, true does not equal 1."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{key(item, ordered)}" for name, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        items = [key(item, ordered) for item in value]
        return "[" + ",".join(items if ordered else sorted(items)) + "]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)
