"""What the reader made of a problem, as the arithmetic a critic hands in: one expression over the text's own numbers."""

from __future__ import annotations

import ast
import math
import operator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import partialmethod
from typing import Any, Final

from recipes.ground_truth.rehearsal.reader_program import Program, Unreadable, run


def working(program: Program) -> str:
    """What `run` does with the program, as Python would write it; "" where it cannot be run."""
    try:
        answer = run(_telling(program))
    except (Unreadable, ZeroDivisionError):
        return ""
    # Parsed and written again: without the brackets that change nothing.
    return ast.unparse(ast.parse(answer.said, mode="eval")) if isinstance(answer, _Telling) else str(answer)


class _Telling(Fraction):
    """A number that tells how it came about. said: in brackets unless it is a single value or a function's."""

    said: str

    @classmethod
    def of(cls, value: Fraction | int, said: str = "") -> _Telling:
        made = cls(value)
        made.said = said or (str(value) if value.denominator == 1 and value >= 0 else f"({value})")
        return made

    def __abs__(self) -> _Telling:
        return _Telling.of(abs(Fraction(self)), f"abs({self.said})")

    def __floor__(self) -> _Telling:  # type: ignore[override]
        return _Telling.of(math.floor(Fraction(self)), f"floor({self.said})")

    def __ceil__(self) -> _Telling:  # type: ignore[override]
        return _Telling.of(math.ceil(Fraction(self)), f"ceil({self.said})")


_OPERATORS: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def _joined(left: Any, sign: str, right: Any) -> _Telling:
    value = _OPERATORS[sign](Fraction(left), Fraction(right))
    for own, other in ((left, right), (right, left)):
        # What a sum or a product starts from is nothing that the text says.
        if not isinstance(other, _Telling) and other == {"+": 0, "*": 1}.get(sign):
            return _Telling.of(value, own.said)
    sides = (side if isinstance(side, _Telling) else _Telling.of(side) for side in (left, right))
    return _Telling.of(value, f"({f' {sign} '.join(side.said for side in sides)})")


for _name, _sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/")):
    setattr(_Telling, f"__{_name}__", partialmethod(lambda self, sign, other: _joined(self, sign, other), _sign))
    setattr(_Telling, f"__r{_name}__", partialmethod(lambda self, sign, other: _joined(other, sign, self), _sign))


def _telling(part: Any) -> Any:
    """The same, with every number in it one that tells."""
    if isinstance(part, Fraction):
        return _Telling.of(part)
    if isinstance(part, tuple):
        return tuple(_telling(one) for one in part)
    if is_dataclass(part) and not isinstance(part, type):
        return type(part)(**{field.name: _telling(getattr(part, field.name)) for field in fields(part)})
    return part
