"""Separability: what it refuses, how it moves, and how often it separates models that are alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.statistics.outcomes import OutcomeTable
from factory.statistics.separability import beside_random, fewest_items, separability, set_separability


def made(rates: np.ndarray, samples: int, rng: np.random.Generator) -> OutcomeTable:
    """rates: shape (items, models)."""
    items, models = rates.shape
    counts = np.full(rates.shape, samples)
    return OutcomeTable(
        tuple(f"i{n}" for n in range(items)), tuple(f"m{n}" for n in range(models)), counts, rng.binomial(counts, rates)
    )


def logistic(abilities: list[float], items: int, rng: np.random.Generator, scale: float = 2.0) -> np.ndarray:
    return 1 / (1 + np.exp(-(np.array(abilities) - scale * rng.normal(size=(items, 1)))))


def test_models_far_apart_are_separated_and_equal_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    found = separability(made(logistic([-2, 0, 2, 2], 200, rng), 4, rng))
    assert (found.separated, found.pairs, found.share) == (5, 6, 5 / 6)
    assert (found.level, found.items, found.models, found.method, found.left_out) == (0.95, 200, 4, "paired", 0)


def test_pairing_separates_what_overlapping_intervals_do_not() -> None:
    rng = np.random.default_rng(1)
    table = made(logistic([0, 0.5, 1.0, 1.5, 2.0], 150, rng, scale=4.0), 5, rng)
    assert separability(table, "paired").share > separability(table, "unpaired").share


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(6, 25), st.integers(0, 1000), st.sampled_from(["paired", "unpaired"]))
def test_any_table_gives_the_same_share_again_in_any_order(models: int, items: int, seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    table = made(rng.random((items, models)), 3, rng)
    found = separability(table, method, seed=seed, resamples=200)  # type: ignore[arg-type]
    assert 0 <= found.share <= 1 and found.pairs == models * (models - 1) // 2
    assert separability(table, method, seed=seed, resamples=200) == found  # type: ignore[arg-type]
    turned = separability(table.only_models(table.models[::-1]), method, seed=seed, resamples=200)  # type: ignore[arg-type]
    assert turned.separated == found.separated


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_a_higher_level_never_separates_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = made(rng.random((30, 5)), 3, rng)
    assert separability(table, level=0.99).separated <= separability(table, level=0.8).separated


def test_it_refuses_what_has_no_answer() -> None:
    rng = np.random.default_rng(2)
    whole = made(rng.random((30, 3)), 2, rng)
    with pytest.raises(ValueError, match="two models"):
        separability(whole.only_models(["m0"]))
    with pytest.raises(ValueError, match="share 6 items"):
        separability(whole.only_items(whole.items[:5]))
    with pytest.raises(ValueError, match="level"):
        separability(whole, level=1.0)
    with pytest.raises(ValueError, match="paired or unpaired"):
        separability(whole, "both")  # type: ignore[arg-type]


def test_five_items_that_all_agree_are_no_evidence() -> None:
    # A bootstrap of five items that one model passes and the other fails has no width at all, yet a coin does that in 1 of 16.
    assert [fewest_items(level) for level in (0.5, 0.9, 0.95, 0.99)] == [2, 5, 6, 8]
    rates = np.tile([1.0, 0.0], (6, 1))
    assert separability(made(rates, 1, np.random.default_rng(0))).share == 1


def test_pairs_without_common_items_are_left_out_not_counted_as_alike() -> None:
    rng = np.random.default_rng(3)
    table = made(np.tile([0.9, 0.1, 0.5], (40, 1)), 4, rng)
    samples = table.samples.copy()
    samples[:20, 0] = samples[20:, 1] = 0
    found = separability(OutcomeTable(table.items, table.models, samples, np.minimum(table.passes, samples)))
    assert (found.pairs, found.left_out, found.separated) == (2, 1, 2)


def test_a_missing_cell_elsewhere_changes_no_pairs_verdict() -> None:
    rng = np.random.default_rng(7)
    table = made(logistic([0, 0.2, 0.4, 0.6], 60, rng), 3, rng)
    samples = np.hstack([table.samples, np.zeros((60, 1), dtype=np.int64)])
    passes = np.hstack([table.passes, np.zeros((60, 1), dtype=np.int64)])
    wider = separability(OutcomeTable(table.items, (*table.models, "absent"), samples, passes))
    assert (wider.separated, wider.pairs, wider.left_out) == (separability(table).separated, 6, 4)


@pytest.mark.parametrize("method", ["paired", "unpaired"])
def test_equal_models_are_separated_no_more_often_than_the_level_allows(method: str) -> None:
    rng = np.random.default_rng(4)
    found = [
        separability(made(np.repeat(rng.beta(0.6, 0.6, (60, 1)), 2, axis=1), 3, rng), method, resamples=400, seed=n)  # type: ignore[arg-type]
        for n in range(500)
    ]
    share = sum(each.share for each in found) / 500  # standard error .01
    assert 0.02 <= share <= 0.08 if method == "paired" else share <= 0.02


def test_the_items_that_separate_beat_a_random_subset_also_on_models_that_did_not_choose_them() -> None:
    rng = np.random.default_rng(5)
    # A quarter of the items tells models apart; the others are coins that all of them toss alike.
    abilities = np.linspace(-1.5, 1.5, 8)
    good = logistic(list(abilities), 40, rng, scale=0.3)
    pool = made(np.concatenate([good, np.full((120, 8), 0.5)]), 4, rng)
    panel = ["m0", "m3", "m4", "m7"]
    found = set_separability(pool, pool.items[:40], panel, resamples=300, draws=8)
    for each in (found.paired, found.unpaired, found.heldout_paired, found.heldout_unpaired):
        assert each is not None and each.gain is not None and each.random_mean is not None
        assert each.random_low is not None and each.random_high is not None
        assert each.random_low <= each.random_mean <= each.random_high
        assert each.gain > 0.1
    assert found.paired.chosen.models == 8 and found.heldout_paired is not None and found.heldout_paired.chosen.models == 4


def test_nothing_is_held_out_and_no_subset_is_random_when_there_is_no_other() -> None:
    rng = np.random.default_rng(6)
    pool = made(rng.random((20, 3)), 2, rng)
    found = set_separability(pool, pool.items, ["m0", "m1"], resamples=100)
    assert found.heldout_paired is None and found.heldout_unpaired is None
    assert (found.paired.random_mean, found.paired.gain, found.paired.draws) == (None, None, 0)
    assert beside_random(pool, pool.items[:10], resamples=100, draws=3) == beside_random(
        pool, pool.items[:10], resamples=100, draws=3
    )
