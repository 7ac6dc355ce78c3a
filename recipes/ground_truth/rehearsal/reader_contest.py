"""Sentences that take back what a text says: another number for one of the story's, a figure called wrong, a thing told twice.

A number is cited, rather than told, where the story gives it elsewhere and it stands here without its noun, or is spoken of as
a number. Who says the other, and in what words, does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction
from itertools import pairwise
from typing import Final

from recipes.ground_truth.rehearsal.reader_conflicts import MOVES, RECORD, SAYING, measures
from recipes.ground_truth.rehearsal.reader_denied import denies
from recipes.ground_truth.rehearsal.reader_sums import impossible
from recipes.ground_truth.rehearsal.reader_text import Mention, Sentence, wordset

_FIGURE: Final = r"(?:figures?|numbers?|counts?|amounts?|totals?|values?|quantit(?:y|ies)|entr(?:y|ies)|prices?|rates?|sums?)"
_DOUBTED: Final = (
    r"(?:disputed|contested|questioned|questionable|challenged|doubted|doubtful|in (?:doubt|question|dispute|error)|wrong|"
    r"mistaken|"
    r"incorrect|erroneous|inaccurate|false|untrue|unreliable|contradicted|refuted|(?:a|an) (?:misprint|typo|error|mistake|"
    r"slip|"
    r"misreading|"
    r"misunderstanding|lie|fabrication)|not (?:right|correct|true|accurate|certain|agreed|reliable)|mistyped|misprinted|"
    r"miscounted|"
    r"misread|"
    r"misquoted|(?:crossed|struck|scratched|rubbed|blotted|inked) (?:out|off|through)|overwritten|erased|deleted|withdrawn "
    r"as wrong)"
)
# "The figure of 36 is disputed", "36 is a misprint", "crossed out the 36": of a number, not of things.
_CALLED_WRONG: Final = re.compile(
    rf"\b{_FIGURE}(?: of| given as| as)? #(?P<a>\d+)[^#]{{0,40}}?\b{_DOUBTED}"
    rf"|#(?P<b>\d+)(?: (?:above|given|here|stated|mentioned|quoted|printed|named|just|in|the|first|sentence|text|line|"
    rf"figure|number))* "
    rf"(?:is|was|are|were|must be|may be|seems|has been|had been|looks|can(?: ?not|'t|’t) be)(?: [a-z]+)? (?:{_DOUBTED}|"
    rf"right|correct|true)"
    rf"|\b{_DOUBTED} (?:is |was )?(?:the |that |this )?(?:{_FIGURE} )?(?:of )?#(?P<c>\d+)(?! (?:of|times|pieces))"
)
_RIGHT: Final = re.compile(r"\b(?:is|was|are|were|has been|had been) (?:[a-z]+ )?(?:right|correct|true)$")
# Words on the text itself, its numbers, and how they came to be there.
_ON_THE_TEXT: Final = re.compile(
    r"\b(?:errat(?:um|a)|corrigend(?:um|a)|corrections?|corrected|correct|misprints?|typo|mistake|error|errors|wrongly|"
    r"mistakenly|"
    r"ought to|should (?:be|read|have|say)|meant|means|reads?|printed|typed|handwriting|writing|digits?|ink|copied|"
    r"(?:crossed|struck|scratched) out|overwr\w+|replac\w+|substitut\w+|amend\w+|alter\w+|chang\w+|turn(?:s|ed)? into|"
    r"becomes?|became|"
    r"instead|in place|in lieu|rather|wherever|may (?:well )?be|might (?:well )?be|could (?:well )?be|versus|against|"
    r"contradict\w*|disagree\w*|differ\w*|dispute\w*|square|tally|match|agree|results?|at the same time|"
    r"both|one says|another|the other|says|say|reckoning|version|earlier|recount\w*|counted|numbered|equals?|"
    r"all told|in truth|in fact|really|actually|true|this (?:text|problem|story|account|paragraph)|speaks of|discrepan\w+|"
    r"inconsisten\w+|mismatch\w*|conflict\w*|clash\w*)\b"
)
# "There were 31 where 24 were", "the 24 numbered 31", "24 is 31".
_EQUATED: Final = re.compile(
    r"#\d+(?: [a-z'’-]+){0,2}? (?:is|are|was|were|be|been|numbered|number|equals?|equalled|made|makes?|amount(?:s|ed)? to|"
    r"c[ao]mes? to|totall?ed|reads?|means?|stands? for)(?: (?:in fact|in truth|really|actually|only|exactly|also|well|not|"
    r"but|no|less|"
    r"more|than|called|all told|at the same time|rather|,))* #\d+\b|#\d+(?: [a-z'’-]+){0,2} where (?:[a-z'’-]+ )?#\d+"
)
_SUBSET: Final = re.compile(
    r"(?:^|\bout |, )of #|\bof (?:(?:the|those|these|them|all|his|her|their|its|first|every) )+#|#\d+ of (?:the|them|those|"
    r"these)\b(?! where\b)"
)
_CLOCK: Final = re.compile(
    r"\b(?:at|(?<!meant )by|until|till|from|on|page|line|room|(?<!the )number|day|week|year|in|"
    r"aged?) (?:the )?#(\d+)(?= |$)"
)
_RATHER: Final = (
    r"(?:or rather|or,? (?:to be|more) (?:exact|precise|precisely|exactly)|that is to say|which is to say|i mean|i should "
    r"say|"
    r"make that|(?<=, )no ,|(?<=, )no(?= on| at| the| it)|scratch that|correction|or better)"
)
_WEEKDAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_MONTH: Final = r"(?:january|february|march|april|june|july|august|september|october|november|december)"
_OVER_AGAIN: Final = re.compile(
    rf"(?:#\d+|{_WEEKDAY}|{_MONTH})\b[^#?]*? {_RATHER} [^#?]*?(?:#\d+|\b{_WEEKDAY}\b|"
    rf"\b{_MONTH}\b)"
)
_SAME: Final = re.compile(r"\b(?:(?:the|that|this) (?:very same|selfsame|self-same)|one and the same|at the same time)\b")
_SAME_ONE: Final = re.compile(
    r"\b(?:the|that|this) same (?P<what>[a-z-]+) (?:[a-z]+ )?(?:is|was|are|were|gives?|gave|reads?|shows?|showed|c[ao]me|"
    r"holds?|held|has|had|"
    r"weigh\w*|costs?|took|takes|began|begins|starts|started|measured|arrived|numbered|stands|lasted)\b"
)
_SAYS: Final = re.compile(
    r"\b(?:says?|said|according to|claims?|claimed|states?|stated|gives?|given|lists?|listed|insists?|maintains?|reports?|"
    r"reported|"
    r"shows?|reads?|puts it|has it|noted|notes|written|tells|told|thinks|believes?|remembers?|recalls?|swears?)\b"
)
_AGAINST: Final = re.compile(r"\b(?:although|though|whereas|while|but|yet|however|elsewhere|even though|or ,? as|only)\b")
_CLAUSE: Final = re.compile(r" , (?:and |but |or |while |whereas |yet )?|: | (?:and|but|while|whereas|yet) ")
_FILLER: Final = wordset(
    "also again elsewhere the a an very same that this then too yet however but and though although in fact just as well"
)
_STATES: Final = re.compile(
    r"\b(?:is|was|are|were|holds?|held|contains?|contained|costs?|weighs?|weighed|began|begins?|starts?|started|ends?|"
    r"ended|lasts?|"
    r"lasted|takes?|measures?|measured|makes?|fits|has|had|have|worked|works|runs?|ran|opens?|closes?|came|lies|stands?|"
    r"pays?|"
    r"paid|earns?|gives?|yields?|needs?|numbered|totall?ed|lay|stood|arrives?|arrived|leaves?)\b"
)


def contested(told: tuple[Sentence, ...], noun: str) -> dict[int, str]:
    """The places of the sentences that contradict the text or themselves, each with the objection; no question is among them.

    told: the whole text; noun: the stem of what it counts.
    """
    found: dict[int, str] = {}
    for place, sentence in enumerate(told):
        if sentence.asks:
            continue
        elsewhere = frozenset(m.value for n, other in enumerate(told) if n != place for m in other.mentions)
        before = told[:place]
        if (
            why := _wrong(sentence, elsewhere)
            or impossible(sentence, noun)
            or denies(sentence, noun, before)
            or _cited(sentence, elsewhere, noun)
            or _itself(sentence)
        ):
            found[place] = why
        elif (
            place
            and not told[place - 1].asks
            and (why := _again(told[place - 1], sentence) or _stands_against(told[place - 1], sentence, elsewhere, noun))
        ):
            found[place] = why
            if told[place - 1].mentions[0].value in elsewhere or _STANDS.search(sentence.text):
                found[place - 1] = why  # It was given before, or is only said, and is no amount of its own.
        # "The figure of 36 is disputed; the driver counted 43."
        elif place - 1 in found and found[place - 1] == _CALLED and _other_word(sentence, noun):
            found[place] = _CALLED
    return found


_STANDS: Final = re.compile(
    r"\b(?:what (?:stands|is (?:written|printed|given|said))|stands|written|printed|given|said|told|quoted|stated) "
    r"(?:here|above|in (?:this|the) (?:text|problem|story|paragraph))\b"
)
_CALLED: Final = "A number of the text is said to be wrong or in dispute, and nothing settles it."


def _wrong(sentence: Sentence, elsewhere: Collection[Fraction]) -> str:
    """A number of the story that the sentence itself calls wrong."""
    for match in _CALLED_WRONG.finditer(sentence.text):
        index = next(int(group) for group in match.groups() if group is not None)
        # Of a number that it says is right there must be another.
        right = _RIGHT.search(match[0]) is not None and "not " not in match[0] and len(sentence.mentions) < 2
        if sentence.mentions[index].value in elsewhere and not right:
            return _CALLED
    return ""


def _other_word(sentence: Sentence, noun: str) -> bool:
    """Whether it is one number, as someone has it."""
    return len(sentence.mentions) == 1 and _bare(sentence.mentions[0], noun) and MOVES.search(sentence.text) is None


def _bare(mention: Mention, noun: str) -> bool:
    """A number without a noun of its own: "24", "24 is", or of the story's noun."""
    return mention.kind == "count" and (mention.noun in ("", noun) or mention.noun.startswith("?")) and not measures(mention)


def _cited(sentence: Sentence, elsewhere: Collection[Fraction], noun: str) -> str:
    """A number of the story, and another that is put for it."""
    text = sentence.text
    # "Two clerks came to two results, 24 and 31": how many say so is beside the point.
    cited = [m for m in sentence.mentions if _bare(m, noun)]
    cited = cited if len(cited) == 2 else [m for m in cited if m.value > 3]
    ours = [m for m in cited if m.value in elsewhere]
    if len(cited) != 2 or len(ours) != 1 or _SUBSET.search(text) or _CLOCK.search(text) or cited[0].value == cited[1].value:
        return ""
    if any(m.value > 3 for m in sentence.mentions if m not in cited):
        return ""
    if _EQUATED.search(text) is None:
        # "By one count 24, by another 31": that is not another 31.
        on_the_text = _ON_THE_TEXT.search(text) is not None
        said = SAYING.search(text) is not None or RECORD.search(text) is not None
        alone = all(m.noun != noun or not noun for m in cited)
        if ours[0].noun == noun or not (on_the_text or (said and alone)) or MOVES.search(text.replace("by another", "by one")):
            return ""
    other = next(m.value for m in cited if m is not ours[0])
    return f"{ours[0].value} is given as {other} in another place."


def _itself(sentence: Sentence) -> str:
    """A value that the sentence gives and takes back in one breath, or gives twice."""
    text = sentence.text
    over = _OVER_AGAIN.search(text)
    if over is not None and len(set(re.findall(r"#\d+|[a-z]+days?\b", over[0]))) != 1:
        return "It is said one way and, in the same breath, another."
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    for one, two in pairwise(clauses):
        if _twice(one, two, sentence.mentions, sentence.mentions):
            return "The same is given twice, with different numbers."
    if len(sentence.mentions) != 2 or not _like(*sentence.mentions):
        return ""
    if _SAME.search(text) or (
        _SAYS.search(text) and _AGAINST.search(text) and not re.search(r"\b(?:than|more|less|fewer)\b", text)
    ):
        tail = re.split(r"#\d+", text)[1]
        same_subject = re.search(r"\b(?:it|they|he|she|same)\b", tail) is not None
        return "The same is given twice, with different numbers." if same_subject else ""
    return ""


def _again(first: Sentence, second: Sentence) -> str:
    """Two sentences in a row of the same words, but for the number."""
    if _twice(first.text, second.text, first.mentions, second.mentions):
        return "The same is given twice, with different numbers."
    pair = len(first.mentions) == len(second.mentions) == 1 and _like(first.mentions[0], second.mentions[0])
    same = _SAME_ONE.search(second.text)
    again = _SAME.search(second.text) or (same is not None and same["what"] in first.text.split())
    return "The same is given twice, with different numbers." if pair and again else ""


def _like(one: Mention, two: Mention) -> bool:
    return one.kind == two.kind and one.value != two.value and (one.noun == two.noun or "" in (one.noun, two.noun))


def _stands_against(first: Sentence, second: Sentence, elsewhere: Collection[Fraction], noun: str) -> str:
    """ "The contract says 31; 24 is what stands here"."""
    pair = (*first.mentions, *second.mentions)
    if len(first.mentions) != 1 or len(second.mentions) != 1 or not all(_bare(m, noun) for m in pair):
        return ""
    cited = pair[0].value != pair[1].value in elsewhere and _STANDS.search(second.text) is not None
    return f"{pair[1].value} is given as {pair[0].value} in another place." if cited else ""


def _twice(one: str, two: str, ones: tuple[Mention, ...], twos: tuple[Mention, ...]) -> bool:
    if _mask(one) != _mask(two) or len(_mask(one)) < 3 or _STATES.search(one) is None or _HAPPENED.search(one):
        return False
    left, right = (
        [mentions[int(n)].value for n in re.findall(r"#(\d+)", text)] for text, mentions in ((one, ones), (two, twos))
    )
    return len(left) == 1 and left != right


_HAPPENED: Final = re.compile(
    r"\b(?:more|another|extra|further|additional|fewer|sent|took|sold|lost|gave|used|delivered|received|brought|added|"
    r"removed|"
    r"returned|bought|ate|broke|day|week|month|year|night|morning|evening|he|she|they|one|other)\b"
)


def _mask(text: str) -> tuple[str, ...]:
    return tuple(re.sub(r"#\d+", "#", word) for word in text.split() if word not in _FILLER and word[0] != ",")
