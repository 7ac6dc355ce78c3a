"""The in-memory index: every item that a duplicate rule could name, found by key, by band or by vector, then compared in full.

A rebuildable snapshot; the store is the truth. Whether a pair of items meets here is a function of the two texts and of the
rows before the horizon alone (`factory.similarity.vectors` says how), never of what landed later, of timing or of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.ports import Neighbour
from factory.similarity import reach
from factory.similarity.buckets import Buckets
from factory.similarity.columns import Column, Strings
from factory.similarity.numbers import MIN_NUMBERS
from factory.similarity.signature import BANDS, ROWS, SKELETON_BANDS, may_reach
from factory.similarity.sketch import Sketch, features, shingle_jaccard
from factory.similarity.text import jaccard
from factory.similarity.vectors import MARGIN, VectorIndex, cosine

# The landing index of what stood at job start: before every landing.
AT_START: Final = -(2**62)

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
        self._ids, self._texts, self._templates = Strings(), Strings(), Strings()
        self._sources: list[str] = []
        self._source = Column(np.uint16)
        self._landed = Column(np.int64)
        self._exact = Column(np.uint64, (3,))
        self._low = Column(np.uint8, (BANDS * ROWS,))
        self._skeleton_low = Column(np.uint8, (SKELETON_BANDS * ROWS,))
        self._by_exact, self._by_template = Buckets(), Buckets()
        self._by_band, self._by_skeleton_band = Buckets(), Buckets()
        self._vectors = VectorIndex(dimension)

    def __len__(self) -> int:
        return len(self._landed)

    def add(self, rows: Sequence[Row], records: NDArray[np.void]) -> None:
        """Append rows with their records, shape (len(rows),). Raises ValueError where one landed before the last."""
        if not rows:
            return
        landed = np.array([row.landed for row in rows], dtype=np.int64)
        if (np.diff(landed) < 0).any() or (len(self) and landed[0] < self._landed.view()[-1]):
            raise ValueError("rows must come in the order in which they landed")
        self._landed.extend(landed)
        self._ids.extend(row.id for row in rows)
        self._texts.extend(row.text for row in rows)
        self._templates.extend(row.template for row in rows)
        self._source.extend(np.array([self._source_number(row.source) for row in rows], dtype=np.uint16))
        exact = np.stack([records[name] for name in _EXACT], axis=1)
        self._exact.extend(exact)
        self._low.extend(records["low"])
        self._skeleton_low.extend(records["skeleton_low"])
        self._by_exact.add(exact)
        self._by_band.add(records["bands"])
        self._by_skeleton_band.add(records["skeleton_bands"])
        self._by_template.add(np.array([[_template_key(row.template)] for row in rows], dtype=np.uint64))
        self._vectors.add(records["vector"], records["code"])

    def compact(self) -> None:
        """Make searching quick for what is held so far: once, when a job's corpus is loaded. A second or two for a million."""
        for buckets in (self._by_exact, self._by_template, self._by_band, self._by_skeleton_band):
            buckets.compact()
        self._vectors.compact()

    def _source_number(self, source: str) -> int:
        if source not in self._sources:
            self._sources.append(source)
        return self._sources.index(source)

    def _seen(self, scope: Scope) -> int:
        """How many rows a scope shows, those it excludes by id included."""
        return min(scope.rows, int(np.searchsorted(self._landed.view(), scope.horizon, side="right")))

    def template_size(self, template: str, scope: Scope) -> int:
        """How many rows in scope belong to a template."""
        seen = self._seen(scope)
        held = self._by_template.rows(np.array([_template_key(template)], dtype=np.uint64)).tolist() if template else []
        return sum(
            row < seen and self._templates[row] == template and not (scope.exclude and self._ids[row] in scope.exclude)
            for row in held
        )

    def near(self, sought: Sketch, scope: Scope) -> tuple[Neighbour, ...]:
        """The rows in scope within reach of a sketch (`factory.similarity.reach`), nearest first.

        Order: by the largest of the three likenesses, then cosine, then source and id.
        """
        seen = self._seen(scope)
        close = self._near_by_vector(sought, seen, scope.exclude)
        alike = self._alike(sought, seen) | close
        found = [
            self._compare(sought, row) for row in sorted(alike) if not scope.exclude or self._ids[row] not in scope.exclude
        ]
        return tuple(sorted(found, key=_nearness))

    def _alike(self, sought: Sketch, seen: int) -> set[int]:
        """Rows within reach that share a text, skeleton, numbers or band with a sketch."""
        record = sought.record
        exact = _exact_key(record)
        rows = _below(self._by_exact.rows(exact), seen)
        equal = (self._exact.take(rows) == exact) & (exact != 0)
        found = set(rows[equal[:, _TEXT] | equal[:, _SKELETON]].tolist())
        found |= self._alike_by_numbers(sought, rows[equal[:, _NUMBERS]])
        banded = _below(self._by_band.rows(record["bands"]), seen)
        banded = banded[may_reach(self._low.take(banded), record["low"], reach.JACCARD)]
        found |= {row for row in banded.tolist() if row in found or self._jaccard(sought, row) >= reach.JACCARD}
        masked = _below(self._by_skeleton_band.rows(record["skeleton_bands"]), seen)
        masked = masked[may_reach(self._skeleton_low.take(masked), record["skeleton_low"], reach.SKELETON_JACCARD)]
        return found | {row for row in masked.tolist() if row in found or self._masked_alike(sought, row)}

    def _alike_by_numbers(self, sought: Sketch, rows: Rows) -> set[int]:
        """Those of the rows with a sketch's numbers that are near enough besides."""
        if not len(rows):
            return set()
        cosines = self._vectors.roughly(sought.vector, rows)
        by_cosine = rows[cosines >= reach.NUMBERS_COSINE - MARGIN].tolist()
        by_shingles = rows[may_reach(self._low.take(rows), sought.record["low"], reach.NUMBERS_JACCARD)].tolist()
        near = {row for row in by_cosine if cosine(sought.vector, self._vectors.row(row)) >= reach.NUMBERS_COSINE}
        return near | {row for row in by_shingles if self._jaccard(sought, row) >= reach.NUMBERS_JACCARD}

    def _jaccard(self, sought: Sketch, row: int) -> float:
        return shingle_jaccard(features(sought.text), features(self._texts[row]))

    def _masked_alike(self, sought: Sketch, row: int) -> bool:
        left, right = features(sought.text).skeleton_shingles, features(self._texts[row]).skeleton_shingles
        return round(jaccard(left, right), 4) >= reach.SKELETON_JACCARD

    def _near_by_vector(self, sought: Sketch, seen: int, exclude: frozenset[str]) -> set[int]:
        """Rows whose exact cosine is within reach, and the nearest few by exact cosine, ties by source and id."""
        nearest = reach.NEAREST + len(exclude)
        numbers = self._vectors.near(sought.vector, sought.record["code"], rows=seen, floor=reach.COSINE, nearest=nearest)
        roughly = self._vectors.roughly(sought.vector, numbers)
        if 0 < nearest < len(numbers):
            kth = float(np.partition(roughly, -nearest)[-nearest])
            numbers = numbers[roughly >= min(reach.COSINE, kth) - 2 * MARGIN]
        exact = {number: cosine(sought.vector, self._vectors.row(number)) for number in numbers.tolist()}
        kept = [number for number in exact if not exclude or self._ids[number] not in exclude]
        ranked = sorted(kept, key=lambda n: (-exact[n], self._sources[int(self._source.view()[n])], self._ids[n]))
        return {n for rank, n in enumerate(ranked) if rank < reach.NEAREST or exact[n] >= reach.COSINE}

    def _compare(self, sought: Sketch, row: int) -> Neighbour:
        left, right = features(sought.text), features(self._texts[row])
        # Keys of 64 bits that differ prove a difference; equal ones prove nothing, so what they stand for is compared.
        keys = (self._exact.view()[row] == _exact_key(sought.record)).tolist()
        return Neighbour(
            id=self._ids[row],
            source=self._sources[int(self._source.view()[row])],
            text=right.text,
            template=self._templates[row],
            same_text=keys[_TEXT] and left.normal == right.normal,
            equal_numbers=keys[_NUMBERS] and len(left.numbers) >= MIN_NUMBERS and left.numbers == right.numbers,
            same_skeleton=keys[_SKELETON] and bool(left.skeleton) and left.skeleton == right.skeleton,
            jaccard=shingle_jaccard(left, right),
            skeleton_jaccard=round(jaccard(left.skeleton_shingles, right.skeleton_shingles), 4),
            cosine=cosine(sought.vector, self._vectors.row(row)),
        )


_EXACT: Final = ("text", "numbers", "skeleton")
_TEXT, _NUMBERS, _SKELETON = range(3)


def _exact_key(record: np.void) -> NDArray[np.uint64]:
    """The keys of a whole text, its numbers and its skeleton, shape (3,)."""
    return np.array([record[name] for name in _EXACT], dtype=np.uint64)


def _template_key(template: str) -> int:
    """0 for none. Good within this process only, which is all that is asked of it, and thirty times as fast as a digest."""
    return (hash(template) & 0xFFFF_FFFF_FFFF_FFFF) or 1 if template else 0


def _below(rows: Rows, seen: int) -> Rows:
    return rows[: int(np.searchsorted(rows, seen))]


def _nearness(neighbour: Neighbour) -> tuple[float, float, str, str]:
    closest = max(neighbour.jaccard, neighbour.skeleton_jaccard, neighbour.cosine)
    return (-closest, -neighbour.cosine, neighbour.source, neighbour.id)
