"""Quantities that a text brings up and does not give: what is lost, gained, shared or left out, and nobody says how much of it.

A sentence counts only where it touches what the story counts: by its noun, by a word that refers back to it, or by a bare
quantity that something happened to. One that gives the number after all ("some of them, 12 in all") leaves nothing open.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from recipes.ground_truth.rehearsal.reader_marks import marks
from recipes.ground_truth.rehearsal.reader_text import Sentence, stem, wordset

_GOODS: Final = wordset(
    "stock delivery consignment shipment load batch good lot order total remainder rest supply pile quantity "
    "amount count figure contents inventory item unit piece whole number transfer return"
)
"""What a story's things are called without their name."""
_BACK: Final = wordset("them these those it ones one this that which others")
HAPPENS: Final = re.compile(
    r"\b(?:lost|lose|losing|missing|damaged|broken|broke|smashed|cracked|spoil\w*|rotten|rotted|stolen|stole|returned|"
    r"(?:thrown|threw|given|gave|taken|took|put|set|sent|handed|carried|carted|washed|blown|driven|rolled) "
    r"(?:\w+ )?(?:away|out|aside|back|on|off|elsewhere|over|along|home)|"
    r"discarded|disposed|sold|used|consumed|eaten|ate|drunk|drank|given|gave|taken|took|sent|removed|withdrawn|withdrew|"
    r"expired|spilled|spilt|leaked|wasted|rejected|destroyed|burnt|burned|recalled|written off|scrapped|dumped|dropped|"
    r"unusable|useless|faulty|defective|flawed|dented|unfit|contaminated|soiled|torn|frozen|melted|shrank|evaporated|"
    r"arrived|arrives?|came|come|delivered|received|added|brought|found|bought|ordered|turned up|joined|replaced|restocked|"
    r"shipped|dispatched|despatched|moved|transferred|shared|split|donated|lent|loaned|borrowed|kept|held|reserved|retained|"
    r"promised|pledged|allotted|allocated|assigned|earmarked|left|went|gone|disappeared|vanished|missed|packed|unpacked|"
    r"loaded|unloaded|collected|picked|handed|passed|poured|fell|made it|survived?|remain\w*|confiscated|seized|exchanged|"
    r"swapped|counted twice|died|escaped|hatched|born|grew|rose|increased|decreased|reduced|refunded|cancelled|delayed|"
    r"withheld|misplaced|mislaid|hidden|buried|sank|drowned|issued|released|opened|emptied|followed|claimed|grabbed|helped)\b"
)
# What makes one of them count and another not.
_FIT: Final = re.compile(
    r"\b(?:usable|useful|fit|working|worked|intact|empty|full|ready|complete|countable|eligible|valid|ripe|fresh|edible|in "
    r"order|"
    r"available|sellable|saleable|suitable|safe|healthy|alive|sterile|clean|genuine|belong\w*|(?:be|was|were|are|is) (?:not )?"
    r"(?:counted|included|good|fine|sound|there|ours|needed)|turned out|proved|(?:could|can) (?:not )?be)\b"
)
_ODD: Final = (
    r"(?:unknown|unstated|unspecified|undisclosed|unrecorded|uncertain|indefinite|certain|small|tiny|little|large|huge|good|"
    r"great|fair|substantial|considerable|significant|modest|sizeable|big|further|additional|extra|second|new|late|last|"
    r"different|similar|random|mere|vast|surprising|limited|undetermined)"
)
_PART: Final = (
    r"(?:number|part|portion|share|percentage|proportion|fraction|quantity|amount|handful|couple|few|bit|bunch|majority|"
    r"minority|section|slice|measure|chunk)"
)
_VAGUE: Final = (
    rf"(?:(?<!as )(?<!so )(?<!how )(?<!that )(?<!this )many|some|several|quite a few|a few|few|most|various|"
    rf"numerous|plenty|lots|a lot|not (?:quite )?all|not every|not each|hardly any|"
    rf"almost all|nearly all|part|any|(?:^|(?<=, )|(?<=and )|(?<=then )|(?<=later ))(?:more|extra|additional)|"
    rf"an? (?:{_ODD} )*{_PART}|the (?:{_ODD} )+{_PART}|(?:an?|the) (?:{_ODD} )+(?:batch|load|"
    r"delivery|consignment|shipment|order))"
)
# A number that is only near, or only possible, is not given either.
_NEAR: Final = (
    r"(?:about|around|roughly|approximately|approx|nearly|almost|some|up to|at least|at most|perhaps|maybe|"
    r"possibly|probably|presumably|supposedly|somewhere near|close to|in the region of|upwards of|or so)"
)
_NEARLY: Final = re.compile(
    rf"\b{_NEAR} (?:an? )?#(?P<one>\d+)|\bbetween #(?P<low>\d+) and #\d+|#(?P<or>\d+) (?:or|to) (?:perhaps |maybe )?#\d+|"
    r"#(?P<so>\d+)(?: [a-z'’-]+)? or so\b"
)
_SINGLED_OUT: Final = re.compile(rf"\b{_VAGUE} of (?:them|these|those)\b")
_OF_THEM: Final = re.compile(rf"\b(?P<how>{_VAGUE}) (?:of )?(?P<what>(?:[a-z'’-]+ ?){{1,5}})")
_BARE: Final = re.compile(
    rf"\b{_VAGUE}(?: (?:more|still|also|later|then|had|have|has|may|might|could|must|would|will|did|do|does|not|"
    rf"never|already|each|that|"
    r"who|which|since|meanwhile|been|be|being|simply))* (?:were|was|are|is|got|went|came|arrived|disappeared|"
    r"vanished|broke|fell|left|"
    r"turned|followed|joined|remained|made|expired|spoiled|leaked|had|have|been|be|lost|missing|sold|for|on|by|"
    r"from|to|away|out|in|"
    r"back|aside|during|after|before|with|without)\b"
)
_TOOK: Final = re.compile(
    r"\b(?:took|take|takes|taken|gave|sold|lost|used|kept|sent|brought|bought|received|found|added|removed|"
    r"dropped|broke|borrowed|"
    r"returned|threw|put|ate|drank|delivered|collected|grabbed|stole|donated|lent|handed|saved|spilled|spilt|wasted)"
    rf"(?: [a-z]+)? (?P<how>{_VAGUE})(?= (?:for|to|from|on|at|away|out|back|aside|off|in|with|by|home|over|during|"
    rf"later|more)\b|$| ,)"
)
_BATCH: Final = re.compile(
    rf"\b(?:another|an?|the|further|more|extra) (?:{_ODD} )*(?:batch|load|delivery|consignment|shipment|lot|supply|"
    rf"amount|quantity)"
    r"(?: of (?P<of>(?:[a-z'’-]+ ?){1,3}?))? (?:also |then |later |had |has |have |was |were |is |been )*"
    r"(?:arrived|came|comes|delivered|received|brought|followed|turned up|added|taken|sent|left|went|sold|lost|"
    r"returned|ordered|"
    r"of unknown|whose|with no|without)\b"
)
_UNKNOWN: Final = re.compile(
    r"\b(?:unknown|unstated|unspecified|unrecorded|undisclosed|unclear|uncertain|illegible|unreadable|smudged(?! [a-z]+s\b)|"
    r"blank|undecided|"
    r"undetermined|not (?:\w+ )?(?:known|stated|said|recorded|specified|given|mentioned|noted|written|clear|"
    r"certain|sure|counted|"
    r"told|disclosed|reported|documented|indicated|remembered|listed|readable|legible|available|measured)|"
    r"never (?:\w+ )?(?:known|stated|said|recorded|specified|given|mentioned|noted|written|counted|told|reported|"
    r"clear|measured|settled)|"
    r"(?:nobody|no one|noone|none|no-one|neither|cannot|can't|could not|couldn't|did not|didn't|does not|doesn't|"
    r"do not|don't|"
    r"forgot\w*|failed|omits?|omitted|unable) (?:\w+ ){0,3}?(?:knows?|knew|wrote|write|written|noted?|counted?|recorded?|"
    r"remembers?|remembered|says?|said|state|tell|told|mention\w*|measured?|kept|keep|record|sure|specify|recall|"
    r"how many|how much)|"
    r"no (?:record|count|note|mention|word|figure|number|information|data|trace)|anybody's guess|anyone's guess|"
    r"(?:is|are|was|were) missing|hard to (?:say|tell)|left out|depends on)\b"
)
_HOW_MANY: Final = re.compile(r"\bhow (?:many|much)(?: more)?(?: of)? ?(?P<what>(?:[a-z'’-]+ ?){0,4})")
_SIZE: Final = re.compile(
    r"\b(?:number|quantity|amount|share|portion|percentage|proportion|fraction|figure|size|count|extent)\b(?P<rest>[^#]*)"
)
_WHETHER: Final = re.compile(r"\b(?:whether|if)\b(?P<rest>.*)")
_COUNTED: Final = re.compile(
    r"\b(?:not|never|n't|isn't|aren't|wasn't|weren't|don't)(?: to)?(?: be| been)? (?:count(?:ed)?|included?|"
    r"considered|part of|tall(?:y|ied)|"
    r"add(?:ed)?)\b|"
    r"\b(?:left|leave|leaving) (?:\w+ ){0,3}out\b|\b(?:excluded?|excluding|disregard(?:ed)?|ignore[ds]?|deduct(?:ed)?|"
    r"subtract(?:ed)?|do not count|does not count|taken off the count|discount(?:ed)?|except for|apart from|other than)\b"
)
_SUCH: Final = re.compile(
    r"\b(?:those|the ones|ones|whatever|whichever|anything|everything|all that|any (?:that|which|of)|"
    r"the rest of those|some|the \w+ ones)\b"
)
_WHATEVER: Final = re.compile(r"\b(?:whatever|whichever|anything|any)\b(?P<what>(?: [a-z'’-]+){0,3})")
# "Whatever is left" has its number by reckoning.
_REST: Final = re.compile(
    r"\b(?:whatever|anything|any|some|something)(?: [a-z'’-]+){0,4} (?:left|remain\w*|unused|over|not \w+)\b"
)
_WORDS: Final = re.compile(r"[a-z][a-z'’-]*")
_NO_NUMBER_OF_IT: Final = re.compile(
    r"\b(?:at|in|on|by|after|before|until|since|from|room|of the|of those|of these|than)(?: the)? $"
)


def unsaid(sentence: Sentence, nouns: Collection[str]) -> str:
    """What the sentence leaves open of the story's own quantities, as an objection; "" where it leaves nothing.

    nouns: the stems of what the story counts, and of what that is packed in.
    """
    if sentence.asks:
        return ""
    known = frozenset(nouns) | _GOODS
    for find in (_unknown, _left_out, _near, _vague):
        if why := find(sentence, known):
            # "Your score depends on giving the exact number" speaks of the task, and leaves nothing of the story open.
            return "" if marks(sentence.text) else why
    return ""


def _ours(words: str, known: Collection[str], reach: int = 5) -> bool:
    """Whether words name what the story counts, or refer back to it, before another verb or preposition is reached."""
    for word in _WORDS.findall(words)[:reach]:
        if word in _BACK or stem(word) in known:
            return True
        if word in _STOPS:
            return False
    return False


_STOPS: Final = wordset(
    "were was are is had has have been be got went came will would could may might from to at in on by with who that which"
)


def _gives_it(sentence: Sentence, after: int, known: Collection[str]) -> bool:
    """Whether the sentence gives a number of the story's things from that place on: not a time, and not the whole."""
    for mention in sentence.mentions:
        place = sentence.text.find(f"#{mention.index}")
        if place < after or _NO_NUMBER_OF_IT.search(sentence.text[:place]):
            continue
        if mention.kind in ("percent", "part") or mention.noun in known or mention.noun in ("", "?") or mention.noun[0] == "?":
            return True
    return False


def _vague(sentence: Sentence, known: Collection[str]) -> str:
    text = sentence.text
    if HAPPENS.search(text) is None and _FIT.search(text) is None and _SINGLED_OUT.search(text) is None:
        return ""
    why = "How many that comes to is not said."
    for match in _OF_THEM.finditer(text):
        if _ours(match["what"], known) and not _gives_it(sentence, match.end("how"), known):
            return why
    for pattern in (_BARE, _TOOK):
        bare = pattern.search(text)
        if bare is not None and not _gives_it(sentence, bare.start(), known):
            return why
    batch = _BATCH.search(text)
    if batch is not None and not sentence.mentions and (batch["of"] is None or _ours(batch["of"], known)):
        return "How large that was is not said."
    return ""


def _near(sentence: Sentence, known: Collection[str]) -> str:
    text = sentence.text
    if HAPPENS.search(text) is None:
        return ""
    for match in _NEARLY.finditer(text):
        index = next(int(place) for place in match.groups() if place is not None)
        rest = text[match.end() :]
        noun = sentence.mentions[index].noun
        back = re.match(r" of (?:them|these|those)\b", rest) or (re.match(r" of the\b", rest) and _ours(rest[4:], known))
        if sentence.mentions[index].kind != "money" and (noun in known or back):
            return "That number is told only roughly."
    return ""


def _unknown(sentence: Sentence, known: Collection[str]) -> str:
    text = sentence.text
    if sentence.mentions and _gives_it(sentence, 0, known):
        return ""
    if _UNKNOWN.search(text) is None:
        return ""
    why = "The text says itself that this quantity is not known."
    touched = HAPPENS.search(text) is not None or any(stem(word) in known for word in _WORDS.findall(text))
    if (asked := _HOW_MANY.search(text)) is not None:
        what = asked["what"]
        first = next(iter(_WORDS.findall(what)), "")
        return why if _ours(what, known) or not first or first in _STOPS or HAPPENS.match(first) else ""
    if (match := _SIZE.search(text)) is not None and touched:
        of = re.match(r" (?:of|for) (?P<what>(?:[a-z'’-]+ ?){1,5})", match["rest"])
        return why if of is None or _ours(of["what"], known) else ""
    if (match := _WHETHER.search(text)) is not None and touched and _ours(match["rest"], known):
        return "Whether that is so is not said."
    return ""


def _left_out(sentence: Sentence, known: Collection[str]) -> str:
    text, why = sentence.text, "How many are left out of the count is not said."
    if sentence.mentions and _gives_it(sentence, 0, known):
        return ""
    if _COUNTED.search(text) is not None and _SUCH.search(text) is not None:
        return why if _ours_anywhere(text, known) else ""
    match = _WHATEVER.search(text)
    if match is not None and not _REST.search(text) and HAPPENS.search(text) is not None:
        first = _WORDS.findall(match["what"])[:1]
        if _ours(match["what"], known) or (match[0].startswith("whatever") and first != ["else"]):
            return why
    return ""


def _ours_anywhere(text: str, known: Collection[str]) -> bool:
    words = _WORDS.findall(text)
    return any(word in _BACK or stem(word) in known for word in words) or "whatever" in words
