"""What the index needs of a text, computed once: its keys and its vector; and what a comparison of two texts needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from factory.similarity.bits import WORDS, Half, codes
from factory.similarity.numbers import MIN_NUMBERS, number_multiset
from factory.similarity.signature import (
    BANDS,
    ROWS,
    SKELETON_BANDS,
    band_keys,
    low_bytes,
    shingle_hashes,
    signatures,
    text_hashes,
)
from factory.similarity.skeleton import skeleton, skeleton_shingles
from factory.similarity.text import char_codes, char_shingles, jaccard, jaccard_of_codes, key64, normalise

# Part of the key of every cached sketch: raise it whenever a text's keys or vector would come out differently, or be laid out
# differently.
VERSION: Final = 4


class Features:
    """A text's comparable forms, each computed when first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def normal(self) -> str:
        return normalise(self.text)

    @cached_property
    def shingles(self) -> frozenset[str]:
        return char_shingles(self.normal)

    @cached_property
    def codes(self) -> NDArray[np.uint64] | None:
        return char_codes(self.normal)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        return number_multiset(self.text)

    @cached_property
    def skeleton(self) -> str:
        return skeleton(self.text)

    @cached_property
    def skeleton_shingles(self) -> frozenset[str]:
        return skeleton_shingles(self.skeleton)


def shingle_jaccard(left: Features, right: Features) -> float:
    """The Jaccard index of two texts' character shingles, rounded to 4 decimals."""
    if left.codes is not None and right.codes is not None:
        return round(jaccard_of_codes(left.codes, right.codes), 4)
    return round(jaccard(left.shingles, right.shingles), 4)


@lru_cache(maxsize=1024)
def features(text: str) -> Features:
    """The features of a text, kept for the texts met last: a neighbour of one item is often a neighbour of the next."""
    return Features(text)


# A text's keys in the order in which a record holds them: of the whole text, its numbers and its skeleton, then of its bands
# and its skeleton's.
TEXT, NUMBERS, SKELETON = range(3)
EXACT_KEYS: Final = 3
KEYS: Final = EXACT_KEYS + BANDS + SKELETON_BANDS


@cache
def record_type(dimension: int) -> np.dtype[np.void]:
    """One sketch as a fixed-size record. keys: 64-bit, 0 for none; low and skeleton_low: the signatures' low bytes; code: the
    vector's (`bits.codes`); the vector is float16.
    """
    return np.dtype(
        [
            ("keys", "<u8", (KEYS,)),
            ("low", "u1", (BANDS * ROWS,)),
            ("skeleton_low", "u1", (SKELETON_BANDS * ROWS,)),
            ("code", "<u8", (WORDS,)),
            ("vector", "<f2", (dimension,)),
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A text and its record: shape () of `record_type`."""

    text: str
    record: np.void

    @property
    def vector(self) -> Half:
        return cast(Half, self.record["vector"])


def sketch(text: str, vector: Half) -> Sketch:
    """The sketch of a text whose kept vector, shape (dimension,), is known."""
    of = features(text)
    record = np.zeros((), dtype=record_type(len(vector)))
    plain, masked = signatures(text_hashes(of.normal), shingle_hashes(of.skeleton_shingles))
    masked = masked[: SKELETON_BANDS * ROWS]
    numbers = key64("numbers " + " ".join(of.numbers)) if len(of.numbers) >= MIN_NUMBERS else 0
    keys = record["keys"]
    keys[:EXACT_KEYS] = key64(of.normal), numbers, key64("skeleton " + of.skeleton) if of.skeleton else 0
    keys[EXACT_KEYS:] = band_keys(plain, masked)
    record["low"], record["skeleton_low"] = low_bytes(plain), low_bytes(masked)
    (record["code"],) = codes(vector[None, :])
    record["vector"] = vector
    return Sketch(text, cast(Any, record[()]))


def records(sketches: list[Sketch], dimension: int) -> NDArray[np.void]:
    """The sketches' records as one array, shape (n,)."""
    return np.array([s.record for s in sketches], dtype=record_type(dimension))
