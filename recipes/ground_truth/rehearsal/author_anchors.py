"""Copies of an example that was shown: as it is, or with other white space, names or numbers, and right all the same."""

from __future__ import annotations

import math
import operator
import random
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from recipes.ground_truth.rehearsal.author_program import plain_number
from recipes.ground_truth.rehearsal.author_words import PEOPLE, PROPER

KINDS = ("same", "space", "names", "numbers")
_FIGURE = r"\d{1,3}(?:,\d{3})+(?![\d,])|\d+(?:\.\d+)?"
_WHOLE = re.compile(rf"(?<![\d.,])(?:{_FIGURE})(?!\d)")
_ANY = re.compile(_FIGURE)
_OPERATION = r"\s*(?:[-+*/x×÷])\s*"
_STEP = re.compile(
    rf"(?P<sum>(?:{_FIGURE})(?:{_OPERATION}(?:{_FIGURE}))+)"
    rf"(?P<rounded>\s+rounded (?P<way>up|down))?(?P<is>\s*=\s*)(?P<out>{_FIGURE})"
)
_CALENDAR = frozenset(
    {
        *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March"),
        *("April", "May", "June", "July", "August", "September", "October", "November", "December"),
    }
)
_ATTEMPTS = 60


def anchor_copy(anchors: list[Mapping[str, Any]], rng: random.Random) -> dict[str, Any] | None:
    """One of the examples that were shown, hardly changed; None when none was shown."""
    if not anchors:
        return None
    shown = rng.choice(anchors)
    return copied(shown, rng.choice(KINDS), rng) or copied(shown, rng.choice(KINDS[:-1]), rng)


def copied(anchor: Mapping[str, Any], kind: str, rng: random.Random) -> dict[str, Any] | None:
    """A copy of one kind; None where other numbers lead to no clean answer."""
    prompt = str(anchor["prompt"])
    match kind:
        case "space":
            return {**anchor, "prompt": re.sub(r" ", lambda _: rng.choice((" ", " ", " ", "  ", "\n")), prompt)}
        case "names":
            return {**anchor, "prompt": _renamed(prompt, rng)}
        case "numbers":
            return _renumbered(anchor, rng)
    return dict(anchor)


def _renamed(prompt: str, rng: random.Random) -> str:
    names = sorted(set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}", prompt)) - _CALENDAR)
    pool = [name for name in (*PROPER, *(person.split()[0] for person in PEOPLE)) if name not in prompt]
    others = dict(zip(names, rng.sample(pool, len(names)), strict=True))
    return re.sub("|".join(rf"\b{name}\b" for name in names), lambda m: others[m[0]], prompt) if names else prompt


def _renumbered(anchor: Mapping[str, Any], rng: random.Random) -> dict[str, Any] | None:
    """Some of the prompt's numbers raised a little, and the worked solution gone through again with them."""
    prompt, solution = str(anchor["prompt"]), str(anchor.get("solution", ""))
    small = sorted({_value(m[0]) for m in _WHOLE.finditer(prompt) if re.fullmatch(r"\d{1,3}", m[0])})
    if not small:
        return None
    for _ in range(_ATTEMPTS):
        changed = {value: value + rng.randint(1, 4) for value in rng.sample(small, rng.randint(1, len(small)))}
        worked = _reworked(solution, {**{_value(m[0]): _value(m[0]) for m in _WHOLE.finditer(prompt)}, **changed})
        if worked is None or worked[1] != _value(str(anchor["answer"])) or worked[2] == worked[1]:
            continue
        return {**anchor, "prompt": _swapped(prompt, changed), "answer": plain_number(worked[2]), "solution": worked[0]}
    return None


def _reworked(solution: str, numbers: dict[Fraction, Fraction]) -> tuple[str, Fraction, Fraction] | None:
    """The solution with other numbers, and its last outcome before and after; None where a step has no positive, clean one.

    numbers: every number of the prompt and what it becomes; what is in neither the prompt nor a step before stays as it is.
    """
    known = dict(numbers)
    out: list[str] = []
    place, last = 0, None
    for step in _STEP.finditer(solution):
        before, after = _value(step["out"]), _worked(step["sum"], step["way"], known)
        if (
            after is None
            or after <= 0
            or (before.denominator == 1) != (after.denominator == 1)
            or (after * 100).denominator != 1
        ):
            return None
        if _worked(step["sum"], step["way"], {}) != before or known.get(before, after) != after:
            return None
        out += [_swapped(solution[place : step.start()], known), _swapped(step["sum"], known)]
        out += [step["rounded"] or "", step["is"], plain_number(after)]
        known[before] = after
        place, last = step.end(), (before, after)
    if last is None:
        return None
    return "".join([*out, _swapped(solution[place:], known)]), *last


_TIMES: dict[str, Callable[[Fraction, Fraction], Fraction]] = dict.fromkeys("*x×", operator.mul) | dict.fromkeys(
    "/÷", operator.truediv
)


def _worked(told: str, way: str | None, known: Mapping[Fraction, Fraction]) -> Fraction | None:
    """A sum's value: products and quotients first, then from left to right."""
    numbers = [known.get(_value(m[0]), _value(m[0])) for m in _ANY.finditer(told)]
    terms, signs = [numbers[0]], [1]
    for sign, number in zip(re.findall(r"[-+*/x×÷]", told), numbers[1:], strict=True):
        if sign in "+-":
            terms.append(number)
            signs.append(1 if sign == "+" else -1)
        elif sign in "/÷" and not number:
            return None
        else:
            terms[-1] = _TIMES[sign](terms[-1], number)
    total = sum((term * sign for term, sign in zip(terms, signs, strict=True)), Fraction(0))
    return Fraction(math.ceil(total) if way == "up" else math.floor(total)) if way else total


def _swapped(text: str, known: Mapping[Fraction, Fraction]) -> str:
    return _WHOLE.sub(lambda m: plain_number(known[_value(m[0])]) if _value(m[0]) in known else m[0], text)


def _value(figure: str) -> Fraction:
    return Fraction(figure.replace(",", ""))
