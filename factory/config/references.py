"""Reference sets: files whose items no candidate may repeat, read as a stream with a bound on every line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from factory.config.yaml import require_regular_file
from factory.errors import BadInput, suggest
from factory.types import ReferenceSet

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_COLUMN_BYTES = 8 * 1024**3

_JSONL = frozenset({".jsonl", ".ndjson"})
_PARQUET = frozenset({".parquet"})
_TEXT = frozenset({".txt", ".text"})
_USUAL_FIELDS = ("question", "prompt", "text", "problem", "instruction", "input", "content", "query")
_GUESSED_FROM = 50
_FORMS = "Give a .jsonl, .parquet or .txt file (one item a line)."


def digest_file(path: Path) -> str:
    """Hex SHA-256 of a regular file's bytes, read in blocks. Raises BadInput for anything else."""
    require_regular_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_form(path: Path, *, where: str | None = None) -> None:
    """Raises BadInput, placed at `where`, for a file that is not of a kind we read; nothing of it is opened."""
    suffix = path.suffix.lower()
    if suffix in _JSONL | _PARQUET | _TEXT:
        return
    place = where or str(path)
    if suffix in {".pkl", ".pickle", ".npy", ".npz", ".pt", ".joblib"}:
        raise BadInput(f"{path.name} may hold code that runs on loading and is never opened", where=place, fix=_FORMS)
    raise BadInput(f"{path.name} is of an unknown kind ({suffix or 'no extension'})", where=place, fix=_FORMS)


def read_texts(reference: ReferenceSet) -> list[str]:
    """The texts of a reference set, in file order, blank ones left out.

    Raises BadInput with file and line (row, for Parquet) for what cannot be read, for a missing field and for an empty set.
    """
    texts = [text for _, text in numbered_texts(reference)]
    if not texts:
        raise BadInput(
            "the reference set holds no text", where=reference.path, fix="Check the file, or leave it out of the spec."
        )
    return texts


def numbered_texts(reference: ReferenceSet) -> Iterator[tuple[int, str]]:
    """The texts of a file with their line numbers (row, for Parquet) as a stream, blank ones left out.

    Raises as `read_texts`, but for an empty file.
    """
    path = Path(reference.path)
    check_form(path)
    require_regular_file(path)
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        texts: Iterator[tuple[int, str]] = numbered_lines(path)
    elif suffix in _JSONL:
        texts = ((line, _picked(row, reference, f"{path}:{line}")) for line, row in json_lines(path))
    else:
        texts = enumerate(_parquet_texts(path, reference), start=1)
    return ((number, text) for number, text in texts if text.strip())


def guess_field(path: Path) -> str | None:
    """The field of a file that most likely holds its items' texts: one of the usual names, else the longest text there is.

    None for plain text, which has no fields. Raises BadInput where the first rows hold no text at all.
    """
    check_form(path)
    require_regular_file(path)
    if path.suffix.lower() in _TEXT:
        return None
    lengths: dict[str, list[int]] = {}
    rows = _parquet_rows(path) if path.suffix.lower() in _PARQUET else (row for _, row in json_lines(path))
    for row in islice(rows, _GUESSED_FROM):
        for name, value in row.items():
            if isinstance(value, str):
                lengths.setdefault(name, []).append(len(value))
    if not lengths:
        raise BadInput("no field of its first rows holds text", where=str(path), fix="Name one with --field.")
    usual = [name for name in _USUAL_FIELDS if name in lengths]
    return usual[0] if usual else max(sorted(lengths), key=lambda name: sum(lengths[name]))


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_GUESSED_FROM):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as problem:
        raise _unreadable(path, problem) from None


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSONL file with their line numbers. Raises BadInput with file and line."""
    require_regular_file(path)
    for line, text in numbered_lines(path):
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            raise BadInput(f"this line is not JSON: {problem.msg}", where=f"{path}:{line}", fix="Correct it.") from None
        if not isinstance(row, dict):
            raise BadInput("this line is not a JSON object", where=f"{path}:{line}", fix='Write {"field": "text"}.')
        yield line, row


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file that are not blank, without their ends, numbered from 1. Raises as `whole_lines`.

    For forms where an item stands on a line; a CSV's row may not (`whole_lines`).
    """
    return ((number, text.rstrip("\r\n")) for number, text in whole_lines(path) if text.strip())


def whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Every line of a UTF-8 file with its end, blank ones too, numbered from 1. Raises BadInput with file and line."""
    # readline with a limit: a line of any length costs at most the limit in memory.
    with path.open("rb") as file:
        number = 0
        while data := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(data) > MAX_LINE_BYTES:
                raise BadInput(
                    f"the line is longer than {MAX_LINE_BYTES:,} bytes",
                    where=f"{path}:{number}",
                    fix="One item stands on a line; check the file's format.",
                )
            try:
                text = data.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise BadInput("the line is not UTF-8", where=f"{path}:{number}", fix="Save the file as UTF-8.") from None
            yield number, text


def _picked(row: dict[str, Any], reference: ReferenceSet, where: str) -> str:
    if reference.field is None:
        raise _no_field(reference, sorted(row), where)
    if reference.field not in row:
        raise _missing(reference.field, sorted(row), where)
    value = row[reference.field]
    if not isinstance(value, str):
        raise BadInput(
            f"the field {reference.field!r} holds {type(value).__name__}, not text",
            where=where,
            fix="Name a field that is text.",
        )
    return value


def _no_field(reference: ReferenceSet, present: list[str], where: str) -> BadInput:
    shown = ", ".join(present[:20])
    return BadInput(
        f"the reference set {reference.name!r} names no field, and this file has: {shown}",
        where=where,
        fix="Add `field:` to it in the spec.",
    )


def _missing(field: str, present: list[str], where: str) -> BadInput:
    shown = ", ".join(present[:20])
    return BadInput(f"there is no field {field!r}; present: {shown}", where=where, fix=suggest(field, present))


def _parquet_texts(path: Path, reference: ReferenceSet) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_column(file, path, reference)
            row = 0
            for batch in file.iter_batches(batch_size=1024, columns=[reference.field]):
                column = batch.column(0)
                for position in range(len(column)):
                    row += 1
                    yield _cell(column[position], f"{path}: row {row}: {reference.field}")
    except (pa.ArrowException, OSError) as problem:
        raise _unreadable(path, problem) from None


def _unreadable(path: Path, problem: Exception) -> BadInput:
    reason = str(problem).splitlines()[0]
    return BadInput(f"the file cannot be read as Parquet: {reason}", where=str(path), fix="Write it again.")


def _check_column(file: Any, path: Path, reference: ReferenceSet) -> None:
    import pyarrow as pa

    schema = file.schema_arrow
    if reference.field is None:
        raise _no_field(reference, list(schema.names), str(path))
    if reference.field not in schema.names:
        raise _missing(reference.field, list(schema.names), str(path))
    kind = schema.field(reference.field).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise BadInput(f"the column {reference.field!r} holds {kind}, not text", where=str(path), fix="Name a text column.")
    swollen = sum(
        column_bytes(file.metadata.row_group(group), reference.field) for group in range(file.metadata.num_row_groups)
    )
    if swollen > MAX_COLUMN_BYTES:
        raise BadInput(
            f"the column {reference.field!r} unpacks to {swollen:,} bytes", where=str(path), fix="Split the file, or sample it."
        )


def column_bytes(group: Any, name: str) -> int:
    """How many bytes one column of a Parquet row group unpacks to."""
    columns = (group.column(position) for position in range(group.num_columns))
    return sum(int(column.total_uncompressed_size) for column in columns if column.path_in_schema == name)


def _cell(value: Any, where: str) -> str:
    if not value.is_valid:
        raise BadInput("the value is null", where=where, fix="Leave rows without text out of the file.")
    # The buffer's length is known before the text is built: a dictionary page can make one value huge many times.
    if value.as_buffer().size > MAX_LINE_BYTES:
        raise BadInput(f"the text is longer than {MAX_LINE_BYTES:,} bytes", where=where, fix="Check the file.")
    return str(value.as_py())
