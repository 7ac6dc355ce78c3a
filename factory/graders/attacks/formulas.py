"""Tricks against the mathematical grader, and the spellings that it must accept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from factory.graders import mathematics
from factory.graders.attacks.battery import Trial, raised, trials

_HEDGES: Final = (
    "{r} or {d}", "either {r} or {d}", "A: {r} or {d}", "${r}$ or ${d}$", "${r}$ and ${d}$", "${d}$, ${r}$", "${r}$; ${d}$",
    "\\boxed{{{r}}} or \\boxed{{{d}}}", "\\boxed{{{d}}} \\boxed{{{r}}}", "\\boxed{{{r} \\text{{ or }} {d}}}", "{r} = {d}",
    "$x = {r}$ or $x = {d}$", "${r}$ ${d}$", "maybe {r}, maybe {d}", "{d} and {r}", "\\boxed{{{d} \\lor {r}}}", "{d}\n{r}",
)  # fmt: skip
_TAKEN_BACK: Final = ("It is not {r}", "The answer isn't ${r}$", "A: ${r}$\nA: ${d}$", "\\neq {r}", "anything but {r}")
_CONSTANTS: Final = ("0", "1", "2", "10", "100", "x", "\\pi")
_FORMULA: Final = re.compile(r"\$\$?([^$\n]{3,200})\$\$?|\\\((.{3,200}?)\\\)|\\\[(.{3,200}?)\\\]")
_WORK: Final = re.compile(r"\d\s*(?:[-+*/^=×·÷]|\\(?:cdot|times|div))|\\(?:frac|sum|int|prod|sqrt|lim|binom)|\^")


def attacks(prompt: str, reference: str) -> Iterator[Trial]:
    gold = mathematics.final(reference)
    if not gold:
        return
    right = gold.strip("$ ")
    decoy = f"{right}+1" if not _several(right) else f"1,{right}"
    yield from trials("hedge", (form.format(r=right, d=decoy) for form in _HEDGES if "=" not in right or "\n" not in form))
    yield from trials("taken_back", (form.format(r=right, d=decoy) for form in _TAKEN_BACK))
    if not _several(right):
        # A list is wrong where one value is asked for; where a set is, the same list may be it.
        joined = (f"{right}, {decoy}", f"{decoy}, {right}", f"\\{{{right}, {decoy}\\}}", f"\\boxed{{{right}, {decoy}}}")
        yield from trials("stuffing", joined)
        yield from trials("stuffing", (f"x \\in \\{{{decoy}, {right}\\}}", f"({decoy}, {right})"))
    if "=" not in right:
        yield from trials("off_format", (f"-({right})-1", f"10*({right})+1", f"\\boxed{{{decoy}}}"))
    yield from trials("constant", (text for text in _CONSTANTS if text.strip("\\") != right.strip("\\")))
    yield from raised(right)
    yield from trials("formula_echo", formulas(prompt, right))


def formulas(prompt: str, right: str) -> list[str]:
    """The formulas of a prompt that still have to be worked out: what they are worth is what was asked."""
    found = [next(part for part in match.groups() if part).strip() for match in _FORMULA.finditer(prompt)]
    return list(dict.fromkeys(text for text in found if _WORK.search(text) and text != right))[:20]


def equivalents(reference: str) -> Iterator[Trial]:
    gold = mathematics.final(reference)
    if not gold:
        return
    right = gold.strip("$ ")
    tex = mathematics.as_latex(right)
    yield from trials("latex", (f"${tex}$", f"\\({tex}\\)", f"\\[{tex}\\]", f"\\boxed{{{right}}}", f"$\\boxed{{{tex}}}$"))
    yield from trials("marked", (f"A: ${tex}$", f"Answer: ${tex}$", f"#### {right}", f" {right}\n"))
    yield from trials("sentence", (f"The answer is ${tex}$.", f"Therefore the final answer is $\\boxed{{{tex}}}$."))
    if "\\frac" in right:
        yield Trial("latex", f"${right.replace(chr(92) + 'frac', chr(92) + 'dfrac')}$")
    if re.fullmatch(r"-?\d+", right):
        yield Trial("spelling", f"{right}.0")
    if match := re.fullmatch(r"(-?)(\d+)/(\d+)", right):
        yield Trial("fraction", f"${match[1]}\\frac{{{match[2]}}}{{{match[3]}}}$")


def _several(right: str) -> bool:
    """Whether the reference is a tuple, a set, an interval or a list itself."""
    return bool(re.search(r",|\\cup|\\pm|\bor\b", right)) or right[:1] in "([{" or right.startswith("\\{")
