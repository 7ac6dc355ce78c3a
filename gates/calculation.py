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
from itertools import pairwise
from typing import Final

_LENGTH: Final = 4_000  # characters of a program
_NODES: Final = 1_000  # operations and values of a program
_BITS: Final = 8_192  # of a value, numerator and denominator together: no step takes long
_FACTORIAL: Final = 500
_FENCE: Final = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)


class NotCalculable(ValueError):
    """The text is no program of arithmetic, or one that comes to no number; says why in a few words."""


def calculate(program: str) -> Fraction:
    """What the last line comes to, exactly. Raises NotCalculable.

    A program is a line of arithmetic or several, each `name = ...` or just `...`, as Python writes it: numbers, names given
    before, + - * / // % **, comparisons, `a if test else b`, and abs, min, max, floor, ceil, round (halves away from zero),
    sqrt (of a square), factorial, comb, gcd, lcm, with `math.` before them or without.
    """
    fenced = _FENCE.match(program)
    text = fenced[1] if fenced else program.strip()
    if not text:
        raise NotCalculable("it is empty")
    if len(text) > _LENGTH:
        raise NotCalculable(f"it has {len(text)} characters, and {_LENGTH} is the most")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python to whoever wrote it, who is a model
            lines = ast.parse(text).body
        if sum(1 for line in lines for _ in ast.walk(line)) > _NODES:
            raise NotCalculable(f"it has more than {_NODES} operations")
        return _run(lines)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NotCalculable("it is not arithmetic as Python writes it") from error
    except ZeroDivisionError as error:
        raise NotCalculable("it divides by zero") from error
    except (OverflowError, TypeError, ValueError) as error:
        if isinstance(error, NotCalculable):
            raise
        raise NotCalculable(f"a step cannot be worked out: {error}") from error


def _run(lines: Sequence[ast.stmt]) -> Fraction:
    known: dict[str, Fraction] = {}
    last: Fraction | None = None
    for line in lines:
        if isinstance(line, ast.Import):
            continue  # `import math`, as models like to begin; nothing is imported
        if isinstance(line, ast.Expr):
            last = _value(line.value, known)
        elif isinstance(line, ast.Assign) and all(isinstance(target, ast.Name) for target in line.targets):
            last = _value(line.value, known)
            known |= {target.id: last for target in line.targets if isinstance(target, ast.Name)}
        else:
            raise NotCalculable(f"line {line.lineno} is not `name = ...`")
    if last is None:
        raise NotCalculable("no line comes to a number")
    return last


def _value(node: ast.expr, known: dict[str, Fraction]) -> Fraction:
    return _bounded(_worked(node, known))


def _worked(node: ast.expr, known: dict[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            # By way of its shortest spelling: .1 is a tenth, not the nearest double.
            return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.Name(id=name):
            raise NotCalculable(f"`{name[:40]}` has no value")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, known)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, known)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, known), _value(right, known))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return Fraction(_OPERATORS[type(op)](_value(left, known), _value(right, known)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _holds(test, known) else orelse, known)
        case ast.Call(func=func, args=args, keywords=[]):
            return _called(func, [_value(arg, known) for arg in args])
    raise NotCalculable(f"`{ast.unparse(node)[:40]}` is not arithmetic")


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


def _holds(test: ast.expr, known: dict[str, Fraction]) -> bool:
    if not isinstance(test, ast.Compare) or any(type(op) not in _COMPARISONS for op in test.ops):
        raise NotCalculable(f"`{ast.unparse(test)[:40]}` is no comparison")
    sides = [_value(side, known) for side in (test.left, *test.comparators)]
    return all(_COMPARISONS[type(op)](*pair) for op, pair in zip(test.ops, pairwise(sides), strict=True))


def _called(func: ast.expr, values: list[Fraction]) -> Fraction:
    match func:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="math"), attr=name) if name in _FUNCTIONS:
            return Fraction(_FUNCTIONS[name](*values))
    raise NotCalculable(f"`{ast.unparse(func)[:40]}` is no function that is known here")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise NotCalculable("a power that is not whole has no exact value")
    if abs(exponent) * _bits(base) > _BITS and abs(base) != 1:
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
    "lcm": lambda *values: math.lcm(*map(_whole, values)),
}
