"""Inserting many rows with few statements.

The driver lets go of the interpreter lock at every step of a statement and must then win it back from a busy event loop,
which may take a whole switch interval (5 ms). A row per statement would pay that per row; here 64 rows pay it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Insert, bindparam

from store import sqlite

_SIZES: Final = (64, 32, 16, 8, 4, 2, 1)


class BulkInsert:
    """One insert statement in its many-row forms, made once each. columns: the order of a row's values."""

    def __init__(self, statement: Insert, columns: Sequence[str]) -> None:
        self._statement = statement.values({name: bindparam(name) for name in columns})
        self._row = f"({', '.join('?' * len(columns))})"
        self._sizes = [size for size in _SIZES if size * len(columns) <= sqlite.MAX_PARAMETERS]
        self._texts: dict[int, str] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows in their order."""
        start = 0
        for size in self._sizes:
            while len(rows) - start >= size:
                text = self._texts.get(size) or self._many(size, connection.dialect)
                connection.exec_driver_sql(text, sqlite.parameters(rows[start : start + size]))
                start += size

    def _many(self, size: int, dialect: Dialect) -> str:
        """The statement for `size` rows. SQLAlchemy writes it for one, since for 64 it would take a tenth of a second."""
        one = str(self._statement.compile(dialect=dialect))
        head, row, tail = one.partition(self._row)
        assert row, f"not the one-row insert it should be: {one}"
        text = self._texts[size] = head + ", ".join([row] * size) + tail
        return text
