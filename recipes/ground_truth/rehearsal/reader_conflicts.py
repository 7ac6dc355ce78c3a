"""A quantity that a text gives a second time, as another: who or what says so, or a word that sets two numbers apart.

Nothing of what is counted is known here: a number belongs to the story by its noun, or because the story says it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction

from recipes.ground_truth.rehearsal.reader_text import TIMES, UNITS, Mention, Sentence, stem, wordset

# What keeps numbers, and what numbers are called there.
_KEPT = (
    r"(?:records?|ledgers?|registers?|registry|logs?|logbooks?|lists?|listing|sheets?|notes?|notebooks?|(?:day|"
    r"log|order|stock|account|cash|record) ?books?|invoices?|receipts?|"
    r"bills?|forms?|files?|reports?|summary|summaries|tables?|labels?|tags?|stickers?|signs?|cop(?:y|ies)|"
    r"duplicates?|drafts?|"
    r"versions?|manifests?|documents?|statements?|databases?|computers?|systems?|screens?|spreadsheets?|inventor(?:y|ies)|"
    r"audits?|stock ?takes?|checks?|counts?|recounts?|tall(?:y|ies)|figures?|entr(?:y|ies)|numbers?|totals?|quantit(?:y|ies)|"
    r"amounts?|corrections?|e-?mails?|messages?|letters?|photographs?|photos?|pictures?|cameras?|barcodes?|"
    r"scanners?|sources?|"
    r"accounts?|pages?|texts?|lines?|rows?|columns?|(?:stock|index|bin|record) cards?|memos?|tickets?|slips?|"
    r"archives?|website|catalogue|article|paragraph|"
    r"appendix|footnote|caption|chart|clipboard|whiteboard|blackboard|diary|journal)"
)
_SAYS = (
    r"(?:says?|said|saying|states?|stated|claims?|claimed|insists?|insisted|swears?|swore|maintains?|maintained|"
    r"argues?|believes?|"
    r"thinks|thought|remembers?|remembered|recalls?|recalled|lists?|listed|shows?|showed|shown|gives?|gave|given|"
    r"puts?|mentions?|"
    r"mentioned|reports?|reported|records?|recorded|reads|enters|entered|notes?|noted|writes|wrote|written|"
    r"quotes?|quoted|appears?|"
    r"appeared|names?|indicates?|indicated|suggests?|specif(?:y|ies|ied)|declares?|declared|counts?|counted|"
    r"tall(?:y|ies)|comes? to|"
    r"came to|ha[sd]|contradicts?|contradicted|disputes?|disputed|denies|denied|disagrees?|differs?|corrects?|"
    r"corrected|amends?|"
    r"amended|changes?|changed|turns?|turned|puts? down|put down|logged|prints?|printed|tells?|told|found|finds?|confirms?|"
    r"according to|going by|actual\w*|in truth|in fact|in reality|really|wrong)"
)
_APART = re.compile(
    r"#\d+[^#]*?(?:,? (?:and |but )?(?:not|never)|rather than|instead of|in place of|as opposed to|versus|vs|contrary to)"
    r"(?: [a-z'’-]+){0,3} #\d+|\b(?:not|never)(?: [a-z'’-]+){0,3} #\d+[^#]*?\b(?:but|rather)\b[^#]*#\d+"
    r"|\beither(?: [a-z'’-]+){0,2} #\d+(?: [a-z'’-]+)? or(?: [a-z'’-]+)? #\d+"
)
_BETWEEN = re.compile(
    r"\b(?:where|whereas|while|but|although|though|yet|however|the others?|others|some|either|or|another|a second|"
    r"second|the second|"
    r"one|again|elsewhere|both|against|wrong|in fact|in truth|really|actually)\b"
)
_AS = re.compile(r"#\d+[^#]*?\b(?:as|to|into|by|with|for|is|was|for the)\b(?: [a-z'’-]+){0,2} #\d+")
_FIRST = re.compile(
    r"\b(?:opening|starting|initial|original) (?:count|figure|stock|number|total|amount|quantity|supply)\b"
    r"|\b(?:at|in|from|since|before) (?:the |its |his |her )?(?:very )?(?:start|outset|beginning|opening)\b"
    r"|\b(?:to begin with|to start with|originally|initially|at first|begun with|began with|started (?:out |off )?with|"
    r"first (?:counted|recorded|entered|noted))\b"
)
# What moves an amount: such a sentence tells of something that happened, and gives nothing a second time.
MOVES = re.compile(
    r"\b(?:more|another(?= #)|extra|further|additional|fewer|less|sent|took|taken|sold|lost|gave|handed|used|"
    r"arriv\w+|deliver\w+|"
    r"receiv\w+|brought|added|removed|returned|rose|grew|fell|dropped|raised|increased|than|each|every|per|bought|"
    r"ate|broke|ratio|times|"
    r"broken|spoil\w+|damaged|collected|moved|left|packed|remain\w*|spare|loose|asked|ordered|needed|requires?)\b"
)
_SAID_BY = re.compile(
    rf"\b(?:according to|going by|contrary to|{_KEPT}|he|she|they|[a-z]+)\b[^#]*\b{_SAYS}\b[^#]*#\d+", re.IGNORECASE
)
_PART_OF = re.compile(r"#\d+ of (?:them|these|those|which|whom)\b")
RECORD = re.compile(rf"\b{_KEPT}\b")
SAYING = re.compile(rf"\b{_SAYS}\b")


def restated(
    sentence: Sentence, elsewhere: Collection[Fraction], noun: str, *, begun: bool
) -> tuple[Fraction | None, Fraction] | None:
    """A number that a sentence gives a second time, with what it was before, None for the amount the text began with
    ("that 12 is given as 14 elsewhere", "the opening count is given as 12").

    elsewhere: the numbers of the other sentences; noun: what the text counts; begun: whether an amount of it came before.
    """
    if sentence.asks:
        return None
    # "The ledger lists 31 crates, not 24" speaks of the story, whatever the story calls its things.
    set_apart = _set_apart(sentence.text)
    counted = [m for m in sentence.mentions if m.kind in ("count", "money")]
    ours = [m for m in counted if _belongs(m, noun) or m.value in elsewhere or (set_apart and not measures(m))]
    if len(ours) == 2 and len(sentence.mentions) == 2 and ours[0].value != ours[1].value:
        return _pair(sentence, ours, elsewhere, noun)
    counts = [m for m in sentence.mentions if m.kind == "count"]
    if not begun or len(counts) != 1 or len(sentence.mentions) != 1 or not _belongs(counts[0], noun):
        return None
    again = counts[0].value
    if _FIRST.search(sentence.text) and not MOVES.search(_before(sentence.text, counts[0])):
        return None, again
    # Someone's word on the count, and nothing that would have changed it.
    if counts[0].noun == noun and _own_word(sentence.text, counts[0]):
        return None, again
    return None


def _pair(
    sentence: Sentence, ours: list[Mention], elsewhere: Collection[Fraction], noun: str
) -> tuple[Fraction, Fraction] | None:
    text = sentence.text
    told = [mention.value in elsewhere for mention in ours]
    strangers = [m for m in sentence.mentions if not _belongs(m, noun) and not m.noun.startswith("?")]
    if _set_apart(text):
        strangers = [m for m in strangers if measures(m)]
    if strangers and not all(m.noun == sentence.mentions[0].noun and any(told) for m in strangers):
        return None
    record, saying = RECORD.search(text) is not None, SAYING.search(text) is not None
    apart, between = _APART.search(text) is not None, _BETWEEN.search(text) is not None
    moves = MOVES.search(text) is not None
    # Both numbers of the story's own noun, or bare, or one that the story gives elsewhere.
    if _PART_OF.search(text) is not None:
        return None
    if apart:
        found = any(told) or record or saying
    elif _AS.search(text) is not None and saying:
        found = any(told) and not moves
    else:
        found = between and ((record and saying) or (any(told) and (record or saying))) and not moves
    if not found:
        return None
    said, again = ours if told[0] or not told[1] else ours[::-1]
    return said.value, again.value


def _set_apart(text: str) -> bool:
    """Whether a record is said to give one number and not another."""
    return all(pattern.search(text) is not None for pattern in (_APART, RECORD, SAYING))


def _belongs(mention: Mention, noun: str) -> bool:
    """Whether a number may be of what the story counts: by its noun, or having none of its own."""
    if mention.kind == "money":
        return False
    bare = mention.noun == "" or (mention.noun.startswith("?") and stem(mention.noun[1:]) in _NO_NOUN)
    return (bare or mention.noun == noun) and not measures(mention)


def measures(mention: Mention) -> bool:
    return mention.noun in TIMES or mention.noun in UNITS.values()


_NO_NOUN = wordset(
    "instead where rather but however while whereas elsewhere clearly really actually originally initially wrong "
    "here there above below again otherwise together"
) | {""}


def _before(text: str, mention: Mention) -> str:
    return text[: text.find(f"#{mention.index} ")]


def _own_word(text: str, mention: Mention) -> bool:
    head = _before(text, mention)
    return (
        RECORD.search(head) is not None
        and SAYING.search(head) is not None
        and not MOVES.search(text)
        and _SAID_BY.search(text) is not None
    )
