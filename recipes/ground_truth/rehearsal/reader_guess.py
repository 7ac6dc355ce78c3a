"""What a rehearsal solver says to a question without its facts: common knowledge, a test-taker's habit, or a guess."""

from __future__ import annotations

import random
import re
from fractions import Fraction

_OPTIONS = re.compile(r"<options>\n(.*?)\n</options>", re.DOTALL)
_QUESTION = re.compile(r"<question>\n(.*?)\n</question>", re.DOTALL)
_KNOWN = {
    r"\bdays\b.*\ba week\b": 7,
    r"\bhours\b.*\ba day\b": 24,
    r"\bminutes\b.*\ban hour\b": 60,
    r"\bseconds\b.*\ba minute\b": 60,
    r"\bmonths\b.*\ba year\b": 12,
    r"\bweeks\b.*\ba year\b": 52,
    r"\ba dozen\b": 12,
    r"\bgrams\b.*\ba kilogram\b": 1000,
}


def guessed(text: str, rng: random.Random) -> str | None:
    """An answer to a blinded view, None where the text is none."""
    if match := _OPTIONS.search(text):
        options = [line for line in match[1].split("\n") if line.strip()]
        ranked = sorted(options, key=len, reverse=True)
        # The longest of several options is often the one that was worked on.
        return ranked[0] if len(ranked) > 1 and len(ranked[0]) >= 1.5 * len(ranked[1]) else rng.choice(options)
    if match := _QUESTION.search(text):
        known = next((value for pattern, value in _KNOWN.items() if re.search(pattern, match[1], re.IGNORECASE)), None)
        return str(known if known is not None else Fraction(round(10 ** rng.uniform(0.5, 3.2))))
    return None
