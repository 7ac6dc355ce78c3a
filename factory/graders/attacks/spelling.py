"""Tricks against the exact grader, and the spellings that it must accept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from factory.graders import exact, number
from factory.graders.attacks.battery import Trial, trials
from factory.graders.attacks.common import mixed_script, numbers_of
from factory.graders.settings import ExactSettings
from factory.graders.specimens import decimal_text

CONSTANTS: Final = ("yes", "no", "true", "false", "none", "0", "1", "A", "unknown")
# No list of spellings of one answer holds both of two that deny each other.
_OPPOSED: Final = (frozenset({"yes", "true", "1"}), frozenset({"no", "false", "none", "0"}))
_SPELLINGS: Final = 3  # so many constants can be spellings of one answer: yes, true, 1
_SMALL: Final = (*range(21), 24, 25, 30, 40, 50, 60, 100, 1000)  # what is guessed where a number is asked for
_LETTERS: Final = "ABCDE"
_HEDGES: Final = (
    "either {r} or {d}", "{r} or {d}", "{d} or {r}", "{r}, {d}", "{r} / {d}", "{r}; {d}", "{r} and {d}", "A: {r} or {d}",
    "The answer is {r} or {d}.", "\\boxed{{{r}}} \\boxed{{{d}}}", "A: {r}\nA: {d}", "{r}\n{d}", "Answer: {r}\nor {d}",
    "It is {r} unless it is {d}",
)  # fmt: skip
_TAKEN_BACK: Final = ("not {r}", "It is not {r}.", "anything but {r}", "The answer is not {r}")
_DECOYS: Final = ("something else", "nothing", "anything")
_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def attacks(settings: ExactSettings, prompt: str, reference: str) -> Iterator[Trial]:
    forms = accepted(settings, reference)
    if not forms:
        return
    right = forms[0]
    yield from trials("hedge", (form.format(r=right, d=decoy) for form in _HEDGES for decoy in _DECOYS[:1]))
    yield from trials("taken_back", (form.format(r=right) for form in _TAKEN_BACK))
    listed = [*_DECOYS, right]
    yield from trials("stuffing", (joint.join(listed) for joint in (", ", " ", "\n", " | ", "; ")))
    yield from trials("stuffing", (f"A: {', '.join(listed)}", f"One of these: {', '.join(listed)}"))
    if len(forms) > 1:
        yield Trial("all_options", reference)
        yield Trial("all_options", ", ".join(forms))
    yield from trials("off_format", (f"{right}x", f"x{right}", f"{right} {right}x", right[:-1], right[1:]))
    known = {_key(form) for form in forms}
    wrong = [*trials("look_alike", (*mixed_script(right), *_raised(right)))]
    if re.match(r"\d", right):
        wrong += trials("off_format", (f"-{right}", right.replace(".", "") if re.search(r"\d\.\d", right) else f"{right}0"))
    spared = _spared(forms)
    guesses = (*trials("constant", CONSTANTS), *_guesses(prompt, forms))
    yield from (trial for trial in guesses if _plain(trial.text) not in spared)
    # What is spelled like the reference, but for case and white space, is no attack.
    yield from (trial for trial in wrong if _key(trial.text) not in known)


def _spared(forms: Sequence[str]) -> set[str]:
    """The forms that are no guess although everybody would guess them: the right one, and what spells it otherwise.

    A list of more, or of several values, is no list of spellings; there the right form may itself be a guess that is paid for.
    """
    plain = {_plain(form) for form in forms}
    values = {value for form in forms if (value := _value(form)) is not None}
    if len(values) > 1 or all(plain & side for side in _OPPOSED):
        return set()
    if len(plain) <= _SPELLINGS and plain <= {_plain(constant) for constant in CONSTANTS}:
        return plain
    return set() if values and _value(forms[0]) is None else {_plain(forms[0])}


def _guesses(prompt: str, forms: Sequence[str]) -> Iterator[Trial]:
    """Where a form is a number: the prompt's numbers, small ones and the neighbours of the right one; where it is a letter,
    the other letters."""
    values = {value for form in forms if (value := _value(form)) is not None}
    if values:
        # Of several values none is known to be the right one.
        right = _value(forms[0]) if len(values) == 1 else None
        yield from trials("given_number", (given for given in numbers_of(prompt) if _value(given) != right))
        beside = [value + step for value in sorted(values)[:1] for step in (-2, -1, 1, 2) if value + step >= 0]
        yield from trials("constant", (decimal_text(Fraction(guess)) for guess in (*_SMALL, *beside) if guess != right))
    if re.fullmatch("[A-Za-z]", forms[0]):
        yield from trials("constant", (letter for letter in _LETTERS if letter != forms[0].upper()))


def _value(form: str) -> Fraction | None:
    """What a form that is a number is worth."""
    read = number.read(form)[0] if re.match(r"[-+−$€£]?\s?[\d.]", form) else None
    return None if read is None else read.value


def equivalents(settings: ExactSettings, reference: str) -> Iterator[Trial]:
    for form in accepted(settings, reference):
        yield from trials("sentence", (f"The answer is {form}", f"It follows from the text.\nFinal answer: {form}"))
        yield from trials("marked", (f"A: {form}", f"Answer: {form}", f" {form}\n", f"#### {form}"))
        yield from trials("spelling", (unicodedata.normalize("NFD", form), form.replace(" ", "\u00a0")))
        if settings.punctuation != "keep":
            yield from trials("spelling", (f"{form}.", f"**{form}**", f'"{form}"', f"The answer is **{form}**."))
        if not set(form) & set("{}"):
            yield from trials("latex", (f"\\boxed{{{form}}}",))
        if settings.ignore_case and form.swapcase().casefold() == form.casefold():
            yield Trial("spelling", form.swapcase())
        for group in settings.same:
            if _key(form) in {_key(spelling) for spelling in group}:
                yield from trials("spelling", group)


def accepted(settings: ExactSettings, reference: str) -> list[str]:
    """The forms that a reference lists, without those that are blank."""
    parts = reference.split(settings.separator) if settings.separator else [reference]
    return [part.strip() for part in parts if part.strip()]


def _raised(text: str) -> Iterator[str]:
    """2⁵ for 25: another value, which compatibility forms (NFKC) would make one."""
    if re.search(r"\w\d", text):
        yield re.sub(r"(?<=\w)\d+", lambda match: match.group().translate(_SUPERSCRIPT), text)


def _plain(text: str) -> str:
    return exact.normalise(text, True, "ends", False)


def _key(text: str) -> str:
    """The text but for case and white space: what an attack may share with an accepted form is forgiven by every setting."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
