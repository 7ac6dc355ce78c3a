"""What a ground-truth item is, what a spec may set for it, and the JSON schemas its models answer in."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from factory.graders import GraderSettings, NumberSettings
from factory.types import ReplySchema


class GroundTruth(BaseModel):
    """prompt: all that a solver sees; answer: the reference; solution: how it is reached, short; unit: what the answer counts
    or is measured in, "" where there is none; grader: how an answer is compared with the reference, put there by the recipe and
    not by a model, so that a point needs no spec to be judged again (None in an anchor: the spec's grader holds).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    prompt: str
    answer: str
    solution: str
    unit: str
    grader: GraderSettings | None = None


class Settings(BaseModel):
    """The spec's `settings:`. grader: how an answer is compared with the reference (a number by default)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grader: GraderSettings = Field(default_factory=lambda: NumberSettings(kind="number"))


def _object(name: str, **properties: str) -> ReplySchema:
    return ReplySchema(
        name,
        {
            "type": "object",
            "properties": {key: {"type": "string", "description": text} for key, text in properties.items()},
            "required": list(properties),
            "additionalProperties": False,
        },
    )


ITEM: Final = _object(
    "item",
    prompt="the complete problem, as the solver will see it",
    answer="the one right answer and nothing else",
    solution="the working, one short line per step",
    unit="what the answer counts or is measured in; empty if it has none",
)
ORACLE_ANSWER: Final = _object(
    "oracle_answer",
    answer="the final answer and nothing else",
    objection="why the problem has no single answer; empty if it has one",
)
SOLVER_ANSWER: Final = _object(
    "solver_answer",
    working="the steps, in a few lines",
    answer="the final answer and nothing else",
)
