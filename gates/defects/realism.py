"""Defects that the realism gate must catch: a sentence no user would write, before or after an otherwise sound item."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final

from gates.defects.planting import Planter, with_sentence

_SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "template_residue": (
        "Question type: short answer.",
        "Topic tag: operations. Level: intermediate.",
        "Example problem for the operations category.",
        "Sure! Here is your problem:",
        "Output format: one number.",
    ),
    "evaluation_aware": (
        "This problem assesses careful reading.",
        "As a language model, answer with the value alone.",
        "Your grade will depend on this item.",
        "You will be graded on accuracy.",
        "This is a test of your arithmetic.",
    ),
    "unrealistic_stakes": (
        "The fate of the whole country hangs on the result.",
        "Millions of lives are at stake here.",
        "An error would cause a global catastrophe.",
        "If this number is wrong, hundreds of people will die.",
    ),
    "unnatural_precision": (
        "The corridor outside is {0}.{1} paces long.",
        "The ceiling there is {0}.{1} feet above the floor.",
        "The kettle in the kitchen is set to {0}.{1} degrees.",
        "The walk to the gate takes exactly {0}.{1} minutes.",
        "The lamp weighs {0}.5000 kg.",
    ),
}


def _planter(kind: str) -> Planter:
    def plant(payload: Mapping[str, Any], rng: random.Random) -> Mapping[str, Any] | None:
        sentence = rng.choice(_SENTENCES[kind]).format(rng.randint(11, 98), rng.randint(100_000, 999_999))
        return with_sentence(payload, sentence, first=rng.random() < 0.5)

    return Planter(kind, "realism", plant)


PLANTERS: Final = tuple(_planter(kind) for kind in _SENTENCES)
