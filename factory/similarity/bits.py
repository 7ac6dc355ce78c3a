"""Codes of vectors: on which side of 384 fixed random hyperplanes each lies, and what differing bits say of a cosine.

Two vectors at an angle of a differ in a share a / pi of the bits (Charikar 2002, "Similarity estimation techniques from
rounding algorithms"), so counting bits finds the few whose cosine is worth computing.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# A vector as it is kept, or a matrix of them: little-endian float16.
Half = NDArray[np.float16]

BITS: Final = 384
WORDS: Final = BITS // 64
# Words of a code that are counted first, where there are many.
HALF: Final = WORDS // 2
# Standard deviations of the number of differing bits by which the search looks further than the floor's own angle.
_SIGMAS: Final = 5.0
# By bits alone the nearest come in a rough order: those that differ in so many more are looked at too.
_ROUGHLY: Final = 6
_SEED: Final = 1
LEVEL: Final = 32
_LEVELS: Final = np.float32(127)
_BLOCK: Final = 16_384


def codes(vectors: Half) -> NDArray[np.uint64]:
    """The codes of vectors of shape (n, dimension): shape (n, WORDS)."""
    sides = levels(vectors) @ _hyperplanes(vectors.shape[1]).T >= 0
    return np.packbits(sides, axis=1, bitorder="little").view("<u8")


@cache
def _hyperplanes(dimension: int) -> NDArray[np.float32]:
    signs = np.random.Generator(np.random.PCG64(_SEED)).integers(0, 2, size=(BITS, dimension), dtype=np.int8)
    sides: NDArray[np.float32] = np.where(signs, np.float32(1), np.float32(-1))
    return sides


def levels(vectors: Half) -> NDArray[np.float32]:
    """Vectors rounded to whole numbers of at most 127, a component of typical size being LEVEL: shape as given.

    Sums of products of these stay below 2^24, where float32 is exact, so neither BLAS nor the machine can change a bit of
    what is made from them.
    """
    scaled: NDArray[np.float32] = vectors.astype(np.float32)
    scaled *= np.float32(LEVEL * math.sqrt(vectors.shape[-1]))
    np.rint(scaled, out=scaled)
    # Not `clip`, which looks at its arguments for longer than the two take.
    np.minimum(scaled, _LEVELS, out=scaled)
    np.maximum(scaled, -_LEVELS, out=scaled)
    return scaled


@cache
def most_bits(floor: float, bits: int = BITS, sigmas: float = _SIGMAS) -> int:
    """How many of so many bits two vectors whose cosine is at least `floor` may differ in."""
    share = math.acos(max(-1.0, min(1.0, floor))) / math.pi
    return math.ceil(bits * share + sigmas * math.sqrt(bits * share * (1 - share)))


def limit(bits: NDArray[Any], most: int, nearest: int) -> int:
    """How many differing bits are looked at: `most`, or as many as the nearest few take."""
    if not nearest or not len(bits):
        return most
    # Counted, not sorted: of a hundred thousand bytes numpy's `partition` takes five times as long.
    kth = bits.min() if nearest == 1 else np.bincount(bits).cumsum().searchsorted(min(nearest, len(bits)))
    return max(most, int(kth) + _ROUGHLY)


def differing(held: NDArray[np.uint64], code: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Differing bits of codes held word by word, shape (words, n), from one code of as many words: shape (n,)."""
    total = np.zeros(held.shape[1], dtype=np.uint16)
    # Block by block, so that what is in between stays in the processor's cache; three words' bits fit a byte.
    for start in range(0, len(total), _BLOCK):
        counts = np.bitwise_count(held[:, start : start + _BLOCK] ^ code[:, None])
        for word in range(0, len(counts), 3):
            part = counts[word] + counts[word + 1] + counts[word + 2]
            np.add(total[start : start + _BLOCK], part, out=total[start : start + _BLOCK])
    return total
