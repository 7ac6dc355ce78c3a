"""The names that an English text mentions: runs of capitalised words that no rule of spelling would have put in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gates.prose.words import words

_RUN = re.compile(r"[A-Z][\w’'-]*(?:\.(?=\s[A-Z]))?(?:\s+(?:(?:of|the|de|van|von|der|la|and)\s+)?[A-Z][\w’'-]*)*")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:…\n]|[.!?][\"”’)\]])\s*(?:[-*•#>|\"“‘(\[]+\s*|\d+[.)]\s*)*\Z")
# Capitalised wherever they stand, or the first word of something quoted: none of them names anybody or anything.
_NEVER: Final = frozenset(
    words(
        "I I'm I'll I've I'd I’m I’ll I’ve I’d OK A An The This That It He She They We You Yes No "
        "Mr Mrs Ms Dr Prof Sir AM PM TV ID"
    )
)
_JOINERS: Final = frozenset(words("of the de van von der la and"))


def names(text: str) -> Iterator[tuple[str, ...]]:
    """The words of each name in order. A single capitalised word at the start of a sentence is not taken for one; a line all
    of whose longer words are capitalised is a heading, and skipped.
    """
    for line in text.split("\n"):
        if _heading(line):
            continue
        for match in _RUN.finditer(line):
            said = [bare(word) for word in match[0].split()]
            if _SENTENCE_START.search(line[: match.start()]):
                # Only what comes after the first word is there by its own right.
                said = said[1:] if len(said) > 1 else []
            kept = tuple(word for word in said if word not in _NEVER and word not in _JOINERS and len(word) > 1)
            if kept:
                yield kept


def bare(word: str) -> str:
    """A word without its possessive and the punctuation at its ends."""
    return re.sub(r"['’](?:s|S)?\Z", "", word.strip('.,;:!?"“”()[]')).strip("-'’")


def _heading(line: str) -> bool:
    said = [word for word in re.findall(r"[^\W\d_]+", line) if len(word) > 3]
    return len(said) > 1 and all(word[0].isupper() for word in said) and not line.rstrip().endswith((".", "!", "?"))
