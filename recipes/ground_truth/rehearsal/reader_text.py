"""Text to sentences in which every number is a marked mention, knowing English function words, number words and units only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
_DECADES = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SHARES = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
_WORD = "|".join(
    [
        f"(?:{'|'.join(_DECADES)})(?:[- ](?:{'|'.join(list(_SMALL)[1:10])}))?",
        *(w for w in reversed(_SMALL) if w not in ("zero", "one")),
    ]
)
_WORD = rf"(?:(?:an?|{_WORD})[ ])?dozen|{_WORD}"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?P<ratio>\b\d+:\d+\b)"
    rf"|(?P<part>\b(?:(?P<top>an?|one|{_WORD})[ -])?(?P<share>{'|'.join(_SHARES)})s?\b(?=\s+(?:of|as)\b))"
    rf"|(?P<times>\btwice\b|\b(?P<fold>{_WORD}|{_DIGITS}) times(?=\s+as\b))"
    rf"|(?P<money>[$€£])?(?P<plain>{_DIGITS}|\b(?:{_WORD})\b)(?P<percent>\s*(?:%|percent\b|per cent\b))?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.?!])[\"”’)\]]*\s+|\n+|;\s+")
_TOKEN = re.compile(r"#\d+|[A-Za-z][A-Za-z'’-]*|[,:?]")
# A line that breaks off within a sentence: what follows is no bullet and no label, and nothing ended before it.
_SOFT_BREAK = re.compile(r"(?<=[^.?!:;\s])[ ]*\n[ ]*(?![-*•\n]|\S+:)")
_TWO_CLAUSES = re.compile(r", and (?=the [A-Z])(?=[^.?!;]*\b(?:than|as (?:many|much))\b)")
# What tells a result instead of a fact of the problem: whoever works it out passes over it.
_TOLD = (
    re.compile(r"\([^()]*\b(?:answer|result|solution|hint)\b[^()]*\)", re.IGNORECASE),
    re.compile(
        r"\b(?:worked out|working|worked solution|solution)\s*:(?:[^\n]*?\banswer\s*:[^\n]*?(?:\.(?=\s|$)|$)|[^\n]*)",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_TELLS = re.compile(
    r"^\W*(?:(?:hint|(?:(?:final|correct|right|expected) )?(?:answer|result|outcome|solution))\s*[:=]|####)"
    r"|\byou (?:should|ought to|will|must|would) (?:get|obtain|arrive at|end up with|come to)\b"
    r"|\b(?:check|verify|make sure) that you (?:get|obtain|arrive at)\b"
    r"|\b(?:answer|(?:final|correct|right|expected) result) (?:is|was|should be|must be|will be|would be|comes to)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*(?:[-*•]\s+|(?:mon|tues|wednes|thurs|fri|satur|sun)day:\s+)", re.IGNORECASE)


def wordset(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = wordset(
    "a an the of to in at on by for from with and or but than as per each every is was are were be been has had have did "
    "do does into onto that this these those them they it its their there when while which who how many much if because since "
    "after before so during over under about left only also would could can will between among whose besides plus less above "
    "below all any not no another apart via up out off down again then later afterwards next against through"
)
UNITS = {
    "ml": "ml", "millilitres": "ml", "litre": "litre", "litres": "litre", "l": "litre", "mg": "mg", "g": "g", "gram": "g",
    "grams": "g", "kg": "kg", "kilogram": "kg", "kilograms": "kg", "tonne": "tonne", "tonnes": "tonne", "km": "km",
    "kilometres": "km", "m": "m", "metre": "m", "metres": "m", "cm": "cm", "dollars": "$", "dollar": "$",
    "euros": "$", "euro": "$",
}  # fmt: skip
_IRREGULAR = {"shelves": "shelf", "loaves": "loaf", "halves": "half", "leaves": "leaf", "knives": "knife", "people": "person"}
TIMES = wordset("second minute hour day night shift week month year morning evening afternoon")


@dataclass(frozen=True, slots=True)
class Mention:
    """A number of a sentence. kind: count, money, percent, part, times or ratio (then value / other).

    noun: the stem of what it counts, "" where the sentence does not say; index: its place among the sentence's mentions.
    """

    value: Fraction
    kind: str
    noun: str
    index: int
    other: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Sentence:
    """text: lower case, single-spaced tokens, the i-th number as "#i"; cased: the same tokens as written."""

    text: str
    cased: str
    mentions: tuple[Mention, ...]
    asks: bool


def stem(word: str) -> str:
    """A noun's singular, roughly: enough to tell that "boxes" and "box" are one noun."""
    word = word.lower().removesuffix("'s").removesuffix("’s")
    if word in UNITS:
        return UNITS[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1]
    return word


@lru_cache(maxsize=512)
def sentences(text: str) -> tuple[Sentence, ...]:
    """Every sentence, bullet and line of a text, in order."""
    for told in _TOLD:
        text = told.sub(" ", text)
    text = re.sub(r"[ \t]{2,}", " ", _SOFT_BREAK.sub(" ", text))
    pieces = [_LABEL.sub("", piece).strip() for piece in _SENTENCE_END.split(text)]
    stated = [piece for piece in pieces if piece and ("?" in piece or not _TELLS.search(piece))]
    return tuple(_sentence(clause) for piece in stated for clause in _TWO_CLAUSES.split(piece))


def spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences, bullets and lines of a text lie, with the space after each: all of the text."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return list(zip([0, *ends], [*ends, len(text)], strict=True))


def _sentence(piece: str) -> Sentence:
    found: list[tuple[str, Fraction, Fraction]] = []

    def put(match: re.Match[str]) -> str:
        found.append(_value(match))
        return f" #{len(found) - 1} "

    tokens = _TOKEN.findall(_NUMBER.sub(put, piece))
    lowered = [token.lower() for token in tokens]
    mentions = []
    for index, (kind, value, other) in enumerate(found):
        noun = "$" if kind == "money" else noun_after(lowered, lowered.index(f"#{index}"))
        mentions.append(Mention(value, kind, noun if kind in ("count", "money") else "", index, other))
    opening = lowered[:4]
    asks = "?" in tokens or (bool(opening) and opening[:2] == ["work", "out"])
    return Sentence(" ".join(lowered), " ".join(tokens), tuple(mentions), asks)


def _value(match: re.Match[str]) -> tuple[str, Fraction, Fraction]:
    zero = Fraction(0)
    if match["ratio"]:
        left, right = match["ratio"].split(":")
        return "ratio", Fraction(left), Fraction(right)
    if match["part"]:
        top = (match["top"] or "a").lower()
        over = Fraction(1) if top in ("a", "an", "one") else _number(top)
        return "part", over / _SHARES[match["share"].lower()], zero
    if match["times"]:
        return "times", _number(match["fold"]) if match["fold"] else Fraction(2), zero
    kind = "money" if match["money"] else "percent" if match["percent"] else "count"
    return kind, _number(match["plain"]), zero


def _number(text: str) -> Fraction:
    text = text.lower()
    if text.endswith("dozen"):
        count = text.removesuffix("dozen").strip()
        return 12 * (_number(count) if count not in ("", "a", "an") else Fraction(1))
    if text[0].isdigit():
        return Fraction(text.replace(",", ""))
    if text in _SMALL:
        return Fraction(_SMALL[text])
    head, _, tail = text.replace("-", " ").partition(" ")
    return Fraction(_DECADES[head] + _SMALL.get(tail, 0))


def noun_after(tokens: list[str], place: int) -> str:
    """The stem of the noun that follows a number: the last plural before a function word, or a unit.

    "" is a number that stands for what was spoken of ("12 of them", "12 were lost"); "?" a number of something unnamed.
    """
    following = tokens[place + 1 : place + 7]
    if following[:1] == ["of"] and not _speaks_of_it(following[1:]):
        return "?"
    if following[:2] == ["in", "the"] and following[2:3] in (["morning"], ["afternoon"], ["evening"]):
        return "?"
    noun = ""
    for word in following:
        if word in STOP or not word[0].isalpha():
            break
        if word in UNITS:
            return UNITS[word]
        if word.endswith("s") and not word.endswith("ss") and len(word) > 2:
            noun = stem(word)
        elif not noun and word not in _MODIFIERS:
            noun = f"?{stem(word)}"
    return noun


def _speaks_of_it(words: list[str]) -> bool:
    """Whether "of ..." refers back ("of them", "of the rest") rather than to a thing of its own ("of the north block")."""
    return any(word in _PRONOUNS for word in words[:1]) or any(word in _REMAINDERS for word in words[1:2])


def capitals(cased: str) -> frozenset[str]:
    """The proper names' words in a piece of text, lower-cased; a sentence's first word counts unless it is a function word."""
    words = [word for word in cased.split() if word[0].isupper()]
    return frozenset(stem(word) for word in words if word.lower() not in STOP and word.lower() not in _OPENERS)


_REMAINDERS = wordset("rest remaining remainder others stock total lot")
_PRONOUNS = wordset("them these those it this that what all")
_MODIFIERS = wordset("more fewer less extra further additional other loose larger smaller higher lower")
_OPENERS = wordset("figure one taken together their everything how what on by once work next soon")
