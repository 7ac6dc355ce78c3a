"""Rows of a JSONL or Parquet file, one at a time and each with its place: for files that may not fit in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from factory.config.references import json_lines
from factory.config.yaml import require_regular_file
from factory.errors import BadInput, suggest

_JSONL = frozenset({".jsonl", ".ndjson"})
_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """place: `file:line`, or `file: row N` for Parquet; number: its line, or its row."""

    place: str
    number: int
    values: Mapping[str, Any]

    def text(self, field: str) -> str:
        """A field's text: numbers and structures as JSON writes them. Raises BadInput for one that is absent or null."""
        if field not in self.values:
            shown = ", ".join(list(self.values)[:20]) or "none"
            raise BadInput(
                f"there is no field {field!r}; present: {shown}",
                where=self.place,
                fix=suggest(field, self.values) or "Name it.",
            )
        value = self.values[field]
        if value is None:
            raise BadInput(f"the field {field!r} is null", where=self.place, fix="Give it a text, or leave the row out.")
        return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()

    def text_or_empty(self, field: str) -> str:
        """As `text`, "" where the field is absent or null."""
        return "" if self.values.get(field) is None else self.text(field)

    def number_of(self, field: str) -> float:
        """A field's number, also written as text. Raises BadInput for anything else."""
        text = self.text(field)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise BadInput(f"the field {field!r} is no number: {text[:40]!r}", where=self.place, fix="Correct the value.")
        return value


def stream_rows(path: Path, wanted: Collection[str] = ()) -> Iterator[Row]:
    """The rows in file order. wanted: of a Parquet file only these columns are read, all of them when none is named.

    Raises BadInput with the place for what cannot be read, and for a file without rows.
    """
    suffix = path.suffix.lower()
    if suffix not in _JSONL and suffix != ".parquet":
        told = f"{path.name} is of an unknown kind ({suffix or 'no extension'})"
        raise BadInput(told, where=str(path), fix="Give a .jsonl or .parquet file.")
    require_regular_file(path)
    number = 0
    rows = _jsonl(path) if suffix in _JSONL else _parquet(path, wanted)
    for number, row in enumerate(rows, 1):  # noqa: B007
        yield row
    if not number:
        raise BadInput("the file holds no rows", where=str(path), fix="Check that it was written to the end.")


def _jsonl(path: Path) -> Iterator[Row]:
    for line, values in json_lines(path):
        yield Row(f"{path}:{line}", line, values)


def _parquet(path: Path, wanted: Collection[str]) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if not wanted or name in wanted]
            for batch in file.iter_batches(batch_size=_BATCH, columns=columns):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"{path}: row {number}", number, values)
    except (pa.ArrowException, OSError) as problem:
        reason = str(problem).splitlines()[0]
        raise BadInput(f"the file cannot be read as Parquet: {reason}", where=str(path), fix="Write it again.") from None
