"""Judged: the panel answers, and judges who are related to no solver they mark say which answers are right.

It measures and turns nothing away: what the verdicts are worth is told over the whole set, beside what the grader says
(`factory/statistics/judging.py`). No recipe has it among its gates; `factory probe --grader judge` runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from factory.errors import ModelFailure
from factory.gate import GateContext, Markable, error, passed
from factory.ports import Seat
from factory.types import Finding, Item, Role
from gates.asking import check_count, reply_schema, shown, together

MARK: Final = reply_schema("mark", why={"type": "string"}, correct={"type": "boolean"})


@dataclass(frozen=True)
class Judged:
    """samples: answers of each solver; reference: whether judges are shown the reference answer; apart: (judge slot, solver
    slot) pairs of relatives, which do not mark each other unless there is nobody else (a cast must allow that).
    """

    name: ClassVar[str] = "judged"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "which of the panel's answers judges hold to be right"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.SOLVER, Role.JUDGE)
    takes_raw: ClassVar[bool] = False

    samples: int = 1
    reference: bool = False
    apart: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        check_count(self.name, "samples", self.samples)

    async def check(self, item: Item, context: GateContext) -> Finding:
        if not isinstance(context.task, Markable):
            return error("not_markable", "the recipe does not say how an answer is put to a judge")
        places = [(seat, sample) for seat in context.seats(Role.SOLVER) for sample in range(self.samples)]
        answers = await together(self._answer(seat, sample, item, context.task, context) for seat, sample in places)
        marks = [verdict for answer in answers for verdict in answer["verdicts"].values() if verdict is not None]
        right = sum(answer["correct"] is True for answer in answers)
        detail = f"{sum(marks)} of {len(marks)} verdicts say right; by the grader {right} of {len(answers)} answers are"
        return passed(detail, evidence={"answers": answers})

    async def _answer(self, seat: Seat, sample: int, item: Item, task: Any, context: GateContext) -> dict[str, Any]:
        """One answer with its truth and its verdicts by judge slot. A refusal is a wrong answer that no judge sees."""
        messages, schema = task.question(item.payload, context.spec, Role.SOLVER)
        found: dict[str, Any] = {"slot": seat.slot, "sample": sample, "answer": "", "failure": "", "verdicts": {}}
        try:
            reply = await seat.ask(messages, purpose="answer", sample=sample, schema=schema)
        except ModelFailure as failure:
            return found | {"failure": failure.kind.value, "correct": False}
        answer = task.answer(reply).text
        found["answer"] = shown(answer)
        try:
            grade = await task.grade(item.payload, answer, context.within(f"grade.{seat.slot}.{sample}"))
            found["correct"] = grade.correct
        except ModelFailure:
            # A grader that asks a model and gets no word leaves the truth unknown, not wrong.
            found["correct"] = None
        judges = self._judges(seat, context)
        asked = task.mark(item.payload, answer, context.spec, reference=self.reference)

        async def mark(judge: Seat) -> bool | None:
            try:
                reply = await judge.ask(asked, purpose=f"mark.{seat.slot}", sample=sample, schema=MARK)
            except ModelFailure:
                return None
            return bool((reply.data or {}).get("correct"))

        verdicts = await together(mark(judge) for judge in judges)
        found["verdicts"] = {str(judge.slot): verdict for judge, verdict in zip(judges, verdicts, strict=True)}
        return found

    def _judges(self, solver: Seat, context: GateContext) -> Sequence[Seat]:
        judges = context.seats(Role.JUDGE)
        unrelated = [judge for judge in judges if (judge.slot, solver.slot) not in set(map(tuple, self.apart))]
        return unrelated or judges
