"""Every number an English text mentions, in digits or words, with its exact value and place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from gates.prose.words import words

_UNITS = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
_TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
_SMALL = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * (value + 2) for value, word in enumerate(_TENS)}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9}

_WORD = "|".join([*sorted([*_SMALL, "hundred", *_LARGE], key=len, reverse=True)])
_WORDS = re.compile(rf"\b(?:{_WORD})(?:(?:[ -]|\s+and\s+)(?:{_WORD}))*\b", re.IGNORECASE)

# A sign counts only where no word, digit or bracket precedes it: `5-3` holds 5 and 3.
_DIGITS = re.compile(
    r"(?<![\w.,])(?P<sign>(?<![)\]%])(?<![\d)\]%]\s)[-−+](?=[$€£¥\d]))?[$€£¥]?\s?"
    r"(?P<whole>\d{1,3}(?:[,'\u2009\u202f\u00a0 ]\d{3})+(?!\d)|\d+)(?P<part>\.\d+)?(?P<exp>[eE][-+]?\d{1,3}\b)?"
    r"(?:\s?/\s?(?P<under>\d+)(?![\d/]))?"
)
_SCALE = re.compile(r"\s?(?P<word>thousand|million|billion)\b", re.IGNORECASE)
_UNIT_TAIL = re.compile(r"\s*(?:[^\W\d_]|[%°²³/·*$€£¥-]|\^-?\d|\s(?=\S)){0,24}\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """One number in a text: text[start:end] says it, value is what it says."""

    start: int
    end: int
    value: Fraction


def mentions(text: str) -> list[Mention]:
    """Every number of the text in order: `1,250.50`, `3/4`, `-2`, `1e5`, `2 million`, `forty-two`."""
    found = [*_in_digits(text), *_in_words(text)]
    return sorted(found, key=lambda mention: mention.start)


def number_of(answer: str) -> Fraction | None:
    """The value of an answer that is one number, its currency or unit apart (`$1,250.50`, `42 kg`, `forty-two`), else None."""
    text = answer.strip().strip(".")
    found = mentions(text)
    if not found or found[0].start > 2 or re.match(r"\d{4}-\d\d", text):
        return None
    return found[0].value if _UNIT_TAIL.match(text[found[0].end :]) else None


def _in_digits(text: str) -> list[Mention]:
    out = []
    for match in _DIGITS.finditer(text):
        exponent = match["exp"] or ""
        value = Fraction(re.sub(r"\D", "", match["whole"]) + (match["part"] or "") + exponent)
        if match["under"] and int(match["under"]):
            value /= int(match["under"])
        if (match["sign"] or "").strip() in ("-", "−"):
            value = -value
        end = match.end()
        scale = _SCALE.match(text, end)
        if scale:
            value *= _LARGE[scale["word"].lower()]
            end = scale.end()
        out.append(Mention(match.start(), end, value))
    return out


def _in_words(text: str) -> list[Mention]:
    out = []
    for match in _WORDS.finditer(text):
        said = re.findall(r"[a-z]+", match[0].lower())
        if re.search(r"[\d.]\s?\Z", text[: match.start()]) and said[0] in _LARGE:
            continue
        value = _value([word for word in said if word != "and"])
        if value is not None:
            out.append(Mention(match.start(), match.end(), Fraction(value)))
    return out


def _value(said: list[str]) -> int | None:
    """The value of number words in their usual order; None where they are no single number (`two three`)."""
    total = group = 0
    # What may still follow in the group: below this value (`twenty` leaves room below 10, `hundred` below 100).
    room = 1000
    for word in said:
        if word in _LARGE:
            total += max(group, 1) * _LARGE[word]
            group, room = 0, 1000
        elif word == "hundred":
            if group >= 100:
                return None
            group, room = max(group, 1) * 100, 100
        else:
            small = _SMALL[word]
            if small >= room or room <= 1:
                return None
            group, room = group + small, 10 if small >= 20 else 1
    return total + group
