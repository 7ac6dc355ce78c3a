"""Intervals: published worked examples, properties, and coverage by simulation."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.statistics import Declared, Estimate, mean_of, mean_proportion, newcombe, panel_pass_at_k, wilson

tallies = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_wilson_reproduces_newcombe_1998_table_1() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    for passes, samples, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = wilson(passes, samples)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_newcombe_reproduces_newcombe_1998_table_2() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
    for first, second, low, high in [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ]:
        found = newcombe(first, second)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(tallies, st.floats(0.5, 0.999))
def test_wilson_bounds_and_symmetry(tally: tuple[int, int], level: float) -> None:
    passes, samples = tally
    found, mirrored = wilson(passes, samples, level), wilson(samples - passes, samples, level)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(tallies)
def test_wilson_rises_with_passes_and_narrows_with_confidence_and_samples(tally: tuple[int, int]) -> None:
    passes, samples = tally
    found = wilson(passes, samples)
    if passes < samples:
        more = wilson(passes + 1, samples)
        assert (found.low < more.low and found.high < more.high) or passes == 0
    surer, larger = wilson(passes, samples, 0.99), wilson(passes * 4, samples * 4)
    assert surer.low <= found.low and surer.high >= found.high
    assert larger.high - larger.low < found.high - found.low


@given(tallies, tallies)
def test_newcombe_is_antisymmetric_and_holds_its_estimate(first: tuple[int, int], second: tuple[int, int]) -> None:
    found, turned = newcombe(first, second), newcombe(second, first)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(-turned.value)
    assert found.low == pytest.approx(-turned.high)


@given(st.lists(tallies, min_size=1, max_size=8))
def test_the_mean_holds_its_estimate_and_ignores_order(all_tallies: list[tuple[int, int]]) -> None:
    found = mean_proportion(all_tallies)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(sum(c / n for c, n in all_tallies) / len(all_tallies))
    assert mean_proportion(all_tallies[::-1]).low == pytest.approx(found.low)


@given(tallies)
def test_the_mean_of_one_is_itself(tally: tuple[int, int]) -> None:
    found, own = mean_proportion([tally]), wilson(*tally)
    assert (found.low, found.value, found.high) == pytest.approx((own.low, own.value, own.high))


def test_the_mean_of_two_is_the_quadrature_of_their_distances() -> None:
    one, other = wilson(3, 4), wilson(1, 8)
    found = mean_of([one, other])
    assert found.low == pytest.approx(found.value - math.hypot(one.value - one.low, other.value - other.low) / 2)
    assert found.high == pytest.approx(found.value + math.hypot(one.high - one.value, other.high - other.value) / 2)


def test_what_has_no_interval() -> None:
    for passes, samples in [(0, 0), (3, 2), (-1, 2)]:
        with pytest.raises(ValueError):
            wilson(passes, samples)
    for level in (0, 1, math.nan, -1):
        with pytest.raises(ValueError):
            wilson(1, 2, level)
    with pytest.raises(TypeError):
        wilson(math.nan, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        mean_of([])
    with pytest.raises(ValueError, match="confidence levels"):
        mean_of([wilson(1, 2, 0.9), wilson(1, 2, 0.95)])


def _binomial(rng: random.Random, n: int, p: float) -> int:
    return sum(rng.random() < p for _ in range(n))


def _covered(found: Estimate, truth: float) -> bool:
    return found.low <= truth <= found.high


def test_coverage_is_near_the_nominal_level() -> None:
    # 2,000 draws: the standard error of a coverage of .95 is .005.
    rng, draws = random.Random(20), 2000
    single = sum(_covered(wilson(_binomial(rng, 20, 0.3), 20), 0.3) for _ in range(draws)) / draws
    gap = 0.0
    for _ in range(draws):  # averaged over rates: at one pair of rates and 8 samples the coverage of any interval jumps
        strong, weak = rng.random(), rng.random()
        found = newcombe((_binomial(rng, 8, strong), 8), (_binomial(rng, 8, weak), 8))
        gap += _covered(found, strong - weak) / draws
    rates = (0.1, 0.3, 0.5, 0.7, 0.9)
    mean = sum(_covered(mean_proportion([(_binomial(rng, 4, p), 4) for p in rates]), 0.5) for _ in range(draws)) / draws
    assert 0.93 <= single <= 0.98
    assert 0.93 <= gap <= 0.98
    assert 0.93 <= mean <= 0.995


def test_coverage_of_the_panel_pass_at_k() -> None:
    rng, draws, n, k = random.Random(21), 2000, 8, 4
    rates = (0.05, 0.2, 0.5, 0.8)
    truth = sum(1 - (1 - p) ** k for p in rates) / len(rates)
    covered = 0
    for _ in range(draws):
        covered += _covered(panel_pass_at_k([Declared(n).tally(_binomial(rng, n, p), n) for p in rates], k), truth)
    assert 0.93 <= covered / draws <= 1
