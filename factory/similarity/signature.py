"""MinHash signatures and the band keys that make near texts meet in an index.

Signatures equal datasketch's bit for bit (hash function CRC-32, scheme "affine32", seed 1); a whole shingle set is done at once
because datasketch's `update` is ten times slower. Bands: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets",
section 3.4.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection
from functools import cache
from itertools import accumulate, repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.text import SHINGLE, char_shingles

PERMUTATIONS: Final = 128
SEED: Final = 1
# datasketch 2 changed its default scheme; the permutations are part of what an index means, so it is named.
SCHEME: Final = "affine32"
ROWS: Final = 4
BANDS: Final = 32
# Skeletons are looked for at a higher likeness, where half the bands find 99 %.
SKELETON_BANDS: Final = 16
# Permuted hashes at a time: 256 kB.
_TABLE: Final = 65_536
# The signature of an empty set.
_ONES: Final = 0xFFFFFFFF


@cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Factor and summand of every permutation, each of shape (PERMUTATIONS, 1)."""
    from datasketch import MinHash

    a, b = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME).permutations
    return a[:, None].copy(), b[:, None].copy()


def shingle_hashes(shingles: Collection[str]) -> NDArray[np.uint32]:
    """The hashes of a set of shingles: shape (len(shingles),)."""
    encoded = map(str.encode, shingles, repeat("utf-8"), repeat("replace"))
    return np.array([*map(zlib.crc32, encoded)], dtype=np.uint32)


def text_hashes(normal: str) -> NDArray[np.uint32]:
    """The hashes of a normal form's character shingles, without making the set: repeats come as often as they stand there.

    Hashing the windows of an ASCII text all at once is ten times faster than one by one.
    """
    if len(normal) <= SHINGLE or not normal.isascii():
        return shingle_hashes(char_shingles(normal))
    data = np.frombuffer(normal.encode("ascii"), dtype=np.uint8)
    windows = len(data) - SHINGLE + 1
    shares = _crc_shares().take(data, axis=1)
    hashes = shares[0, :windows]
    for place in range(1, SHINGLE):
        hashes ^= shares[place, place : place + windows]
    return hashes


def signatures(*hashed: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The MinHash signature of each set of shingles, given by its hashes: shape (len(hashed), 128); all ones for none."""
    made = np.full((len(hashed), PERMUTATIONS), _ONES, dtype=np.uint32)
    # All at once: over a text's few hundred hashes numpy's own steps take most of the time.
    mixed = _mix32(np.concatenate(hashed))
    held = [number for number, hashes in enumerate(hashed) if len(hashes)]
    if not held:
        return made
    starts = [0, *accumulate(len(hashed[number]) for number in held[:-1])]
    a, b = _permutations()
    # So many permutations at a time that their table stays in the processor's cache, however long the text.
    together = max(1, _TABLE // len(mixed))
    for first in range(0, PERMUTATIONS, together):
        table = a[first : first + together] * mixed
        table += b[first : first + together]
        made[held, first : first + together] = np.minimum.reduceat(table, starts, axis=1).T
    return made


@cache
def _crc_shares() -> NDArray[np.uint32]:
    """What a byte at each place of a window adds to its CRC-32: shape (SHINGLE, 256); the windows' CRC is the shares' XOR.

    For CRC-32 is linear over bits but for a constant, the CRC of a window of zeros, which the first place's shares hold.
    """
    constant = zlib.crc32(bytes(SHINGLE))
    alone = [[bytes(place) + bytes([value]) + bytes(SHINGLE - 1 - place) for value in range(256)] for place in range(SHINGLE)]
    shares = np.array([[zlib.crc32(window) ^ constant for window in row] for row in alone], dtype=np.uint32)
    shares[0] ^= np.uint32(constant)
    return shares


def _mix32(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's 32-bit finaliser, which the scheme applies to every hash before permuting it."""
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def band_keys(*signed: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """One 64-bit key for each band of 4 rows of signatures, or of their beginnings: shape (bands in all,); 0, meaning none, for
    those of an empty set.

    A key holds its band's number, so the keys of all bands can share one table. Those of a text and of a skeleton may be equal:
    whoever looks them up compares what they stand for.
    """
    halves = np.concatenate(signed).view(np.uint64)
    keys = _band_numbers(tuple(len(part) // ROWS for part in signed))
    for half in range(ROWS // 2):
        keys = (keys ^ halves[half :: ROWS // 2]) * np.uint64(0xFF51AFD7ED558CCD)
        keys ^= keys >> np.uint64(32)
    held: NDArray[np.uint64] = np.maximum(keys, np.uint64(1))
    # What not even 2 values of a band are where there is any shingle, for no hash is permuted to all ones twice in one.
    held[(halves[::2] & halves[1::2]) == np.uint64(2**64 - 1)] = 0
    return held


@cache
def _band_numbers(bands: tuple[int, ...]) -> NDArray[np.uint64]:
    """What the keys of each band begin with, shape (bands in all,): its number in its signature, spread over 64 bits."""
    numbers = np.concatenate([np.arange(1, count + 1, dtype=np.uint64) for count in bands])
    return numbers * np.uint64(0x9E3779B97F4A7C15)


def low_bytes(made: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The lowest byte of each value of a signature, or of the beginning of one: shape as given. What `may_reach` compares."""
    return made.astype(np.uint8)


def may_reach(held: NDArray[np.uint8], sought: NDArray[np.uint8], jaccard: float) -> NDArray[np.bool_]:
    """Which of the texts with these low bytes, shape (n, k), may have a Jaccard index >= `jaccard` with one text's, shape (k,).

    k: a multiple of 64.

    One in 70 of those that just do is taken for one that does not, one in 1,000 of those that have .05 more, one in 30,000 of
    those that have .10 more; the bands themselves miss far more of each. A function of the two texts alone. Li and Konig 2010,
    "b-bit minwise hashing": a byte agrees with probability J + (1 - J) / 256.
    """
    # Counted 64 at a time, a third of the time that numpy takes to count along an axis.
    words = np.packbits(held == sought).view(np.uint64).reshape(len(held), len(sought) // 64)
    agreeing: NDArray[np.uint8] = sum(np.bitwise_count(words).T, start=np.zeros(len(held), dtype=np.uint8))
    reached: NDArray[np.bool_] = agreeing >= _least_agreeing(len(sought), jaccard)
    return reached


@cache
def _least_agreeing(count: int, jaccard: float) -> int:
    share = jaccard + (1 - jaccard) / 256
    return math.floor(count * share - 2 * math.sqrt(count * share * (1 - share)))
