"""Deciding whether an answer is right. One file per grader, each a scorer of its own; this module is their common face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from factory.graders import choice, exact, json_schema, number
from factory.graders.settings import (
    ChoiceSettings,
    ExactSettings,
    GraderSettings,
    JsonSchemaSettings,
    MathSettings,
    NumberSettings,
)  # fmt: skip
from factory.graders.specimens import specimens
from factory.graders.worker import WorkerLost, WorkerPool

__all__ = [
    "ChoiceSettings", "ExactSettings", "GraderSettings", "JsonSchemaSettings", "MathSettings", "NumberSettings", "Verdict",
    "equivalent", "grade", "source_of", "specimens",
]  # fmt: skip

_SOURCES = {
    "number": "number.py",
    "exact": "exact.py",
    "choice": "choice.py",
    "math": "mathematics.py",
    "json_schema": "json_schema.py",
}
_SHOWN = 500  # characters of the judged part that a verdict carries


@dataclass(frozen=True, slots=True)
class Verdict:
    """correct: the grader's verdict; extracted: the part of the answer it judged, at most 500 characters; detail: why."""

    correct: bool
    extracted: str
    detail: str


async def grade(settings: GraderSettings, answer: str, reference: str) -> Verdict:
    """Grade one answer. Never raises for the texts' sake; FactoryError when a grader's worker cannot be started."""
    arguments = settings.arguments()
    match settings:
        case NumberSettings():
            found = number.grade(answer, reference, **arguments)
        case ExactSettings():
            found = exact.grade(answer, reference, **arguments)
        case ChoiceSettings():
            found = choice.grade(answer, reference, **arguments)
        case JsonSchemaSettings():
            found = json_schema.grade(answer, reference, **arguments)
        case MathSettings():
            found = await _grade_math(settings, answer, reference)
    correct, extracted, detail = found
    return Verdict(correct, _inert(extracted), _inert(detail))


async def equivalent(settings: GraderSettings, left: str, right: str) -> bool:
    """Whether two answers say the same by this grader, neither being the reference. Symmetric."""
    if isinstance(settings, JsonSchemaSettings):
        # Under match "schema" any two fitting values would pass for one another.
        settings = settings.model_copy(update={"match": "equal"})
    if isinstance(settings, ExactSettings):
        # Both are answers here, and an answer is not a list of accepted forms.
        settings = settings.model_copy(update={"separator": ""})
    return (await grade(settings, left, right)).correct or (await grade(settings, right, left)).correct


def source_of(settings: GraderSettings) -> Path:
    """The grader's source file, which an export ships as its scorer beside `settings.arguments()`."""
    return Path(__file__).with_name(_SOURCES[settings.kind])


async def _grade_math(settings: MathSettings, answer: str, reference: str) -> tuple[bool, str, str]:
    request = {"answer": answer, "reference": reference, "settings": settings.arguments()}
    try:
        reply = await _math_pool().ask(request, settings.seconds)
    except WorkerLost as lost:
        return False, "", f"not comparable: {lost}"
    correct, extracted, detail = reply["verdict"]
    return bool(correct), str(extracted), str(detail)


@cache
def _math_pool() -> WorkerPool:
    return WorkerPool(Path(__file__).with_name(_SOURCES["math"]))


def _inert(text: str) -> str:
    """The text cut to what a receipt should carry, with nothing that UTF-8 cannot."""
    return text[:_SHOWN].encode("utf-8", "replace").decode("utf-8")
