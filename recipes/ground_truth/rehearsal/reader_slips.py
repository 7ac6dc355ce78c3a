"""How a solver goes wrong: a slip on the program it read, never a look at the right answer."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction

from recipes.ground_truth.rehearsal.reader import Features
from recipes.ground_truth.rehearsal.reader_program import Program, Step, Unreadable, run

_SURE = 8.0  # log-odds in favour of a problem of a single step: nobody on a panel misses those more often than 1 in 2,000
_HASTE = 0.6  # the share of slips that stop one step short, which is what people in a hurry do most
_TURNED = {"add": "sub", "sub": "add", "lose": "keep", "keep": "lose", "gain": "lose"}
_TURNED_MODES = {"plus": "minus", "minus": "plus", "percent_plus": "percent_minus", "percent_minus": "percent_plus"}


def chance(skill: float, found: Features) -> float:
    """The probability of a right answer: a logistic item-response curve over what the text shows of its difficulty."""
    if found.steps <= 1:
        return 1 / (1 + math.exp(-_SURE))
    # Five steps, one share, one idle number and a largest number of some hundreds are of middling difficulty.
    size = math.log10(max(found.largest, 10)) - 2.5
    hard = 0.22 * (found.steps - 5) + 0.12 * (found.shares - 1) + 0.1 * (found.idle - 1) + 0.1 * size
    return 1 / (1 + math.exp(min(max(hard, -1.2), 1.2) - skill))


def slip(program: Program, rng: random.Random) -> Fraction:
    """What comes out when one thing goes wrong: the last step left undone, one dropped or turned round, a number misread, a
    sum miscounted.

    A slip that happens to leave the outcome as it was is no slip, so another is made.
    """
    try:
        intended = run(program)
    except (Unreadable, ZeroDivisionError):
        return Fraction(rng.randint(2, 400))
    if rng.random() < _HASTE and (short := _one_step_short(program, intended)) is not None:
        return short
    slips = [_drop, _drop, _turn, _misread, _misread, _skip_last]
    for _ in range(8):
        try:
            outcome = run(rng.choice(slips)(program, rng))
        except (Unreadable, ZeroDivisionError):
            continue
        if _is_slip(outcome, intended):
            return outcome
    return _miscount(intended, rng)


def _is_slip(outcome: Fraction, intended: Fraction) -> bool:
    return outcome != intended and outcome > 0 and (outcome * 100).denominator == 1


def _one_step_short(program: Program, intended: Fraction) -> Fraction | None:
    """What it comes to before the last thing that was asked for; None where there is no such step."""
    steps = _droppable(program)
    for hasty in (_without_question(program), _without(program, steps[-1]) if steps else program):
        try:
            outcome = run(hasty)
        except (Unreadable, ZeroDivisionError):
            continue
        if _is_slip(outcome, intended):
            return outcome
    return None


def _droppable(program: Program) -> list[int]:
    return [n for n, step in enumerate(program.steps) if step.op not in ("base", "account", "relate", "pool")]


def _drop(program: Program, rng: random.Random) -> Program:
    steps = _droppable(program)
    return _without(program, rng.choice(steps)) if steps else program


def _without(program: Program, step: int) -> Program:
    return replace(program, steps=(*program.steps[:step], *program.steps[step + 1 :]))


def _turn(program: Program, rng: random.Random) -> Program:
    turnable = [n for n, step in enumerate(program.steps) if step.op in _TURNED or step.mode in _TURNED_MODES]
    if not turnable:
        return program
    chosen = rng.choice(turnable)
    step = program.steps[chosen]
    turned = replace(step, op=_TURNED.get(step.op, step.op), mode=_TURNED_MODES.get(step.mode, step.mode))
    return _with(program, chosen, turned)


def _misread(program: Program, rng: random.Random) -> Program:
    places = [(n, k) for n, step in enumerate(program.steps) for k in range(len(step.numbers))]
    if not places:
        return program
    chosen, number = rng.choice(places)
    step = program.steps[chosen]
    value = step.numbers[number]
    seen = value + rng.choice((-1, 1, 2, 10)) if value.denominator == 1 else 1 - value
    return _with(program, chosen, replace(step, numbers=(*step.numbers[:number], seen, *step.numbers[number + 1 :])))


def _skip_last(program: Program, rng: random.Random) -> Program:
    del rng
    return _without_question(program)


def _without_question(program: Program) -> Program:
    """Answers what was left, not what was asked of it."""
    return replace(program, ask=replace(program.ask, kind="total", noun=""))


def _with(program: Program, place: int, step: Step) -> Program:
    return replace(program, steps=(*program.steps[:place], step, *program.steps[place + 1 :]))


def _miscount(value: Fraction, rng: random.Random) -> Fraction:
    wrong = value + rng.choice((-10, -2, -1, 1, 2, 10))
    return wrong if wrong > 0 else value + 1
