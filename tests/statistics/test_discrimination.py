"""Point-biserial, histogram, tier gap, rank agreement: against scipy and numpy, and where they do not exist."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from factory.statistics.discrimination import point_biserial, solve_rate_histogram, tier_gap
from factory.statistics.outcomes import OutcomeTable

tables = st.integers(0, 10_000).map(np.random.default_rng)


def table(samples: list[list[int]], passes: list[list[int]]) -> OutcomeTable:
    items, models = len(samples), len(samples[0])
    names = tuple(f"i{n}" for n in range(items)), tuple(f"m{n}" for n in range(models))
    return OutcomeTable(*names, np.array(samples), np.array(passes))


def drawn(rng: np.random.Generator) -> OutcomeTable:
    samples = rng.integers(0, 5, (6, 5))
    return table(samples.tolist(), rng.binomial(samples, rng.random((6, 5))).tolist())


@settings(deadline=None)
@given(tables)
def test_point_biserial_is_scipys_over_single_calls_with_the_item_left_out(rng: np.random.Generator) -> None:
    whole = drawn(rng)
    rates = whole.rates()
    for row, found in enumerate(point_biserial(whole)):
        calls: list[tuple[int, float]] = []
        models = 0
        for column in range(5):
            rest = np.delete(rates[:, column], row)
            if whole.samples[row, column] and not np.isnan(rest).all():
                models += 1
                passes, samples = int(whole.passes[row, column]), int(whole.samples[row, column])
                calls += [(int(n < passes), float(np.nanmean(rest))) for n in range(samples)]
        outcomes, abilities = [c for c, _ in calls], [a for _, a in calls]
        if models < 3 or len(set(outcomes)) < 2 or max(abilities) - min(abilities) < 1e-9:
            assert found is None
        else:
            assert found == pytest.approx(float(stats.pointbiserialr(outcomes, abilities)[0]), abs=1e-9)
            assert -1 <= found <= 1


def test_an_item_that_only_weak_models_pass_is_negative() -> None:
    passes = [[0, 2, 4], [0, 2, 4], [1, 2, 4], [4, 2, 0]]
    found = point_biserial(table([[4] * 3] * 4, passes))
    assert found[0] is not None and found[0] > 0.2 and found[3] is not None and found[3] < -0.7


def test_two_models_always_lie_on_a_line_so_they_give_no_correlation() -> None:
    assert point_biserial(table([[4, 4]] * 3, [[0, 4]] * 3)) == [None] * 3


@settings(deadline=None)
@given(tables, st.integers(1, 12))
def test_the_histogram_counts_every_item_once(rng: np.random.Generator, bins: int) -> None:
    whole = drawn(rng)
    found = solve_rate_histogram(whole, bins)
    assert sum(found.counts) + found.untried == 6 and len(found.edges) == bins + 1
    assert found.none <= found.counts[0] and found.all <= found.counts[-1]


def test_the_histogram_puts_an_edge_into_the_bin_above_it() -> None:
    found = solve_rate_histogram(table([[10, 10, 10]] * 4, [[0, 0, 9], [1, 4, 4], [10, 10, 10], [0, 0, 0]]), 10)
    # .3 is a sum of fractions that falls just short of it in binary.
    assert (found.counts, found.none, found.all) == ((1, 0, 0, 2, 0, 0, 0, 0, 0, 1), 1, 1)
    with pytest.raises(ValueError):
        solve_rate_histogram(table([[1]], [[1]]), 0)


def test_the_tier_gap_has_the_sign_of_the_stronger_and_needs_two_tiers() -> None:
    whole = table([[4, 4, 4]] * 20, [[1, 3, 4], [0, 2, 2]] * 10)
    found = tier_gap(whole, {"m0": 1, "m1": 2, "m2": 3})
    assert found is not None and found.value == pytest.approx(0.75 - 0.125) and found.low > 0
    assert tier_gap(whole, {"m0": 1, "m1": 1}) is None
    assert tier_gap(whole, {}) is None
    swapped = tier_gap(whole, {"m0": 3, "m2": 1})
    assert swapped is not None and swapped.value == pytest.approx(-found.value)
    untried = table([[4, 0]] * 3, [[1, 0]] * 3)
    assert tier_gap(untried, {"m0": 1, "m1": 2}) is None


def test_coverage_of_the_tier_gap() -> None:
    rng, covered = np.random.default_rng(3), 0
    truth = float(np.mean(np.clip(rng.beta(0.7, 0.7, 200_000) + 0.2, 0, 1))) - 0.5
    for _ in range(800):
        level = rng.beta(0.7, 0.7, (40, 1))
        rates = np.hstack([level, level, np.clip(level + 0.2, 0, 1)])
        counts = np.full((40, 3), 4)
        found = tier_gap(table(counts.tolist(), rng.binomial(counts, rates).tolist()), {"m0": 1, "m1": 1, "m2": 2})
        assert found is not None
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / 800 <= 0.99
