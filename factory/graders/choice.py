"""Grades the choice of an option. Self-contained: this file alone, with the settings as keyword arguments, is a scorer.

An answer names an option by its letter (A is the first), by its text, or by both when they agree. One that names several
options, none, or says what the answer is not, has chosen nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SHORT = 200  # characters: a longer answer must mark its choice
_MARK = re.compile(
    r"####|\\boxed\s*(?=\{)|(?<!\w)A\s*[:：](?=\s*\S)"
    r"|\b(?i:final\s+answer|correct\s+(?:answer|option|choice)|answer|ans)\s*(?:\*\*\s*)?(?:(?i:is|would be)\b\s*:?|[:：=])"
)
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")  # NFKC would make 25 of 2⁵
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTER = r"(?:[(\[{]\s*(?P<closed>[A-Za-z])\s*[)\]}]|(?P<large>[A-Z])(?!\w)|(?P<small>[a-z])(?=\s*[).:]))"
_BOTH = (
    re.compile(rf"\W*(?:(?i:the\s+)?(?i:option|choice|letter)\s+)?{_LETTER}(?P<text>.+)", re.DOTALL),
    re.compile(rf"(?P<text>.+?)\s*(?=[(\[{{]){_LETTER}\W*", re.DOTALL),
)
_LINK = re.compile(r"^[\s,.:;)\]}]*(?:-+>?|=+>?|→|(?:which |that )?(?:is|means|says|reads)\b|i\.e\.,?)\s*", re.IGNORECASE)
_DENIAL = re.compile(r"\b(?:not|never|neither|nor|none|cannot|except)\b|n['’]t\b|\bn/a\b|\banything but\b", re.IGNORECASE)


def grade(answer: str, reference: str, *, options: Sequence[str] = (), letters: int = 5) -> tuple[bool, str, str]:
    """(correct, extracted, detail). Never raises, whatever the texts.

    options: their texts in letter order; without them only letters are read, `letters` of them from A on. The reference is a
    letter or an option's text.
    """
    truth, _ = choose(reference, options, letters)
    if truth is None:
        return False, "", "the reference names no option"
    given, why = choose(answer, options, letters)
    if given is None:
        return False, "", why
    return given == truth, _LETTERS[given], "the same option" if given == truth else f"not {_LETTERS[truth]}"


def choose(text: str, options: Sequence[str], letters: int = 5) -> tuple[int | None, str]:
    """The index of the one option that a text names, or None and why there is none."""
    whole = _plain(text)
    forms = [fold(option) for option in options]
    number = min(len(options) or letters, len(_LETTERS))
    if fold(whole) in forms:
        return forms.index(fold(whole)), ""
    end = max((match.end() for match in _MARK.finditer(whole)), default=None)
    if end is None and len(whole) > SHORT:
        return None, f"no marked choice in more than {SHORT} characters"
    said = whole[end:].strip() if end is not None else whole
    if not said:
        return None, "empty answer"
    if fold(said) in forms:
        return forms.index(fold(said)), ""
    named, rest = _named_by_text(said, forms)
    if _DENIAL.search(rest):
        return None, "the answer says what it is not"
    named |= _named_by_letter(said, rest, number) | _named_by_both(said, forms, number)
    if len(named) > 1:
        return None, "several options: " + ", ".join(_LETTERS[index] for index in sorted(named))
    return (named.pop(), "") if named else (None, "no option")


def _plain(text: str) -> str:
    text = _compatible(text)
    return re.sub(r"\\(?:text|mathrm|mathbf)\s*(?=\{)", "", text).replace("**", "").strip()


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", _RAISED.sub(r"^{\g<0>}", text))


def fold(text: str) -> str:
    """The form in which option texts are compared: case, white space and surrounding punctuation do not count."""
    return " ".join(_compatible(text).casefold().split()).strip(" .,;:!?\"'`“”‘’(){}[]$")


def _named_by_text(said: str, forms: Sequence[str]) -> tuple[set[int], str]:
    """The options whose text stands in what was said, longest first so that none is read inside another; the rest of it."""
    rest = " ".join(said.split())
    named: set[int] = set()
    for index in sorted(range(len(forms)), key=lambda i: -len(forms[i])):
        # A one-letter option text is read as a letter or as the whole answer only: "a" is in every sentence.
        if len(forms[index]) < 2:
            continue
        rest, hits = re.subn(rf"(?<!\w){re.escape(forms[index])}(?!\w)", "\x00", rest, flags=re.IGNORECASE)
        if hits:
            named.add(index)
    return named, rest


def _named_by_letter(said: str, rest: str, number: int) -> set[int]:
    """The options named by a capital letter standing alone; a small letter counts only in brackets or as all that was said."""
    valid = _LETTERS[:number]
    if re.fullmatch(r"\W*[a-zA-Z]\W*", said):
        letter = re.sub(r"\W", "", said).upper()
        return {valid.index(letter)} if letter in valid else set()
    found = re.findall(rf"(?<![\w'’])([{valid}])(?![\w'’])", rest) + re.findall(
        rf"[(\[{{]\s*([{valid.lower()}])\s*[)\]}}]", rest
    )
    if re.match(rf"\s*([{valid.lower()}])\s*[).:]", rest):
        found.append(rest.strip()[0])
    # "I" and "A" are words too: in running text they name an option only where a letter is expected.
    words = {word for word in ("I", "A") if re.search(rf"(?<!\w){word}\s+[a-z]{{2,}}", rest) and not _expected(word, rest)}
    return {valid.index(letter.upper()) for letter in found if letter not in words}


def _named_by_both(said: str, forms: Sequence[str], number: int) -> set[int]:
    """The options named by an answer that is a letter and a whole option text and nothing else: `B. 4`, `(b) 4`, `4 (B)`."""
    for form in _BOTH:
        if match := form.fullmatch(said):
            letter = next(letter for letter in match.group("closed", "large", "small") if letter).upper()
            texts = (fold(match["text"]), fold(_LINK.sub("", match["text"], count=1)))
            text = next((text for text in texts if text in forms), None)
            if text is not None and letter in _LETTERS[:number]:
                return {_LETTERS.index(letter), forms.index(text)}
    return set()


def _expected(letter: str, rest: str) -> bool:
    """Whether a letter cannot be a pronoun or an article: after "option", in brackets, before a link or, for an A, a verb."""
    link = "or|and|because" + ("|is|was|may|might|could|would|seems|looks|too|also" if letter == "A" else "")
    return (
        re.search(
            rf"\b(?:option|choice|letter|is)\s+{letter}\b|[(\[{{]{letter}[)\]}}]|(?<!\w){letter}\s+(?:{link})\b", rest, re.I
        )
        is not None
    )
