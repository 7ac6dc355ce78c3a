"""Whether a prompt gives its own answer away.

A number that a problem mentions anyway may happen to be its answer, so for a number the words around it decide: it must be
announced as the answer, or stand as the outcome of a sum worked out in the text. A longer text answer leaks by occurring
at all, unless the prompt lists it as one option among others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gates.prose.numbers import Mention, mentions, number_of
from gates.prose.words import words

_ANSWER = (
    r"(?:final\s+|correct\s+|right\s+|expected\s+|model\s+|reference\s+)*"
    r"(?:answers?|ans|solution|result|response|reply|outcome|antwort|lösung|ergebnis|réponse|résultat|respuesta|solución|"
    r"resultado|risposta|resposta)"
)
_LINK = r"(?:\s*(?:[:=→>–—\"'*_`|({\[]|-(?!\d)|->|is|was|are|be|being|ist|est|es|è|é|just|simply|exactly|equal to|about)\s*)"
_BE = r"(?:should be|would be|will be|must be|comes? (?:out )?(?:to|at)|works? out (?:to|as|at)|turns? out to be|equals?|" \
      r"evaluates to|amounts to|has to be|ought to be)"  # fmt: skip
_PLACED = (
    r"(?:\s+(?:to this|here|key|value|of this|for this|you need|below|overleaf|at the (?:bottom|end|back|top|foot))"
    r"[\w\s]{0,20})?"
)
_UNIT = r"[$€£¥]?\s?"
# A number, a value, a total is the answer where it is called right, or the one that is wanted.
_AMOUNT = r"(?:number|value|figure|total|sum|amount|quantity|count|tally|size|choice|option|letter)"
_RIGHT = r"(?:correct|right|true|actual|expected|desired|required|requested|wanted|needed|sought|final)"
_WANTED = (
    r"(?:(?:(?:that|which)\s+)?(?:you|we|they|he|she|one|i)(?:['’](?:re|ll|m|d))?\s+(?:all\s+)?(?:are\s+|should\s+|"
    r"have\s+to\s+|must\s+)?"
    r"(?:want(?:ed)?|need(?:ed)?|seek|sought|ask(?:ed)?\s+for|after|looking\s+for|searching\s+for|find|enter|write|give|report)"
    r"|sought(?:\s+after)?|asked\s+(?:for|about)|wanted|required|requested|needed|in\s+question|to\s+(?:find|enter|write|"
    r"report)"
    r"|(?:that|which)\s+(?:goes|belongs)\s+[\w\s]{2,20}?)"
)
_IS = rf"(?:{_LINK}{{1,4}}|\s*(?:\w+\s+){{0,2}}{_BE}\s*(?:about|exactly|:)?\s*)"

# Each ends where the answer must begin.
_BEFORE = tuple(
    re.compile(pattern + _UNIT + r"[*_`\"'(\[{$\\]*\s?\Z", re.IGNORECASE)
    for pattern in (
        rf"\b{_ANSWER}\b{_PLACED}{_LINK}{{1,4}}",
        rf"\b{_ANSWER}\b[*\"'`]*\s*(?:\w+\s+){{0,2}}{_BE}\s*(?:about|exactly|:)?\s*",
        r"\b(?:total|sum|it|this|that|value|everything|which)\s+(?:works? out (?:to|as|at)|turns? out to be|evaluates to)\s*",
        r"\b(?:ans|answer)\.?\s*",
        r"(?m:^)\s*(?:a|sol)\s*[:=]\s*",
        r"\byou(?:'d|’d|'ll|’ll| should| will| would| must| ought to| can)?\s+(?:\w+\s+)?"
        r"(?:get|obtain|find|arrive at|end up with|"
        r"reach|come up with|be left with|see)\s+(?:that\s+)?(?:about|exactly|(?:a|an) (?:total|answer|result) of)?\s*",
        r"\b(?:hint|spoiler|key|expected|check)\b\s*[:=]\s*(?:the\s+|it\s+|it['’]s\s+|is\s+|about\s+|exactly\s+)*",
        r"\b(?:therefore|thus|hence|ergo)\b[^.?!\n]{0,60}?\s",
        r"\b(?:verify|confirm|check|show|prove|note|remember)\s+that\s+[^.?!\n]{0,60}?(?:is|equals?|=|are|be|get|gets)\s*",
        r"####\s*",
        r"\\boxed\s*",
        r"\(\s*=\s*",
        r"[\"']?\b(?:answer|solution|result|target|label|output|reference|gold)\b[\"']?\s*[:=]\s*[\"']?",
    )
)
_CALLED = tuple(
    re.compile(pattern + _UNIT + r"[*_`\"'(\[{$\\]*\s?\Z", re.IGNORECASE)
    for pattern in (
        rf"\b{_RIGHT}\s+{_AMOUNT}\b{_IS}",
        rf"\b{_AMOUNT}\s+{_WANTED}{_IS}",
        rf"(?:\A|[.!?:;\n(]\s*)what\s+{_WANTED}{_IS}",
        r"\b(?:you|we|they|i)\s*(?:are|['’]re|am|['’]m)\s+(?:all\s+)?(?:looking\s+for|searching\s+for|seeking|"
        r"after)\s+(?:exactly\s+)?",
        rf"\b{_ANSWER}\b\s+(?:reads?|says|should\s+(?:read|say))\s+",
        r"\b(?:it|this|that)\s+(?:should|must|will|would|ought\s+to|has\s+to)\s+(?:come\s+(?:out\s+)?to|work\s+out\s+(?:to|"
        r"as|at)|"
        r"amount\s+to|add\s+up\s+to|turn\s+out\s+to\s+be|end\s+up\s+at)\s+",
        r"\b(?:worked|figured)\s+(?:it|this|that)\s+out\s*(?:already|before|correctly|beforehand)?\s*(?::|\bas\b|"
        r"\bto\s+be\b|\band\s+got\b)\s*",
        r"\b(?:calculated|computed|solved)\s+(?:it|this|that)\s*(?:already|before|correctly|beforehand)?\s*(?::|\bas\b|"
        r"\bto\s+be\b|\band\s+got\b)\s*",
        rf"\b(?:the|its|this)\s+{_ANSWER}\s*,\s*",
        r"\(\s*(?:it|this|that)\s+comes?\s+(?:out\s+)?to\s+",
        rf"\b(?:know|knows|knew|agree|agrees|say|says|found|told|see)\s+(?:that\s+)?(?:the\s+(?:\w+\s+)?{_AMOUNT}|it){_IS}",
    )
)
# `We are looking for 3 consecutive numbers that ...` tells nothing: the number has to end its clause, but for a unit.
_CLAUSE_END = re.compile(r"[*_`\"')\]}]*\s*(?:[^\W\d_]+(?:\s+|/|(?=\W))){0,2}?(?:[*_`\"')\]}]*[.,;:!?)\n]|\Z)")
_AFTER = re.compile(
    r"\A\s*[*_`\"')\]}]*\s*(?:[^\W\d_]{1,12}\s+|%\s*)?,?\s*(?:is|was|being|would be|will be|should be|as)\s+"
    r"(?:the\s+|indeed\s+)*(?:(?:correct|right|final|expected)\b|(?:answer|result|solution)\b)",
    re.IGNORECASE,
)
# "[211 dresses]" between two sentences: a remark on the side, and nothing but the answer.
_BRACKETED = re.compile(r"\[\d[\d,.]*(?:\s+[^\W\d_]+){1,2}\]")
_BRACKET = re.compile(r"(?:\A|[.?!\n]\s*)\[\Z")
_HINT = re.compile(r"\b(?:hint|spoiler)\b[^.?!\n]*\Z", re.IGNORECASE)
_HINT_OUTCOME = re.compile(r"\b(?:get|equal|result|answer|total|outcome|come|end|obtain)", re.IGNORECASE)

_OPERATOR = re.compile(r"[-+−*/×÷·^x]|\b(?:plus|minus|times|divided by|multiplied by|of)\b", re.IGNORECASE)
# A lone letter is an unknown, but for an article and for a unit behind its number.
_UNKNOWN = re.compile(
    r"(?<![A-Za-z\d'’])(?:(?<!\d\s)[ghlmsGHLMS]|[b-fi-kn-ru-wyzB-FJKN-RT-WYZ]|[aAI](?=\s*[-+*/=^])|[xX](?!\s*\d))(?![A-Za-z'’])"
    r"|\d[a-zA-Z]\b|\b[a-zA-Z]_|[α-ω]|_{2,}|\?"
)
_EQUALS = re.compile(r"(?:=|≈|\bequals|\bmakes|\bis)\s*[$€£¥]?\s?\Z", re.IGNORECASE)
_TAIL_EXEMPT = re.compile(
    r"(?i)\b(?:decimal|digit|place|point|mark|significant|option|choice|page|figure|step|part|hr|hour|round)"
)

# A last sentence of these words and one number says what comes out; what it needs beside them is a unit.
_OUTCOME = frozenset(
    words(
        "it its that this these which what so thus then hence and is was be are were being 's ’s would will should must "
        "has have to comes come came makes make made gives give gave leaves leave left leaving giving making yields "
        "equals amounts adds up out works turns turned ends end ended with at in on the a an of exactly just simply only "
        "about precisely other words short total sum number value figure amount count tally quantity outcome answer "
        "result reply response solution final correct right true actual they we you everyone everybody everything all one "
        "knows know agrees agree get gets got arrive arrives reach finally eventually altogether obviously clearly course "
        "fact if for wondering case write say p.s ps fyi"
    )
)
_OPTION_LINE = re.compile(
    r"(?m)^\s*(?:[-*•]\s*)?\(?[A-Ja-j1-9][.):]\s*(.+?)\s*$|(?<=\s)\(?[A-J][.)]\s*([^()]+?)(?=[,;]?\s+\(?[A-J][.)]|$)"
)
_SENTENCE_BREAK = re.compile(r"[.?!]\s+")
_LETTERS = re.compile(r"[^\W\d_]+")
# How many characters before an answer can announce it or work it out.
_REACH = 160
_SHORT_TEXT = 4
_COMMON = frozenset(words("true false none never always equal equally both neither either cannot unknown invalid valid same"))


@dataclass(frozen=True, slots=True)
class Leak:
    """How a prompt relates to its answer. given_away: the answer can be read off it; mentioned: it merely occurs."""

    given_away: bool
    mentioned: bool
    excerpt: str = ""


_NONE = Leak(False, False)


def leak(prompt: str, answer: str) -> Leak:
    """Look for an answer in the prompt it belongs to."""
    answer = answer.strip()
    if not answer:
        return _NONE
    value = number_of(answer)
    return _text_leak(prompt, answer) if value is None else _number_leak(prompt, value)


def _number_leak(prompt: str, value: object) -> Leak:
    found = mentions(prompt)
    same = [mention for mention in found if mention.value == value]
    for mention in same:
        if _announced(prompt, mention.start, mention.end) or _worked_out(prompt, mention) or _tail(prompt, mention, found):
            return Leak(True, True, _excerpt(prompt, mention.start, mention.end))
    return Leak(False, True, _excerpt(prompt, same[0].start, same[0].end)) if same else _NONE


def _announced(prompt: str, start: int, end: int) -> bool:
    before, after = prompt[max(0, start - _REACH) : start], prompt[end : end + 60]
    if any(pattern.search(before) for pattern in _BEFORE) or _called(before, after) or _AFTER.search(after):
        return True
    if len(_BRACKETED.findall(prompt)) == 1 and _BRACKET.search(before) and _BRACKETED.match(f"[{prompt[start:end]}{after}"):
        return True
    hint = _HINT.search(before)
    return bool(hint and _HINT_OUTCOME.search(hint[0]))


def _called(before: str, after: str) -> bool:
    """Whether what stands here is called the right one, or the one that is wanted, and the clause ends with it."""
    return bool(_CLAUSE_END.match(after)) and any(pattern.search(before) for pattern in _CALLED)


def _worked_out(prompt: str, mention: Mention) -> bool:
    """Whether the number is the right side of a sum whose left side is worked in numbers, with no unknown in it."""
    before = prompt[max(0, mention.start - _REACH) : mention.start]
    equals = _EQUALS.search(before)
    if not equals:
        return False
    left = re.split(r"[.?!;:](?=\s|\Z)|\n|=|<<|,\s|\(", before[: equals.start()])[-1]
    numbers = mentions(left)
    if len(numbers) < 2 or _UNKNOWN.search(left):
        return False
    between = left[numbers[0].end : numbers[-1].start]
    if equals[0].strip().lower() in ("is", "makes"):
        # In prose, `3 of the 12 is 4` may be a given; only symbols and operator words make it a sum.
        return bool(re.search(r"[+*×÷·]|\b(?:plus|minus|times|divided by|multiplied by)\b|\d\s*[-−/]\s*\d", left))
    return bool(_OPERATOR.search(between)) or any(numbers[i + 1].start == numbers[i].end for i in range(len(numbers) - 1))


def _tail(prompt: str, mention: Mention, found: list[Mention]) -> bool:
    """Whether the number stands alone, but for a unit, after the last question or as the last sentence."""
    question = prompt.rfind("?") + 1
    if len(prompt.rstrip()) - mention.end > _REACH:
        return False
    breaks = [match.end() for match in _SENTENCE_BREAK.finditer(prompt.rstrip())]
    return (
        (question > 0 and _alone(prompt, mention, found, question, 3))
        or (bool(breaks) and _alone(prompt, mention, found, breaks[-1], 1))
        or (bool(breaks) and _outcome(prompt, mention, found, breaks[-1], question))
    )


def _alone(prompt: str, mention: Mention, found: list[Mention], start: int, most_words: int) -> bool:
    if mention.start < start or sum(other.start >= start for other in found) != 1:
        return False
    beside = _LETTERS.findall(prompt[start : mention.start] + " " + prompt[mention.end :])
    return len(beside) <= most_words and not _TAIL_EXEMPT.search(prompt[start:])


def _outcome(prompt: str, mention: Mention, found: list[Mention], start: int, question: int) -> bool:
    """Whether the last sentence, from start on, only says that something comes to the number."""
    if mention.start < start or sum(other.start >= start for other in found) != 1 or _TAIL_EXEMPT.search(prompt[start:]):
        return False
    before, after = prompt[start : mention.start].lower(), _LETTERS.findall(prompt[mention.end :].lower())
    known = _OUTCOME | ({"there"} if question else set())
    return (
        bool(re.search(r"[^\W\d_]", before))
        and all(word in known or word == "s" for word in _LETTERS.findall(before))
        and len([word for word in after if word not in _OUTCOME]) <= 2
    )


def _text_leak(prompt: str, answer: str) -> Leak:
    pattern = re.compile(r"(?<!\w)" + r"\s+".join(re.escape(word) for word in answer.split()) + r"(?!\w)", re.IGNORECASE)
    places = [match.span() for match in pattern.finditer(prompt)]
    for start, end in places:
        if _announced_text(prompt, start, end, answer):
            return Leak(True, True, _excerpt(prompt, start, end))
    letters = sum(char.isalnum() for char in answer)
    if not places or letters <= _SHORT_TEXT or answer.lower() in _COMMON:
        return Leak(False, bool(places) and letters > 1)
    start, end = places[0]
    return Leak(not _is_option(prompt, answer, places), True, _excerpt(prompt, start, end))


def _announced_text(prompt: str, start: int, end: int, answer: str) -> bool:
    if len(answer) > 1 or answer.isupper():
        before = prompt[max(0, start - _REACH) : start]
        if len(answer) == 1 and not prompt[start:end].isupper():
            return False
        after = prompt[end : end + 60]
        told = any(_BEFORE[place].search(before) for place in (0, 1, 9, 10, 12)) or _called(before, after)
        return told or bool(_AFTER.search(after))
    return False


def _is_option(prompt: str, answer: str, places: list[tuple[int, int]]) -> bool:
    """Whether every place of the answer lists it beside alternatives: an option line, or `this or that`."""
    options = [(match.start(), match.end()) for match in _OPTION_LINE.finditer(prompt)]
    if len(options) >= 2 and all(any(low <= start and end <= high for low, high in options) for start, end in places):
        return True
    return all(
        re.match(r"[\"'’”)]*,?(?:\s+[\w-]+,){0,6}\s+or\b", prompt[end:])
        or re.search(r"\bor\s+(?:an?\s+|the\s+)?[\"'‘“(]*\Z", prompt[:start])
        for start, end in places
    )


def _excerpt(prompt: str, start: int, end: int) -> str:
    return " ".join(prompt[max(0, start - 40) : end + 20].split())
