"""The in-memory index: every item that a duplicate rule could name, found by key, by band or by vector, then compared in full.

A rebuildable snapshot; the store is the truth. Whether a pair of items meets here is a function of the two texts and of the
rows before the horizon alone (`factory.similarity.vectors` says how), never of what landed later, of timing or of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import gt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.ports import Neighbour
from factory.similarity import reach
from factory.similarity.buckets import Buckets
from factory.similarity.columns import Column, Strings, distinct
from factory.similarity.numbers import MIN_NUMBERS
from factory.similarity.signature import BANDS, ROWS, SKELETON_BANDS, may_reach
from factory.similarity.sketch import EXACT_KEYS, NUMBERS, SKELETON, TEXT, Sketch, features, shingle_jaccard
from factory.similarity.text import jaccard
from factory.similarity.vectors import MARGIN, VectorIndex

# The landing index of what stood at job start: before every landing.
AT_START: Final = -(2**62)

# More rows than this are first sorted out by their rough cosines, in half the time and memory: where a corpus is all of one
# kind, most of it lies near every item.
_MANY: Final = 128

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """An item as held. landed: the landing index at which this job admitted it, or AT_START."""

    id: str
    source: str
    text: str
    template: str
    landed: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: the first `rows` rows, of those what landed at an index <= horizon, without the excluded ids."""

    rows: int
    horizon: int
    exclude: frozenset[str] = frozenset()


class Index:
    """Items with their sketches, searchable, at some 2 kB an item and its text. Not thread-safe: one thread adds and searches.

    Rows come in the order in which they landed, so what a scope shows is a prefix of them.
    """

    def __init__(self, dimension: int) -> None:
        # Three a row: id, text, template.
        self._strings = Strings()
        self._sources: list[str] = []
        self._source = Column(np.uint16)
        self._landed = Column(np.int64)
        # The landing index of the last row.
        self._last = AT_START
        self._exact = Column(np.uint64, (EXACT_KEYS,))
        self._low = Column(np.uint8, (BANDS * ROWS,))
        self._skeleton_low = Column(np.uint8, (SKELETON_BANDS * ROWS,))
        # A row's keys of every kind in one place: most of a search is the same for one key as for fifty.
        self._by_key, self._by_template = Buckets(), Buckets()
        self._vectors = VectorIndex(dimension)

    def __len__(self) -> int:
        return len(self._landed)

    def add(self, rows: Sequence[Row], records: NDArray[np.void]) -> None:
        """Append rows with their records, shape (len(rows),). Raises ValueError where one landed before the last."""
        if not rows:
            return
        landed = [self._last, *(row.landed for row in rows)]
        if any(map(gt, landed, landed[1:])):
            raise ValueError("rows must come in the order in which they landed")
        self._last = landed[-1]
        self._landed.extend(np.array(landed[1:], dtype=np.int64))
        self._strings.extend([string for row in rows for string in (row.id, row.text, row.template)])
        self._source.extend(np.array([self._source_number(row.source) for row in rows], dtype=np.uint16))
        self._exact.extend(records["keys"][:, :EXACT_KEYS])
        self._low.extend(records["low"])
        self._skeleton_low.extend(records["skeleton_low"])
        self._by_key.add(records["keys"])
        self._by_template.add(np.array([[_template_key(row.template)] for row in rows], dtype=np.uint64))
        self._vectors.add(records["vector"], records["code"])

    def compact(self) -> None:
        """Make searching quick for what is held so far: once, when a job's corpus is loaded. A second or two for a million."""
        # Sorting waits for memory and products do not, so on two cores the one costs next to nothing beside the other.
        with ThreadPoolExecutor(1, thread_name_prefix="compact") as beside:
            sorting = beside.submit(self._by_key.compact)
            self._vectors.compact()
            sorting.result()
        self._by_template.compact()

    def _source_number(self, source: str) -> int:
        if source not in self._sources:
            self._sources.append(source)
        return self._sources.index(source)

    def _seen(self, scope: Scope) -> int:
        """How many rows a scope shows, those it excludes by id included."""
        if scope.horizon >= self._last:
            return min(scope.rows, len(self))
        return min(scope.rows, int(np.searchsorted(self._landed.view(), scope.horizon, side="right")))

    def template_size(self, template: str, scope: Scope) -> int:
        """How many rows in scope belong to a template."""
        if not template:
            return 0
        seen = self._seen(scope)
        held, _ = self._by_template.rows(np.array([_template_key(template)], dtype=np.uint64))
        return sum(
            row < seen and self._template(row) == template and not (scope.exclude and self._id(row) in scope.exclude)
            for row in held.tolist()
        )

    def near(self, sought: Sketch, scope: Scope) -> tuple[Neighbour, ...]:
        """The rows in scope within reach of a sketch (`factory.similarity.reach`), nearest first.

        Order: by the largest of the three likenesses, then cosine, then source and id.
        """
        seen = self._seen(scope)
        cosines = self._near_by_vector(sought, seen, scope.exclude)
        alike = self._alike(sought, seen).union(cosines)
        rows = [row for row in sorted(alike) if not scope.exclude or self._id(row) not in scope.exclude]
        cosines |= self._cosines(sought, [row for row in rows if row not in cosines])
        return tuple(sorted((self._compare(sought, row, cosines[row]) for row in rows), key=_nearness))

    def _alike(self, sought: Sketch, seen: int) -> set[int]:
        """Rows within reach that share a text, skeleton, numbers or band with a sketch."""
        record = sought.record
        exact = record["keys"][:EXACT_KEYS]
        held, places = self._by_key.rows(record["keys"])
        in_scope = held < seen
        held, places = held[in_scope], places[in_scope]
        whole, masked_bands = places < EXACT_KEYS, places >= EXACT_KEYS + BANDS
        rows = distinct(held[whole])
        equal = (self._exact.take(rows) == exact) & (exact != 0)
        found = set(rows[equal[:, TEXT] | equal[:, SKELETON]].tolist())
        found |= self._alike_by_numbers(sought, rows[equal[:, NUMBERS]])
        banded = _reaching(held[~(whole | masked_bands)], self._low, record["low"], reach.JACCARD)
        found |= {row for row in banded if row in found or self._jaccard(sought, row) >= reach.JACCARD}
        masked = _reaching(held[masked_bands], self._skeleton_low, record["skeleton_low"], reach.SKELETON_JACCARD)
        return found | {row for row in masked if row in found or self._masked_alike(sought, row)}

    def _alike_by_numbers(self, sought: Sketch, rows: Rows) -> set[int]:
        """Those of the rows with a sketch's numbers that are near enough besides."""
        if not len(rows):
            return set()
        by_cosine = rows[self._vectors.roughly(sought.vector, rows) >= reach.NUMBERS_COSINE - MARGIN]
        exact = self._cosines(sought, by_cosine.tolist())
        by_shingles = _reaching(rows, self._low, sought.record["low"], reach.NUMBERS_JACCARD)
        near = {row for row, cosine in exact.items() if cosine >= reach.NUMBERS_COSINE}
        return near | {row for row in by_shingles if self._jaccard(sought, row) >= reach.NUMBERS_JACCARD}

    def _jaccard(self, sought: Sketch, row: int) -> float:
        return shingle_jaccard(features(sought.text), features(self._text(row)))

    def _masked_alike(self, sought: Sketch, row: int) -> bool:
        left, right = features(sought.text).skeleton_shingles, features(self._text(row)).skeleton_shingles
        return round(jaccard(left, right), 4) >= reach.SKELETON_JACCARD

    def _near_by_vector(self, sought: Sketch, seen: int, exclude: frozenset[str]) -> dict[int, float]:
        """Rows whose exact cosine is within reach, and the nearest few by exact cosine, ties by source and id; each with it."""
        nearest = reach.NEAREST + len(exclude)
        rows = self._vectors.near(sought.vector, sought.record["code"], rows=seen, floor=reach.COSINE, nearest=nearest)
        if len(rows) > max(_MANY, nearest):
            roughly = self._vectors.roughly(sought.vector, rows)
            kth = float(np.partition(roughly, -nearest)[-nearest])
            rows = rows[roughly >= min(reach.COSINE, kth) - 2 * MARGIN]
        exact = self._cosines(sought, rows.tolist())
        if exclude:
            exact = {row: cosine for row, cosine in exact.items() if self._id(row) not in exclude}
        found = {row: cosine for row, cosine in exact.items() if cosine >= reach.COSINE}
        if len(found) < reach.NEAREST:
            # Names break ties only: to look all of them up would take longer than the cosines.
            least = min(sorted(exact.values())[-reach.NEAREST :], default=0.0)
            ahead = [row for row, cosine in exact.items() if cosine >= least]
            if len(ahead) > reach.NEAREST:
                ahead.sort(key=lambda row: (-exact[row], self._source_of(row), self._id(row)))
            found |= {row: exact[row] for row in ahead[: reach.NEAREST]}
        return found

    def _cosines(self, sought: Sketch, rows: list[int]) -> dict[int, float]:
        # None, as often as not, and numpy takes as long over nothing as over a few.
        return dict(zip(rows, self._vectors.cosines(sought.vector, rows), strict=True)) if rows else {}

    def _id(self, row: int) -> str:
        return self._strings[3 * row]

    def _text(self, row: int) -> str:
        return self._strings[3 * row + 1]

    def _template(self, row: int) -> str:
        return self._strings[3 * row + 2]

    def _source_of(self, row: int) -> str:
        return self._sources[int(self._source.view()[row])]

    def _compare(self, sought: Sketch, row: int, cosine: float) -> Neighbour:
        left, right = features(sought.text), features(self._text(row))
        # Keys of 64 bits that differ prove a difference; equal ones prove nothing, so what they stand for is compared.
        keys = (self._exact.view()[row] == sought.record["keys"][:EXACT_KEYS]).tolist()
        return Neighbour(
            id=self._id(row),
            source=self._source_of(row),
            text=right.text,
            template=self._template(row),
            same_text=keys[TEXT] and left.normal == right.normal,
            equal_numbers=keys[NUMBERS] and len(left.numbers) >= MIN_NUMBERS and left.numbers == right.numbers,
            same_skeleton=keys[SKELETON] and bool(left.skeleton) and left.skeleton == right.skeleton,
            jaccard=shingle_jaccard(left, right),
            skeleton_jaccard=round(jaccard(left.skeleton_shingles, right.skeleton_shingles), 4),
            cosine=cosine,
        )


def _reaching(rows: Rows, held: Column, low: NDArray[np.uint8], jaccard: float) -> list[int]:
    """Those of the rows, each once, that `may_reach` a Jaccard index by the low bytes held of them."""
    if not len(rows):
        return []
    once: Rows = distinct(rows)
    reaching: list[int] = once[may_reach(held.take(once), low, jaccard)].tolist()
    return reaching


def _template_key(template: str) -> int:
    """0 for none. Good within this process only, which is all that is asked of it, and thirty times as fast as a digest."""
    return (hash(template) & 0xFFFF_FFFF_FFFF_FFFF) or 1 if template else 0


def _nearness(neighbour: Neighbour) -> tuple[float, float, str, str]:
    closest = max(neighbour.jaccard, neighbour.skeleton_jaccard, neighbour.cosine)
    return (-closest, -neighbour.cosine, neighbour.source, neighbour.id)
