"""Known defects for gate audits: each planted in a known-good item, without a word of any recipe.

A file per gate, with its planters in `PLANTERS`. What can only be planted by whoever knows how an item is written lies beside
that recipe.
"""

from __future__ import annotations

from typing import Final

from gates.defects import counter, gameability, invariants, realism
from gates.defects.planting import Planter

PLANTERS: Final[tuple[Planter, ...]] = (
    *counter.PLANTERS,
    *realism.PLANTERS,
    *gameability.PLANTERS,
    *invariants.PLANTERS,
)
"""Every planter that needs no recipe, by gate."""

__all__ = ["PLANTERS", "Planter"]
