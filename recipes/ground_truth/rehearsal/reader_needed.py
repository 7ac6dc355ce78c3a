"""What is needed to answer and given nowhere: a size to convert by, a rate, a usual amount, a table, a figure nobody knows."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import STOP, TIMES, UNITS, Sentence, stem, wordset

_STATE: Final = (
    r"(?:give|state|express|report|write|quote|name|convert|answer|tell|present|return|provide|put|round|put down|deliver|"
    r"reckon|"
    r"work out|calculate|find|compute|determine)"
)
_IN_WHAT: Final = re.compile(
    rf"^(?:please |then |now |finally |also |and |do |but )*{_STATE}(?: [a-z'’-]+){{1,5}}? (?:in|into|as a number of|in "
    rf"terms of|by the) "
    r"(?P<what>(?:the |local |full |whole |complete |standard |imperial |metric )*(?P<unit>[a-z-]+))(?P<rest>[^#?]*)$"
)
_FORMS: Final = TIMES | wordset(
    "full word figure digit number total unit decimal dollar cent euro percent percentage form term fraction integer numeral "
    "order line sentence english way brief short box bracket place case detail part all piece whole end question stock "
    "column space"
)
_RATE: Final = (
    r"(?:tax(?:es)?|vat|duty|duties|fees?|shipping|postage|freight|tips?|gratuity|discounts?|rebates?|commission|interest|"
    r"tolls?|"
    r"surcharges?|mark-?up|allowances?|wastage|breakages?|loss(?:es)?|depreciation|shrinkage|spoilage|insurance|premium|"
    r"handling|"
    r"overheads?|customs|tariffs?|deductions?|percentage|markdown|bonus|deposit|handling charge|delivery charge)"
)
_APPLIED: Final = re.compile(
    r"\b(?:added|add|charged?|applied|apply|applies|deducted|deduct|subtracted?|taken off|take off|knock off|put on|comes? "
    r"on top|on top|"
    r"include[sd]?|reduce|increase|levied|comes? off|goes? off|withheld|must be paid|is paid|allow for|account for|raise|"
    r"lower|"
    r"going rate|current rate|usual rate|to be paid)\b"
)
_THE_RATE: Final = re.compile(
    rf"(?:^|\b(?:the|a|an|and|by|for|of|less|minus|plus|deduct|add|subtract|apply|any|its|their|usual|normal|customary|"
    rf"standard|going|current|"
    rf"agreed)) (?:[a-z]+ )?(?P<rate>{_RATE})\b"
)
_FIRST_RATE: Final = re.compile(rf"^(?P<rate>{_RATE})\b")
_USUAL: Final = re.compile(
    r"\b(?:the|his|her|their|its|our|at|by) (?:usual|customary|standard|normal|regular|going|current|agreed|habitual|"
    r"prevailing|typical|average|"
    r"today['’]s|yesterday['’]s|appropriate|prescribed|official|accepted|expected|contractual) (?P<what>[a-z]+(?: [a-z]+)?)\b"
)
_DOES: Final = re.compile(
    r"^(?:please |then |now |also |finally )*(?:add|subtract|deduct|include|take off|take away|apply|use|allow|reduce|"
    r"increase|raise|lower|convert|"
    r"state|give|multiply|divide|count|exclude|assume|account)\b|"
    r"\b(?:is|are|were|was) (?:[a-z]+ )?(?:added|subtracted|deducted|applied|charged|taken off|put on|converted|billed|"
    r"sold|counted|included)\b"
)
_AGREED: Final = re.compile(
    r"\b(?:percentage|share|rate|price|amount|number|figure|fee|size|weight|discount)\b[^#]{0,15}?\b(?:agreed(?: up)?on|"
    r"agreed|set out|laid "
    r"down|fixed|named|stated|given|mentioned|stipulated|specified|listed|printed|shown) (?:in|on|by|at|with) "
)
_DOCUMENT: Final = (
    r"(?:table|chart|sheet|list|page|appendix|annex|figure|diagram|graph|picture|drawing|map|footnote|attachment|enclosure|"
    r"file|form|note|"
    r"schedule|plan|catalogue|price list|column|contract|manual|handbook|brochure|letter|notice|leaflet|inset|box)"
)
_ELSEWHERE: Final = re.compile(
    rf"\b{_DOCUMENT}s? (?:(?:given|shown|printed|found|set out|included) )?(?:below|above|attached|overleaf|enclosed|"
    rf"opposite|on the (?:next|other|previous|"
    rf"following|reverse|back)|at the (?:end|back|bottom|top)|underneath)\b|"
    rf"\b(?:attached|enclosed|appended|accompanying|following|next|previous|separate|other) {_DOCUMENT}\b"
)
_TO_BE_FETCHED: Final = re.compile(
    r"^(?:please |then |now |also |finally )*(?:take|use|get|read|look up|add|add in|subtract|deduct|find|apply|"
    r"include|multiply by|divide by|"
    r"count) (?:the|a|an) (?:[a-z]+ )?(?:price|number|figure|amount|rate|quantity|weight|size|total|value|percentage)s? "
    rf"(?:given |printed |shown |listed |written )?(?:from|in|on|at) (?:the|an?|his|her|their|your|our|last|"
    rf"page) (?:[a-z]+ )?{_DOCUMENT}\b"
)
_LOOK: Final = re.compile(
    r"\b(?:see|refer|use|consult|take|according to|as (?:shown|given|listed|per|in)|look|find|found|"
    r"given|check|read|apply|shown|listed)\b"
)
_GONE: Final = re.compile(
    r"\b(?:forgotten|forgot|escapes? (?:me|him|her|us|them)|slipped|lost track|illegible|secret|blank|erased|smudged|"
    r"smeared|torn|"
    r"(?:can(?:not|['’]t| not| no longer)|could(?:n['’]t| not)|never|nobody|no one|impossible to|difficult to|hard to)(?: "
    r"(?:longer|be|ever|"
    r"now|been|yet|can|could))* (?:read|learn\w*|told|tell|say|said|recall\w*|remember\w*|know|knew|known|make out|made "
    r"out|found out|find out|"
    r"established?|determined?|disclosed|announced|revealed|published|deciphered?|entered|filled in|clear)|unclear|a "
    r"mystery|unreadable|"
    r"up in the air|anyone['’]s guess|withheld|confidential|left (?:empty|open|blank)|burned|burnt|washed out|"
    r"cut off)\b"
)
_OF_HOW_MANY: Final = re.compile(
    r"\bhow (?:many|much|large|big|great)\b|\b(?:number|amount|size|quantity|count|share|figure|percentage|price|rate|"
    r"weight|total|extent)\b"
)
_BOOKED: Final = re.compile(r"\b(?:put aside|shipment|delivery|returned|lost|lent|sold|given|taken|added|left|sent|stolen)\b")
_KEPT_ELSEWHERE: Final = re.compile(
    r"\b(?:number|amount|quantity|count|share|figure|percentage) of (?:[a-z'’-]+ ){1,6}?(?:is|are|was|were|stands|can be "
    r"found|appears) (?:only |known )?"
    r"(?:in|on|with|at|to|noted|known|found|kept|entered|recorded) (?:[a-z]+ )?(?:only |in |on )?(?:the|an?|his|her|their|"
    r"other|another|someone)\b"
)
_LENGTHS: Final = frozenset({"m", "cm", "km", "foot", "feet", "inch"})
_MEASURED: Final = (
    (re.compile(r"\b(?:weigh\w*|weight|heavy)\b"), frozenset({"g", "kg", "mg", "tonne", "pound", "ounce", "ton", "lb"})),
    (re.compile(r"\b(?:costs?|price|worth|pay|paid|charge|money)\b"), frozenset({"$", "cent"})),
    (re.compile(r"\b(?:volume|litres)\b"), frozenset({"ml", "litre"})),
    (re.compile(r"\b(?:how (?:tall|high|wide|long)|height|width|length|area)\b"), _LENGTHS),
)
_WORK_OUT: Final = re.compile(
    r"^(?:please |then |now |also |finally )*(?:work out|calculate|find|determine|compute|give|state|say|tell)\b"
)


def needed(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    """What the sentence calls for and the text does not give, as an objection; "" where nothing is wanting.

    others: the other sentences of the text; nouns: the stems of what the story counts, and of packs and units it has sizes for.
    """
    # A question within the story is for the reader to work out; one that is put as an order may be put on top of it.
    if "?" in sentence.text or sentence.mentions:
        return ""
    if why := _measured(sentence, others):
        return why
    if sentence.asks and _IN_WHAT.search(sentence.text) is None:
        return ""
    for find in (_unit, _rate, _outside, _forgotten):
        if why := find(sentence, others, nouns):
            return why
    return ""


def _spoken_of(word: str, others: tuple[Sentence, ...]) -> bool:
    return any(stem(word) == stem(other) for one in others for other in one.text.split())


def _with_number(word: str, others: tuple[Sentence, ...]) -> bool:
    return any(stem(word) == stem(other) for one in others if one.mentions for other in one.text.split())


def _unit(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    match = _IN_WHAT.search(sentence.text)
    if match is None:
        return ""
    unit = match["unit"]
    plural = unit.endswith("s") and not unit.endswith("ss")
    known = stem(unit) in _FORMS or stem(unit) in nouns or unit in UNITS or _spoken_of(unit, others)
    if (plural or unit in ("currency", "money")) and not known:
        return "How many go into one of those is not said."
    return ""


def _rate(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    text, why = sentence.text, "How much that is is told nowhere in the text."
    match = _FIRST_RATE.search(text) or _THE_RATE.search(text)
    if match is not None and _APPLIED.search(text) and not _with_number(match["rate"], others):
        return why
    usual = _USUAL.search(text)
    if (
        usual is not None
        and _DOES.search(text)
        and not any(_with_number(word, others) for word in usual["what"].split() if word not in STOP)
    ):
        return why
    return why if _AGREED.search(text) and _DOES.search(text) else ""


def _outside(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    if _TO_BE_FETCHED.search(sentence.text):
        return "Where that stands is not this text."
    if _ELSEWHERE.search(sentence.text) and _LOOK.search(sentence.text):
        return "What it refers to is not there."
    return ""


def _forgotten(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    text = sentence.text
    if _KEPT_ELSEWHERE.search(text) and any(stem(word) in nouns for word in text.split()):
        return "Where that number stands is not this text."
    if _GONE.search(text) is None or _OF_HOW_MANY.search(text) is None:
        return ""
    ours = any(stem(word) in nouns for word in text.split())
    booked = _BOOKED.search(text)
    return "The text says itself that this number cannot be had." if ours or booked else ""


def _measured(sentence: Sentence, others: tuple[Sentence, ...]) -> str:
    if _WORK_OUT.search(sentence.text) is None:
        return ""
    given = {mention.noun for other in others for mention in other.mentions} | {
        stem(word) for other in others for word in other.text.split()
    }
    for asked, units in _MEASURED:
        if asked.search(sentence.text) and not given & units:
            return "Nothing in the text says how much one of them comes to."
    return ""
