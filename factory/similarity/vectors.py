"""Vectors kept as float16, cosines that are the same on every machine, and a search that is exact, then nearly so.

Every vector has a code of 384 bits: on which side of as many fixed random hyperplanes it lies. Two vectors at an angle of a
differ in a share a / pi of the bits (Charikar 2002, "Similarity estimation techniques from rounding algorithms"), so counting
bits finds the few whose cosine is worth computing.

What is promised. Rows are searched as a prefix of the order they came in, and whether a row is found in a prefix is a function
of that prefix alone: not of rows after it, of how they were added, of threads or of the machine. Therefore a pull gets the
same neighbours however many others have landed meanwhile, and a resumed job gets those it got before it was killed. A graph
(HNSW) cannot give that: a row inserted later changes the links along which an earlier prefix is searched. The cosines reported
are recomputed from the vectors themselves.

- to EXACT rows: every cosine is looked at; nothing is missed
- to SCANNED rows: every code is; a pair at the floor of .80 is missed once in 10 million, one at .90 practically never
- beyond: the codes of the PROBED of CELLS cells whose centres are nearest to the vector; the centres are spread over the first
  CENTRES_FROM rows, and so never change. Recall: tests/similarity/test_vectors.py, docs/novelty.md
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.columns import Column

Half = NDArray[np.float16]

# BLAS sums in an order that depends on the matrix's shape, so its cosines serve only to find rows, with this margin to spare;
# it is ten times the rounding of a reported cosine and a thousand times the error of a float32 dot product.
MARGIN: Final = 1e-3

EXACT: Final = 4096
SCANNED: Final = 65_536
CENTRES_FROM: Final = 32_768
CELLS: Final = 256
PROBED: Final = 24

BITS: Final = 384
WORDS: Final = BITS // 64
# Words of a code that are counted first.
HALF: Final = WORDS // 2
# Standard deviations of the number of differing bits by which the search looks further than the floor's own angle; by half of
# the bits, in the cells, a pair at the floor is missed once in 30,000, which is little beside what the cells miss.
_SIGMAS: Final = 5.0
_SIGMAS_OF_HALF: Final = 4.0
# By bits alone the nearest come in a rough order: those that differ in so many more are looked at too.
_ROUGHLY: Final = 6
_SEED: Final = 1
_LEVELS: Final = 127
_BLOCK: Final = 16_384
# Rows whose cells are found at a time: some 3 MB of whole numbers.
_PLACED: Final = 2048


def to_half(vector: NDArray[np.float32]) -> Half:
    """A vector, or a matrix of them, as little-endian float16: what is kept and what every cosine is computed from."""
    return vector.astype("<f2")


def cosines(vector: Half, held: Half) -> list[float]:
    """The cosines of one kept vector, shape (dimension,), with others, shape (n, dimension): rounded to 4 decimals, between -1
    and 1; 0 where either is all zeros.

    They are exact before the last three roundings: products of float16 values are multiples of 2^-48, so for vectors of length
    about 1 float64 sums them without error in any order, and division and square root are correctly rounded by IEEE 754.
    """
    a, b = vector.astype(np.float64), held.astype(np.float64)
    squares = np.einsum("ij,ij->i", b, b) * (a @ a)
    found = np.divide(b @ a, np.sqrt(squares), out=np.zeros(len(b)), where=squares > 0)
    return [round(value, 4) for value in found.tolist()]


def codes(vectors: Half) -> NDArray[np.uint64]:
    """The codes of vectors of shape (n, dimension): shape (n, WORDS)."""
    sides = _levels(vectors) @ _hyperplanes(vectors.shape[1]).T >= 0
    return np.packbits(sides, axis=1, bitorder="little").view("<u8")


@cache
def _hyperplanes(dimension: int) -> NDArray[np.float32]:
    signs = np.random.Generator(np.random.PCG64(_SEED)).integers(0, 2, size=(BITS, dimension), dtype=np.int8)
    sides: NDArray[np.float32] = np.where(signs, np.float32(1), np.float32(-1))
    return sides


def _levels(vectors: Half) -> NDArray[np.float32]:
    """Vectors rounded to whole numbers of at most 127, a component of typical size being 32: shape as given.

    Sums of products of these stay below 2^24, where float32 is exact, so neither BLAS nor the machine can change a bit of
    what is made from them.
    """
    scaled: NDArray[np.float32] = vectors.astype(np.float32)
    scaled *= np.float32(32 * math.sqrt(vectors.shape[-1]))
    np.rint(scaled, out=scaled)
    np.clip(scaled, -_LEVELS, _LEVELS, out=scaled)
    return scaled


@cache
def _most_bits(floor: float, bits: int = BITS, sigmas: float = _SIGMAS) -> int:
    """How many of so many bits two vectors whose cosine is at least `floor` may differ in."""
    share = math.acos(max(-1.0, min(1.0, floor))) / math.pi
    return math.ceil(bits * share + sigmas * math.sqrt(bits * share * (1 - share)))


def _limit(bits: NDArray[Any], most: int, nearest: int) -> int:
    """How many differing bits are looked at: `most`, or as many as the nearest few take."""
    if not nearest or not len(bits):
        return most
    kth = bits.min() if nearest == 1 else np.partition(bits, min(nearest, len(bits)) - 1)[min(nearest, len(bits)) - 1]
    return max(most, int(kth) + _ROUGHLY)


def _differing(held: NDArray[np.uint64], code: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Differing bits of codes held word by word, shape (words, n), from one code of as many words: shape (n,)."""
    total = np.zeros(held.shape[1], dtype=np.uint16)
    # Block by block, so that what is in between stays in the processor's cache; three words' bits fit a byte.
    for start in range(0, len(total), _BLOCK):
        counts = np.bitwise_count(held[:, start : start + _BLOCK] ^ code[:, None])
        for word in range(0, len(counts), 3):
            part = counts[word] + counts[word + 1] + counts[word + 2]
            np.add(total[start : start + _BLOCK], part, out=total[start : start + _BLOCK])
    return total


class VectorIndex:
    """A growing matrix of vectors and what finds the near ones among its first rows."""

    def __init__(self, dimension: int) -> None:
        self._vectors = Column("<f2", (dimension,))
        self._first: NDArray[np.float32] = np.empty((EXACT, dimension), dtype=np.float32)
        self._codes = Column("<u8", (WORDS,))
        self._first_codes: NDArray[np.uint64] = np.empty((WORDS, SCANNED), dtype=np.uint64)
        self._cells: _Cells | None = None

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
        if self._cells is None and end >= CENTRES_FROM:
            self._cells = _Cells(self._vectors.view()[: CENTRES_FROM : CENTRES_FROM // CELLS])

    def compact(self) -> None:
        """Do what the first search among all these rows would else have to do."""
        if self._cells is not None:
            self._cells.place(self._vectors, self._codes)

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
        if rows <= SCANNED or self._cells is None:
            bits = _differing(self._first_codes[:, :rows], code)
            return np.flatnonzero(bits <= _limit(bits, _most_bits(floor), nearest))
        self._cells.place(self._vectors, self._codes)
        # Half of the bits rule out all but a hundredth, whose other half then lies anywhere in memory.
        most = _most_bits(floor, 64 * HALF, _SIGMAS_OF_HALF)
        numbers = self._cells.near(vector, code[:HALF], rows, most=most, nearest=nearest)
        bits = _differing(self._codes.take(numbers).T, code)
        return np.sort(numbers[bits <= _limit(bits, _most_bits(floor), nearest)])


class _Cells:
    """Rows by the centre nearest to them, with the first HALF words of their codes."""

    def __init__(self, centres: Half) -> None:
        self._centres = _levels(centres)
        # So many rows lie in their cells; those after them not yet.
        self._placed = 0
        # Of each cell, by word, as bits are counted: the halves, and last the row numbers, ascending. Grown here, for a
        # `Column` grows along its first axis.
        self._held = [np.empty((HALF + 1, 0), dtype=np.uint64) for _ in range(len(centres))]
        self._sizes = [0] * len(centres)
        # The row after the last of each.
        self._ends = [0] * len(centres)
        # The vector searched for last, and how like each centre is to it: what is admitted has just been searched for.
        self._asked: tuple[bytes, NDArray[np.float32]] = (b"", np.empty(0, dtype=np.float32))
        self._scratch = _Scratch(0)

    def place(self, vectors: Column, made: Column) -> None:
        """Put the rows added since the last time into their cells: all of a load at once, for the threads of BLAS go on
        turning for a while after every product, and would take the core on which the next part is read.
        """
        start, end = self._placed, len(vectors)
        if start == end:
            return
        homes = np.concatenate([self._homes(vectors.view()[at : at + _PLACED]) for at in range(start, end, _PLACED)])
        if len(homes) == 1:
            # One item landed since the last search, as mostly.
            self._put(int(homes[0]), np.array([start]), made)
        else:
            order, counts = np.argsort(homes, kind="stable"), np.bincount(homes)
            cells, ends = counts.nonzero()[0].tolist(), np.cumsum(counts[counts > 0])[:-1]
            for cell, rows in zip(cells, np.split(order, ends), strict=True):
                self._put(cell, rows + start, made)
        self._placed = end

    def _homes(self, vectors: Half) -> NDArray[np.uint8]:
        """The cells of vectors, shape (n,)."""
        if len(vectors) == 1 and vectors.tobytes() == self._asked[0]:
            return np.array([self._asked[1].argmax()], dtype=np.uint8)
        homes: NDArray[np.uint8] = np.argmax(_levels(vectors) @ self._centres.T, axis=1).astype(np.uint8)
        return homes

    def _put(self, cell: int, rows: NDArray[np.int64], made: Column) -> None:
        start = self._sizes[cell]
        end = self._sizes[cell] = start + len(rows)
        if end > self._held[cell].shape[1]:
            grown = np.empty((HALF + 1, end + end // 8 + 16), dtype=np.uint64)
            grown[:, :start] = self._held[cell][:, :start]
            self._held[cell] = grown
        self._held[cell][:HALF, start:end] = made.take(rows)[:, :HALF].T
        self._held[cell][HALF, start:end] = rows
        self._ends[cell] = int(rows[-1]) + 1

    def near(self, vector: Half, half: NDArray[np.uint64], rows: int, *, most: int, nearest: int) -> NDArray[np.int64]:
        """Rows below `rows` in the cells about a vector that differ in at most `most` of the first half's bits, or as the
        nearest few do (`_limit`).
        """
        likeness = self._centres @ _levels(vector)
        self._asked = (vector.tobytes(), likeness)
        # Likeness is a whole number. Equal likeness: the lower cell, so that the choice is the same everywhere.
        ranks = likeness.astype(np.int64) * len(likeness) - np.arange(len(likeness))
        parts = [self._below(cell, rows) for cell in ranks.argpartition(-PROBED)[-PROBED:].tolist()]
        total = sum([part.shape[1] for part in parts])
        if total > self._scratch.room:
            self._scratch = _Scratch(total + total // 8)
        differences, counts = self._scratch.differences[:, :total], self._scratch.counts[:, :total]
        sought, start = half[:, None], 0
        # Into one array first: counting them cell by cell takes three times as long at a hundred thousand rows.
        for part in parts:
            end = start + part.shape[1]
            np.bitwise_xor(part[:HALF], sought, out=differences[:, start:end])
            start = end
        first, second, third = np.bitwise_count(differences, out=counts)
        # Three words' bits fit a byte.
        first += second
        first += third
        close = np.flatnonzero(first <= _limit(first, most, nearest))
        numbers = np.concatenate([part[HALF] for part in parts]).take(close)
        return numbers.view(np.int64)

    def _below(self, cell: int, rows: int) -> NDArray[np.uint64]:
        """What a cell holds of rows below `rows`."""
        held, size = self._held[cell], self._sizes[cell]
        if self._ends[cell] > rows:
            size = int(held[HALF, :size].searchsorted(np.uint64(rows)))
        return held[:, :size]


class _Scratch:
    """Memory kept between searches: fresh megabytes cost more than what is then written to them."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.differences = np.empty((HALF, room), dtype=np.uint64)
        self.counts = np.empty((HALF, room), dtype=np.uint8)
