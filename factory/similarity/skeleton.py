"""A text's skeleton: what is left when its numbers and names are masked, so that one template filled twice looks the same.

Names are told by capitals, so the skeleton is made from the text as it was written, never from a caseless form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from factory.similarity.numbers import DIGITS, NUMBER_WORDS

NUMBER: Final = "#"
NAME: Final = "@"
PRONOUN: Final = "~"

# Fewer tokens than this beside the masks are no template: "@ # @" fits too much.
MIN_PLAIN: Final = 3
# A text in which more of the words look like names than this is all capitals or a heading: its case says nothing.
MAX_NAME_SHARE: Final = 0.5

WORDS: Final = 3

# Another name often brings another gender with it.
_PRONOUNS: Final = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself"})
_TITLES: Final = frozenset({"mr", "mrs", "ms", "dr", "miss"})
_ALWAYS_CAPITAL: Final = frozenset({"i", "i'm", "i'll", "i've", "i'd"})

# Words that open English sentences without being names: function words, question words, imperatives and adverbs of tasks.
_OPENER_LIST: Final = """
a about above according across after afterwards again against all almost along already also although altogether always am
among an and another any anyone approximately are around as aside assume assuming at away back based be because before
behind below beside besides between beyond both but by calculate can choose combined compare compute consider continuing
convert could count currently daily define derive describe despite determine did do does down draw due during each earlier
eight eighteen eighty either eleven enough estimate evaluate even eventually every everyone everything exactly except
explain express fifteen fifty finally find first five for forty four fourteen from generally give given had half has have
having he hence her here hers herself him himself his how however hundred i identify if imagine immediately in including
initially inside instead into is it its itself just last lastly later let let's likewise list many may maybe me meanwhile
might mine more moreover most much my name near nearly neither never nevertheless next nine nineteen ninety no nobody none
nor normally not note nothing now of off often on once one only or originally other others otherwise our out outside over
overall part per perhaps please previously prove rather recently roughly round same second seven seventeen seventy several
shall she should show similarly simplify since six sixteen sixty so solve some someone something sometimes soon state still
such suddenly suppose surprisingly take ten than that that's the their them themselves then there there's therefore these
they they're thirteen thirty this those though thousand three through throughout thus till to today together tomorrow
tonight too towards twelve twenty twice two under unfortunately unless unlike until up upon us use used using usually was
we weekly were what what's when whenever where whereas whether which while who whoever whole whose why will with within
without would write yearly yes yesterday yet you your yours zero
"""
_OPENERS: Final = frozenset(_OPENER_LIST.split())

_TOKEN = re.compile(
    rf"(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)|(?P<number>{DIGITS})|(?P<operator>[+*/=<>^×÷%]|(?<=[\s\d)])[-−](?=[\s\d(]))"
    r"|(?P<stop>[.!?:;\n\"“”«»(]|(?<=\s)['‘]|^[ \t]*[-*•])",
    re.MULTILINE,
)
_POSSESSIVE = re.compile(r"['’]s$")

# A token as the pattern's groups: word, number, operator, stop; the one that it is, the others "".
_Token = tuple[str, str, str, str]


def skeleton(text: str) -> str:
    """The masked tokens joined by spaces: "#" a number, "@" a name (runs of either count once), "~" a gendered pronoun.

    Empty when too little would be left to tell one template from another.
    """
    # A tuple a token, all but one of its strings empty: matches, asked one by one what they are, take twice as long.
    found: list[_Token] = _TOKEN.findall(text)
    names = _names(found)
    tokens: list[str] = []
    plain = 0
    for word, number, operator, _ in found:
        if word:
            masked = NAME if _bare(word) in names else _masked(word)
        elif number:
            masked = NUMBER
        else:
            masked = operator
        if masked in (NUMBER, NAME):
            if not (tokens and tokens[-1] == masked):
                tokens.append(masked)
        elif masked:
            tokens.append(masked)
            plain += masked != PRONOUN
    return " ".join(tokens) if plain >= MIN_PLAIN else ""


def skeleton_shingles(masked: str) -> frozenset[str]:
    """The set of word 3-shingles of a skeleton; a shorter one is its own only shingle, an empty one has none."""
    tokens = masked.split()
    if len(tokens) <= WORDS:
        return frozenset([masked] if masked else [])
    return frozenset([" ".join(tokens[start : start + WORDS]) for start in range(len(tokens) - WORDS + 1)])


@lru_cache(maxsize=16_384)
def _bare(word: str) -> str:
    """A word without a possessive ending, as written: "Ann's" is Ann."""
    return _POSSESSIVE.sub("", word) if "'" in word or "’" in word else word


def _plain(word: str) -> str:
    return (word.replace("’", "'") if "’" in word else word).lower()


def _names(found: list[_Token]) -> frozenset[str]:
    """The words of a text, as written, that are names; none where too many words look like it.

    A capitalised word inside a sentence is one. At the start of a sentence it is one if it also stands capitalised inside
    another, or if it is no common opener and never stands in lower case.
    """
    words: list[str] = []
    inside: set[str] = set()
    opening: set[str] = set()
    start = True
    for token, _, _, stop in found:
        if token:
            word = _bare(token)
            words.append(word)
            if word[:1].isupper() and _plain(word) not in _ALWAYS_CAPITAL:
                (opening if start else inside).add(word)
        start = bool(stop)
    held = set(words)
    names = inside.union(word for word in opening if _plain(word) not in _OPENERS and (word.lower() not in held))
    return frozenset(names) if sum(word in names for word in words) <= MAX_NAME_SHARE * len(words) else frozenset()


@lru_cache(maxsize=16_384)
def _masked(word: str) -> str:
    """What stands for a word that is no name of its text; kept, for texts share most of their words."""
    plain = _plain(word)
    if plain in _TITLES:
        return NAME
    if plain in NUMBER_WORDS:
        return NUMBER
    return PRONOUN if plain in _PRONOUNS else plain
