"""Vectors kept as float16, cosines that are the same on every machine, and an exact search over them.

The search may be swapped for an approximate one: `VectorIndex` only has to return every row near enough, and callers compute
the cosine of what they report with `cosine`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Half = NDArray[np.float16]

# BLAS sums in an order that depends on the matrix's shape, so its cosines serve only to find rows, with this margin to spare;
# it is ten times the rounding of a reported cosine and a thousand times the error of a float32 dot product.
MARGIN: Final = 1e-3

_FIRST_ROWS: Final = 1024


def to_half(vector: NDArray[np.float32]) -> Half:
    """A vector, or a matrix of them, as little-endian float16: what is kept and what every cosine is computed from."""
    return vector.astype("<f2")


def cosine(left: Half, right: Half) -> float:
    """The cosine of two kept vectors, rounded to 4 decimals, between -1 and 1.

    It is exact before the last three roundings: products of float16 values are multiples of 2^-48, so for vectors of length
    about 1 float64 sums them without error in any order, and division and square root are correctly rounded by IEEE 754.
    """
    a, b = left.astype(np.float64), right.astype(np.float64)
    squares = float(np.dot(a, a)) * float(np.dot(b, b))
    return round(float(np.dot(a, b)) / math.sqrt(squares), 4) if squares else 0.0


class VectorIndex:
    """A growing matrix of vectors, searched exactly.

    Held as float32 although every value is a float16: multiplying float32 is a BLAS call, ten times faster than converting
    first, and costs 768 bytes an item more at 384 dimensions.
    """

    def __init__(self, dimension: int) -> None:
        self._matrix: NDArray[np.float32] = np.empty((_FIRST_ROWS, dimension), dtype=np.float32)
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, vectors: Half) -> None:
        """Append the rows of a (n, dimension) matrix."""
        needed = self._rows + len(vectors)
        if needed > len(self._matrix):
            grown = np.empty((max(needed, 2 * len(self._matrix)), self._matrix.shape[1]), dtype=np.float32)
            grown[: self._rows] = self._matrix[: self._rows]
            self._matrix = grown
        self._matrix[self._rows : needed] = vectors
        self._rows = needed

    def row(self, row: int) -> Half:
        """The kept vector of one row, shape (dimension,)."""
        return to_half(self._matrix[row])

    def near(self, vector: Half, *, visible: NDArray[np.bool_], floor: float, nearest: int) -> list[int]:
        """The visible rows whose cosine may reach `floor` and those that may be among the `nearest`: a superset of both.

        visible: shape (rows,) for the first `rows` rows; later rows are not looked at.
        """
        rows = len(visible)
        found = np.where(visible, self._matrix[:rows] @ vector.astype(np.float32), np.float32(-2.0))
        seen = int(visible.sum())
        if not seen:
            return []
        rank = rows - min(nearest, seen)
        kth = float(np.partition(found, rank)[rank]) if nearest and rank < rows else math.inf
        reached = found >= min(floor, kth) - MARGIN
        return np.flatnonzero(reached & visible).tolist()
