"""What novelty is judged against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Texts to unit vectors. name identifies model and weights and goes into receipts; dimension is the vector's length."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension), rows of norm 1, or zero for a text of which nothing is known. A text's row must not
        depend on the other texts of the call.
        """
        ...


@dataclass(frozen=True, slots=True)
class Neighbour:
    """How near one corpus item is to a text. jaccard: true Jaccard of character 5-shingles; skeleton_jaccard: of the
    skeletons' word 3-shingles; cosine: of the vectors; all rounded to 4 decimals so that a replay can compare them.

    source: "accepted", "anchor" or "reference:NAME"; template: the item's template id, "" outside accepted items.
    """

    id: str
    source: str
    text: str
    template: str
    same_text: bool
    equal_numbers: bool
    same_skeleton: bool
    jaccard: float
    skeleton_jaccard: float
    cosine: float


class CorpusView(Protocol):
    """The corpus as one pull sees it: a fixed snapshot."""

    @property
    def embedder(self) -> str: ...

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        """Every item that any duplicate rule could name (shared text, numbers, skeleton, shingles, near vectors), and the
        nearest by cosine besides; nearest first in an order that ties cannot disturb. exclude: ids of its own lineage.
        """
        ...

    def template_size(self, template: str) -> int:
        """How many accepted items of the snapshot belong to a template."""
        ...


class CorpusItem(NamedTuple):
    """An accepted item as a corpus is filled with it. A plain tuple: a million are made at a restart."""

    id: str
    text: str
    template: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Accepted items as a corpus is filled with them. items: in landing order; vectors: what is kept of these very texts, by
    their items' ids; landed: at which index those stand that did not stand at the job's start.
    """

    items: Iterable[CorpusItem]
    vectors: Callable[[Sequence[str]], Mapping[str, bytes]]
    landed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorpusEntry:
    """An accepted item as the corpus keeps it. vector: float16 little-endian bytes by the corpus's embedder."""

    id: str
    text: str
    template: str
    vector: bytes


class Corpus(Protocol):
    """Accepted items, anchors and reference sets, searchable; grows as this job lands."""

    def at(self, horizon: int | None) -> CorpusView:
        """What stood at job start plus this job's landings with index <= horizon; None: everything landed so far."""
        ...

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        """Take in an accepted item, landed at `index`, and return what the store must keep of it."""
        ...
