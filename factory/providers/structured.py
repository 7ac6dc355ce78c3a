"""Checking a reply against the schema it was asked to satisfy: one parse, one typed failure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from factory.errors import FailureKind, ModelFailure
from factory.types import ReplySchema

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator


def parse_structured(text: str, schema: ReplySchema) -> Mapping[str, Any]:
    """The reply's JSON object, known to satisfy the schema. Raises ModelFailure: `empty` for no text, else `malformed`."""
    if not text.strip():
        raise ModelFailure(FailureKind.EMPTY, "the model sent no text", text=text)
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise ModelFailure(FailureKind.MALFORMED, f"the reply is not JSON ({exc})", text=text) from None
    if not isinstance(data, dict):
        raise ModelFailure(FailureKind.MALFORMED, f"the reply is a JSON {type(data).__name__}, not an object", text=text)
    problem = next(iter(_validator(schema.canonical).iter_errors(data)), None)
    if problem is not None:
        where = ".".join(str(step) for step in problem.instance_path) or "the reply"
        raise ModelFailure(FailureKind.MALFORMED, f"{where}: {problem.message}", text=text)
    return data


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Draft202012Validator:
    # A hundredth of the time that the package jsonschema takes, on every call's path.
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(orjson.loads(schema))
