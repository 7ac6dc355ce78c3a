"""Known defects for gate audits: each planted in a known-good item, without a word of any recipe.

A file per gate, with its planters in `PLANTERS`. What can only be planted by whoever knows how an item is written lies beside
that recipe.
"""

from __future__ import annotations

from typing import Final

from gates.defects import counter, final_check, gameability, invariants, novelty, oracle, realism, structure
from gates.defects.planting import Planter, SetPlanter

PLANTERS: Final[tuple[Planter, ...]] = (
    *structure.PLANTERS,
    *invariants.PLANTERS,
    *novelty.PLANTERS,
    *oracle.PLANTERS,
    *counter.PLANTERS,
    *realism.PLANTERS,
    *gameability.PLANTERS,
    *final_check.PLANTERS,
)
"""Every planter that needs no recipe, by gate."""

SET_PLANTERS: Final[tuple[SetPlanter, ...]] = gameability.SET_PLANTERS
"""Every planter of a defect that a set has and none of its items."""

__all__ = ["PLANTERS", "SET_PLANTERS", "Planter", "SetPlanter"]
