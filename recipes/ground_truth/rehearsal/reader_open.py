"""Sentences that leave a choice open: between two meanings, two bearers of a pronoun, two sources, two things to be done.

What gives them away is how English offers a choice ("may mean", "either ... or", "depending on how", "as you like"), not what
the choice is between. A sentence counts only where the choice touches what a text counts, or what the reader is to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import TIMES, UNITS, sentences, stem, wordset
from recipes.ground_truth.rehearsal.reader_told import NUMERAL, WORD, Told
from recipes.ground_truth.rehearsal.reader_whose import of_the_group, sources, whose


@dataclass(frozen=True, slots=True)
class Choice:
    """kind: the claim it makes good; why: in a sentence; start, end: where in the text the sentence stands."""

    kind: str
    why: str
    start: int
    end: int


_PIECE: Final = re.compile(r"[^\n]*?(?:[.?!](?=[\s)\]\"”']|$)|(?=\n)|$)[)\]\"”']*")
_GOODS: Final = wordset("stock delivery consignment shipment load batch lot order remainder item unit piece")
_SENSE: Final = (
    r"(?:means?|meant|refers?|stands? for|denotes?|signif(?:y|ies)|relates?|appl(?:y|ies)|covers?|describes?|"
    r"(?:be )?(?:read|taken|understood|interpreted|meant|seen|construed|intended|counted) (?:as|to|in|of|for|either)|"
    r"concerns?|"
    r"belongs?)"
)
_QUANTITY_WORD: Final = (
    r"(?:numbers?|figures?|amounts?|counts?|totals?|sums?|rates?|prices?|quantit(?:y|ies)|values?|weights?|answers?|results?|"
    r"percentages?|shares?|unit|sizes?|costs?|\d+|it|they|this|that|these|those|ones?)"
)
_CAN: Final = r"(?:may|might|could|can)(?: (?:also|either|just|equally|as|well|perhaps|possibly|both|thus|then|not|here))*"
_COULD_MEAN: Final = (
    re.compile(
        r"\b(?:understand|take|read|interpret|see|regard)s? (?:this|it|that|these|the [a-z]+) (?:as|to be)\b.*\b(?:or|"
        r"others?)\b|"
        rf"\b{_CAN} (?:be )?{_SENSE}\b.*\b(?:or|either|ways?|senses|both|different\w*|as well as|others?|and also)\b|"
        rf"\b(?:possibly|perhaps|maybe|presumably|conceivably)\b.*\b{_SENSE}\b.*\b(?:or|rather than|instead of|and not)\b|"
        rf"\b(?:means?|refers? to|stands? for|denotes?|signifies) .*\bor\b|\bto mean\b.*\b(?:or|others?)\b|"
        rf"\b{_CAN} (?:take|read|understand|interpret|see|regard)\b.*\b(?:as|to)\b.*\bor\b"
    ),
    re.compile(
        rf"\b{_QUANTITY_WORD}\b[^,;]*\b{_CAN} (?:be|have been) (?!(?!gross)\w+(?:ed|id)\b(?! or\b)|\w+ly\b)[^,;]*\bor\b(?! "
        r"(?:so|more|"
        r"less|fewer)\b)"
    ),
)
_UNSETTLED: Final = re.compile(
    r"\b(?:(?:un|not (?:\w+ )?)(?:clear|certain|decided|settled|known|stated|said|specified|obvious|evident|defined|"
    r"explained|determined)|(?:nobody|no one|nothing|nowhere|none)\b.*\b(?:knows?|says?|said|tells?|told|state[sd]?|settles?)|"
    r"hard to (?:say|tell)|doubtful|depends? (?:up)?on|depending (?:up)?on|open|up to (?:you|the reader|anyone)|ambiguous|"
    r"(?:you|reader|readers|one|anyone|everyone|we) (?:can|may|must|should|will|has to|have to|are to) (?:decide|choose|"
    r"guess|judge)|debatable|a matter of|cannot (?:say|tell))\b"
)
_BETWEEN_WHAT: Final = re.compile(
    r"\b(?:whether|if|which|how (?:you|one|it|they|the|this|that)|what (?:is|was|exactly)|taste|definition|interpretation|"
    r"point of view|reading|either)\b"
)
_PERHAPS_NOT: Final = re.compile(
    r"\b(?P<hedge>possibly|perhaps|maybe|probably|sometimes|partly)\b[^.?!]*,? (?:and |or |but )?(?P=hedge)\b|"
    r"\b(?:may|might) or (?:may|might) not\b|\b(?:perhaps|maybe|possibly|probably)\b.*\b(?:perhaps|maybe|possibly|probably) "
    r"not\b"
)
_TWO_WAYS: Final = re.compile(
    r"\b(?:more|other) ways than one\b|\b(?:both|either|any)\b.* (?:could|may|might|can|would) be (?:what is|meant|asked|"
    r"intended|right|wanted)\b|"
    r"\b(?:two|three|both|several|different|various|many|more than one|either|second|other) (?:\w+ )?(?:readings?|"
    r"interpretations?|meanings?|senses)\b|\b(?:open to interpretation|ambiguous|ambiguity|double meaning|equivocal)\b|"
    r"\b(?:read|understood|taken|interpreted|counted|meant|seen|reckoned|worked out|calculated|done) (?:\w+ )?(?:in )?(?:two|"
    r"three|both|several|different|various|more than one|either|another) (?:\w+ )?ways?\b|\b(?:read|understood|taken) "
    r"differently\b"
)
_AS_YOU_LIKE: Final = re.compile(
    r"\b(?:as you (?:like|please|wish|prefer|see fit|choose|want)|whichever (?:you|suits|seems|one|way|of)|whatever you|at "
    r"your "
    r"(?:discretion|convenience)|(?:either|both) (?:one )?(?:will|would|is|are|way|may) (?:do|be|fine|ok\w*|right|"
    r"acceptable)|take "
    r"your pick|(?:the )?choice is yours|(?:you|they) (?:may|can) choose|no matter which)\b"
)
_TO_DO: Final = (
    r"(?:count|give|state|report|tell|name|say|use|take|round|answer|include|add|subtract|deduct|calculate|compute|work out|"
    r"find|determine|express|assume|treat|consider|ignore|leave out|read|interpret|understand|regard|write|list|enter|put|"
    r"choose|pick|convert|total|sum up|multiply|divide|indicate|mention|quote|provide|estimate|reckon|exclude|omit|compare|"
    r"show)"
)
_CHOOSE: Final = re.compile(
    rf"^\W*(?:(?:please|then|now|also|finally|so|but|and|here|lastly|in the end|at the end|next|you (?:may|can|could|should|"
    rf"must|might|are to|have to|need to)(?: also)?|by [^,]{{1,30}}?),? )*{_TO_DO}\b.*\b(?:or|and/or)\b(?! (?:so|more|less|"
    r"fewer|not|later|"
    r"earlier)\b)"
)
# Any verb that stands first and is followed by what it is to be done to.
_BIDS: Final = re.compile(
    r"^\W*(?:please |then |now |also |finally )?(?!(?:all|both|half|in|at|on|for|from|by|with|over|under|after|before|since|"
    r"until|while|when|if|"
    r"although|though|once|because|as|than|that|either|only|some|most|not|neither|whether|to|about|among|between|through|like|"
    r"along|across|behind|beside|near|off|of|into|onto|during|within|without|every|each|"
    r"there)\b)[a-z]+(?<!s)(?<!ed)(?<!ing)(?<!ly) (?:(?:over|up|out|"
    r"away|down|back|off|in|on) )?(?:the|a|an|either|your|me|us|only|both|this|that|these|those|it|them|half|all)\b.*\bor "
    r"(?:the|a|an|in|"
    r"for|of|by|with|only|all|those|that|half|to|on|at|else|perhaps)\b"
)
_NO_CHOICE: Final = re.compile(r"\b(?:not|no|never|without|neither|any|nothing|n't|whether or not|one or more)\b")
_TWO_QUESTIONS: Final = re.compile(
    r"\b(?:how|what|which)\b.*,? \bor (?:else|rather|perhaps|maybe|how|what|is it|are|was|were|do|does|did|only|just)\b.*\?|"
    r"\b(?:is|are|was|were|does|do|did|should|shall) (?:it|this|that|they|these|one|we|the)\b.*\b(?:meant|mean|counted?|"
    r"included?)\b.*\bor\b.*\?"
)
_EITHER_NUMBER: Final = re.compile(
    rf"\b{NUMERAL}(?: (?!or\b)[a-z-]+)? or (?:perhaps |maybe |possibly |even |only |else )?{NUMERAL}\b(?! (?:more|or))"
)
_SHARED_OUT: Final = re.compile(
    r"\b(?:each|every|per|apiece|some|those|these|them|rest|remaining|remainder|added|taken|counted|removed|either)\b"
)
_MAY: Final = re.compile(r"\b(?:may|might|could|can|holds?|contains?|perhaps|usually|sometimes) (?:[a-z]+ ){0,2}$")
_PER_EITHER: Final = re.compile(r"\b(?:per|each|every) (?:[a-z-]+ ){1,3}or (?:per|each|every|for (?:each|every|the)) [a-z]")
_WHICH_END: Final = re.compile(r"\bbi-?(?:weekly|monthly|annual(?:ly)?|yearly|hourly)\b")
_NOT_ALL: Final = re.compile(
    r"^\W*(?:\w+, )?(?:all|every one) (?:of )?(?:the |these |those )?(?P<what>[a-z-]+(?: [a-z-]+)?) "
    r"(?:were|was|are|is|had|have|did|could|can) (?:not|n't)\b"
)


def left_open(text: str) -> Choice | None:
    """The first sentence that leaves a choice open, None where none does."""
    counted = [
        (mention.noun, sentence.text)
        for sentence in sentences(text)
        for mention in sentence.mentions
        if mention.kind == "count" and mention.noun and mention.noun[0] != "?"
    ]
    nouns = frozenset(noun for noun, _ in counted) - TIMES - frozenset(UNITS.values())
    before: tuple[str, ...] = ()
    for match in _PIECE.finditer(text):
        cased = match[0].strip()
        if not cased:
            continue
        told = Told(_plain(cased), cased, nouns | _GOODS, before)
        for kind, why, find in _FINDERS:
            if find(told):
                return Choice(kind, why, *match.span())
        before += (cased,)
    return None


def _plain(cased: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[\"“”‘`*_]|(?<!\w)['’]|['’](?!\w)", "", cased)).lower()


def _could_mean(told: Told) -> bool:
    # What may "mean" or "refer to" the one or the other is the text's own words; what may "be" so, only if it is a quantity.
    said, may_be = _COULD_MEAN
    return said.search(told.text) is not None or (may_be.search(told.text) is not None and told.touches())


def _unsettled(told: Told) -> bool:
    match = _UNSETTLED.search(told.text)
    if _PERHAPS_NOT.search(told.text):
        return told.touches()
    return match is not None and _BETWEEN_WHAT.search(told.text) is not None and told.touches() and "?" not in told.text


def _two_ways(told: Told) -> bool:
    return _TWO_WAYS.search(told.text) is not None


def _as_you_like(told: Told) -> bool:
    if _AS_YOU_LIKE.search(told.text) is not None:
        return told.touches() or re.search(rf"\b{_TO_DO}\b", told.text) is not None
    bidden = _CHOOSE.search(told.text) is not None or (_BIDS.search(told.text) is not None and told.touches())
    return bidden and _NO_CHOICE.search(told.text) is None


def _two_questions(told: Told) -> bool:
    return _TWO_QUESTIONS.search(told.text) is not None


def _either_number(told: Told) -> bool:
    if "?" in told.text:
        return False
    if _PER_EITHER.search(told.text):
        return True
    match = _EITHER_NUMBER.search(told.text)
    if match is None:
        return False
    after = WORD.findall(told.text[match.end() :])[:1]
    known = _SHARED_OUT.search(told.text) is not None or _MAY.search(told.text[: match.start()]) is not None
    return known or (bool(after) and stem(after[0]) in told.known)


def _in_a_word(told: Told) -> bool:
    match = _NOT_ALL.search(told.text)
    back = match is not None and any(stem(w) in told.known or w in ("them", "these", "those") for w in match["what"].split())
    return back or _WHICH_END.search(told.text) is not None


_FINDERS: Final[tuple[tuple[str, str, Callable[[Told], bool]], ...]] = (
    ("contradictory_givens", "Two sources give it differently, and neither is said to be right.", sources),
    ("second_reading", "The words can mean the one or the other, and the text does not say which.", _could_mean),
    ("second_reading", "Which of the cases holds is left open.", _unsettled),
    ("second_reading", "The text says itself that it can be taken in more than one way.", _two_ways),
    ("second_reading", "What is to be done is left to the reader's choice.", _as_you_like),
    ("second_reading", "Two things are asked at once, and only one is wanted.", _two_questions),
    ("second_reading", "Either of two numbers may be meant.", _either_number),
    ("second_reading", "A word of it has two meanings.", _in_a_word),
    ("second_reading", "What or whom that refers to can be one or another of those named.", whose),
    ("second_reading", "The number can be of each of them or of all together.", of_the_group),
)
