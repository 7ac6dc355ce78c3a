"""reference_integrity: what an output refers to is there: citations, quotations, links, numbered parts and ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gates.properties.violation import Violation, excerpt

# `[3]`, `[1, 4]`, `[2-5]`, `[^1]`; no index of an array and no interval: those follow a word, or hold a nought.
_CITATION = re.compile(r"(?<![\w\])])\[\^?([1-9]\d{0,3}(?:\s*[,;–-]\s*[1-9]\d{0,3})*)\](?!\()")
_SOURCE_LABEL = re.compile(
    r"\[\^?([1-9]\d{0,3})\]|\b(?:source|document|doc|passage|reference|snippet)\s*#?\s*([1-9]\d{0,3})\b|^\s*([1-9]\d{0,3})[.)]\s",
    re.IGNORECASE | re.MULTILINE,
)
_OWN_ENTRY = re.compile(r"^\s*\[\^?([1-9]\d{0,3})\]:?\s+\S", re.MULTILINE)
_URL = re.compile(r"\bhttps?://[^\s<>\"“”‘’`\\^{}|]+", re.IGNORECASE)
_QUOTED = re.compile(r"“([^“”\n]{8,600})”|(?<![\w\"])\"([^\"\n]{8,600})\"(?![\w\"])")
_PART = re.compile(
    r"\b(table|figure|fig|section|chapter|appendix|page|line|clause|article|exhibit|annex)\.?\s+(\d{1,4}(?:\.\d{1,3})*)\b",
    re.IGNORECASE,
)
# Letters and at least three digits in one token, or a number with its sign: INV-2041, AB12345, #4411, order 10443.
_ID = re.compile(
    r"(?<![\w.-])(?:(?=[\w-]*\d[\w-]*\d[\w-]*\d)[A-Z]{1,6}-?\d[A-Z0-9-]*[A-Z0-9]|#\d{3,12})(?![\w-])"
    r"|\b(?:order|invoice|ticket|case|account|reference|tracking|policy|claim|part|serial)\s+(?:no\.?|number|nr\.?|id)?\s*:?\s*(\d{3,20})\b"
)
_LEAST_WORDS: Final = 3  # a shorter quotation is a term, or scare quotes


def reference_integrity(source: str, output: str) -> tuple[Violation, ...]:
    """What of an output's references is not in its source.

    Reasons: dangling_citation, invented_quote, unknown_url, dangling_part (table, section, page), unknown_id. A citation also
    holds where the output itself lists that entry; a part also where the output has it as a heading of its own.
    """
    return (
        *_citations(source, output),
        *_quotes(source, output),
        *_urls(source, output),
        *_parts(source, output),
        *_ids(source, output),
    )


def _citations(source: str, output: str) -> Iterator[Violation]:
    cited = {number: match[0] for match in _CITATION.finditer(output) for number in _expanded(match[1])}
    if not cited:
        return
    known = {int(next(filter(None, match.groups()))) for match in _SOURCE_LABEL.finditer(source)}
    known |= {int(match[1]) for match in _OWN_ENTRY.finditer(output)}
    for number, said in sorted(cited.items()):
        if number not in known:
            yield Violation("dangling_citation", f"it cites [{number}], which is no source", excerpt(said))


def _expanded(listed: str) -> Iterator[int]:
    for part in re.split(r"[,;]", listed):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        # A range wider than this is none of sources.
        yield from range(ends[0], ends[-1] + 1) if ends[0] <= ends[-1] <= ends[0] + 50 else ends


def _quotes(source: str, output: str) -> Iterator[Violation]:
    known = _plain(source)
    for match in _QUOTED.finditer(output):
        quoted = match[1] or match[2]
        if len(quoted.split()) < _LEAST_WORDS:
            continue
        # An ellipsis, or brackets with the quoter's own words, leave out what stood between.
        pieces = [_plain(piece) for piece in re.split(r"\.\.\.|…|\[[^\]]*\]", quoted)]
        if not all(piece in known for piece in pieces):
            yield Violation("invented_quote", "it quotes what its source does not say", excerpt(quoted))


def _plain(text: str) -> str:
    """Case, white space, kinds of quotes and dashes, and punctuation at the ends do not make another quotation."""
    text = re.sub(r"[‘’´`]", "'", re.sub(r"[–—‑−]", "-", text.casefold()))
    text = re.sub(r"[“”\"*_]", "", text)
    return " ".join(text.split()).strip(" .,;:!?-")


def _urls(source: str, output: str) -> Iterator[Violation]:
    known = {_address(match[0]) for match in _URL.finditer(source)}
    for match in _URL.finditer(output):
        if _address(match[0]) not in known:
            yield Violation("unknown_url", "it names an address that is not in its source", excerpt(match[0]))


def _address(url: str) -> str:
    url = url.rstrip(".,;:!?'*_]")
    if url.endswith(")") and url.count(")") > url.count("("):
        url = url.rstrip(")").rstrip(".,;:!?")
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{host.casefold()}{slash}{path}".rstrip("/") if scheme else url


def _parts(source: str, output: str) -> Iterator[Violation]:
    known = {_part(match) for match in _PART.finditer(source)}
    headings = {
        _part(match) for match in _PART.finditer(output) if not output[: match.start()].rpartition("\n")[2].strip("#*_> ")
    }
    numbered = set(re.findall(r"^\s*#*\s*(\d{1,4}(?:\.\d{1,3})*)[.)]?\s", source, re.MULTILINE))
    for match in _PART.finditer(output):
        part = _part(match)
        if part not in known | headings and not (
            part[0] in ("section", "clause", "article", "chapter") and part[1] in numbered
        ):
            yield Violation(
                "dangling_part", f"it refers to {excerpt(match[0])!r}, which its source does not have", excerpt(match[0])
            )


def _part(match: re.Match[str]) -> tuple[str, str]:
    kind = match[1].casefold()
    return ("figure" if kind == "fig" else kind), match[2]


def _ids(source: str, output: str) -> Iterator[Violation]:
    known = set(re.findall(r"[A-Z0-9]+", re.sub(r"(?<=\w)-(?=\w)", "", source).upper()))
    for match in _ID.finditer(output):
        said = match[1] or match[0]
        if re.sub(r"[-#]", "", said).upper() not in known:
            yield Violation("unknown_id", f"it names {excerpt(match[0])!r}, which its source does not", excerpt(match[0]))
