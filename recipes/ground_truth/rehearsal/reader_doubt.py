"""When the reader has not read a text: one misreading said three times over would pass for three witnesses.

It follows one running total through sentences that name what they speak of. What tells more than that it leaves unread,
and says so instead of working out the rest.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from recipes.ground_truth.rehearsal.reader_program import Program, Unreadable, reaches_the_question, run
from recipes.ground_truth.rehearsal.reader_rules import comparison
from recipes.ground_truth.rehearsal.reader_text import TIMES, Mention, capitals, sentences

_BEGINS: Final = frozenset({"base", "account", "relate", "pool"})
_SPARE: Final = 3
"""The most numbers that a text it reads may bring in for nothing."""
_ENOUGH: Final = 3
"""The fewest numbers of a text by which it can tell what is wanting."""
MOST_SENTENCES: Final = 40
"""Of a longer text it is not asked, sentence by sentence, what would be without it."""
_SOMEONE: Final = re.compile(r"\b(?:he|she|his|her|him|hers)\b")
_COMPARES: Final = re.compile(
    r"#\d+ (?:[a-z'’-]+ ){0,3}?(?:more|fewer|less|larger|smaller|older|younger|longer|shorter|taller|heavier|faster|slower|"
    r"farther|"
    r"further)\b[^,]*\bthan\b|\bas (?:many|much|long|old|far|fast|big|tall|heavy)\b.*\bas\b|\b(?:twice|thrice|doubled|"
    r"tripled)\b|"
    r"\bhalf (?:the|that|of what|his|her|as)\b"
)


def unread(text: str, program: Program) -> str:
    """What keeps the program from being all that the text tells, in a few words; "" where nothing does."""
    told, used = sentences(text), _used(program)
    if not program.noun or not any(step.op in _BEGINS for step in program.steps):
        return "no amount to begin with was found"
    if not reaches_the_question(program):
        return "nothing leads from what is counted to what is asked for"
    counted = {program.noun, program.ask.noun} - {"", "$"} - TIMES
    spare, contested = 0, {place for place, _ in program.contested}
    for place, sentence in enumerate(told):
        if place in contested:
            continue  # Known to contradict the rest, and left out of what is worked out.
        left = [mention for mention in sentence.mentions if not _among(mention, used)]
        spare += len(left)
        if sentence.asks and sentence.mentions:
            return "the question brings in numbers of its own"
        someone = _SOMEONE.search(sentence.text) if sentence.mentions else None
        # "Priya found 41, and she binned 5": named before, in the same sentence.
        if someone is not None and not capitals(sentence.cased[: someone.start()]):
            return "it does not follow who is meant by he or she"
        if not sentence.asks and _COMPARES.search(sentence.text) and comparison(sentence) is None:
            return "a comparison was not made out"
        whole = bool(left) and len(left) == len(sentence.mentions)
        if whole and any(mention.noun in counted or not mention.noun for mention in left):
            return "a sentence about what is counted was not made out"
        if any(mention.kind == "money" for mention in left):
            return "an amount of money was not made out"
    if spare > _SPARE:
        return "too many of its numbers lead nowhere"
    try:
        return "" if run(program) > 0 else "it comes to nothing, or to less"
    except (Unreadable, ZeroDivisionError):
        return "the answer could not be worked out"


def at_home(program: Program) -> bool:
    """Whether the reader made enough of a text to say that what it misses is not there."""
    return sum(len(step.numbers) for step in program.steps) + len(program.facts) >= _ENOUGH


def _among(mention: Mention, used: frozenset[Fraction]) -> bool:
    return mention.value in used or (mention.kind == "percent" and mention.value / 100 in used)


def _used(program: Program) -> frozenset[Fraction]:
    """Every number that the program took from the text."""
    found = {number for step in program.steps for number in step.numbers} | {fact.value for fact in program.facts}
    found |= {*(program.fee or ()), *(program.tiers or ())}
    found |= {part for _, part in (*program.ratio, *program.rebates)}
    found |= {number for pair in program.restated for number in pair if number is not None}
    return frozenset(found | ({program.target} if program.target is not None else set()))
