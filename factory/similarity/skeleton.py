"""A text's skeleton: what is left when its numbers and names are masked, so that one template filled twice looks the same.

Names are told by capitals, so the skeleton is made from the text as it was written, never from a caseless form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, compress, count
from typing import Final, NamedTuple

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

_RUNS: Final = frozenset({NUMBER, NAME})

# A word, a number or an operator; or what may end a sentence.
_TOKEN = re.compile(
    rf"([^\W\d_]+(?:['’][^\W\d_]+)*|{DIGITS}|[+*/=<>^×÷%]|(?<=[\s\d)])[-−](?=[\s\d(]))"
    r"|([.!?:;\n\"“”«»(]|(?<=\s)['‘]|^[ \t]*[-*•])",
    re.MULTILINE,
)
_NUMBER = re.compile(DIGITS)
_MOST_CHUNKS: Final = 16_384
# Longer ones are seldom met again: sentences of languages that put no spaces.
_LONGEST_CHUNK: Final = 32
_OPERATORS: Final = frozenset("+*/=<>^×÷%-−")
_POSSESSIVE = re.compile(r"['’]s$")


def skeleton(text: str) -> str:
    """The masked tokens joined by spaces: "#" a number, "@" a name (runs of either count once), "~" a gendered pronoun.

    Empty when too little would be left to tell one template from another.
    """
    known = _tokens(text)
    if not known:
        return ""
    # Each kind of knowledge by itself: four passes over plain strings take half of one over what holds them.
    written, standing, capital, opener = zip(*known, strict=True)
    names = _names(written, standing, capital, opener)
    masked = [NAME if word in names else mask for word, mask in zip(written, standing, strict=True) if mask]
    tokens = [token for token, before in zip(masked, ["", *masked], strict=False) if token != before or token not in _RUNS]
    plain = len(tokens) - sum(map(tokens.count, (NUMBER, NAME, PRONOUN)))
    return " ".join(tokens) if plain >= MIN_PLAIN else ""


def skeleton_shingles(masked: str) -> frozenset[str]:
    """The set of word 3-shingles of a skeleton; a shorter one is its own only shingle, an empty one has none."""
    tokens = masked.split()
    if len(tokens) <= WORDS:
        return frozenset([masked] if masked else [])
    return frozenset(map(" ".join, zip(*(tokens[place:] for place in range(WORDS)), strict=False)))


class _Known(NamedTuple):
    """What a token is wherever it stands. written: a word without a possessive ending ("Ann's" is Ann), else ""; masked: what
    stands for it where it is no name, "" for what may end a sentence; capital: whether it begins with a capital that it need
    not have; opener: whether it opens sentences without being a name.
    """

    written: str
    masked: str
    capital: bool
    opener: bool


def _tokens(text: str) -> list[_Known]:
    """The tokens of a text, from what is known of the chunks between its spaces."""
    if text.startswith((" ", "\t")) or "\n " in text or "\n\t" in text:
        # Spaces before a bullet belong to it, so here a space parts nothing.
        return list(_parse(text))
    chunks = text.split(" ")
    if len(chunks) == 1:
        return list(_parse(text))
    # A quotation mark or a minus is told by what stands on either side of it: a space, or nothing.
    chunks[0] += " "
    chunks[-1] = " " + chunks[-1]
    return [*chain.from_iterable(map(_CHUNKS.__getitem__, chunks))]


class _Chunks(dict[str, tuple[_Known, ...]]):
    """The tokens of the chunks met, for texts share most of theirs; a text's first chunk comes with the space after it, its
    last with the space before. Forgotten all at once when they are too many: a cache that keeps the last ones writes to
    memory at every look.
    """

    def __missing__(self, chunk: str) -> tuple[_Known, ...]:
        if len(self) >= _MOST_CHUNKS:
            self.clear()
        if chunk.endswith(" "):
            tokens = _parse(chunk)
        elif chunk.startswith(" "):
            tokens = _parse(_BEFORE + chunk, len(_BEFORE))
        else:
            tokens = _parse(f"{_BEFORE} {chunk} ", len(_BEFORE))
        if len(chunk) <= _LONGEST_CHUNK:
            self[chunk] = tokens
        return tokens


def _parse(text: str, start: int = 0) -> tuple[_Known, ...]:
    """The tokens of a text from a place in it on; what stands before that is seen, but not parsed."""
    return tuple([_known(token) if len(token) <= _LONGEST_CHUNK else _tell(token) for token, _ in _TOKEN.findall(text, start)])


def _tell(token: str) -> _Known:
    if _NUMBER.match(token):
        return _A_NUMBER
    if not token or token in _OPERATORS:
        return _Known("", token, False, False)
    written = _POSSESSIVE.sub("", token)
    plain = _plain(written)
    masked = _masked(_plain(token))
    # One object for both, and one for all the chunks that hold the token: half of the memory that a text's tokens lie in.
    capital = written[:1].isupper() and plain not in _ALWAYS_CAPITAL
    return _Known(written, written if masked == written else masked, capital, plain in _OPENERS)


_known: Final = lru_cache(_MOST_CHUNKS)(_tell)
# What makes a space one that begins no line.
_BEFORE: Final = "x"
_A_NUMBER: Final = _Known("", NUMBER, False, False)
_CHUNKS: Final = _Chunks()


def _plain(word: str) -> str:
    return word.replace("’", "'").lower()


def _masked(plain: str) -> str:
    if plain in _TITLES:
        return NAME
    if plain in NUMBER_WORDS:
        return NUMBER
    return PRONOUN if plain in _PRONOUNS else plain


def _names(written: tuple[str, ...], masked: tuple[str, ...], capital: tuple[bool, ...], opener: tuple[bool, ...]) -> set[str]:
    """The words of a text, as written, that are names; none where too many words look like it. Given: its tokens' `_Known`.

    A capitalised word inside a sentence is one. At the start of a sentence it is one if it also stands capitalised inside
    another, or if it is no common opener and never stands in lower case.
    """
    inside: set[str] = set()
    opening: set[str] = set()
    for place in compress(count(), capital):
        if place and masked[place - 1]:
            inside.add(written[place])
        elif not opener[place]:
            opening.add(written[place])
    if not inside and not opening:
        return set()
    words = [*filter(None, written)]
    held = set(words)
    names = inside.union([word for word in opening if word.lower() not in held])
    return names if sum(map(names.__contains__, words)) <= MAX_NAME_SHARE * len(words) else set()
