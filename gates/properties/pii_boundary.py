"""pii_boundary: an output holds no personal data that its source does not hold.

What a checksum or a numbering plan can tell is told by kept libraries: `phonenumbers` (Google's libphonenumber, with the
numbering plans of every country) and `python-stdnum` (cards, IBANs, national ids). A run of digits alone, without a word such
as "call" before it, is never taken for a phone number: order numbers, doses and prices look like that. Made-up data counts too:
555 numbers and a person's name at example.com are what an author writes who should have written none.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from gates.properties.violation import Violation

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\b", re.IGNORECASE)
# Mailboxes of no person at domains that exist to be written in examples (RFC 2606, RFC 6761). A person's name at such a domain
# is how personal data is made up: a text that should hold none should not hold that either.
_NOBODY = re.compile(
    r"(?:info|support|contact|help|hello|sales|service|orders?|billing|accounts?|office|admin\w*|team|press|jobs|careers|hr|"
    r"no-?reply|do-?not-?reply|mail|e-?mail|users?(?:name)?|(?:your|my|first|last|some|any)?[._-]?names?|you|me|someone|somebody|"
    r"anyone|(?:first|your)?name[._]lastname|customers?|clients?|webmaster|postmaster|hostmaster|abuse|security|privacy|news\w*|"
    r"test\w*|example|foo|bar|staff|reception|pharmacy|desk|helpdesk|root)\d{0,3}(?:\+[\w.-]+)?"
    r"@(?:[\w-]+\.)*(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)\Z",
    re.IGNORECASE,
)
_PHONE_CUE = re.compile(
    r"\b(?:(?:phone|telephone|call|ring|dial|fax|mobile|cell|whatsapp|text|sms|contact|hotline|landline|reach)\b|"
    r"(?:tel|ph|mob)\b\.?)[^.\n\d+(]{0,30}\Z",
    re.IGNORECASE,
)
# How numbers are written that no plan has given out, as those with 555: a prefix and groups, or the North American groups; and
# where a cue says what it is, also digits alone, seven in two groups, or a leading zero, which no amount has.
_WRITTEN = re.compile(
    r"(?<![\w.,/@$€£=+-])(?<!\d[ )])(?:"
    r"(?P<abroad>\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,7}){1,4})"
    r"|(?P<grouped>(?:1[ .-])?(?:\([2-9]\d\d\)\s?\d{3}[ .-]\d{4}|[2-9]\d\d(?P<sign>[.-])\d{3}(?P=sign)\d{4}))"
    r"|(?P<cued>(?:1[ .-]?)?[2-9]\d\d[ .-]?\d{3}[ .-]?(?!0000)\d{4}|\d{3}[.-]\d{4}|0\d{2,4}[ -]?\d{3,4}[ -]?\d{3,4})"
    r")(?!\w|[.,:/-]\d)"
)
_THOUSANDS = re.compile(r"\+\d{1,3}(?: \d{3})+")
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)")
_LABEL = re.compile(
    r"\b(?:order|tracking|invoice|serial|ticket|reference|ref|parcel|isbn|ean|gtin|sku|barcode|batch|lot|part|item|timestamp|id|no|number)"
    r"[\s.:#]*\Z",
    re.IGNORECASE,
)
# Lengths and first digits that networks issue (ISO/IEC 7812: Visa, Mastercard, American Express, Discover, Diners, JCB).
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_IP = re.compile(r"(?<![\w.:-])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{1,4}:){2,7}[0-9a-f:]{1,39})(?![\w:]|\.\d)", re.IGNORECASE)
_VERSION = re.compile(r"(?:\bversion|\brelease|\bv|\bsection|§)\s?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _National:
    """A country's personal number. module: of python-stdnum, "" where the cue is trusted without it; cue: what must stand
    before it, if its form does not tell."""

    name: str
    module: str
    form: re.Pattern[str]
    cue: re.Pattern[str] | None = None


_NATIONAL: Final = (
    _National("US social security number", "stdnum.us.ssn", re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")),
    # What is called one is taken for one, also a number that was never given out.
    _National(
        "US social security number",
        "",
        re.compile(r"(?<![\w-])\d{3}([- ]?)\d{2}\1\d{4}(?![\w-]|[.,]\d)"),
        re.compile(
            r"(?:\bSSN\b[^.\n\d]{0,20}"
            r"|\bsocial[ -]security(?:\s+(?:number|num\.?|no\.?|#|card))?\s*(?:is|was|:|=|,|\(|-)?\s*)\Z",
            re.IGNORECASE,
        ),
    ),
    _National("Brazilian CPF", "stdnum.br.cpf", re.compile(r"(?<![\w.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)")),
    _National("Spanish DNI", "stdnum.es.dni", re.compile(r"(?<![\w-])\d{8}-?[A-Z](?!\w)")),
    _National("Spanish NIE", "stdnum.es.nie", re.compile(r"(?<![\w-])[XYZ]-?\d{7}-?[A-Z](?!\w)")),
    _National(
        "Italian codice fiscale", "stdnum.it.codicefiscale", re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]\b")
    ),
    _National(
        "NHS number",
        "stdnum.gb.nhs",
        re.compile(r"(?<![\w-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])"),
        re.compile(r"\bNHS\b[^.\n\d]{0,20}\Z"),
    ),
    _National(
        "German tax id",
        "stdnum.de.idnr",
        re.compile(r"(?<!\w)\d{2} ?\d{3} ?\d{3} ?\d{3}(?!\w)"),
        re.compile(r"\b(?:tax id|IdNr|Steuer-?ID\w*|Identifikationsnummer)\b[^.\n\d]{0,20}\Z", re.IGNORECASE),
    ),
)


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal data at text[start:end]. kind: email, phone, card, iban, national_id or ip_address; key: equal for one and the
    same datum however it is written; name: for a person."""

    kind: str
    key: str
    name: str
    start: int
    end: int


def pii_boundary(source: str, output: str, *, region: str = "US") -> tuple[Violation, ...]:
    """Personal data of an output that is not in its source. region: the country whose phone numbers need no prefix.

    Reasons: private_email, private_phone, private_card, private_iban, private_national_id, private_ip_address. What is shown of
    a datum is masked, so that a log of violations is none of personal data.
    """
    found = personal_data(output, region=region)
    known = {(each.kind, each.key) for each in personal_data(source, region=region)} if found else set()
    digits = re.sub(r"[^\w@]", "", source).casefold() if found else ""
    out = []
    for each in found:
        # In the source it may stand without what tells it for what it is, a cue or a prefix.
        if (each.kind, each.key) in known or re.sub(r"[^\w@]", "", output[each.start : each.end]).casefold() in digits:
            continue
        shown = masked(output[each.start : each.end])
        out.append(Violation(f"private_{each.kind}", f"it holds {each.name} that is not in its source: {shown}", shown))
    return tuple(out)


def personal_data(text: str, *, region: str = "US") -> list[Personal]:
    """What of a text is personal data by its form, in order; of two that overlap, the one of the more certain rule."""
    found: list[Personal] = []
    rules: tuple[Callable[[str], Iterator[Personal]], ...] = (_emails, _ibans, _cards, _nationals, _addresses)
    for each in (*(one for rule in rules for one in rule(text)), *_phones(text, region)):
        if all(each.end <= other.start or each.start >= other.end for other in found):
            found.append(each)
    return sorted(found, key=lambda each: each.start)


def masked(text: str) -> str:
    """The form of a datum with its letters and digits hidden, but for the first and the last two."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    kept = {*places[:1], *places[-2:]} if len(places) > 6 else set()
    return "".join(char if not char.isalnum() or place in kept else "*" for place, char in enumerate(text))


def _emails(text: str) -> Iterator[Personal]:
    for match in _EMAIL.finditer(text):
        if not _NOBODY.search(match[0]):
            yield Personal("email", match[0].casefold(), "an e-mail address", *match.span())


def _ibans(text: str) -> Iterator[Personal]:
    for match in _IBAN.finditer(text):
        if _valid("stdnum.iban", match[0]):
            yield Personal("iban", match[0].replace(" ", ""), "a bank account", *match.span())


def _cards(text: str) -> Iterator[Personal]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        grouped = re.fullmatch(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{4,5}", match[0])
        labelled = _LABEL.search(text, max(0, match.start() - 30), match.start()) and not re.search(
            r"\bcard\b", text[max(0, match.start() - 40) : match.start()], re.IGNORECASE
        )
        if not _ISSUED.fullmatch(digits) or not _valid("stdnum.luhn", digits):
            continue
        if grouped or (match[0] == digits and not labelled):
            yield Personal("card", digits, "a payment card number", *match.span())


def _nationals(text: str) -> Iterator[Personal]:
    for kind in _NATIONAL:
        for match in kind.form.finditer(text):
            told = kind.cue is None or kind.cue.search(text[max(0, match.start() - 40) : match.start()])
            if told and (not kind.module or _valid(kind.module, match[0])):
                yield Personal("national_id", re.sub(r"\W", "", match[0]).upper(), f"a {kind.name}", *match.span())


def _addresses(text: str) -> Iterator[Personal]:
    for match in _IP.finditer(text):
        try:
            address = ipaddress.ip_address(match[0].rstrip(":") if match[0].endswith(":") else match[0])
        except ValueError:
            continue
        if address.is_global and not _VERSION.search(text[max(0, match.start() - 12) : match.start()]):
            yield Personal("ip_address", str(address), "an IP address", *match.span())


def _phones(text: str, region: str) -> Iterator[Personal]:
    # The search is slow, and needs no run where no seven digits stand close together.
    if not re.search(r"(?:\d[\s().+/-]{0,3}){7}", text):
        return
    library = _library("phonenumbers")
    for match in library.PhoneNumberMatcher(text, region, leniency=library.Leniency.VALID):
        said = match.raw_string
        abroad = said.lstrip("( ").startswith("+")
        cued = _PHONE_CUE.search(text[max(0, match.start - 45) : match.start])
        if not (abroad or cued or _grouped(said)) or (not cued and _LABEL.search(text[max(0, match.start - 30) : match.start])):
            continue
        key = library.format_number(match.number, library.PhoneNumberFormat.E164)
        yield Personal("phone", key, "a phone number", match.start, match.end)
    for written in _WRITTEN.finditer(text):
        before = text[max(0, written.start() - 45) : written.start()]
        cued = _PHONE_CUE.search(before)
        if not cued and (written["cued"] or _LABEL.search(before[-30:]) or _THOUSANDS.fullmatch(written[0])):
            continue
        digits = re.sub(r"\D", "", written[0])
        if written["abroad"] and not _possible(written[0]):
            continue
        key = f"+{digits}" if written["abroad"] else f"+1{digits[-10:]}" if len(digits) >= 10 and digits[0] != "0" else digits
        yield Personal("phone", key, "a phone number", *written.span())


def _grouped(said: str) -> bool:
    """Whether it is written as phone numbers are, (212) 555-0123 or 212-555-0123; blanks alone also part other numbers."""
    return re.fullmatch(r"(?:1[ .-])?(?:\(\d{2,5}\)\s?\d{3,4}[ .-]\d{3,4}|\d{3}([.-])\d{3}\1\d{4})", said) is not None


def _possible(number: str) -> bool:
    """Whether a country has numbers of this length."""
    library = _library("phonenumbers")
    try:
        return bool(library.is_possible_number(library.parse(number, None)))
    except library.NumberParseException:
        return False


def _valid(module: str, text: str) -> bool:
    return bool(_library(module).is_valid(text))


@cache
def _library(name: str) -> Any:
    """Imported when first needed: the tables of numbering plans cost a fraction of a second."""
    return import_module(name)
