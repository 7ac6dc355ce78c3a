"""The corpus in memory: accepted items, anchors and reference sets, each pull seeing exactly its own snapshot of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.ports import CorpusEntry, Embedder, Neighbour
from factory.similarity.index import AT_START, Index, Row, Scope
from factory.similarity.references import Reference, cache_key, pack, unpack
from factory.similarity.sketch import Sketch, embed_half, records, sketch
from factory.similarity.vectors import Half, to_half

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

GetCache = Callable[[str], bytes | None]
PutCache = Callable[[str, bytes], Awaitable[None]]
# Called with the reference set's name, texts done, texts in all.
Progress = Callable[[str, int, int], None]

ACCEPTED: Final = "accepted"
ANCHOR: Final = "anchor"
REFERENCE: Final = "reference:"

# A pull's sketch is wanted again at its landing, at most the lookahead and the revisions in flight later.
_SKETCHES_KEPT: Final = 4096
_CHUNK: Final = 64
_EVERYTHING: Final = 2**62


class MemoryCorpus:
    """Implements `factory.ports.Corpus`. Call it from one event loop; texts are embedded in a worker thread beside it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._index = Index(embedder.dimension)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sketch")
        self._sketches: OrderedDict[str, Sketch] = OrderedDict()

    @property
    def embedder(self) -> str:
        return self._embedder.name

    def __len__(self) -> int:
        return len(self._index)

    def at(self, horizon: int | None) -> View:
        """What stood at job start plus this job's landings with index <= horizon; None: everything landed so far."""
        if horizon is None:
            return View(self, Scope(len(self._index), _EVERYTHING))
        return View(self, Scope(_EVERYTHING, horizon))

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        """Take in an accepted item, landed at `index`, and return what the store must keep of it."""
        made = await self.sketch(text)
        self._index.add([Row(id, ACCEPTED, text, template, index)], records([made], self._embedder.dimension))
        return CorpusEntry(id, text, template, made.vector.tobytes())

    async def sketch(self, text: str) -> Sketch:
        """A text's sketch, from the cache of those made last or from the worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._sketch, text)

    def _sketch(self, text: str) -> Sketch:
        """Runs in the worker thread only, which alone touches the cache."""
        if (known := self._sketches.get(text)) is not None:
            self._sketches.move_to_end(text)
            return known
        made = sketch(text, embed_half(self._embedder, text))
        self._sketches[text] = made
        if len(self._sketches) > _SKETCHES_KEPT:
            self._sketches.popitem(last=False)
        return made

    def near(self, sought: Sketch, scope: Scope) -> tuple[Neighbour, ...]:
        return self._index.near(sought, scope)

    def template_size(self, template: str, scope: Scope) -> int:
        return self._index.template_size(template, scope)

    def close(self) -> None:
        """End the worker thread; texts waiting for it are dropped."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    # --- filling it at job start ---

    async def take_accepted(self, entries: Iterable[CorpusEntry], landed: Mapping[str, int]) -> None:
        rest = iter(entries)
        while chunk := list(islice(rest, _CHUNK)):
            found = await self._in_worker(self._sketch_entries, chunk)
            rows = [Row(e.id, ACCEPTED, e.text, e.template, landed.get(e.id, AT_START)) for e in chunk]
            self._index.add(rows, found)

    def _sketch_entries(self, entries: Sequence[CorpusEntry]) -> NDArray[np.void]:
        made = [sketch(entry.text, self._kept_vector(entry)) for entry in entries]
        return records(made, self._embedder.dimension)

    def _kept_vector(self, entry: CorpusEntry) -> Half:
        """The stored vector where it is whole; another embedder's item, or a torn one, is embedded again."""
        if len(entry.vector) == 2 * self._embedder.dimension:
            return np.frombuffer(entry.vector, dtype="<f2")
        return embed_half(self._embedder, entry.text)

    async def take_texts(self, source: str, items: Sequence[tuple[str, str]]) -> NDArray[np.void]:
        """Sketch (id, text) pairs, add them as standing at job start, and return their records, shape (len(items),)."""
        made = await self._in_worker(self._sketch_texts, [text for _, text in items])
        self._index.add([Row(id, source, text, "", AT_START) for id, text in items], made)
        return made

    def _sketch_texts(self, texts: Sequence[str]) -> NDArray[np.void]:
        vectors = to_half(self._embedder.embed(texts))
        return records([sketch(t, v) for t, v in zip(texts, vectors, strict=True)], self._embedder.dimension)

    async def take_reference(
        self, reference: Reference, get_cache: GetCache, put_cache: PutCache, progress: Progress | None
    ) -> None:
        source, count = f"{REFERENCE}{reference.name}", len(reference.texts)
        items = [(f"{reference.name}#{position}", text) for position, text in enumerate(reference.texts, start=1)]
        key = cache_key(reference, self._embedder.name)
        if (cached := get_cache(key)) is not None:
            try:
                known = unpack(cached, dimension=self._embedder.dimension, count=count)
            except BadInput:
                # Whatever lies under this key is not ours to trust, and all of it can be made again.
                pass
            else:
                self._index.add([Row(id, source, text, "", AT_START) for id, text in items], known)
                return
        made: list[NDArray[np.void]] = []
        for start in range(0, count, _CHUNK):
            made.append(await self.take_texts(source, items[start : start + _CHUNK]))
            if progress:
                progress(reference.name, min(start + _CHUNK, count), count)
        if made:
            await put_cache(key, pack(np.concatenate(made)))

    async def _in_worker(self, work: Callable[[_Given], _Made], given: _Given) -> _Made:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, given)


@dataclass(frozen=True, slots=True)
class View:
    """Implements `factory.ports.CorpusView`."""

    corpus: MemoryCorpus
    scope: Scope

    @property
    def embedder(self) -> str:
        return self.corpus.embedder

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        """See `factory.ports.CorpusView`; how far it looks: `factory.similarity.reach`."""
        sought = await self.corpus.sketch(text)
        return self.corpus.near(sought, Scope(self.scope.rows, self.scope.horizon, exclude))

    def template_size(self, template: str) -> int:
        return self.corpus.template_size(template, self.scope)


async def build(
    embedder: Embedder,
    *,
    accepted: Iterable[CorpusEntry] = (),
    landed: Mapping[str, int] = MappingProxyType({}),
    anchors: Sequence[tuple[str, str]] = (),
    references: Sequence[Reference] = (),
    get_cache: GetCache,
    put_cache: PutCache,
    progress: Progress | None = None,
) -> MemoryCorpus:
    """The corpus as a job starts or resumes.

    accepted: every accepted item of the store, in landing order; landed: those of them that this very job landed, id to
    landing index (the others stood at job start); anchors: (id, text); get_cache, put_cache: the store's.
    """
    corpus = MemoryCorpus(embedder)
    try:
        await corpus.take_accepted(accepted, landed)
        if anchors:
            await corpus.take_texts(ANCHOR, anchors)
        for reference in references:
            await corpus.take_reference(reference, get_cache, put_cache, progress)
    except BaseException:
        corpus.close()
        raise
    return corpus
