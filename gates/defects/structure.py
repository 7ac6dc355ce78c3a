"""Defects that the structure gate must catch: texts that are no finished item, and items that tell their own answer."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, Final

from gates.defects.planting import Planter, prompt_of, sentences_of, with_sentence

_SLOTS: Final = ("[NAME]", "[insert number]", "{{item}}", "{NUMBER}", "<PRODUCT_NAME>", "TODO", "[YOUR CITY]", "XXXX")
_CONTROLS: Final = ("\x00", "\x07", "\x08", "\x0b", "\x1b", "\x7f", "\x9d", "\u202e", "\ufffd")
_TOLD: Final = (
    "The answer is {0}.",
    "Answer: {0}",
    "(Correct answer: {0})",
    "The correct answer is {0}.",
    "Solution: the answer is {0}.",
)
_FOREIGN: Final = (
    "Am Montag lagen {0} Stück im Lager, und am Mittwoch wurden {1} davon an die Werkstatt geliefert, die sie für einen "
    "Auftrag brauchte. Am Freitag kamen noch {2} dazu. Wie viele Stück sind es am Ende der Woche?",
    "Le lundi, il y avait {0} pièces dans le dépôt, et le mercredi {1} pièces ont été livrées à un atelier pour une commande. "
    "Le vendredi, {2} pièces sont arrivées avec le camion. Combien de pièces sont dans le dépôt à la fin de la semaine ?",
    "El lunes había {0} piezas en el almacén y el miércoles se entregaron {1} de las piezas a un taller para un encargo. El "
    "viernes llegaron {2} piezas más con el camión. ¿Cuántas piezas hay en el almacén al final de la semana?",
    "В понедельник на складе было {0} деталей, в среду {1} из них отправили в мастерскую, а в пятницу привезли ещё {2}. "
    "Сколько деталей осталось на складе в конце недели?",
)
_ENGLISH: Final = (
    "On Monday there were {0} pieces in the store, and on Wednesday {1} of them were sent to the workshop for an order. On "
    "Friday the van brought {2} more. How many pieces are in the store at the end of the week?"
)
_IN_ENGLISH = re.compile(r"(?i)\b(?:the|of|and|is|are|was|were|how)\b")
_WORD_END = re.compile(r"(?<=\w)(?= )")


def _placeholder(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """A word of the prompt is still the slot of a template."""
    prompt = prompt_of(payload)
    words = [match.span() for match in re.finditer(r"(?<![\w`])[A-Za-z]{4,}(?![\w`])", prompt)]
    if not words:
        return None
    start, end = rng.choice(words)
    return {**payload, "prompt": f"{prompt[:start]}{rng.choice(_SLOTS)}{prompt[end:]}"}


def _control_characters(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """A character that is no text stands somewhere in the prompt."""
    prompt = prompt_of(payload)
    if not prompt:
        return None
    at = rng.randrange(1, len(prompt)) if len(prompt) > 1 else 0
    return {**payload, "prompt": f"{prompt[:at]}{rng.choice(_CONTROLS)}{prompt[at:]}"}


def _broken_off(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The prompt breaks off between two words, before it comes to its question: what a limit on tokens does."""
    prompt = prompt_of(payload)
    told = sentences_of(prompt)
    if len(told) < 2:
        return None
    ends = [match.start() for match in _WORD_END.finditer(prompt, 20, prompt.rindex(told[-1]))]
    return {**payload, "prompt": prompt[: rng.choice(ends)]} if ends else None


def _wrong_language(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """Another language's words around numbers of the prompt."""
    prompt = prompt_of(payload)
    if not prompt:
        return None
    numbers = re.findall(r"\d+", prompt) + [str(rng.randint(20, 400)) for _ in range(3)]
    text = rng.choice(_FOREIGN) if len(_IN_ENGLISH.findall(prompt)) >= 2 else _ENGLISH
    return {**payload, "prompt": text.format(*numbers[:3])}


def _answer_told(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """The prompt says what the answer is."""
    answer = str(payload.get("answer", "")).strip()
    if not answer or "\n" in answer or len(answer) > 80:
        return None
    return with_sentence(payload, rng.choice(_TOLD).format(answer), first=rng.random() < 0.3)


def _malformed(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
    """A text of the item is missing, or is a list of texts."""
    texts = [name for name in ("prompt", "answer") if isinstance(payload.get(name), str)]
    if not texts:
        return None
    name = rng.choice(texts)
    if rng.random() < 0.5:
        return {key: value for key, value in payload.items() if key != name}
    return {**payload, name: [payload[name]]}


PLANTERS: Final = tuple(
    Planter(kind, "structure", plant)
    for kind, plant in {
        "placeholder": _placeholder,
        "control_characters": _control_characters,
        "broken_off": _broken_off,
        "wrong_language": _wrong_language,
        "answer_told": _answer_told,
        "malformed": _malformed,
    }.items()
)
