"""Tricks against the JSON grader, and the writings of a value that it must accept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from factory.graders import json_schema
from factory.graders.attacks.battery import Trial, trials
from factory.graders.settings import JsonSchemaSettings

_SIMPLE: Final = ("{}", "[]", "null", "0", "1", '""', "true", "false", "NaN", "{", "[[]]")
_DEEPEST: Final = 12
_HOLLOW: Final[Mapping[str, Any]] = {
    "string": "",
    "number": 0,
    "integer": 0,
    "boolean": False,
    "null": None,
}


def attacks(settings: JsonSchemaSettings, reference: str) -> Iterator[Trial]:
    try:
        value = json_schema.extract(reference)
    except ValueError:
        return
    dense, other = _dumped(value), _dumped(_changed(value))
    yield from trials("hedge", (f"{dense} or {other}", f"```json\n{dense}\n```\n```json\n{other}\n```", f"[{dense}, {other}]"))
    yield from trials("off_format", (dense[:-1] or "-", f"{dense},{other}", _dumped(dense)))
    wrong = [("constant", text) for text in _SIMPLE]
    if settings.match == "equal":
        wrong += [("off_format", other), ("off_format", _dumped([value])), ("off_format", _dumped({"value": value}))]
    # Under match "schema" any value that fits is right, so a hollow one shows whether fitting takes any work.
    wrong += [("hollow", _dumped(hollow(settings.form))), ("schema_echo", _dumped(settings.form))]
    yield from (Trial(family, text) for family, text in wrong if not _is(text, value, settings.ordered))


def equivalents(settings: JsonSchemaSettings, reference: str) -> Iterator[Trial]:
    try:
        value = json_schema.extract(reference)
    except ValueError:
        return
    dense, wide = _dumped(value), json.dumps(value, ensure_ascii=False, indent=4)
    yield from trials("spelling", (dense, wide, json.dumps(value), f"  {dense}\n", _dumped(_turned(value))))
    yield from trials("fenced", (f"```json\n{wide}\n```", f"```\n{dense}\n```", f"Here it is:\n```json\n{dense}\n```\n"))
    if isinstance(value, dict | list) and value:
        yield Trial("sentence", f"The answer is {dense}.")


def hollow(form: Mapping[str, Any], depth: int = 0) -> Any:
    """The emptiest value that has a schema's outward shape: required fields, nothing in them."""
    if depth > _DEEPEST:
        return None
    if "const" in form:
        return form["const"]
    if form.get("enum"):
        return form["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if form.get(choice) and isinstance(form[choice][0], Mapping):
            return hollow(form[choice][0], depth + 1)
    kind = form.get("type") or ("object" if "properties" in form or "required" in form else "null")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields = form.get("properties", {})
        return {name: hollow(fields.get(name) or {}, depth + 1) for name in form.get("required", ())}
    if kind == "array":
        items = form.get("items", {})
        return [hollow(items if isinstance(items, Mapping) else {}, depth + 1)] * min(int(form.get("minItems", 0)), 20)
    if kind in ("number", "integer"):
        return form.get("minimum", 0)
    return "x" * min(int(form.get("minLength", 0)), 100) if kind == "string" else _HOLLOW.get(kind)


def _changed(value: Any) -> Any:
    """The value with every scalar another one of its type."""
    if isinstance(value, dict):
        return {key: _changed(item) for key, item in value.items()} or {"x": 1}
    if isinstance(value, list):
        return [_changed(item) for item in value] or [1]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else 0


def _turned(value: Any) -> Any:
    """The value with the fields of every object in reverse order."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def _is(text: str, value: Any, ordered: bool) -> bool:
    try:
        return json_schema.key(json_schema.extract(text), ordered) == json_schema.key(value, ordered)
    except ValueError:
        return False


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
