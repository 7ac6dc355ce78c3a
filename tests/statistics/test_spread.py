"""Spread: exact values on sets whose variety is known, and properties on any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.statistics.spread import coverage, distinct_n, nearest_distances, spread, spread_beside, vendi_score

seeds = st.integers(0, 10_000)


def test_coverage_counts_cells_and_what_lies_outside() -> None:
    found = coverage(["a", "a", "c", "z"], ["a", "b", "c", "d"])
    assert (found.share, found.filled, found.cells, found.outside) == (0.5, 2, 4, 1)
    assert coverage(["a", "b"], ["a", "b"]).evenness == pytest.approx(1)
    assert coverage([], ["a", "b"]).evenness is None and coverage(["a"], ["a"]).evenness is None
    with pytest.raises(ValueError):
        coverage(["a"], [])


@settings(deadline=None)
@given(st.lists(st.integers(0, 9)), st.integers(1, 8))
def test_coverage_is_a_share_and_evenness_too(coordinates: list[int], cells: int) -> None:
    found = coverage(coordinates, range(cells))
    assert 0 <= found.share <= 1
    assert found.evenness is None or 0 <= found.evenness <= 1 + 1e-12


def test_distinct_n_by_hand() -> None:
    texts = [["a", "b", "a", "b"], ["a", "b"]]
    assert distinct_n(texts, 1) == 2 / 6
    assert distinct_n(texts, 2) == 2 / 4
    assert distinct_n(texts, 5) is None
    with pytest.raises(ValueError):
        distinct_n(texts, 0)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=6), st.integers(1, 3))
def test_a_text_repeated_never_raises_distinct_n(texts: list[list[str]], n: int) -> None:
    found, repeated = distinct_n(texts, n), distinct_n([*texts, *texts], n)
    assert (found is None) == (repeated is None)
    if found is not None:
        assert 0 < found <= 1 and repeated == pytest.approx(found / 2)


@settings(deadline=None)
@given(seeds, st.integers(2, 12), st.integers(1, 5))
def test_nearest_distances_are_those_of_a_plain_search(seed: int, items: int, dimension: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(items, dimension))
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    plain = [min(1 - float(unit[a] @ unit[b]) for b in range(items) if b != a) for a in range(items)]
    assert nearest_distances(vectors) == pytest.approx(plain, abs=1e-9)


def test_nearest_distances_across_blocks() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(1500, 8))
    vectors[1400] = 3 * vectors[10]  # a copy in another block; length does not matter
    found = nearest_distances(vectors)
    assert found[10] == pytest.approx(0, abs=1e-12) and found[1400] == pytest.approx(0, abs=1e-12)
    assert (np.delete(found, [10, 1400]) > 1e-6).all()


def test_vendi_scores_of_known_sets() -> None:
    assert vendi_score(np.eye(7)) == pytest.approx(7)
    assert vendi_score(np.ones((7, 3))) == pytest.approx(1)
    assert vendi_score(np.repeat(np.eye(4), 5, axis=0)) == pytest.approx(4)
    # Two groups of 3 and 1 items: exp of the entropy of (.75, .25); order 2: 1 / (.75^2 + .25^2); infinity: 1 / .75.
    uneven = np.eye(2)[[0, 0, 0, 1]]
    assert vendi_score(uneven) == pytest.approx(math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25)))
    assert vendi_score(uneven, q=2) == pytest.approx(1 / (0.75**2 + 0.25**2))
    assert vendi_score(uneven, q=math.inf) == pytest.approx(1 / 0.75)


@settings(deadline=None)
@given(seeds, st.integers(1, 10), st.integers(1, 6), st.sampled_from([0.5, 1.0, 2.0, math.inf]))
def test_the_vendi_score_is_a_number_of_items(seed: int, items: int, dimension: int, q: float) -> None:
    vectors = np.random.default_rng(seed).normal(size=(items, dimension))
    found = vendi_score(vectors, q)
    assert 1 - 1e-9 <= found <= min(items, dimension) + 1e-9
    assert vendi_score(np.repeat(vectors, 3, axis=0), q) == pytest.approx(found)  # copies add nothing
    assert vendi_score(vectors[::-1] * 2, q) == pytest.approx(found)
    assert vendi_score(vectors, 2.0) <= vendi_score(vectors, 1.0) + 1e-9  # falls with the order


def test_the_two_ways_to_the_eigenvalues_agree() -> None:
    vectors = np.random.default_rng(1).normal(size=(30, 5))
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    eigen = np.linalg.eigvalsh(unit @ unit.T / 30)
    eigen = eigen[eigen > 1e-12]
    assert vendi_score(vectors) == pytest.approx(float(np.exp(-(eigen * np.log(eigen)).sum())))


def test_sets_are_compared_at_equal_size() -> None:
    rng = np.random.default_rng(2)

    def group(items: int, themes: int) -> tuple[list[list[str]], np.ndarray]:
        at = rng.integers(0, themes, items)
        return [[f"w{n}", f"w{n + 1}", "the"] for n in at], np.eye(40)[at] + 0.05 * rng.normal(size=(items, 40))

    own, anchors = group(400, 5), group(20, 20)
    found = spread_beside(own, anchors, draws=10)
    assert found.size == found.own.items == found.anchors.items == 20
    assert found.own.vendi < found.anchors.vendi and found.own.nearest < found.anchors.nearest
    assert found.own.distinct[1] < found.anchors.distinct[1]  # type: ignore[operator]
    # At its full size the narrow set would look as varied as the anchors by one of the measures.
    assert spread(*own).vendi > found.own.vendi
    assert spread_beside(own, anchors, draws=10) == found
    assert (found.own.q, found.own.kernel) == (1.0, "cosine")


def test_what_has_no_spread_is_refused() -> None:
    for vectors in (np.zeros((2, 3)), np.full((2, 3), np.nan), np.ones(3)):
        with pytest.raises(ValueError):
            vendi_score(vectors)
    with pytest.raises(ValueError, match="two items"):
        nearest_distances(np.ones((1, 2)))
    with pytest.raises(ValueError, match="no items"):
        vendi_score(np.empty((0, 2)))
    for q in (-1.0, math.nan):
        with pytest.raises(ValueError, match="order"):
            vendi_score(np.eye(2), q)
    with pytest.raises(ValueError, match="1 texts and 2"):
        spread([["a"]], np.eye(2))
