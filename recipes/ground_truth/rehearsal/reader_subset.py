"""Bookkeeping with a part of the story's things that was never counted: "do not include the samples handed to visitors".

Whatever is to be counted in or out, and is told apart from the rest by a clause, a phrase or an adjective, needs a number of
its own. It has one where another sentence gives a number along with the same words.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import STOP, Sentence, stem, wordset

_REMOVE: Final = (
    r"(?:subtract|deduct|exclude|omit|ignore|disregard|discount|discard|remove|skip|drop|strike|eliminate|dismiss|neglect|"
    r"overlook|"
    r"(?:leave|take|knock|keep|throw|cross|sort|weed|rule|count|strip|set|put) (?:out|off|away|aside|apart)|write off|do "
    r"without)"
)
_INSERT: Final = (
    r"(?:add(?: in| on| to)?|include|count(?: in)?|incorporate|consider|reckon(?: in)?|tally|throw in|put in|"
    r"factor in|work in|take into account|allow for|account for)"
)
_LEAD: Final = (
    r"^(?:(?:and|but|please|then|now|also|finally|however|so|next|lastly|do|kindly|mind you|note|nota bene|be sure|make "
    r"sure|remember|"
    r"don['’]t forget|do not forget|for this|here|only|just|in (?:doing|this)[a-z ]*|you (?:must|should|may|are|can|need|"
    r"have)(?: not)?|to|,|"
    r"we (?:must|should|do)(?: not)?|it is important|always|never|don['’]t|do not|not) )*"
)
# What is to be done, and to what: an order first in its sentence, or a preposition that does the same.
_ORDER: Final = re.compile(rf"{_LEAD}(?P<verb>{_REMOVE}|{_INSERT}) (?P<what>[^#?]+)$")
_COUNT_OUT: Final = re.compile(
    r"^(?:(?:all )?(?:this|that|these|of this|of these)[a-z ]{0,12} )?(?:minus|plus|less|without|not (?:counting|"
    r"including)|excluding|including|"
    r"except(?: for)?|apart from|aside from|other than|in addition to|on top of|exclusive of|inclusive of|leaving (?:out|"
    r"aside)|disregarding|"
    r"ignoring|not to mention)(?P<what> [^#?,]+?)(?: , (?:please|though|of course))?$"
)
_COUNTED_IN: Final = (
    r"(?:(?:are|is|were|was|must|should|may|shall|will|can|need|have|has|do|does|did|ought)(?: (?:to|not|never|also|all|"
    r"still|n['’]t|no longer))*"
    r"(?: be| been)?(?: (?:not|also|all))?|don['’]t|doesn['’]t|aren['’]t|isn['’]t|needn['’]t|mustn['’]t|shouldn['’]t)"
)
_BOOKED: Final = (
    r"(?:count(?:ed)?(?: in| out| for| as| towards?)?|includ(?:ed|e)|exclud(?:ed|e)|part of|omitted|ignored|subtracted|"
    r"deducted|disregarded|"
    r"discarded|removed|skipped|discounted|added|considered|reckoned|tallied|taken into account|left out|taken off|thrown "
    r"out|"
    r"kept out|set aside|struck off|belong|exempt|out of the (?:count|total)|in the (?:count|total|sum))"
)
_BOOKING: Final = re.compile(
    rf"^(?P<what>(?:the |those |any |all |our |his |her |their |only )?[^#?,]+?) {_COUNTED_IN} "
    rf"{_BOOKED}\b"
)
# "Leave the cracked ones aside".
_SPLIT: Final = re.compile(
    rf"{_LEAD}(?:leave|take|put|set|keep|throw|cross|knock|strike|count|sort|weed|lay|push|let|drop|get|rule) "
    rf"(?P<what>[^#?]+?) "
    r"(?:out|off|away|aside|apart|to one side)(?: of (?:the|your|this) [a-z]+| from the [a-z]+| completely| altogether| , "
    r"please)?$"
)
# "The returns are to be taken off", "breakages must come off": an order as well.
_MUST: Final = re.compile(
    r"^(?:then |also |here |now |finally )?(?P<what>(?:the |those |any |all |our |his |her |their |only )?[^#?,]+?) "
    r"(?:also )?(?:(?:must|should|shall|ought to|(?:is|are|has|have|"
    rf"need|needs) to) (?:not |also |all )?(?:be (?:not |also |all )?{_BOOKED}|(?:come|go) (?:off|on|out|in))|(?:come|"
    rf"go)(?:es)? off)\b"
)
_ONLY: Final = re.compile(
    r"^(?:here |and |but )?only (?P<what>[^#?,]+?) (?:counts?|matters?|(?:is|are) of interest|(?:is|"
    r"are) wanted)(?P<rest> [^#?,]+)?$"
)
_THESE: Final = re.compile(
    r"^(?:the |those |these |any |all |every |such |our |my |your |his |her |their |only |just |"
    r"also |in |of |too )*"
)
_ONES: Final = wordset(
    "those ones one whatever whichever anything everything anyone all any what whoever items pieces things units"
)
# After the noun, what tells a part of it apart.
_TOLD_APART: Final = re.compile(
    r"^(?:that|which|who|whose|whom|where|on|in|of|from|with|without|for|at|under|over|by|past|to|kept|left|made|sent|set|"
    r"put|lent|"
    r"given|held|lost|sold|taken|bought|stolen|broken|reserved|too|still|already|beyond|inside|outside|being|"
    r"[a-z]{3,}(?:ed|ing|en|able|ible)|(?:you|he|she|it|they|we|i|nobody|the|somebody|someone)(?= ))$"
)
_WHOLE: Final = wordset(
    "all both everything result results total number numbers figure figures sum answer price prices cost costs tax value "
    "amount amounts day days week weeks hour hours unit units half rest total totals whole remaining next first last second "
    "third two three same other new"
)
_IDLE: Final = (
    wordset(
        "the those these any all that which who whose were was are is had has have been not only just also too very and or our "
        "his her "
        "their on in of from with for at by to up out off into did do does be one ones please "
        "total sum count result answer list care attention mind reckoning"
    )
    | STOP
)


def uncounted(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    """Why the sentence cannot be followed, as an objection; "" where it can.

    others: the other sentences of the text; nouns: the stems of what the story counts.
    """
    if sentence.asks or sentence.mentions:
        return ""
    for pattern in (_ORDER, _SPLIT, _COUNT_OUT, _ONLY, _MUST, _BOOKING):
        match = pattern.search(sentence.text)
        # "Count the packs or the pieces" leaves a choice, and no gap.
        if match is None or " or " in match[0]:
            continue
        rest = match["rest"] or "" if pattern is _ONLY else ""
        if _part(match["what"] + rest, nouns, others, declared=pattern is _BOOKING):
            return "How many those are is told nowhere in the text."
    return ""


def _part(what: str, nouns: Collection[str], others: tuple[Sentence, ...], *, declared: bool) -> bool:
    words = what.strip().split()
    bare = _THESE.sub("", what.strip() + " ").split()
    if bare[:1] in (["cost"], ["price"], ["value"], ["weight"]) and bare[1:2] == ["of"]:
        return not declared and not _names(bare, nouns) and _new(bare[2:], others, nouns)
    own = next((n for n, word in enumerate(bare) if stem(word) in nouns or word in _ONES), None)
    if any(word in ("how", "number") for word in words[:3]) or not words:
        return False
    if own is None:
        # "The samples handed to visitors", "what the neighbour sent", "breakage": things the story has no name for.
        first = "those" in words[:1] or words[0] in _ONES
        own = 0 if bare and (not declared or first) and (bare[0] not in _WHOLE or first) else None
        if own is None:
            return False
        if len(bare) == 1 and not first:
            return not declared and _new(bare, others, nouns)
        owned = any(word.endswith(("'", "’", "'s", "’s")) for word in bare[:2]) and len(bare) < 4
        told_apart = first or owned or any(_TOLD_APART.search(word) for word in bare[1:4])
        return told_apart and _new(bare, others, nouns)
    before, after = bare[:own], bare[own + 1 :]
    if "of" in before and bare[0] not in _ONES:
        return False  # "Ignore the colour of the crates": of all of them.
    described = [word for word in before if word not in _IDLE and word not in _WHOLE]
    if described:
        return _new(described, others, nouns)
    apart = bool(after) and (bare[own] in _ONES or _TOLD_APART.search(after[0]) is not None)
    if not apart and words and words[0] in _ONES and bare:
        apart, after = True, bare
    return apart and _new(after, others, nouns)


def _names(words: Collection[str], nouns: Collection[str]) -> bool:
    return any(stem(word) in nouns for word in words)


def _new(words: Collection[str], others: tuple[Sentence, ...], nouns: Collection[str]) -> bool:
    """Whether no sentence gives a number along with most of the words, those for what is counted left aside."""
    own = {_root(word) for word in words if word not in _IDLE and word not in _ONES and stem(word) not in nouns}
    told = ({_root(word) for word in other.text.split() if word[0].isalpha()} for other in others if other.mentions)
    return bool(own) and all(2 * len(own & one) <= len(own) - (len(own) == 2) for one in told)


def _root(word: str) -> str:
    """A word without its endings, so that "returns" and "returned" are one."""
    plain = stem(word)
    for ending in ("ing", "ed", "es", "e"):
        if len(plain) > len(ending) + 3 and plain.endswith(ending):
            return plain.removesuffix(ending)
    return plain
