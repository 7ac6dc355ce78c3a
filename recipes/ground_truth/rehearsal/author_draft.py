"""A problem while it is being written: its numbers, its running total, its sentences and its worked solution."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from recipes.ground_truth.rehearsal.author_program import Expr, Leaf, const, fill, mark, node, plain_number
from recipes.ground_truth.rehearsal.author_words import PEOPLE, PROPER, Thing, Topic, Trade, split

_LINKS = (
    "Then", "After that,", "Next,", "Later,", "Later on,", "Soon after,", "Afterwards,", "By midday,", "That afternoon,",
    "From there,", "In the following days,", "Once that was done,", "Before closing,", "As the work went on,",
    "Shortly afterwards,", "In due course,",
)  # fmt: skip
_REST = (
    "the rest", "what was left", "the remaining {item}", "those still there", "the stock that remained", "the remainder",
)  # fmt: skip
_ALL = ("the stock", "these {item}", "this stock", "the whole lot")
_WORKED = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} x {1}",
    "div": "{0} / {1}",
    "percent": "{1} % of {0}",
    "floor_div": "full ones in {0} by {1}",
    "ceil_div": "{0} / {1}, rounded up",
    "rest": "{0} less what fills whole {1}s",
    "fee_over": "{0}, with {2} more if over {1}",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a draft holds it: how the text shows it, and the program's leaf."""

    shown: str
    expr: Expr
    value: Fraction

    def __str__(self) -> str:
        return self.shown


@dataclass
class Draft:
    """total is the program so far, now its value; links: whether narrative connectors may open a sentence.

    Before an operation writes anything it must know that it fits: operations return False and leave the draft untouched.
    """

    rng: random.Random
    trade: Trade
    topic: Topic
    number_kind: str
    links: bool
    thing: Thing = field(init=False)
    leaves: list[Leaf] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    question: str = ""
    unit: str = ""
    total: Expr = field(default_factory=lambda: const(0))
    operations: list[str] = field(default_factory=list)
    worked: list[str] = field(default_factory=list)
    steps: int = 0
    reduced: bool = False
    used_words: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.thing = self.rng.choice(self.topic.all_things())
        self.unit = self.thing.plural
        self.used_words.update((self.thing.single, self.thing.plural))

    # --- numbers

    @property
    def now(self) -> Fraction:
        return self.value(self.total)

    def value(self, expr: Expr) -> Fraction:
        return expr.value([leaf.value for leaf in self.leaves])

    def number(self, value: int | Fraction, style: str = "") -> Number:
        """Put a number into the program. Without a style, small ones follow the draft's kind of numbers."""
        exact = Fraction(value)
        if not style:
            wordy = self.number_kind == "words" or (self.number_kind == "mixed" and self.rng.random() < 0.5)
            style = "words" if wordy and 2 <= exact <= 99 and exact.denominator == 1 else "digits"
        self.leaves.append(Leaf(exact, style))
        index = len(self.leaves) - 1
        return Number(mark(index), Expr("leaf", leaf=index), exact)

    def fresh(self, low: int, high: int) -> int:
        """A number not yet in the text where one can be found, so that no two facts look alike."""
        taken = {leaf.value for leaf in self.leaves}
        for _ in range(12):
            value = self.rng.randint(low, high)
            if value not in taken:
                return value
        return value

    # --- the program

    def apply(self, op: str, *args: Expr, base: Expr | None = None, count: int = 1) -> None:
        """Work `op` on the running total (or on `base`) and write the line of the solution."""
        before = base if base is not None else self.total
        after = node(op, before, *args)
        self.reduced = self.reduced or (base is None and op == "sub")
        self._show(op, (before, *args), after)
        self.total = after
        self.steps += count

    def combine(self, op: str, left: Expr, right: Expr, count: int = 1) -> Expr:
        """A side calculation that does not touch the running total."""
        after = node(op, left, right)
        self._show(op, (left, right), after)
        self.steps += count
        return after

    def _show(self, op: str, args: tuple[Expr, ...], after: Expr) -> None:
        terms = _WORKED[op].format(*(plain_number(self.value(arg)) for arg in args))
        self.worked.append(f"{terms} = {plain_number(self.value(after))}")

    # --- the words

    def pick(self, text: str) -> str:
        """One entry of a ";"-list that this draft has not used yet (any, when all are used)."""
        entries = split(text)
        fresh = [entry for entry in entries if entry not in self.used_words] or list(entries)
        choice = self.rng.choice(fresh)
        self.used_words.add(choice)
        return choice

    def named(self, patterns: str) -> str:
        """A party or site with a name of its own."""
        return self.pick(patterns).format(self.pick(";".join(PROPER)))

    def person(self) -> str:
        full = self.pick(";".join(PEOPLE))
        return full if self.rng.random() < 0.4 else full.split()[0]

    def rest(self) -> str:
        """How the running total is spoken of: a rest only once something has gone."""
        return self.rng.choice(_REST if self.reduced else _ALL).format(item=self.thing.plural)

    def pair(self, entries: str) -> tuple[str, str]:
        single, plural = self.pick(entries).split("/")
        return single, plural

    def slots(self, **more: object) -> dict[str, str]:
        return _Slots(self, {key: str(value) for key, value in more.items()})

    def phrase(self, entries: str, **more: object) -> str:
        """A ";"-list entry with its own slots filled."""
        return fill(self.pick(entries), self.slots(**more), self.rng)

    def say(self, frame: str, *, linked: bool = True, **more: object) -> None:
        """Add a sentence of the story; a linked one may open with a connector of time."""
        sentence = fill(frame, self.slots(**more), self.rng)
        if linked and self.links and len(self.story) > 0 and self.rng.random() < 0.5:
            sentence = f"{self.pick(';'.join(_LINKS))} {sentence}"
        self.story.append(sentence)

    def fact(self, frame: str, **more: object) -> None:
        """Add a sentence that may stand anywhere before the question."""
        self.facts.append(fill(frame, self.slots(**more), self.rng))

    def ask(self, *frames: str, unit: str = "", **more: object) -> None:
        self.question = fill(self.rng.choice(frames), self.slots(**more), self.rng)
        self.unit = unit or self.thing.plural


def _with_verb(phrase: str) -> str:
    plural = phrase.startswith(("the remaining ", "those ", "these "))
    return f"{phrase} {'were' if plural else 'was'}"


class _Slots(dict[str, str]):
    """Slots of a frame; names are drawn only where the frame asks for one, so that the stock of names lasts."""

    def __init__(self, draft: Draft, given: dict[str, str]) -> None:
        super().__init__(given)
        self._draft = draft

    def __missing__(self, slot: str) -> str:
        d = self._draft
        draw: dict[str, Callable[[], str]] = {
            "items": lambda: d.thing.full,
            "item": lambda: d.thing.plural,
            "one": lambda: d.thing.single,
            "rest": d.rest,
            "rest_was": lambda: _with_verb(d.rest()),
            "site": lambda: d.named(d.trade.sites),
            "party": lambda: d.named(d.trade.parties),
            "person": d.person,
            "round": lambda: d.pick(d.trade.rounds),
        }
        drawn = draw[slot]()
        self[slot] = drawn
        return drawn
