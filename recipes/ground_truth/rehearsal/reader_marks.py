"""What gives a text away as nobody's own: found by the way English says it, whatever the text is about."""

from __future__ import annotations

import re
from typing import Final

from recipes.ground_truth.rehearsal.reader_stakes import STAKES
from recipes.ground_truth.rehearsal.reader_task import CASED_EVALUATION, CASED_RESIDUE, EVALUATION, RESIDUE
from recipes.ground_truth.rehearsal.reader_traces import BEYOND_BELIEF, MADE, MADE_AS_WRITTEN, SPOKEN, WAGERED

_CASUAL: Final = (
    r"(?:feet|foot|inch\w*|paces?|steps?|degrees?|minutes?|hours?|days?|weeks?|years?|miles?|blocks?|cups?|"
    r"percent|per cent|%|"
    r"people|persons?|pieces?|times)"
)
_CLOCK_OR_MONEY: Final = r"(?:\s*(?:euros?|dollars?|pounds?|cents?|usd|eur|gbp|a\.?m\b|p\.?m\b|h\b|hrs?\b|hours\b|o['’]clock))"

_PRECISION: Final = (
    r"(?<![\d.])\d[\d,]*\.\d{4,}",
    rf"(?<![\d.,$€£])(?<!at )(?<!by )(?<![$€£] )\d+\.(?:00+|\d*[1-9]00+)(?!\d)(?!{_CLOCK_OR_MONEY})",
    r"\b(?:exactly|precisely) \d[\d,]*\.\d{3,}",
    # Things that are counted, and shares that are whole, with a decimal point.
    r"(?<![\d.,$€£])\d+\.0+ (?!(?:am|pm|kg|g|mg|ml|l|km|m|cm|mm|litres?|metres?|kilomet\w+|miles?|hours?|degrees?|euros?|"
    r"dollars?|pounds?|inches|feet)\b)[a-z]+|\b\d+\.00+ ?(?:%|per ?cent)",
    rf"(?<![\d.])\d+\.\d{{3,}} ?{_CASUAL}(?!\w)",
    r"\b\d{1,2}:\d{2}:\d{2}[.,]\d+",
    r"\b(?:milli|micro|nano)seconds?\b(?=[^.?!]*\b(?:minutes|hours)\b)|\b(?:minutes|hours)\b[^.?!]*\b(?:milli|"
    r"micro|nano)seconds?\b",
    r"\b(?:minutes?|hours?)\b[^.?!\d]{1,20}\d+\.\d+ seconds?\b",
    r"\b(?:exactly|precisely) (?!\d[\d,]*000\b)(?:\d{1,3}(?:,\d{3}){2,}|\d{7,})\b",
    r"\b(?:five|six|seven|eight|nine|ten|twelve|[5-9]|\d{2}) (?:decimal places|decimals|"
    r"significant (?:figures|digits))\b",
)
_ANY_CASE: Final = re.IGNORECASE | re.MULTILINE
_FOUND: Final = {
    reason: (
        *(re.compile(pattern, _ANY_CASE) for pattern in patterns),
        *(re.compile(pattern, re.MULTILINE) for pattern in as_written),
    )
    for reason, patterns, as_written in (
        ("template_residue", (*RESIDUE, *MADE), (*CASED_RESIDUE, *MADE_AS_WRITTEN)),
        ("evaluation_aware", (*EVALUATION, *SPOKEN), CASED_EVALUATION),
        ("unrealistic_stakes", (*STAKES, *WAGERED, *BEYOND_BELIEF), ()),
        ("unnatural_precision", _PRECISION, ()),
    )
}


# Of thousands of blank lines some of the patterns would try each.
_BLANKS: Final = re.compile(r"\n\s*\n\s*\n+")


def marks(text: str) -> tuple[str, ...]:
    """The names of what gives a text away, in a fixed order; none for a text that rings true."""
    text = _BLANKS.sub("\n\n", text)
    return tuple(reason for reason, patterns in _FOUND.items() if any(pattern.search(text) for pattern in patterns))
