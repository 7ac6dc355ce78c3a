"""Defects that the gameability gate must catch: graders and questions that pay for what nobody has solved.

The items are final-answer items: plain JSON with the fields prompt, answer, solution, unit and grader.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from factory.gate import Answered
from gates.defects.planting import Planter, SetPlanter, numeric_answer, sentences_of

_GUESSES = ("0", "1", "yes", "no", "unknown", "none", "true", "A")
_ASIDES = (
    "The sheet on which all of this was written down carried the number {} in one corner.",
    "The clerk who took these notes sat in room {} on the second floor.",
    "Whoever typed this had a badge with the number {} on it, which matters to nobody.",
)
_KNOWN = (
    ("How many hours are there in a day?", "24", "hours"),
    ("How many days are there in a week?", "7", "days"),
    ("How many minutes are there in an hour?", "60", "minutes"),
    ("How many months are there in a year?", "12", "months"),
    ("How many pieces are there in a dozen?", "12", "pieces"),
    ("How many weeks are there in a year, to the nearest whole number?", "52", "weeks"),
)


def _accepted_list(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item graded by spelling, with things nobody has to work out among the accepted forms."""
    answer = str(payload.get("answer", "")).strip()
    if not answer or "|" in answer:
        return None
    forms = [answer, *rng.sample(_GUESSES, rng.randint(2, 4))]
    return {**payload, "answer": " | ".join(forms), "grader": {"kind": "exact", "separator": " | "}}


def _any_value(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item graded as JSON by a schema alone, which an empty object of that shape fits as well as the answer."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    field = rng.choice(("answer", "result", "value"))
    kind = rng.choice(({"type": "number"}, {}))
    form = {"type": "object", "properties": {field: kind}, "required": [field]}
    value = float(answer) if "." in answer else int(answer)
    grader = {"kind": "json_schema", "schema": form, "match": "schema"}
    return {**payload, "answer": json.dumps({field: value}), "grader": grader}


def _wide_tolerance(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item graded with a tolerance of half the answer or more."""
    answer = numeric_answer(payload)
    if answer is None:
        return None
    if rng.random() < 0.5:
        grader: dict[str, Any] = {"kind": "number", "relative": rng.choice((0.5, 0.75, 0.9))}
    else:
        grader = {"kind": "number", "absolute": round(float(answer) * rng.choice((0.5, 1, 2)), 6)}
    return {**payload, "grader": grader}


def _last_number(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item with an aside at the end that happens to hold the answer's number."""
    answer, prompt = numeric_answer(payload), str(payload.get("prompt", "")).strip()
    if answer is None or not prompt:
        return None
    aside = rng.choice(_ASIDES).format(answer)
    return {**payload, "prompt": f"{prompt}\n\n{aside}"}


def _known_answer(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item's story with a question of common knowledge in place of its own."""
    told = sentences_of(str(payload.get("prompt", "")))
    story = [sentence for sentence in told if "?" not in sentence]
    if len(story) < 2 or len(story) == len(told):
        return None
    question, answer, unit = rng.choice(_KNOWN)
    spoiled = {**payload, "prompt": " ".join([*story, question]), "answer": answer, "unit": unit}
    return {**spoiled, "solution": f"It is common knowledge: {answer}."}


def _telling_options(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The item as a choice of four, the right one spelled out with care and the others thrown in."""
    answer, prompt = numeric_answer(payload), str(payload.get("prompt", "")).strip()
    if answer is None or not prompt:
        return None
    right = f"{answer}, once everything that came in and everything that went out has been taken into account"
    others = [str(number) for number in rng.sample(range(2, 999), 4) if str(number) != answer][:3]
    options = rng.sample([right, *others], 4)
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
    spoiled = {**payload, "prompt": f"{prompt}\n\n{listed}", "answer": "ABCD"[options.index(right)], "unit": ""}
    return {**spoiled, "grader": {"kind": "choice", "options": options}}


def _common_answer(answer: Answered, others: Sequence[str], rng: random.Random) -> Mapping[str, int] | None:
    """A job whose items have the item's own answer far more often than a guess would be right: who always gives it scores."""
    rest = [key for key in others if key and key != answer.key]
    if not answer.key or not rest:
        return None
    number = rng.randint(150, 400)
    same = round(number * (answer.chance + (1 - answer.chance) * rng.uniform(0.4, 0.8)))
    return {**Counter(rng.choices(rest, k=number - same)), answer.key: same}


SET_PLANTERS: Final = (SetPlanter("common_answer", "gameability", _common_answer),)
PLANTERS: Final = tuple(
    Planter(kind, "gameability", plant)
    for kind, plant in {
        "accepted_list": _accepted_list,
        "any_value": _any_value,
        "wide_tolerance": _wide_tolerance,
        "last_number": _last_number,
        "known_answer": _known_answer,
        "telling_options": _telling_options,
    }.items()
)
