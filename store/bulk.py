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
    """One insert statement in its many-row forms, compiled once each. columns: the order of a row's values."""

    def __init__(self, statement: Insert, columns: Sequence[str]) -> None:
        self._statement = statement
        self._columns = tuple(columns)
        self._sizes = [size for size in _SIZES if size * len(self._columns) <= sqlite.MAX_PARAMETERS]
        self._texts: dict[int, str] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows in their order."""
        start = 0
        for size in self._sizes:
            while len(rows) - start >= size:
                text = self._texts.get(size) or self._compile(size, connection.dialect)
                connection.exec_driver_sql(text, sqlite.parameters(rows[start : start + size]))
                start += size

    def _compile(self, size: int, dialect: Dialect) -> str:
        rows: list[dict[str, Any]] = [{name: bindparam(f"{name}_{n}") for name in self._columns} for n in range(size)]
        text = str(self._statement.values(rows).compile(dialect=dialect))
        self._texts[size] = text
        return text
