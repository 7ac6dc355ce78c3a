"""Small stand-ins for what a gate reaches: seats that answer by a function, and a task whose payload is its reference."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.errors import FailureKind, ModelFailure
from factory.gate import Answer, GateContext, Grade
from factory.types import Axis, AxisValue, Coordinate, Item, Member, Message, ModelReply, ReplySchema, Role, Spec

Reply = str | FailureKind | Exception
SPEC = Spec(name="s", recipe="r", brief="b", axes=(Axis(name="a", values=(AxisValue(value=1),)),))


@dataclass
class FakeSeat:
    """replies: (purpose, sample) -> a text (JSON where a schema is asked for), a failure kind or an exception.

    delay: seconds before each reply, a millisecond or less when None. asked: every call made, messages and schemas: what with;
    alive: calls in flight.
    """

    role: Role
    slot: int
    replies: Callable[[str, int], Reply]
    member: Member = field(default_factory=lambda: Member(model="m"))
    delay: float | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    messages: list[tuple[Message, ...]] = field(default_factory=list)
    schemas: list[ReplySchema | None] = field(default_factory=list)
    alive: int = 0
    most_alive: int = 0

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        assert (purpose, sample) not in self.asked, "a call identity was used twice"
        self.asked.append((purpose, sample))
        self.messages.append(messages)
        self.schemas.append(schema)
        self.alive += 1
        self.most_alive = max(self.most_alive, self.alive)
        try:
            await asyncio.sleep(0.001 * random.random() if self.delay is None else self.delay)
            reply = self.replies(purpose, sample)
        finally:
            self.alive -= 1
        if isinstance(reply, FailureKind):
            raise ModelFailure(reply, "as told")
        if isinstance(reply, Exception):
            raise reply
        # A reply in plain words stands for the answer alone, which a task takes from the text.
        return ModelReply(text=reply, data=json.loads(reply) if reply.startswith("{") and schema is not None else None)


@dataclass
class FakeTask:
    """The payload is the reference. A reply "? why" objects without an answer, "12 ? why" answers and objects.

    judge: a role whose seat is asked for every grade, as a judge-backed grader does.
    """

    judge: Role | None = None
    accepts: Callable[[str, str], bool] = lambda answer, reference: answer.strip() == reference
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ("", "no")
    labels: list[str] = field(default_factory=list)

    def question(self, payload: Any, spec: Spec, role: Role) -> tuple[tuple[Message, ...], ReplySchema | None]:
        return (Message.of("user", f"solve as {role}"),), None

    def answer(self, reply: ModelReply) -> Answer:
        text, _, objection = reply.text.partition("?")
        return Answer(text.strip(), objection.strip())

    async def grade(self, payload: Any, answer: str, context: GateContext) -> Grade:
        self.labels.append(context.label)
        if self.judge:
            for seat in context.seats(self.judge):
                await seat.ask((), purpose="grade")
        return Grade(self.accepts(answer, payload), answer.strip())

    async def equivalent(self, payload: Any, left: str, right: str) -> bool:
        return left.strip() == right.strip()

    def specimens(self, payload: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.right, self.wrong


def context_of(task: FakeTask, members: Mapping[Role, Sequence[FakeSeat]]) -> GateContext:
    seats = {role: tuple(own) for role, own in members.items()}
    return GateContext(SPEC, task, None, random.Random(0), seats)  # type: ignore[arg-type]


def item_of(reference: str = "12") -> Item:
    return Item("c-1", 0, 0, Coordinate((("a", 1),)), {"answer": reference}, reference)
