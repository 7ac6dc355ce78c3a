"""Tables other tools wrote: named columns of a CSV, JSONL or Parquet file, with the place of every value for error messages."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from factory.config.references import MAX_COLUMN_BYTES, column_bytes, json_lines, whole_lines
from factory.config.yaml import require_regular_file
from factory.errors import BadInput, suggest

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_JSONL = frozenset({".jsonl", ".ndjson"})
_PARQUET = frozenset({".parquet"})
_TRUTH = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
_LARGEST = 2**53


@dataclass(frozen=True)
class Columns:
    """Equally long columns of a file; an empty cell, null, NaN or absent key is None.

    present: every column the file has, those that were wanted by their wanted names. lines: the line of each row; None where
    rows are counted instead.
    """

    path: Path
    present: tuple[str, ...]
    values: Mapping[str, Sequence[Any]]
    lines: Sequence[int] | None
    rows: int

    def place(self, row: int, column: str) -> str:
        """Where a value stands: `file:line: column`, or `file: row N: column` for Parquet."""
        at = f"{self.path}:{self.lines[row]}" if self.lines is not None else f"{self.path}: row {row + 1}"
        return f"{at}: {column}"

    def one_of(self, *names: str) -> str:
        """The first of these columns that the file has. Raises BadInput, naming what it has, when it has none."""
        for name in names:
            if name in self.values:
                return name
        wanted = " or ".join(map(repr, names))
        shown = ", ".join(self.present[:20]) or "none"
        fix = suggest(names[0], self.present) or f"Name the column {names[0]!r}."
        raise BadInput(f"there is no column {wanted}; present: {shown}", where=str(self.path), fix=fix)

    def text(self, row: int, column: str) -> str:
        """A name: text, or a whole number as text. Raises BadInput for anything else and for an empty cell."""
        value = self.values[column][row]
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value == int(value):
            return str(int(value))
        raise self._wrong(row, column, "a name (text or a whole number)")

    def whole(self, row: int, column: str) -> int:
        """A whole number of at least 0, also written as 3.0 or as text. Raises BadInput for anything else."""
        value = self.values[column][row]
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self._wrong(row, column, "a whole number") from None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST or value != int(value):
            raise self._wrong(row, column, "a whole number of at least 0")
        return int(value)

    def truth(self, row: int, column: str) -> bool:
        """true or false, also written as 1 or 0. Raises BadInput for anything else."""
        value = self.values[column][row]
        found = _TRUTH.get(str(value).strip().lower()) if isinstance(value, bool | int | float | str) else None
        if found is None:
            raise self._wrong(row, column, "true or false (or 1 or 0)")
        return found

    def empty(self, row: int, column: str) -> bool:
        return self.values[column][row] is None

    def _wrong(self, row: int, column: str, wanted: str) -> BadInput:
        value = self.values[column][row]
        held = "nothing" if value is None else repr(value)[:60]
        return BadInput(f"this must be {wanted}, and holds {held}", where=self.place(row, column), fix="Correct the value.")


def read_columns(path: Path, wanted: Collection[str]) -> Columns:
    """Those of the wanted columns that a table has; header names are stripped of white space, cells of a CSV too.

    A wanted column that is there in other letters (`Model` for model) is taken for it, where there is only one such.
    Raises BadInput with file and line (row, for Parquet) for what cannot be read, a column named twice or a file without rows.
    """
    suffix = path.suffix.lower()
    if suffix not in _JSONL | _PARQUET and suffix not in _DELIMITERS:
        raise BadInput(
            f"{path.name} is of an unknown kind ({suffix or 'no extension'})",
            where=str(path),
            fix="Give a .csv, .tsv, .jsonl or .parquet file.",
        )
    require_regular_file(path)
    if suffix in _PARQUET:
        table = _parquet(path, wanted)
    elif suffix in _JSONL:
        table = _jsonl(path, wanted)
    else:
        table = _csv(path, wanted, _DELIMITERS[suffix])
    if not table.rows:
        raise BadInput("the file holds no rows", where=str(path), fix="Check that it was written to the end.")
    return table


def _jsonl(path: Path, wanted: Collection[str]) -> Columns:
    present: dict[str, None] = {}
    rows, lines = [], []
    for line, row in json_lines(path):
        present.update(dict.fromkeys(row))
        rows.append(row)
        lines.append(line)
    called = _called(present, wanted)
    values = {called[name]: [_known(row.get(name)) for row in rows] for name in present if called[name] in wanted}
    return Columns(path, tuple(called.values()), values, lines, len(rows))


def _called(present: Iterable[str], wanted: Collection[str]) -> dict[str, str]:
    """What each column of the file is called here: as in the file, or as the wanted name that it alone is but for its case."""
    others: dict[str, list[str]] = {}
    for name in present:
        if name not in wanted:
            others.setdefault(name.casefold(), []).append(name)
    found = {name: name for name in present}
    for name in wanted:
        alike = others.pop(name.casefold(), [])
        if name not in found and len(alike) == 1:
            found[alike[0]] = name
    return found


def _csv(path: Path, wanted: Collection[str], usual: str) -> Columns:
    lines: list[int] = []
    delimiter = _delimiter(path, usual)
    rows = _csv_rows(path, delimiter)
    at, header = next(rows, (1, []))
    stripped = [name.strip() for name in header]
    called = _called(stripped, wanted)
    header = [called[name] for name in stripped]
    places = {name: place for place, name in enumerate(header) if name in wanted}
    for name in places:
        if header.count(name) > 1:
            raise BadInput(f"the column {name!r} comes twice", where=f"{path}:{at}", fix="Rename one of them.")
    values: dict[str, list[Any]] = {name: [] for name in places}
    for at, cells in rows:
        if len(cells) != len(header):
            raise BadInput(
                f"{len(cells)} cells where the header names {len(header)} columns",
                where=f"{path}:{at}",
                fix="Quote a cell that holds the delimiter.",
            )
        lines.append(at)
        for name, place in places.items():
            values[name].append(_known(cells[place].strip()))
    return Columns(path, tuple(header), values, lines, len(lines))


def _csv_rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank lines, each with the number of the line that it begins on: a quoted cell may hold many."""
    begun, at, blank = 1, 0, False

    def lines() -> Iterator[str]:
        nonlocal at, blank
        for at, text in whole_lines(path):  # noqa: B007
            blank = not text.strip() and delimiter not in text
            # csv drops the line break inside quotes of a text that comes without one.
            yield text

    reader = csv.reader(lines(), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            # Inside quotes a blank line is a part of the cell, and comes with the rest of its row.
            if not (blank and at == begun):
                yield begun, cells
            begun = at + 1
    except csv.Error as problem:
        reached = f", read on to line {at}" if at > begun else ""
        raise BadInput(
            f"this row cannot be read{reached}: {problem}",
            where=f"{path}:{begun}",
            fix="Correct it; write a quote inside quotes twice." if reached else "Correct it.",
        ) from None


def _delimiter(path: Path, usual: str) -> str:
    """The usual one where the first line holds it between cells, else one that does: spreadsheets write others where the comma
    is the decimal point, and files are named otherwise than they are written.
    """
    head = next((text for _, text in whole_lines(path) if text.strip()), "")
    for mark in (usual, *(mark for mark in ";\t|" if mark != usual)):
        try:
            if len(next(csv.reader([head], delimiter=mark, strict=True, skipinitialspace=True))) > 1:
                return mark
        except csv.Error:
            continue
    return usual


def _parquet(path: Path, wanted: Collection[str]) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            called = _called(file.schema_arrow.names, wanted)
            names = [name for name, here in called.items() if here in wanted]
            for name in names:
                groups = (file.metadata.row_group(group) for group in range(file.metadata.num_row_groups))
                if sum(column_bytes(group, name) for group in groups) > MAX_COLUMN_BYTES:
                    raise BadInput(f"the column {name!r} unpacks to too many bytes", where=str(path), fix="Split the file.")
            table = file.read(columns=names)
            values = {called[name]: [_known(value) for value in table.column(name).to_pylist()] for name in names}
            return Columns(path, tuple(called.values()), values, None, file.metadata.num_rows)
    except (pa.ArrowException, OSError) as problem:
        reason = str(problem).splitlines()[0]
        raise BadInput(f"the file cannot be read as Parquet: {reason}", where=str(path), fix="Write it again.") from None


def _known(value: Any) -> Any:
    """The value, or None for the ways a table says that it has none."""
    if isinstance(value, Decimal):
        # What databases write counts as; nothing here needs more digits than a float has.
        value = float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, str) and (not value.strip() or value.strip().lower() == "nan"):
        return None
    return value
