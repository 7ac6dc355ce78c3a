"""The `ground_truth` recipe: an author, its repair, how a model is asked and graded, and the gates in order."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factory.canonical import canonical_json
from factory.gate import Answer, Answered, GateContext, Grade
from factory.graders import ChoiceSettings, GraderSettings, equivalent, grade, specimens
from factory.graders.attacks import Battery, battery
from factory.graders.keys import chance_of, key_of
from factory.recipe import AuthorContext, Recipe, Typical
from factory.types import Finding, Item, Message, ModelReply, ReplySchema, Role, Spec
from gates.counter import Counter
from gates.difficulty import Difficulty
from gates.final_check import FinalCheck
from gates.gameability import Gameability
from gates.invariants import Invariants
from gates.novelty import Novelty
from gates.oracle import Oracle
from gates.realism import Realism
from gates.structure import Structure
from recipes.ground_truth.blinding import bare_question, shuffled
from recipes.ground_truth.payload import ITEM, ORACLE_ANSWER, SOLVER_ANSWER, GroundTruth, Settings
from recipes.ground_truth.prompting import conversation, described
from recipes.ground_truth.rehearsal import roles
from recipes.ground_truth.scrutiny import Scrutiny

if TYPE_CHECKING:
    from gates.defects.planting import Planter

FOLDER = Path(__file__).parent

PERSONAS = (
    "a colleague on the same shift who needs the figure before the hour is out",
    "a careful planner who writes everything down in the order it happened",
    "a trainer who sets exercises for new staff",
    "an auditor who states facts and leaves feelings out",
    "someone in a hurry, writing short sentences",
    "a manager who explains the setting before the numbers",
    "an old hand who likes a small detail that does not matter",
    "a clerk who copies from three different sheets",
)
PERSPECTIVES = (
    "Begin with the place and the people.",
    "Begin with the first quantity.",
    "Begin with what must be found out.",
    "Let the numbers come up where the story needs them, not in one block.",
    "Vary sentence length; let at least one sentence carry no number.",
    "State one of the rules before the events it applies to.",
)


async def write(context: AuthorContext) -> Mapping[str, Any]:
    """The first payload of a pull. Raises ModelFailure."""
    reply = await context.seat.ask(conversation("author.system", "author.user", _brief(context)), purpose="write", schema=ITEM)
    return _with_grader(reply, context)


async def mend(context: AuthorContext, item: Item, finding: Finding) -> Mapping[str, Any]:
    """A payload that answers the finding. Raises ModelFailure."""
    values = {
        **_brief(context),
        "previous": {name: value for name, value in item.raw.items() if name != "grader"},
        "reason": finding.reason,
        "detail": finding.detail,
    }
    reply = await context.seat.ask(conversation("author.system", "repair.user", values), purpose="repair", schema=ITEM)
    return _with_grader(reply, context)


def _with_grader(reply: ModelReply, context: AuthorContext) -> Mapping[str, Any]:
    return {**(reply.data or {}), "grader": _settings_json(context.settings.grader)}


def _settings_json(grader: GraderSettings) -> dict[str, Any]:
    return grader.model_dump(mode="json", by_alias=True)


def _brief(context: AuthorContext) -> dict[str, Any]:
    """What both author prompts are filled with; persona, perspective and the examples' order rotate with the pull."""
    rng = context.rng
    examples = rng.sample(context.anchors, len(context.anchors))
    return {
        "brief": context.spec.brief,
        "language": context.spec.language,
        "coordinate": described(context.coordinate, context.spec),
        "persona": _one(PERSONAS, rng),
        "perspective": _one(PERSPECTIVES, rng),
        "examples": [{"payload": anchor.payload, "critique": anchor.critique} for anchor in examples],
        "avoid": context.avoid,
        "grader": context.settings.grader.kind,
    }


def _one(choices: tuple[str, ...], rng: random.Random) -> str:
    return rng.choice(choices)


@dataclass(frozen=True)
class GroundTruthTask(Scrutiny):
    """Puts the prompt, and only the prompt, to a model that must solve it, and grades with the spec's grader."""

    settings: Settings

    def question(self, payload: GroundTruth, spec: Spec, role: Role) -> tuple[tuple[Message, ...], ReplySchema | None]:
        """An oracle is also asked whether the problem has one answer at all; a solver for its working."""
        values = {"prompt": payload.prompt, "language": spec.language, "grader": self.settings.grader.kind}
        if role is Role.SOLVER:
            return conversation("solver.system", "question.user", values), SOLVER_ANSWER
        return conversation("oracle.system", "question.user", values), ORACLE_ANSWER

    def answer(self, reply: ModelReply) -> Answer:
        data = reply.data or {}
        return Answer(str(data.get("answer", reply.text)).strip(), str(data.get("objection", "")).strip())

    async def grade(self, payload: GroundTruth, answer: str, context: GateContext) -> Grade:
        verdict = await grade(self._grader(payload), answer, payload.answer)
        return Grade(verdict.correct, verdict.extracted, verdict.detail)

    async def equivalent(self, payload: GroundTruth, left: str, right: str) -> bool:
        return await equivalent(self._grader(payload), left, right)

    def specimens(self, payload: GroundTruth) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return specimens(self._grader(payload), payload.answer)

    def battery(self, payload: GroundTruth) -> Battery:
        return battery(self._grader(payload), payload.prompt, payload.answer)

    def blind(
        self, payload: GroundTruth, spec: Spec, rng: random.Random
    ) -> tuple[tuple[Message, ...], ReplySchema | None] | None:
        """The options without the question where there are any, else the question without the facts."""
        grader = self._grader(payload)
        options = shuffled(grader.options, rng) if isinstance(grader, ChoiceSettings) else ()
        question = "" if options else bare_question(payload.prompt)
        if not options and not question:
            return None
        values = {"options": options, "question": question, "language": spec.language, "grader": grader.kind}
        return conversation("blind.system", "blind.user", values), SOLVER_ANSWER

    def answered(self, payload: GroundTruth) -> Answered:
        grader = self._grader(payload)
        return Answered(key_of(grader, payload.answer), chance_of(grader, payload.answer))

    def _grader(self, payload: GroundTruth) -> GraderSettings:
        return payload.grader or self.settings.grader


def adopt(raw: Mapping[str, Any], settings: Settings) -> Mapping[str, Any]:
    """An item from elsewhere as a payload: without working and unit where it has none, graded by the spec's grader."""
    return {"solution": "", "unit": "", "grader": _settings_json(settings.grader), **raw}


def planters() -> tuple[Planter, ...]:
    # What plants is written by the rehearsal's author, whom only an audit needs.
    from recipes.ground_truth.planters import planters

    return planters()


def novelty_view(payload: GroundTruth) -> str:
    return payload.prompt


def export(payload: GroundTruth) -> Mapping[str, Any]:
    """The payload's columns of a row. grader: the grader's settings as JSON, "" where the payload names none."""
    return {
        "prompt": payload.prompt,
        "answer": payload.answer,
        "unit": payload.unit,
        "solution": payload.solution,
        "grader": canonical_json(_settings_json(payload.grader)).decode() if payload.grader else "",
    }


def render(payload: GroundTruth) -> str:
    unit = f" {payload.unit}" if payload.unit else ""
    return f"{payload.prompt}\n\nAnswer: {payload.answer}{unit}\nSolution: {payload.solution}"


def reply(payload: GroundTruth, role: Role) -> str:
    """What a model of this role answers, in the words of its schema; what it may think unseen is not in it."""
    match role:
        case Role.AUTHOR:
            told = payload.model_dump(exclude={"grader"})
        case Role.ORACLE:
            told = {"answer": payload.answer, "objection": ""}
        case _:
            told = {"working": payload.solution, "answer": payload.answer}
    return json.dumps(told, ensure_ascii=False)


TYPICAL = Typical(
    payload={
        "prompt": "A ward starts the week with 48 bags of saline. It uses 6 bags a day from Monday to Friday, and on Wednesday "
        "the stores send up 2 cases with 12 bags in each. On Friday evening a third of what is there goes to the ward next "
        "door, which has run out. How many bags of saline does the ward have left for the weekend?",
        "answer": "28",
        "solution": "6 x 5 = 30; 48 - 30 = 18; 2 x 12 = 24; 18 + 24 = 42; 42 / 3 = 14; 42 - 14 = 28",
        "unit": "bags",
    },
    reply=reply,
)

RECIPE = Recipe(
    name="ground_truth",
    version="1",
    summary="a prompt with one verifiable answer",
    payload=GroundTruth,
    settings=Settings,
    author=write,
    repair=mend,
    gates=(
        Structure(prompt_field="prompt", answer_field="answer", further_fields=("solution", "unit")),
        Invariants(),
        Novelty(),
        Oracle(),
        Counter(),
        Realism(),
        Difficulty(),
        Gameability(),
        FinalCheck(),
    ),
    task=GroundTruthTask,
    novelty_view=novelty_view,
    export=export,
    render=render,
    folder=FOLDER,
    rehearsal=roles,
    casts={"rehearsal": FOLDER / "casts" / "rehearsal.yaml"},
    typical=TYPICAL,
    adopt=adopt,
    planters=planters,
)
