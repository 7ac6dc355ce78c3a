"""Alternatives that a text leaves standing: two numbers for one, an order of events, a choice in its question, a second count.

What is told apart by grammar alone: numbers joined by "or" and "to", "before or after", a running total that a sentence states
and the story does not bear out, a statement that comes twice with other numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from recipes.ground_truth.rehearsal.reader import read
from recipes.ground_truth.rehearsal.reader_conflicts import RECORD
from recipes.ground_truth.rehearsal.reader_doubt import MOST_SENTENCES, at_home, unread
from recipes.ground_truth.rehearsal.reader_fault import Fault
from recipes.ground_truth.rehearsal.reader_program import Program, running
from recipes.ground_truth.rehearsal.reader_text import TIMES, Mention, Sentence, sentences, spans, stem
from recipes.ground_truth.rehearsal.reader_unsaid import HAPPENS

_MAYBE: Final = r"(?:maybe|perhaps|possibly|else|even|rather|alternatively|it may be|as many as|up to)"
_EITHER_OR: Final = re.compile(
    rf"#(?P<one>\d+)(?: [a-z'’-]+){{0,2}}? ,? ?(?:or|to|and/or|up to)(?: {_MAYBE}| ,)* #(?P<other>\d+)"
)
_BETWEEN: Final = re.compile(r"\b(?:between|from)(?: [a-z]+)? #(?P<one>\d+)(?: [a-z'’-]+){0,2} (?:and|to) #(?P<other>\d+)")
_NO_RANGE: Final = re.compile(r"\b(?:ratio|split|shared|divided|score|odds|proportions?)\b")
_EARLY: Final = r"(?:before\w*|earlier|first|preceded)"
_LATE: Final = r"(?:after\w*|later|followed|second|last)"
_ORDER: Final = r"(?:the (?:order|sequence)|(?:which|what|random) order|order in which|sequence of|chronolog\w+)"
_UNKNOWN: Final = (
    r"(?:un\w+|nobody|none|never|neither|nor|different\w*|shuffled|mixed|lost|random\w*|reversed|wrong|jumbled|doubt\w*|"
    r"whatever|forgot\w*|without)"
)
_BEFORE_AFTER: Final = re.compile(
    rf"\b{_EARLY}\b[^#?]{{0,120}}\bor\b[^#?]{{0,120}}\b{_LATE}\b|\b{_LATE}\b[^#?]{{0,120}}\bor\b[^#?]{{0,120}}\b{_EARLY}\b"
    rf"|\b(?:which|what)(?: of [a-z ]{{1,40}})? (?:came|happened|was|went|took place|had been|comes|goes)(?: [a-z]+){{0,3}} "
    rf"(?:{_EARLY}|{_LATE})\b|\b{_ORDER}\b[^?]{{0,120}}\b{_UNKNOWN}\b|\b{_UNKNOWN}\b[^?]{{0,120}}\b{_ORDER}\b"
)
_WHICH_ONE: Final = re.compile(
    r"\bthe other(?: one)?\b|\b(?:around then|back then)\b|"
    r"\bthe (?:earlier|later|same|former|latter|said|mentioned) (?:point|time|moment|one|figure)\b|\bthe time mentioned\b"
)
_OR: Final = re.compile(r"\bor (?:how|what|the|at|from|in|before|after|was|were|did|had|from|only|later|earlier)\b")
_SHARED: Final = re.compile(
    r"\b(?:split|shared?|divided?|distributed|parted)\b[^#]*\b(?:among|between|by|over|into|across)(?: the| a few)? #\d+"
)
_EVENLY: Final = re.compile(r"\b(?:equal\w*|even\w*|alike|same|ratio|proportion\w*|each|every|per|fair\w*)\b")
_STANDS: Final = re.compile(
    r"\bthere (?:were|was|are)\b|\bthat (?:was|were|is|makes?|made|left|leaves|came to|comes to|brought)\b|"
    r"\b(?:were|was) (?:still |all |then )?(?:there|left|in place|present|on hand)\b|\bheld\b|\bremained\b|"
    r"\bin (?:all|sum|total)\b|\baltogether\b|\ball told\b|\b(?:stood|stands) at\b|"
    r"\b(?:came|comes|amounted|added up) to\b|\bconsist(?:s|ed) of\b|\b(?:leaves|left|leaving) (?:exactly |just )?#0|"
    r"\bthe (?:[a-z]+ )?(?:count|total|stock|sum|number|figure)\b[^#]{0,40}\b(?:was|is)\b"
)
_HAPPENED: Final = re.compile(
    r"\b(?:more|another|extra|further|additional|sent|took|taken|sold|lost|gave|given|handed|used|arriv\w+|deliver\w+|"
    r"received?|brought|added|removed|"
    r"returned|moved|packed|each|every|per|than|times|went|passed|lent|claimed|supplied|cleared|issued|shipped|collected|"
    r"by #|needs?|needed|must|should|target|asks?|"
    r"calls? for|requires?|holds? up|room|fewer|less|dispatched|needed|ordered|of (?:them|these|those)|left (?:to|for|the|"
    r"with|by|on|in|outside|behind|out|alone)|if|unless)\b"
)
_WRONG: Final = re.compile(
    r"\b(?:one|two|some|several|any|either|none|which|all|each|not all|most|many|part) of (?:the|these|those|its|his|her|"
    r"their) "
    r"(?:[a-z]+ )?(?:figures?|numbers?|entries|entry|amounts?|counts?|lines?|values?|quantities|statements?|sentences|records?|"
    r"data|changes|movements|transfers|deliveries)\b[^#?]*\b(?:wrong\w*|incorrect\w*|err\w*|mistake\w*|"
    r"false\w*|struck|crossed|cancell?ed|untrue|unreliable|misread|misprint\w*|mistyped|doubt\w*|guess\w*|invented|swapped|"
    r"mixed up|out of date|outdated|not (?:right|correct|true|reliable)|no longer|disput\w+|smudged|illegible|missing|changed|"
    r"altered|corrected|put right|inaccurate|estimat\w+|uncertain|another|different|never (?:\w+ )?(?:happened|place|out|made)|"
    r"reversed|undone|void)\b"
    r"|\b(?:one|two|some|several) of (?:the|these|those) (?:[a-z]+ ){1,5}(?:is|was|are|were) (?:[a-z]+ )*#\d+ too (?:low|"
    r"high|many|few)\b"
)
_UNENDING: Final = re.compile(
    r"\b(?:until further notice|from then on|from now on|ever since|indefinitely|without end|"
    r"for (?:several|some|a few|many|a couple of|a number of|countless) (?:days|weeks|shifts|hours|months|nights|years|"
    r"minutes))\b"
)
_ANY: Final = (
    r"(?:fixed|certain|unknown|given|set|usual|standard|normal|regular|fair|small|large|unstated|unspecified|agreed|known|"
    r"customary|equal)"
)
_VAGUE: Final = (
    r"(?:several|some|many|quite a few|a few|a couple of|a handful of|a number of|various|numerous|plenty of|lots of|a lot of|"
    rf"dozens of|hundreds of|multiple|a good (?:many|number of)|(?:an?|the) {_ANY} (?:number|amount|quantity|share|part) of|"
    rf"the {_ANY} (?:price|rate|weight|size))"
)


def alternative(text: str) -> Fault | None:
    """The first alternative that a text leaves standing, if any."""
    told, program = sentences(text), read(text)
    if len(told) > MOST_SENTENCES:
        return None
    for find in (*_BY_THE_WORDS, *(_BY_THE_STORY if at_home(program) else ())):
        if (found := find(text, told, program)) is not None:
            return found
    return None


def _two_numbers(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    nouns = _nouns(program) | TIMES
    for sentence in told:
        if _NO_RANGE.search(sentence.text):
            continue
        for pattern in (_EITHER_OR, _BETWEEN):
            for match in pattern.finditer(sentence.text):
                one, other = (sentence.mentions[int(match[name])] for name in ("one", "other"))
                ours = one.kind != "count" or ({one.noun, other.noun} & nouns and _names(sentence, program))
                if one.kind == other.kind and one.value != other.value and ours and not _of_the_clock(sentence, one):
                    return Fault("second_reading", "Either of two numbers may be meant.")
    return None


def _nouns(program: Program) -> set[str]:
    """What the story counts, and what that is packed in or measured by."""
    return {program.noun, program.ask.noun, *(f.per for f in program.facts), *(f.of for f in program.facts)} - {"", "$"}


def _names(sentence: Sentence, program: Program) -> bool:
    """Whether a sentence names what the story counts or what that is packed in, or refers back to it."""
    words = sentence.text.split()
    return any(word in ("them", "these", "those", "they") or stem(word) in _nouns(program) for word in words)


def _of_the_clock(sentence: Sentence, mention: Mention) -> bool:
    return (
        re.search(rf"\bfrom #{mention.index} (?:a ?m|p ?m|o['’]?clock|to #\d+ (?:a ?m|p ?m|o['’]?clock))", sentence.text)
        is not None
    )


def _order(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    loose = any(not sentence.asks and _BEFORE_AFTER.search(sentence.text) for sentence in told)
    return Fault("second_reading", "In which order that happened is left open.") if loose else None


def _asked_either(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    for sentence in told:
        if sentence.asks and _OR.search(sentence.text):
            return Fault("second_reading", "Two things are asked at once, and only one is wanted.")
        if sentence.asks and _WHICH_ONE.search(sentence.text):
            return Fault("second_reading", "Which one or which time is asked about is not said.")
    return None


def _unevenly(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    for sentence in told:
        if (
            not sentence.asks
            and _SHARED.search(sentence.text)
            and not _EVENLY.search(re.sub(r"\b(?:un(?:equal|even)\w*|in(?:equal)\w*)", "", sentence.text))
        ):
            return Fault("missing_assumption", "How it was shared out is not said.")
    return None


def _restated_share(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    """A number that the text gives elsewhere, and beside it another of its kind that is said to stand in a record."""
    for place, sentence in enumerate(told):
        if sentence.asks or len(sentence.mentions) != 2 or not RECORD.search(sentence.text) or not _CITES.search(sentence.text):
            continue
        one, other = sentence.mentions
        others = {(m.kind, m.value) for n, s in enumerate(told) if n != place for m in s.mentions}
        if one.kind == other.kind and one.value != other.value and {(one.kind, one.value), (other.kind, other.value)} & others:
            return Fault("contradictory_givens", "Two sources give it differently, and neither is said to be right.")
    return None


# What sets a second number against the first.
_CITES: Final = re.compile(
    r"#0\b.*\b(?:where|reads?|says?|has|as|not|instead|against|rather|but|while|whereas|is|was|shows?|gives?|on the|"
    r"in the)\b.*#1"
)


def _said_twice(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    """One statement within another, word for word but for a number."""
    masked = [(re.sub(r"#\d+", "#", s.text).replace(",", " ").split(), [m.value for m in s.mentions], s.asks) for s in told]
    for place, (words, values, asks) in enumerate(masked):
        if asks or len(words) < _FEWEST_WORDS or not values:
            continue
        for other, (rest, theirs, too) in enumerate(masked):
            if other == place or too or len(rest) < len(words):
                continue
            at = next((n for n in range(len(rest) - len(words) + 1) if rest[n : n + len(words)] == words), None)
            if at is not None:
                before = rest[:at].count("#")
                if theirs[before : before + len(values)] != values:
                    return Fault("contradictory_givens", "The same thing is told twice, with another number.")
    return None


_FEWEST_WORDS: Final = 5


def _stated_total(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    """A sentence that says how many there are by now, when the story comes to another number."""
    placed = [(first, one) for first, end in spans(text) for one in sentences(text[first:end])]
    for start, sentence in placed:
        counts = [m for m in sentence.mentions if m.kind == "count" and (m.noun == program.noun or _bare(sentence, m))]
        said = next((part for part in _CLAUSE.split(_MEANWHILE.sub("", sentence.text)) if "#0" in part), "")
        if (
            sentence.asks
            or len(sentence.mentions) != 1
            or len(counts) != 1
            or _HAPPENED.search(said)
            or not _STANDS.search(said)
        ):
            continue
        before = read(text[:start])
        if before.noun != program.noun and before.noun:
            continue
        so_far = running(before)
        if so_far is not None and so_far != counts[0].value:
            return Fault("contradictory_givens", f"By then there are {so_far}, and not {counts[0].value}.")
    return None


_CLAUSE: Final = re.compile(r" , (?:and |but |which )?| and (?=it |there |that |exactly )")
# "Once that was done, ...": when it was, and not what was there.
_MEANWHILE: Final = re.compile(r"^(?:once|while|as soon as) [^,#]*,")


def _bare(sentence: Sentence, mention: Mention) -> bool:
    """Whether a number stands for what was spoken of, and not for what a pack holds ("baskets of 35")."""
    return mention.noun == "" and f" of #{mention.index}" not in sentence.text and " of the " not in sentence.text


def _called_wrong(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    doubted = any(not sentence.asks and _WRONG.search(sentence.text) for sentence in told)
    return Fault("missing_assumption", "Which of its numbers hold is not said.") if doubted else None


def _unending(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    for sentence in told:
        if (
            not sentence.asks
            and _UNENDING.search(sentence.text)
            and any(m.noun in ("", program.noun) for m in sentence.mentions)
        ):
            return Fault("missing_assumption", "How long that went on is not said.")
    return None


def _vaguely(text: str, told: tuple[Sentence, ...], program: Program) -> Fault | None:
    nouns = _nouns(program)
    riddle = unread(text, program) != ""
    for sentence in told:
        # "There are some beans in a jar" begins many a riddle that asks how many.
        if sentence.asks or (riddle and HAPPENS.search(sentence.text) is None and not sentence.mentions):
            continue
        for match in _VAGUELY.finditer(sentence.text):
            named = {stem(word) for word in match["what"].split()} & nouns
            # "Some of the crates were damaged, 12 in all."
            given = any(m.noun in ("", *named) and sentence.text.find(f"#{m.index}") > match.start() for m in sentence.mentions)
            if named and not given:
                return Fault("missing_assumption", "How many that is is not said.")
    return None


_VAGUELY: Final = re.compile(
    rf"(?<!as )(?<!how )(?<!so )(?<!that )(?<!too )(?<!this )\b{_VAGUE}(?: of)?(?P<what>(?: [a-z'’-]+){{1,4}})"
)

_Find = Callable[[str, tuple[Sentence, ...], Program], Fault | None]
_BY_THE_WORDS: Final[tuple[_Find, ...]] = (_two_numbers, _asked_either, _said_twice, _called_wrong)
_BY_THE_STORY: Final[tuple[_Find, ...]] = (_order, _unevenly, _restated_share, _stated_total, _unending, _vaguely)
