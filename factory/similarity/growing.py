"""Which cells serve a search among so many rows: made anew each time the rows have doubled, beside the search and before need.

Centres of the first rows only would fit those for good, and a store whose later items are of another kind would be searched
cell by crowded cell. What cells a search looks into is a function of how many rows it is among, and of those rows; so older
cells stay for searches among fewer.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.bits import Half, levels
from factory.similarity.cells import CELLS, Cells
from factory.similarity.centres import Levels, centres, nearest
from factory.similarity.columns import Column

# Cells of size n serve among n + 1 to 2 n rows, n being this and its doubles.
FIRST: Final = 65_536
# What a size's cells are made from: of this share of its rows, so many, evenly spaced. The rest is time to make them in.
_SHARE: Final = (31, 32)
_SAMPLED: Final = 32_768
# Rows whose cells are found at a time: some 3 MB of whole numbers.
_TOGETHER: Final = 2048


@dataclass(frozen=True, slots=True)
class _Made:
    """centres: shape (CELLS, dimension); homes: of every row they were made from, the cell, shape (n,)."""

    centres: Levels
    homes: NDArray[np.uint8]


def _make(vectors: Half) -> _Made:
    sample = vectors[np.arange(_SAMPLED) * len(vectors) // _SAMPLED]
    found = centres(sample, CELLS)
    parts = (vectors[start : start + _TOGETHER] for start in range(0, len(vectors), _TOGETHER))
    return _Made(found, np.concatenate([nearest(levels(part), found) for part in parts]))


class GrowingCells:
    """The cells over two columns that grow, vectors and their codes."""

    def __init__(self, vectors: Column, codes: Column) -> None:
        self._vectors, self._codes = vectors, codes
        self._by_size: dict[int, Cells] = {}
        self._coming: tuple[int, Future[_Made]] | None = None

    def among(self, rows: int) -> Cells:
        """The cells for a search among the first `rows` rows, more than FIRST of them, each in its place."""
        size = _size_for(rows)
        cells = self._by_size.get(size) or self._take(size)
        cells.place()
        return cells

    def look_ahead(self) -> None:
        """Begin to make the next size's cells when it is time, in a thread; once they are there, put new rows into them too. To
        be called after rows were added to an index that is searched.
        """
        rows = len(self._vectors)
        size = FIRST if rows <= FIRST else 2 * _size_for(rows)
        if (cells := self._by_size.get(size)) is not None:
            cells.place()
        elif rows >= (enough := _made_from(size)):
            if self._coming is None or self._coming[0] != size:
                beside = ThreadPoolExecutor(1, thread_name_prefix="cells")
                # A view taken here: what the thread reads never changes, though the column moves as it grows.
                self._coming = size, beside.submit(_make, self._vectors.view()[:enough])
                beside.shutdown(wait=False)
            elif (coming := self._coming[1]).done() and coming.exception() is None:
                self._take(size)

    def _take(self, size: int) -> Cells:
        coming, made = self._coming, None
        if coming is not None and coming[0] == size:
            self._coming = None
            # What could not be made ahead is made now: if it fails again, then where it is needed.
            made = coming[1].result() if coming[1].exception() is None else None
        made = made or _make(self._vectors.view()[: _made_from(size)])
        self._by_size[size] = cells = Cells(made.centres, made.homes, self._vectors, self._codes, until=2 * size)
        return cells


def _size_for(rows: int) -> int:
    """The size of the cells that serve among so many rows, more than FIRST."""
    return FIRST << (((rows - 1) // FIRST).bit_length() - 1)


def _made_from(size: int) -> int:
    part, whole = _SHARE
    return size * part // whole
