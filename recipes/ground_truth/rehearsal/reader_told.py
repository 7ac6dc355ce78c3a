"""A sentence as those see it who look for what it leaves open: its words, what the text counts, and what was said before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import stem


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence as its finders see it. known: stems of what the text counts; before: the sentences before it."""

    text: str
    cased: str
    known: frozenset[str]
    before: tuple[str, ...]

    def touches(self) -> bool:
        """Whether it speaks of a quantity, or of what the story counts."""
        return _QUANTITY.search(self.text) is not None or any(stem(w) in self.known for w in WORD.findall(self.text))


WORD: Final = re.compile(r"[a-z][a-z'’-]*")
_QUANTITY: Final = re.compile(
    r"\b(?:numbers?|figures?|amounts?|count(?:s|ed|ing)?|totals?|sums?|rates?|prices?|quantit(?:y|ies)|shares?|values?|"
    r"includ\w+|exclud\w+|per|each|days?|weeks?|months?|hours?|twice|once|half|percent|discounts?|deliver(?:y|ies)|returns?|"
    r"samples?|answers?|results?|them|these|those|ones|#)\b|\d"
)
NUMERAL: Final = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|once|twice|"
    r"a dozen|(?:an? )?half|(?:an? )?third|(?:an? )?quarter|double)"
)
