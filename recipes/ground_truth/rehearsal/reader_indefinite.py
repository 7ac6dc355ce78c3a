"""Amounts told by what has no number itself: a sackful, one for each of people nobody counted, as many as were wanted."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import STOP, TIMES, Sentence, stem, wordset

_DONE: Final = (
    r"(?:sold|s[eo]nd?t?|took|taken?|lost|gave|given?|used|us(?:ed)? up|arriv\w+|c[ao]me|went|gone|got|gets?|bought|"
    r"brought|deliver\w+|receiv\w+|"
    r"added|removed|returned|broke\w*|dropped|stol\w+|thrown|threw|put|set|kept|left|moved|donated|borrowed|lent|handed|"
    r"collected|picked|ordered|"
    r"found|made|filled|eaten|ate|drunk|drank|carried|fetched|shipped|packed|withdrawn|withdrew|discarded|missing|vanished|"
    r"disappeared|pinched|"
    r"nicked|swiped|mislaid|spilled|spilt|spoil\w*|shared|divided|split|distributed|grabbed|helped (?:him|her|them)sel\w+|"
    r"turned up|poured|"
    r"pocketed|burn\w*|died|escaped|consumed|destroyed|replaced|exchanged|followed|joined|evaporat\w+|leaked|dried|fell|"
    r"walked off)"
)
_HAPPENED: Final = re.compile(rf"\b{_DONE}\b")
# "A truckload of crates", whatever it is that holds them.
_OF_OURS: Final = re.compile(
    r"\b(?:an?|another|one more|yet another) (?:(?!(?:day|week|month|hour)\b)[a-z-]+ ){0,2}?(?P<pack>[a-z-]+) (?:full )?of "
    r"(?:the |these |those |his |her |their |such )*(?P<what>[a-z-]+(?: [a-z-]+)?)"
)
_NO_PACK: Final = wordset(
    "total number count sum list kind type sort colour color brand make lack way member matter part picture photo "
    "smell variety mix pair owner supplier dozen hundred thousand note record row share rest store shop dealer maker "
    "half third fourth quarter fifth sixth eighth tenth collection minimum maximum average price"
)
_SOME: Final = re.compile(
    r"\b(?:some|more|(?:his|her|their|its|our) own|enough|too many|countless|extra|fresh|fewer|(?:a|the) further) "
    r"(?P<what>[a-z-]+(?: [a-z-]+)?)"
)
_KNOWN_AMOUNT: Final = re.compile(
    r"\b(?:(?:wants?|wanted|needs?|needed|decide[sd]?|plan\w*|hope[sd]?|goes|went|has|had|"
    r"going) to|than|as many|how|each|every|per|total|remaining|rest|all (?:of )?(?:the|them))\b"
)
_AS_WANTED: Final = re.compile(
    r"\b(?:as (?:many|much)(?: of)?(?: [a-z]+){0,3} as (?:(?:they|he|she|it|the [a-z]+)? ?(?:could|can|"
    r"wanted|needed|wished|liked|pleased|(?:was|were) (?:able|needed|wanted|possible|there|necessary))|possible|necessary|"
    r"needed)\b|(?:just )?enough (?:[a-z]+ )?(?:[a-z]+ )?(?:to (?!double|triple|bring|make|reach|have|cause|fill)|for\b)|"
    r"until (?:it|they|the [a-z]+(?: [a-z]+)?) (?:was|were|had) "
    r"(?:full|empty|enough|satisfied|gone)|what(?:ever)? (?:it|they|he|she|the [a-z]+) (?:needed|wanted|could (?:carry|"
    r"hold|take|use|find)|liked|"
    r"asked for|required|found|brought|had left over|sent))\b"
)
_AS_BEFORE: Final = re.compile(
    r"(?<!\S)(?:#\d+|half|exactly|just|about) (?:as (?:many|much)|the (?:number|amount))(?: [a-z]+){0,3}? (?:as|of) (?:on |"
    r"in |at )?(?:the )?(?:last|previous|"
    r"year before|week before|day before|month before|preceding|usual|yesterday|before|always|ever)\b"
)
# "Each of the visitors took two", "the pupils each brought 3", "every guest took one home".
_TO_EACH: Final = (
    re.compile(
        r"\b(?:each|every(?: one)?|all|any)(?: of)?(?: the| their| his| her| these| those)? (?P<who>[a-z-]+)(?: "
        r"[a-z]+){0,4}?(?= (?:#\d+|one|a|an|some|half)\b)"
    ),
    re.compile(r"\bthe (?P<who>[a-z-]+s) (?:have |had |were |all )?each\b"),
    re.compile(
        r"(?<!\S)(?:#\d+|one|a|an)(?: [a-z-]+){0,3} (?:for |to |by |from )?(?:each|every|per)(?: of the)? "
        r"(?P<who>[a-z-]+)(?: [a-z]+){0,2}$"
    ),
)
_AMONG: Final = re.compile(
    r"\b(?:shared|divided|split|distributed|dealt|handed) (?:out )?(?:equally |evenly |fairly |out )*(?:among|amongst|"
    r"between|to|over|by) (?:all )?(?:of )?"
    r"(?:the |his |her |their |its |some |several |those )*(?P<who>(?:[a-z-]+ ?){1,5})$"
)
_PER_TIME: Final = re.compile(
    r"(?:^|\b(?:and|then|,) )(?:each|every|once an?|on every|on each|twice an?) (?P<time>second|minute|hour|day|night|"
    r"shift|week|month|year|morning|evening|afternoon)\b"
)
_SOMEWHAT: Final = re.compile(
    r"\b(?:rose|risen|fell|fallen|grew|grown|gone up|went up|gone down|went down|increased|decreased|shrunk|shrank|dropped|"
    r"swelled|dwindled|"
    r"declined|sunk|climbed|reduced|improved)(?: (?:again|then|also))? (?:a (?:little|bit|lot|good deal|great deal|trifle)|"
    r"slightly|somewhat|"
    r"considerably|noticeably|markedly|substantially|sharply|further|marginally|moderately|greatly|significantly)\b"
)
_BARE: Final = re.compile(
    rf"^(?:then |later |after that ,? ?|afterwards ,? ?|meanwhile ,? ?|also ,? ?|soon )?(?:(?:further|more|other|new|extra|"
    rf"additional|fresh|old) )?"
    rf"(?P<what>[a-z-]+s(?: [a-z-]+s)?) (?:also |then |still |soon |had |have |were |later )*(?:been )?{_DONE}\b"
)
_KEPT_ON: Final = re.compile(
    r"(?P<what>[a-z-]+) (?:kept(?: on)?|continued to|went on|started|began to|began) (?:[a-z]+ing|"
    r"disappear|arrive|vanish|break)\b"
)
# "Someone added to the pile", "moths got into part of the crates".
_TO_THE_PILE: Final = re.compile(
    r"\b(?:add(?:s|ed)? to|took from|taken from|drew on|dipped into|topped up|ate into|raided|cut into|made inroads into|"
    r"helped \w+sel(?:f|ves) to|"
    r"emptied|reduced|replenished|restocked) (?:the|their|his|her|this|that) (?P<what>[a-z-]+(?: [a-z-]+)?)$|"
    r"\b(?:add(?:s|ed)? to|took from|taken from|topped up|ate into|raided|replenished|restocked) (?:the|their|his|her) "
    r"(?P<then>[a-z-]+) "
    r"(?:while|when|before|after|during|in|at|on|later|again|overnight)\b"
)
_SOME_OF_OURS: Final = re.compile(
    r"(?<!are )(?<!is )(?<!was )(?<!were )(?<!being )(?<!as )\b(?:part|parts|some|most|several|many|a few|a number) of "
    r"(?:the|these|those|his|her|their) "
    r"(?P<what>[a-z-]+(?: [a-z-]+)?)"
)
_GOODS: Final = wordset("stock supply number total count pile quantity store")
_PEOPLE: Final = wordset("one it them these those of time way morning case side single other")


def indefinite(
    sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str], sized: Collection[str], *, begun: bool
) -> str:
    """What the sentence counts by something uncounted, as an objection; "" where it does not.

    others: the other sentences; nouns: the stems of what the story counts; sized: those of packs whose contents the text tells;
    begun: whether the text has given a number before: what comes first may be told in numbers after it.
    """
    if sentence.asks:
        return ""
    if why := _to_each(sentence, others, nouns):
        return why
    text = sentence.text
    ours = _names(text.split(), nouns)
    if not ours and not any(stem(word) in _GOODS for word in text.split()):
        return _wanted(sentence)
    if len(sentence.mentions) < 2 and _AS_BEFORE.search(text) and not _earlier_told(others):
        return "How many there were then is not said."
    if sentence.mentions or not begun:
        return ""
    for pattern in (_TO_THE_PILE, _SOME_OF_OURS):
        match = pattern.search(text)
        what = "" if match is None else next(group for group in match.groups() if group is not None)
        if what and _names(what.split(), {*nouns, *(_GOODS if pattern is _TO_THE_PILE else ())}):
            return "How many those were is not said."
    if ours and _HAPPENED.search(text) and not _KNOWN_AMOUNT.search(text):
        pack = next((m for m in _OF_OURS.finditer(text) if _names(m["what"].split(), nouns)), None)
        if pack is not None and stem(pack["pack"]) not in {*_NO_PACK, *sized, *nouns}:
            return "How many go into that is not said."
        if any(_names(m["what"].split(), nouns) for m in _SOME.finditer(text)):
            return "How many those were is not said."
    if _SOMEWHAT.search(text):
        return "By how much is not said."
    if any((m := pattern.search(text)) and _names(m["what"].split(), nouns) for pattern in (_BARE, _KEPT_ON)):
        return "How many those were is not said."
    return _wanted(sentence)


def _earlier_told(others: tuple[Sentence, ...]) -> bool:
    """Whether another sentence speaks of an earlier time."""
    return any(re.search(r"\b(?:last|previous|yesterday|before|preceding)\b", one.text) for one in others if one.mentions)


def _wanted(sentence: Sentence) -> str:
    held = not sentence.mentions and _AS_WANTED.search(sentence.text) and _HAPPENED.search(sentence.text)
    return "How many that came to is not said." if held else ""


def _names(words: list[str], nouns: Collection[str]) -> bool:
    return any(stem(word) in nouns for word in words)


def _to_each(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    text = sentence.text
    counted = {mention.noun.lstrip("?") for one in (*others, sentence) for mention in one.mentions}
    ours = _names(text.split(), nouns) or re.search(r"\b(?:of (?:them|these|those)|home|away)\b", text) is not None
    if not ours or _HAPPENED.search(text) is None:
        return ""
    why = "How many of those there were is not said."
    shared = _AMONG.search(text)
    if shared is not None and not sentence.mentions:
        return "" if any(stem(word) in counted for word in shared["who"].split()) else why
    for pattern in _TO_EACH:
        match = pattern.search(text)
        if match is None:
            continue
        who = stem(match["who"])
        bearer = (
            not who.endswith("ing")
            and who not in {*counted, *nouns, *TIMES, *STOP, *_PEOPLE}
            and not _spoken_of_twice(who, others)
        )
        if bearer and len(sentence.mentions) <= 1:
            return why
    period = _PER_TIME.search(text)
    if period is not None and len(sentence.mentions) == 1 and not counted & TIMES:
        asked = any(re.search(rf"\b(?:{'|'.join(sorted(TIMES))})s?\b", one.text) for one in others)
        return "" if asked else "For how long that went on is not said."
    return ""


def _spoken_of_twice(who: str, others: tuple[Sentence, ...]) -> bool:
    """Whether the text has spoken of them already: it may tell how many they are in words that are not read here."""
    return any(who == stem(word) for one in others for word in one.text.split())
