"""The words the JSON schemas of our interfaces are written in (JSON schema draft 2020-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NANO: Final = 1_000_000_000
TEXT: Final[Mapping[str, Any]] = {"type": "string"}
COUNT: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0}
AMOUNT: Final[Mapping[str, Any]] = {"type": "number", "minimum": 0}


def closed(optional: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    """An object of exactly these keys, those of `optional` possibly left out."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
