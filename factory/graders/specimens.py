"""Answers that a grader must accept, and answers that it must turn away, made from one reference."""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil

from factory.graders import choice, json_schema, mathematics, number
from factory.graders.settings import (
    ChoiceSettings,
    ExactSettings,
    GraderSettings,
    JsonSchemaSettings,
    MathSettings,
    NumberSettings,
)  # fmt: skip

Specimens = tuple[tuple[str, ...], tuple[str, ...]]

_NOTHING = ("", "   ", "I do not know.")


def specimens(settings: GraderSettings, reference: str) -> Specimens:
    """(right, wrong): spellings the grader must accept, the reference first (where one reference holds several accepted
    forms, the first of them), and answers it must turn away.

    A reference the grader cannot read gives only itself as right, so that the final check shows the fault.
    """
    match settings:
        case NumberSettings():
            right, wrong = _number(settings, reference)
        case ExactSettings():
            right, wrong = _exact(settings, reference)
        case ChoiceSettings():
            right, wrong = _choice(settings, reference)
        case MathSettings():
            right, wrong = _math(reference)
        case JsonSchemaSettings():
            right, wrong = _json_schema(settings, reference)
    return tuple(dict.fromkeys(right or (reference,))), tuple(dict.fromkeys((*_NOTHING, *wrong)))


def _number(settings: NumberSettings, reference: str) -> Specimens:
    truth, _ = number.read(reference, settings.units)
    if truth is None:
        return (), ()
    unit = truth.unit or (settings.units[0] if settings.units else "")
    sign = unit if unit in ("$", "€", "£", "¥", "₹") else ""

    def spelled(value: Fraction, comma: bool = False) -> str:
        text = f"{decimal_text(value, comma)}"
        return f"-{sign}{text[1:]}" if sign and value < 0 else f"{sign}{text}" if sign else f"{text} {unit}".strip()

    value = truth.value
    tolerance = max(Fraction(repr(settings.absolute)), Fraction(repr(settings.relative)) * abs(value))
    step = Fraction(max(1, ceil(2 * tolerance) if tolerance >= Fraction(1, 2) else 1))
    off = spelled(value + step)
    right = [reference, f"A: {reference}", f"The answer is {reference}.", f"\\boxed{{{reference}}}", f"#### {reference}"]
    if is_decimal(value):
        right += [spelled(value), spelled(value, comma=True), spelled(value).replace("-", "−")]
    wrong = [off, f"A: {off}", spelled(value - step), f"either {reference} or {off}", f"A: {off} or {reference}"]
    wrong += [f"{off}, {reference}", f"It is not {reference}"]
    wrong += [spelled(far) for far in (-value, value * 10) if abs(far - value) > tolerance]
    if unit:
        wrong.append(f"{decimal_text(value)} {'furlongs' if unit != 'furlongs' else 'leagues'}")
    return tuple(right), tuple(wrong)


def is_decimal(value: Fraction) -> bool:
    """Whether at most twelve decimals spell the value exactly."""
    return (value * 10**12).denominator == 1


def decimal_text(value: Fraction, comma: bool = False) -> str:
    """The value as a decimal, exact to twelve places; a fraction stays one."""
    if not is_decimal(value):
        return str(value)
    whole, rest = divmod(abs(value), 1)
    digits = f"{int(rest * 10**12):012d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{int(whole):{',' if comma else ''}d}{'.' + digits if digits else ''}"


def _exact(settings: ExactSettings, reference: str) -> Specimens:
    forms = [form for form in (reference.split(settings.separator) if settings.separator else [reference]) if form.strip()]
    if not forms:
        return (), ()
    right = [text for form in forms for text in (form, f"  {form}\n", f"A: {form.strip()}", f"The answer is {form.strip()}")]
    if settings.ignore_case:
        right += [form.upper() for form in forms if form.upper().casefold() == form.casefold()]
    if settings.punctuation != "keep":
        right += [f"{form.strip()}." for form in forms]
    first = forms[0].strip()
    wrong = [f"not {first}", f"{first} or something else", f"{first}x", f"x{first}", "A: something else"]
    return tuple(right), tuple(wrong)


def _choice(settings: ChoiceSettings, reference: str) -> Specimens:
    truth, _ = choice.choose(reference, settings.options, settings.letters)
    if truth is None:
        return (), ()
    number_of = len(settings.options) or settings.letters
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:number_of]
    letter, others = names[truth], [name for name in names if name != names[truth]]
    right = [reference, letter, f"({letter})", f"{letter}.", f"Answer: {letter}", f"The answer is ({letter})."]
    wrong = [*others, f"{letter} or {others[0]}", f"Answer: {others[0]}, {letter}", ", ".join(names), f"not {letter}"]
    if settings.options:
        text = settings.options[truth]
        right += [text, f"{letter}. {text}", f"Answer: {text}"]
        wrong += [option for index, option in enumerate(settings.options) if index != truth]
        wrong.append(f"{letter}. {settings.options[names.index(others[0])]}")
    return tuple(right), tuple(wrong)


def _math(reference: str) -> Specimens:
    gold = mathematics.final(reference)
    if not gold:
        return (), ()
    bare = gold.strip("$ ")
    right = (reference, f"A: {gold}", f"\\boxed{{{bare}}}", f"The answer is \\boxed{{{bare}}}.")
    other = f"{bare}+1"
    return right, (other, f"\\boxed{{{other}}}", f"\\boxed{{{bare}}} or \\boxed{{{other}}}", f"A: {bare} or {other}")


def _json_schema(settings: JsonSchemaSettings, reference: str) -> Specimens:
    try:
        value = json_schema.extract(reference)
    except ValueError:
        return (), ("{", "[")
    dense, wide = json.dumps(value, ensure_ascii=False), json.dumps(value, ensure_ascii=False, indent=2)
    right = (reference, dense, wide, f"```json\n{wide}\n```")
    wrong = [f"{dense[:-1]}", f"```json\n{dense}\n```\nor\n```json\n[{dense}]\n```"]
    if settings.match == "equal":
        wrong += [json.dumps([value]), json.dumps({"value": value}), "null" if value is not None else "0"]
    return right, tuple(wrong)
