"""Quantities that a text brings in from outside: what was left last week, the usual number, a box of a size it does not tell.

Only such as come with no number of their own; whatever the text gives in figures leaves nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import Sentence, stem

_EARLIER: Final = (
    r"(?:(?:the |his |her |our |their )?(?:last|previous|prior|preceding|former|earlier|other) (?:week|month|year|day|night|"
    r"shift|"
    r"order|delivery|season|batch|shipment|consignment|quarter|time|count|inventory|trip|round|job|owner|tenant)(?:'s|’s|s)?|"
    r"yesterday(?:'s|’s|s)?|(?:the )?day before(?:'s|’s)?|before|the past|another (?:order|job|site|store))"
)
_REMNANT: Final = (
    r"(?:left ?overs?|left over|left|remainders?|remaining|remains|rest|surplus|balance|backlog|carry-?over|carried over|"
    r"returns|"
    r"stock|unsold|unused|excess|reserve|reserves|arrears|debts?|contents|takings|deliver(?:y|ies))"
)
_FROM_BEFORE: Final = re.compile(
    rf"\b{_REMNANT}\b[^#]{{0,25}}?\b(?:from|of|since) {_EARLIER}\b|\b(?:last|previous|prior|preceding|"
    rf"yesterday)\b[^#]{{0,20}}?\b{_REMNANT}\b"
)
_COUNTS_IN: Final = re.compile(
    r"\b(?:add|adds|added|include[sd]?|including|count(?:s|ed)?|plus|deduct(?:ed)?|subtract(?:ed)?|minus|use[sd]?|on top|"
    r"comes?|came|"
    r"in addition|also|too|as well|besides|taken?|took|moved|brought|given|gave|received|sold|sent|carried|join\w*|returned|"
    r"must|has to|have to|removed?|put|keep|kept|set aside|reserved?|hand(?:ed)?|pay|paid|order(?:ed)?|deliver(?:ed)?|"
    r"arrived)\b"
)
_AMOUNT: Final = (
    r"(?:number|amount|quantity|share|portion|allowance|ration|dose|percentage|order|delivery|supply|cut|fraction|consignment|"
    r"load|batch|fee|quota|lot|surplus|reserve|part|deduction|rate)s?"
)
_USUAL: Final = re.compile(
    r"\b(?:the|a|his|her|their|its|our) (?:usual|customary|standard|normal|regular|agreed|ordinary|typical|habitual|"
    r"appropriate|"
    r"corresponding|respective|proper|due|prescribed|negotiated|promised|statutory|known|relevant|aforesaid) (?:[a-z]+ "
    rf")?{_AMOUNT}\b(?! (?:price|of #))|"
    r"\b(?:the|as much the) same as (?:every|each|last|always|usual|before|yesterday|on (?:any|other|every)|in (?:the "
    r")?(?:past|previous|other))\b|"
    rf"\b(?:the )?same (?:{_AMOUNT}|again)(?: of [a-z ]+?)? as (?:last|the last|usual|yesterday|before|always|ever|in "
    r"(?:the )?(?:previous|past|"
    r"other|years?)|the (?:day|week|month|year|time) before|agreed|every)\b|\bas (?:many|much)(?: [a-z]+)? as (?:usual|"
    r"always|yesterday|"
    r"before|last|ever|agreed|needed|possible could)\b"
)
_REST_ON_TOP: Final = re.compile(
    r"\b(?:rest|remainder|balance) of (?:the|that|this) [a-z]+\b[^#]*\b(?:on top|in addition|as well|also|too|besides|extra|"
    r"add(?:ed)?|count(?:s|ed)?|include[ds]?)\b"
)
_ONE_MORE: Final = re.compile(
    r"\b(?:another|one more|one further|an? (?:extra|additional|further|second|new|whole|full|spare)) (?P<pack>[a-z-]+) "
    r"(?:full |worth )?of (?P<what>[a-z-]+(?: [a-z-]+)?)\b"
)


def elsewhere(sentence: Sentence, nouns: Collection[str], sized: Collection[str]) -> str:
    """What the sentence takes from outside the text without its number, as an objection; "" where it takes nothing.

    nouns: the stems of what the story counts; sized: those of the packs whose contents the text tells.
    """
    text = sentence.text
    if sentence.asks or sentence.mentions:
        return ""
    if (_FROM_BEFORE.search(text) and _COUNTS_IN.search(text)) or _REST_ON_TOP.search(text):
        return "How much that was is told nowhere in the text."
    if _USUAL.search(text) and _COUNTS_IN.search(text):
        return "How many that usually is, or was agreed on, is not said."
    more = _ONE_MORE.search(text)
    if more is None or stem(more["pack"]) in sized:
        return ""
    ours = any(word in ("them", "these", "those", "it") or stem(word) in nouns for word in more["what"].split())
    return "How many go into that one is not said." if ours else ""
