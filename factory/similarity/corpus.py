"""The corpus in memory: accepted items, anchors and reference sets, each pull seeing exactly its own snapshot of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.ports import CorpusEntry, CorpusItem, Embedder, Neighbour, Standing
from factory.similarity.bits import Half
from factory.similarity.index import AT_START, Index, Row, Scope
from factory.similarity.references import Reference
from factory.similarity.sketch import Sketch, records, sketch
from factory.similarity.snapshot import PART, pack, part_key, parted, unpack
from factory.similarity.vectors import comparable, to_half

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
NOTHING: Final = Standing((), lambda ids: {})


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the snapshot's parts and the items' vectors lie, and who is told what becomes of them."""

    get: GetCache
    put: PutCache
    vectors: Callable[[Sequence[str]], Mapping[str, bytes]]
    said: Callable[[str], None]
    progress: Progress | None


class MemoryCorpus:
    """Implements `factory.ports.Corpus`. Call it from one event loop; texts are embedded in a worker thread beside it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._index = Index(embedder.dimension)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="embed")
        # Of texts embedded but not yet asked about.
        self._vectors: dict[str, Half] = {}
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

    async def hold(self, source: str, id: str, text: str) -> None:
        """Take in an item of another source, as standing at job start: before anything is admitted."""
        made = await self.sketch(text)
        self._index.add([Row(id, source, text, "", AT_START)], records([made], self._embedder.dimension))

    async def foresee(self, texts: Sequence[str]) -> None:
        """Embed texts that will be asked about soon, at most a few hundred: several are embedded at the speed of all cores."""
        await self._in_worker(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> None:
        """Runs in the worker thread only, which alone adds to `_vectors`; the event loop takes from it."""
        new = [text for text in dict.fromkeys(texts) if text not in self._sketches and text not in self._vectors]
        self._vectors.update(zip(new, self._embedded(new), strict=True))
        for text in list(self._vectors)[:-_SKETCHES_KEPT]:
            self._vectors.pop(text, None)

    async def sketch(self, text: str) -> Sketch:
        """A text's sketch, from the cache of those made last, else made here once the worker thread has embedded the text."""
        while (known := self._sketches.get(text)) is None:
            if (vector := self._vectors.get(text)) is None:
                await self._in_worker(self._embed, [text])
                continue
            # First the one, then the other, so that the worker never finds neither and embeds again.
            self._sketches[text] = sketch(text, vector)
            self._vectors.pop(text, None)
            if len(self._sketches) > _SKETCHES_KEPT:
                self._sketches.popitem(last=False)
        return known

    def near(self, sought: Sketch, scope: Scope) -> tuple[Neighbour, ...]:
        return self._index.near(sought, scope)

    def template_size(self, template: str, scope: Scope) -> int:
        return self._index.template_size(template, scope)

    def close(self) -> None:
        """End the worker thread; texts waiting for it are dropped."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    # --- filling it at job start ---

    async def compact(self) -> None:
        """Everything that is to stand at job start does: from now on the index is searched."""
        await self._in_worker(self._index.compact)

    async def take_accepted(self, entries: Iterable[CorpusItem], kept: Kept) -> None:
        """Add accepted items as standing at job start. While one part is taken in, the next is read from the store."""
        made_anew = 0
        adding: Awaitable[None] | None = None
        for part, whole in parted(entries):
            rows = [Row(e.id, ACCEPTED, e.text, e.template, AT_START) for e in part]
            records = self._known([row.text for row in rows], kept) if whole else None
            if adding is not None:
                await adding
            if records is not None:
                adding = self._in_worker(self._index.add, rows, records)
            else:
                adding = None
                made_anew += await self._make(rows, _vectors_of(rows, kept), kept if whole else None)
        if adding is not None:
            await adding
        if made_anew >= PART:
            kept.said(f"{made_anew} accepted items were not in the index's snapshot and were sketched from the store")

    async def take_landed(self, entries: Iterable[CorpusItem], landed: Mapping[str, int], kept: Kept) -> None:
        """Add this job's own landings, which come after all that stood at its start."""
        own = sorted(entries, key=lambda entry: landed[entry.id])
        for start in range(0, len(own), PART):
            part = own[start : start + PART]
            rows = [Row(e.id, ACCEPTED, e.text, e.template, landed[e.id]) for e in part]
            await self._make(rows, _vectors_of(rows, kept))

    async def take_texts(self, source: str, items: Sequence[tuple[str, str]]) -> None:
        """Add (id, text) pairs as standing at job start."""
        await self._make([Row(id, source, text, "", AT_START) for id, text in items], [b""] * len(items))

    async def take_reference(self, reference: Reference, kept: Kept) -> None:
        source, count = f"{REFERENCE}{reference.name}", len(reference.texts)
        for start in range(0, count, PART):
            texts = reference.texts[start : start + PART]
            rows = [Row(f"{reference.name}#{start + n}", source, text, "", AT_START) for n, text in enumerate(texts, start=1)]
            told = partial(_told, kept.progress, reference.name, start, count)
            if (records := self._known(texts, kept)) is not None:
                await self._in_worker(self._index.add, rows, records)
            else:
                await self._make(rows, [b""] * len(texts), kept, told)

    async def _make(
        self, rows: Sequence[Row], vectors: Sequence[bytes], kept: Kept | None = None, told: Callable[[int], None] | None = None
    ) -> int:
        """Add rows with records made anew and, given `kept`, put into the snapshot; how many there were."""
        texts, made = [row.text for row in rows], []
        for start in range(0, len(rows), _CHUNK):
            end = min(start + _CHUNK, len(rows))
            made.append(await self._in_worker(self._sketch_texts, texts[start:end], vectors[start:end]))
            if told:
                told(end)
        if made:
            records = np.concatenate(made)
            await self._in_worker(self._index.add, rows, records)
            if kept:
                await kept.put(part_key(texts, self._embedder.name), pack(records))
        return len(rows)

    def _known(self, texts: Sequence[str], kept: Kept) -> NDArray[np.void] | None:
        """The records of texts out of the snapshot; None where they are not in it."""
        if (data := kept.get(part_key(texts, self._embedder.name))) is None:
            return None
        try:
            return unpack(data, dimension=self._embedder.dimension, count=len(texts))
        except BadInput as refused:
            # Whatever lies under this key is not ours to trust, and all of it can be made again.
            kept.said(refused.message)
            return None

    def _sketch_texts(self, texts: Sequence[str], vectors: Sequence[bytes]) -> NDArray[np.void]:
        """Stored vectors are used where they are whole; another embedder's item, or a torn one, is embedded again."""
        size = 2 * self._embedder.dimension
        joined = b"".join([vector if len(vector) == size else bytes(size) for vector in vectors])
        held = np.frombuffer(joined, dtype="<f2").reshape(-1, self._embedder.dimension)
        usable = comparable(held) & held.any(axis=1)
        made = iter(self._embedded([text for text, ok in zip(texts, usable, strict=True) if not ok]))
        halves = [vector if ok else next(made) for vector, ok in zip(held, usable, strict=True)]
        return records([sketch(t, v) for t, v in zip(texts, halves, strict=True)], self._embedder.dimension)

    def _embedded(self, texts: Sequence[str]) -> Sequence[Half]:
        """The vectors of texts. Raises BadInput where one is neither of length 1 nor zero, as the search needs them."""
        if not texts:
            return ()
        made = to_half(self._embedder.embed(texts))
        if not comparable(made).all():
            where = f"embedder {self._embedder.name}"
            raise BadInput("it gave a vector whose length is not 1", where=where, fix="Divide each vector by its length.")
        return list(made)

    def _in_worker(self, work: Callable[..., _Made], *given: Any) -> asyncio.Future[_Made]:
        return asyncio.get_running_loop().run_in_executor(self._worker, work, *given)


def _vectors_of(rows: Sequence[Row], kept: Kept) -> list[bytes]:
    """The vectors kept of accepted items, b"" for none."""
    known = kept.vectors([row.id for row in rows])
    return [known.get(row.id, b"") for row in rows]


def _told(progress: Progress | None, name: str, before: int, count: int, done: int) -> None:
    if progress:
        progress(name, before + done, count)


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


def _leaving(entries: Iterable[CorpusItem], landed: Mapping[str, int], own: list[CorpusItem]) -> Iterator[CorpusItem]:
    """The entries that stood at job start; the job's own go into `own`."""
    for entry in entries:
        if entry.id in landed:
            own.append(entry)
        else:
            yield entry


async def build(
    embedder: Embedder,
    *,
    standing: Standing = NOTHING,
    anchors: Sequence[tuple[str, str]] = (),
    references: Sequence[Reference] = (),
    get_cache: GetCache,
    put_cache: PutCache,
    progress: Progress | None = None,
    said: Callable[[str], None] = lambda sentence: None,
) -> MemoryCorpus:
    """The corpus as a job starts or resumes: in the same order of rows both times, on which the far search depends.

    standing: every accepted item of the store; vectors are asked for those only that are in no snapshot, and who has none is
    embedded; anchors: (id, text); get_cache, put_cache: the store's; said: told in a sentence when a part of the snapshot was
    unusable or missing.
    """
    corpus, kept = MemoryCorpus(embedder), Kept(get_cache, put_cache, standing.vectors, said, progress)
    landed, own = standing.landed, list[CorpusItem]()
    try:
        await corpus.take_accepted(_leaving(standing.items, landed, own), kept)
        if anchors:
            await corpus.take_texts(ANCHOR, anchors)
        for reference in references:
            await corpus.take_reference(reference, kept)
        await corpus.take_landed(own, landed, kept)
        await corpus.compact()
    except BaseException:
        corpus.close()
        raise
    return corpus
