"""A minimal rubric-shaped recipe: prompt, captured output, atomic criteria; judges are its grader.

It exists to prove that a second data type fits the lever without a special case: its repair splits a criterion, its grading
asks models, and a carried finding survives a repair that did not touch what the finding is about.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from factory.gate import Answer, Ask, Claim, GateContext, Grade, Outlook, passed, repair
from factory.ports import Played, RolePlayer
from factory.recipe import AuthorContext, Recipe, Typical
from factory.types import Finding, Item, Message, ModelReply, ModelRequest, ReplySchema, Role, Spec
from gates.difficulty import Difficulty
from gates.final_check import FinalCheck
from gates.novelty import Novelty
from gates.structure import Structure


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Criterion(Strict):
    text: str


class Rubric(Strict):
    prompt: str
    output: str
    criteria: tuple[Criterion, ...]


class Settings(Strict):
    max_criteria: int = 8


VERDICT = ReplySchema(
    "verdict",
    {"type": "object", "properties": {"met": {"type": "boolean"}}, "required": ["met"], "additionalProperties": False},
)


@dataclass(frozen=True)
class Atomicity:
    """Stands in for the atomicity gate of a later issue."""

    joiner: str = " and "

    name: ClassVar[str] = "atomicity"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "one yes/no question each"
    reads: ClassVar[tuple[str, ...]] = ("criteria",)
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: GateContext) -> Finding:
        for number, criterion in enumerate(item.payload.criteria):
            if self.joiner in criterion.text:
                return repair("compound_criterion", f"Criterion {number} asks two things.", evidence={"criterion": number})
        return passed("Every criterion asks one thing.")


def judging(answer: str, criterion: Criterion) -> tuple[tuple[Message, ...], ReplySchema]:
    return (Message.of("user", f"OUTPUT: {answer}\nCRITERION: {criterion.text}"),), VERDICT


def grading(outlook: Outlook) -> tuple[Ask, ...]:
    """Every judge on every criterion of an answer."""
    criteria = sum(len(payload.criteria) for payload in outlook.payloads) / len(outlook.payloads)
    return tuple(
        outlook.ask(
            Role.JUDGE,
            slot,
            criteria,
            question=lambda payload: judging(payload.output, payload.criteria[0]),
            reply=lambda payload: '{"met": true}',
        )
        for slot in range(len(outlook.members[Role.JUDGE]))
    )


class RubricTask:
    def question(self, payload: Rubric, spec: Spec, role: Role) -> tuple[tuple[Message, ...], ReplySchema | None]:
        return (Message.of("user", payload.prompt),), None

    def answer(self, reply: ModelReply) -> Answer:
        return Answer(reply.text)

    async def grade(self, payload: Rubric, answer: str, context: GateContext) -> Grade:
        """Met when every judge says so of every criterion."""
        unmet = []
        for number, criterion in enumerate(payload.criteria):
            for judge in context.seats(Role.JUDGE):
                messages, schema = judging(answer, criterion)
                reply = await judge.ask(messages, purpose=f"criterion-{number}", schema=schema)
                assert reply.data is not None
                if not reply.data["met"]:
                    unmet.append(criterion.text)
        return Grade(not unmet, answer, "; ".join(unmet))

    async def equivalent(self, payload: Rubric, left: str, right: str) -> bool:
        return left == right

    def specimens(self, payload: Rubric) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (payload.output,), ("nothing to the point",)

    def reference(self, payload: Rubric) -> str:
        return payload.output

    def challenge(self, payload: Rubric, spec: Spec) -> tuple[Message, ...]:
        criteria = "\n".join(criterion.text for criterion in payload.criteria)
        return (Message.of("user", f"PROMPT: {payload.prompt}\nOUTPUT: {payload.output}\nCRITERIA: {criteria}\nBreak it."),)

    def arbitrate(self, payload: Rubric, spec: Spec, claim: Claim, answers: tuple[str, ...]) -> tuple[Message, ...]:
        shown = "\n".join(f"OUTPUT: {answer}" for answer in answers)
        return (Message.of("user", f"PROMPT: {payload.prompt}\nCLAIM: {claim.kind}: {claim.argument}\n{shown}"),)

    def compare(self, first: Rubric, second: Rubric, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        return (Message.of("user", f"FIRST: {first.prompt}\nSECOND: {second.prompt}"),)

    def inspect(self, payload: Rubric, spec: Spec, reasons: tuple[str, ...]) -> tuple[Message, ...]:
        return (Message.of("user", f"PROMPT: {payload.prompt}\nQUESTIONS: {reasons}"),)


_SCHEMA = ReplySchema("rubric", Rubric.model_json_schema())


async def author(context: AuthorContext) -> Mapping[str, Any]:
    wanted = ", ".join(f"{axis}={value}" for axis, value in context.coordinate.items())
    reply = await context.seat.ask((Message.of("user", f"WRITE {wanted}"),), purpose="write", schema=_SCHEMA)
    assert reply.data is not None
    return reply.data


async def split_criterion(context: AuthorContext, item: Item, finding: Finding) -> Mapping[str, Any]:
    """The mechanical repair of a compound criterion: its halves become criteria of their own."""
    number = int(finding.evidence["criterion"])
    criteria = list(item.raw["criteria"])
    left, right = criteria[number]["text"].split(" and ", 1)
    criteria[number : number + 1] = [{"text": left}, {"text": right}]
    return {**item.raw, "criteria": criteria}


OPENINGS = (
    "The desk opens at nine and the queue is already long.",
    "You cover for a colleague who is away until Thursday.",
    "A new ticket has come in over the weekend.",
    "Rain kept the couriers off the road this morning.",
    "The shop moved its stock to another town last month.",
    "Two people have looked at this letter before you.",
)
ENDINGS = (
    "Answer in one line?",
    "What do you write back, in a single sentence?",
    "How would you put the reply so that nobody has to ask again?",
    "Which line goes into the answer?",
    "Can you settle it with one short reply?",
)


class RehearsedAuthor:
    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        topics = [
            "a refund",
            "a late parcel",
            "a lost key",
            "a broken lamp",
            "a wrong invoice",
            "a missed visit",
            "a spare part",
        ]
        topic, other = rng.sample(topics, 2)
        number, opening, ending = rng.randrange(100, 1000), rng.choice(OPENINGS), rng.choice(ENDINGS)
        compound = rng.random() < options.get("compound", 0.5)
        criteria = [f"mentions {topic} and mentions {number}"] if compound else [f"mentions {topic}", f"mentions {number}"]
        text = f"{opening} Case {number}: a customer writes in about {topic}, not {other}. {ending}"
        payload = {"prompt": text, "output": f"About {topic}, case {number}.", "criteria": [{"text": c} for c in criteria]}
        return Played(json.dumps(payload), {"kind": "compound", "gate": "atomicity"} if compound else None)


class RehearsedSolver:
    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        said = re.search(r"Case (\d+): a customer writes in about ([a-z ]+), not", request.messages[-1].text)
        assert said is not None
        number, topic = said[1], said[2]
        return Played(f"About {topic}, case {number}." if rng.random() < options.get("skill", 0.5) else f"About {topic}.")


class RehearsedJudge:
    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        output, criterion = re.findall(r"^(?:OUTPUT|CRITERION): (.*)$", request.messages[-1].text, re.M)
        return Played(json.dumps({"met": criterion.removeprefix("mentions ") in output}))


def players() -> Mapping[str, RolePlayer]:
    return {"author": RehearsedAuthor(), "solver": RehearsedSolver(), "judge": RehearsedJudge()}


RECIPE = Recipe(
    name="rubric_in_tests",
    version="1",
    summary="prompt, captured output, atomic criteria",
    payload=Rubric,
    settings=Settings,
    author=author,
    repair=split_criterion,
    gates=(
        Structure(prompt_field="prompt", answer_field="", min_chars=10),
        Novelty(template_quota=50),
        Atomicity(),
        Difficulty(),
        FinalCheck(),
    ),
    task=lambda settings: RubricTask(),
    novelty_view=lambda payload: payload.prompt,
    export=lambda payload: {
        "prompt": payload.prompt,
        "output": payload.output,
        "criteria": json.dumps([criterion.text for criterion in payload.criteria]),
    },
    render=lambda payload: payload.prompt,
    folder=Path(__file__).parent,
    rehearsal=players,
    typical=Typical(
        payload={
            "prompt": "Rain kept the couriers off the road. A customer writes in about a late parcel. What do you write back?",
            "output": "About a late parcel, case 512.",
            "criteria": [{"text": "mentions a late parcel"}, {"text": "mentions 512"}],
        },
        reply=lambda payload, role: payload.model_dump_json() if role is Role.AUTHOR else payload.output,
        grading=grading,
    ),
    graded_by=(Role.JUDGE,),
)
