"""Words that can be of one or of another: pronouns with two bearers, a number of a group or of each in it, two sources."""

from __future__ import annotations

import re
from typing import Final

from recipes.ground_truth.rehearsal.reader_told import NUMERAL, Told

# --- what a pronoun or a group's number is of -------------------------------------------------------------------------

_CAME_BACK: Final = re.compile(
    r"\b(?:half|third|quarter|fifth|tenth|percent|%|most|all|part|one|both|\d+|two|three|four|five|six|seven|eight|nine|ten|"
    r"twelve|dozen|twenty) (?:of )?(?:them|these|those|it)\b[^,;]*\b(?:returned|came back|brought back|sent back|given back|"
    r"taken back|put back|went back|got back|restored|handed back|reappeared|turned up again|found again)\b(?! "
    r"to\b(?!.*\b(?:later|again|afterwards|next|after)\b))"
)
_THE_OTHER: Final = re.compile(
    r"\b(?:to|from|for|with|into|by|than|on|in|of) the (?:other (?:ones?|place|side|man|woman|person|team|group)|other|former|"
    r"latter)(?=\W*$| (?:later|then|afterwards|too|instead|as well|again)\b)"
)
_ONE_AND_OTHER: Final = re.compile(r"\bone\b(?! of (?:them|these|those)).*\bother\b|\bboth\b|\beach other\b|\beither\b")
_HERS: Final = "sister|mother|daughter|aunt|niece|wife|girl|lady|woman"
_HIS: Final = "brother|father|son|uncle|nephew|husband|boy|man"
_ANYONE: Final = (
    "cousin|friend|colleague|partner|boss|neighbou?r|assistant|teacher|manager|nurse|driver|clerk|doctor|customer|helper|deputy|"
    "apprentice|[a-z]{3,}(?:er|or|ist|man|woman)"
)


def _one_of_two(own: str, subject: str, kin: str, others: str) -> re.Pattern[str]:
    """Two people whom `subject` may stand for, then `subject`: "she gave her sister's book back before she left"."""
    person, link = (
        rf"(?!(?:{others})\b)(?:{kin}|{_ANYONE})",
        r"(?:before|after|when|because|until|while|since|that|if|whether|once)",
    )
    told = r"(?:told|asked|promised|reminded|informed|assured|warned|wrote to|called|met|helped|showed)"
    return re.compile(
        rf"\b(?:{own}|{subject})\b.*\b(?:{own}|the|a) {person}\b.*\b{link} {subject}\b|"
        rf"\b{person} {told} (?:him|her|(?:the|a|his|her) {person})\b.*\b{link} {subject}\b"
    )


_WHO: Final = (_one_of_two("her", "she", _HERS, _HIS), _one_of_two("his", "he", _HIS, _HERS))
_HE: Final = re.compile(r"^(?:Then |Later |Later, |Afterwards |Also, )?(?P<who>[Hh]e|[Ss]he) [a-z]+")
_HIS_COUNT: Final = re.compile(rf"\b(?:{NUMERAL}|some|most|several|all) (?:of (?:his|her|them|these|those|the)|more|[a-z]+s)\b")
_NAME: Final = re.compile(r"(?<=[a-z,’'] )[A-Z][a-z]{2,}\b(?!day\b)")
_PRONOUN: Final = re.compile(r"\b(?:he|she|his|her)\b", re.IGNORECASE)
_GROUP: Final = re.compile(
    r"^\W*(?:\w+, )?the (?P<one>[a-z-]+s) and (?:the )?(?P<two>[a-z-]+s) (?:weigh(?:ed)?|cost|hold|held|measured?|"
    r"contain(?:ed)?|take|"
    r"took|need(?:ed)?|fill(?:ed)?|make|made|carry|carried|are worth|were worth) (?:up to |about |only )?[$€£]?\d"
)
_SEVERAL_DID: Final = re.compile(
    r"^\W*(?:\w+, )?(?:two|three|four|five|six|[2-6]) (?:of the )?(?P<who>[a-z-]+s) (?:carried|moved|took|brought|packed|"
    r"lifted|pushed|"
    r"opened|loaded|unloaded|used|emptied|filled|shared|fetched|checked|counted|delivered|bought|sold|ate|drank|got|received|"
    r"needed|borrowed|returned|ordered|removed|handled|dropped|broke|lost|found) (?:two|three|four|five|six|seven|eight|nine|"
    r"ten|twelve|\d+) (?:of (?:them|these|those|the)|[a-z-]+s)\b[^,]*$"
)
_TOGETHER: Final = re.compile(
    r"\b(?:each|every|per|apiece|together|altogether|in total|in all|between them|combined|both|jointly|all told|respectively|"
    r"a day|an hour|a week|equally|evenly|among|total)\b"
)


def whose(told: Told) -> bool:
    """Whether a word stands for one or another of those named."""
    text = told.text
    if "?" in text:
        return False
    if _CAME_BACK.search(text) or (_THE_OTHER.search(text) and not _ONE_AND_OTHER.search(text) and told.touches()):
        return True
    if (
        any(pattern.search(text) for pattern in _WHO)
        and not re.search(r"(?<=\w )[A-Z]", told.cased)
        and not re.search(r"\d", text)
    ):
        return True
    return _HE.search(told.cased) is not None and _HIS_COUNT.search(text) is not None and _nobody_yet(told.before)


def _nobody_yet(before: tuple[str, ...]) -> bool:
    """Whether "he" has no bearer yet: several are named further up, none in the sentence just before, and none as "he"."""
    names = {name for sentence in before for name in _NAME.findall(sentence)}
    return len(names) > 1 and not _NAME.search(before[-1]) and not any(_PRONOUN.search(sentence) for sentence in before)


def of_the_group(told: Told) -> bool:
    """Whether a number can be of each of a group or of all of it."""
    if _TOGETHER.search(told.text) or "?" in told.text:
        return False
    return _GROUP.search(told.text) is not None or _SEVERAL_DID.search(told.text) is not None


# --- sources that disagree --------------------------------------------------------------------------------------------

_KEEPER: Final = (
    r"(?:invoice|note|slip|list|ledger|log|logbook|book|register|record|report|receipt|label|form|sheet|file|table|manifest|"
    r"statement|bill|document|copy|version|screen|system|scanner|tally|memo|e-?mail|message|card|order|contract|diary|ticket|"
    r"database|spreadsheet|inventory|clerk|driver|porter|manager|nurse|colleague|witness|helper|worker|guard|supplier|"
    r"customer|"
    r"foreman|team|shift|one|other|another|second|first)"
)
_HAS_IT: Final = (
    r"(?:ha[sd]|says?|said|gives?|gave|shows?|showed|states?|stated|lists?|listed|reads?|counts?|counted|remembers?|"
    r"remembered|"
    r"reports?|reported|records?|recorded|notes?|noted|writes?|wrote|claims?|claimed|puts?|mentions?|mentioned|speaks? of|"
    r"spoke of|"
    r"recalls?|recalled|thinks?|thought|insists?|swears?|names?)"
)
_TWO_SOURCES: Final = (
    re.compile(
        r"\b(?:according to|as per|going by|in) .*?\b(\d[\d,]*)\b.*\b(?:according to|as per|going by|in) .*?\b(\d[\d,]*)\b"
    ),
    re.compile(
        rf"\b(?:the|one|a|his|her|some)(?: [a-z]+)? {_KEEPER}s? {_HAS_IT} (?:it as |it at |only |that there were "
        r")?(\d[\d,]*)\b(?:"
        r"(?! to\b)[^\d])*?(?:,|;|\band|\bbut|\bwhile|\bwhereas)[^\d]*?\b(?:the|another|his|her|a|others?)(?: [a-z]+)?(?: "
        rf"{_KEEPER}s?)?(?: "
        rf"{_HAS_IT})?(?: only)? (\d[\d,]*)\b"
    ),
)
_WORD_AGAINST: Final = re.compile(
    rf"\b(?:the|one|his|her|my|our)(?: [a-z]+){{1,2}} {_HAS_IT} (\d[\d,]*)(?:,|;| and| but| while)(?: but| and| while)? "
    rf"(?:the|another|his|her|my|our)(?: [a-z]+){{1,2}} "
    r"(\d[\d,]*)\W*$"
)
_SOURCE: Final = re.compile(rf"\b(?:according to|as per|going by)\b|\b{_KEEPER}\b")
_ACCOUNTS: Final = (
    r"(?:accounts?|sources?|lists?|records?|reports?|versions?|figures?|totals?|numbers?|counts?|notes?|statements?|books?|"
    r"papers?|"
    r"documents?|"
    r"invoices?|ledgers?|clerks?|witness(?:es)??|amounts?|tall(?:y|ies)?|entr(?:y|ies)?|readings?|logs?)"
)
_DISAGREE: Final = re.compile(
    rf"\b{_ACCOUNTS}\b[^.?!,]*\b(?:(?:do|does|did|would|will|could) ?n[o']t (?:match|agree|tally|fit|correspond|add up|"
    r"coincide)|"
    r"disagree[sd]?|differ(?:s|ed)?|contradict\w*|conflict\w*|at odds|diverge[sd]?|inconsistent|incompatible)\b|"
    r"\b(?:two different|conflicting|contradictory|differing|rival|inconsistent|incompatible|diverging) (?:[a-z]+ "
    rf")?{_ACCOUNTS}\b"
)


def sources(told: Told) -> bool:
    """Whether two sources are said to differ, or shown to."""
    if _DISAGREE.search(told.text) and "?" not in told.text:
        return True
    against = _WORD_AGAINST.search(told.text)
    if against is not None and against[1] != against[2]:
        return True
    for place, pattern in enumerate(_TWO_SOURCES):
        match = pattern.search(told.text)
        if match is None or match[1] == match[2] or (not place and "according" not in match[0] and "per" not in match[0]):
            continue
        if len(_SOURCE.findall(told.text)) >= 2:
            return True
    return False
