"""Clustered rates: against the plain interval, at the edges, and coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.statistics import Estimate, wilson
from factory.statistics.clusters import Clustered, clustered_difference, resampled, t_score

groups = st.lists(
    st.integers(0, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=30
).filter(lambda rows: any(n for _, n in rows))


def clustered(rows: list[tuple[int, int]]) -> Clustered:
    return Clustered(np.array([c for c, _ in rows], dtype=float), np.array([n for _, n in rows], dtype=float))


@settings(deadline=None)
@given(groups)
def test_it_holds_its_estimate_and_mirrors(rows: list[tuple[int, int]]) -> None:
    found, mirrored = clustered(rows).estimate(), clustered([(n - c, n) for c, n in rows]).estimate()
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(sum(c for c, _ in rows) / sum(n for _, n in rows))
    assert (found.low, found.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low))


@settings(deadline=None)
@given(groups)
def test_the_order_of_clusters_and_empty_ones_change_nothing(rows: list[tuple[int, int]]) -> None:
    found, shuffled = clustered(rows).estimate(), clustered([*rows[::-1], (0, 0)]).estimate()
    assert (found.low, found.high) == pytest.approx((shuffled.low, shuffled.high))


@settings(deadline=None)
@given(groups)
def test_it_is_never_narrower_than_independent_samples_would_be(rows: list[tuple[int, int]]) -> None:
    found = clustered(rows).estimate()
    passes, samples = sum(c for c, _ in rows), sum(n for _, n in rows)
    plain = wilson(passes, samples)
    assert found.low <= plain.low + 1e-9 and found.high >= plain.high - 1e-9


def test_single_samples_are_wilsons_with_a_t_quantile() -> None:
    found = clustered([(1, 1)] * 60 + [(0, 1)] * 140).estimate()
    plain = wilson(60, 200)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.003)


def test_one_item_sampled_a_thousand_times_says_little_about_others() -> None:
    assert clustered([(500, 1000)]).estimate().low < 0.15
    assert clustered([(1000, 1000)] * 5).estimate().low < wilson(5, 5).low


def test_known_t_quantiles() -> None:
    assert t_score(0.95, 10) == pytest.approx(2.228, abs=5e-4)
    assert t_score(0.99, 1) == pytest.approx(63.657, abs=5e-3)


def test_what_is_no_clustered_rate() -> None:
    for hits, weight in [([2.0], [1.0]), ([-1.0], [1.0]), ([0.0], [0.0]), ([float("nan")], [1.0]), ([1.0, 1.0], [1.0])]:
        with pytest.raises(ValueError):
            Clustered(np.array(hits), np.array(weight))
    with pytest.raises(ValueError):
        t_score(0.95, 0)


def test_resamples_draw_as_many_clusters_as_there_are_and_the_same_for_a_seed() -> None:
    drawn = resampled(40, 300, 5)
    assert drawn.shape == (300, 40) and (drawn.sum(axis=1) == 40).all()
    assert (drawn == resampled(40, 300, 5)).all() and (drawn != resampled(40, 300, 6)).any()
    assert drawn.mean() == pytest.approx(1) and drawn.var() == pytest.approx(1, abs=0.05)


def _covered(found: Estimate, truth: float) -> bool:
    return found.low <= truth <= found.high


@pytest.mark.parametrize(("items", "samples", "rate", "spread"), [(20, 5, 0.4, 0.6), (100, 4, 0.9, 0.5), (60, 1, 0.2, 1.0)])
def test_coverage_with_items_that_differ(items: int, samples: int, rate: float, spread: float) -> None:
    # Items' rates are Beta(rate / spread, (1 - rate) / spread): U-shaped, as on real tables. 1,500 draws: standard error .006.
    rng = np.random.default_rng(4)
    covered = plain = 0
    for _ in range(1500):
        hits = rng.binomial(samples, rng.beta(rate / spread, (1 - rate) / spread, items))
        covered += _covered(Clustered(hits.astype(float), np.full(items, float(samples))).estimate(), rate)
        plain += _covered(wilson(int(hits.sum()), items * samples), rate)
    assert 0.93 <= covered / 1500 <= 0.985
    if samples > 1:  # why clustering matters: the plain interval is far too narrow
        assert plain / 1500 < 0.9


def test_coverage_of_differences_on_shared_and_on_own_items() -> None:
    rng = np.random.default_rng(5)
    paired = unpaired = 0
    truth = float(np.mean(np.clip(rng.beta(0.8, 0.8, 200_000) + 0.1, 0, 1))) - 0.5
    widths = np.zeros(2)
    for _ in range(1500):
        level = rng.beta(0.8, 0.8, 40)
        weight = np.full(80, 4.0)
        first = rng.binomial(4, np.clip(level + 0.1, 0, 1)).astype(float)
        second = rng.binomial(4, level).astype(float)
        shared = clustered_difference(Clustered(first, weight[:40]), Clustered(second, weight[:40]))
        other = rng.binomial(4, rng.beta(0.8, 0.8, 40)).astype(float)
        here, there = np.repeat([1.0, 0.0], 40), np.repeat([0.0, 1.0], 40)
        own = clustered_difference(
            Clustered(np.concatenate([first, np.zeros(40)]), weight * here),
            Clustered(np.concatenate([np.zeros(40), other]), weight * there),
        )
        paired += _covered(shared, truth)
        unpaired += _covered(own, truth)
        widths += [shared.high - shared.low, own.high - own.low]
    assert 0.93 <= paired / 1500 <= 0.985
    assert 0.93 <= unpaired / 1500 <= 0.985
    assert widths[0] < 0.6 * widths[1]  # shared items are what makes two agents comparable
