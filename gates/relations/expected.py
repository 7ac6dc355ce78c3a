"""What is known of the answer to a changed input, from the answer to the input as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from factory.graders import exact, number

_YES: Final = frozenset({"yes", "true", "correct", "right", "yeah", "yep"})
_NO: Final = frozenset({"no", "false", "incorrect", "wrong", "nope"})
_MARK = re.compile(r"####|\b(?:final\s+)?answer\s*(?:is\b|[:=])\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Same:
    """The answer stays."""

    def holds(self, before: str, after: str) -> bool | None:
        return agree(before, after)


@dataclass(frozen=True, slots=True)
class Flipped:
    """Yes becomes no, and no yes."""

    def holds(self, before: str, after: str) -> bool | None:
        was, now = polarity(before), polarity(after)
        return None if was is None else now is not None and was != now


@dataclass(frozen=True, slots=True)
class ScaledBy:
    """The number is multiplied. relative: by how much it may be off, for answers that were rounded."""

    factor: Fraction
    relative: float = 1e-6

    def holds(self, before: str, after: str) -> bool | None:
        was, _ = number.read(before)
        if was is None:
            return None
        wanted = was.value * self.factor
        return number.grade(after, f"{wanted.numerator}/{wanted.denominator}", relative=self.relative)[0]


@dataclass(frozen=True, slots=True)
class MappedBy:
    """The answer says the other name wherever it said one of these; every other word and number stays."""

    names: tuple[tuple[str, str], ...]

    def holds(self, before: str, after: str) -> bool | None:
        return agree(swapped(before, dict(self.names)), after)


Expected = Same | Flipped | ScaledBy | MappedBy
"""`holds(before, after)`: whether the two answers stand as they should; None where the first gives nothing to go by."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed input and what follows for its answer. what: what was changed, in a few words."""

    input: str
    expected: Expected
    what: str


def agree(left: str, right: str) -> bool | None:
    """Whether two answers say the same: the same number where the first reads as one, the same yes or no, else one spelling.
    None where the first is empty.
    """
    if not left.strip():
        return None
    if number.read(left)[0] is not None:
        return number.grade(right, _last(left), relative=1e-9)[0] or number.grade(left, _last(right), relative=1e-9)[0]
    if (was := polarity(left)) is not None:
        return polarity(right) == was
    said = exact.extract(left)
    return any(exact.grade(right, form)[0] for form in said)


def polarity(text: str) -> bool | None:
    """The yes or no that an answer opens with, or that follows its last answer mark; None where it says neither or both."""
    said = _last(text)
    first = re.match(r"[\W_]*([^\W\d_]+)", said)
    word = first[1].casefold() if first else ""
    if word in _YES | _NO:
        opposite = _NO if word in _YES else _YES
        rest = {each.casefold() for each in re.findall(r"[^\W\d_]+", said[first.end() :][:40])} if first else set()
        return None if rest & opposite & {"yes", "no", "true", "false"} else word in _YES
    return None


def swapped(text: str, names: Mapping[str, str]) -> str:
    """The text with each of the names replaced, all at once, so that two may change places."""
    if not names:
        return text
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?![\w-])")
    return pattern.sub(lambda match: names[match[0]], text)


def to_json(expected: Expected) -> dict[str, Any]:
    """As it stands in a file; `from_json` reads it."""
    match expected:
        case Same():
            return {"kind": "same"}
        case Flipped():
            return {"kind": "flipped"}
        case ScaledBy():
            return {"kind": "scaled_by", "factor": str(expected.factor), "relative": expected.relative}
        case MappedBy():
            return {"kind": "mapped_by", "names": dict(expected.names)}


def from_json(value: Any) -> Expected:
    """Raises ValueError, saying what is wrong, for anything that `to_json` does not write."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    match kind:
        case "same":
            return Same()
        case "flipped":
            return Flipped()
        case "scaled_by":
            try:
                return ScaledBy(Fraction(str(value["factor"])), float(value.get("relative", 1e-6)))
            except (KeyError, TypeError, ValueError, ZeroDivisionError):
                raise ValueError("scaled_by needs a factor, such as 2 or 5/2") from None
        case "mapped_by":
            names = value.get("names")
            if not isinstance(names, Mapping) or not all(
                isinstance(text, str) and text for pair in names.items() for text in pair
            ):
                raise ValueError("mapped_by needs names, an object of texts")
            return MappedBy(tuple(names.items()))
    raise ValueError("expected must be an object whose kind is same, flipped, scaled_by or mapped_by")


def _last(text: str) -> str:
    marks = list(_MARK.finditer(text))
    return text[marks[-1].end() :] if marks else text
