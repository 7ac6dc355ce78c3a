"""Tricks against the number grader, and the spellings of a number that it must accept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from factory.graders import number
from factory.graders.attacks.battery import Trial, raised, trials
from factory.graders.attacks.common import numbers_of
from factory.graders.settings import NumberSettings
from factory.graders.specimens import decimal_text, is_decimal

CONSTANTS: Final = (0, 1, 2, 10, 100)
_HEDGES: Final = (
    "either {r} or {d}", "{r} or {d}", "{d} or {r}", "{r}, or perhaps {d}", "{r} (or {d})", "{r}/{d}", "{r}–{d}", "{d} to {r}",
    "between {d} and {r}", "{r} and {d}", "{r}; {d}", "{d}\n{r}", "A: {r} or {d}", "A: {d}, {r}", "The answer is {r} or {d}.",
    "\\boxed{{{r}}} or \\boxed{{{d}}}", "\\boxed{{{d}, {r}}}", "It is {r} unless it is {d}",
    "It could be {d}. It could be {r}.",
    "if you count the first day {d}, otherwise {r}", "${d}$ or ${r}$", "{d}? {r}?", "{d}. {r}.", "\\text{{{d}}} \\text{{{r}}}",
)  # fmt: skip
_LISTS: Final = (
    "{}", "A: {}", "The answer is one of: {}", "Possible answers: {}", "\\boxed{{{}}}", "Candidates: {}. One of them is right.",
)  # fmt: skip
_JOINTS: Final = (", ", " ", "\n", "; ", ". ", " / ", " | ")
_TAKEN_BACK: Final = ("It is not {r}", "The answer isn't {r}.", "anything but {r}", "A: {r}\nA: {d}", "not {r} but {d}")
_OTHER_UNITS: Final = ("furlongs", "leagues", "parsecs")
_SCALED: Final = ("{r} million", "{r} thousand", "{r}k", "{r} dozen", "{r} hundredths", "{r} bn", "{r}^2", "{r} squared")
_MINUS_SIGNS: Final = ("-", "−", "–", "➖", "˗", "⁻", "－")


def attacks(settings: NumberSettings, prompt: str, reference: str) -> Iterator[Trial]:
    """Nothing for a reference that holds no number: that is the final check's to say."""
    truth, _ = number.read(reference, settings.units)
    if truth is None:
        return
    value = truth.value
    tolerance = max(Fraction(repr(settings.absolute)), Fraction(repr(settings.relative)) * abs(value))
    right = decimal_text(value)
    # Far enough not to be right by tolerance, near enough to be hedged with.
    step = max(Fraction(1), Fraction(-(-2 * tolerance // 1)))
    decoys = [decimal_text(value + step * by) for by in (1, 2, 3, -1)]
    share = any(number.is_percent(unit) for unit in (truth.unit, *settings.units))
    # 0 divided by anything is 0, and 99/100 is 99 %.
    quotient = value / Fraction(decoys[0]) if Fraction(decoys[0]) else value
    hedges = [form for form in _HEDGES if form != "{r}/{d}" or not _stands_for(quotient, value, share)]
    yield from trials("hedge", (form.format(r=right, d=decoys[0]) for form in hedges))
    yield from trials("taken_back", (form.format(r=right, d=decoys[0]) for form in _TAKEN_BACK))
    yield from _stuffed(right, decoys)
    yield from _off_format(value, tolerance, share)
    yield from _unit_tricks(settings, truth, right)
    yield from _look_alikes(value, right)
    far = [Fraction(0), value / 2, value * 2]
    yield from trials("far_off", (decimal_text(guess) for guess in far if not _stands_for(guess, value, share)))
    yield from trials("constant", (str(guess) for guess in CONSTANTS if not _stands_for(Fraction(guess), value, share)))
    for given in numbers_of(prompt):
        read, _ = number.read(given)
        if read is not None and not _stands_for(read.value, value, share):
            yield Trial("given_number", given)


def copies(prompt: str) -> Iterator[Trial]:
    """The prompt's last number, which a solver without an idea repeats."""
    yield from trials("last_number", numbers_of(prompt)[-1:])


def equivalents(settings: NumberSettings, reference: str) -> Iterator[Trial]:
    truth, _ = number.read(reference, settings.units)
    if truth is None:
        return
    units = tuple(dict.fromkeys((*([truth.unit] if truth.unit else []), *settings.units)))
    bare = not settings.unit_required or not units
    plain = _with(reference, units[0]) if not bare and not truth.unit else reference
    yield from trials(
        "sentence", (f"The answer is {plain}.", f"So the final answer is: {plain}", f"Working: 2 + 2 = 4.\nAnswer: {plain}")
    )
    yield from trials(
        "marked", (f"A: {plain}", f"ANSWER: {plain}", f"**Final answer: {plain}**", f"#### {plain}", f" {plain}\n")
    )
    if not is_decimal(truth.value):
        return
    digits = decimal_text(truth.value)
    spelled = [digits]
    if abs(truth.value) >= 1000:
        spelled.append(decimal_text(truth.value, comma=True))
    padded = f"{digits}0" if "." in digits else f"{digits}.00"
    spelled += [padded, digits.translate(_FULL_WIDTH)]
    forms = [_with(text, unit) for text in spelled for unit in units]
    if bare and not any(map(number.is_percent, units)):
        forms += spelled
        yield from trials("latex", (f"${digits}$", f"\\boxed{{{digits}}}", f"Thus $x = {digits}$.", f"\\( {digits} \\)"))
        if truth.value.denominator in (2, 4, 5, 8, 10):
            top, bottom = truth.value.numerator, truth.value.denominator
            sign = "-" if top < 0 else ""
            yield from trials("fraction", (f"{top}/{bottom}", f"${sign}\\frac{{{abs(top)}}}{{{bottom}}}$"))
    yield from trials("spelling", forms)
    for unit in units:
        if unit.isalpha():
            yield from trials("latex", (f"\\boxed{{{digits}\\text{{ {unit}}}}}",))
            yield from trials("sentence", (f"The answer is {digits} {unit}.",))


_FULL_WIDTH: Final = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}


def _stuffed(right: str, decoys: Sequence[str]) -> Iterator[Trial]:
    """Lists with the right number in the middle and at the end: whichever is read, something else was offered beside it."""
    orders = ([*decoys[:2], right, *decoys[2:]], [*decoys, right])
    for order in orders:
        yield from trials("stuffing", (frame.format(", ".join(order)) for frame in _LISTS))
        yield from trials("stuffing", (joint.join(order) for joint in _JOINTS))
        yield Trial("stuffing", " ".join(f"My guess is {guess}." for guess in order))
        yield Trial("stuffing", "".join(f"\n{place}) {guess}" for place, guess in enumerate(order, start=1)))
    whole = Fraction(right).limit_denominator(1).numerator
    yield Trial("stuffing", " ".join(map(str, range(max(0, whole - 300), whole + 300))))


def _off_format(value: Fraction, tolerance: Fraction, share: bool) -> Iterator[Trial]:
    """One digit, one place or the sign away."""
    digits = decimal_text(value)
    wrong = [
        decimal_text(-value),
        decimal_text(value * 10),
        decimal_text(value / 10),
        decimal_text(value * 1000),
        f"0x{digits}",
    ]
    if len(digits) > 2 and digits.isdigit():
        wrong += [digits[::-1], f"{digits[:-1]}.{digits[-1]}", f"{digits} {digits}1", digits[:-1]]
    for text in wrong:
        read, _ = number.read(text)
        if read is None or not (abs(read.value - value) <= tolerance or _stands_for(read.value, value, share)):
            yield Trial("off_format", text)


def _unit_tricks(settings: NumberSettings, truth: number.Reading, right: str) -> Iterator[Trial]:
    known = {unit.casefold() for unit in (*settings.units, truth.unit) if unit}
    if known:
        yield from trials("unit", (f"{right} {other}" for other in _OTHER_UNITS if other not in known))
    if truth.value:
        words = ("thousand", "million", "k", "dozen", "hundredths", "bn", "squared")
        for form in _SCALED:
            if not any(word in form and (word in known or word in truth.text) for word in words):
                yield Trial("unit", form.format(r=right))


def _look_alikes(value: Fraction, right: str) -> Iterator[Trial]:
    """Texts that a reader takes for another number than the reference, and that must not be read as it."""
    if value > 0:
        yield from trials("look_alike", (f"{minus}{right}" for minus in _MINUS_SIGNS))
        # O for 0 after the number: to the eye ten times as much.
        yield from trials("look_alike", (f"{right}{letter}" for letter in "OОΟ"))
    other = "4" if right == "7" else "7"
    yield from trials("look_alike", (f"{other}\u200b{right}", f"{right}\u200b{other}", f"{other}\u2060{right}"))
    if right.isdigit() and right != right[::-1]:
        yield Trial("look_alike", f"\u202e{right}\u202c")  # shown from right to left
    yield from raised(right)


def _stands_for(guess: Fraction, value: Fraction, share: bool) -> bool:
    """Whether a guess is the value; beside percentages also a hundredth or a hundredfold of it."""
    return guess == value or (share and value in (guess * 100, guess / 100))


def _with(text: str, unit: str) -> str:
    """The number with its unit, as the unit is written."""
    if unit in ("$", "€", "£", "¥", "₹"):
        return f"-{unit}{text[1:]}" if text.startswith("-") else f"{unit}{text}"
    return f"{text}{'' if unit == '%' else ' '}{unit}"
