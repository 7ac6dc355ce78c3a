"""Novelty: unlike everything accepted, ever, and unlike the anchors and the reference sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

from factory.errors import BadInput
from factory.gate import Foreseen, GateContext, Outlook, error, passed, reject
from factory.ports import CorpusView, Neighbour
from factory.similarity import reach
from factory.types import Finding, Item, Role

SAME: Final = "same"
VARIANT: Final = "variant"
NEW: Final = "new"

_TEXT_KEPT: Final = 1000
_FIGURES: Final = tuple(field.name for field in fields(Neighbour))
# A guess for an author nobody has measured yet: the share of its items that repeat nothing.
PASSES: Final = 0.9

# Setting -> the least value at which the corpus still finds what the rule would name.
_LEAST: Final[Mapping[str, float]] = {
    "same_numbers_jaccard": reach.NUMBERS_JACCARD,
    "same_numbers_cosine": reach.NUMBERS_COSINE,
    "same_cosine": reach.COSINE,
    "variant_skeleton_jaccard": reach.SKELETON_JACCARD,
    "variant_jaccard": reach.JACCARD,
    "variant_cosine": reach.COSINE,
}


@dataclass(frozen=True)
class Novelty:
    """The rule, its thresholds inclusive. Figures behind the defaults: the project's performance notes, section 3.

    Same item: equal normalised text; or equal numbers (the same multiset of at least two) with character-shingle Jaccard >=
    same_numbers_jaccard or cosine >= same_numbers_cosine; or cosine >= same_cosine. Variant: equal skeleton, or word-shingle
    Jaccard of the skeletons >= variant_skeleton_jaccard, character-shingle Jaccard >= variant_jaccard, or cosine >=
    variant_cosine.

    A same item is rejected. A variant of an anchor or of a reference set's item is rejected too: their quota is 0. A variant of
    an accepted item joins the template of the nearest one and is rejected once template_quota items belong to it.

    What of a payload counts is the recipe's word (`novelty_view`), the same that the corpus keeps. neighbours_kept: how many
    of the nearest go into the evidence, beside the one that decided.
    """

    same_numbers_jaccard: float = 0.3
    same_numbers_cosine: float = 0.75
    same_cosine: float = 0.97
    variant_skeleton_jaccard: float = 0.7
    variant_jaccard: float = 0.5
    variant_cosine: float = 0.9
    template_quota: int = 3
    neighbours_kept: int = 3

    name: ClassVar[str] = "novelty"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "unlike everything accepted, the anchors and the reference sets"
    # Which fields the view draws on is the recipe's affair, so it answers again after any repair.
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for setting, least in _LEAST.items():
            if not least <= (value := getattr(self, setting)) <= 1:
                raise BadInput(
                    f"{value} lies outside {least} to 1, where the index would miss items",
                    where=f"gate novelty, {setting}",
                    fix=f"Set it between {least} and 1",
                )
        for setting, least_count in (("template_quota", 1), ("neighbours_kept", 0)):
            if (count := getattr(self, setting)) < least_count:
                raise BadInput(f"{count} is less than {least_count}", where=f"gate novelty, {setting}", fix="Raise it")

    def foresee(self, outlook: Outlook) -> Foreseen:
        return Foreseen(passes=PASSES)

    async def check(self, item: Item, context: GateContext) -> Finding:
        """Against the snapshot that this pull sees."""
        return await self.recheck(item, context.corpus)

    async def recheck(self, item: Item, corpus: CorpusView) -> Finding:
        """The same rule against whatever a view of the corpus shows; the lander asks it of everything landed."""
        if not item.view.strip():
            return error("no_text", "The recipe's novelty view of this payload is empty, so nothing can be compared")
        near = await corpus.neighbours(item.view, exclude=frozenset(item.lineage))
        return self.decide(item.id, near, corpus.template_size, embedder=corpus.embedder)

    def decide(
        self, item_id: str, near: tuple[Neighbour, ...], template_size: Callable[[str], int], *, embedder: str
    ) -> Finding:
        """The finding on an item whose neighbours, nearest first, are known; nothing else enters it."""
        for neighbour in near:
            if rule := self.same_item(neighbour):
                evidence = self._evidence(near, neighbour, rule, embedder)
                return reject(_same_slug(neighbour), f"The same item as {_called(neighbour)}: {rule}", evidence=evidence)
        variants = [(neighbour, rule) for neighbour in near if (rule := self.variant(neighbour))]
        for neighbour, rule in variants:
            if neighbour.source != "accepted":
                evidence = self._evidence(near, neighbour, rule, embedder)
                slug = "variant_of_anchor" if neighbour.source == "anchor" else "variant_of_reference"
                return reject(slug, f"A variant of {_called(neighbour)}: {rule}", evidence=evidence)
        if not variants:
            evidence = self._evidence(near, None, "", embedder)
            return passed("Unlike everything in the corpus", evidence=evidence, template=item_id)
        neighbour, rule = variants[0]
        template, size = neighbour.template or neighbour.id, template_size(neighbour.template or neighbour.id)
        evidence = {**self._evidence(near, neighbour, rule, embedder), "template": template, "template_size": size}
        if size >= self.template_quota:
            detail = f"A variant of {_called(neighbour)} ({rule}), whose template already has {size} accepted items"
            return reject("template_quota", detail, evidence=evidence)
        detail = f"A variant of {_called(neighbour)} ({rule}), number {size + 1} of {self.template_quota} of its template"
        return passed(detail, evidence=evidence, template=template)

    def relation(self, near: Neighbour) -> tuple[str, str]:
        """What a neighbour makes of an item, whatever quotas say: "same", "variant" or "new", and by which part of the rule."""
        if rule := self.same_item(near):
            return SAME, rule
        return (VARIANT, rule) if (rule := self.variant(near)) else (NEW, "")

    def same_item(self, near: Neighbour) -> str:
        """Which part of the same-item rule a neighbour meets, in words; "" for none."""
        if near.same_text:
            return "equal normalised text"
        if near.equal_numbers and near.jaccard >= self.same_numbers_jaccard:
            return f"equal numbers and shingle Jaccard {near.jaccard} >= {self.same_numbers_jaccard}"
        if near.equal_numbers and near.cosine >= self.same_numbers_cosine:
            return f"equal numbers and cosine {near.cosine} >= {self.same_numbers_cosine}"
        return f"cosine {near.cosine} >= {self.same_cosine}" if near.cosine >= self.same_cosine else ""

    def variant(self, near: Neighbour) -> str:
        """Which part of the variant rule a neighbour meets, in words; "" for none."""
        if near.same_skeleton:
            return "equal skeleton"
        if near.skeleton_jaccard >= self.variant_skeleton_jaccard:
            return f"skeleton Jaccard {near.skeleton_jaccard} >= {self.variant_skeleton_jaccard}"
        if near.jaccard >= self.variant_jaccard:
            return f"shingle Jaccard {near.jaccard} >= {self.variant_jaccard}"
        return f"cosine {near.cosine} >= {self.variant_cosine}" if near.cosine >= self.variant_cosine else ""

    def _evidence(self, near: tuple[Neighbour, ...], decided_by: Neighbour | None, rule: str, embedder: str) -> dict[str, Any]:
        kept = [n for rank, n in enumerate(near) if rank < self.neighbours_kept or n is decided_by]
        return {
            "rule": rule,
            "decided_by": decided_by.id if decided_by else None,
            "embedder": embedder,
            "neighbours": [{**{name: getattr(n, name) for name in _FIGURES}, "text": n.text[:_TEXT_KEPT]} for n in kept],
        }


def _same_slug(near: Neighbour) -> str:
    if near.source == "accepted":
        return "same_item"
    return "copy_of_anchor" if near.source == "anchor" else "copy_of_reference"


def _called(near: Neighbour) -> str:
    if near.source.startswith("reference:"):
        return f"item {near.id} of the reference set {near.source.removeprefix('reference:')}"
    return f"the anchor {near.id}" if near.source == "anchor" else f"the accepted item {near.id}"
