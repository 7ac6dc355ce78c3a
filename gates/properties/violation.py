"""What a property reports when it does not hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """reason: a stable slug; detail: one clause for a person; excerpt: the piece of the output, nothing private in it."""

    reason: str
    detail: str
    excerpt: str = ""


def excerpt(text: str, most: int = 80) -> str:
    """A piece of text as a violation carries it: one line, cut, and without lone surrogates."""
    line = " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")
    return line if len(line) <= most else line[: most - 1] + "…"
