"""A text's comparable forms: normal form, character shingles, and the Jaccard index over sets of them.

The pipeline and its sizes are those measured in the project's performance notes: NFKC, case, punctuation, white space, then
character 5-shingles (Broder 1997, "On the resemblance and containment of documents").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.similarity.columns import distinct

SHINGLE: Final = 5
_OWN_BYTES: Final = np.uint64((1 << 8 * SHINGLE) - 1)

# The comma first: a pattern that begins with one character finds it at the speed of memory.
_SEPARATOR = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
# Punctuation that belongs to a number survives: a decimal point, an operator before a digit, a percent sign after one.
_LONE = re.compile(r"[-./*%](?:(?<=\.)(?!\d)|(?<=[-/*])(?!\s*\d)|(?<=%)(?<!\d%))")
_OF_NUMBERS: Final = frozenset("-./*%")


class _Cleaner(dict[int, str]):
    """A translation table filled as characters turn up: punctuation and controls become a space, format characters vanish. What
    may belong to a number stays: where it does not, it is gone already.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char in _OF_NUMBERS:
            cleaned = char
        elif category.startswith(("P", "Z")) or category == "Cc":
            cleaned = " "
        elif category == "Cf":
            cleaned = ""
        else:
            cleaned = char
        self[code] = cleaned
        return cleaned


_CLEANER: Final = _Cleaner()


def normalise(text: str) -> str:
    """The form under which two texts count as the same: NFKC, caseless, no punctuation outside numbers, single spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    joined = _SEPARATOR.sub("", folded.replace("\u2212", "-"))
    return " ".join(_LONE.sub(" ", joined).translate(_CLEANER).split())


def char_shingles(normal: str) -> frozenset[str]:
    """The set of character 5-shingles of a normal form; a shorter text is its own only shingle, an empty one has none."""
    if len(normal) <= SHINGLE:
        return frozenset([normal] if normal else [])
    # A list first: a generator would take a third longer.
    return frozenset([normal[start : start + SHINGLE] for start in range(len(normal) - SHINGLE + 1)])


def char_codes(normal: str) -> NDArray[np.uint64] | None:
    """The character 5-shingles of an ASCII text as whole numbers, ascending, each once: a third of the time that a set of
    strings takes. None for another text, or one that is its own only shingle.
    """
    if len(normal) <= SHINGLE or not normal.isascii():
        return None
    data = normal.encode("ascii") + bytes(8 - SHINGLE)
    # Eight bytes from each place on, of which a shingle's own are kept.
    made = np.ndarray((len(normal) - SHINGLE + 1,), dtype="<u8", buffer=data, strides=(1,)) & _OWN_BYTES
    return distinct(made)


def jaccard_of_codes(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> float:
    """`jaccard` of two texts' `char_codes`."""
    both = np.concatenate((left, right))
    both.sort()
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)


def jaccard(left: AbstractSet[str], right: AbstractSet[str]) -> float:
    """|intersection| / |union|; 0 when either is empty, for nothing is like nothing."""
    if not left or not right:
        return 0.0
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


def key64(text: str) -> int:
    """A 64-bit key of a text for the indexes, never 0; whoever finds a text by it compares the text itself."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little") or 1
