"""paraphrase: the same task in other words has the same answer."""

from __future__ import annotations

import re
from typing import Final

from gates.prose.numbers import mentions
from gates.relations.expected import Changed, Same
from gates.relations.sentences import QUOTED, about_text

# Each pair says the same wherever the left side stands alone; both directions are listed where both are safe.
_SWAPS: Final[tuple[tuple[str, str], ...]] = (
    (r"\bHow many (?=[a-z])", "What number of "),
    (r"\bhow many (?=[a-z])", "what number of "),
    (r"\bHow much (money|time|water|milk|rice|flour|sugar|paint|fuel|food|weight)\b", r"What amount of \1"),
    (r"\bhow much (money|time|water|milk|rice|flour|sugar|paint|fuel|food|weight)\b", r"what amount of \1"),
    (r"\baltogether\b", "in total"),
    (r"\bin total\b", "altogether"),
    (r"\bevery day\b", "each day"),
    (r"\beach day\b", "every day"),
    (r"\bevery week\b", "each week"),
    (r"\beach week\b", "every week"),
    (r"\bbought\b", "purchased"),
    (r"\bpurchased\b", "bought"),
    (r"\bbegan\b", "started"),
    (r"\bstarted with\b", "began with"),
    (r"\bbecause\b", "since"),
    (r"\bneeded\b", "required"),
    (r"\bneeds\b", "requires"),
    (r"\bAfterwards\b", "After that"),
    (r"\bAfter that\b", "Afterwards"),
    (r"\bdoesn['’]t\b", "does not"),
    (r"\bdidn['’]t\b", "did not"),
    (r"\bdon['’]t\b", "do not"),
    (r"\bisn['’]t\b", "is not"),
    (r"\bwasn['’]t\b", "was not"),
    (r"\bcan['’]t\b", "cannot"),
)
_RULES: Final = tuple((re.compile(pattern), other) for pattern, other in _SWAPS)
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern, _ in _SWAPS))


def paraphrase(input: str) -> Changed | None:
    """The input reworded by a fixed list of rules; its numbers, names and quotations stay, letter for letter.

    None where no rule fits, and for tasks about wording.
    """
    if about_text(QUOTED.sub("", input)):
        return None
    kept = [match.span() for match in QUOTED.finditer(input)]
    count = 0

    def reworded(match: re.Match[str]) -> str:
        nonlocal count
        if any(start <= match.start() < end for start, end in kept):
            return match[0]
        count += 1
        # The whole text is at hand for what a rule looks ahead to.
        return next(found.expand(other) for rule, other in _RULES if (found := rule.match(match.string, match.start())))

    changed = _ANY.sub(reworded, input)
    if not count or [each.value for each in mentions(changed)] != [each.value for each in mentions(input)]:
        return None
    return Changed(changed, Same(), f"{count} expression{'s' if count > 1 else ''} reworded")
