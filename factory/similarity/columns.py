"""What a million items are held in: growing arrays, and strings end to end in one of them. No object per item."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_FIRST_ROWS: Final = 1024
# Head room of an eighth: memory is the scarce thing here, and realloc moves large blocks without copying them.
_HEAD_ROOM: Final = 8
# Shorter texts gain little from zlib, and a restart would spend a third of its time on packing them.
_COMPRESS_FROM: Final = 1024
_PLAIN, _PACKED = b"\x00", b"\x01"


class Column:
    """A growing array of shape (rows, *width)."""

    def __init__(self, dtype: Any, width: tuple[int, ...] = ()) -> None:
        self._held: NDArray[Any] = np.empty((0, *width), dtype=dtype)
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def extend(self, values: NDArray[Any]) -> None:
        """Append rows, shape (n, *width)."""
        needed = self._rows + len(values)
        if needed > len(self._held):
            self._grow(max(_FIRST_ROWS, needed + needed // _HEAD_ROOM))
        self._held[self._rows : needed] = values
        self._rows = needed

    def view(self) -> NDArray[Any]:
        """All rows, without a copy. Let go of it before the next `extend`, or that one has to copy."""
        return self._held[: self._rows]

    def take(self, rows: Any) -> NDArray[Any]:
        """A copy of some rows, or of one."""
        # Six times as fast as indexing with an array of rows, which copies byte by byte.
        taken: NDArray[Any] = self._held.take(rows, axis=0)
        return taken

    def _grow(self, rows: int) -> None:
        shape = (rows, *self._held.shape[1:])
        try:
            self._held.resize(shape)
        except ValueError:
            # Somebody still looks at the old array, which therefore has to stay where it is.
            grown = np.empty(shape, dtype=self._held.dtype)
            grown[: self._rows] = self._held[: self._rows]
            self._held = grown


class Strings:
    """Strings by row number, as UTF-8 end to end, compressed one by one where that pays."""

    def __init__(self) -> None:
        self._data = Column(np.uint8)
        self._ends = Column(np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    def extend(self, texts: Iterable[str]) -> None:
        packed = [_pack(text) for text in texts]
        ends = len(self._data) + np.cumsum([len(data) for data in packed], dtype=np.int64)
        self._data.extend(np.frombuffer(b"".join(packed), dtype=np.uint8))
        self._ends.extend(ends)

    def __getitem__(self, row: int) -> str:
        ends = self._ends.view()
        start = int(ends[row - 1]) if row else 0
        data = self._data.view()[start : int(ends[row])].tobytes()
        return (zlib.decompress(data[1:]) if data[:1] == _PACKED else data[1:]).decode("utf-8", "surrogatepass")


def _pack(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    if len(data) >= _COMPRESS_FROM and len(packed := zlib.compress(data, 1)) < len(data):
        return _PACKED + packed
    return _PLAIN + data
