"""The centres of cells: spherical k-means over a sample of rows, the same on every machine.

Lloyd's rounds with cosines for distances (Dhillon and Modha 2001, "Concept decompositions for large sparse text data using
clustering"). As many cells about rows that are merely drawn are of less equal size, and miss seven times as many near pairs
where rows are clustered; where there are far more clusters than cells they miss fewer of the nearest (docs/novelty.md).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.bits import LEVEL, Half, levels

_ROUNDS: Final = 3
# Rows looked at together: their likenesses to 256 centres take 4 MB.
_TOGETHER: Final = 4096

# Vectors and centres in whole numbers (`factory.similarity.bits.levels`).
Levels = NDArray[np.float32]


def centres(vectors: Half, count: int) -> Levels:
    """`count` centres of vectors of shape (n, dimension), n >= count: shape (count, dimension).

    Sums and products are of whole numbers, exact below 2^24 and 2^53: so they are for vectors of length 1, up to 15,000
    dimensions. What follows is one division and one root, each correctly rounded, before the next whole number.
    """
    length = LEVEL * math.sqrt(vectors.shape[1])
    made = levels(vectors[:: len(vectors) // count][:count])
    for _ in range(_ROUNDS):
        sums = np.zeros_like(made)
        for start in range(0, len(vectors), _TOGETHER):
            rows = levels(vectors[start : start + _TOGETHER])
            homes = nearest(rows, made)
            order = np.argsort(homes, kind="stable")
            settled, firsts = np.unique(homes[order], return_index=True)
            sums[settled] += np.add.reduceat(rows[order], firsts, axis=0)
        wide = sums.astype(np.float64)
        lengths = np.sqrt(np.vecdot(wide, wide))[:, None]
        # A centre that no row is nearest to stays where it is.
        np.copyto(made, np.rint(np.divide(wide, lengths, where=lengths > 0, out=wide) * length), where=lengths > 0)
    return made


def nearest(rows: Levels, held: Levels) -> NDArray[np.uint8]:
    """The centre most like each row, of several the first: shape (n,)."""
    found: NDArray[np.uint8] = np.argmax(rows @ held.T, axis=1).astype(np.uint8)
    return found
