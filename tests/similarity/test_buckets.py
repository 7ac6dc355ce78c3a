from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.similarity import buckets
from factory.similarity.buckets import Buckets
from factory.similarity.columns import Column, Strings


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 9000),
    width=st.integers(1, 5),
    kinds=st.integers(1, 400),
    step=st.integers(1, 3000),
    bits=st.sampled_from([36, 26]),
)
def test_the_rows_of_a_key_are_those_of_brute_force(seed: int, rows: int, width: int, kinds: int, step: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    # Keys that begin alike lie crowded at one place of a directory.
    pool = np.concatenate([rng.integers(0, 2**bits, kinds, dtype=np.uint64) << np.uint64(28), np.zeros(1, dtype=np.uint64)])
    keys = pool[rng.integers(0, len(pool), (rows, width))]
    # A key belongs to one column, as a band's number is part of its key.
    keys[keys != 0] ^= np.broadcast_to(np.arange(width, dtype=np.uint64) << np.uint64(40), keys.shape)[keys != 0]
    index = Buckets()
    for start in range(0, rows, step):
        index.add(keys[start : start + step])
    assert len(index) == rows
    for sought in (*keys[:: max(1, rows // 20)], np.zeros(width, dtype=np.uint64)):
        expected = np.argwhere((keys == sought) & (keys != 0))
        assert sorted(zip(*map(np.ndarray.tolist, index.rows(sought)), strict=True)) == list(map(tuple, expected.tolist()))


def test_a_load_ends_in_one_run_that_holds_only_keys_there_are() -> None:
    rng = np.random.default_rng(5)
    keys = rng.integers(1, 2**64, (5000, 4), dtype=np.uint64) * rng.integers(0, 2, (5000, 4), dtype=np.uint64)
    index = Buckets()
    # Many at once, few at once, and again many.
    for part in (keys[:2000], *np.split(keys[2000:2040], 40), keys[2040:]):
        index.add(part)
    index.compact()
    (run,) = index._runs
    assert len(run.entries) == np.count_nonzero(keys) and (run.entries[1:] >= run.entries[:-1]).all()
    rows, which = index.rows(keys[2003])
    assert set(rows.tolist()) <= {2003} and sorted(which.tolist()) == np.flatnonzero(keys[2003]).tolist()


def test_nothing_held_nothing_found() -> None:
    rows, which = Buckets().rows(np.array([1 << 40, 2 << 40], dtype=np.uint64))
    assert rows.tolist() == which.tolist() == []


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_ROWS", 3)
    index = Buckets()
    index.add(np.ones((3, 1), dtype=np.uint64))
    with pytest.raises(ValueError, match="at most 3"):
        index.add(np.ones((1, 1), dtype=np.uint64))


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=30) | st.text("ab", min_size=1000, max_size=1100), max_size=5), max_size=8))
def test_strings_come_back_as_they_were(parts: list[list[str]]) -> None:
    held = Strings()
    for part in parts:
        held.extend(part)
    whole = [text for part in parts for text in part]
    assert [held[row] for row in range(len(held))] == whole


def test_lone_surrogates_survive_and_long_texts_are_packed() -> None:
    held = Strings()
    held.extend(["\ud800", "tell " * 2000])
    assert (held[0], held[1]) == ("\ud800", "tell " * 2000)
    assert len(held._data) < 500


def test_a_column_grows_though_someone_looks_at_it() -> None:
    column = Column(np.int64)
    column.extend(np.arange(10))
    seen = column.view()
    column.extend(np.arange(10, 5000))
    assert seen.tolist() == list(range(10))
    assert column.view().tolist() == list(range(5000))
