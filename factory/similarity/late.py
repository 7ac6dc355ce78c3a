"""A corpus that is still being filled when the run begins: whoever asks it something waits until everything stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory.errors import FactoryError
from factory.ports import CorpusEntry, CorpusView, Neighbour

if TYPE_CHECKING:
    from factory.similarity.corpus import MemoryCorpus


class LateCorpus:
    """Implements `factory.ports.Corpus`. Nothing is admitted before everything that stood at job start does, so a view made
    meanwhile sees what it would have seen afterwards.
    """

    def __init__(self, embedder: str, build: Callable[[], Awaitable[MemoryCorpus]]) -> None:
        """embedder: its name; build: called in a task of the event loop that this is made in."""
        self.embedder = embedder
        self._building = asyncio.ensure_future(_built(build))

    def on_failure(self, told: Callable[[FactoryError], None]) -> None:
        """Have `told` called with why it could not be built, at once where that is known already."""

        def ended(building: asyncio.Future[MemoryCorpus]) -> None:
            failure = None if building.cancelled() else building.exception()
            if isinstance(failure, FactoryError):
                told(failure)

        self._building.add_done_callback(ended)

    def at(self, horizon: int | None) -> CorpusView:
        if self._building.done():
            return self._building.result().at(horizon)
        return _LateView(self, horizon)

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        return await (await self.built()).admit(id, text, template=template, index=index)

    async def built(self) -> MemoryCorpus:
        """Raises FactoryError where it could not be built."""
        # Whoever waits here may be cancelled; the corpus is for the others too.
        return await asyncio.shield(self._building)

    async def close(self) -> None:
        """Stop filling it, or let go of it. Texts that are being embedded at this moment are finished."""
        self._building.cancel()
        await asyncio.gather(self._building, return_exceptions=True)
        if not self._building.cancelled() and self._building.exception() is None:
            self._building.result().close()


async def _built(build: Callable[[], Awaitable[MemoryCorpus]]) -> MemoryCorpus:
    try:
        return await build()
    except FactoryError:
        raise
    except Exception as exc:
        what = f"the corpus could not be loaded: {type(exc).__name__}: {exc}"
        raise FactoryError(what, fix="Once that is mended, resume the job") from exc


@dataclass(frozen=True, slots=True)
class _LateView:
    """Implements `factory.ports.CorpusView`."""

    corpus: LateCorpus
    horizon: int | None

    @property
    def embedder(self) -> str:
        return self.corpus.embedder

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        return await (await self.corpus.built()).at(self.horizon).neighbours(text, exclude=exclude)

    def template_size(self, template: str) -> int:
        """A template's name comes from `neighbours`, so by then everything stands."""
        return self.corpus.at(self.horizon).template_size(template)
