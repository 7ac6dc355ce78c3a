"""What does not fit into a story that can else be worked out: told by what the reader could use of it, and not by phrases.

Whoever has worked a problem out knows which of its sentences led to the answer. One that speaks of what is counted and led
nowhere, an amount that comes on top of nothing, a rate that nobody says how long it went on, a question about something that
the story leads to by no step: each is a gap, in whatever words it comes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from recipes.ground_truth.rehearsal.reader import read
from recipes.ground_truth.rehearsal.reader_doubt import MOST_SENTENCES, at_home, unread
from recipes.ground_truth.rehearsal.reader_fault import Fault
from recipes.ground_truth.rehearsal.reader_program import Program, running, same
from recipes.ground_truth.rehearsal.reader_text import TIMES, UNITS, Sentence, sentences, spans, stem, wordset
from recipes.ground_truth.rehearsal.reader_unsaid import HAPPENS

_BACK: Final = wordset("them these those they")
# What comes on top of something, or is taken from it, when nothing was there yet.
_ON_TOP: Final = re.compile(
    r"(?:\b(?:another|extra|further|additional)\b[^#]{0,20}#0|#0 (?:[a-z'’-]+ )?(?:more|extra|further|additional)\b)"
)
_TAKEN_FROM: Final = re.compile(r"#0 of (?:them|these|those|the (?:rest|remaining|others))\b")
_MANY: Final = 3
# A line that names its subject is no sentence.
_HEADING: Final = re.compile(r":\s*$|^\W*(?:[A-Z][\w-]*(?: [\w-]+){0,2}):\s+[^.!?]*$")
_NONE: Final = wordset("no not none never nothing neither nor nobody held holds hold kept keeps keep")
# What holds as a rule, or what someone was doing meanwhile.
_BUSY: Final = re.compile(r"\b(?:is|are) |\b(?:was|were|am) (?!missing\b)(?:[a-z]+ly )?[a-z]+ing\b")


@dataclass(frozen=True, slots=True)
class _Story:
    """A text as read. doubt: what keeps it from being worked out, "" where nothing does."""

    text: str
    program: Program
    told: tuple[Sentence, ...]
    doubt: str


def misfit(text: str) -> Fault | None:
    """The first thing found in a text that does not fit in; None for a text of which the reader made too little to say."""
    program = read(text)
    told = sentences(text)
    if not at_home(program) or len(told) > MOST_SENTENCES:
        return None
    story = _Story(text, program, told, unread(text, program))
    for find in _OF_THE_PROGRAM if not story.doubt else _OF_A_DOUBT:
        if (found := find(story)) is not None:
            return found
    return None


# --- of a text that was worked out ---


def _idle(story: _Story) -> Fault | None:
    """A sentence in which something happens to what is counted, and that changes nothing of what is worked out."""
    for number, (start, end) in enumerate(spans(story.text)):
        piece = story.text[start:end].strip()
        if number == 0 or "?" in piece or _HEADING.search(piece) or not _happens(piece, story.program):
            continue
        if read(story.text[:start] + story.text[end:]) == story.program:
            return Fault("missing_assumption", f'What "{piece}" does to the count is not said.')
    return None


def _happens(piece: str, program: Program) -> bool:
    """Whether a piece of text tells that something came of what is counted."""
    nouns = {program.noun, program.ask.noun} - {"", "$"} - TIMES - {*UNITS.values()}
    words = [word.lower().strip(".,:;!'’\"“”()") for word in piece.split()]
    ours = any((stem(word) in nouns and word != stem(word)) or word in _BACK for word in words)
    return ours and HAPPENS.search(piece.lower()) is not None and not _NONE.intersection(words) and not _BUSY.search(piece)


def _on_top_of_nothing(story: _Story) -> Fault | None:
    first = next((s for s in story.told if not s.asks and any(m.noun == story.program.noun for m in s.mentions)), None)
    if first is None or any(step.op in ("account", "relate") for step in story.program.steps):
        return None
    mention = next(m for m in first.mentions if m.noun == story.program.noun)
    base = next((step.numbers for step in story.program.steps if step.op == "base"), ())
    if (
        base == (mention.value,)
        and mention.index == 0
        and mention.kind == "count"
        and (_ON_TOP.search(first.text) or _TAKEN_FROM.search(first.text))
    ):
        return Fault("missing_assumption", "How many there were before that is not said.")
    return None


def _endless(story: _Story) -> Fault | None:
    """So many a day, and nobody says for how many days."""
    asked = story.program.ask.noun
    for fact in story.program.facts:
        if fact.of == story.program.noun and fact.per in TIMES - {"second"} and asked not in TIMES:
            return Fault("missing_assumption", f"For how many {fact.per}s that went on is not said.")
    return None


def _unknown_standard(story: _Story) -> Fault | None:
    known = [step.name for step in story.program.steps if step.op == "account"]
    compared = [step for step in story.program.steps if step.op == "relate"]
    while ready := [step for step in compared if any(same(step.other, name) for name in known)]:
        known += [step.name for step in ready]
        compared = [step for step in compared if step not in ready]
    return Fault("missing_assumption", "One that others are compared with has no number.") if compared else None


def _beyond_the_whole(story: _Story) -> Fault | None:
    for step in story.program.steps:
        amount = math.prod(step.numbers, start=Fraction(1))
        if (step.op in ("lose", "keep") and amount > 1) or (step.mode == "percent_minus" and amount >= 1):
            return Fault("contradictory_givens", "A share of it is more than the whole.")
    return None


def _overdrawn(story: _Story) -> Fault | None:
    """A sentence by which more goes than is there."""
    before: Fraction | None = None
    given: set[tuple[Fraction, ...]] = set()
    for start, end in spans(story.text):
        program = read(story.text[:end])
        after = running(program) if program.noun == story.program.noun else None
        drawn = before is not None and after is not None and before >= 0 > after
        # An amount that is told a second time ("the 40 crates were counted twice") is not taken again.
        if drawn and _happens(story.text[start:end], program) and program.steps[-1].numbers not in given:
            return Fault("contradictory_givens", f"Of {before} more are taken than there are.")
        before, given = after, {step.numbers for step in program.steps}
    return None


def _asks_for_nothing(story: _Story) -> Fault | None:
    """A question that names nothing the story tells of."""
    program = story.program
    asking = [sentence for sentence in story.told if sentence.asks]
    if not asking or program.ask.names or program.ask.noun or not _many(program):
        return None
    nouns = {program.noun, *(fact.per for fact in program.facts), *(fact.of for fact in program.facts)} - {""}
    words = {stem(word) for word in asking[-1].text.split()}
    return None if words & nouns else Fault("second_reading", "What is asked for is not said.")


# --- of a text that was not ---


def _spoilt_by_one(story: _Story) -> Fault | None:
    """One sentence without which all the rest is worked out."""
    if story.doubt not in ("a sentence about what is counted was not made out", "an amount of money was not made out"):
        return None
    told = [(start, end) for start, end in spans(story.text) if "?" not in story.text[start:end]]
    for start, end in told[1:]:
        rest = story.text[:start] + story.text[end:]
        if _happens(story.text[start:end], story.program) and not unread(rest, read(rest)):
            return Fault("missing_assumption", f'"{story.text[start:end].strip()}" cannot be brought together with the rest.')
    return None


def _many(program: Program) -> bool:
    """Whether so much happens to the running total that nothing of it was overlooked."""
    return sum(len(step.numbers) for step in program.steps) >= _MANY


def _leads_nowhere(story: _Story) -> Fault | None:
    """Every number found its place, and none of them leads to what is asked for."""
    if story.doubt != "nothing leads from what is counted to what is asked for" or not _many(story.program):
        return None
    program = story.program
    nouns = {program.noun, program.ask.noun}
    used = {number for step in program.steps for number in step.numbers} | {fact.value for fact in program.facts}
    left = [m for s in story.told for m in s.mentions if m.value not in used and m.value / 100 not in used]
    if any(m.kind in ("money", "percent", "part", "times") or m.noun in nouns or not m.noun for m in left):
        return None
    # A thing with numbers of its own that the story's never meet: the reader has lost its thread, and not the author his.
    linked = {program.noun}
    for _ in program.facts:
        linked |= {noun for fact in program.facts if {fact.of, fact.per} & linked for noun in (fact.of, fact.per)}
    if any(fact.of not in linked for fact in program.facts):
        return None
    return Fault("missing_assumption", "Nothing leads from what is counted to what is asked for.")


_OF_THE_PROGRAM: Final = (
    _beyond_the_whole,
    _overdrawn,
    _unknown_standard,
    _on_top_of_nothing,
    _endless,
    _asks_for_nothing,
    _idle,
)
_OF_A_DOUBT: Final = (_overdrawn, _spoilt_by_one, _leads_nowhere)
