"""Final check: the grader accepts the reference in every spelling, and turns away what is not it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from factory.errors import ModelFailure
from factory.gate import EVERY, Foreseen, GateContext, Grade, Outlook, error, passed, reject
from factory.types import Finding, Item, Role
from gates.asking import judged_apart, relatives_flag, shown, together


@dataclass(frozen=True)
class FinalCheck:
    """Runs last, for every recipe: a point that its own grader would score wrongly is worth nothing."""

    name: ClassVar[str] = "final_check"
    version: ClassVar[str] = "2"
    claim: ClassVar[str] = "the grader accepts the reference and turns away wrong answers"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = (EVERY,)

    def foresee(self, outlook: Outlook) -> Foreseen:
        """One grade for every specimen."""
        tried = [len(answers) for payload in outlook.payloads for answers in outlook.task.specimens(payload)]
        return Foreseen(grades=sum(tried) / max(1, len(outlook.payloads)))

    async def check(self, item: Item, context: GateContext) -> Finding:
        right, wrong = context.task.specimens(item.payload)
        if not right or not wrong:
            missing = "right" if not right else "wrong"
            return error("no_specimens", f"the recipe gives no {missing} answer to try the grader on")

        async def graded(kind: str, number: int, answer: str) -> Grade:
            # The right ones are the author's; the wrong ones are the recipe's, and related to nobody.
            nested = context.within(f"{kind}.{number}", answer_of=(Role.AUTHOR, 0) if kind == "right" else None)
            return await context.task.grade(item.payload, answer, nested)

        tried = [("right", number, answer) for number, answer in enumerate(right)]
        tried += [("wrong", number, answer) for number, answer in enumerate(wrong)]
        try:
            grades = await together(graded(*one) for one in tried)
        except ModelFailure as failure:
            return error("grader_unavailable", f"the grader's model gave no verdict: {failure.kind.value}")
        for (kind, _, answer), grade in zip(tried, grades, strict=True):
            if grade.correct == (kind == "right"):
                continue
            evidence = {"specimen": shown(answer), "extracted": shown(grade.extracted), "detail": shown(grade.detail)}
            if kind == "right":
                return reject("grader_rejects_reference", "the grader turns away a right answer", evidence=evidence)
            return reject("grader_accepts_wrong", "the grader accepts a wrong answer", evidence=evidence)
        detail = f"the grader accepts {len(right)} right answers and turns away {len(wrong)} wrong ones"
        apart = judged_apart(context, [(Role.AUTHOR, 0)])
        return passed(detail, evidence={"right": len(right), "wrong": len(wrong), **apart}, flags=relatives_flag(apart))
