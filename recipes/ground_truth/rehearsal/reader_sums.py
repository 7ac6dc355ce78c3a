"""Numbers of a sentence that cannot all be true: parts that miss their sum, a part above its whole, more than was there."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import TIMES, UNITS, Mention, Sentence, stem

_TOTAL: Final = re.compile(
    r"#(?P<after>\d+)(?: (?!(?:and|or|of|than|in)\b)[a-z'’-]+){0,3}? (?:altogether|in all|all told|in total|in sum|all in "
    r"all|together|overall)\b"
    r"(?!,? (?:with|to|into|by))"
    r"|\b(?:a|the|grand|combined|for a) total of (?:[a-z]+ )?#(?P<of>\d+)"
    r"|\b(?:add(?:s|ed|ing)? up to|sum(?:s|med)? (?:up )?to|total(?:s|led|ling|ing|ed)?|amount(?:s|ed|ing)? to)(?: (?:only|"
    r"exactly|just))? "
    r"#(?P<to>\d+)"
    r"|(?<!which )\b(?:makes|made|making|gives|gave|giving|is|were|was)(?: (?:only|exactly|just|together))? "
    r"#(?P<made>\d+)(?=(?: [a-z'’-]+)?$)"
    r"|\bmakes (?:only |exactly )?#(?P<which>\d+)(?=(?: [a-z'’-]+)?$)"
    r"|\b(?:whole|entire) [a-z]+ (?:[a-z]+ )?#(?P<whole>\d+)"
)
_PACKED: Final = re.compile(
    r"#(?P<packs>\d+) [a-z-]+(?: (?:with|of|holding|containing|that held|which held|at))+ (?:exactly )?#(?P<size>\d+)(?: "
    r"[a-z-]+){0,2} (?:each|apiece)"
    r"(?: (?!and\b)[a-z]+){0,3} (?:held|hold|made|make|gave|give|contained|contain|came to|come to|were|are|is|was|"
    r"totall?ed) (?:only |exactly )?"
    r"#(?P<whole>\d+)"
)
_FROM_TO: Final = re.compile(
    r"\b(?:from|between) #(?P<start>\d+)(?: (?:a ?m|p ?m|am|pm|o['’]clock))? (?:to|until|till|and) #(?P<end>\d+)(?: (?:a "
    r"?m|p ?m|am|pm|o['’]clock)\b)"
)
_TAKEN: Final = re.compile(
    r"\b(?:sold|lost|broken|broke|ate|eaten|stolen|thrown away|threw away|used up|given away|gave away|walked off with|"
    r"withdrawn|discarded|"
    r"spoiled|destroyed|scrapped|returned|consumed|written off|wasted|perished|vanished|disappeared|removed|took away|"
    r"taken away|taken out)\b"
    r"(?!.*\b(?:remain\w*|left|cents?|dollars?|each|every|per|than|to|from (?:a|an|the|another) (?:other|second|previous))\b)"
)
_NO_SUM: Final = re.compile(
    r"\b(?:each|every|per|apiece|rest|remain\w*|others?|another|including|includ\w+|than|times|left|of which|among|where|"
    r"instead|not|sold|lost|spent|ate|fewer|less|more|after|before|minus|used|took|needs?|wants?|plans?|goal)\b|\?"
)
_JOINED: Final = re.compile(r"\b(?:and|plus)\b|:|,")
_OUT_OF: Final = re.compile(
    r"\b(?P<frame>(?:out )?of|from|among)(?: (?:the|those|these|every|all|his|her|their|its|our|original|first|initial|"
    r"total|a))* "
    r"#(?P<whole>\d+)(?P<kind>(?: [a-z'’-]+){0,2}?) ,(?P<between>[^#]*)#(?P<part>\d+)(?P<rest>.*)"
)
_RATED: Final = re.compile(r"\b(?:each|every|per|to|points?)\b")
_PART_OF: Final = re.compile(
    r"#(?P<part>\d+)(?: [a-z'’-]+){0,2}? (?:out )?(?:of|from(?: among)?)(?: (?:the|those|these|his|her|their|its|our|"
    r"original|initial|said|same|"
    r"first|total|only|every|all))* #(?P<whole>\d+)"
)
_BACK: Final = re.compile(r"#\d+ of (?:these|those|them|which|whom|that|it)\b")
_OF_WHAT: Final = re.compile(r"#\d+ of (?:the |his |her |their |its |all |our |every )*([a-z'’-]+)")
_ORDINAL: Final = re.compile(r"#\d+ (?:st|nd|rd|th)\b")
_EXCLUSIVE: Final = re.compile(
    r"\b(?:remaining|rest|left|more|increase\w*|decrease\w*|rose|fell|grew|drop\w*|off|discount|than|by #|interest|as "
    r"(?:many|much)|"
    r"likely|probability|chance|each|per|which|whom|both|also|too|as well|price|salary|cost|times|time|height|length)\b"
)
_USED_UP: Final = re.compile(
    r"\b(?:sold|used|lost|broken|broke|damaged|eaten|ate|taken|took|removed|thrown|given|gave|sent|spoil\w*|faulty|"
    r"returned|stolen|"
    r"packed|delivered|moved|emptied|read|missing|finished|destroyed|consumed|red|blue|old|new|empty|full|kept)\b"
)


def impossible(sentence: Sentence, noun: str) -> str:
    """Why the sentence's own numbers cannot all be true, as an objection; "" where they can.

    noun: the stem of what the text counts.
    """
    within = _missed_sum(sentence) or _missed_product(sentence) or _missed_time(sentence)
    return within or _above_whole(sentence, noun) or _above_all(sentence, noun)


def overdrawn(sentence: Sentence, noun: str, came_in: Fraction | None) -> str:
    """Why more cannot have been taken than ever was there, as an objection; "" where no more was.

    noun: the stem of what the text counts; came_in: how many were there or came in so far, None where that is not known.
    """
    if came_in is None or sentence.asks or len(sentence.mentions) != 1 or _TAKEN.search(sentence.text) is None:
        return ""
    mention = sentence.mentions[0]
    ours = mention.kind == "count" and (mention.noun == noun or "#0 of them" in sentence.text or "#0 of these" in sentence.text)
    return f"{mention.value} are taken of no more than {came_in}." if ours and mention.value > came_in else ""


def _countable(mention: Mention) -> bool:
    return mention.kind == "count" and mention.noun not in TIMES and mention.noun not in UNITS.values()


def _missed_product(sentence: Sentence) -> str:
    match = _PACKED.search(sentence.text)
    if match is None or len(sentence.mentions) != 3:
        return ""
    packs, size, whole = (sentence.mentions[int(match[name])] for name in ("packs", "size", "whole"))
    product = packs.value * size.value
    alike = whole.noun in ("", size.noun) and all(m.kind == "count" for m in (packs, size, whole))
    return f"They come to {product}, not to {whole.value}." if alike and product != whole.value else ""


def _missed_time(sentence: Sentence) -> str:
    match = _FROM_TO.search(sentence.text)
    spent = [m for m in sentence.mentions if m.noun == "hour"]
    if match is None or len(spent) != 1 or len(sentence.mentions) != 3:
        return ""
    start, end = (sentence.mentions[int(match[name])].value for name in ("start", "end"))
    return "" if (end - start - spent[0].value) % 12 == 0 else "The hours do not fit the times."


def _missed_sum(sentence: Sentence) -> str:
    text, mentions = sentence.text, sentence.mentions
    # "The two piles, 9 and 16, make 25": how many parts there are is no part.
    if len(mentions) > 3 and mentions[0].value == len(mentions) - 2:
        mentions = mentions[1:]
    if len(mentions) < 3 or not all(_countable(m) for m in mentions) or _NO_SUM.search(text) or not _JOINED.search(text):
        return ""
    named = {m.noun for m in mentions if m.noun and m.noun[0] != "?"}
    if len(named) > 1:
        return ""
    totals = {int(next(group for group in match.groups() if group is not None)) for match in _TOTAL.finditer(text)}
    if len(totals) != 1:
        return ""
    total = totals.pop()
    if total not in (mentions[0].index, mentions[-1].index):
        return ""
    parts = sum((m.value for m in mentions if m.index != total), Fraction(0))
    return (
        f"The parts come to {parts}, not to {sentence.mentions[total].value}."
        if parts != sentence.mentions[total].value
        else ""
    )


def _above_whole(sentence: Sentence, noun: str) -> str:
    if _ORDINAL.search(sentence.text):
        return ""
    for pattern in (_PART_OF, _OUT_OF):
        for match in pattern.finditer(sentence.text):
            part, whole = sentence.mentions[int(match["part"])], sentence.mentions[int(match["whole"])]
            if not (_countable(part) and _countable(whole)) or part.value <= whole.value:
                continue
            own = part.noun in ("", noun, whole.noun) or part.noun.startswith("?")
            if pattern is _OUT_OF and (not own or _RATED.search(match["between"] + match["kind"])):
                continue
            # "31 packs of the 12 kinds", "5 crates of 40 jars": the contents of a pack, not a part of what there was.
            if pattern is _PART_OF and not own:
                continue
            return f"{part.value} of {whole.value} are more than there were."
    return ""


def _above_all(sentence: Sentence, noun: str) -> str:
    text = sentence.text
    shares = [m for m in sentence.mentions if m.kind in ("percent", "part")]
    if not shares or _EXCLUSIVE.search(text):
        return ""
    if not any(stem(word) == noun for word in text.split()) or len(shares) != len(sentence.mentions) or _BACK.search(text):
        return ""
    if any(stem(word) not in (noun, "all", "every") for word in _OF_WHAT.findall(text)):
        return ""
    whole = sum((m.value / 100 if m.kind == "percent" else m.value for m in shares), Fraction(0))
    if whole <= 1 or (len(shares) == 1 and _USED_UP.search(text) is None):
        return ""
    return "The shares come to more than the whole."
