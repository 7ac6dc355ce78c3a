"""irrelevant_context: a sentence that has nothing to do with the task leaves its answer as it was."""

from __future__ import annotations

import re
from typing import Final

from gates.prose.words import words
from gates.relations.expected import Changed, Same
from gates.relations.sentences import about_text, last_question

# Without a number, a name, or anything that could be counted, bought, mixed or asked about together with the rest.
ASIDES: Final = (
    "The sky outside was overcast.",
    "A radio played softly in the next room.",
    "The windows had been cleaned the evening before.",
    "Somebody had painted the door green.",
    "A breeze moved the curtains.",
    "The wall clock ticked loudly.",
)
_COMMON: Final = frozenset(words("the a an in next had been before was somebody outside"))


def irrelevant_context(input: str) -> Changed | None:
    """The input with an aside before its question, or in front of it where it does not end with its only question.

    The aside is the first that shares no word with the input. None for tasks about wording, and where every aside shares one.
    """
    said = {word.casefold() for word in re.findall(r"[^\W\d_]+", input)}
    if not said or about_text(input) or "```" in input:
        return None
    for aside in ASIDES:
        if not ({word.casefold() for word in re.findall(r"[^\W\d_]+", aside)} - _COMMON) & said:
            return Changed(_placed(input, aside), Same(), f"added: {aside}")
    return None


def _placed(input: str, aside: str) -> str:
    question = last_question(input)
    if question is None or question[0] == 0:
        return f"{aside} {input.lstrip()}"
    # A list or a memo keeps its lines.
    gap = "\n" if input[: question[0]].endswith("\n") else " "
    return f"{input[: question[0]]}{aside}{gap}{input[question[0] :]}"
