"""References as a count of answers sees them: which say the same, and how often a guess is right by design."""

from __future__ import annotations

from typing import Final

from factory.graders import choice, exact, json_schema, mathematics, number
from factory.graders.settings import (
    ChoiceSettings,
    ExactSettings,
    GraderSettings,
    JsonSchemaSettings,
    MathSettings,
    NumberSettings,
)  # fmt: skip

_TWO_SIDED: Final = ({"yes", "no"}, {"true", "false"})


def key_of(settings: GraderSettings, reference: str) -> str:
    """Equal for references of one grader that say the same; "" where any fitting answer is right, so that none is common.

    A reference the grader cannot read is its own key.
    """
    match settings:
        case NumberSettings():
            truth, _ = number.read(reference, settings.units)
            return reference.strip() if truth is None else f"{truth.value}{'%' if number.is_percent(truth.unit) else ''}"
        case ExactSettings():
            first = reference.split(settings.separator, maxsplit=1)[0] if settings.separator else reference
            return exact.normalise(first, settings.ignore_case, settings.punctuation, settings.ignore_articles)
        case ChoiceSettings():
            truth_index, _ = choice.choose(reference, settings.options, settings.letters)
            return reference.strip() if truth_index is None else f"option {truth_index + 1}"
        case MathSettings():
            return "".join(mathematics.final(reference).strip("$").split())
        case JsonSchemaSettings():
            if settings.match == "schema":
                return ""
            try:
                return json_schema.key(json_schema.extract(reference), settings.ordered)
            except ValueError:
                return reference.strip()


def chance_of(settings: GraderSettings, reference: str) -> float:
    """How often a blind guess is right by design: one in the number of options, half for yes or no, 0 for what is open."""
    match settings:
        case ChoiceSettings():
            return 1 / (len(settings.options) or settings.letters)
        case ExactSettings():
            said = exact.normalise(reference, True, "ends", True)
            return 0.5 if any(said in sides for sides in _TWO_SIDED) else 0.0
        case JsonSchemaSettings():
            if settings.form.get("type") == "boolean":
                return 0.5
            return 1 / len(settings.form["enum"]) if settings.form.get("enum") else 0.0
        case _:
            return 0.0
