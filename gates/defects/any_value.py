"""A grader that takes any value of the right type for the answer."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from gates.defects.planting import Planted, numeric_answer


def any_value(payload: Mapping[str, Any], rng: random.Random) -> Planted | None:
    """The item graded as JSON by a schema alone, which an empty object of that shape fits as well as the answer."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    field = rng.choice(("answer", "result", "value"))
    kind = rng.choice(({"type": "number"}, {}))
    form = {"type": "object", "properties": {field: kind}, "required": [field]}
    value = float(answer) if "." in answer else int(answer)
    grader = {"kind": "json_schema", "schema": form, "match": "schema"}
    return Planted({**payload, "answer": json.dumps({field: value}), "grader": grader}, "any_value", "gameability")
