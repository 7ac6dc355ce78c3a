"""The rehearsal critic and judges: they read the texts in the request, and nothing else."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from factory.ports import Played
from factory.types import ModelRequest
from recipes.ground_truth.rehearsal.reader import read, solve
from recipes.ground_truth.rehearsal.reader_ambiguity import two_readings
from recipes.ground_truth.rehearsal.reader_fault import Fault
from recipes.ground_truth.rehearsal.reader_gaps import fault
from recipes.ground_truth.rehearsal.reader_marks import marks
from recipes.ground_truth.rehearsal.reader_roles import shown, wrong_option
from recipes.ground_truth.rehearsal.reader_slips import slip
from recipes.ground_truth.rehearsal.reader_working import working

_INVENTED: Final = {
    "rival_answer": "Worked through once more, the figures come out differently.",
    "second_reading": "The last sentence could be meant of the whole or of a part.",
    "missing_assumption": "Whether anything was in use before the story begins is not said.",
    "contradictory_givens": "The figures in the middle cannot all be true.",
}


class Critic:
    """options: notice (how often it sees a fault that is there, default 1), invent (how often it claims one where it sees none,
    default 0)."""

    def check(self, options: Mapping[str, Any]) -> str:
        """What is wrong with a cast's options, "" when nothing is."""
        return wrong_option("critic", options, {"notice": (0, 1), "invent": (0, 1)})

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        asked = request.messages[-1].text
        text, held = _between(asked, "problem"), _number(_between(asked, "answer"))
        found = fault(text)
        if found is not None and rng.random() < float(options.get("notice", 1.0)):
            rival = next((value for value in found.answers if value != held), None)
            program = _program(text, rival) if found.kind == "second_reading" and rival is not None else ""
            return _challenge(found.kind, found.why, shown(rival) if rival is not None else "", program)
        if rng.random() < float(options.get("invent", 0.0)):
            kind = rng.choice(list(_INVENTED))
            rival = slip(read(text), rng)
            # A figure got wrong comes out right once its steps are worked out; a reading that is not there has no steps.
            return _challenge(kind, _INVENTED[kind], shown(rival), working(read(text)) if kind == "rival_answer" else "")
        own = solve(text)
        if found is None and held is not None and own is not None and own != held:
            why = "Worked out step by step, it comes to something else."
            return _challenge("rival_answer", why, shown(own), working(read(text)))
        return _challenge("none", "", "", "")


def _program(text: str, rival: Fraction) -> str:
    """The arithmetic of the reading that leads to the rival; "" where no reading that is spelled out does."""
    found = two_readings(text)
    readings = found.texts if found is not None else ()
    return next((working(read(one)) for one in readings if solve(one) == rival), "")


def _challenge(kind: str, argument: str, rival: str, program: str) -> Played:
    return _played(kind=kind, program=program, rival=rival, argument=argument)


class Judge:
    """Decides on a claim, marks an answer, tells which of two texts no person wrote, or goes through a checklist: as asked.

    options: notice (how often it sees what is there, default 1), noise (how often it says the opposite of what it found, or
    names a reason that is not there, default 0).
    """

    def check(self, options: Mapping[str, Any]) -> str:
        """What is wrong with a cast's options, "" when nothing is."""
        return wrong_option("judge", options, {"notice": (0, 1), "noise": (0, 1)})

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        asked = request.messages[-1].text
        notice, noise = float(options.get("notice", 1.0)), float(options.get("noise", 0.0))
        if "<claim" in asked:
            return _ruling(asked, rng, notice, noise)
        if "<submission>" in asked:
            return _mark(asked, rng, notice, noise)
        if "<problem>" in asked:
            return _checklist(request, rng, notice, noise)
        return _pick(asked, rng, notice, noise)


def _ruling(asked: str, rng: random.Random, notice: float, noise: float) -> Played:
    text = _between(asked, "problem")
    kind = re.search(r'<claim kind="([a-z_]+)"', asked)
    found = fault(text) if rng.random() < notice else None
    own = solve(text)
    # As they are written: an answer that was rounded is still the answer.
    supported = [shown(value) for value in (own, *(found.answers if found else ())) if value is not None]
    places = [place for place in ("first", "second") if f"<{place}>" in asked]
    says = {place: _between(asked, place).replace(",", "") in supported for place in places}
    holds = _holds(kind[1] if kind else "", found, sum(says.values()) if places else 0, len(places))
    if rng.random() < noise:
        holds, says = not holds, {place: not answer for place, answer in says.items()}
    return _played(holds=holds, **says, why=found.why if found and holds else "")


def _holds(kind: str, found: Fault | None, supported: int, answers: int) -> bool:
    """A claim holds where its very fault is there; one that only names a rival, where the text supports both answers."""
    if kind == "rival_answer":
        return answers > 0 and (supported == answers or found is not None)
    return found is not None and found.kind == kind


def _mark(asked: str, rng: random.Random, notice: float, noise: float) -> Played:
    """Right where it is what the judge found, or was shown; one that it did not check it believes."""
    held = _number(_between(asked, "reference")) if "<reference>" in asked else solve(_between(asked, "problem"))
    given = _number(_between(asked, "submission"))
    correct = given is not None and given == held if rng.random() < notice else True
    return _played(correct=correct != (rng.random() < noise), why="")


def _pick(asked: str, rng: random.Random, notice: float, noise: float) -> Played:
    seen = {place: marks(_between(asked, place)) if rng.random() < notice else () for place in ("first", "second")}
    telling = [place for place, reasons in seen.items() if reasons]
    # Two texts with nothing to choose between them, or both with something, are a coin's toss.
    place = telling[0] if len(telling) == 1 else rng.choice(("first", "second"))
    reason = seen[place][0] if seen[place] else "other"
    if rng.random() < noise:
        place = "second" if place == "first" else "first"
    return _played(synthetic=place, reason=reason, why="")


def _checklist(request: ModelRequest, rng: random.Random, notice: float, noise: float) -> Played:
    seen = marks(_between(request.messages[-1].text, "problem"))
    names = re.findall(r"^- ([a-z_]+): ", request.messages[0].text, re.MULTILINE)
    said = {name: (name in seen and rng.random() < notice) != (rng.random() < noise) for name in names}
    return _played(**said, why="")


def _between(text: str, tag: str) -> str:
    match = re.search(rf"<{tag}(?: [^>]*)?>\n(.*)\n</{tag}>", text, re.DOTALL)
    return match[1].strip() if match else ""


def _number(text: str) -> Fraction | None:
    match = re.match(r"-?\d[\d,]*(?:\.\d+)?", text)
    return Fraction(match[0].replace(",", "")) if match else None


def _played(**reply: Any) -> Played:
    return Played(json.dumps(reply))
