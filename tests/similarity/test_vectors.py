from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from factory.similarity.vectors import MARGIN, Half, VectorIndex, cosine, to_half


def unit_rows(seed: int, rows: int, dimension: int = 24) -> Half:
    made = np.random.default_rng(seed).standard_normal((rows, dimension))
    made[rows // 2 :] += 3 * made[0]
    return to_half((made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32))


@given(st.integers(0, 2**32 - 1))
def test_the_dot_product_is_exact_so_order_cannot_matter(seed: int) -> None:
    a, b = unit_rows(seed, 2, 384)
    exact = sum(Fraction(float(x)) * Fraction(float(y)) for x, y in zip(a, b, strict=True))
    order = np.random.default_rng(seed).permutation(384)
    assert Fraction(float(np.dot(a.astype(float), b.astype(float)))) == exact
    assert cosine(a, b) == cosine(a[order], b[order])


def test_cosine_by_hand() -> None:
    a, b = np.array([3, 4], dtype="<f2"), np.array([4, 3], dtype="<f2")
    assert cosine(a, b) == 0.96
    assert cosine(a, a) == 1.0
    assert cosine(np.array([1, 3], dtype="<f2"), np.array([2, 1], dtype="<f2")) == 0.7071
    assert cosine(a, -a) == -1.0
    assert cosine(a, np.zeros(2, dtype="<f2")) == 0.0


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 6), st.floats(0.3, 0.99))
def test_the_search_returns_a_superset_of_what_brute_force_finds(seed: int, rows: int, nearest: int, floor: float) -> None:
    held = unit_rows(seed, rows)
    index = VectorIndex(24)
    for start in range(0, rows, 7):
        index.add(held[start : start + 7])
    visible = np.random.default_rng(seed + 1).random(rows) < 0.7
    found = index.near(held[0], visible=visible, floor=floor, nearest=nearest)
    exact = {row: cosine(held[0], held[row]) for row in np.flatnonzero(visible).tolist()}
    best = sorted(exact, key=lambda row: -exact[row])[:nearest]
    assert set(found) <= set(exact)
    assert {row for row, value in exact.items() if value >= floor} <= set(found)
    assert sorted((exact[row] for row in found), reverse=True)[:nearest] == [exact[row] for row in best]
    least = min([floor, *([exact[best[-1]]] if best else [])])
    assert all(exact[row] >= least - 2 * MARGIN for row in found)


def test_kept_vectors_come_back_bit_for_bit_after_growth() -> None:
    held = unit_rows(3, 3000)
    index = VectorIndex(24)
    index.add(held[:1000])
    index.add(held[1000:])
    assert len(index) == 3000
    assert all(np.array_equal(index.row(row), held[row]) for row in (0, 999, 1000, 2999))
