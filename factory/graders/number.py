"""Grades a numeric answer. Self-contained: this file alone, with the settings as keyword arguments, is a scorer.

What counts as the answer: the number after the last marked final answer (`A:`, `Answer:`, `answer is`, `####`, `\\boxed{}`), or
else the last number of a short answer. An answer that offers several different numbers, or denies its number, has none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

SHORT = 200  # characters: a longer answer must mark its final number
_TAIL = 20_000  # characters read from the end, so that no answer takes long
_GAP = 60  # characters between two numbers within which a word such as "or" can tie them together
_DIGITS = 400  # a numeral with more digits, or a larger exponent, is noise

_CURRENCY = {
    "$": ("$", "us$", "usd", "dollar", "dollars"),
    "€": ("€", "eur", "euro", "euros"),
    "£": ("£", "gbp"),
    "¥": ("¥", "jpy", "yen"),
    "₹": ("₹", "inr", "rupee", "rupees"),
    "¢": ("¢", "cent", "cents"),
    "%": ("%", "percent", "per cent", "pct"),
}
_SAME_UNIT = {spelling: sign for sign, spellings in _CURRENCY.items() for spelling in spellings}
_SCALE = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_NO_UNIT = frozenset(
    """a after all altogether an and approximately are as at because but by each either else exactly for from he hence i if in
    is it left less maybe more of on only or per perhaps possibly she since so that the then therefore they thus to total was we
    were when which will with would""".split()  # noqa: SIM905
)

_INTEGER = r"(?:\d{1,3}(?:[,_'’]\d{3})++(?!\d)|\d++)"
_DECIMAL = rf"(?:{_INTEGER}(?:\.\d++)?|\.\d++)"
_NUMBER = re.compile(
    rf"""(?<![\w\\^√])(?<!\^[-+])(?<!\d\.)(?<!\^\{{)(?<!sqrt[{{(])
    (?P<sign>(?<![\w)\]}}])[-+])?
    (?P<currency>(?:US)?\$|[€£¥₹]|(?:USD|EUR|GBP)\b)?\s?
    (?P<inner>(?<=[$€£¥₹])[-+])?
    (?:(?P<whole>{_INTEGER})\s+(?P<part>\d++)\s?/\s?(?P<parts>\d++)
      |(?P<top>{_DECIMAL})\s?/\s?(?P<bottom>-?{_DECIMAL})
      |(?P<plain>{_DECIMAL})(?:e(?P<power>[-+]?\d++)|\s?[x×*·]\s?10\s?\^\s?[({{]?\s?(?P<tens>[-+]?\d++)\s?[)}}]?)?)
    (?!\.?\d|\s?/\s?\d|\s?(?:\^|π|√|\\pi|\\sqrt|pi\b)|[OОΟ](?![^\W_]))
    (?:\s?(?P<scale>hundred|thousand|million|billion|trillion)\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_MARK = re.compile(
    r"####|\\boxed\s*\{|(?<!\w)A\s*[:：]|\b(?i:final\s+answer|answer|ans)\s*(?:\*\*\s*)?(?:(?i:is|would be|equals)\b|[:：=])"
)
_TIES = re.compile(
    r"\b(?:or|either|maybe|perhaps|possibly|alternatively|could|might|vs|versus|otherwise|unless|if|guess(?:es)?|candidates?)\b",
    re.IGNORECASE,
)
_LEADS_TO = re.compile(
    r"[^\W_]|[=≈≡→⇒]"
)  # what may stand between two numbers that are no list: a word, or a sign of derivation
_LIST = re.compile(
    r"(?:\s*(?:[^\W\d_]+|[%°¢$€£¥₹])){0,2}?\s*(?:[,;/&|()\[\]{}<>*+^:~…×÷·-]|\b(?:and|to|through|also|plus|minus|times)\b)"
    r"[\s,;/&|()\[\]{}…-]*(?:(?:and|to|also)\b)?\s*",
    re.I,
)
_DENIAL = re.compile(
    r"(?:\bnot|n['’]t|\bnever|\brather than|\binstead of|\b(?:any|every|no)thing but|\bother than|\bexcept)\b"
    r"[^\d.:;=\n]{0,20}$",
    re.I,
)
# Words and letters that make another number of the one they follow; `k` is kilo in small type only, K is a unit.
_CHANGES = frozenset({"bn", "mn", "dozen", "dozens", "tenths", "hundredths", "thousandths", "squared", "cubed"})
_OVERRIDE = re.compile("[\u202d\u202e]")
_UNIT = re.compile(r"\s?-?\s?(°\s?[^\W\d_]?|[%¢$€£¥₹]|[^\W\d_]+(?:\s?[/·]\s?[^\W\d_][^\W_]*|[/·^][^\W_]+|\s?\^\s?[^\W_]+)*)")
_PER = re.compile(r"\s+per\s+((?:(?:square|cubic)\s+)?[^\W\d_]+(?:\^\d)?)", re.IGNORECASE)
_RATE = re.compile(r"(?:\s+per\s+|\s?/\s?)([^\W\d_]+)", re.IGNORECASE)
# What money is mostly counted by, in the spellings that mean nothing else ("m" is a metre, a month, a minute); of other words
# nobody can tell here whether two of them mean the same.
_MEASURE_LIST: Final = """
s sec secs second seconds; min mins minute minutes; h hr hrs hour hours; d day days; wk wks week weeks; mo month months;
yr yrs year years annum; g gram grams; kg kgs kilo kilos kilogram kilograms; lb lbs pound pounds; metre metres meter meters;
km kilometre kilometres kilometer kilometers; mi mile miles; l litre litres liter liters; gal gallon gallons; dozen dozens
"""
_MEASURES: Final = {
    spelling: max(spellings.split(), key=len).removesuffix("s")
    for spellings in _MEASURE_LIST.split(";")
    for spelling in spellings.split()
}
_COMPOUND = re.compile(r"[/·^]|\sper\s")  # a unit of several parts
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


@dataclass(frozen=True)
class Reading:
    """A number as it stands in a text. unit: its spelling, a currency sign and "%" included, "" when none is stated; per: the
    known measure that money or a percentage is stated for ("hour" of "$5/hr"), "" for none.
    """

    value: Fraction
    unit: str
    text: str
    per: str = ""


def grade(
    answer: str,
    reference: str,
    *,
    absolute: float = 0.0,
    relative: float = 0.0,
    units: Sequence[str] = (),
    unit_required: bool = False,
) -> tuple[bool, str, str]:
    """(correct, extracted, detail). Never raises, whatever the texts.

    absolute, relative: tolerances; the wider of the two holds, relative being of the reference. units: every accepted spelling
    of the unit. A reference that states another unit than these is graded by its own alone: 5 hours are not right for
    5 minutes, whatever is listed. Where neither states one, an answer's unit is ignored.
    """
    units = tuple(map(_plain, units))
    truth, _ = read(reference, units)
    if truth is None:
        return False, "", "the reference holds no single number"
    given, why = read(answer, units)
    if given is None:
        return False, "", why
    own = bool(truth.unit) and not any(_same_unit(truth.unit, unit) for unit in units)
    accepted = (truth.unit,) if own else units
    if accepted and not given.unit and unit_required:
        return False, given.text, f"no unit; expected {accepted[0]}"
    percent = is_percent(given.unit), any(map(is_percent, accepted))
    if accepted and given.unit and not any(_same_unit(given.unit, unit) for unit in accepted):
        return False, given.text, f"unit {given.unit!r}; expected {accepted[0]!r}"
    if given.per and truth.per and given.per != truth.per:
        return False, given.text, f"per {given.per}; expected per {truth.per}"
    if not accepted and (given.unit == "k" or given.unit.casefold().split(" per ")[0] in _CHANGES):
        return False, given.text, f"{given.unit!r} makes it another number"
    tolerance = max(Fraction(repr(float(absolute))), Fraction(repr(float(relative))) * abs(truth.value))
    if any(abs(value - truth.value) <= tolerance for value in _readings(given, truth, *percent)):
        return True, given.text, "equal" if given.value == truth.value else "equal within the tolerance or as a percentage"
    return False, given.text, f"not {truth.text}"


def read(text: str, units: Sequence[str] = ()) -> tuple[Reading | None, str]:
    """The one number that a text gives as its answer, or None and why there is none."""
    if _OVERRIDE.search(text):
        return None, "it is shown in another order than it is written"
    plain = _plain(text)
    mark = _last_mark(plain)
    numbers = list(_numbers(plain))
    if mark is not None:
        chosen = _after_mark(plain, mark, numbers)
    elif len(plain) > SHORT:
        return None, f"no marked final answer in more than {SHORT} characters"
    else:
        chosen = len(numbers) - 1
    if not 0 <= chosen < len(numbers):
        return None, "no number"
    match, value = numbers[chosen]
    if _DENIAL.search(plain, max(0, match.start() - _GAP), match.start()):
        return None, "the number is denied"
    if re.search(r"\d\s*/\s*\Z", plain[: match.start()]):
        return None, "a list or an unfinished fraction"
    if rival := _rival(plain, numbers, chosen, mark is not None, units):
        return None, f"several numbers: {match.group().strip()} and {rival}"
    unit, scaled, end = _unit(plain, match, units)
    if scaled:
        value *= 10 ** _SCALE[match["scale"].lower()]
    rate = _RATE.match(plain, end) if unit.casefold() in _SAME_UNIT else None
    per = _MEASURES.get(rate.group(1).casefold(), "") if rate else ""
    return Reading(value, unit, f"{match.group().strip()} {unit if unit not in match.group() else ''}".strip(), per), ""


def _plain(text: str) -> str:
    """The text with one spelling for every sign that matters, LaTeX and Unicode variants resolved."""
    text = text[-_TAIL:]
    text = re.sub(r"(?<=\d)[   ](?=\d{3}(?!\d))", ",", text)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda m: "^" + m.group().translate(_SUPERSCRIPT), text)
    text = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[−‐‑‒–—﹣˗➖]", "-", text).replace("⁄", "/").replace("**", "")
    text = text.replace("{,}", ",").replace("\\%", "%").replace("\\times", "×").replace("\\cdot", "·")
    text = re.sub(r"(?<=\d)\\[,;! ](?=\d{3})", ",", text)
    text = re.sub(r"(?<![\\\w])\$(?=\S)([^$\n]*[^\s$])\$(?![\d$])", r" \1 ", text)
    text = re.sub(r"\\[dt]?frac\s*\{\s*([^{}]*)\}\s*\{\s*([^{}]*)\}", r" \1/\2 ", text)
    text = re.sub(r"\\(?:text|mathrm|mbox)\s*\{([^{}]*)\}", r" \1", text)
    text = text.replace("\\$", "$")
    return re.sub(r"\\[,;! ()\[\]]", " ", text).strip()


def _numbers(plain: str) -> Iterator[tuple[re.Match[str], Fraction]]:
    for match in _NUMBER.finditer(plain):
        value = _value(match)
        if value is not None:
            yield match, value


def _value(match: re.Match[str]) -> Fraction | None:
    """What a numeral is worth, its scale word apart; None for a division by zero or one too large to be meant."""
    parts = {name: re.sub(r"[,_'’]", "", text) for name, text in match.groupdict().items() if text}
    power = (
        int(parts.get("power") or parts.get("tens") or 0) if len(parts.get("power", parts.get("tens", ""))) < 5 else _DIGITS + 1
    )
    if abs(power) > _DIGITS or any(len(text) > _DIGITS for text in parts.values()):
        return None
    if "whole" in parts:
        bottom = Fraction(parts["parts"])
        value = Fraction(parts["whole"]) + Fraction(parts["part"]) / bottom if bottom else None
    elif "top" in parts:
        bottom = Fraction(parts["bottom"])
        value = Fraction(parts["top"]) / bottom if bottom else None
    else:
        value = Fraction(parts["plain"]) * Fraction(10) ** power
    if value is None:
        return None
    return -value if (parts.get("sign") == "-") != (parts.get("inner") == "-") else value


def _last_mark(plain: str) -> int | None:
    """Where the text after the last marker begins, None without a marker."""
    end = None
    for match in _MARK.finditer(plain):
        end = match.end()
    return end


def _after_mark(plain: str, mark: int, numbers: Sequence[tuple[re.Match[str], Fraction]]) -> int:
    """The index of the marked number: the first after the last "=" of its line; past the end when there is none."""
    first = next((i for i, (match, _) in enumerate(numbers) if match.start() >= mark), len(numbers))
    if first == len(numbers) or plain[mark : numbers[first][0].start()].strip().count("\n"):
        return len(numbers)
    stop = plain.find("\n", numbers[first][0].start())
    equals = plain.rfind("=", mark, stop if stop >= 0 else len(plain))
    return next((i for i, (match, _) in enumerate(numbers) if match.start() > equals and i >= first), len(numbers))


def _rival(
    plain: str, numbers: Sequence[tuple[re.Match[str], Fraction]], chosen: int, marked: bool, units: Sequence[str]
) -> str:
    """A different number that the text offers beside the chosen one, "" when there is none."""
    for step in (-1, 1):
        here = chosen
        while 0 <= here + step < len(numbers):
            left, right = sorted((here, here + step))
            gap = plain[numbers[left][0].end() : numbers[right][0].start()]
            # What came before an equals sign, or on a line before the mark, led to the answer; it is not offered beside it.
            if step < 0 and ((marked and "\n" in gap) or (re.search(r"=\W*$", gap) and not _TIES.search(gap))):
                break
            if numbers[here + step][1] != numbers[chosen][1]:
                if _tied(gap) or _listed(plain, numbers[left][0], numbers[right][0], units):
                    return numbers[here + step][0].group().strip()
                break
            here += step
    return ""


def _tied(gap: str) -> bool:
    """Whether what stands between two numbers makes them alternatives, a list or an unfinished sum."""
    return not _LEADS_TO.search(gap) or bool(len(gap) <= _GAP and _TIES.search(gap)) or _LIST.fullmatch(gap) is not None


def _listed(plain: str, left: re.Match[str], right: re.Match[str], units: Sequence[str]) -> bool:
    """Whether two numbers make a list once the compound unit of the first, which has signs and digits of its own, is read."""
    unit, _, end = _unit(plain, left, units)
    return _COMPOUND.search(unit) is not None and _LIST.fullmatch(plain, end, max(end, right.start())) is not None


def _unit(plain: str, match: re.Match[str], units: Sequence[str]) -> tuple[str, bool, int]:
    """The unit stated with a number, whether its scale word counts ("million" may itself be an accepted unit), and where the
    unit ends."""
    currency = match["currency"]
    if match["scale"] and not currency:
        tail = plain[match.start("scale") :]
        if found := _accepted_start(tail, units):
            return found, False, match.end()
    if currency:
        return currency, bool(match["scale"]), match.end()
    tail = plain[match.end() :].split("\n", 1)[0]
    found = _accepted_start(tail, units)
    end = len(tail) - len(tail.lstrip(" -")) + len(found) if found else 0
    if not found and (stated := _UNIT.match(tail)):
        word = stated.group(1).strip()
        found = "" if word.casefold() in _NO_UNIT else word
        end = stated.end() if found else 0
        if found and found.casefold() not in _SAME_UNIT and (rate := _PER.match(tail, end)):
            found, end = f"{found} per {rate.group(1)}", rate.end()
    return found, bool(match["scale"]), match.end() + end


def _accepted_start(tail: str, units: Sequence[str]) -> str:
    """The accepted spelling with which a text begins; a longer compound unit ("km/h" for "km") is not it."""
    stripped = tail.lstrip(" -")
    for unit in sorted(units, key=len, reverse=True):
        rest = stripped[len(unit) :]
        if unit and _same_unit(stripped[: len(unit)], unit) and not re.match(r"\w|\s?[/^·]|\s+per\s", rest):
            return unit
    return ""


def _same_unit(left: str, right: str) -> bool:
    """Whether two spellings name one unit. Case is ignored but for the prefixes milli and mega of short symbols."""
    left, right = left.strip(), right.strip()
    if len(left) <= 2 and len(right) <= 2 and left[:1] != right[:1] and {left[:1], right[:1]} == {"m", "M"}:
        return False
    left, right = left.casefold(), right.casefold()
    return _SAME_UNIT.get(left, left) == _SAME_UNIT.get(right, right)


def is_percent(unit: str) -> bool:
    return _same_unit(unit, "%")


def _readings(given: Reading, truth: Reading, percent: bool, truth_percent: bool) -> tuple[Fraction, ...]:
    """The values that an answer can stand for beside this reference: 25 % is 0.25, and 25 where percentages are asked for."""
    if percent and not truth_percent:
        # A bare reference below 1 is a share, so 0.5 % is not 0.5; from 1 on it may count percentage points.
        return (given.value / 100, given.value) if abs(truth.value) >= 1 else (given.value / 100,)
    if truth_percent and not given.unit:
        return given.value, given.value * 100
    return (given.value,)
