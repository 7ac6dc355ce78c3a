"""What several gates need for asking models: calls side by side, and independent solutions counted against the reference."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from factory.errors import BadInput, ModelFailure
from factory.gate import GateContext
from factory.ports import Seat
from factory.types import Item, Message, ReplySchema, Role

T = TypeVar("T")
_SHOWN = 2_000  # characters of an answer that evidence carries


async def together(calls: Iterable[Awaitable[T]]) -> list[T]:
    """The results in the order of the calls, which run side by side.

    Every call runs to its end before the first exception, in the order of the calls, is raised: which calls were made must
    not depend on which of them failed soonest.
    """
    ended = await asyncio.gather(*calls, return_exceptions=True)
    results: list[T] = []
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results


@dataclass(frozen=True, slots=True)
class Vote:
    """One independent solution. failure: why there is none ("" otherwise); objection: why the item has no single reading."""

    slot: int
    sample: int
    answer: str = ""
    extracted: str = ""
    correct: bool = False
    objection: str = ""
    failure: str = ""

    @property
    def answered(self) -> bool:
        """Whether it speaks for or against the reference: it came, and is no objection without an answer."""
        return not self.failure and bool(self.answer.strip() or not self.objection)

    def shown(self) -> dict[str, Any]:
        """The vote as evidence."""
        return {
            "slot": self.slot,
            "sample": self.sample,
            "answer": shown(self.answer),
            "extracted": shown(self.extracted),
            "correct": self.correct,
            "objection": shown(self.objection),
            "failure": shown(self.failure),
        }


async def ask_oracles(item: Item, context: GateContext, asked: Sequence[tuple[Seat, int]], purpose: str) -> tuple[Vote, ...]:
    """So many solutions of each seat, side by side, in seat and sample order. A call that fails is a vote with a failure."""
    messages, schema = context.task.question(item.payload, context.spec, Role.ORACLE)
    return tuple(
        await together(
            _vote(item, context, seat, messages, schema, purpose, sample) for seat, votes in asked for sample in range(votes)
        )
    )


async def _vote(
    item: Item,
    context: GateContext,
    seat: Seat,
    messages: tuple[Message, ...],
    schema: ReplySchema | None,
    purpose: str,
    sample: int,
) -> Vote:
    try:
        reply = await seat.ask(messages, purpose=purpose, sample=sample, schema=schema)
        answer = context.task.answer(reply)
        # Labelled, so that a grader which asks a judge has calls of its own for every vote.
        nested = context.within(f"{purpose}.{seat.slot}.{sample}", answer_of=(seat.role, seat.slot))
        grade = await context.task.grade(item.payload, answer.text, nested)
    except ModelFailure as failure:
        return Vote(seat.slot, sample, failure=str(failure))
    return Vote(seat.slot, sample, answer.text, grade.extracted, grade.correct, answer.objection)


def reply_schema(name: str, **properties: Mapping[str, Any]) -> ReplySchema:
    """The shape of a reply to a gate's own question: an object with these properties and no others."""
    shape = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return ReplySchema(name, shape)


def judged_apart(context: GateContext, members: Iterable[tuple[Role, int]]) -> dict[str, Any]:
    """As evidence: whose answers some judges did not grade, being related, and whose only relatives could; {} for neither."""
    left_out: dict[str, list[int]] = {}
    by_relatives: dict[str, list[int]] = {}
    for role, slot in members:
        related = context.relatives.get((role, slot))
        if related:
            kept = left_out if context.unrelated_judges((role, slot)) else by_relatives
            kept[f"{role}.{slot}"] = sorted(related)
    found = {"judges_left_out": left_out, "graded_by_relatives": by_relatives}
    return {name: judges for name, judges in found.items() if judges}


def relatives_flag(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """The flag of a finding whose grades only relatives could give."""
    return ("graded_by_relatives",) if "graded_by_relatives" in evidence else ()


def reaches(count: int, of: int, share: float) -> bool:
    """Whether count/of is at least the share; two of three reach 2/3 however it was rounded to six decimals."""
    return of > 0 and count >= share * of - 1e-5


def shown(text: str) -> str:
    """A text as evidence carries it: cut, and without the lone surrogates that no receipt can hold."""
    return text[:_SHOWN].encode("utf-8", "replace").decode("utf-8")


def check_share(gate: str, field: str, value: Any) -> None:
    """Raises BadInput unless a gate's setting is a number above 0 and at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise wrong_setting(gate, field, f"must be above 0 and at most 1, and is {value!r}", "Use 0.667, say.")


def check_count(gate: str, field: str, value: Any, least: int = 1) -> None:
    """Raises BadInput unless a gate's setting is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        problem = f"must be a whole number of at least {least}, and is {value!r}"
        raise wrong_setting(gate, field, problem, f"Use {least} or more.")


def wrong_setting(gate: str, field: str, problem: str, fix: str) -> BadInput:
    return BadInput(f"{field} {problem}", where=f"gates.{gate}.{field}", fix=fix)
