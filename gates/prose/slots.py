"""Pieces of a template left unfilled, told by their form and by where they stand.

`[drug]` is a slot in "the [drug] is kept cold", and none in "press [Enter]", a link, an index, an interval or a quotation; so a
bracketed label counts where a noun must stand: behind a determiner or a preposition, or before a verb at a sentence's start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.prose.words import words

_LABEL = r"[A-Za-z]{2,}(?:[ _-][A-Za-z]+){0,3}(?:[ _]?\d{1,2})?"
_WORD = r"[A-Za-z]\w+"
# Each with the label, or what stands for it, as its group; what must not stand before it tells indices, types and formulas.
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w\])}}\\$])\[{{1,2}}(?P<label>{_LABEL})\]{{1,2}}(?![(\[:\w{{])",
        rf"(?<![\w<>\\])<{{1,2}}(?:%=?\s*)?(?P<label>{_LABEL})\s?%?>{{1,2}}(?!\w)",
        rf"(?<![\w\]{{}}\\^$'\"])[$#]?\{{{{1,2}}(?P<label>{_LABEL}|\d{{1,2}})?\}}{{1,2}}(?![\w^_{{])",
        rf"(?<![\w\\$])\$(?P<label>{_WORD})(?![^\n]*\$|[\w(])",
        r"(?<![\w%'\"])%(?:\((?P<label>\w+)\))?[sd](?![\w%'\"])",
        rf"(?<![\w%@])(?P<sigil>%|@{{1,2}})(?P<label>{_WORD})(?P=sigil)(?!\w)",
        r"(?<!\w)_{2,}(?P<label>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_{2,}(?!\w)",
        r"\((?P<label>(?i:insert|enter|fill in|fill|add|put|choose|type|your)\b[^()\n]{1,60})\)",
    )
)
_DETERMINER = (
    r"(?:the|an?|this|that|these|those|each|every|some|any|all|no|another|one|many|several|her|his|its|their|our|your|my|\w+['’]s|\d+|"
    r"Dear|Mr\.|Mrs\.|Ms\.|Dr\.)"
)
_PREPOSITION = r"(?:of|for|from|to|with|by|at|in|on|into|onto|per|than|named|called|about)"
_AFTER_DETERMINER = re.compile(rf"(?i)(?<!\w){_DETERMINER}\s+\Z")
_AFTER_PREPOSITION = re.compile(rf"(?i)(?<!\w){_PREPOSITION}\s+\Z")
_AT_START = re.compile(r"(?:\A|[.!?]\s+|\n\s*|,\s+)\Z")
_BEFORE_VERB = re.compile(
    r"\A(?:['’]s\b|\s+(?:is|are|was|were|has|have|had|can|will|would|must|should|may|does|did|[a-z]{2,}(?:s|ed))\b)"
)
_BESIDE_PROSE = (re.compile(r"[a-z]{2,},?\s+\Z"), re.compile(r"\A\s+[a-z]{2,}"))
# What is pressed, clicked, or spoken of as a piece of a language stands for itself.
_HANDLED = re.compile(
    r"(?i)\b(?:press|presses|pressed|hit|hold|click|tap|type|select|key|button|menu|option|choice|tag|token)\s+\Z"
)
_NAMED = re.compile(
    r"(?i)\A\s*(?:\+|(?:key|button|tab|menu|link|tag|token|element|node|attribute|variable|operator|literal|macro|section|field|"
    r"specifier|format|conversion|syntax|keyword|type|class|statement|directive|log|header|flag|set)s?\b)"
)
# By opening bracket, what in a text says that the form is its own: markup, sets and code, concentrations.
_OTHERWISE = {
    "<": re.compile(r"(?i)</\w|/>|<\w+ \w+=|\b(?:html|xml|svg|markup|tags?|elements?)\b"),
    "{": re.compile(
        r"(?i)[\\∪∩∈⊂⊆∅]|\b(?:sets?|subsets?|element|union|intersect\w*|singleton|dict\w*|code|prints?|return\w*)\b"
    ),
    "[": re.compile(r"(?i:concentration|\bmol\b|molar)|\d\s?[mµμn]?M\b"),
}
_NO_LABEL = frozenset(
    words("the a an he she it they we you i who his sic ibid module lambda note hint figure table et and or vs")
)
_MARKUP_NAMES = frozenset(
    words(
        "html head body div span br hr img ul ol li td th tr table thead tbody form input label button select option nav "
        "main section article aside header footer pre code em strong sub sup script style link meta svg path canvas "
        "iframe video audio"
    )
)
_REACH = 120
_ORDERS_HERE = re.compile(r"(?i)\bhere\Z")

_GAP = re.compile(r"(?<![\w_])_{3,}(?=\s+[a-z])")
_CLOZE = re.compile(
    r"(?i)\b(?:fill|complet\w+|blanks?|gaps?|missing|cloze|fits?|goes in|choose|underscores?|dash(?:es)?|hangman|"
    r"(?:which|what|right|correct) (?:word|form|verb|phrase|letter)s?)\b|(?m:^)\s*\(?[A-Da-d][.)]\s"
)
_SHOUTED = re.compile(r"\bPLACEHOLDER\b(?!\s*=)|\b(?:INSERT|ENTER|ADD|YOUR)(?:\s+[A-Z]{2,}){1,4}\s+HERE\b")


def slots(prose: str) -> Iterator[str]:
    """The slots of a text whose code is left out, form by form."""
    if shouted := _SHOUTED.search(prose):
        yield shouted[0]
    meant = "".join(form for form, cue in _OTHERWISE.items() if cue.search(prose))
    for form in _FORMS:
        for match in form.finditer(prose):
            if _is_slot(prose, match, meant):
                yield match[0]
    if (gap := _GAP.search(prose)) and "?" in prose and not _CLOZE.search(prose):
        before = prose[max(0, gap.start() - _REACH) : gap.start()].rstrip(" ")
        if re.search(r"(?:\w|[.!?\n])\Z|\A\Z", before):
            yield gap[0]


def _is_slot(prose: str, match: re.Match[str], meant: str) -> bool:
    before, after = prose[max(0, match.start() - _REACH) : match.start()], prose[match.end() : match.end() + 24]
    label = match["label"] or ""
    if _HANDLED.search(before) or _NAMED.search(after):
        return False
    if match[0][0] == "(":
        return bool(_ORDERS_HERE.search(label) or _AFTER_DETERMINER.search(before))
    said = re.split(r"[ _-]", label.lower())
    if said[0] in _NO_LABEL or not _means_a_slot(meant, match[0], label, said):
        return False
    if _AFTER_DETERMINER.search(before) or (_AT_START.search(before) and _BEFORE_VERB.search(after)):
        # In a quotation, square brackets hold what the one who quotes has put in.
        return match[0][0] != "[" or label.isupper() or not _quoted(before)
    if label[:1].isdigit():
        return False
    loud = label.isupper() and len(label) > 2 and match[0][0] in "[<{_@"
    if _AFTER_PREPOSITION.search(before):
        return loud or (match[0][0] in "[<{%" and not _quoted(before))
    beside = [pattern.search(text) for pattern, text in zip(_BESIDE_PROSE, (before, after), strict=True)]
    return (loud and any(beside)) or (match[0][0] in "<{" and bool(label) and all(beside))


def _means_a_slot(meant: str, whole: str, label: str, said: list[str]) -> bool:
    """Whether the form means nothing else in this text: markup, a set, a concentration."""
    if whole[0] == "<":
        return said[0] not in _MARKUP_NAMES and "<" not in meant
    if "{" in whole:
        return len(label) > 2 or "{" not in meant
    return not (whole[0] == "[" and label.isupper() and "[" in meant)


def _quoted(before: str) -> bool:
    line = before.rsplit("\n", 1)[-1]
    return line.count('"') % 2 == 1 or line.count("“") > line.count("”")
