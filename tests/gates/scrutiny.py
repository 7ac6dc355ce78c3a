"""A task that can be contested and presented, and seats that answer by what they are asked."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.gate import Claim, GateContext, Relatives
from factory.types import Member, Message, Role, Spec
from tests.gates.seats import SPEC, FakeSeat, FakeTask, Reply


@dataclass
class ScrutinyTask(FakeTask):
    """Its messages are what it was given, as JSON, so that a test sees what a model would be told."""

    arbitrated: list[tuple[str, ...]] = field(default_factory=list)

    def reference(self, payload: Any) -> str:
        return str(payload)

    def challenge(self, payload: Any, spec: Spec) -> tuple[Message, ...]:
        return (Message.of("user", f"break {payload}"),)

    def arbitrate(self, payload: Any, spec: Spec, claim: Claim, answers: tuple[str, ...]) -> tuple[Message, ...]:
        self.arbitrated.append(answers)
        return (Message.of("user", json.dumps([claim.kind, claim.argument, *answers])),)

    def compare(self, first: Any, second: Any, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        return (Message.of("user", json.dumps([first, second])),)

    def inspect(self, payload: Any, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        return (Message.of("user", json.dumps([payload, *reasons])),)


@dataclass
class ReadingSeat(FakeSeat):
    """A seat whose answer is a function of what it was sent. says: the parsed message -> the reply."""

    says: Callable[[list[Any]], Reply] = lambda _: "{}"

    def __post_init__(self) -> None:
        self.replies = lambda *call: self.says(json.loads(self.messages[self.asked.index(call)][0].text))


def critic(*replies: Reply | Mapping[str, str], slot: int = 0) -> FakeSeat:
    """A critic who answers its attempts so, in order."""
    told = [json.dumps({"rival": "", "argument": "", **r}) if isinstance(r, Mapping) else r for r in replies]
    return FakeSeat(Role.CRITIC, slot, lambda _, sample: told[sample])


def judge(says: Callable[[list[Any]], Reply], slot: int = 0) -> ReadingSeat:
    return ReadingSeat(Role.JUDGE, slot, lambda *_: "", Member(model="m"), says=says)


def context_of(
    seats: Sequence[FakeSeat],
    *,
    task: FakeTask | None = None,
    anchors: tuple[Any, ...] = (),
    relatives: Relatives | None = None,
    seed: int = 0,
) -> GateContext:
    members: dict[Role, tuple[FakeSeat, ...]] = {}
    for seat in seats:
        members[seat.role] = (*members.get(seat.role, ()), seat)
    corpus: Any = None
    return GateContext(
        SPEC, task or ScrutinyTask(), corpus, random.Random(seed), members, anchors=anchors, relatives=relatives or {}
    )
