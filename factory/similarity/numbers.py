"""The numbers of a text as a multiset: the best single separator between a rewording and another problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# Fewer numbers than this are shared by chance too often to say anything.
MIN_NUMBERS: Final = 2

DIGITS: Final = r"\d+(?:,\d{3}(?!\d))*(?:\.\d+)?|\.\d+"

_UNIT_LIST: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
_TEN_LIST: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS: Final = {word: value for value, word in enumerate(_UNIT_LIST.split())}
_TENS: Final = {word: 10 * value for value, word in enumerate(_TEN_LIST.split(), start=2)}
_SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
NUMBER_WORDS: Final = frozenset(_UNITS) | frozenset(_TENS) | frozenset(_SCALES)

_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
# Few words begin like a number, and one letter tells sooner than thirty words.
_INITIALS = "".join(sorted({word[0] for word in NUMBER_WORDS}))
_TOKEN = re.compile(
    rf"(?P<digits>{DIGITS})|\b(?=[{_INITIALS}])(?P<words>(?:{_WORDS})(?:(?:\s+|-)(?:{_WORDS}))*)\b", re.IGNORECASE
)


def number_multiset(text: str) -> tuple[str, ...]:
    """Every number of a text as a plain decimal, sorted: digits (separators dropped, 1.50 = 1.5) and English number words.

    A lone "one" does not count: it is a pronoun more often than a number.
    """
    return tuple(sorted(_numbers(text)))


def _numbers(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        if digits := match["digits"]:
            yield _plain(digits)
        elif (words := match["words"].lower()) != "one":
            yield from (str(value) for value in _values(re.split(r"[\s-]+", words)))


def _plain(digits: str) -> str:
    whole, _, fraction = digits.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{fraction}" if fraction else whole


def _values(words: list[str]) -> Iterator[int]:
    """The values of a run of number words: "two hundred five" is 205, "two three" is 2 and 3."""
    total, part, last = 0, 0, None
    for word in words:
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                part = max(part, 1) * 100
            else:
                total, part = total + max(part, 1) * scale, 0
            last = word
            continue
        value = _UNITS.get(word, _TENS.get(word, 0))
        if last is not None and not _continues(last, value):
            yield total + part
            total, part = 0, 0
        part += value
        last = word
    yield total + part


def _continues(last: str, value: int) -> bool:
    return last in _SCALES or (last in _TENS and 0 < value < 10)
