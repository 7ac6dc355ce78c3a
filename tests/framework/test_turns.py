"""Whoever queues for the corpus is booked for its own share alone, and the shares add up to how long it was in use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.gate import GateContext, passed
from factory.lever import Line, Pull, ask
from factory.ports import Neighbour
from factory.turns import Turns
from factory.types import Coordinate, Finding, Item, Revision, Role

SERVED_S = 0.05


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=30))
def test_the_shares_add_up_to_the_time_in_use(steps: list[tuple[float, bool]]) -> None:
    now, here, used, shared = [0.0], [], 0.0, 0.0
    turns = Turns(clock=lambda: now[0])
    for passed_by, comes in [*steps, *[(1.0, False)] * len(steps)]:
        used += passed_by if here else 0.0
        now[0] += passed_by
        if comes:
            here.append(turns.enter())
        elif here:
            shared += turns.leave(here.pop(0))
    assert not here and shared == pytest.approx(used)


@dataclass
class OneAtATime:
    """A corpus whose embedder takes one text after the other."""

    embedder: str = "one at a time"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        async with self.lock:
            await asyncio.sleep(SERVED_S)
            return ()

    def template_size(self, template: str) -> int:
        return 0


@dataclass(frozen=True)
class Looks:
    """A gate that searches the corpus, and then takes its time."""

    after_s: float = 0.0
    name: ClassVar[str] = "looks"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "stands for novelty"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = True

    async def check(self, item: Item, context: GateContext) -> Finding:
        await context.corpus.neighbours("text")
        await asyncio.sleep(self.after_s)
        return passed("looked")


class Nothing(BaseModel):
    pass


def booked(count: int, after_s: float = 0.0) -> list[float]:
    """The seconds on the receipts of so many items that come at once."""

    async def main() -> list[float]:
        spec: Any = SimpleNamespace(anchors=())
        recipe: Any = SimpleNamespace()
        line = Line(spec, recipe, Nothing(), (Looks(after_s),), spec, 0)
        corpus, journal = (
            OneAtATime(),
            SimpleNamespace(scope=lambda gate, revision: SimpleNamespace(calls=(), seats=lambda r: ())),
        )
        pulls = [Pull(line, n, f"c{n}", Coordinate(()), corpus, (), journal) for n in range(count)]  # type: ignore[arg-type]
        for pull in pulls:
            pull.revisions.append(Revision(0, {}, "author", "", ()))
        item = Item("c", 0, 0, Coordinate(()), {}, None, "text", "")
        await asyncio.gather(*(ask(pull, Looks(after_s), item) for pull in pulls))
        return [pull.receipts[0].seconds for pull in pulls]

    return asyncio.run(main())


def test_a_gate_is_not_booked_the_queue_for_the_embedder() -> None:
    together = sum(booked(10))
    # Ten that wait for one another stand there 55 services long between them; ten services are what was done.
    assert 10 * SERVED_S * 0.9 <= together <= 20 * SERVED_S


def test_what_a_gate_does_besides_is_its_own() -> None:
    assert all(0.2 <= seconds <= 0.2 + 3 * SERVED_S for seconds in booked(4, 0.2))
