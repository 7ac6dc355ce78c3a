"""What a gate is, what it may reach, and the words for its findings."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

from factory.ports import CorpusView, Seat
from factory.types import Finding, Item, Message, ModelReply, Outcome, ReplySchema, Role, Spec


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered. objection: why it thinks the item has no single answer, "" when it has none."""

    text: str
    objection: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """correct: the grader's verdict; extracted: the part of the answer it judged; detail: why, in a few words."""

    correct: bool
    extracted: str
    detail: str = ""


class Task(Protocol):
    """How a recipe's payload is put to a model that must solve it, and how an answer is graded."""

    def question(self, payload: Any, spec: Spec, role: Role) -> tuple[tuple[Message, ...], ReplySchema | None]:
        """The messages for an oracle or a solver. They must hold nothing of the reference."""
        ...

    def answer(self, reply: ModelReply) -> Answer: ...

    async def grade(self, payload: Any, answer: str, context: GateContext) -> Grade: ...

    async def equivalent(self, payload: Any, left: str, right: str) -> bool:
        """Whether two answers say the same, by the same grader; how oracle votes are counted."""
        ...

    def specimens(self, payload: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Answers the grader must accept (the reference among them), and answers it must turn away."""
        ...


Relatives = Mapping[tuple[Role, int], frozenset[int]]


@dataclass(frozen=True)
class GateContext:
    """The one object through which a gate reaches anything: models by role, the corpus, a random stream, the recipe's task.

    label: prefixed to the purpose of every call made through `seats`, so nested calls keep identities of their own.
    relatives: by role and slot of a member, the slots of the judges related to it; empty where no judge grades.
    """

    spec: Spec
    task: Task
    corpus: CorpusView
    rng: random.Random
    members: Mapping[Role, tuple[Seat, ...]]
    label: str = ""
    relatives: Relatives = field(default_factory=dict)

    def seats(self, role: Role) -> tuple[Seat, ...]:
        seats = self.members.get(role, ())
        return tuple(_Labelled(seat, self.label) for seat in seats) if self.label else seats

    def within(self, label: str, *, answer_of: tuple[Role, int] | None = None) -> GateContext:
        """The same context for calls nested under `label` (a judge marking one solver's one sample, say).

        answer_of: role and slot of the member whose answer is graded there. Judges related to it are left out, since they share
        its blind spots (preference leakage, arXiv 2502.01534), unless there is no other.
        """
        members, judges = self.members, self.unrelated_judges(answer_of) if answer_of else ()
        if judges:
            members = {**members, Role.JUDGE: judges}
        return replace(self, label=f"{self.label}{label}/", members=members)

    def unrelated_judges(self, member: tuple[Role, int]) -> tuple[Seat, ...]:
        related = self.relatives.get(member, frozenset())
        return tuple(judge for judge in self.members.get(Role.JUDGE, ()) if judge.slot not in related)


@dataclass(frozen=True)
class _Labelled:
    seat: Seat
    label: str

    @property
    def role(self) -> Role:
        return self.seat.role

    @property
    def slot(self) -> int:
        return self.seat.slot

    @property
    def member(self) -> Any:
        return self.seat.member

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        return await self.seat.ask(messages, purpose=f"{self.label}{purpose}", sample=sample, schema=schema)


@runtime_checkable
class Gate(Protocol):
    """Checks one claim. A frozen dataclass: its fields are its settings, all JSON values.

    name, version: as receipts show them. reads: the payload's top-level fields its finding depends on; after a repair that
    touched none of them the finding is carried. An empty tuple means all of them. roles: whom it needs in the cast.
    claim: one line for `factory gates`. takes_raw: it can judge a payload that does not fit the recipe's schema (item.payload
    is None then, item.unfit says why); any other gate is never shown one.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    claim: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    roles: ClassVar[tuple[Role, ...]]
    takes_raw: ClassVar[bool]

    async def check(self, item: Item, context: GateContext) -> Finding:
        """Never raises for the candidate's sake: a defect is a finding. Whatever it does raise becomes an `error` finding."""
        ...


@runtime_checkable
class LandingGate(Gate, Protocol):
    """A gate whose claim is about everything landed, so the lander asks it again in index order before it commits."""

    async def recheck(self, item: Item, corpus: CorpusView) -> Finding: ...


def settings_of(gate: Gate) -> dict[str, Any]:
    """A gate's settings as JSON values, for its receipts."""
    return asdict(gate)  # type: ignore[call-overload,no-any-return]


def passed(detail: str, *, evidence: Mapping[str, Any] | None = None, flags: tuple[str, ...] = (), **measures: Any) -> Finding:
    return Finding(Outcome.PASS, "ok", detail, evidence or {}, flags, measures)


def repair(reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None) -> Finding:
    return Finding(Outcome.REPAIR, reason, detail, evidence or {})


def reject(reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None, **measures: Any) -> Finding:
    return Finding(Outcome.REJECT, reason, detail, evidence or {}, (), measures)


def hold(
    reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None, flags: tuple[str, ...] = (), **measures: Any
) -> Finding:
    return Finding(Outcome.HOLD, reason, detail, evidence or {}, flags, measures)


def error(reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None) -> Finding:
    return Finding(Outcome.ERROR, reason, detail, evidence or {})
