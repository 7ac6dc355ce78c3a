"""JSON lines: for readers that parse line by line. Loaders that guess column types may turn texts that look like dates into
dates; Parquet keeps every text as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from factory.errors import BadInput
from factory.exports.files import round_trip_failed, write_atomically
from factory.exports.rows import first_difference, same_keys


@dataclass(frozen=True, slots=True)
class JsonlExporter:
    """data.jsonl, a row a line, keys in column order, UTF-8."""

    name: str = "jsonl"
    summary: str = "one JSON object a line (data.jsonl); read it line by line, not through a type-guessing loader"

    def write(self, rows: Sequence[Mapping[str, Any]], out: Path) -> Sequence[Path]:
        """Write and read back. Raises BadInput for a row JSON cannot hold, or one that reads back otherwise."""
        same_keys(rows)
        path = out / "data.jsonl"
        write_atomically(path, (_line(row) for row in rows))
        with path.open("rb") as file:
            difference = first_difference((orjson.loads(line) for line in file), rows)
        if difference:
            raise round_trip_failed(path, difference)
        return (path,)


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except (TypeError, ValueError) as problem:
        raise BadInput(
            f"the row has no JSON form: {problem}", where=f"export row {row.get('id', '?')}", fix="Correct the recipe's export."
        ) from None
