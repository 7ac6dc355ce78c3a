"""Vectors kept as float16, cosines that are the same on every machine, and a search that is exact, then nearly so.

What is promised. Rows are searched as a prefix of the order they came in, and whether a row is found in a prefix is a function
of that prefix alone: not of rows after it, of how they were added, of threads or of the machine. Therefore a pull gets the
same neighbours however many others have landed meanwhile, and a resumed job gets those it got before it was killed. A graph
(HNSW) cannot give that: a row inserted later changes the links along which an earlier prefix is searched. The cosines reported
are recomputed from the vectors themselves.

- to EXACT rows: every cosine is looked at; nothing is missed
- to SCANNED rows: every code is (`factory.similarity.bits`); a pair at the floor of .80 is missed once in 10 million, one at
  .90 practically never
- beyond: the codes of the cells nearest to the vector (`factory.similarity.cells`). Recall: tests/similarity/test_vectors.py,
  docs/novelty.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.bits import HALF, WORDS, Half, differing, limit, most_bits
from factory.similarity.columns import Column
from factory.similarity.growing import FIRST, GrowingCells

# BLAS sums in an order that depends on the matrix's shape, so its cosines serve only to find rows, with this margin to spare;
# it is ten times the rounding of a reported cosine and a thousand times the error of a float32 dot product.
MARGIN: Final = 1e-3

EXACT: Final = 4096
SCANNED: Final = FIRST
# By half of the bits, in the cells, a pair at the floor is missed once in 30,000, which is little beside what the cells miss.
_SIGMAS_OF_HALF: Final = 4.0


def to_half(vector: NDArray[np.float32]) -> Half:
    """A vector, or a matrix of them, as little-endian float16: what is kept and what every cosine is computed from."""
    return vector.astype("<f2")


def comparable(vectors: Half) -> NDArray[np.bool_]:
    """Which rows of a (n, dimension) matrix have length 1, to within a hundredth, or are all zeros, as a text without a known
    word may come out: shape (n,).
    """
    wide = vectors.astype(np.float32)
    squares = np.vecdot(wide, wide)
    found: NDArray[np.bool_] = (abs(squares - 1) < 0.02) | (squares == 0)
    return found


def cosines(vector: Half, held: Half) -> list[float]:
    """The cosines of one kept vector, shape (dimension,), with others, shape (n, dimension): rounded to 4 decimals, between -1
    and 1; 0 where either is all zeros.

    They are exact before the last three roundings: products of float16 values are multiples of 2^-48, so for vectors of length
    about 1 float64 sums them without error in any order, and division and square root are correctly rounded by IEEE 754.
    """
    a, b = vector.astype(np.float64), held.astype(np.float64)
    squares = np.vecdot(b, b) * (a @ a)
    found = np.divide(b @ a, np.sqrt(squares), out=np.zeros(len(b)), where=squares > 0)
    return [round(value, 4) for value in found.tolist()]


class VectorIndex:
    """A growing matrix of vectors and what finds the near ones among its first rows."""

    def __init__(self, dimension: int) -> None:
        self._vectors = Column("<f2", (dimension,))
        self._first: NDArray[np.float32] = np.empty((EXACT, dimension), dtype=np.float32)
        self._codes = Column("<u8", (WORDS,))
        self._first_codes: NDArray[np.uint64] = np.empty((WORDS, SCANNED), dtype=np.uint64)
        self._cells = GrowingCells(self._vectors, self._codes)
        self._searched = False

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, vectors: Half, made: NDArray[np.uint64]) -> None:
        """Append the rows of a (n, dimension) matrix with their `codes`, shape (n, WORDS)."""
        start, end = len(self._vectors), len(self._vectors) + len(vectors)
        self._vectors.extend(vectors)
        if start < EXACT:
            self._first[start : min(end, EXACT)] = vectors[: EXACT - start]
        self._codes.extend(made)
        if start < SCANNED:
            self._first_codes[:, start : min(end, SCANNED)] = made[: SCANNED - start].T
        if self._searched:
            self._cells.look_ahead()

    def compact(self) -> None:
        """Do what the first search among all these rows would else have to do, and from now on what later ones would."""
        if len(self._vectors) > SCANNED:
            self._cells.among(len(self._vectors))
        self._searched = True
        self._cells.look_ahead()

    def cosines(self, vector: Half, rows: Sequence[int]) -> list[float]:
        """The exact cosines (`cosines`) of a kept vector with some rows."""
        return cosines(vector, self._vectors.take(np.asarray(rows, dtype=np.int64)))

    def roughly(self, vector: Half, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosines of some rows to within MARGIN, shape (len(rows),)."""
        held = self._vectors.take(rows).astype(np.float32)
        return held @ vector.astype(np.float32)

    def near(self, vector: Half, code: NDArray[np.uint64], *, rows: int, floor: float, nearest: int) -> NDArray[np.int64]:
        """For a vector and its code: those of the first `rows` rows whose cosine may reach `floor`, and those that may be among
        the `nearest`; more than either, ascending. How sure they are all there: the module.
        """
        if rows <= EXACT:
            found = self._first[:rows] @ vector.astype(np.float32)
            kth = np.partition(found, rows - nearest)[rows - nearest] if 0 < nearest < rows else -np.inf
            return np.flatnonzero(found >= min(floor, float(kth) if nearest else np.inf) - MARGIN)
        if rows <= SCANNED:
            bits = differing(self._first_codes[:, :rows], code)
            return np.flatnonzero(bits <= limit(bits, most_bits(floor), nearest))
        # Half of the bits rule out all but a hundredth, whose other half then lies anywhere in memory.
        most = most_bits(floor, 64 * HALF, _SIGMAS_OF_HALF)
        numbers = self._cells.among(rows).near(vector, code[:HALF], rows, most=most, nearest=nearest)
        bits = differing(self._codes.take(numbers).T, code)
        return np.sort(numbers[bits <= limit(bits, most_bits(floor), nearest)])
