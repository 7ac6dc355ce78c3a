"""What the reader understands of a problem, as a program, and the arithmetic that runs it.

Steps act on one running total in one noun; facts say how much of one thing goes with one of another, and carry the total
from its noun to the noun that is asked for.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

Name = frozenset[str]
_STANDING = (
    ("ml", "litre", 1000), ("g", "kg", 1000), ("kg", "tonne", 1000), ("mg", "g", 1000), ("m", "km", 1000),
    ("minute", "hour", 60), ("day", "week", 7),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` of noun `of` go with one of noun `per`."""

    value: Fraction
    of: str
    per: str


@dataclass(frozen=True, slots=True)
class Step:
    """op: base, add, sub (of the product of numbers); lose, keep, gain (a share); divide; account, relate, transfer, pool.

    For the last four, name is whose amount it is and other the standard of a comparison or the receiver of a transfer; mode
    of relate: plus, minus, times, percent_plus, percent_minus.
    """

    op: str
    numbers: tuple[Fraction, ...] = ()
    name: Name = frozenset()
    other: Name = frozenset()
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """kind: total, full, needed, over, shortfall, account, difference, sum, average or share; noun: what the answer counts."""

    kind: str = "total"
    noun: str = ""
    names: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A problem as read. noun: of the running total; fee: (limit, fee); tiers: (first, low, high); ratio: shares by name;
    rebates: what is taken off a bill in this order, each ("$", amount) or ("share", part); restated: numbers the text
    gives a second time, each with what it was the first time (None: what the text began with); that changes nothing. contested:
    the places of sentences that contradict the rest, with the objection to each."""

    steps: tuple[Step, ...]
    facts: tuple[Fact, ...]
    ask: Ask
    noun: str
    target: Fraction | None = None
    fee: tuple[Fraction, Fraction] | None = None
    tiers: tuple[Fraction, Fraction, Fraction] | None = None
    ratio: tuple[tuple[Name, Fraction], ...] = ()
    rebates: tuple[tuple[str, Fraction], ...] = ()
    restated: tuple[tuple[Fraction | None, Fraction], ...] = ()
    contested: tuple[tuple[int, str], ...] = ()


class Unreadable(Exception):
    """The program cannot be run: something it needs was not found in the text."""


def same(left: Name, right: Name) -> bool:
    """Whether two mentions of a name are of one bearer: one may be the shorter form of the other."""
    return bool(left) and bool(right) and (left <= right or right <= left)


def run(program: Program) -> Fraction:
    """The exact answer. Raises Unreadable."""
    accounts = _accounts(program.steps)
    total: Fraction | None = None
    for step in program.steps:
        if step.op == "pool":
            total = sum((amount for _, amount in accounts), Fraction(0))
        elif step.op in _ON_TOTAL:
            total = _ON_TOTAL[step.op](total if total is not None else Fraction(0), math.prod(step.numbers, start=Fraction(1)))
    if program.ask.kind in ("account", "difference", "sum", "average") and accounts:
        return _of_accounts(program.ask, accounts)
    if total is None:
        total = sum((amount for _, amount in accounts), Fraction(0))
    return _finish(program, total)


CHANGES: Final[dict[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "add": lambda total, n: total + n,
    "sub": lambda total, n: total - n,
    "lose": lambda total, n: total * (1 - n),
    "keep": lambda total, n: total * n,
    "gain": lambda total, n: total * (1 + n),
    "divide": lambda total, n: total / n if n else total,
}
"""What a step makes of the running total."""
_ON_TOTAL: Final[dict[str, Callable[[Fraction, Fraction], Fraction]]] = {"base": lambda total, n: n, **CHANGES}


def running(program: Program) -> Fraction | None:
    """What the running total has come to; None where there is none, or where several were put together."""
    total: Fraction | None = None
    for step in program.steps:
        amount = math.prod(step.numbers, start=Fraction(1))
        if step.op == "base":
            total = amount
        elif step.op in CHANGES and total is not None:
            total = CHANGES[step.op](total, amount)
        else:
            return None
    return total


def _accounts(steps: tuple[Step, ...]) -> list[tuple[Name, Fraction]]:
    """Every named amount: the stated ones, then the compared ones as their standards become known, then transfers."""
    known: list[tuple[Name, Fraction]] = [(s.name, math.prod(s.numbers, start=Fraction(1))) for s in steps if s.op == "account"]
    open_ = [s for s in steps if s.op == "relate"]
    while open_:
        ready = [s for s in open_ if _find(known, s.other) is not None]
        if not ready:
            break
        for step in ready:
            standard = _find(known, step.other)
            assert standard is not None
            known.append((step.name, _RELATE[step.mode](known[standard][1], step.numbers[0])))
            open_.remove(step)
    for step in steps:
        giver, taker = _find(known, step.name), _find(known, step.other)
        if step.op == "transfer" and giver is not None and taker is not None:
            known[giver] = (known[giver][0], known[giver][1] - step.numbers[0])
            known[taker] = (known[taker][0], known[taker][1] + step.numbers[0])
    return known


_RELATE = {
    "plus": lambda base, n: base + n,
    "minus": lambda base, n: base - n,
    "times": lambda base, n: base * n,
    "percent_plus": lambda base, n: base * (1 + n),
    "percent_minus": lambda base, n: base * (1 - n),
}


def _find(accounts: list[tuple[Name, Fraction]], name: Name) -> int | None:
    return next((place for place, (known, _) in enumerate(accounts) if same(known, name)), None)


def _of_accounts(ask: Ask, accounts: list[tuple[Name, Fraction]]) -> Fraction:
    amounts = [amount for _, amount in accounts]
    if ask.kind == "sum":
        return sum(amounts, Fraction(0))
    if ask.kind == "average":
        return sum(amounts, Fraction(0)) / len(amounts)
    places = [_find(accounts, name) for name in ask.names]
    if any(place is None for place in places) or not places:
        raise Unreadable("the question names someone the text gives no amount for")
    found = [amounts[place] for place in places if place is not None]
    return abs(found[0] - found[1]) if ask.kind == "difference" and len(found) > 1 else found[0]


def _finish(program: Program, total: Fraction) -> Fraction:
    ask = program.ask
    if ask.kind == "share" and program.ratio:
        parts = sum((part for _, part in program.ratio), Fraction(0))
        mine = next(
            (part for name, part in program.ratio if any(same(name, asked) for asked in ask.names)), program.ratio[0][1]
        )
        return total * mine / parts
    if ask.kind == "shortfall" and program.target is not None:
        return program.target - total
    if program.tiers is not None and ask.noun == "$":
        first, low, high = program.tiers
        return min(total, first) * low + max(total - first, Fraction(0)) * high
    if ask.kind == "over":
        sizes = [fact.value for fact in program.facts if fact.of == program.noun and fact.per in _packs(program)]
        if not sizes:
            raise Unreadable("no size of a pack was found")
        return total - sizes[-1] * math.floor(total / sizes[-1])
    answer, divided = _carry(program, total)
    if ask.kind == "full":
        return Fraction(0) + math.floor(answer)  # a sum, so that a number that tells how it came about goes on telling
    if ask.kind == "needed" and divided:
        return Fraction(0) + math.ceil(answer)
    for kind, value in program.rebates:
        answer = answer - value if kind == "$" else answer * (1 - value)
    if program.fee is not None and ask.noun == "$" and answer > program.fee[0]:
        return answer + program.fee[1]
    return answer


def _packs(program: Program) -> set[str]:
    named = {program.ask.noun} if program.ask.noun not in ("", program.noun) else set()
    return named or {fact.per for fact in program.facts}


def _carry(program: Program, total: Fraction) -> tuple[Fraction, bool]:
    """The total in the noun that is asked for, along the shortest chain of facts; whether a division was among them."""
    wanted = program.ask.noun
    if not wanted or wanted == program.noun:
        return total, False
    facts = [*program.facts, *(Fact(Fraction(n), of, per) for of, per, n in _STANDING)]
    queue: deque[tuple[str, Fraction, bool]] = deque([(program.noun, total, False)])
    seen = {program.noun}
    while queue:
        noun, amount, divided = queue.popleft()
        if noun == wanted:
            return amount, divided
        for fact in facts:
            if fact.per == noun and fact.of not in seen:
                seen.add(fact.of)
                queue.append((fact.of, amount * fact.value, divided))
            elif fact.of == noun and fact.per not in seen and fact.value:
                seen.add(fact.per)
                queue.append((fact.per, amount / fact.value, True))
    return total, False


def reaches_the_question(program: Program) -> bool:
    """Whether facts lead from the running total's noun to the noun that is asked for, where it is another."""
    ask = program.ask
    if ask.kind in ("account", "difference", "sum", "average", "share", "over", "shortfall") or ask.noun in ("", program.noun):
        return True
    if program.tiers is not None and ask.noun == "$":
        return True
    # Any amount that the chain leaves as it is has gone nowhere; no fact of a text is this prime.
    return _carry(program, _PROBE) != (_PROBE, False)


_PROBE = Fraction(1_000_003, 7)
