"""From a recipe's reply schema to the one a provider's constrained decoding takes.

Both providers demand closed objects and refuse keywords they cannot enforce; OpenAI's strict mode also demands that every
property be required (platform guide "Structured outputs", section "Supported schemas"; the SDKs' own transformations:
openai 3.54 `lib/_pydantic.py`, anthropic 2.12 `lib/_parse/_transform.py`). A keyword that only narrows (a length, a bound) is
moved into the description, where the model can still heed it: the reply is checked against the recipe's own schema anyway.
What may not happen is that a reply the recipe allows cannot be said any more, so a schema with open maps, or with optional
properties that cannot be required without changing what their absence means, does not qualify.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from factory.types import ReplySchema

_ANNOTATIONS: Final = frozenset({"title", "description", "examples", "$schema", "$id", "$comment", "default", "deprecated"})
_FORMATS: Final = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_NARROWING: Final = frozenset(
    {
        *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "contains"),
    }
)
_KEPT_CACHE: Final = 64


class _Unfit(Exception):
    """The schema cannot be closed without changing what it allows."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one provider's constrained decoding takes. enforced: the narrowing keywords it knows."""

    enforced: frozenset[str]
    formats: frozenset[str]
    all_required: bool
    recursion: bool

    def close(self, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """The schema as this provider takes it, or None when it does not qualify. The root must be an object."""
        try:
            if schema.get("type") != "object" or (not self.recursion and _recursive(schema)):
                return None
            return self._node(schema)
        except _Unfit:
            return None

    def _node(self, node: Any) -> dict[str, Any]:
        if not isinstance(node, Mapping):
            raise _Unfit
        closed: dict[str, Any] = {}
        hints: list[str] = []
        for key, value in node.items():
            match key:
                case "$ref" | "enum" | "const" | "title" | "description":
                    closed[key] = value
                case "type" if isinstance(value, str):
                    closed[key] = value
                case "type" if isinstance(value, list):
                    closed["anyOf"] = [self._node({**_without(node, "type"), "type": each}) for each in value]
                    return closed
                case "$defs":
                    closed[key] = {name: self._node(each) for name, each in value.items()}
                case "anyOf" | "oneOf":
                    closed["anyOf"] = [self._node(each) for each in value]
                case "items":
                    closed[key] = self._node(value)
                case "properties" | "required" | "additionalProperties":
                    pass
                case "format" if value in self.formats:
                    closed[key] = value
                case _ if key in _NARROWING:
                    if key in self.enforced and key != "format":
                        closed[key] = value
                    else:
                        hints.append(f"{key}: {value}")
                case _ if key in _ANNOTATIONS:
                    pass
                case _:
                    raise _Unfit
        if node.get("type") == "object":
            self._close_object(node, closed)
        elif not closed.keys() & {"type", "enum", "const", "anyOf", "$ref"}:
            raise _Unfit
        if hints:
            closed["description"] = " ".join(filter(None, [closed.get("description"), f"({', '.join(hints)})"]))
        return _apart(closed)

    def _close_object(self, node: Mapping[str, Any], closed: dict[str, Any]) -> None:
        properties = node.get("properties")
        if not isinstance(properties, Mapping) or not properties or node.get("additionalProperties", False) is not False:
            # A free-form object: closing it would leave nothing to say.
            raise _Unfit
        required = set(node.get("required", ()))
        if self.all_required and any("default" not in properties[name] for name in properties.keys() - required):
            # Without a default, absence has a meaning of its own, which a required property cannot express.
            raise _Unfit
        closed["properties"] = {name: self._node(each) for name, each in properties.items()}
        closed["required"] = list(properties) if self.all_required else [name for name in properties if name in required]
        closed["additionalProperties"] = False


OPENAI: Final = Dialect(
    enforced=frozenset(
        {"pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
    ),
    formats=_FORMATS,
    all_required=True,
    recursion=True,
)
ANTHROPIC: Final = Dialect(enforced=frozenset(), formats=_FORMATS | {"uri"}, all_required=False, recursion=False)


class WireSchemas:
    """The wire form of the few schemas a member is asked for, made once each."""

    def __init__(self, make: Callable[[ReplySchema], dict[str, Any]]) -> None:
        self._make = make
        self._made: dict[int, tuple[ReplySchema, dict[str, Any]]] = {}

    def of(self, schema: ReplySchema) -> dict[str, Any]:
        # By identity, which costs nothing; the entry keeps the schema alive, so its id is no one else's.
        known = self._made.get(id(schema))
        if known is None:
            if len(self._made) >= _KEPT_CACHE:
                self._made.clear()
            known = self._made[id(schema)] = (schema, self._make(schema))
        return known[1]


def _without(node: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in keys}


def _apart(closed: dict[str, Any]) -> dict[str, Any]:
    """Constrained decoding takes no keyword beside `$ref`: what stood there moves one level up."""
    if "$ref" not in closed or len(closed) == 1:
        return closed
    if closed.keys() - {"$ref", "title", "description", "$defs"}:
        raise _Unfit
    return {**_without(closed, "$ref"), "anyOf": [{"$ref": closed["$ref"]}]}


def _recursive(schema: Mapping[str, Any]) -> bool:
    """Whether a definition reaches itself."""
    definitions = schema.get("$defs", {})
    names = {f"#/$defs/{name}": set(_references(each)) for name, each in definitions.items()}
    if "#" in set(_references(schema)):
        return True
    for start, first in names.items():
        seen: set[str] = set()
        ahead = list(first)
        while ahead:
            step = ahead.pop()
            if step == start:
                return True
            if step not in seen:
                seen.add(step)
                ahead.extend(names.get(step, ()))
    return False


def _references(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for each in node.values() for ref in _references(each)]
    if isinstance(node, list | tuple):
        return [ref for each in node for ref in _references(each)]
    return []
