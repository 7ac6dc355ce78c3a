"""Cells that are made anew as the rows double: whom they serve, when they are made, and that it changes nothing."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from factory.similarity import growing, vectors
from factory.similarity.bits import Half, codes
from factory.similarity.growing import GrowingCells
from factory.similarity.vectors import VectorIndex, to_half

FIRST = 2048


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "FIRST", FIRST)
    monkeypatch.setattr(growing, "_SAMPLED", 1024)
    monkeypatch.setattr(vectors, "SCANNED", FIRST)
    monkeypatch.setattr(vectors, "EXACT", 512)


def rows_of(seed: int, count: int, *, clusters: int = 600, cone: float = 2.0) -> Half:
    """Vectors of one kind: clusters in a cone of their own."""
    rng = np.random.default_rng(seed)
    kinds = rng.standard_normal((clusters, 48)) + cone * rng.standard_normal(48)
    made = kinds[rng.integers(0, clusters, count)] + 0.5 * rng.standard_normal((count, 48))
    return to_half((made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32))


def index_of(held: Half, step: int = 512) -> VectorIndex:
    index = VectorIndex(held.shape[1])
    for start in range(0, len(held), step):
        index.add(held[start : start + step], codes(held[start : start + step]))
    return index


def grown(held: Half, loaded: int) -> VectorIndex:
    """Loaded with the first rows, then searched and added to one by one, as a run does."""
    index = index_of(held[:loaded])
    index.compact()
    for row in range(loaded, len(held)):
        one = held[row : row + 1]
        index.near(one[0], codes(one)[0], rows=row, floor=0.8, nearest=1)
        index.add(one, codes(one))
    return index


@pytest.mark.parametrize(
    ("rows", "size"),
    [(FIRST + 1, FIRST), (2 * FIRST, FIRST), (2 * FIRST + 1, 2 * FIRST), (8 * FIRST, 4 * FIRST), (8 * FIRST + 1, 8 * FIRST)],
)
def test_which_cells_serve_among_so_many_rows(rows: int, size: int) -> None:
    assert growing._size_for(rows) == size and growing._made_from(size) < size < rows <= 2 * size


@pytest.mark.parametrize("loaded", [FIRST - 200, FIRST - 10])
def test_a_search_is_the_same_however_the_rows_came_and_whatever_came_after(loaded: int) -> None:
    held = rows_of(1, 4 * FIRST + 300)
    late, at_once = grown(held, loaded), index_of(held)
    at_once.compact()
    for seen in (FIRST, FIRST + 1, 2 * FIRST, 2 * FIRST + 1, 3 * FIRST, 4 * FIRST, 4 * FIRST + 1, len(held)):
        alone = index_of(held[:seen], 999)
        for row in range(0, len(held), len(held) // 25):
            code = codes(held[row][None])[0]
            found = [index.near(held[row], code, rows=seen, floor=0.8, nearest=2) for index in (late, at_once, alone)]
            assert np.array_equal(found[0], found[1]) and np.array_equal(found[1], found[2])
            assert (row in found[0]) is (row < seen)


def test_the_next_cells_are_made_beside_and_before_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = list[tuple[int, bool]](), growing._make

    def spying(rows: Half) -> object:
        made.append((len(rows), threading.current_thread() is threading.main_thread()))
        return make(rows)

    monkeypatch.setattr(growing, "_make", spying)
    held = rows_of(2, 2 * FIRST + 50)
    grown(held, FIRST - 500)
    assert made == [(FIRST * 31 // 32, False), (2 * FIRST * 31 // 32, False)]
    made.clear()
    # A load is not searched on its way: only the cells it ends with are made, and those that a search among fewer asks for.
    index = index_of(held)
    assert made == []
    index.compact()
    assert made == [(2 * FIRST * 31 // 32, True)]
    for _ in range(2):
        index.near(held[0], codes(held[:1])[0], rows=FIRST + 9, floor=0.8, nearest=1)
    assert made[1:] == [(FIRST * 31 // 32, True)]


def test_new_rows_go_into_the_cells_to_come_as_well_and_later_ones_not_into_those_that_were() -> None:
    held = rows_of(6, 2 * FIRST + 50)
    index = index_of(held[: FIRST - 20])
    index.compact()
    cells = index._cells
    assert cells._coming is not None
    cells._coming[1].result()
    for row in range(FIRST - 20, FIRST):
        index.add(held[row : row + 1], codes(held[row : row + 1]))
    # What is left for the first search among more than FIRST rows is to sort them.
    assert list(cells._by_size) == [FIRST] and len(cells._by_size[FIRST]._homes) == FIRST
    index.add(held[FIRST:], codes(held[FIRST:]))
    index.near(held[0], codes(held[:1])[0], rows=FIRST + 1, floor=0.8, nearest=1)
    assert len(cells._by_size[FIRST]._homes) == 2 * FIRST


def test_cells_that_could_not_be_made_fail_the_search_that_needs_them_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    make, room = growing._make, False

    def failing(rows: Half) -> object:
        if room:
            return make(rows)
        raise MemoryError("no room for cells")

    monkeypatch.setattr(growing, "_make", failing)
    held = rows_of(3, FIRST + 50)
    index = grown(held[:FIRST], FIRST - 200)
    index.add(held[FIRST:], codes(held[FIRST:]))
    code = codes(held[:1])[0]
    for _ in range(2):
        with pytest.raises(MemoryError, match="no room for cells"):
            index.near(held[0], code, rows=FIRST + 1, floor=0.8, nearest=1)
        assert 0 in index.near(held[0], code, rows=FIRST, floor=0.8, nearest=1)
    room = True
    assert 0 in index.near(held[0], code, rows=FIRST + 1, floor=0.8, nearest=1)


def test_a_kind_that_came_later_gets_cells_of_its_own() -> None:
    """Of the centres of the first rows few would be near to it, and those few cells would hold it all."""
    first, later = rows_of(4, FIRST), rows_of(5, 7 * FIRST)
    index = index_of(np.concatenate([first, later]))
    index.compact()
    cells = index._cells
    assert isinstance(cells, GrowingCells)
    spread = [len(np.unique(cells.among(rows)._homes.view()[FIRST:])) for rows in (2 * FIRST, 8 * FIRST)]
    assert spread[0] < 120 < 150 < spread[1]
