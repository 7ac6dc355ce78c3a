"""What the rehearsal author works with: numbers in a text, the exact program over them, and the text that tells both.

A `Composition` keeps, for every number it wrote, where it stands and which leaf of the program it is. So a test can alter a
number in the text, evaluate the program again, and know what the altered text's answer must be.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}
_MARK = re.compile("\ue000(\\d+)\ue001")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number of the text. style: how it is written ("digits", "words", "cents", "part" for fractions, "times")."""

    value: Fraction
    style: str


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of the program. op "leaf" reads leaf number `leaf`; "const" is `constant`; any other op works on its args."""

    op: str
    args: tuple[Expr, ...] = ()
    leaf: int = -1
    constant: Fraction = Fraction(0)

    def value(self, leaves: Sequence[Fraction]) -> Fraction:
        """Exact value under these leaf values. Raises ZeroDivisionError where the program divides by zero."""
        if self.op == "leaf":
            return leaves[self.leaf]
        if self.op == "const":
            return self.constant
        return _APPLY[self.op](*(arg.value(leaves) for arg in self.args))

    def leaves(self) -> frozenset[int]:
        """The leaves it depends on: numbers of the text outside this set are distractors."""
        return frozenset([self.leaf]) if self.op == "leaf" else frozenset().union(*(arg.leaves() for arg in self.args))


def const(value: int | Fraction) -> Expr:
    return Expr("const", constant=Fraction(value))


def node(op: str, *args: Expr) -> Expr:
    return Expr(op, args)


def _tiered(count: Fraction, first: Fraction, low: Fraction, high: Fraction) -> Fraction:
    return min(count, first) * low + max(count - first, Fraction(0)) * high


_APPLY: dict[str, Callable[..., Fraction]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "percent": lambda a, p: a * p / 100,
    "floor_div": lambda a, b: Fraction(math.floor(a / b)),
    "ceil_div": lambda a, b: Fraction(math.ceil(a / b)),
    "rest": lambda a, b: a - b * math.floor(a / b),
    "fee_over": lambda a, limit, fee: a + fee if a > limit else a,
    "tiered": _tiered,
}


@dataclass(frozen=True, slots=True)
class Composition:
    """A finished problem. spans: for each leaf, its place in `text` (start, end); unit: what the answer counts."""

    text: str
    spans: tuple[tuple[int, int], ...]
    leaves: tuple[Leaf, ...]
    program: Expr
    operations: tuple[str, ...]
    solution: str
    unit: str

    @property
    def answer(self) -> Fraction:
        return self.program.value([leaf.value for leaf in self.leaves])

    def altered(self, leaf: int, value: Fraction) -> tuple[str, Fraction]:
        """The text with one number changed, and the answer it then has."""
        start, end = self.spans[leaf]
        changed = Leaf(value, self.leaves[leaf].style)
        values = [item.value for item in self.leaves]
        values[leaf] = value
        return self.text[:start] + written(changed) + self.text[end:], self.program.value(values)


def plain_number(value: Fraction) -> str:
    """An answer as the payload holds it: no thousands separator, at most as many decimals as it needs."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def written(leaf: Leaf) -> str:
    """The number as the text says it."""
    value = leaf.value
    if leaf.style == "part":
        name = _PARTS[value.denominator]
        if value.numerator == 1:
            return "half" if name == "half" else f"a {name}"
        return f"{_in_words(value.numerator)} {name}s"
    if leaf.style == "times":
        return "twice" if value == 2 else f"{_in_words(int(value))} times"
    if leaf.style == "cents":
        return f"{float(value):,.2f}" if value.denominator != 1 else f"{int(value):,}"
    if leaf.style == "words" and value.denominator == 1 and 0 <= value < 100:
        return _in_words(int(value))
    return f"{int(value):,}" if value.denominator == 1 else plain_number(value)


def _in_words(value: int) -> str:
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def mark(leaf: int) -> str:
    """A stand-in for a number, until `settle` writes it out and learns where it stands."""
    return f"\ue000{leaf}\ue001"


def settle(text: str, leaves: Sequence[Leaf]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text with every mark written out, and each leaf's span."""
    out: list[str] = []
    spans: dict[int, tuple[int, int]] = {}
    length, last = 0, 0
    for match in _MARK.finditer(text):
        before = text[last : match.start()]
        out.append(before)
        length += len(before)
        index = int(match[1])
        number = written(leaves[index])
        if _opens_sentence("".join(out[-2:])):
            number = number[:1].upper() + number[1:]
        out.append(number)
        spans[index] = (length, length + len(number))
        length += len(number)
        last = match.end()
    out.append(text[last:])
    return "".join(out), tuple(spans[index] for index in range(len(leaves)))


def _opens_sentence(before: str) -> bool:
    stripped = before.rstrip(" ")
    return not stripped or stripped[-1] in ".?!\n" or stripped.endswith(("\n-", "day:"))


def choose(frame: str, rng: random.Random) -> str:
    """Expand every `[one|two|three]` of a frame, innermost first; an empty choice leaves nothing."""
    while (match := _CHOICE.search(frame)) is not None:
        frame = frame[: match.start()] + rng.choice(match[1].split("|")) + frame[match.end() :]
    return re.sub(r"\s+([,.;?])", r"\1", re.sub(r" {2,}", " ", frame)).strip()


def fill(frame: str, slots: Mapping[str, str], rng: random.Random) -> str:
    """Expand choices, then put the slots in."""
    return re.sub(r"\s+([,.;?])", r"\1", re.sub(r" {2,}", " ", choose(frame, rng).format_map(slots))).strip()
