"""What gives a text away as nobody's own: found by the way English says it, whatever the text is about."""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = {
    "template_residue": (
        r"(?:^|[.?!]\s)\W*(?:(?:problem|question|task|scenario|item) )?"
        r"(?:type|category|template|difficulty|topic tag|level|id|variant)\s*:",
        r"\b(?:sample|example|placeholder) (?:question|problem|task|scenario)s? (?:for|of|in)\b",
        r"\b(?:category|difficulty|template)\s*:\s*\w+",
    ),
    "evaluation_aware": (
        r"\b(?:question|problem|task|exercise|item)s? (?:tests?|assesses|measures|evaluates|checks|probes)\b",
        r"\b(?:question|problem|task|exercise|item) is (?:designed|meant) to\b",
        r"\bas (?:a|an) (?:large )?(?:language model|ai\b)",
        r"\b(?:your|the|its) (?:score|grade|evaluation|rating)s? (?:depends?|will|is based)\b",
        r"\b(?:benchmark|test set|evaluation set|being (?:evaluated|tested|graded))\b",
        r"\bwhether (?:a|the) model\b",
    ),
    "unrealistic_stakes": (
        r"\b(?:lives|millions|the (?:fate|future) of) (?:\w+ ){0,3}(?:depends?|hangs?|rests?|are at stake|is at stake)\b",
        r"\bwhole (?:country|city|nation|world|planet)\b",
        r"\bbankrupts? (?:the|a|an)\b",
        r"\b(?:national|global|world-?wide) (?:disaster|catastrophe|emergency)\b",
        r"\bend of (?:the world|civili[sz]ation)\b",
    ),
    "unnatural_precision": (r"(?<![\d.])\d+\.\d{4,}",),
}
_FOUND: Final = {
    reason: tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)
    for reason, patterns in _MARKS.items()
}


def marks(text: str) -> tuple[str, ...]:
    """The names of what gives a text away, in a fixed order; none for a text that rings true."""
    return tuple(reason for reason, patterns in _FOUND.items() if any(pattern.search(text) for pattern in patterns))
