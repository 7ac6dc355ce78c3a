"""Tricks against the choice grader, and the ways of naming an option that it must accept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from factory.graders import choice
from factory.graders.attacks.battery import Trial, trials
from factory.graders.attacks.common import mixed_script
from factory.graders.settings import ChoiceSettings

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEDGES: Final = (
    "{r} or {d}", "either {r} or {d}", "{d}, {r}", "{r}/{d}", "{r} and {d}", "Answer: {r} or {d}", "({r}) ({d})", "{r}{d}",
    "\\boxed{{{r}}} or \\boxed{{{d}}}", "The answer is {d}, {r}", "{r}\n{d}", "{r}, though {d} is possible",
)  # fmt: skip
_TAKEN_BACK: Final = ("not {r}", "It isn't {r}.", "anything except {r}", "Answer: not {r}", "Answer: {r}\nAnswer: {d}")
_STUFFED: Final = ("all of the above", "none of the above", "any of them", "the correct option", "the longest one")


def attacks(settings: ChoiceSettings, reference: str) -> Iterator[Trial]:
    truth, _ = choice.choose(reference, settings.options, settings.letters)
    if truth is None:
        return
    number = len(settings.options) or settings.letters
    letters = _LETTERS[:number]
    right, others = letters[truth], letters.replace(letters[truth], "")
    yield from trials("constant", others)
    yield from trials("hedge", (form.format(r=right, d=others[0]) for form in _HEDGES))
    yield from trials("taken_back", (form.format(r=right, d=others[0]) for form in _TAKEN_BACK))
    yield from trials("all_options", (joint.join(letters) for joint in (", ", " ", "", " or ", "\n")))
    yield from trials("all_options", ("\n".join(f"({letter})" for letter in letters), f"Answer: {', '.join(letters)}"))
    known = {choice.fold(option) for option in settings.options}
    yield from trials("no_answer", (text for text in _STUFFED if choice.fold(text) not in known))
    if number < len(_LETTERS):
        yield Trial("off_format", _LETTERS[number])
    yield from trials("off_format", (f"{right}{right}", f"{right}1", str(truth)))
    yield from trials("look_alike", mixed_script(right))
    yield from trials("look_alike", (form for other in others for form in mixed_script(other)))
    if settings.options:
        texts = [option for index, option in enumerate(settings.options) if index != truth]
        yield from trials("constant", texts)
        listed = "\n".join(f"{letter}. {option}" for letter, option in zip(letters, settings.options, strict=False))
        yield from trials("all_options", (listed, " or ".join(settings.options), ", ".join(settings.options)))
        yield from trials("hedge", (f"{right}. {texts[0]}", f"{settings.options[truth]} or {texts[0]}"))


def equivalents(settings: ChoiceSettings, reference: str) -> Iterator[Trial]:
    truth, _ = choice.choose(reference, settings.options, settings.letters)
    if truth is None:
        return
    right = _LETTERS[truth]
    forms = (
        "{}",
        "({})",
        "{}.",
        "{})",
        " {}\n",
        "**{}**",
        "\\boxed{{{}}}",
        "\\boxed{{\\text{{{}}}}}",
        "Option {}",
        "Answer: {}",
    )
    yield from trials("letter", (form.format(right) for form in forms))
    yield from trials("letter", (right.lower(), f"({right.lower()})", f"{right.lower()})", chr(ord(right) + 0xFEE0)))
    yield from trials(
        "sentence", (f"The answer is ({right}).", f"The correct option is {right}.", f"Working.\nAnswer: {right}")
    )
    if settings.options:
        text = settings.options[truth]
        yield from trials("text", (text, f"{text}.", f"**{text}**", f"Answer: {text}", f"The answer is {text}."))
        yield from trials("text", (text.upper(),) if text.upper().casefold() == text.casefold() and len(text) > 1 else ())
        yield from trials("letter_and_text", (f"{right}. {text}", f"({right}) {text}", f"Answer: {right}) {text}"))
