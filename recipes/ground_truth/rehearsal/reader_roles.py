"""The rehearsal oracle and solvers: they read the problem in the request, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from factory.ports import Played
from factory.types import ModelRequest
from recipes.ground_truth.rehearsal.reader import features, read
from recipes.ground_truth.rehearsal.reader_ambiguity import two_readings
from recipes.ground_truth.rehearsal.reader_doubt import unread
from recipes.ground_truth.rehearsal.reader_guess import guessed
from recipes.ground_truth.rehearsal.reader_program import run
from recipes.ground_truth.rehearsal.reader_slips import chance, slip

_USUAL = 0.75  # how often a solver takes a sentence the way it is usually meant, without seeing another
_OPEN, _CLOSE = "<problem>", "</problem>"


class Oracle:
    """options: slip (how often it goes wrong, default 0), notice (how often it objects to a sentence with two readings,
    default 1; an oracle that does not takes it the usual way)."""

    def check(self, options: Mapping[str, Any]) -> str:
        """What is wrong with a cast's options, "" when nothing is."""
        return wrong_option("oracle", options, {"slip": (0, 1), "notice": (0, 1)})

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        text, objection = _problem(request), ""
        found = two_readings(text)
        if found is not None:
            noticed = rng.random() < float(options.get("notice", 1.0))
            text, objection = (rng.choice(found.texts), found.why) if noticed else (found.texts[0], "")
        program = read(text)
        slips = rng.random() < float(options.get("slip", 0.0))
        # One misreading in every vote would pass for agreement: what was not read gets no answer.
        if unread(text, program):
            return Played(json.dumps({"answer": "", "objection": objection}))
        value = slip(program, rng) if slips else run(program)
        return Played(json.dumps({"answer": shown(value), "objection": objection}))


class Solver:
    """options: skill (log-odds on a problem of middling difficulty, default 0), slip (carelessness on top, default 0).

    Shown a question without its facts, it guesses.
    """

    def check(self, options: Mapping[str, Any]) -> str:
        """What is wrong with a cast's options, "" when nothing is."""
        return wrong_option("solver", options, {"skill": (-50, 50), "slip": (0, 1)})

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        guess = guessed(request.messages[-1].text, rng)
        if guess is not None:
            return Played(json.dumps({"working": "The facts are missing: a guess.", "answer": guess}))
        text = _problem(request)
        if (found := two_readings(text)) is not None:
            text = found.texts[0 if rng.random() < _USUAL else 1]
        program = read(text)
        right = chance(float(options.get("skill", 0.0)), features(text, program)) * (1 - float(options.get("slip", 0.0)))
        solves = rng.random() < right
        if why := unread(text, program):
            return Played(json.dumps({"working": f"Not worked out: {why}.", "answer": ""}))
        value = run(program) if solves else slip(program, rng)
        working = f"{len(program.steps)} statements about {program.noun or 'the amount'}, taken in order, give {shown(value)}."
        return Played(json.dumps({"working": working, "answer": shown(value)}))


def wrong_option(role: str, options: Mapping[str, Any], ranges: Mapping[str, tuple[float, float]]) -> str:
    """The first option that the role does not have or that is out of its range, in a sentence; "" when all are well."""
    for name, value in options.items():
        if name not in ranges:
            return f"the {role} has no option {name!r}; it has {', '.join(ranges)}"
        low, high = ranges[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            return f"{name} must be a number from {low:g} to {high:g}, and is {value!r}"
    return ""


def shown(value: Fraction) -> str:
    """A number as an answer is written: whole, or with as many decimals as it needs, six at most."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}".rstrip("0").rstrip(".")


def _problem(request: ModelRequest) -> str:
    """The text between the problem marks of the last message; the whole message where there are none."""
    text = request.messages[-1].text
    start, end = text.find(_OPEN), text.rfind(_CLOSE)
    return text[start + len(_OPEN) : end].strip() if 0 <= start < end else text
