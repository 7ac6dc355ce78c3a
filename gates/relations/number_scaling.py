"""number_scaling: all quantities of one kind times a factor, and the answer times a known power of it.

What happens to the answer is not guessed: the worked solution is the program. Every number of its equations is traced to the
input or to an earlier result, and the program is worked again with the scaled quantities.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from typing import Final

from factory.graders import number
from gates.prose.arithmetic import Equation, Number, equations, worked
from gates.prose.implied import implied
from gates.prose.numbers import Mention, mentions
from gates.prose.words import words
from gates.relations.expected import Changed, ScaledBy

_ANNOTATION = re.compile(r"<<[^<>]*>>")
# A threshold, a rounding or a bound: with other numbers another branch of it may be taken.
_PIECEWISE = re.compile(
    r"\b(?:first|over|above|exceed\w*|up to|at least|at most|more than \d|less than \d|minimum|maximum|limit|capacity|round\w*|"
    r"whole|full|left over|leftover|remainder|nearest|deductible|free|discount\w*|overtime|after the|beyond|enough|until)\b",
    re.IGNORECASE,
)
# Not to be scaled: they are bounded, or name a moment and no quantity.
_NO_KIND: Final = frozenset(
    words(
        "hour minute second day week month year time am pm percent old oclock st nd rd th s degree of to and or in on at by "
        "for from with than the a an each per every more less fewer other another additional extra is are was were if then as "
        "but so do did it he she they how what that which who his her their each all them him big small new different"
    )
)
_SKIP: Final = frozenset(words("of more less fewer other additional extra new different the"))
_PROBES: Final = (Fraction(2), Fraction(5))
# Not 0: then the quantities may simply not matter, and nothing would be tested by them.
_DEGREES: Final = (1, 2, -1, 3)


def number_scaling(input: str, *, solution: str, answer: str, factor: int = 3) -> Changed | None:
    """The input with the quantities of one kind (apples, dollars) times the factor, and what that does to its answer.

    solution: worked in equations that end at the answer; answer: a number. None where the input may hold thresholds or
    rounding, where a number of the solution could have come from two places or from none, where the answer does not go with a
    power of the factor, or where a result would change its sign. Raises ValueError for a factor below 2.
    """
    if factor < 2:
        raise ValueError("the factor must be at least 2")
    working = _ANNOTATION.sub("", solution)
    steps = equations(working)
    truth, _ = number.read(answer)
    if truth is None or truth.value == 0 or not steps or _PIECEWISE.search(input):
        return None
    # The program must be read to its very end: a last step that was not read may have come to the answer another way.
    if not all(map(_exact, steps)) or worked(steps[-1].right) != truth.value or re.search("[=≈]", working[steps[-1].end :]):
        return None
    given = mentions(input)
    found = list(_kinds(input, given))
    for degree in _DEGREES:
        for kind, members in found:
            if _degree(input, given, members, steps, factor) == degree:
                changed = _rewritten(input, [given[place] for place in members], factor)
                return Changed(changed, ScaledBy(Fraction(factor) ** degree), f"every number of {kind} times {factor}")
    return None


def _exact(step: Equation) -> bool:
    return step.result is not None and not step.loose and worked(step.left) == worked(step.right)


def _kinds(input: str, given: Sequence[Mention]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each kind of quantity with the places of its numbers, the kind with the most numbers first."""
    members: dict[str, list[int]] = {}
    for place, mention in enumerate(given):
        said = input[mention.start : mention.end]
        if "/" in said or not _quantity(input, mention):
            continue
        kinds = ["$"] if said.lstrip("+- ").startswith("$") else list(_nouns(input[mention.end :]))
        for kind in dict.fromkeys(kinds):
            members.setdefault("$" if kind in ("dollar", "$") else kind, []).append(place)
    yield from sorted(((kind, tuple(places)) for kind, places in members.items()), key=lambda each: (-len(each[1]), each[0]))


def _quantity(input: str, mention: Mention) -> bool:
    return mention.value > 0 and not re.match(r"\s?(?:%|percent|:\d|-|st\b|nd\b|rd\b|th\b)", input[mention.end :])


def _nouns(after: str) -> Iterator[str]:
    """The words, in the singular, that the number may count: the next two that are no function words."""
    close = re.match(r"[ \w'’-]*", after)
    said = re.findall(r"[^\W\d_]+|\d+", close[0] if close else "")
    told = 0
    for word in said[:5]:
        lower = word.casefold()
        if lower in _SKIP:
            continue
        single = lower if lower.endswith("ss") else re.sub(r"(?<=[sxz])es\Z|(?<=[cs]h)es\Z|s\Z", "", lower)
        if single in _NO_KIND or lower in _NO_KIND or single.isdigit() or told == 2:
            return
        told += 1
        yield single


def _degree(
    input: str, given: Sequence[Mention], members: Collection[int], steps: Sequence[Equation], factor: int
) -> int | None:
    """The k for which the answer is multiplied by factor to the k, whatever the factor; None where there is none."""
    before = worked(steps[-1].right)
    ratios = []
    for probe in (*_PROBES, Fraction(factor)):
        after = _again(input, given, members, steps, probe)
        if after is None or not before:
            return None
        ratios.append((probe, after / before))
    return next((degree for degree in _DEGREES if all(ratio == probe**degree for probe, ratio in ratios)), None)


def _again(
    input: str, given: Sequence[Mention], members: Collection[int], steps: Sequence[Equation], factor: Fraction
) -> Fraction | None:
    """What the program comes to with the members multiplied, None where a number may have two origins or none."""
    values: dict[Fraction, set[Fraction]] = {}
    for place, mention in enumerate(given):
        values.setdefault(mention.value, set()).add(mention.value * (factor if place in members else 1))
    # Where a word says it without a number, a number of the solution may come of that, and not of a quantity.
    for value in implied(input):
        values.setdefault(value, set()).add(value)
    for mention in given:
        if re.match(r"\s?(?:%|percent)", input[mention.end :]):
            for value in (mention.value / 100, 1 - mention.value / 100, 1 + mention.value / 100, Fraction(100), Fraction(1)):
                values.setdefault(value, set()).add(value)
    result = None
    for step in steps:
        unread = False

        def traced(each: Number) -> Fraction:
            nonlocal unread
            if each.start < 0:  # the sign of a negative number
                return each.value
            new = values.get(each.value, set())
            if len(new) != 1:
                unread = True
                return each.value
            return next(iter(new))

        result = worked(step.left, traced)
        if unread or result is None:
            return None
        old = worked(step.right)
        if old is None or (old > 0) != (result > 0):
            return None
        values.setdefault(old, set()).add(result)
    return result


def _rewritten(input: str, scaled: Sequence[Mention], factor: int) -> str:
    out, place = [], 0
    for mention in scaled:
        said = input[mention.start : mention.end]
        lead = re.match(r"[-+−$€£¥\s]*", said)
        out += [input[place : mention.start], lead[0] if lead else "", _decimal(mention.value * factor, "," in said)]
        place = mention.end
    return "".join([*out, input[place:]])


def _decimal(value: Fraction, grouped: bool) -> str:
    """A number whose denominator divides a power of ten, written out."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    whole, _, rest = f"{float(value):.{places}f}".partition(".")
    shown = f"{int(whole):,}" if grouped else whole
    return f"{shown}.{rest}" if rest else shown
