"""The corpus of a line none of whose gates compares anything with it (`without: [novelty]`): nothing is embedded or kept.

Loading an embedder takes seconds and hundreds of megabytes, which such a run should not pay for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.errors import FactoryError
from factory.ports import CorpusEntry, Embedder, Neighbour


@dataclass(frozen=True, slots=True)
class _NoEmbedder:
    name: str = "none"
    dimension: int = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise _unread()


NO_EMBEDDER: Final[Embedder] = _NoEmbedder()


class UnreadCorpus:
    """Implements `factory.ports.Corpus` and its view. Accepted items go to the store with no vector: a later job whose gates
    do compare embeds them then. Raises FactoryError when it is asked anything, which ends the job: a finding made without the
    corpus would be no evidence.
    """

    embedder: Final = NO_EMBEDDER.name

    def at(self, horizon: int | None) -> UnreadCorpus:
        return self

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        return CorpusEntry(id, text, template, b"")

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        raise _unread()

    def template_size(self, template: str) -> int:
        raise _unread()

    async def close(self) -> None:
        """There is nothing to let go of."""


def _unread() -> FactoryError:
    return FactoryError(
        "the corpus was asked, but no gate of this run is one that compares with it, so none was loaded",
        fix="A gate that reads the corpus must be a LandingGate (have a `recheck`), so that landing asks it again",
    )
