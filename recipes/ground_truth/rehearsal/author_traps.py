"""Defects that a solver does not stumble over: givens that contradict each other, a given that is missing, a false ring.

The reference is what comes out by the first given and by the usual assumption, so whoever just solves the problem reaches it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from recipes.ground_truth.rehearsal.author_changes import bring_some, take_percent, take_some
from recipes.ground_truth.rehearsal.author_draft import Draft
from recipes.ground_truth.rehearsal.author_endings import what_is_left
from recipes.ground_truth.rehearsal.author_program import Composition, choose, const, fill, node
from recipes.ground_truth.rehearsal.author_sources import opening_count
from recipes.ground_truth.rehearsal.author_story import Plan, compose, finish

_AGAIN = (
    "[elsewhere in the book|on the other sheet|on the back of the page] the opening count is given as {n} {item}.",
    "{person} [insists|swears|is certain] that the opening count was {n} {item}.",
    "the opening figure is [entered|noted] a second time, as {n} {item}.",
    "[going by|according to] {person}, the count at the start was {n} {item}, and not one more.",
    "[the office copy|a carbon copy|the second list] [puts|has] the opening count at {n} {item}.",
)


def contradictory(plan: Plan, rng: random.Random) -> Composition:
    """A problem that gives the amount it begins with twice, and not the same."""
    # A problem of several parties has no one amount to begin with.
    told = replace(plan, focus="counts") if plan.focus == "comparison" else plan
    return compose(told, rng, twist=_given_twice)


def _given_twice(d: Draft) -> bool:
    if "opening_count" not in d.operations[:1]:
        return False
    first = int(d.leaves[0].value)
    other = d.number(first + d.rng.choice((-1, 1)) * d.fresh(3, max(9, first // 6)), "digits")
    sentence = fill(d.rng.choice(_AGAIN), d.slots(n=other), d.rng)
    # After the first, which it speaks of; before what happens next, or as an afterthought.
    d.story.insert(d.rng.randint(1, len(d.story)), sentence)
    return True


def missing_assumption(plan: Plan, rng: random.Random) -> Composition:
    """A problem whose answer needs something that it does not say."""
    for _ in range(200):
        d = Draft(rng, plan.trade, plan.topic, "digits", links=False)
        opening_count(d)
        if not rng.choice(_GAPS)(d):
            continue
        more = rng.sample((bring_some, take_some, take_percent), 2)
        if not all(change(d) for change in more) or not what_is_left(d):
            continue
        made = finish(d, replace(plan, style=rng.choice(("story", "list", "memo")), distractors=min(plan.distractors, 1)))
        if made is not None:
            return made
    raise RuntimeError(f"no problem with a gap fits {plan}")


def _working_days(d: Draft) -> bool:
    """Five a week, or six?"""
    weeks = d.rng.choice((2, 3, 4))
    most = int(d.now) // (5 * weeks) - 1
    if most < 4:
        return False
    n, m = d.number(d.rng.randint(3, min(most, 40)), "digits"), d.number(weeks)
    d.say(
        d.rng.choice(
            (
                "for {m} weeks, {party} [drew|took] {n} of them [each|every] working day.",
                "over the next {m} weeks, {party} used {n} {item} [each|every|per] working day.",
                "{person} [issued|released] {n} {item} every working day for {m} weeks.",
            )
        ),
        linked=False,
        n=n,
        m=m,
    )
    d.apply("sub", node("mul", n.expr, d.combine("mul", m.expr, const(5), count=0)))
    d.steps += 1
    return True


def _months(d: Draft) -> bool:
    """Thirty days each, or 31?"""
    n, m = d.number(d.fresh(3, 12), "digits"), d.number(d.rng.choice((2, 3)))
    d.say(
        "for {m} months, {gain} [sent|supplied] {n} more {item} [a|each|every] day.",
        linked=False,
        n=n,
        m=m,
        gain=d.pick(d.topic.gains),
    )
    d.apply("add", node("mul", n.expr, d.combine("mul", m.expr, const(30), count=0)))
    d.steps += 1
    return True


def _up_to(d: Draft) -> bool:
    """Full, or not?"""
    m, n = d.number(d.fresh(3, 15), "digits"), d.number(d.rng.choice((12, 16, 20, 24, 30)), "digits")
    _, plural = d.pair(d.topic.holders)
    d.say(
        d.rng.choice(
            (
                "{gain} [sent|supplied] another {m} {holders} that hold up to {n} {item} each.",
                "a further {m} {holders} holding up to {n} {item} each were [received|taken in].",
            )
        ),
        linked=False,
        m=m,
        n=n,
        holders=plural,
        gain=d.pick(d.topic.gains),
    )
    d.apply("add", d.combine("mul", m.expr, n.expr))
    return True


_GAPS: tuple[Callable[[Draft], bool], ...] = (_working_days, _months, _up_to)

_FALSE_RING = (
    # what is left of a form
    "Problem type: multi-step arithmetic.",
    "Category: stock keeping. Difficulty: [medium|moderate|hard].",
    "Scenario template: [goods in and goods out|a day at work].",
    "Sample question for the [stock-keeping|arithmetic] category.",
    # words that know of the test
    "This question tests whether a model can keep track of several steps.",
    "[As a language model|As an AI assistant], show that you can reason step by step.",
    "Your score depends on giving the exact number.",
    "[The following|This] task is designed to assess careful reading.",
    # stakes nobody has
    "If the figure is wrong, the whole [country|city] will lose its supply.",
    "Thousands of lives depend on this number.",
    "A single mistake here would [bankrupt the company|end in a national disaster].",
    # figures nobody could have measured
    "The hall was at exactly {a}.{b} degrees that morning.",
    "The yard outside measures {a}.{b} paces from gate to gate.",
    "The desk by the door stands {a}.{b} metres from the window.",
)


def unnatural(payload: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A sound item with a sentence that no user would write, before it or after it."""
    slots = {"a": str(rng.randint(11, 28)), "b": str(rng.randint(100_000, 999_999))}
    sentence = choose(rng.choice(_FALSE_RING), rng).format_map(slots)
    prompt = str(payload["prompt"])
    gap = "\n" if "\n" in prompt else " "
    return {**payload, "prompt": f"{sentence}{gap}{prompt}" if rng.random() < 0.5 else f"{prompt}{gap}{sentence}"}
