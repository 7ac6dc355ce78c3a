"""Sentences that can be read in two ways, found in the text, with each reading spelled out so that it can be worked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from recipes.ground_truth.rehearsal.reader_marks import marks
from recipes.ground_truth.rehearsal.reader_open import left_open


@dataclass(frozen=True, slots=True)
class TwoReadings:
    """why: the objection, in a sentence; texts: the whole problem, once for each reading, the usual one first; kind: the claim
    it makes good."""

    why: str
    texts: tuple[str, str]
    kind: str = "second_reading"


_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?)"
_GROWS = re.compile(
    r"\b(rose|grew|increased|increase|raised|fell|dropped|cut) by "
    rf"({_NUMBER})(?: ?%| percent)? and (?:by )?({_NUMBER})( ?%| percent)",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"(?P<before>\b(?:\d[\d,]*|[a-z]+) [a-z -]*s\b[^.?!\n]*? and \d[\d,]* [a-z -]+?s\b[^.?!\n]*[.]\s+(?:- )?)"
    r"(?P<part>half|a third|a quarter|a fifth|three quarters|two thirds) of them\b",
    re.IGNORECASE,
)
_EVERY_OTHER = re.compile(
    r"\bevery (?:other|second) day (?:for|over|in) (a week|one week|three weeks|(\d+) days)\b", re.IGNORECASE
)
_DISCOUNTS = re.compile(
    rf"\bdiscounts? of \$({_NUMBER}) and (?:a discount|one|another) of ({_NUMBER})(?: ?%| percent)[^.?!\n]*", re.IGNORECASE
)
_TIMES_MORE = re.compile(r"\b(two|three|four|five|six|\d+) times more ((?:[a-z-]+ ){0,3})than\b", re.IGNORECASE)
_AS_DIGITS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def two_readings(text: str) -> TwoReadings | None:
    """The first sentence that has two readings, if any."""
    for find in _FINDERS:
        if (found := find(text)) is not None:
            return found
    return None


def _put(text: str, match: re.Match[str], first: str, second: str, why: str) -> TwoReadings:
    head, tail = text[: match.start()], text[match.end() :]
    return TwoReadings(why, (head + first + tail, head + second + tail))


def _two_percents(text: str) -> TwoReadings | None:
    match = _GROWS.search(text)
    if match is None:
        return None
    verb, low, high = match[1], match[2], match[3]
    together = float(low.replace(",", "")) + float(high.replace(",", ""))
    return _put(
        text,
        match,
        f"{verb} by {low} percent. The stock {verb} by {high} percent",
        f"{verb} by {together:g} percent",
        f"The {low} and {high} percent may follow one another or both refer to the first amount.",
    )


def _which_half(text: str) -> TwoReadings | None:
    match = _HALF.search(text)
    if match is None:
        return None
    part = match["part"]
    nothing = text[: match.end("before")] + "None of that matters to what is counted; 0 of them"
    whole = text[: match.end("before")] + f"{part} of them"
    return TwoReadings(
        f'"{part.capitalize()} of them" can mean either of the two things just named.',
        (whole + text[match.end() :], nothing + text[match.end() :]),
    )


def _every_other_day(text: str) -> TwoReadings | None:
    match = _EVERY_OTHER.search(text)
    if match is None:
        return None
    days = {"a week": 7, "one week": 7, "three weeks": 21}.get(match[1].lower()) or int(match[2])
    if days % 2 == 0:
        return None
    return _put(
        text,
        match,
        f"every day for {(days + 1) // 2} days",
        f"every day for {days // 2} days",
        f"Every other day within {days} days is {days // 2} or {(days + 1) // 2} days, as one counts.",
    )


def _two_discounts(text: str) -> TwoReadings | None:
    match = _DISCOUNTS.search(text)
    if match is None:
        return None
    off, percent = match[1], match[2]
    return _put(
        text,
        match,
        f"rebate of ${off}, thereafter {percent} percent",
        f"rebate of {percent} percent, thereafter ${off}",
        "The two discounts give different bills in either order, and none is stated.",
    )


def _times_more(text: str) -> TwoReadings | None:
    match = _TIMES_MORE.search(text)
    if match is None:
        return None
    times = _AS_DIGITS.get(match[1].lower()) or int(match[1])
    return _put(
        text,
        match,
        f"{times} times as many {match[2]}as",
        f"{times + 1} times as many {match[2]}as",
        f'"{match[1]} times more" is read as {times} times as many and as {times + 1} times as many.',
    )


def _choice(text: str) -> TwoReadings | None:
    choice = left_open(text)
    # A sentence that speaks of the task ("you will be graded") is for a judge of realism to find.
    if choice is None or marks(text[choice.start : choice.end]):
        return None
    # Whoever sees no choice in it passes the sentence over.
    return TwoReadings(choice.why, (f"{text[: choice.start]} {text[choice.end :]}", text), choice.kind)


_FINDERS: tuple[Callable[[str], TwoReadings | None], ...] = (
    _two_percents,
    _which_half,
    _every_other_day,
    _two_discounts,
    _times_more,
    _choice,
)
