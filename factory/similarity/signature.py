"""MinHash signatures and the band keys that make near texts meet in an index.

Signatures equal datasketch's bit for bit (hash function CRC-32, scheme "affine32", seed 1); a whole shingle set is done at once
because datasketch's `update` is ten times slower. Bands: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets",
section 3.4.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS: Final = 128
SEED: Final = 1
# datasketch 2 changed its default scheme; the permutations are part of what an index means, so it is named.
SCHEME: Final = "affine32"
ROWS: Final = 4
BANDS: Final = 32
# Skeletons are looked for at a higher likeness, where half the bands find 99 %.
SKELETON_BANDS: Final = 16


@cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    from datasketch import MinHash

    a, b = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME).permutations
    return a[:, None], b[:, None]


def signature(shingles: Collection[str]) -> NDArray[np.uint32]:
    """The MinHash signature of a set of shingles: shape (128,); of an empty set all ones."""
    if not shingles:
        return np.full(PERMUTATIONS, 0xFFFFFFFF, dtype=np.uint32)
    hashes = np.fromiter((zlib.crc32(s.encode("utf-8", "replace")) for s in shingles), dtype=np.uint32, count=len(shingles))
    a, b = _permutations()
    permuted: NDArray[np.uint32] = a * _mix32(hashes) + b
    least: NDArray[np.uint32] = permuted.min(axis=1)
    return least


def _mix32(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's 32-bit finaliser, which the scheme applies to every hash before permuting it."""
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x85EBCA6B)
    values = values ^ (values >> np.uint32(13))
    values = values * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))


def band_keys(shingles: Collection[str], bands: int) -> NDArray[np.uint64]:
    """One 64-bit key for each of the first `bands` bands of 4 rows: shape (bands,); all 0, meaning none, for an empty set.

    A key holds its band's number, so the keys of all bands can share one table.
    """
    if not shingles:
        return np.zeros(bands, dtype=np.uint64)
    rows = signature(shingles)[: bands * ROWS].reshape(bands, ROWS)
    halves = np.ascontiguousarray(rows).view(np.uint64)
    keys = np.arange(1, bands + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for half in range(ROWS // 2):
        keys = (keys ^ halves[:, half]) * np.uint64(0xFF51AFD7ED558CCD)
        keys = keys ^ (keys >> np.uint64(32))
    held: NDArray[np.uint64] = np.maximum(keys, np.uint64(1))
    return held
