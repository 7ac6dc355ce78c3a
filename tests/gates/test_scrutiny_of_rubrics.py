"""Counter and realism take a rubric-shaped item as they take any other: its judges are its grader, its output its reference."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from factory.gate import Contestable, Gate, Presentable
from factory.types import Coordinate, Finding, Item, Outcome, Role
from gates.counter import Counter
from gates.realism import Realism
from tests.gates.scrutiny import context_of, critic
from tests.gates.seats import FakeSeat
from tests.support.rubric import RECIPE, Criterion, Rubric, RubricTask, Settings

PAYLOAD = Rubric(
    prompt="A customer writes in about a refund, case 204.",
    output="About a refund, case 204.",
    criteria=(Criterion(text="mentions a refund"), Criterion(text="mentions 204")),
)
ANCHOR = PAYLOAD.model_copy(update={"prompt": "Where is my parcel, please? Case 9."})


class RubricJudge(FakeSeat):
    """Grades, arbitrates and compares by the text it is sent."""

    def __init__(self, slot: int = 0) -> None:
        super().__init__(Role.JUDGE, slot, lambda *call: self._reply(self.messages[self.asked.index(call)][0].text))

    def _reply(self, text: str) -> str:
        if "CRITERION" in text:
            output, criterion = (line.partition(": ")[2] for line in text.splitlines())
            return json.dumps({"met": criterion.removeprefix("mentions ") in output})
        if "CLAIM" in text:
            outputs = [line for line in text.splitlines() if line.startswith("OUTPUT: ")]
            says = dict(zip(("first", "second"), (True,) * len(outputs), strict=False))
            return json.dumps({"holds": "vague" in text, "why": "", **says})
        first = text.splitlines()[0]
        return json.dumps({"synthetic": "first" if "204" in first else "second", "reason": "template_residue", "why": ""})


def check(gate: Gate, *seats: FakeSeat, anchors: tuple[Any, ...] = ()) -> Finding:
    item = Item("c-1", 0, 0, Coordinate(()), PAYLOAD.model_dump(mode="json"), PAYLOAD)
    return asyncio.run(gate.check(item, context_of(seats, task=RubricTask(), anchors=anchors)))  # type: ignore[arg-type]


def test_the_recipes_task_can_be_contested_and_presented() -> None:
    task = RECIPE.task(Settings())
    assert isinstance(task, Contestable) and isinstance(task, Presentable)


def test_a_rival_output_that_meets_every_criterion_is_no_rival() -> None:
    claims = critic(
        {"kind": "rival_answer", "rival": "Your refund (204) is on its way: a refund."},
        {"kind": "rival_answer", "rival": "About a parcel, case 204.", "argument": "vague"},
    )
    found = check(Counter(), claims, RubricJudge())
    assert [row["verdict"] for row in found.evidence["attempts"]] == ["same_answer", "upheld"]
    assert (found.outcome, found.reason) == (Outcome.REJECT, "rival_answer")


@pytest.mark.parametrize(("argument", "outcome"), [("the word mentions is vague", Outcome.REPAIR), ("no", Outcome.PASS)])
def test_a_criterion_with_two_readings_is_sent_back(argument: str, outcome: Outcome) -> None:
    claims = critic({"kind": "second_reading", "argument": argument}, {"kind": "none"})
    assert check(Counter(), claims, RubricJudge()).outcome is outcome


def test_its_prompt_is_compared_with_an_anchors() -> None:
    found = check(Realism(), RubricJudge(), RubricJudge(1), anchors=(ANCHOR,))
    assert (found.outcome, found.reason) == (Outcome.REJECT, "template_residue")
