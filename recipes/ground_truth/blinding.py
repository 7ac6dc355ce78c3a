"""What is left of an item when its facts are taken away: a solver who is right all the same has not solved it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from gates.prose.form import asks
from gates.prose.numbers import mentions

_SENTENCE_END = re.compile(r"(?<=[.?!])[\"'”’)]*\s+|\n+")
GAP = "___"


def bare_question(prompt: str) -> str:
    """The sentences that ask or order, their numbers taken out; "" where that withholds nothing of the prompt."""
    told = [sentence.strip() for sentence in _SENTENCE_END.split(prompt.strip()) if sentence and sentence.strip()]
    asking = (
        [sentence for sentence in told if "?" in sentence] or [sentence for sentence in told if asks(sentence)] or told[-1:]
    )
    left = _without_numbers(" ".join(asking))
    return "" if left == " ".join(told) else left


def shuffled(options: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    """The options in an order that says nothing, so that a liking for the first one is no pass above chance."""
    return tuple(rng.sample(options, len(options)))


def _without_numbers(text: str) -> str:
    for mention in reversed(mentions(text)):
        text = f"{text[: mention.start]}{' ' if text[mention.start].isspace() else ''}{GAP}{text[mention.end :]}"
    return text
