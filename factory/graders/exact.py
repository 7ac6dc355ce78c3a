"""Grades an answer by its spelling. Self-contained: this file alone, with the settings as keyword arguments, is a scorer.

An answer is right when the whole of it, or all that follows a final-answer mark, is the reference in another spelling:
Unicode form (NFKC) and white space never count; case, surrounding punctuation and articles count as the settings say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_MARK = re.compile(r"####|(?<!\w)A\s*[:：]|\b(?i:final\s+answer|answer|ans)\s*(?:\*\*\s*)?(?:(?i:is|would be)\b\s*:?|[:：=])")
_BOXED = re.compile(r"\\boxed\s*\{([^{}]*)\}")
_ENDS = " \t\n.,;:!?…\"'`´“”‘’«»*"
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")  # NFKC would make 25 of 2⁵
_ARTICLE = re.compile(r"\b(?:a|an|the)\b\s*", re.IGNORECASE)


def grade(
    answer: str,
    reference: str,
    *,
    ignore_case: bool = True,
    punctuation: str = "ends",
    ignore_articles: bool = False,
    separator: str = "",
    same: Sequence[Sequence[str]] = (),
) -> tuple[bool, str, str]:
    """(correct, extracted, detail). Never raises, whatever the texts.

    punctuation: "keep", "ends" (what surrounds the answer is ignored) or "all" (all of it is; mind "3.5" and "35").
    separator: splits the reference into several accepted forms. same: groups of spellings that count as one answer.
    """
    accepted = {
        form
        for text in _forms(reference, separator)
        if (form := _canonical(text, same, ignore_case, punctuation, ignore_articles))
    }
    if not accepted:
        return False, "", "the reference is empty"
    readings = extract(answer)
    for text in readings:
        if _canonical(text, same, ignore_case, punctuation, ignore_articles) in accepted:
            return True, text, "same spelling after normalisation"
    return False, readings[-1] if readings else "", "another spelling" if readings else "empty answer"


def extract(answer: str) -> tuple[str, ...]:
    """What may be the answer in a text: the whole, its one box, and all that follows a final-answer mark on the last line."""
    whole = answer.strip()
    if not whole:
        return ()
    found = [whole]
    boxed = _BOXED.findall(whole)
    if boxed and len(set(boxed)) == 1:
        found.append(boxed[0].strip())
    for match in _MARK.finditer(whole):
        first, _, more = whole[match.end() :].strip().partition("\n")
        # What follows the line could be a second answer, so only a text that ends there is read.
        if not more.strip():
            found.append(first.strip())
    return tuple(dict.fromkeys(text for text in found if text))


def normalise(text: str, ignore_case: bool, punctuation: str, ignore_articles: bool) -> str:
    """The one spelling that stands for all spellings the settings do not tell apart."""
    text = unicodedata.normalize("NFKC", _RAISED.sub(r"^{\g<0>}", text))
    if ignore_case:
        text = text.casefold()
    if punctuation == "all":
        text = "".join(" " if unicodedata.category(char).startswith("P") else char for char in text)
    elif punctuation == "ends":
        text = text.strip(_ENDS)
    if ignore_articles:
        text = _ARTICLE.sub("", text)
    return " ".join(text.split())


def _forms(reference: str, separator: str) -> list[str]:
    return reference.split(separator) if separator else [reference]


def _canonical(text: str, same: Sequence[Sequence[str]], ignore_case: bool, punctuation: str, ignore_articles: bool) -> str:
    """The normal form, or that of the first spelling of its group."""
    form = normalise(text, ignore_case, punctuation, ignore_articles)
    for group in same:
        forms = [normalise(spelling, ignore_case, punctuation, ignore_articles) for spelling in group]
        if form in forms:
            return forms[0]
    return form
