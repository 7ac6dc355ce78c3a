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


def _by_initial(words: frozenset[str]) -> str:
    """A pattern for any of the words, the longer ones first: one letter tells sooner than thirty words."""
    rests: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        rests.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{initial}(?:{'|'.join(each)})" for initial, each in sorted(rests.items()))


_WORDS = _by_initial(NUMBER_WORDS)
# What a word is made of; a mark (U+0300 to U+036F) belongs to the letter before it, and folding a capital can bring one.
_LETTER: Final = r"\w\u0300-\u036f"
# Of a casefolded text: a pattern that ignores case takes twice as long.
_TOKEN = re.compile(rf"({DIGITS})|(?<![{_LETTER}])((?:{_WORDS})(?:(?:\s+|-)(?:{_WORDS}))*)(?![{_LETTER}])")


def number_multiset(text: str) -> tuple[str, ...]:
    """Every number of a text as a plain decimal, sorted: digits (separators dropped, 1.50 = 1.5) and English number words.

    A lone "one" does not count: it is a pronoun more often than a number.
    """
    return tuple(sorted(_numbers(text)))


def _numbers(text: str) -> Iterator[str]:
    for digits, words in _TOKEN.findall(text.casefold()):
        if digits:
            yield _plain(digits)
        elif words != "one":
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
