"""Parquet: the exact format. One fixed schema a file, texts byte for byte, structures as JSON texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.errors import BadInput
from factory.exports.files import round_trip_failed, written_atomically
from factory.exports.rows import ENVELOPE, first_difference, same_keys

_ENVELOPE_KINDS: Mapping[str, str] = dict.fromkeys(ENVELOPE, "string") | {"index": "int64", "simulated": "bool"}
_KINDS: Mapping[frozenset[type], str] = {
    frozenset(): "string",
    frozenset({str}): "string",
    frozenset({bool}): "bool",
    frozenset({int}): "int64",
    frozenset({float}): "double",
}


@dataclass(frozen=True, slots=True)
class ParquetExporter:
    """data.parquet, zstd, one row a candidate; a column's type follows from all of its values, never from their looks."""

    name: str = "parquet"
    summary: str = "one Parquet file (data.parquet) with a fixed schema: the exact form, answers byte for byte"

    def write(self, rows: Sequence[Mapping[str, Any]], out: Path) -> Sequence[Path]:
        """Write and read back. Raises BadInput for a column of mixed types and for a value that reads back otherwise."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = same_keys(rows)
        fields = [pa.field(name, pa.type_for_alias(_kind(name, rows))) for name in names]
        arrays = [_array([row[name] for row in rows], field) for name, field in zip(names, fields, strict=True)]
        path = out / "data.parquet"
        with written_atomically(path) as part:
            table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
            # use_dictionary and row_group_size are spelled out so that another default cannot change the bytes.
            pq.write_table(table, part, compression="zstd", row_group_size=65_536, use_dictionary=True)
        difference = first_difference(_rows(path), rows)
        if difference:
            raise round_trip_failed(path, difference)
        return (path,)


def _kind(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    kinds = frozenset(type(row[name]) for row in rows) - {type(None)}
    kind = _ENVELOPE_KINDS.get(name) or _KINDS.get(kinds)
    if kind is None or (kinds and _KINDS.get(kinds) != kind):
        shown = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise BadInput(
            f"the export column {name!r} holds {shown}; one type is needed", where="export", fix="Make it text in the recipe."
        )
    return kind


def _array(values: list[Any], field: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values, type=field.type)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError) as problem:
        raise BadInput(
            f"the export column {field.name!r} does not fit {field.type}: {problem}",
            where="export",
            fix="Make it text in the recipe.",
        ) from None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=8192):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield dict(zip(batch.schema.names, values, strict=True))
