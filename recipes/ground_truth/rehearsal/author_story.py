"""From a coordinate to a finished problem: the plan of operations, the scene around them, and the style it is told in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recipes.ground_truth.rehearsal.author_changes import CHANGES, Change
from recipes.ground_truth.rehearsal.author_draft import Draft
from recipes.ground_truth.rehearsal.author_endings import ENDINGS, STEPS_OF_ENDING, Ending, parties_compared, what_is_left
from recipes.ground_truth.rehearsal.author_program import Composition, fill, plain_number, settle
from recipes.ground_truth.rehearsal.author_sources import (
    opening_count,
    opening_groups,
    opening_groups_and_loose,
    opening_parties,
    opening_rate,
)
from recipes.ground_truth.rehearsal.author_words import Topic, Trade
from recipes.ground_truth.rehearsal.author_words_freight import FREIGHT
from recipes.ground_truth.rehearsal.author_words_pharmacy import PHARMACY

TRADES = (PHARMACY, FREIGHT)
STYLES = ("story", "memo", "list", "message", "log")
FOCUSES = ("comparison", "conversion", "fractions", "packing", "percentages", "pricing", "rates", "sharing", "counts")
_TRIES = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """What a coordinate asks of a problem, read leniently: what it does not say is drawn."""

    trade: Trade
    topic: Topic
    steps: int
    focus: str
    distractors: int
    style: str
    numbers: str


def plan_for(coordinate: Mapping[str, str], rng: random.Random) -> Plan:
    trade, topic = _topic(coordinate.get("topic", ""), rng)
    return Plan(
        trade=trade,
        topic=topic,
        steps=_whole(coordinate.get("steps"), rng.randint(3, 6), 2, 7),
        focus=_one_of(coordinate.get("focus"), FOCUSES, rng),
        distractors=_whole(coordinate.get("distractors"), rng.randint(0, 1), 0, 3),
        style=_one_of(coordinate.get("style"), STYLES, rng),
        numbers=_one_of(coordinate.get("numbers"), ("digits", "mixed", "words", "whole"), rng),
    )


def _topic(name: str, rng: random.Random) -> tuple[Trade, Topic]:
    for trade in TRADES:
        if name in trade.topics:
            return trade, trade.topics[name]
    trade = rng.choice(TRADES)
    return trade, rng.choice(list(trade.topics.values()))


def _whole(text: str | None, drawn: int, low: int, high: int) -> int:
    return min(max(int(text), low), high) if text is not None and text.strip().isdigit() else drawn


def _one_of(text: str | None, known: tuple[str, ...], rng: random.Random) -> str:
    return text if text in known else rng.choice(known)


def compose(plan: Plan, rng: random.Random, twist: Callable[[Draft], bool] | None = None) -> Composition:
    """A sound problem for the plan. twist: what is done to the calculated draft before it is told; False where it does not fit.

    Raises RuntimeError when no numbers fit, which no plan of `plan_for` has been seen to do.
    """
    for attempt in range(_TRIES):
        draft = Draft(rng, plan.trade, plan.topic, plan.numbers, links=plan.style in ("story", "message", "memo"))
        if not _calculate(draft, plan, slack=attempt // 40) or (twist is not None and not twist(draft)):
            continue
        if (made := finish(draft, plan)) is not None:
            return made
    raise RuntimeError(f"no problem fits {plan}")


def finish(draft: Draft, plan: Plan) -> Composition | None:
    """The calculated draft told in the plan's style, with its distractors; None when it would not be sound."""
    for _ in range(plan.distractors):
        _distract(draft)
    text, spans = settle(_told(draft, plan), draft.leaves)
    made = Composition(
        text=text,
        spans=spans,
        leaves=tuple(draft.leaves),
        program=draft.total,
        operations=tuple(draft.operations),
        solution="; ".join(draft.worked) + f". Answer: {plain_number(draft.now)} {draft.unit}.",
        unit=draft.unit,
    )
    return made if _sound(made) else None


def _sound(made: Composition) -> bool:
    """A positive, readable answer that is not written in the text already."""
    answer = made.answer
    if not 2 <= answer <= 250_000 or (answer * 100).denominator != 1:
        return False
    return all(leaf.value != answer for leaf in made.leaves) and plain_number(answer) not in made.text


def _calculate(d: Draft, plan: Plan, slack: int) -> bool:
    """Choose and write operations until the plan's number of steps is reached, its focus among them."""
    if plan.focus == "comparison":
        count = min(5, max(2, plan.steps - d.rng.randint(0, 2)))
        if plan.steps <= 4 and d.rng.random() < 0.6:
            return _named(d, "comparison", parties_compared(d, min(count + 1, 5))) and d.steps >= 2
        count = max(2, min(count, plan.steps - 2, 4))
        opened = _named(d, "parties", opening_parties(d, count))
    else:
        opened = _open(d, plan)
    ending = _ending(d, plan)
    budget = plan.steps - d.steps - STEPS_OF_ENDING.get(ending.__name__, 1)
    if not opened or not _change(
        d, plan, budget, must=plan.focus if plan.focus in CHANGES and ending not in ENDINGS.get(plan.focus, ()) else ""
    ):
        return False
    if not _named(d, ending.__name__, ending(d)):
        return False
    return abs(d.steps - plan.steps) <= slack


def _named(d: Draft, name: str, done: bool) -> bool:
    if done:
        d.operations.append(name)
    return done


def _open(d: Draft, plan: Plan) -> bool:
    source = d.rng.choice((opening_count, opening_count, opening_groups, opening_groups_and_loose, opening_rate))
    if plan.focus in ("packing", "pricing") and plan.steps >= 5 and d.rng.random() < 0.3:
        return _named(d, "parties", opening_parties(d, 2))
    if plan.steps <= 2:
        source = opening_count
    return _named(d, source.__name__, source(d))


def _ending(d: Draft, plan: Plan) -> Ending:
    if plan.focus in ENDINGS and (plan.focus not in CHANGES or d.rng.random() < 0.6):
        return d.rng.choice(ENDINGS[plan.focus])
    if d.rng.random() < 0.45:
        return what_is_left
    return d.rng.choice([ending for endings in ENDINGS.values() for ending in endings])


def _change(d: Draft, plan: Plan, budget: int, must: str) -> bool:
    """Spend `budget` steps on changes of the total, one of the kind `must` among them when that is asked."""
    target = d.steps + max(budget, 1 if must else 0)
    used: list[Change] = []
    everything = [change for kind in CHANGES.values() for change in kind]
    for _ in range(30):
        if d.steps >= target:
            break
        wanted = CHANGES[must] if must and not any(change in CHANGES[must] for change in used) else everything
        change = d.rng.choice(wanted)
        if used.count(change) >= 1 + (change in CHANGES["counts"]) or not change(d):
            continue
        used.append(change)
        d.operations.append(change.__name__)
    return d.now > 3 and (not must or any(change in CHANGES[must] for change in used))


def _distract(d: Draft) -> None:
    """A number beside the point: an aside of the topic, or a price or weight nobody asks for."""
    asked = d.question.lower()
    idle_price = "$" not in " ".join(d.facts) and "dollar" not in asked and "bill" not in asked and "cost" not in asked
    if idle_price and d.unit == d.thing.plural and d.rng.random() < 0.35:
        n = d.number(d.fresh(3, 70), "cents")
        d.fact("[each|one] {one} [costs|is worth] ${n}[, although nobody asked|].", n=n)
        return
    n = d.number(d.fresh(3, 29))
    aside = fill(d.pick(d.topic.asides), d.slots(d=n), d.rng)
    d.facts.append(aside[0].upper() + aside[1:] + ".")


_SCENES = (
    "{person}, {job}, was {task} [when the count began|at the time|that day].",
    (
        "[It was|This was] a [quiet|busy|wet|windy|long|chaotic|slow|foggy|bright|tense] "
        "[morning|evening|afternoon|Tuesday|Friday|day] at {site}."
    ),
    "While {person} was {task}, {job} wrote the figures down.",
    "{job} [blamed|thanked|teased|called] {person} for {task}.",
    "[Nobody|Hardly anyone] at {site} minded {task}.",
    "{person} had just finished {task}.",
    "{site} [smelled of coffee|was being repainted|had lost its heating|was unusually calm|was short of staff].",
    "At {site}, {job} keeps the books and dislikes {task}.",
    "[Between phone calls|Over a cold sandwich|With one eye on the clock], {person} was {task}.",
)
_HEADERS = {
    "memo": (
        "To: {person}\nFrom: {job}\nSubject: {items}\n\n",
        "MEMO - {site}\nRe: {items}\n\n",
        "Handover for {person}, subject: {items}.\n\n",
        "Note to file ({site}, {items})\n\n",
    ),
    "list": (
        "{site}, {items}:\n",
        "Stock notes kept by {person} ({job}) on {items}:\n",
        "What {person} wrote down about the {items}:\n",
        "Facts to work from:\n",
        "Record for {site}\n",
    ),
    "message": (
        "Hi {person}, [a quick one|can you check my sums|I am stuck] [from {site}|]. ",
        "{person}, [a question|a puzzle] while I am {task}. ",
        "[Hello|Morning|Evening] {person}. I was {task} and need a figure. ",
        "Are you free, {person}, to check a sum for {site}. ",
    ),
    "log": (
        "Log of {site}, {items}\n",
        "Diary of {person}, {job}\n",
        "Week sheet, {site}\n",
        "From the day book of {person}:\n",
    ),
    "story": ("",),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _told(d: Draft, plan: Plan) -> str:
    """Put header, scene, story, facts and question together in the plan's style."""
    story = [_capital(sentence) for sentence in d.story]
    for fact in d.facts:
        story.insert(d.rng.randint(0, len(story)), _capital(fact))
    extras: dict[str, Callable[[], str]] = {
        "task": lambda: d.pick(plan.topic.tasks),
        "job": lambda: d.pick(plan.trade.jobs),
    }
    header = fill(d.rng.choice(_HEADERS[plan.style]), d.slots(**{k: draw() for k, draw in extras.items()}), d.rng)
    if plan.style in ("memo", "list", "log"):
        header = _lines(header)
    scenes = [
        _capital(fill(frame, d.slots(**{k: draw() for k, draw in extras.items()}), d.rng))
        for frame in d.rng.sample(_SCENES, d.rng.choice((0, 1, 1, 2, 2)))
    ]
    question = _capital(d.question)
    if plan.style == "list":
        return f"{header}\n" + "\n".join(f"- {line}" for line in story) + "\n" + "\n".join([*scenes[:1], question])
    if plan.style == "log":
        return f"{header}\n" + _day_by_day(story, d.rng) + "\n" + " ".join([*scenes[:1], question])
    if d.rng.random() < 0.2:
        return _join(header, " ".join([question, "Here is what is known.", *scenes, *story]))
    middle = d.rng.randint(0, min(1, len(scenes)))
    return _join(header, " ".join([*scenes[: len(scenes) - middle], *story, *scenes[len(scenes) - middle :], question]))


def _day_by_day(story: list[str], rng: random.Random) -> str:
    """Spread the sentences over consecutive weekdays."""
    first = rng.randint(0, 6)
    lines: list[str] = []
    for number, sentence in enumerate(story[:7]):
        lines.append(f"{_DAYS[(first + number) % 7]}: {sentence}")
    if len(story) > 7:
        lines[-1] += " " + " ".join(story[7:])
    return "\n".join(lines)


def _lines(header: str) -> str:
    return "\n".join(_capital(line) for line in header.split("\n"))


def _join(header: str, body: str) -> str:
    return f"{header}\n\n{body}" if "\n" in header else f"{header} {body}".strip()


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
