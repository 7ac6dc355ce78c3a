"""What a gate is, what it may reach, and the words for its findings."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from factory.graders.attacks import Battery
from factory.ports import CorpusView, Seat
from factory.types import Finding, Item, Member, Message, ModelReply, Outcome, ReplySchema, Role, Spec


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


@dataclass(frozen=True, slots=True)
class Answered:
    """A reference as the job's baselines count it. key: equal for references that say the same, "" where there is nothing to
    count; chance: the share of such items that a guess scores by design (one in the number of options, 0 for an open answer).
    """

    key: str
    chance: float = 0.0


@runtime_checkable
class Attackable(Protocol):
    """What a Task may offer besides, so that its items can be attacked: a Task without it is tried on what fits any grader."""

    def battery(self, payload: Any) -> Battery: ...

    def blind(self, payload: Any, spec: Spec, rng: random.Random) -> tuple[tuple[Message, ...], ReplySchema | None] | None:
        """The question without its facts, or the options without the question; None where nothing would be withheld."""
        ...

    def answered(self, payload: Any) -> Answered: ...


def answered(task: Task, payload: Any) -> Answered:
    """The reference as baselines count it, nothing to count for a Task that does not say."""
    return task.answered(payload) if isinstance(task, Attackable) else Answered("")


CLAIMS: Final = ("rival_answer", "second_reading", "missing_assumption", "contradictory_givens")
"""What a critic can hold against an item."""


@dataclass(frozen=True, slots=True)
class Claim:
    """kind: one of CLAIMS; argument: why, in words; rival: the other answer it leads to, "" where it names none; program: the
    arithmetic by which it leads there (`gates/calculation.py`), "" where none is given.
    """

    kind: str
    argument: str
    rival: str = ""
    program: str = ""


@runtime_checkable
class Contestable(Protocol):
    """What a Task adds where critics and arbiters are asked about its items, in the recipe's words.

    The shape of the replies is the gate's, not the recipe's: see the schemas in `gates/counter.py`.
    """

    def reference(self, payload: Any) -> str:
        """The answer that the item holds to be right, as an arbiter is shown it."""
        ...

    def challenge(self, payload: Any, spec: Spec) -> tuple[Message, ...]:
        """The messages for a critic, who is shown the reference and seeks one of CLAIMS."""
        ...

    def arbitrate(self, payload: Any, spec: Spec, claim: Claim, answers: tuple[str, ...]) -> tuple[Message, ...]:
        """The messages for an arbiter. answers: the rival and the reference in no telling order, or none.

        They must not say which answer is the reference, nor who made the claim.
        """
        ...


@runtime_checkable
class Calculable(Protocol):
    """What a Contestable Task adds where answers to its items, or to some of them, are numbers that a program can come to."""

    def calculable(self, payload: Any) -> bool:
        """Whether this item's answer is such a number; a critic is then asked for the program of its rival."""
        ...

    def calculated(self, payload: Any, value: Fraction, said: str) -> str:
        """A number that a program came to, as an answer to such an item; said: the answer named beside the program, "" for
        none, to be kept where it says the same.
        """
        ...


@runtime_checkable
class Presentable(Protocol):
    """What a Task adds where judges are asked whether its items read like a real user's. Replies: `gates/realism.py`."""

    def compare(self, first: Any, second: Any, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        """The messages for a judge who tells which of two payloads, shown alike, no person wrote, and by which reason."""
        ...

    def inspect(self, payload: Any, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        """The messages for a judge who answers a yes/no question for each reason."""
        ...


@runtime_checkable
class Markable(Protocol):
    """What a Task adds where judges mark the panel's answers. Replies: `gates/judged.py`."""

    def mark(self, payload: Any, answer: str, spec: Spec, *, reference: bool) -> tuple[Message, ...]:
        """The messages for a judge who says whether an answer is right. reference: whether the judge is shown it."""
        ...


Relatives = Mapping[tuple[Role, int], frozenset[int]]
"""By role and slot of a member, the slots of the judges related to it."""


@dataclass(frozen=True)
class GateContext:
    """The one object through which a gate reaches anything: models by role, the corpus, a random stream, the recipe's task.

    label: prefixed to the purpose of every call made through `seats`, so nested calls keep identities of their own; anchors:
    the spec's, as the recipe's payloads; relatives: of the author and the critic, and, where judges grade, of whoever answers.
    """

    spec: Spec
    task: Task
    corpus: CorpusView
    rng: random.Random
    members: Mapping[Role, tuple[Seat, ...]]
    label: str = ""
    anchors: tuple[Any, ...] = ()
    relatives: Relatives = field(default_factory=dict)

    def seats(self, role: Role) -> tuple[Seat, ...]:
        seats = self.members.get(role, ())
        return tuple(_Labelled(seat, self.label) for seat in seats) if self.label else seats

    def judges(self, *apart_from: Role) -> tuple[Seat, ...]:
        """The judges unrelated to the members of these roles; every judge where all are related, which a cast must allow."""
        barred = frozenset[int]().union(*(slots for (role, _), slots in self.relatives.items() if role in apart_from))
        seats = self.seats(Role.JUDGE)
        return tuple(seat for seat in seats if seat.slot not in barred) or seats

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


@runtime_checkable
class SetGate(Gate, Protocol):
    """A gate whose claim is also about the set that a job accepts: the lander asks it in index order, before it commits."""

    def weigh(self, answer: Answered, same: int, accepted: int) -> Finding:
        """same: how many of the `accepted` items that this job has landed so far have this answer's key."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """Calls of one seat: how many per candidate on average, and the tokens of one of them. Made by `Outlook.ask`."""

    role: Role
    slot: int
    calls: float
    input_tokens: float
    output_tokens: float

    def times(self, factor: float) -> Ask:
        return replace(self, calls=self.calls * factor)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a gate reckons with for each candidate that reaches it, before anything was measured.

    asks: its calls; grades: how many answers it has the task grade, whose calls, if any, are the recipe's to tell; passes: the
    share of candidates that goes on, repaired or not; repairs: the share it sends back to the author first.
    """

    asks: tuple[Ask, ...] = ()
    grades: float = 0.0
    passes: float = 1.0
    repairs: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.passes <= 1 and 0 <= self.repairs <= 1 and 0 <= self.grades < math.inf):
            raise ValueError(f"a gate cannot foresee this: {self}")


Question = Callable[[Any], tuple[tuple[Message, ...], ReplySchema | None]]


class Outlook(Protocol):
    """What a gate is told when it is asked what it will take. payloads: examples of ordinary length, possibly none."""

    @property
    def spec(self) -> Spec: ...
    @property
    def task(self) -> Task: ...
    @property
    def payloads(self) -> Sequence[Any]: ...
    @property
    def members(self) -> Mapping[Role, tuple[Member, ...]]: ...

    def ask(
        self,
        role: Role,
        slot: int,
        calls: float,
        *,
        question: Question | None = None,
        reply: Callable[[Any], str] | None = None,
    ) -> Ask:
        """Calls that put `question(payload)` and are answered with something like `reply(payload)`, measured on example
        payloads; the task's own question and the recipe's typical reply where they are left out.
        """
        ...


@runtime_checkable
class ForeseeingGate(Gate, Protocol):
    """A gate that says what it will take. A gate that does not is taken to ask nobody and to let every candidate pass."""

    def foresee(self, outlook: Outlook) -> Foreseen: ...


EVERY: Final = "*"


@runtime_checkable
class OrderedGate(Gate, Protocol):
    """A gate that must come after others for what it finds to mean anything: their names, or EVERY for all the others.

    Being cheaper later is no reason to be named here: that is reckoned from what a run measured.
    """

    after: ClassVar[tuple[str, ...]]


def dependencies(gates: Sequence[Gate]) -> dict[str, tuple[str, ...]]:
    """Of each gate the names of those of the line that must come before it.

    What gates declare; and whoever cannot judge a payload that does not fit its schema comes after those who can.
    """
    raw = [gate.name for gate in gates if gate.takes_raw]
    found = {}
    for gate in gates:
        declared = gate.after if isinstance(gate, OrderedGate) else ()
        others = [other.name for other in gates if other.name != gate.name]
        bound = [name for name in others if EVERY in declared or name in declared or (name in raw and not gate.takes_raw)]
        found[gate.name] = tuple(bound)
    return found


def settings_of(gate: Gate) -> dict[str, Any]:
    """A gate's settings as JSON values, for its receipts."""
    return asdict(gate)  # type: ignore[call-overload,no-any-return]


def passed(detail: str, *, evidence: Mapping[str, Any] | None = None, flags: tuple[str, ...] = (), **measures: Any) -> Finding:
    return Finding(Outcome.PASS, "ok", detail, evidence or {}, flags, measures)


def repair(reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None, **measures: Any) -> Finding:
    return Finding(Outcome.REPAIR, reason, detail, evidence or {}, (), measures)


def reject(reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None, **measures: Any) -> Finding:
    return Finding(Outcome.REJECT, reason, detail, evidence or {}, (), measures)


def hold(
    reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None, flags: tuple[str, ...] = (), **measures: Any
) -> Finding:
    return Finding(Outcome.HOLD, reason, detail, evidence or {}, flags, measures)


def error(reason: str, detail: str, *, evidence: Mapping[str, Any] | None = None) -> Finding:
    return Finding(Outcome.ERROR, reason, detail, evidence or {})
