"""Coordinates and requests for the rehearsal's tests, drawn from the shipped specs' own axes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from factory.types import Message, ModelRequest
from recipes.ground_truth.rehearsal.author_program import Composition
from recipes.ground_truth.rehearsal.author_story import FOCUSES, STYLES, TRADES, Plan, compose, plan_for


def plan(seed: int) -> Plan:
    rng = random.Random(f"plan {seed}")
    trade = TRADES[seed % len(TRADES)]
    coordinate = {
        "topic": rng.choice(list(trade.topics)),
        "steps": str(rng.randint(3, 7)),
        "focus": rng.choice(FOCUSES),
        "distractors": str(rng.choice((0, 0, 1, 1, 2))),
        "style": rng.choice(STYLES),
        "numbers": rng.choice(("digits", "mixed", "words")),
    }
    return plan_for(coordinate, rng)


def compositions(count: int, start: int = 0) -> Iterator[Composition]:
    for seed in range(start, start + count):
        yield compose(plan(seed), random.Random(f"text {seed}"))


def asking(problem: str) -> ModelRequest:
    """The request in which an oracle or a solver meets a problem."""
    return ModelRequest("sim:x", (Message.of("user", f"<problem>\n{problem}\n</problem>"),), key="k")
