"""Inserting and deleting many rows with few statements.

The driver lets go of the interpreter lock at every step of a statement and must then win it back from a busy event loop,
which may take a whole switch interval (5 ms). A row per statement would pay that per row; here 64 rows pay it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, Delete, Insert, Table, bindparam, delete

from store import sqlite

# Small groups, the most frequent, whole.
_SIZES: Final = (64, 32, *range(16, 0, -1))


class Bulk:
    """One statement in its many-row forms, made once each.

    statement: over one row of `width` parameters; row: how it writes that row; between: what stands between two of them.
    """

    def __init__(self, statement: Insert | Delete, row: str, between: str, width: int) -> None:
        self._statement = statement
        self._row = row
        self._between = between
        self._sizes = [size for size in _SIZES if size * width <= sqlite.MAX_PARAMETERS]
        self._texts: dict[int, str] = {}

    @cached_property
    def _around(self) -> tuple[str, str]:
        """What stands before the rows and after them; SQLAlchemy takes longer to write a statement than SQLite to run it."""
        one = sqlite.written(self._statement)
        head, row, tail = one.partition(self._row)
        assert row, f"not the one-row statement it should be: {one}"
        return head, tail

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """The statement over the rows, in their order."""
        start = 0
        for size in self._sizes:
            while len(rows) - start >= size:
                text = self._texts.get(size) or self._many(size)
                sqlite.execute(connection, text, sqlite.parameters(rows[start : start + size]))
                start += size

    def _many(self, size: int) -> str:
        head, tail = self._around
        text = self._texts[size] = head + self._between.join([self._row] * size) + tail
        return text


def inserting(statement: Insert, columns: Sequence[str]) -> Bulk:
    """columns: the order of a row's values."""
    row = f"({', '.join('?' * len(columns))})"
    return Bulk(statement.values({name: bindparam(name) for name in columns}), row, ", ", len(columns))


def deleting(table: Table, columns: Sequence[str]) -> Bulk:
    """Deletes every row of the table that has one of the given rows' values in these columns, which should begin an index."""
    # Not (a, b) IN (VALUES ...): SQLite would scan the table for it.
    row = " AND ".join(f"{table.name}.{name} = ?" for name in columns)
    statement = delete(table).where(*(table.c[name] == bindparam(name) for name in columns))
    return Bulk(statement, row, " OR ", len(columns))
