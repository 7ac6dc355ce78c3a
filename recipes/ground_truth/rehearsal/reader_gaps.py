"""What a critic looks for beyond single sentences: givens that contradict each other, and givens that are not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from recipes.ground_truth.rehearsal.reader import read
from recipes.ground_truth.rehearsal.reader_alternatives import alternative
from recipes.ground_truth.rehearsal.reader_ambiguity import two_readings
from recipes.ground_truth.rehearsal.reader_condition import hangs
from recipes.ground_truth.rehearsal.reader_elsewhere import elsewhere
from recipes.ground_truth.rehearsal.reader_fault import Fault
from recipes.ground_truth.rehearsal.reader_indefinite import indefinite
from recipes.ground_truth.rehearsal.reader_marks import marks
from recipes.ground_truth.rehearsal.reader_misfit import misfit
from recipes.ground_truth.rehearsal.reader_needed import needed
from recipes.ground_truth.rehearsal.reader_program import Program, Unreadable, run
from recipes.ground_truth.rehearsal.reader_rules import WORKING_DAY
from recipes.ground_truth.rehearsal.reader_subset import uncounted
from recipes.ground_truth.rehearsal.reader_text import TIMES, UNITS, sentences
from recipes.ground_truth.rehearsal.reader_unsaid import unsaid

_DAYS_A_MONTH = re.compile(r"\b(?:a|each|every|per) day\b", re.IGNORECASE)
_MONTHS = re.compile(r"\b(?P<count>two|three|four|six|\d+) months\b", re.IGNORECASE)
_UP_TO = re.compile(r"\b(?:that (?:can )?(?:hold|take|carry)|holding|taking|with room for) up to \d", re.IGNORECASE)
_IN_FIGURES = {"two": 2, "three": 3, "four": 4, "six": 6}


@lru_cache(maxsize=512)
def fault(text: str) -> Fault | None:
    """The first fault found: a contradiction, a gap, a sentence with two readings, what does not fit in with the rest.

    What speaks of the task ("you will be graded") is for a judge of realism to find.
    """
    for find in (_contradiction, _gap, _second_reading, alternative, misfit):
        if (found := find(text)) is not None:
            return found
    return None


def _contradiction(text: str) -> Fault | None:
    program = read(text)
    begun = next((place for place, step in enumerate(program.steps) if step.op == "base"), None)
    first = program.steps[begun].numbers if begun is not None else ()
    opening = first[0] if len(first) == 1 else None
    given = ((said if said is not None else opening, again) for said, again in program.restated)
    said, again = next((pair for pair in given if pair[0] is not None and pair[0] != pair[1]), (None, Fraction(0)))
    if said is None:
        return Fault("contradictory_givens", program.contested[0][1]) if program.contested else None
    why = f"{said} in one place is {again} in another."
    if begun is None or first != (said,):
        return Fault("contradictory_givens", why)
    other = replace(program.steps[begun], numbers=(again,))
    turned = replace(program, steps=(*program.steps[:begun], other, *program.steps[begun + 1 :]))
    return Fault("contradictory_givens", why, _run(program, turned))


def _gap(text: str) -> Fault | None:
    for find in _GAPS:
        found = find(text)
        if found is not None:
            why, otherwise = found
            return Fault("missing_assumption", why, _values(text, otherwise))
    return None


def _working_week(text: str) -> tuple[str, str] | None:
    if WORKING_DAY.search(text.lower()) is None or "week" not in text.lower() or _WEEKEND.search(text.lower()):
        return None
    return "How many days of the week are worked is not said: five, six or seven.", _WORKING.sub("day", text)


# Weekdays that are set against a weekend are the other five.
_WEEKEND = re.compile(r"\bweekdays?\b.*\b(?:weekends?|on saturdays?)\b", re.DOTALL)
_WORKING = re.compile(r"\b(?:working|business) day|\bworkday|\bweekday", re.IGNORECASE)


def _long_months(text: str) -> tuple[str, str] | None:
    for sentence in re.split(r"(?<=[.?!])\s+|\n", text):
        match = _MONTHS.search(sentence)
        if match is None or _DAYS_A_MONTH.search(sentence) is None:
            continue
        count = _IN_FIGURES.get(match["count"].lower()) or int(match["count"])
        told = sentence[: match.start()] + f"{31 * count} days" + sentence[match.end() :]
        return "How many days those months have is not said.", text.replace(sentence, told, 1)
    return None


def _not_full(text: str) -> tuple[str, str] | None:
    return ("Whether each of them was full is not said.", text) if _UP_TO.search(text) else None


def _open_quantity(text: str) -> tuple[str, str] | None:
    program = read(text)
    packs = {fact.per for fact in program.facts} | {fact.of for fact in program.facts}
    nouns = {
        noun for noun in {program.noun, program.ask.noun, *packs} if noun and noun not in TIMES and noun not in UNITS.values()
    }
    sized = {fact.per for fact in program.facts}
    told = sentences(text)
    for place, one in enumerate(told):
        others = (*told[:place], *told[place + 1 :])
        begun = any(before.mentions for before in told[:place])
        # What speaks of the task ("your score depends on it") leaves nothing of the story open.
        why = unsaid(one, nouns) or elsewhere(one, nouns, sized)
        if not why and not marks(one.cased):
            finds = (find(one, others, nouns) for find in _FROM_OTHERS)
            why = next(filter(None, finds), "") or indefinite(one, others, nouns, sized, begun=begun)
        if why:
            return why, text
    return None


_FROM_OTHERS: Final = (uncounted, hangs, needed)


_GAPS: tuple[Callable[[str], tuple[str, str] | None], ...] = (_working_week, _long_months, _not_full, _open_quantity)


def _second_reading(text: str) -> Fault | None:
    found = two_readings(text)
    return None if found is None else Fault(found.kind, found.why, _values(*found.texts))


def _values(*texts: str) -> tuple[Fraction, ...]:
    return _run(*(read(text) for text in texts))


def _run(*programs: Program) -> tuple[Fraction, ...]:
    """What the programs come to, each outcome once."""
    out: list[Fraction] = []
    for program in programs:
        try:
            value = run(program)
        except (Unreadable, ZeroDivisionError):
            continue
        if value not in out:
            out.append(value)
    return tuple(out)
