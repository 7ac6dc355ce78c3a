"""The equations that a text works out in digits (`48 - 5 = 43`, `$12 x 3 = $36`, `10% of 40 = 4`), to be worked again.

Only what can be read for certain is an equation here: one with an unknown, a unit that must be converted or a number word
such as "dozen" in it is left out rather than guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gates.prose.words import words

_TOKEN = re.compile(
    r"(?P<number>(?P<currency>[$€£¥])?\s?(?<!\d)(?<!\d[,.])"
    r"(?P<digits>\d{1,3}(?:,\d{3})++(?!\d)(?:\.\d+)?|\d++(?!,\d)(?:\.\d++)?|\.\d++)"
    r"(?P<percent>\s?%|\s?per\s?cent\b)?)"
    r"|(?P<equals>(?<![<>=!:])[=≈](?![=>]))"
    r"|(?P<word>(?:/\s?|per\s)?[^\W\d_]+(?:[/'’-][^\W\d_]+)*)"
    r"|(?P<op>\*\*|[-+−–*×·/÷^])|(?P<open>[(\[])|(?P<close>[)\]])|(?P<space>[^\S\n]+)|(?P<barrier>.|\n)",
    re.IGNORECASE,
)
_SPELLED: Final = {"plus": "+", "minus": "-", "times": "*", "of": "*"}
_SIGNS: Final = {"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "**": "^"}
# No unit: what follows is another clause, or a number that the digits alone do not tell.
_NO_UNIT: Final = frozenset(
    words(
        "and or then is are was were she he they it so if when because has have had than less more at rounded over dozen "
        "dozens "
        "hundred hundreds thousand million billion half pair pairs score percent squared cubed"
    )
)
_SCALES: Final = frozenset(words("dozen dozens hundred hundreds thousand million billion half pair pairs score squared cubed"))
# Units of one kind: a sum over two of them converts, and is not worked again here.
_KINDS: Final = (
    frozenset(words("$ dollar cent ¢ penny pennie dime nickel quarter")),
    frozenset(words("second minute hour day week month year min hr sec decade")),
    frozenset(words("mm cm km meter metre centimeter kilometer foot feet inch inche yard mile ft in")),
    frozenset(words("mg kg gram kilogram ounce pound ton oz lb lbs")),
    frozenset(words("ml liter litre milliliter gallon quart pint cup ounce tablespoon teaspoon")),
)
# A number behind one of these belongs to what stands before it; behind a letter, it may be multiplied by an unknown.
_LEADS: Final = frozenset(["per", *"bcdefghijklmnopqrstuvwxyz"])
_LOOSE = re.compile(
    r"\b(?:round|about|approx|nearest|whole|full|remainder|at least|at most|almost|roughly|estimate)", re.IGNORECASE
)
_ABOUT: Final = 60  # characters after a result in which a word such as "rounded" still speaks of it
_LONGEST: Final = 20_000
_POWER: Final = 12


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: text[start:end]. value: a percentage's is its hundredth; decimals: digits after the point."""

    value: Fraction
    decimals: int
    start: int
    end: int
    percent: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """Two expressions under an operator of `+ - * / ^`."""

    op: str
    left: Expression
    right: Expression


Expression = Number | Sum


@dataclass(frozen=True, slots=True)
class Equation:
    """text[start:end] says that left is right. loose: it says that the result is rounded or approximate."""

    left: Expression
    right: Expression
    start: int
    end: int
    loose: bool

    @property
    def result(self) -> Number | None:
        """The right side where it is one number."""
        return self.right if isinstance(self.right, Number) else None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    number: Number | None = None


class _Unread(Exception):
    """The tokens are no expression that can be read for certain."""


def equations(text: str) -> list[Equation]:
    """Every equation of a text whose left side is worked in numbers, in order; at most its first 20,000 characters are read."""
    found = []
    for line in re.finditer(r"[^\n]*[=≈][^\n]*", text[:_LONGEST]):
        tokens = list(_tokens(line[0], line.start()))
        for place, token in enumerate(tokens):
            if token.kind == "equals" and (equation := _equation(text, tokens, place)) is not None:
                found.append(equation)
    return found


def numbers_in(expression: Expression) -> Iterator[Number]:
    """Its numbers from left to right."""
    if isinstance(expression, Number):
        yield expression
    else:
        yield from numbers_in(expression.left)
        yield from numbers_in(expression.right)


def worked(expression: Expression, value: Callable[[Number], Fraction] = lambda number: number.value) -> Fraction | None:
    """What it comes to with these values for its numbers; None for a division by zero or a power too large to be meant."""
    if isinstance(expression, Number):
        return value(expression)
    left, right = worked(expression.left, value), worked(expression.right, value)
    if left is None or right is None:
        return None
    match expression.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
    if right.denominator != 1 or not 0 <= right <= _POWER:
        return None
    return left**right.numerator


def holds(equation: Equation) -> bool:
    """Whether its sides agree: exactly, or as far as the decimals of the result and of rounded operands can tell."""
    left, right = worked(equation.left), worked(equation.right)
    if left is None or right is None:
        return True
    result = equation.result
    readings = [left, *_added_percent(equation.left), *_fraction_below(equation.left)]
    if result is None:
        return any(reading == right for reading in readings) or abs(left - right) <= _slack(equation.left) + _slack(
            equation.right
        )
    step = Fraction(1, 10**result.decimals)
    # Two decimals are as often cut off as rounded; a whole number stands for itself unless the text says otherwise.
    room = step if result.decimals else (Fraction(1) if equation.loose else Fraction(0))
    room += _slack(equation.left)
    stated = [result.value * 100, result.value] if result.percent else [result.value, result.value / 100]
    if not result.percent and not any(number.percent for number in numbers_in(equation.left)):
        stated = stated[:1]
    scale = [Fraction(1), Fraction(100)] if result.percent else [Fraction(1)]
    return any(
        abs(reading * by - value) < room or reading * by == value or (bool(room) and abs(reading * by - value) <= room)
        for reading in readings
        for value in stated
        for by in scale
    )


def _slack(expression: Expression) -> Fraction:
    """By how much its value may be off because operands such as 0.33 were rounded. A price is taken to be exact."""
    base = worked(expression)
    total = Fraction(0)
    for number in numbers_in(expression):
        if number.decimals < 2 or number.unit == "$" or base is None:
            continue
        half = Fraction(1, 2 * 10**number.decimals) / (100 if number.percent else 1)
        moved = worked(expression, lambda each, this=number, by=half: each.value + (by if each is this else 0))  # type: ignore[misc]
        total += abs(moved - base) if moved is not None else Fraction(0)
    return total


def _added_percent(expression: Expression) -> Iterator[Fraction]:
    """`50 + 20%` is 60 to most who write it."""
    if (
        isinstance(expression, Sum)
        and expression.op in "+-"
        and isinstance(expression.right, Number)
        and expression.right.percent
    ):
        left = worked(expression.left)
        if left is not None:
            share = expression.right.value
            yield left * (1 + share if expression.op == "+" else 1 - share)


def _fraction_below(expression: Expression) -> Iterator[Fraction]:
    """`3 / 1/4` is 12 to those who write a fraction below the line."""
    if isinstance(expression, Sum) and expression.op == "/" and isinstance(expression.left, Sum) and expression.left.op == "/":
        value = worked(Sum("/", expression.left.left, Sum("/", expression.left.right, expression.right)))
        if value is not None:
            yield value


def _tokens(text: str, offset: int) -> Iterator[_Token]:
    """The tokens of a line that begins `offset` characters into its text, white space left out."""
    previous = ""
    for match in _TOKEN.finditer(text):
        kind, said = str(match.lastgroup), match[0]
        if match["number"] is not None:
            kind = "number"
        if kind == "space":
            continue
        start, end = match.span()
        if kind == "word":
            lower = said.casefold()
            after = text[end : end + 3].lstrip()
            # "3 packs of 20" is no product that a sum may be read from; "a quarter: 1/4 of 20" and "20% of 50" are.
            behind = ("number", "close") if lower == "of" else ("number", "word", "close")
            if lower in ("x", *_SPELLED) and previous in behind and after[:1] in _STARTS:
                kind, said = "op", _SPELLED.get(lower, "*")
            elif lower == "by" and previous == "word":
                kind = "barrier"
        if kind == "op":
            said = _SIGNS.get(said, said)
        number = _number(match, offset) if kind == "number" else None
        # 3:30, 2024-05-01 and 1.2.3 are no numbers to reckon with.
        if kind == "number" and re.match(r":\d|\.\d|/\d+/", text[end : end + 4]):
            kind, number = "barrier", None
        yield _Token(kind, said, offset + start, offset + end, number)
        previous = kind


_STARTS: Final = tuple("0123456789.$€£¥([")


def _number(match: re.Match[str], offset: int) -> Number:
    digits = match["digits"].replace(",", "")
    percent = match["percent"] is not None
    value = Fraction(digits) / (100 if percent else 1)
    lead = len(match[0]) - len(match[0].lstrip())
    start, end = offset + match.start() + lead, offset + match.end()
    return Number(value, len(digits.partition(".")[2]), start, end, percent, "$" if match["currency"] else "")


def _equation(text: str, tokens: list[_Token], place: int) -> Equation | None:
    left = _left(tokens, place)
    right = _right(tokens, place) if left is not None else None
    if left is None or right is None or not isinstance(left[0], Sum):
        return None
    start, end = left[1], right[1]
    around = text[max(0, start - _ABOUT // 2) : end + _ABOUT].partition("\n\n")[0]
    if _converts({*_units(tokens, start, end)}):
        return None
    return Equation(left[0], right[0], start, end, tokens[place].text == "≈" or bool(_LOOSE.search(around)))


def _left(tokens: list[_Token], place: int) -> tuple[Expression, int] | None:
    """The longest expression that ends at the equals sign, and where it starts."""
    first = place
    while first and tokens[first - 1].kind not in ("barrier", "equals"):
        first -= 1
    for start in range(first, place):
        if tokens[start].kind not in ("number", "open"):
            continue
        try:
            expression = _Reader(tokens[start:place]).whole()
        except _Unread:
            continue
        before = tokens[start - 1] if start > first else None
        # What stands before an operator was not read, so this is but a part of the sum. A dash that opens a line is a bullet.
        if before is not None and (before.kind in ("number", "close") or (before.kind == "op" and start - 1 > first)):
            return None
        if before is not None and before.kind == "op" and before.text != "-":
            return None
        # A bracket that opens after an operator is part of a longer sum, and closes behind the equals sign.
        if before is not None and before.kind == "open" and start - 2 >= first and tokens[start - 2].kind in ("op", "number"):
            return None
        if before is not None and before.kind == "word" and before.text.casefold() in _LEADS:
            return None
        if before is not None and before.text.casefold() == "of" and _behind_of(tokens, start - 1):
            return None
        return expression, tokens[start].start
    return None


def _right(tokens: list[_Token], place: int) -> tuple[Expression, int] | None:
    """The number, or the sum, after the equals sign, and where it ends."""
    stop = place + 1
    while stop < len(tokens) and tokens[stop].kind not in ("barrier", "equals"):
        stop += 1
    said = tokens[place + 1 : stop]
    if not said:
        return None
    negative = said[0].kind == "op" and said[0].text == "-"
    body = said[1:] if negative else said
    if not body or body[0].number is None:
        return None
    number = body[0].number
    # A letter right behind the number is an unknown, a remainder or a unit such as k, which makes it another number.
    if len(body) > 1 and body[1].kind == "word" and (len(body[1].text.lstrip("/ ")) == 1 or body[1].text.casefold() in _SCALES):
        return None
    # "= 1/3 of the rest": the share, not what it comes to.
    if any(token.kind == "op" and token.text == "*" and token.end - token.start == 2 for token in body):
        return None
    if any(token.kind in ("op", "open") for token in body[1:]):
        try:
            return (_Reader(said).whole(), said[-1].end)
        except _Unread:
            if body[1].kind in ("op", "open", "number"):
                return None
    if len(body) > 1 and body[1].kind == "number":
        return None
    if negative:
        number = Number(-number.value, number.decimals, number.start, number.end, number.percent, number.unit)
    return number, number.end


def _units(tokens: list[_Token], start: int, end: int) -> Iterator[str]:
    for position, token in enumerate(tokens):
        inside = start <= token.start < end
        trailing = (
            token.start >= end and position and tokens[position - 1].end <= end and tokens[position - 1].number is not None
        )
        if token.number is not None and inside and token.number.unit:
            yield token.number.unit
        if token.kind == "word" and (inside or trailing):
            yield token.text.casefold().lstrip("/ ").removesuffix("s")


def _converts(units: set[str]) -> bool:
    def one(unit: str) -> str:
        return "$" if unit == "dollar" else unit

    return any(len({one(unit) for unit in units & kind}) > 1 for kind in _KINDS)


def _behind_of(tokens: list[_Token], place: int) -> bool:
    """Whether an "of" belongs to a count before it: "3 packs of", and not "a profit of"."""
    return any(token.kind == "number" for token in tokens[max(0, place - 3) : place])


class _Reader:
    """Recursive descent over tokens; units behind a number are skipped. Raises _Unread."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Expression:
        expression = self._terms()
        if self._at != len(self._tokens):
            raise _Unread
        return expression

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _takes(self, *signs: str) -> str:
        token = self._peek()
        if token is not None and token.kind == "op" and token.text in signs:
            self._at += 1
            return token.text
        return ""

    def _terms(self) -> Expression:
        left = self._factors()
        while sign := self._takes("+", "-"):
            left = Sum(sign, left, self._factors())
        return left

    def _factors(self) -> Expression:
        left = self._power()
        while True:
            token = self._peek()
            if sign := self._takes("*", "/"):
                left = Sum(sign, left, self._power())
            elif token is not None and token.kind == "open":
                left = Sum("*", left, self._power())
            else:
                return left

    def _power(self) -> Expression:
        left = self._atom()
        return Sum("^", left, self._power()) if self._takes("^") else left

    def _atom(self) -> Expression:
        if self._takes("-"):
            inner = self._atom()
            return Sum("*", Number(Fraction(-1), 0, -1, -1), inner)
        token = self._peek()
        if token is None:
            raise _Unread
        self._at += 1
        if token.kind == "open":
            inner = self._terms()
            closing = self._peek()
            if closing is None or closing.kind != "close":
                raise _Unread
            self._at += 1
        elif token.number is not None:
            inner = token.number
        else:
            raise _Unread
        self._skip_unit()
        return inner

    def _skip_unit(self) -> None:
        for place in range(4):
            token = self._peek()
            if token is None or token.kind != "word":
                return
            word = token.text.lstrip("/ ").casefold()
            # "1/3 of Solomon's" is a share of something unknown.
            if len(word) == 1 or word in _NO_UNIT or (word == "of" and not place):
                raise _Unread
            self._at += 1
        if (token := self._peek()) is not None and token.kind == "word":
            raise _Unread
