"""entailment_by_source: every number and every name of an output is in its source, or follows from what is.

Lexical and numeric on purpose: it costs nothing, and what it flags can be seen. It does not read sense: an output that says
the opposite of its source in the source's own words passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Final

from gates.properties.violation import Violation, excerpt
from gates.prose.arithmetic import equations, holds, numbers_in, worked
from gates.prose.implied import implied
from gates.prose.names import bare, names
from gates.prose.numbers import Mention, mentions

# What everybody may reckon with unsaid: parts of a whole and of time, and the base of a percentage.
_CONSTANTS: Final = tuple(map(Fraction, (2, 4, 7, 12, 24, 30, 52, 60, 100, 365, 1000)))
_FREE: Final = frozenset(map(Fraction, (0, 1, 2)))  # too common in running text to be a claim
_MOST: Final = 40  # numbers of a source that are combined in pairs; among more, some pair gives almost anything
_LIST_MARK = re.compile(r"(?m)^\s*(?:step\s+)?\(?\d{1,3}[.):]\s", re.IGNORECASE)
_ABOUT = re.compile(r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|some|circa)|[~≈])\s*\Z", re.IGNORECASE)
_SHAPE = re.compile(r"\[\^?\d[\d,;\s–-]*\]|\bhttps?://\S+")


def entailment_by_source(source: str, output: str, *, one_step: bool = True, check_names: bool = True) -> tuple[Violation, ...]:
    """The numbers and names that an output did not have from its source.

    A number follows when it stands in the source, rounds a number there, is the right result of a sum that the output states
    over numbers which follow, or (one_step) of one operation on two numbers of the source. check_names: English only.
    Reasons: unsupported_number, unsupported_name.
    """
    found = list(_numbers(source, output, one_step))
    if check_names:
        found += _names(source, output)
    return tuple(found)


def _numbers(source: str, output: str, one_step: bool) -> Iterator[Violation]:
    given = [mention.value for mention in mentions(source)]
    known = set(given) | _FREE | implied(source)
    derived = _one_step(given) if one_step and len(given) <= _MOST else set[Fraction]()
    stated = equations(output)
    for equation in stated:
        operands = [number.value for number in numbers_in(equation.left)]
        if holds(equation) and all(_known(value, known) or value in derived for value in operands):
            known |= {value for value in (worked(equation.left), worked(equation.right)) if value is not None}
            known |= {number.value for number in numbers_in(equation.right)}
    skipped = [match.span() for pattern in (_LIST_MARK, _SHAPE) for match in pattern.finditer(output)]
    told: set[Fraction] = set()
    for mention in mentions(output):
        if mention.value in told or any(start <= mention.start < end for start, end in skipped):
            continue
        if not _follows(mention, output, known, derived):
            told.add(mention.value)
            said = output[mention.start : mention.end]
            yield Violation(
                "unsupported_number", f"{excerpt(said)!r} is not in the source and does not follow from it", excerpt(said)
            )


def _follows(mention: Mention, output: str, known: set[Fraction], derived: set[Fraction]) -> bool:
    point = re.search(r"\.(\d+)", output[mention.start : mention.end])
    decimals = len(point[1]) if point else 0
    parts = output[mention.start : mention.end].split("/")
    if len(parts) == 2 and all(_known(each.value, known) for part in parts for each in mentions(part)):
        return True
    values = [mention.value]
    if re.match(r"\s?(?:%|per\s?cent)", output[mention.end :]):
        values.append(mention.value / 100)
    # A result may be rounded to the decimals shown, to a whole number only where the text says so: half the whole numbers are
    # near to some quotient.
    rounds = decimals or _ABOUT.search(output[: mention.start])
    for value in values:
        if _known(value, known) or value in derived or abs(value) in known:
            return True
        scale = 1 if value == mention.value else Fraction(1, 100)
        room = Fraction(1, 2 * 10**decimals) * scale
        if rounds and any(abs(each - value) <= room for each in (*known, *derived) if each.denominator != 1):
            return True
    return False


def _known(value: Fraction, known: set[Fraction]) -> bool:
    return value in known or value in _CONSTANTS or value * 100 in known


def _one_step(given: Sequence[Fraction]) -> set[Fraction]:
    """What one operation makes of any two of the numbers, or of one of them and a constant; and the sum of all."""
    distinct = list(dict.fromkeys(given))
    pairs = [*combinations(distinct, 2), *((value, constant) for value in distinct for constant in _CONSTANTS)]
    found = {sum(given, Fraction(0))}
    for left, right in pairs:
        found |= {left * right, left * right / 100}
        if right not in _CONSTANTS or right in distinct:
            found |= {left + right, abs(left - right)}
        found |= {left / right} if right else set()
        found |= {right / left, right / left * 100} if left else set()
    return found


def _names(source: str, output: str) -> Iterator[Violation]:
    known = {bare(word).casefold() for word in re.split(r"[\s/–—-]+", source)}
    known |= {word.removesuffix("s") for word in known}
    initials = {"".join(word[0] for word in name) for name in names(source)} | _initials(source)
    told: set[str] = set()
    for name in names(output):
        missing = [word for word in name if not _named(word, known, initials)]
        if missing and not told & set(missing):
            told.update(missing)
            yield Violation("unsupported_name", f"{' '.join(missing)!r} is not named in the source", excerpt(" ".join(name)))


def _named(word: str, known: set[str], initials: set[str]) -> bool:
    parts = [part for part in re.split(r"[-–—/]", word.casefold()) if part]
    return all(part in known or part.removesuffix("s") in known or part.isdigit() for part in parts) or word.upper() in initials


def _initials(text: str) -> set[str]:
    """Acronyms that runs of three to six words could have, whatever their case."""
    said = [word[0].upper() for word in re.findall(r"[^\W\d_][\w’'-]*", text)]
    return {"".join(said[start : start + size]) for size in (3, 4, 5, 6) for start in range(len(said) - size + 1)}
