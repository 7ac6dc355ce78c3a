"""Where a text's sentences stand, and the question it ends with."""

from __future__ import annotations

import re
from typing import Final

_END = re.compile(
    r"(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bSt)(?<!\bNo)(?<!\bvs)(?<=[.!?])[\"”’)]*\s+(?=[\"“‘(]?[A-Z0-9])|\n+"
)
# Tasks about the wording itself: there a change of words, names or sentences is a change of the task.
_ABOUT_TEXT = re.compile(
    r"\b(?:words?|letters?|sentences?|spell\w*|syllables?|vowels?|anagram|palindrome|alphabet\w*|rhym\w+|summar\w+|translat\w+|"
    r"paraphras\w+|rewrite|passage|paragraph|grammar|typos?|verbatim|quote|title|haiku|poem|initials?)\b",
    re.IGNORECASE,
)
QUOTED: Final = re.compile(r"```.*?```|`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”", re.DOTALL)


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence, outer white space left out."""
    spans, start = [], 0
    for stop in [*(match.span() for match in _END.finditer(text)), (len(text), len(text))]:
        said = text[start : stop[0]]
        # The closing quote belongs to the sentence, and stands in the break.
        end = stop[0] + len(text[stop[0] : stop[1]]) - len(text[stop[0] : stop[1]].lstrip('"”’)'))
        if said.strip():
            spans.append(
                (start + len(said) - len(said.lstrip()), max(end, start + len(said.rstrip())) if said.strip() else end)
            )
        start = stop[1]
    return spans


def last_question(text: str) -> tuple[int, int] | None:
    """The last sentence, where it is a question and the text's only one."""
    spans = sentences(text)
    asked = [span for span in spans if text[span[0] : span[1]].endswith("?")]
    return asked[0] if len(asked) == 1 and asked[0] == spans[-1] else None


def about_text(text: str) -> bool:
    """Whether the task may be about its own words, so that no rewording of it is safe."""
    return _ABOUT_TEXT.search(text) is not None
