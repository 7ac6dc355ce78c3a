"""What a grader is tried on before its points are trusted: attacks that must score nothing, and forms of the right answer that
must score. Made from the prompt, the reference and the settings alone; no model, no randomness.
"""

from __future__ import annotations

from collections.abc import Iterable

from factory.graders.attacks import formulas, numbers, options, spelling, values
from factory.graders.attacks.battery import Battery, Trial, distinct, trials
from factory.graders.attacks.common import answerless, echoes
from factory.graders.settings import (
    ChoiceSettings,
    ExactSettings,
    GraderSettings,
    JsonSchemaSettings,
    MathSettings,
    NumberSettings,
)  # fmt: skip
from factory.graders.specimens import specimens

__all__ = ["Battery", "Trial", "battery", "judged"]


def battery(settings: GraderSettings, prompt: str, reference: str) -> Battery:
    """The battery of one item. The final check's specimens are part of it.

    A reference that the grader cannot read gives no attacks of its kind, and itself as the only equivalent.
    """
    right, wrong = specimens(settings, reference)
    copied: Iterable[Trial] = ()
    forms: Iterable[Trial]
    match settings:
        case NumberSettings():
            tricks = tuple(numbers.attacks(settings, prompt, reference))
            copied, forms = numbers.copies(prompt), numbers.equivalents(settings, reference)
        case ExactSettings():
            tricks, forms = tuple(spelling.attacks(settings, prompt, reference)), spelling.equivalents(settings, reference)
            right = (*right, *spelling.accepted(settings, reference))
        case ChoiceSettings():
            tricks, forms = tuple(options.attacks(settings, reference)), options.equivalents(settings, reference)
        case MathSettings():
            tricks, forms = tuple(formulas.attacks(prompt, reference)), formulas.equivalents(reference)
        case JsonSchemaSettings():
            tricks, forms = tuple(values.attacks(settings, reference)), values.equivalents(settings, reference)
    # What nobody works out stays an attack where a reference lists it among its forms: that is how a list of guesses shows.
    idle = answerless(right[:1])
    never = {trial.text for trial in idle} - {right[0]}
    guessed = {trial.text for trial in tricks if trial.family in ("constant", "given_number")}
    # The first form of an exact reference may itself be a guess: where it is spared, it is not among the tricks.
    never |= guessed if isinstance(settings, ExactSettings) else guessed - {right[0]}
    equivalents = tuple(t for t in distinct((*trials("specimen", right), *forms)) if t.text not in never)
    accepted = {trial.text for trial in equivalents}
    copies = distinct((*echoes(prompt), *copied))
    attacks = distinct((*tricks, *idle, *trials("specimen", wrong)))
    return Battery(tuple(trial for trial in attacks if trial.text not in accepted), copies, equivalents)


def judged(prompt: str, right: tuple[str, ...]) -> Battery:
    """The battery where a judge grades and nothing is known of what it is told: what says nothing must score nothing, nor may
    the prompt given back; the answers known to be right must score.
    """
    return Battery(distinct((*answerless(right), *echoes(prompt)[:1])), (), trials("specimen", right))
