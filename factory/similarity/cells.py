"""Rows by the centre nearest to their vector, so that a search looks only at what lies about the vector sought.

A row's cell is a function of its vector and of the centres alone, which never change.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.bits import HALF, Half, levels, limit
from factory.similarity.centres import Levels
from factory.similarity.centres import nearest as nearest_centre
from factory.similarity.columns import Column

CELLS: Final = 256
# How many of the cells are looked into.
PROBED: Final = 24

# Rows whose cells are found at a time: some 3 MB of whole numbers.
_PLACED: Final = 2048
# So many of the newest rows, or this share of all, lie unsorted: few beside what the cells hold of a search, and sorted again
# seldom enough that it takes some 10 us a row.
_UNSORTED: Final = 1024
_UNSORTED_SHARE: Final = 128
# More differing bits than half of a code has.
_NO_ROW: Final = 255


class Cells:
    """The first rows of two columns, their vectors and their codes, cell by cell with the first HALF words of each code; the
    newest as they came.
    """

    def __init__(self, centres: Levels, homes: NDArray[np.uint8], vectors: Column, codes: Column, *, until: int) -> None:
        """homes: of the first rows, those whose cell is known; until: how many rows it takes in at most."""
        self._centres, self._vectors, self._codes, self._until = centres, vectors, codes, until
        # Of every row placed so far, its cell.
        self._homes = Column(np.uint8)
        self._homes.extend(homes)
        # The first `_sorted` rows by cell, ascending within each, and where each cell begins.
        self._sorted = 0
        self._rows: NDArray[np.uint32] = np.empty(0, dtype=np.uint32)
        self._words: NDArray[np.uint64] = np.empty((HALF, 0), dtype=np.uint64)
        self._starts = np.zeros(len(centres) + 1, dtype=np.int64)
        # The vector searched for last, and how like each centre is to it: what is admitted has just been searched for.
        self._asked: tuple[bytes, NDArray[np.float32]] = (b"", np.empty(0, dtype=np.float32))
        self._scratch = _Scratch()

    def place(self) -> None:
        """Find the cells of the rows added since the last time: all of a load at once, for the threads of BLAS go on turning
        for a while after every product, and would take the core on which the next part is read.
        """
        end = min(len(self._vectors), self._until)
        for start in range(len(self._homes), end, _PLACED):
            self._homes.extend(self._homes_of(self._vectors.view()[start : min(start + _PLACED, end)]))
        if end - self._sorted > max(_UNSORTED, end // _UNSORTED_SHARE):
            self._sort()

    def _homes_of(self, vectors: Half) -> NDArray[np.uint8]:
        """The cells of vectors, shape (n,)."""
        if len(vectors) == 1 and vectors.tobytes() == self._asked[0]:
            return np.array([self._asked[1].argmax()], dtype=np.uint8)
        return nearest_centre(levels(vectors), self._centres)

    def _sort(self) -> None:
        """Put every row placed so far into its cell."""
        homes, codes = self._homes.view(), self._codes.view()
        order = np.argsort(homes, kind="stable")
        self._sorted, self._rows = len(homes), order.astype(np.uint32)
        self._words = np.stack([codes[:, word].take(order) for word in range(HALF)])
        np.cumsum(np.bincount(homes, minlength=len(self._centres)), out=self._starts[1:])

    def near(self, vector: Half, half: NDArray[np.uint64], rows: int, *, most: int, nearest: int) -> NDArray[np.int64]:
        """Rows below `rows`, all of them placed, in the cells about a vector, that differ in at most `most` of the first half's
        bits, or as the nearest few do (`limit`).
        """
        likeness = self._centres @ levels(vector)
        self._asked = (vector.tobytes(), likeness)
        # Likeness is a whole number. Equal likeness: the lower cell, so that the choice is the same everywhere.
        ranks = likeness.astype(np.int64) * len(likeness) - np.arange(len(likeness))
        probed = ranks.argpartition(-PROBED)[-PROBED:]
        first, last = self._spans(probed, rows)
        ends = (last - first).cumsum()
        settled, newest = int(ends[-1]), max(0, rows - self._sorted)
        parts = [self._words[:, start:end] for start, end in zip(first.tolist(), last.tolist(), strict=True)]
        if newest:
            parts.append(self._codes.view()[self._sorted : rows, :HALF].T)
        counts = self._scratch.differing(parts, half)
        if newest:
            # Of the newest, those in cells not looked into differ in more bits than there are.
            elsewhere = np.full(len(likeness), _NO_ROW, dtype=np.uint8)
            elsewhere[probed] = 0
            counts[settled:] |= elsewhere.take(self._homes.view()[self._sorted : rows])
        close = np.flatnonzero(counts <= min(limit(counts, most, nearest), _NO_ROW - 1))
        first_new = int(close.searchsorted(settled))
        # From where a row lies among the parts to where it lies among all that are sorted.
        close[:first_new] += (last - ends).take(ends.searchsorted(close[:first_new], side="right"))
        close[:first_new] = self._rows.take(close[:first_new])
        close[first_new:] += self._sorted - settled
        return close

    def _spans(self, cells: NDArray[np.int64], rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the sorted rows below `rows` of some cells begin and end."""
        first, last = self._starts.take(cells), self._starts.take(cells + 1)
        if rows < self._sorted:
            spans = zip(first.tolist(), last.tolist(), strict=True)
            last = first + np.array([self._rows[start:end].searchsorted(np.uint32(rows)) for start, end in spans])
        return first, last


class _Scratch:
    """Memory kept between searches: fresh megabytes cost more than what is then written to them."""

    def __init__(self) -> None:
        self._words = np.empty((HALF, 0), dtype=np.uint64)
        self._counts = np.empty((HALF, 0), dtype=np.uint8)

    def differing(self, parts: list[NDArray[np.uint64]], sought: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """Differing bits of codes held in parts, each of shape (HALF, n), from one, shape (HALF,): shape (all n,). Good until
        the next call.
        """
        total = sum([part.shape[1] for part in parts])
        if total > self._words.shape[1]:
            room = total + total // 8
            self._words = np.empty((HALF, room), dtype=np.uint64)
            self._counts = np.empty((HALF, room), dtype=np.uint8)
        words = np.concatenate(parts, axis=1, out=self._words[:, :total])
        words ^= sought[:, None]
        first: NDArray[np.uint8]
        first, *others = np.bitwise_count(words, out=self._counts[:, :total])
        # Three words' bits fit a byte.
        for other in others:
            first += other
        return first
