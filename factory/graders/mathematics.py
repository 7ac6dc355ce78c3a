"""Grades a mathematical answer by equivalence, through math-verify. With that package, this file alone is a scorer.

Run as a program (`--serve`) it is a worker: a JSON request a line in, a JSON verdict a line out. The parent bounds its time by
killing it, since a symbolic comparison cannot be interrupted from within; math-verify's own timeouts use signals, which work in
a main thread only, and are switched off here.
"""

from __future__ import annotations

import json
import logging
import re
import signal
import sys
from typing import Any

SHORT = 400  # characters: a longer answer must mark its final result
_LONGEST = 4_000  # characters of a marked result that are read
_MEMORY = 4 << 30  # bytes a worker may map, so that an exploding power ends the worker and not the machine
_GRACE = 2.0  # seconds the parent has to end a late worker before the worker ends itself
_MARK = re.compile(
    r"####|(?<!\w)A\s*[:：]|\b(?i:final\s+answer|answer|ans)\s*(?:\*\*\s*)?(?:(?i:is|would be|equals)\b\s*:?|[:：])"
)
_TIES = re.compile(
    r"\b(?:or|and|either|maybe|perhaps|possibly|alternatively|otherwise|unless)\b|\\(?:lor|vee)\b|∨", re.IGNORECASE
)
_DENIAL = re.compile(
    r"\b(?:not|never|except)\b|n['’]t\b|\b(?:any|every|no)thing but\b|\bother than\b|\\neq?\b|≠", re.IGNORECASE
)
# What is left to do in a result that was not worked out: a problem's own formula, given back, is worth what was asked.
_TO_DO = re.compile(r"\\(?:int|iint|oint|sum|prod|lim)(?![A-Za-z])|[∫∑∏]|\bd\s*/\s*d[a-z]\b")
_FORMULA = re.compile(r"\$([^$]+)\$")
_NUMERAL = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_SUM = re.compile(r"(?:[\d.,\s()+*/^{}×·÷-]|\\(?:cdot|times|div|left|right|frac)(?![A-Za-z]))+")
_OPERATION = re.compile(r"[+*×·÷^]|\\(?:cdot|times|div)|[\d)}]\s*-")
_POWER_OF_TEN = re.compile(r"(?:-?\d[\d.]*\s*(?:[*×·]|\\cdot|\\times)\s*)?10\s*\^\s*(?:\{\s*-?\d+\s*\}|-?\d+)")
_WORD = re.compile(r"(?<!\\)\b[A-Za-z]{3,}")
_DELIMITERS = re.compile(r"\$|\\[()\[\]]|\\boxed")


def grade(answer: str, reference: str, *, decimals: int = 6) -> tuple[bool, str, str]:
    """(correct, extracted, detail). decimals: to which floating-point values are compared.

    Raises what math-verify raises for memory or recursion; a caller that needs a bound runs it in a worker.
    """
    gold = final(reference)
    said = final(answer)
    if not gold:
        return False, "", "the reference is empty"
    if not said:
        return False, "", "no final result"
    if _TIES.search(said) and not _TIES.search(gold):
        return False, said, "several results"
    if _DENIAL.search(said) and not _DENIAL.search(gold):
        return False, said, "the result is denied"
    if _lines(said) > _lines(gold):
        return False, said, "several results"
    if _left_to_do(said, gold):
        return False, said, "not worked out"
    golds, given = _parse(gold), _parse(said)
    if not golds:
        return False, said, "the reference has no mathematical reading"
    if not given:
        return False, said, "no mathematical reading"
    from math_verify import verify

    # The gold first: the comparison is not symmetric.
    correct = bool(verify(golds, given, float_rounding=decimals, timeout_seconds=None))
    return correct, said, "equivalent" if correct else f"not {gold}"


def final(text: str) -> str:
    """The final result of a text: its boxed one, what follows its last mark, or all of it when short; "" if there is none."""
    text = text.strip()
    boxed = _boxed(text)
    if boxed:
        # Several boxes are several results, unless they are one result repeated.
        return " or ".join(dict.fromkeys(boxed))[:_LONGEST]
    ends = [match.end() for match in _MARK.finditer(text)]
    if ends:
        return text[ends[-1] :].strip().rstrip(".").replace("**", "")[:_LONGEST]
    return text.rstrip(".") if len(text) <= SHORT else ""


def _lines(text: str) -> int:
    """How many lines of bare mathematics a text has, none of which follows from another; 1 for anything else."""
    lines = [line for line in text.splitlines() if line.strip()]
    return 1 if "=" in text or _WORD.search(text) else len(lines)


def _left_to_do(said: str, gold: str) -> bool:
    """Whether a result still holds an integral, a sum or a limit that the reference does not, or is bare arithmetic where the
    reference is a numeral.
    """
    if _TO_DO.search(said) and not _TO_DO.search(gold):
        return "=" not in said
    formulas = _FORMULA.findall(said)
    plain = (formulas[-1] if formulas else said).strip("$ ")
    if not _NUMERAL.fullmatch(gold.strip("$ ")) or _POWER_OF_TEN.fullmatch(plain):
        return False
    return _SUM.fullmatch(plain) is not None and _OPERATION.search(plain) is not None


def _boxed(text: str) -> list[str]:
    """The contents of every \\boxed{...} with balanced braces."""
    found = []
    for match in re.finditer(r"\\boxed\s*\{", text):
        depth = 1
        for at in range(match.end(), len(text)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if depth == 0:
                found.append(text[match.end() : at].strip())
                break
    return found


def _parse(text: str) -> list[Any]:
    from math_verify import parse

    # Bare mathematics is read as LaTeX; text that brings its own delimiters, or words, is left to math-verify's search.
    wrapped = text if _DELIMITERS.search(text) or re.search(r"(?<!\\)\b[A-Za-z]{3,}\s", text) else f"${as_latex(text)}$"
    return list(parse(wrapped, parsing_timeout=None)) or list(parse(text, parsing_timeout=None))


def as_latex(text: str) -> str:
    """Plain-text mathematics in LaTeX spelling: sqrt(2), pi, 2*x, %."""
    text = re.sub(r"(?<![\\\w])sqrt\s*\(([^()]*)\)", r"\\sqrt{\1}", text)
    text = re.sub(r"(?<![\\\w])(pi|sin|cos|tan|log|ln|exp)\b", r"\\\1", text)
    return text.replace("**", "^").replace("*", r" \cdot ").replace("−", "-")


def serve() -> None:
    """Answer requests from standard input until it closes."""
    _bound_memory()
    import math_verify  # noqa: F401

    _reply({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        _end_after(request["seconds"] + _GRACE)
        try:
            verdict = list(grade(request["answer"], request["reference"], **request["settings"]))
        except Exception as failure:
            # A text that breaks the parser has no mathematical reading; the next request must still be served.
            verdict = [False, "", f"unreadable: {type(failure).__name__}"]
        _end_after(0)
        _reply({"verdict": verdict})


def _reply(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_after(seconds: float) -> None:
    """Have the system end this process after so many seconds, should its parent be gone by then; each request starts anew."""
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _bound_memory() -> None:
    logging.disable(logging.CRITICAL)
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__" and sys.argv[1:] == ["--serve"]:
    serve()
