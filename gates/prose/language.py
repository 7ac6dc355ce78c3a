"""Whether a text is in the language a spec asks for: by the share of its script, then by function words.

Conservative on purpose. A script is told from few letters; languages of one script are told apart only when another language's
function words clearly outnumber the wanted one's, so short technical text, names and code never count against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gates.prose.words import words

_SCRIPTS: Mapping[str, str] = {
    "latin": r"A-Za-zÀ-ɏḀ-ỿ",
    "cyrillic": r"\u0400-\u052f",
    "greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "hebrew": r"\u0590-\u05ff",
    "arabic": r"\u0600-\u06ff\u0750-\u077f",
    "devanagari": r"\u0900-\u097f",
    "thai": r"\u0e00-\u0e7f",
    "hangul": r"\uac00-\ud7af\u1100-\u11ff",
    "kana": r"\u3040-\u30ff",
    "han": r"\u4e00-\u9fff\u3400-\u4dbf",
}
_IN_SCRIPT = {name: re.compile(f"[{ranges}]") for name, ranges in _SCRIPTS.items()}

_LANGUAGE_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("ru", "uk", "bg"), ("cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("arabic",)),
    **dict.fromkeys(("hi", "mr"), ("devanagari",)),
    "el": ("greek",),
    "he": ("hebrew",),
    "th": ("thai",),
    "ko": ("hangul", "han"),
    "ja": ("kana", "han"),
    "zh": ("han",),
}

_FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words(text))
    for language, text in {
        "en": "the a an of and to in is are was were that it for on with as by this be at from or which what how many much "
        "has have had if each his her their does do did will would can not he she they there then than when who",
        "de": "der die das den dem des ein eine einen einem einer und ist sind war mit von zu im auf für nicht wie viel viele "
        "wird werden hat haben sich er sie es auch bei nach aus wenn dann jeder jede pro kostet beträgt",
        "fr": "le la les un une des du de et est sont dans pour avec sur par que qui il elle ils combien quel quelle au aux "
        "ce cette chaque plus ne pas si a ont été son ses",
        "es": "el la los las un una de del y es son en para con por que se cuántos cuánto cuántas cuál al su sus cada más si "
        "no tiene hay ha han como",
        "it": "il lo la gli le un una di del della e è sono in per con che si quanti quanto quale al ogni più se non ha hanno "
        "da nel nella suo sua",
        "pt": "o a os as um uma de do da dos das e é são em no na para com por que se quantos quanto qual ao cada mais não "
        "tem há seu sua foi",
        "nl": "de het een en van is zijn in op met voor dat die niet te hoeveel elke per als dan hij zij heeft hebben wordt "
        "naar",
        "sv": "och att det som en ett är av för på med till den inte har hur många varje om när han hon sig från",
        "pl": "i w na z do się nie jest to że ile jak za po od są oraz każdy każda który która ma dla przez",
    }.items()
}
# Words of questions on what is left, which are too short or too rare to tell a language by elsewhere.
_ASKED: Mapping[str, frozenset[str]] = {
    "de": frozenset(words("waren am ende insgesamt übrig wurden")),
    "fr": frozenset(words("y en avait fin reste restait total")),
    "es": frozenset(words("había al final quedaron fueron eran total cuantos cuantas")),
    "it": frozenset(words("ce ne n c erano alla fine rimasti totale quante")),
    "pt": frozenset(words("havia no fim final restaram quantas total")),
    "nl": frozenset(words("er waren aan einde over totaal")),
}
# A question that is a sentence by itself: after a colon or in quotes it is spoken of.
_QUESTION = re.compile(r"(?:\A|[.!]\s+|\n)\s*[-*•¿]?\s*([^.?!\n:\"“”«»„]*)\?\s*(?=\Z|[\sA-Z])")
# An English order about a text in another language.
_TRANSLATES = re.compile(
    r"(?i)\b(?:translate|pronounce|conjugate)\b|"
    r"\b(?:in|into|to|from) (?:english|german|french|spanish|italian|portuguese|dutch)\b"
)
_OF_LANGUAGES = re.compile(
    r"(?i)\b(?:translat\w+|languages?|german|french|spanish|italian|portuguese|dutch|english|pronounce\w*|pronunciation|grammar|"
    r"conjugat\w+|means?|meaning|phrase|word|sentence|correct)\b"
)
_FEW_ASKED = 3
_ASKED_SHARE = 0.4
_WORD = re.compile(r"[^\W\d_]+")

_ENOUGH_LETTERS = 20
_ENOUGH_WORDS = 6
_FEW_HITS = 4


def primary_language(tag: str) -> str:
    """`pt` of `pt-BR`."""
    return tag.partition("-")[0].lower()


def mismatch(text: str, language: str) -> str:
    """Why a text is not in `language` (a BCP 47 tag), in a few words; "" when it is, or when too little is there to tell."""
    primary = primary_language(language)
    wanted = _LANGUAGE_SCRIPTS.get(primary, ("latin",) if primary in _FUNCTION_WORDS else ())
    if not wanted:
        return ""
    return _wrong_script(text, primary, wanted) or (_wrong_words(text, primary) if wanted == ("latin",) else "")


def foreign_question(text: str, language: str) -> str:
    """Why the only question of an English text is not in English, in a few words; "" when it is, or where the text speaks of
    languages, or quotes.
    """
    if primary_language(language) != "en" or text.count("?") != 1 or _OF_LANGUAGES.search(text):
        return ""
    asked = _QUESTION.search(text)
    said = [word.lower() for word in _WORD.findall(asked[1]) if len(word) > 1] if asked else []
    if len(said) < _FEW_ASKED or any(word in _FUNCTION_WORDS["en"] for word in said):
        return ""
    hits = {code: sum(word in _FUNCTION_WORDS[code] | known for word in said) for code, known in _ASKED.items()}
    other = max(hits, key=lambda code: hits[code])
    if hits[other] >= max(_FEW_ASKED, _ASKED_SHARE * len(said)):
        return f"{hits[other]} of the {len(said)} words of its question are function words of {other}, none of en"
    return ""


def _wrong_script(text: str, primary: str, wanted: tuple[str, ...]) -> str:
    counts = {name: len(pattern.findall(text)) for name, pattern in _IN_SCRIPT.items()}
    letters = sum(counts.values())
    if letters < _ENOUGH_LETTERS and max(counts.values()) == counts["latin"]:
        return ""
    share = sum(counts[name] for name in wanted) / max(letters, 1)
    # Formulas, names and code are Latin in every language, so a text in another script may hold a good part of them.
    least = 0.5 if wanted == ("latin",) else 0.3
    if letters and share < least:
        most = max(counts, key=lambda name: counts[name])
        return f"{1 - share:.0%} of its letters are not {' or '.join(wanted)}, most are {most}"
    if primary == "zh" and counts["kana"] > 0.1 * letters:
        return "it holds Japanese kana"
    if primary == "ja" and counts["han"] > 30 and not counts["kana"]:
        return "it holds no kana"
    return ""


def _wrong_words(text: str, primary: str) -> str:
    said = [word.lower() for word in _WORD.findall(text)]
    if len(said) < _ENOUGH_WORDS:
        return ""
    hits = {language: sum(word in known for word in said) for language, known in _FUNCTION_WORDS.items()}
    own = hits.pop(primary)
    other = max(hits, key=lambda language: hits[language])
    if primary == "en" and _TRANSLATES.search(text):
        return ""
    if hits[other] >= max(_FEW_HITS, 2.5 * own) and hits[other] >= 0.2 * len(said):
        return f"{hits[other]} of its {len(said)} words are function words of {other}, {own} of {primary}"
    return ""
