"""self_consistency: an output's own arithmetic is right, its totals add up, and it ends at the answer it is given with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from factory.graders import number
from gates.properties.violation import Violation, excerpt
from gates.prose.arithmetic import Equation, equations, holds, numbers_in, worked
from gates.prose.numbers import mentions, number_of

# GSM8K's calculator annotation (Cobbe et al. 2021, arXiv 2110.14168): `<<48/2=24>>24`.
_ANNOTATION = re.compile(r"<<([^<>=]{1,200})=([^<>=]{1,40})>>")
_FINAL = re.compile(r"####|\\boxed\s*\{|\b(?:final\s+)?answer\s*(?:is\b|[:=])", re.IGNORECASE)
_ROW = re.compile(
    r"^\s*(?:[-*•]\s+)?(?P<label>[^\W\d][^:\n\d]{0,60})[:=]\s*[$€£¥]?\s?(?P<digits>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>[^\W\d]*)\s*$"
)
_NUMERAL = re.compile(r"[-+−$€£¥\s]*\.?\d")
_TOTAL = re.compile(r"^\W*(?:grand |sub)?total\b", re.IGNORECASE)


def self_consistency(source: str, output: str, *, answer: str = "") -> tuple[Violation, ...]:
    """What an output contradicts itself in. source: read by no rule here; answer: the answer it is given with, "" for none.

    Reasons: wrong_arithmetic, wrong_total, answer_differs (the final answer it marks is not the given one), answer_not_reached
    (it works in numbers, and the given one is none of them). The last two are told of an answer that is a number.
    """
    notes = [f"{match[1]} = {match[2]}" for match in _ANNOTATION.finditer(output)]
    plain = _ANNOTATION.sub("", output)
    found = [*_wrong_sums(plain), *_wrong_totals(plain)]
    # A note repeats the sum beside it, so it is told only where that sum could not be read.
    if not found:
        found = [violation for note in notes for violation in _wrong_sums(note)]
    if answer.strip():
        found += _against(plain, answer)
    return tuple(found)


def _wrong_sums(text: str) -> Iterator[Violation]:
    for equation in equations(text):
        if not holds(equation):
            left = worked(equation.left)
            said = excerpt(text[equation.start : equation.end])
            yield Violation("wrong_arithmetic", f"{said!r} is wrong: the left side comes to {_shown(left)}", said)


def _wrong_totals(text: str) -> Iterator[Violation]:
    """Rows of `name: number` right above a row whose name is a total."""
    rows: list[tuple[Fraction, str]] = []
    for line in text.splitlines():
        match = _ROW.match(line)
        if match is None:
            rows = []
            continue
        value = Fraction(match["digits"].replace(",", ""))
        if not _TOTAL.match(match["label"]):
            rows.append((value, match["unit"].casefold().removesuffix("s")))
            continue
        units = {unit for _, unit in rows if unit}
        total = sum((part for part, _ in rows), Fraction(0))
        if len(rows) > 1 and len(units) < 2 and total != value:
            yield Violation(
                "wrong_total", f"its {len(rows)} parts add up to {_shown(total)}, not {match['digits']}", excerpt(line)
            )
        rows = []


def _against(text: str, answer: str) -> Iterator[Violation]:
    # A number word, a formula or a text is left to the recipe's own grader.
    value = number_of(answer) if _NUMERAL.match(answer) else None
    if value is None:
        return
    marks = list(_FINAL.finditer(text))
    end, _ = number.read(text[marks[-1].start() :]) if marks else (None, "")
    if end is not None:
        # One of the two may be the other rounded.
        room = max((0.5 * 10.0 ** -len(each) for each in re.findall(r"\.(\d+)", f"{end.text} {answer}")), default=0.0)
        if not number.grade(end.text, answer, absolute=room)[0]:
            said = excerpt(end.text)
            yield Violation("answer_differs", f"it ends at {said!r}, and the answer given is {excerpt(answer)!r}", said)
    working = text[: marks[0].start()] if marks else text
    steps = equations(working)
    if steps and not _stands(value, answer, working, steps):
        last = excerpt(working[steps[-1].start : steps[-1].end])
        yield Violation("answer_not_reached", f"its working comes to {last!r} and nowhere to {excerpt(answer)!r}", last)


def _stands(value: Fraction, answer: str, working: str, steps: Sequence[Equation]) -> bool:
    """Whether the value is among the numbers of the working, or among what its sums come to, at the answer's own precision."""
    decimals = re.search(r"\.(\d+)", answer)
    room = Fraction(1, 10 ** len(decimals[1])) if decimals else Fraction(0)
    reached = [mention.value for mention in mentions(working)]
    for step in steps:
        reached += [side for side in (worked(step.left), worked(step.right)) if side is not None]
        reached += [each.value for side in (step.left, step.right) for each in numbers_in(side)]
    return any(abs(each * by - value) <= room for each in reached for by in (1, 100, Fraction(1, 100)))


def _shown(value: Fraction | None) -> str:
    if value is None:
        return "nothing"
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"
