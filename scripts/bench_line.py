"""The production line that `bench_calls.py` measures: a whole `factory run` whose gates do nothing but ask models.

Everything a real run's call passes through is here: lever, journal, slots, money under a cap (so that each reservation is
durable before its attempt), receipts, lander and store. What is left out is other people's work: grading, and embedding.

    python -m scripts.bench_line http://127.0.0.1:PORT     memory of 5,000 candidates, in a process of its own; prints MB
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import BaseModel

from factory.gate import GateContext, passed
from factory.ports import Policy
from factory.recipe import AuthorContext, Recipe
from factory.similarity.unread import NO_EMBEDDER
from factory.types import Axis, AxisValue, Cast, Finding, Item, Member, Message, ReplySchema, Role, Spec, TokenPrice
from scripts import jobs
from scripts.assembly import Plan
from scripts.pace import run_in_loop
from store import SqlStore, open_store

SCHEMA: Final = ReplySchema(
    "answer",
    {
        "type": "object",
        "properties": {"answer": {"type": "string"}, "reasoning": {"type": "string"}},
        "required": ["answer", "reasoning"],
        "additionalProperties": False,
    },
)
SYSTEM: Final = Message.of("system", "You solve problems and answer as JSON.")
QUESTION: Final = "What is six by seven? " * 30
MAX_TOKENS: Final = 512
# More than any measurement spends: there is a cap, so every attempt is reserved, but it stops nothing.
CAP_NANO: Final = 10**15
MEMORY_CANDIDATES: Final = 5000


def messages(about: str) -> tuple[Message, ...]:
    return SYSTEM, Message.of("user", f"{about}: {QUESTION}")


class Point(BaseModel):
    answer: str
    reasoning: str


class Settings(BaseModel):
    pass


async def author(context: AuthorContext) -> Mapping[str, Any]:
    reply = await context.seat.ask(messages(f"{context.rng.random()}"), purpose="write", schema=SCHEMA)
    assert reply.data is not None
    return reply.data


@dataclass(frozen=True)
class Critic:
    """Asks the critic once."""

    name: ClassVar[str] = "critic"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "none"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.CRITIC,)
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: GateContext) -> Finding:
        reply = await context.seats(Role.CRITIC)[0].ask(messages(item.id), purpose="critic", schema=SCHEMA)
        return passed("The critic answered.", evidence={"said": reply.text})


@dataclass(frozen=True)
class Panel:
    """Asks each solver a few times, one call after another, as the sequential probe does."""

    samples: int = 2

    name: ClassVar[str] = "panel"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "none"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.SOLVER,)
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: GateContext) -> Finding:
        said = []
        for sample in range(self.samples):
            for seat in context.seats(Role.SOLVER):
                reply = await seat.ask(messages(item.id), purpose="screen", sample=sample, schema=SCHEMA)
                said.append(reply.text)
        return passed("The panel answered.", evidence={"answers": said})


RECIPE: Final = Recipe(
    name="bench",
    version="1",
    summary="calls and nothing else",
    payload=Point,
    settings=Settings,
    author=author,
    repair=None,
    gates=(Critic(), Panel()),
    task=lambda settings: None,  # type: ignore[arg-type,return-value]
    novelty_view=lambda point: point.answer,
    export=lambda point: {"answer": point.answer},
    render=lambda point: point.answer,
    folder=Path(__file__).parent,
)


@dataclass(frozen=True)
class Bench:
    """A line to run against a server. calls: model calls per candidate: 8 (author, critic, two rounds of three solvers),
    2 (author, critic) or 1 (author).
    """

    protocol: str
    root: str
    calls: int = 8

    def member(self, name: str) -> Member:
        # A cast file would say what the other options are; a deadline, say, is left at its default.
        return Member(
            model=f"{self.protocol}/{name}",
            family=name,
            base_url=self.root + ("/v1" if self.protocol == "openai" else ""),
            max_tokens=MAX_TOKENS,
            price=TokenPrice(input=1.0, output=4.0),
        )

    def plan(self) -> Plan:
        members = {
            Role.AUTHOR: (self.member("author"),),
            Role.CRITIC: (self.member("critic"),),
            Role.SOLVER: tuple(self.member(f"solver-{tier}") for tier in (1, 2, 3)),
        }
        gates = {1: (), 2: RECIPE.gates[:1], 8: RECIPE.gates}[self.calls]
        axis = Axis(name="style", values=tuple(AxisValue(value=each) for each in ("plain", "warm", "curt")))
        # A lookahead that never holds back 256 pulls in flight.
        spec = Spec(name="bench", recipe="bench", brief="Benchmark.", axes=(axis,), lookahead=1024)
        inputs = {"spec_path": "", "cast_path": ""}
        return Plan(spec, RECIPE, Settings(), tuple(gates), Cast(name="bench", members=members), NO_EMBEDDER, (), inputs)

    async def run(self, store: SqlStore, candidates: int, concurrency: int) -> Cost:
        """One whole job; its cost from the first line of it to the last."""
        plan = self.plan()
        job = jobs.new_job(store, plan, Policy(attempts=candidates), None)
        cpu, wall = time.process_time(), time.perf_counter()
        end = await jobs.start(store, plan, job, jobs.Limits(concurrency, budget_nano=CAP_NANO), jobs.Face())
        cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)
        seen = store.snapshot(job.id)
        calls = sum(seen.calls_by_role.values())
        if end.error is not None or seen.states != {"accepted": candidates} or calls != self.calls * candidates:
            raise RuntimeError(f"the run was not what is measured: {end}, {seen.states}, {calls} calls")
        if seen.money.spent_nano_usd <= 0 or seen.money.reserved_nano_usd:
            raise RuntimeError(f"the money was not what is measured: {seen.money}")
        return cost


@dataclass(frozen=True)
class Cost:
    """Seconds: CPU of this process, and of the wall clock."""

    cpu_s: float
    wall_s: float


@contextmanager
def scratch_store() -> Iterator[SqlStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/bench.db")
        try:
            yield store
        finally:
            store.close()


def memory_growth_mb(root: str) -> float:
    """Peak resident memory of this process over what it takes once everything it needs is imported."""
    for name in ("openai", "anthropic", "factory.providers.openai", "factory.providers.anthropic"):
        importlib.import_module(name)
    base = _memory_bytes("VmRSS")
    with scratch_store() as store:
        run_in_loop(replace(Bench("openai", root), calls=2).run(store, MEMORY_CANDIDATES, 64))
    # Not `ru_maxrss`: a process begins with that of whoever started it.
    return (_memory_bytes("VmHWM") - base) / 1e6


def _memory_bytes(name: str) -> int:
    """A figure of /proc/self/status. VmRSS: what is in memory; VmHWM: the most that ever was, of this program alone."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[name].split()[0]) * 1024


if __name__ == "__main__":
    print(memory_growth_mb(sys.argv[1]))
