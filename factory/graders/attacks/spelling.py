"""Tricks against the exact grader, and the spellings that it must accept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from factory.graders import exact
from factory.graders.attacks.battery import Trial, trials
from factory.graders.attacks.common import mixed_script
from factory.graders.settings import ExactSettings

CONSTANTS: Final = ("yes", "no", "true", "false", "none", "0", "1", "A", "unknown")
_HEDGES: Final = (
    "either {r} or {d}", "{r} or {d}", "{d} or {r}", "{r}, {d}", "{r} / {d}", "{r}; {d}", "{r} and {d}", "A: {r} or {d}",
    "The answer is {r} or {d}.", "\\boxed{{{r}}} \\boxed{{{d}}}", "A: {r}\nA: {d}", "{r}\n{d}", "Answer: {r}\nor {d}",
    "It is {r} unless it is {d}",
)  # fmt: skip
_TAKEN_BACK: Final = ("not {r}", "It is not {r}.", "anything but {r}", "The answer is not {r}")
_DECOYS: Final = ("something else", "nothing", "anything")
_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def attacks(settings: ExactSettings, reference: str) -> Iterator[Trial]:
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
    constants = {_plain(constant) for constant in CONSTANTS}
    # Where the reference is one of two or three set answers, what else it lists is a form of it.
    spared = {_plain(form) for form in forms} if _plain(right) in constants else set()
    yield from trials("constant", (text for text in CONSTANTS if _plain(text) not in spared))
    # What is spelled like the reference, but for case and white space, is no attack.
    yield from (trial for trial in wrong if _key(trial.text) not in known)


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
