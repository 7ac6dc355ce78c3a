"""The arithmetic that a model writes down, worked out: exact, bounded, and without running any of it as code.

A model that shows how it gets to a number is often right about the steps and wrong about what they come to (program-aided
reasoning, arXiv 2211.10435). So the steps are what is believed, and the number is worked out here.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from textwrap import dedent
from typing import Final

_LENGTH: Final = 4_000  # characters of a program
_NODES: Final = 1_000  # operations and values of a program
_BITS: Final = 8_192  # of a value, numerator and denominator together: no step takes long
_FACTORIAL: Final = 500
_DEPTH: Final = 120  # of what stands within what: whether a program can be worked out must not hang on who asks
_EXPONENT: Final = 400  # of a number written with one
_FENCE: Final = re.compile(r"\A\s*```\w*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_DECIMAL: Final = re.compile(r"(\d*\.?\d*)(?:e([+-]?\d{1,4}))?", re.IGNORECASE)


class NotCalculable(ValueError):
    """The text is no program of arithmetic, or one that comes to no number; says why in a few words."""


def calculate(program: str) -> Fraction:
    """What the last line comes to, exactly. Raises NotCalculable.

    A program is a line of arithmetic or several, each `name = ...` or just `...`, as Python writes it: numbers, names given
    before, + - * / // % **, `a if test else b` with comparisons, and, or, not; and abs, min, max, floor, ceil, round (halves
    away from zero), sqrt (of a square), factorial, comb, gcd, lcm, with `math.` before them or without. An import is passed
    over, `print(...)` is what it prints.
    """
    if len(program) > _LENGTH:
        raise NotCalculable(f"it has {len(program)} characters, and {_LENGTH} is the most")
    text = program.replace("\r\n", "\n")
    fenced = _FENCE.match(text)
    text = dedent(fenced[1]).strip("\n") if fenced else text.strip("\ufeff \t\r\n")
    if not text:
        raise NotCalculable("it is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python to whoever wrote it, who is a model
            lines = ast.parse(text).body
        _measure(lines)
        return _Calculation(text).run(lines)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NotCalculable("it is not arithmetic as Python writes it") from error
    except ZeroDivisionError as error:
        raise NotCalculable("it divides by zero") from error
    except (OverflowError, TypeError, ValueError) as error:
        if isinstance(error, NotCalculable):
            raise
        raise NotCalculable(f"a step cannot be worked out: {error}") from error


def _measure(lines: Sequence[ast.stmt]) -> None:
    """Raises NotCalculable for too many operations, or too many within one another."""
    waiting: list[tuple[ast.AST, int]] = [(line, 1) for line in lines]
    for count in range(1, _NODES + 2):
        if not waiting:
            return
        node, depth = waiting.pop()
        if depth > _DEPTH:
            raise NotCalculable(f"more than {_DEPTH} operations stand within one another")
        if count <= _NODES:
            waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    raise NotCalculable(f"it has more than {_NODES} operations")


class _Calculation:
    """One program's names, and its text, in which a number stands with all of its digits."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, Fraction] = {}

    def run(self, lines: Sequence[ast.stmt]) -> Fraction:
        last: Fraction | None = None
        for line in lines:
            match line:
                case ast.Import() | ast.ImportFrom():
                    continue  # `import math`, as models like to begin; nothing is imported
                case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[value], keywords=[])) | ast.Expr(value=value):
                    last = self._value(value)
                case ast.Assign(targets=targets, value=value) if all(isinstance(target, ast.Name) for target in targets):
                    last = self._value(value)
                    self._known |= {target.id: last for target in targets if isinstance(target, ast.Name)}
                case _:
                    raise NotCalculable(f"line {line.lineno} is not `name = ...`")
        if last is None:
            raise NotCalculable("no line comes to a number")
        return last

    def _value(self, node: ast.expr) -> Fraction:
        return _bounded(self._worked(node))

    def _worked(self, node: ast.expr) -> Fraction:
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int(number)):
                return Fraction(number)
            case ast.Constant(value=float()):
                return _decimal(ast.get_source_segment(self._text, node) or "")
            case ast.Name(id=name) if name in self._known:
                return self._known[name]
            case ast.Name(id=name):
                raise NotCalculable(f"`{name[:40]}` has no value")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._value(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._value(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return _power(self._value(left), self._value(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return Fraction(_OPERATORS[type(op)](self._value(left), self._value(right)))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._value(body if self._holds(test) else orelse)
            case ast.Call(func=func, args=args, keywords=[]):
                return self._called(func, [self._value(arg) for arg in args])
        raise NotCalculable(f"`{ast.unparse(node)[:40]}` is not arithmetic")

    def _holds(self, test: ast.expr) -> bool:
        match test:
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
                value = self._value(left)
                for op, other in zip(ops, others, strict=True):
                    before, value = value, self._value(other)
                    if not _COMPARISONS[type(op)](before, value):
                        return False
                return True
            case ast.BoolOp(op=ast.And(), values=values):
                return all(self._holds(value) for value in values)
            case ast.BoolOp(op=ast.Or(), values=values):
                return any(self._holds(value) for value in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._holds(operand)
        raise NotCalculable(f"`{ast.unparse(test)[:40]}` is no comparison")

    def _called(self, func: ast.expr, values: list[Fraction]) -> Fraction:
        match func:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="math"), attr=name) if name in _FUNCTIONS:
                return Fraction(_FUNCTIONS[name](*values))
        raise NotCalculable(f"`{ast.unparse(func)[:40]}` is no function that is known here")


def _decimal(written: str) -> Fraction:
    """A number as it is written, not the double that is nearest to it."""
    match = _DECIMAL.fullmatch(written.replace("_", ""))
    if match is None or abs(exponent := int(match[2] or 0)) > _EXPONENT:
        raise NotCalculable(f"`{written[:40]}` is no number that can be worked with")
    return Fraction(match[1]) * Fraction(10) ** exponent


_OPERATORS: Final[dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction | int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Fraction, Fraction], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise NotCalculable("a power that is not whole has no exact value")
    if abs(exponent) * _bits(base) > _BITS and base not in (-1, 0, 1):
        raise NotCalculable("a power is too large")
    return base ** int(exponent)


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _bounded(value: Fraction) -> Fraction:
    if _bits(value) > _BITS:
        raise NotCalculable("a value is too large")
    return value


def _rounded(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    if abs(places) > 100:
        raise NotCalculable("a number is rounded to too many places")
    unit = Fraction(10) ** _whole(places)
    whole = math.floor(abs(value) * unit + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole) / unit


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise NotCalculable("a negative number has no root here")
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if top * top != value.numerator or bottom * bottom != value.denominator:
        raise NotCalculable("a root is not exact")
    return Fraction(top, bottom)


def _whole(value: Fraction) -> int:
    if value.denominator != 1:
        raise NotCalculable("a number that must be whole is not")
    return value.numerator


def _common_multiple(*values: Fraction) -> Fraction:
    # One after another, each looked at: all at once they would be too large before anyone looked.
    return reduce(lambda left, right: _bounded(Fraction(math.lcm(_whole(left), _whole(right)))), values, Fraction(1))


def _small(value: Fraction) -> int:
    whole = _whole(value)
    if not 0 <= whole <= _FACTORIAL:
        raise NotCalculable(f"a number is not between 0 and {_FACTORIAL}")
    return whole


_FUNCTIONS: Final[dict[str, Callable[..., Fraction | int]]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": _rounded,
    "sqrt": _root,
    "factorial": lambda value: math.factorial(_small(value)),
    "comb": lambda of, some: math.comb(_small(of), _small(some)),
    "gcd": lambda *values: math.gcd(*map(_whole, values)),
    "lcm": _common_multiple,
}
