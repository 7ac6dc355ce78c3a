"""How a ground-truth item is put to those who find fault: critic, arbiter, and judge, of its realism or of an answer to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Final

from factory.gate import Claim
from factory.graders import GraderSettings, NumberSettings
from factory.types import Message, Spec
from recipes.ground_truth.payload import GroundTruth
from recipes.ground_truth.prompting import conversation
from recipes.ground_truth.worked import as_answer

_QUESTIONS: Final = {
    "unrealistic_stakes": "Does more hang on the answer than could in the setting (lives, fortunes, a whole city)?",
    "evaluation_aware": "Does it speak of itself as a test, of whoever answers as tested, or of a model, a score, a benchmark?",
    "template_residue": "Is something of a form left in it: a field's label, a numbering, a category, a slot, a stock phrase?",
    "unnatural_precision": "Is a quantity given more exactly than anyone there could measure it or would say it?",
}
_CLAIMS: Final = {
    "rival_answer": "another answer is right as well, or instead",
    "second_reading": "a sentence has a second reading, which leads to another answer",
    "missing_assumption": "something needed to answer it is neither stated nor common knowledge",
    "contradictory_givens": "two of its givens contradict each other",
}


class Scrutiny(ABC):
    """The part of the recipe's Task by which its items are contested and presented (`factory/gate.py`)."""

    def reference(self, payload: GroundTruth) -> str:
        return payload.answer

    def calculable(self, payload: GroundTruth) -> bool:
        """Whether the item's answer is a number, which a program can come to."""
        return isinstance(self._grader(payload), NumberSettings)

    def calculated(self, payload: GroundTruth, value: Fraction, said: str) -> str:
        grader = self._grader(payload)
        assert isinstance(grader, NumberSettings), "only calculable items are asked for"
        return as_answer(value, said, payload.answer, grader)

    def challenge(self, payload: GroundTruth, spec: Spec) -> tuple[Message, ...]:
        values = {
            "prompt": payload.prompt,
            "answer": payload.answer,
            "unit": payload.unit,
            "language": spec.language,
            "calculable": self.calculable(payload),
        }
        return conversation("critic.system", "critic.user", values)

    def arbitrate(self, payload: GroundTruth, spec: Spec, claim: Claim, answers: tuple[str, ...]) -> tuple[Message, ...]:
        values = {
            "prompt": payload.prompt,
            "kind": claim.kind,
            "claim": _CLAIMS[claim.kind],
            "argument": claim.argument,
            "answers": answers,
            "language": spec.language,
        }
        return conversation("arbiter.system", "arbiter.user", values)

    def compare(self, first: GroundTruth, second: GroundTruth, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        values = {"first": first.prompt, "second": second.prompt, **_asked(spec, reasons)}
        return conversation("pair.system", "pair.user", values)

    def inspect(self, payload: GroundTruth, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        return conversation("checklist.system", "question.user", {"prompt": payload.prompt, **_asked(spec, reasons)})

    @abstractmethod
    def _grader(self, payload: GroundTruth) -> GraderSettings:
        """How answers to the item are compared with its reference."""

    def mark(self, payload: GroundTruth, answer: str, spec: Spec, *, reference: bool) -> tuple[Message, ...]:
        values = {
            "prompt": payload.prompt,
            "submission": answer,
            "reference": payload.answer if reference else "",
            "language": spec.language,
        }
        return conversation("mark.system", "mark.user", values)


def _asked(spec: Spec, reasons: tuple[str, ...]) -> dict[str, object]:
    questions = tuple((reason, _QUESTIONS[reason]) for reason in reasons)
    return {"brief": spec.brief, "language": spec.language, "questions": questions}
