"""Reads a word problem and works it out, from its text alone.

Nothing here, nor in the modules it imports, is shared with the rehearsal author: no code, no vocabulary. A test holds that.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

from recipes.ground_truth.rehearsal import reader_rules as rules
from recipes.ground_truth.rehearsal.reader_conflicts import restated
from recipes.ground_truth.rehearsal.reader_contest import contested
from recipes.ground_truth.rehearsal.reader_doubt import unread
from recipes.ground_truth.rehearsal.reader_program import Ask, Fact, Name, Program, Step, run, same
from recipes.ground_truth.rehearsal.reader_sums import overdrawn
from recipes.ground_truth.rehearsal.reader_text import TIMES, UNITS, Sentence, sentences, stem


@dataclass(frozen=True, slots=True)
class Features:
    """What makes a problem hard, as far as its text shows. largest: the largest number; idle: numbers that lead nowhere."""

    steps: int
    shares: int
    idle: int
    largest: int


@dataclass
class _Draft:
    """A program while sentences are being read into it."""

    noun: str = ""
    names: tuple[Name, ...] = ()
    sizes: dict[str, Fraction] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    target: Fraction | None = None
    fee: tuple[Fraction, Fraction] | None = None
    tiers: tuple[Fraction, Fraction, Fraction] | None = None
    ratio: tuple[tuple[Name, Fraction], ...] = ()
    rebates: tuple[tuple[str, Fraction], ...] = ()
    restated: tuple[tuple[Fraction | None, Fraction], ...] = ()

    @property
    def begun(self) -> bool:
        return any(step.op in ("base", "pool") for step in self.steps)


@lru_cache(maxsize=512)
def read(text: str) -> Program:
    """The program a text states. What it cannot make sense of it leaves out; `run` says when too little is left."""
    told = sentences(text)
    draft = _Draft(noun=_noun(told), names=_names(told))
    draft.sizes = _sizes(told, draft.noun)
    begun, void = False, contested(told, draft.noun)
    for place, sentence in enumerate(told):
        if draft.names and rules.pools(sentence) and not sentence.asks and _counts_others(draft, sentence):
            draft.steps.append(Step("pool"))
        elif (again := restated(sentence, _elsewhere(told, sentence), draft.noun, begun=begun)) is not None:
            draft.restated += (again,)
        elif place in void:
            continue  # Whoever only solves goes by what was told first.
        elif not draft.names and (why := overdrawn(sentence, draft.noun, _came_in(draft))):
            void[place] = why
        elif sentence.mentions and not _take_whole(draft, sentence):
            _take_amounts(draft, sentence)
        # What a bare number of something else began is no amount that could be given again.
        begun = begun or (draft.begun and any(stem(word) == draft.noun for word in sentence.text.split()))
    draft.facts = [replace(f, of=f.of or draft.noun, per=f.per or draft.noun) for f in draft.facts]
    return Program(
        steps=tuple(draft.steps),
        facts=tuple(fact for fact in draft.facts if fact.of != fact.per),
        ask=_ask(told, draft),
        noun=draft.noun,
        target=draft.target,
        fee=draft.fee,
        tiers=draft.tiers,
        ratio=draft.ratio,
        rebates=draft.rebates,
        restated=draft.restated,
        contested=tuple(void.items()),
    )


def solve(text: str) -> Fraction | None:
    """The answer as read, or None where the text gives too little, or tells more than was made out."""
    program = read(text)
    return None if unread(text, program) else run(program)


def features(text: str, program: Program) -> Features:
    """What the text shows of its difficulty."""
    numbers = [mention for sentence in sentences(text) for mention in sentence.mentions]
    changes = [step for step in program.steps if step.op != "base"]
    products = sum(len(step.numbers) > 1 for step in program.steps)
    ending = program.ask.kind in ("full", "needed", "over", "shortfall", "share") or program.ask.noun not in ("", program.noun)
    used = sum(len(step.numbers) for step in program.steps) + ending
    stated = [step for step in changes if step.op not in ("account", "pool")]
    return Features(
        steps=len(stated)
        + products
        + ending
        + (program.ask.kind in ("sum", "average", "difference"))
        + any(s.op == "pool" for s in changes),
        shares=sum(step.op in ("lose", "keep", "gain") or step.mode.startswith("percent") for step in program.steps),
        idle=max(0, len(numbers) - used),
        largest=int(max((mention.value for mention in numbers), default=Fraction(0))),
    )


def _names(told: tuple[Sentence, ...]) -> tuple[Name, ...]:
    """Everyone who is compared with someone."""
    names: list[Name] = []
    for sentence in told:
        found = None if sentence.asks else rules.comparison(sentence)
        for name in (found.name, found.standard) if found else ():
            if not any(same(name, known) for known in names):
                names.append(name)
    return tuple(names)


def _noun(told: tuple[Sentence, ...]) -> str:
    """The noun of the running total: the counted one that the text comes back to most, the question's first."""
    words = Counter(stem(word) for sentence in told for word in sentence.text.split())
    asked = next((rules.question(sentence, ()).noun for sentence in told if sentence.asks), "")
    candidates: list[str] = []
    products: set[str] = set()
    packs: set[str] = set()
    first: list[str] = []
    held: set[tuple[str, str]] = set()
    for sentence in told:
        if not sentence.asks and rules.divides(sentence) is None:
            stated, standing = rules.amounts(sentence)
            candidates += [amount.noun for amount in stated]
            first += [amount.noun for amount in stated if amount.noun and amount.noun[0] != "?" and amount.noun not in TIMES]
            held |= {(fact.of, fact.per) for fact, _ in rules.facts(sentence)}
            products |= {amount.noun for amount in stated if len(amount.numbers) > 1}
            packs |= {fact.per for fact, _ in rules.facts(sentence)} | {""}
            candidates += [fact.per if fact.of == "$" or fact.of in UNITS.values() else fact.of for fact in standing]
    nouns = [
        noun
        for noun in dict.fromkeys(candidates)
        if noun and noun[0] != "?" and noun not in TIMES and noun not in UNITS.values()
    ]
    if first and all(noun in UNITS.values() for noun in first):
        return asked if asked in first else first[0]
    if first and first[0] in nouns and (first[0], asked) in held:
        return first[0]
    if asked in nouns or (words[asked] > 1 and asked not in packs and asked not in TIMES and asked not in UNITS.values()):
        return asked
    return max(nouns, key=lambda noun: words[noun] + 2 * (noun in products), default="")


def _sizes(told: tuple[Sentence, ...], noun: str) -> dict[str, Fraction]:
    """How many of what is counted one pack holds, where the text says so as a rule and counts packs as well."""
    return {
        fact.per: fact.value
        for sentence in told
        for fact in rules.amounts(sentence)[1]
        if not sentence.asks and fact.of == noun and fact.per and fact.per != noun and fact.per not in TIMES
    }


def _elsewhere(told: tuple[Sentence, ...], sentence: Sentence) -> frozenset[Fraction]:
    """The numbers that the other sentences give."""
    return frozenset(mention.value for other in told if other is not sentence for mention in other.mentions)


def _came_in(draft: _Draft) -> Fraction | None:
    """All that was there or came in so far; None where that is not told in numbers alone."""
    known = draft.begun and all(step.op in ("base", "add", "sub", "lose", "keep") for step in draft.steps)
    amounts = (math.prod(step.numbers, start=Fraction(1)) for step in draft.steps if step.op in ("base", "add"))
    return sum(amounts, Fraction(0)) if known else None


def _counts_others(draft: _Draft, sentence: Sentence) -> bool:
    """Whether a sentence counts nothing of what the total is of ("the three orders")."""
    return all(mention.kind == "count" and mention.noun not in ("", draft.noun) for mention in sentence.mentions)


def _take_whole(draft: _Draft, sentence: Sentence) -> bool:
    """Sentences that say one thing as a whole: comparisons, targets, fees, tariffs, ratios, transfers."""
    if sentence.asks:
        draft.facts += rules.amounts(sentence)[1]
        return True
    if (found := rules.comparison(sentence)) is not None and not draft.begun:
        draft.steps.append(Step("relate", (found.value,), found.name, found.standard, found.mode))
    elif (steps := rules.tiers(sentence)) is not None:
        draft.tiers = steps
    elif rebates := rules.rebates(sentence):
        draft.rebates = rebates
    elif (fee := rules.fee(sentence)) is not None:
        draft.fee = fee
    elif parts := rules.ratio(sentence):
        draft.ratio = parts
    elif (step := rules.divides(sentence)) is not None:
        draft.steps.append(step)
    elif (target := rules.target(sentence)) is not None:
        draft.target = target
    else:
        return bool(draft.names) and not draft.begun and _take_named(draft, sentence)
    return True


def _take_named(draft: _Draft, sentence: Sentence) -> bool:
    """What one of the compared has, or hands to another."""
    who = rules.mentioned(sentence, draft.names)
    stated = [amount for amount in rules.amounts(sentence)[0] if amount.noun in ("", draft.noun)]
    if not who or not stated:
        return False
    known = any(step.op in ("account", "relate") and same(step.name, who[0]) for step in draft.steps)
    if len(who) >= 2:
        draft.steps.append(Step("transfer", stated[0].numbers, who[0], who[1]))
    elif not known:
        draft.steps.append(Step("account", stated[0].numbers, who[0]))
    return True


def _take_amounts(draft: _Draft, sentence: Sentence) -> None:
    """Amounts that start, raise or lower the running total; shares of it; facts that stand."""
    stated, standing = rules.amounts(sentence)
    draft.facts += standing
    steps = rules.shares(sentence)
    ours = [
        replace(amount, numbers=(*amount.numbers, draft.sizes[amount.noun])) if amount.noun in draft.sizes else amount
        for amount in stated
        if amount.noun in ("", draft.noun) or amount.noun in draft.sizes
    ]
    for step, amount in _signed(draft, sentence, ours):
        draft.steps.append(Step(step, amount))
    draft.steps += steps


def _signed(draft: _Draft, sentence: Sentence, ours: list[rules.Amount]) -> Iterator[tuple[str, tuple[Fraction, ...]]]:
    opening = not draft.begun
    coming = False
    for place, amount in enumerate(ours):
        following = ours[place + 1].place if place + 1 < len(ours) else None
        if opening:
            taken = re.search(rf"#{amount.place} of (?:them|these|those|which)\b", sentence.text) is not None
            yield ("base" if not place else "sub" if taken else "add"), amount.numbers
            continue
        coming = rules.adds(sentence, amount.place, following) or (coming and place > 0)
        yield ("add" if coming else "sub"), amount.numbers


def _ask(told: tuple[Sentence, ...], draft: _Draft) -> Ask:
    asking = [sentence for sentence in told if sentence.asks]
    if not asking:
        return Ask()
    names = (*draft.names, *(name for name, _ in draft.ratio))
    ask = rules.question(asking[-1], names)
    if draft.ratio and ask.kind == "account":
        return replace(ask, kind="share")
    if ask.kind in ("sum", "average", "difference", "account") and draft.begun:
        return replace(ask, kind="total")
    return ask


__all__ = ["Features", "features", "read", "solve"]
