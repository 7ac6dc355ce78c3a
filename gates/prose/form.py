"""The outward form of a text: control characters, placeholders, a broken-off end, and whether it asks for anything."""

from __future__ import annotations

import re

from gates.prose.slots import slots
from gates.prose.words import words

# C0 but tab and line ends, DEL, C1, bidirectional overrides, the replacement character, surrogates and noncharacters.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd\ufffe\uffff\ud800-\udfff]")

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)

_SLOT = "|".join(
    words(
        "NAME NAMES FIRST_NAME LAST_NAME CITY COUNTRY DATE TIME YEAR NUMBER AMOUNT COMPANY PERSON PLACE LOCATION ITEM OBJECT "
        "PRODUCT PRICE VALUE UNIT QUANTITY TOPIC TITLE SUBJECT TEXT QUESTION ANSWER PLACEHOLDER CHARACTER CONTEXT"
    )
)
_PLACEHOLDERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\[(?:[A-Z]+[ _])?(?:{_SLOT.replace('_', '[ _]')})(?:[ _]?\d{{1,2}})?\]",
        r"(?i)\[(?:your|insert|enter(?=\s)|fill in|placeholder|todo|tbd|add(?=\s))\b[^\]\n]{0,60}\]",
        rf"(?i)\{{(?:{_SLOT.replace('_', '[ _]?')})(?:_?\d{{1,2}})?\}}",
        # Two braces around a word; LaTeX doubles braces too, but after a command, a sub- or superscript, or a brace.
        r"(?<![\\\w^_}{$])\{\{\s*[A-Za-z_][\w .|-]*\}\}",
        r"(?i)<(?:insert|enter(?=\s)|fill in|placeholder)\b[^<>=\n]{0,60}>",
        r"(?i)<your\b[^<>=\n]{1,60}>",
        rf"<(?:[A-Z]+_)?(?:{_SLOT})(?:_?\d{{1,2}})?>",
        r"\bTODO\b(?!['’\"]?[\s-]+(?:list|item|app|board|note|entr|task|comment)s?)",
        r"\b(?:TBD|FIXME|CHANGEME)\b",
        r"(?i)\blorem ipsum\b",
    )
)
# Three or more X: a Roman thirty and a masked number are none.
_CROSSES = re.compile(r"(?<![\w*-])X{3,}(?![\w*-])")
_ROMAN = re.compile(r"(?i)\b(?:roman|bowl|olympi\w+|chapter|volume|part|wrestlemania)\b")

# Tags of one letter alone stand for averages and groups; an escaped line end stands behind a sentence.
_MARKUP = re.compile(
    r"&(?:nbsp|quot|amp|lt|gt);|</(?:p|div|span|ul|ol|li|strong|em|h[1-6])>|<(?:br|hr)\s*/?>|<(?:div|span)>|"
    r"[.?!:]\\n(?=[-*•A-Z0-9])"
)
_ABOUT_MARKUP = re.compile(
    r"(?i)\b(?:html|xml|tags?|markup|markdown|code|string|escape\w*|regex\w*|latex|python|javascript|print\w*|newline|element|"
    r"entity|entities|function|program\w*|browser|web\w*|sed|sql|bash|shell|json|csv|characters?|pars\w+|unescape|encod\w+|puts|"
    r"echo|page source)\b|`|\w\(\""
)

_OPENERS, _CLOSERS = "([{", ")]}"
_LIST_MARK = re.compile(r"(?m)(?:^|(?<=\s))\(?(?:[A-Za-z]|\d{1,2}|[ivx]{1,4})\)(?=\s)")
_BROKEN_END = re.compile(r"(?:[,;(\[{=+*/<&–—]|\s-|\\)\Z")
_WHOLE_END = re.compile(r"[.?!…。！？؟:)\]}\"'”’»›`$%°*_|~>]\Z")
_DANGLING = frozenset(
    words(
        "a an the and or but of to in on at by for from with without into than that which who whose if when while because as "
        "is are was were be been has have had does do did will would can could should may might must each every some any its "
        "his her their our your my how many much what per between about after before over under not only also very so such"
    )
)
_SHORT_ENDS = frozenset(words("it he me us up go so do no kg cm km mm ml mg in ft oz lb gb mb pm am tv"))
_ASIDE = re.compile(r"(?m)^\s*(?:[-*•]|\(?(?:[A-Za-z]|\d{1,2})[.):]|[|$\\])|[=|{}<>]|^\s{4,}\S")

_IMPERATIVES = words(
    "add answer apply arrange assess balance build calculate categorize check choose circle cite classify combine compare "
    "complete compose compute consider construct convert correct count decide decode deduce define derive describe design "
    "detect determine develop diagnose differentiate discuss divide draft draw edit enumerate estimate evaluate examine expand "
    "explain express extract factor fill find fix format formulate generate give graph help identify implement indicate infer "
    "integrate interpret judge justify label let list locate make match measure name order outline parse pick plan plot "
    "predict prepare produce propose prove provide put rank rate recommend refactor replace report respond return reverse "
    "review rewrite round say select show simplify sketch solve sort specify state subtract suggest sum summarise summarize "
    "tell translate turn update use verify work write"
)
# An order stands where a clause begins; inside one, "to make" or "and count" is a story.
_ORDER = re.compile(
    r"(?i)(?:^|[.!?:;,\n\"“(*#>-]\s*|\b(?:please|then|your task is to|you (?:must|should|need to|have to|are to))\s+)"
    rf"(?:please\s+|then\s+|and\s+|now\s+)*(?:{'|'.join(_IMPERATIVES)})\b"
)
_QUESTION = re.compile(
    r"(?i)\bhow (?:many|much|long|far|old|often|fast|tall|big|would|will|do|does|did|is|are|can)\b"
    r"|(?:\A|[:\n])\s*(?:what|which|who|whose|why)\b|,\s+(?:then\s+)?what\s+(?:would|will|is|are|does|do|did|should)\b"
)


def control_character(text: str) -> str:
    """The name (`U+202E`) of the first character that is no text, "" when there is none."""
    match = _CONTROL.search(text)
    return f"U+{ord(match[0]):04X}" if match else ""


def placeholder(text: str) -> str:
    """The first piece of a template left unfilled, "" when there is none. Code, fenced or in backticks, may hold any."""
    prose = _CODE.sub(" ", text)
    found = [match[0] for pattern in _PLACEHOLDERS if (match := pattern.search(prose))]
    crosses = _CROSSES.search(prose)
    if crosses and not (crosses[0] == "XXX" and _ROMAN.search(prose)):
        found.append(crosses[0])
    return found[0] if found else next(slots(prose), "")


def markup(text: str) -> str:
    """The first piece of HTML or escaped white space in a prose text, "" when there is none. A text about markup or code, or
    one that shows some, may hold any.
    """
    if _ABOUT_MARKUP.search(text):
        return ""
    match = _MARKUP.search(text)
    return match[0].strip() if match else ""


def cut_sum(text: str) -> bool:
    """Whether a working ends with an equals sign, or with another sign that stands alone."""
    return re.search(r"(?:[=×÷]|\s[+−/*-])\s*\Z", text) is not None


def broken_end(text: str) -> str:
    """Why the text seems broken off, in a few words; "" when it ends as texts do."""
    text = text.rstrip()
    if text.count("```") % 2:
        return "a code block is left open"
    if text.endswith("```"):
        return ""
    if _BROKEN_END.search(text):
        return f"it ends with {text[-1]!r}"
    if _open_brackets(text):
        return "a bracket is left open"
    return "" if _WHOLE_END.search(text) else _cut_word(text)


def _open_brackets(text: str) -> bool:
    # Counted over kinds, so that a half-open interval such as [0, 1) is balanced; only the last paragraph can be cut.
    last = _LIST_MARK.sub(" ", _CODE.sub(" ", text).rsplit("\n\n", 1)[-1])
    last = re.sub(r"[:;]-?[(\[{]", " ", last)
    return sum(last.count(char) for char in _OPENERS) > sum(last.count(char) for char in _CLOSERS)


def _cut_word(text: str) -> str:
    line = text.rsplit("\n", 1)[-1]
    said = re.findall(r"[^\W\d_]+", line)
    if not said or not line[-1].isalpha() or not line.isascii():
        return ""
    last = said[-1]
    if last in _DANGLING:
        return f"it ends within a phrase, at {last!r}"
    if _ASIDE.search(line) or (text != line and len(said) <= 8):
        return ""
    sentence = re.split(r"(?<=[.?!])\s+", line)[-1]
    # A question or an order may lack its mark; a statement that breaks off after full sentences has lost its end.
    if len(last) <= 2 and last.islower() and last not in _SHORT_ENDS:
        return f"it ends within a word, at {last!r}"
    return "" if asks(sentence) or sentence == text else "its last sentence has no end"


def asks(text: str) -> bool:
    """Whether the text asks or orders something (English orders only)."""
    return bool(re.search("[?？؟]", text)) or bool(_ORDER.search(text) or _QUESTION.search(text))
