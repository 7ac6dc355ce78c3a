"""The in-memory index: every item that a duplicate rule could name, found by key, by band or by vector, then compared in full.

A rebuildable snapshot; the store is the truth. Whether a pair of items meets here depends on the two texts alone, never on what
else is held or in which order it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.ports import Neighbour
from factory.similarity import reach
from factory.similarity.numbers import MIN_NUMBERS
from factory.similarity.sketch import Sketch, features
from factory.similarity.text import jaccard
from factory.similarity.vectors import VectorIndex, cosine

# The landing index of what stood at job start: before every landing.
AT_START: Final = -(2**62)


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

    def sees(self, number: int, row: Row) -> bool:
        return number < self.rows and row.landed <= self.horizon and row.id not in self.exclude


class Buckets:
    """64-bit keys to row numbers. Most keys hold one row, which is kept bare: a list for each would triple the memory."""

    def __init__(self) -> None:
        self._held: dict[int, int | list[int]] = {}

    def add(self, keys: Iterable[int], row: int) -> None:
        for key in keys:
            if not key:
                continue
            held = self._held.get(key)
            if held is None:
                self._held[key] = row
            elif isinstance(held, list):
                held.append(row)
            else:
                self._held[key] = [held, row]

    def rows(self, keys: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for key in keys:
            held = self._held.get(key)
            if isinstance(held, list):
                found.update(held)
            elif held is not None:
                found.add(held)
        return found


class Index:
    """Items with their sketches, searchable. Not thread-safe: one thread adds and searches."""

    def __init__(self, dimension: int) -> None:
        self._rows: list[Row] = []
        self._landed: NDArray[np.int64] = np.empty(1024, dtype=np.int64)
        self._keys = Buckets()
        self._bands = Buckets()
        self._skeleton_bands = Buckets()
        self._vectors = VectorIndex(dimension)
        self._templates: dict[str, list[int]] = {}
        self._ids: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Sequence[Row], records: NDArray[np.void]) -> None:
        """Append rows with their records, shape (len(rows),)."""
        first = len(self._rows)
        keys = np.stack([records["text"], records["numbers"], records["skeleton"]], axis=1).tolist()
        bands, skeleton_bands = records["bands"].tolist(), records["skeleton_bands"].tolist()
        for offset, row in enumerate(rows):
            number = first + offset
            self._rows.append(row)
            self._keys.add(keys[offset], number)
            self._bands.add(bands[offset], number)
            self._skeleton_bands.add(skeleton_bands[offset], number)
            self._ids.setdefault(row.id, []).append(number)
            if row.template:
                self._templates.setdefault(row.template, []).append(number)
        self._vectors.add(records["vector"])
        if len(self._rows) > len(self._landed):
            self._landed = np.resize(self._landed, 2 * len(self._rows))
        self._landed[first : len(self._rows)] = [row.landed for row in rows]

    def template_size(self, template: str, scope: Scope) -> int:
        """How many rows in scope belong to a template."""
        return sum(scope.sees(number, self._rows[number]) for number in self._templates.get(template, ()))

    def near(self, sought: Sketch, scope: Scope) -> tuple[Neighbour, ...]:
        """The rows in scope within reach of a sketch (`factory.similarity.reach`), nearest first.

        Order: by the largest of the three likenesses, then cosine, then source and id.
        """
        record = sought.record
        exact = self._keys.rows(int(record[name]) for name in ("text", "numbers", "skeleton"))
        banded = self._bands.rows(record["bands"].tolist())
        skeletons = self._skeleton_bands.rows(record["skeleton_bands"].tolist())
        close = self._near_by_vector(sought, scope)
        found: list[Neighbour] = []
        for number in exact | banded | skeletons | close:
            row = self._rows[number]
            if scope.sees(number, row) and (
                number in exact
                or number in close
                or (number in banded and self._shingles_alike(sought.text, row.text))
                or (number in skeletons and self._skeletons_alike(sought.text, row.text))
            ):
                found.append(self._compare(sought, number))
        return tuple(sorted(found, key=_nearness))

    def _near_by_vector(self, sought: Sketch, scope: Scope) -> set[int]:
        """Rows whose exact cosine is within reach, and the nearest few by exact cosine, ties by source and id."""
        visible = self._landed[: min(scope.rows, len(self._rows))] <= scope.horizon
        for id in scope.exclude:
            visible[[number for number in self._ids.get(id, ()) if number < len(visible)]] = False
        numbers = self._vectors.near(sought.vector, visible=visible, floor=reach.COSINE, nearest=reach.NEAREST)
        exact = {number: cosine(sought.vector, self._vectors.row(number)) for number in numbers}
        ranked = sorted(exact, key=lambda n: (-exact[n], self._rows[n].source, self._rows[n].id))
        return {n for rank, n in enumerate(ranked) if rank < reach.NEAREST or exact[n] >= reach.COSINE}

    @staticmethod
    def _shingles_alike(left: str, right: str) -> bool:
        return jaccard(features(left).shingles, features(right).shingles) >= reach.JACCARD

    @staticmethod
    def _skeletons_alike(left: str, right: str) -> bool:
        alike = jaccard(features(left).skeleton_shingles, features(right).skeleton_shingles)
        return alike >= reach.SKELETON_JACCARD

    def _compare(self, sought: Sketch, number: int) -> Neighbour:
        row, left = self._rows[number], features(sought.text)
        right = features(row.text)
        return Neighbour(
            id=row.id,
            source=row.source,
            text=row.text,
            template=row.template,
            same_text=left.normal == right.normal,
            equal_numbers=len(left.numbers) >= MIN_NUMBERS and left.numbers == right.numbers,
            same_skeleton=bool(left.skeleton) and left.skeleton == right.skeleton,
            jaccard=round(jaccard(left.shingles, right.shingles), 4),
            skeleton_jaccard=round(jaccard(left.skeleton_shingles, right.skeleton_shingles), 4),
            cosine=cosine(sought.vector, self._vectors.row(number)),
        )


def _nearness(neighbour: Neighbour) -> tuple[float, float, str, str]:
    closest = max(neighbour.jaccard, neighbour.skeleton_jaccard, neighbour.cosine)
    return (-closest, -neighbour.cosine, neighbour.source, neighbour.id)
