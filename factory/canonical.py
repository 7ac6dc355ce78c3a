"""One byte form for every value that is hashed, stored or exported.

Canonical JSON here: UTF-8, keys sorted, no white space, floats in their shortest round-trip form, NaN and infinities refused.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

# Types that canonical JSON refuses must not slip through in a form of orjson's own.
_QUICK = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_NEVER_NONFINITE = frozenset({str, int, bool, type(None)})
_PLAIN_FORMS = "use strings, numbers, booleans, null, lists and string-keyed mappings"


def canonical_json(value: Any) -> bytes:
    """The canonical JSON bytes of a plain value. Raises TypeError for a type JSON lacks and ValueError for NaN or infinity."""
    try:
        quick = orjson.dumps(value, default=plain, option=_QUICK)
    except TypeError:
        # A key that is no string, or a type orjson does not take but `plain` might.
        return orjson.dumps(plain(value), option=orjson.OPT_SORT_KEYS)
    if b"null" in quick:
        # orjson writes NaN and infinities as null, silently.
        _refuse_nonfinite(value)
    return quick


def _refuse_nonfinite(value: Any) -> None:
    if isinstance(value, float):
        plain(value)
        return
    # A dict first: asking for an abstract class takes longer than all the rest.
    if isinstance(value, dict | Mapping):
        items: Any = value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        items = value
    else:
        return
    for item in items:
        # Most are leaves that need no look, and a step down costs more than this one.
        if type(item) not in _NEVER_NONFINITE:
            _refuse_nonfinite(item)


def plain(value: Any) -> Any:
    """The same value in dicts, lists and scalars only; enums become their value. Raises as `canonical_json` does."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        # An enum member that is a str must lose its class, or orjson would refuse it.
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} has no JSON form")
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | frozenset | set):
        items = sorted(value) if isinstance(value, frozenset | set) else value
        return [plain(item) for item in items]
    raise TypeError(f"{type(value).__name__} has no canonical JSON form: {_PLAIN_FORMS}")


def sha256_hex(data: bytes | str) -> str:
    """Lower-case hex SHA-256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def digest(*parts: Any) -> str:
    """A hex SHA-256 over the canonical JSON of the parts: the project's only way to derive an identity."""
    return sha256_hex(canonical_json(parts))


def stream(*parts: Any) -> random.Random:
    """A random stream that depends on the parts alone, so that a pull draws the same at any time and concurrency."""
    return random.Random(int(digest(*parts)[:32], 16))
