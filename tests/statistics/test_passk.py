"""pass@k: the published figures, the definition by brute force, and what cannot be made to yield a number."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.statistics import Declared, Estimate, Tally, panel_pass_at_k, pass_at_k


@st.composite
def counts(draw: st.DrawFn, most: int = 60) -> tuple[int, int, int]:
    n = draw(st.integers(1, most))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@pytest.mark.parametrize(("side", "at_1", "at_5"), [("input", 0.3595, 0.449911), ("output", 0.342125, 0.402867)])
def test_reproduces_the_published_cruxeval_figures(side: str, at_1: float, at_5: float, shared_data: Path) -> None:
    import pyarrow.parquet as pq

    path = shared_data / "cruxeval" / f"codellama7b_{side}_samples.parquet"
    table = pq.read_table(path)
    samples = Counter(table["example_id"].to_pylist())
    passes: Counter[str] = Counter()
    for item, passed in zip(table["example_id"].to_pylist(), table["pass"].to_pylist(), strict=True):
        passes[item] += passed
    assert len(samples) == 800
    for k, published in ((1, at_1), (5, at_5)):
        mean = math.fsum(pass_at_k(n, passes[item], k) for item, n in samples.items()) / len(samples)
        assert round(mean, 6) == published


@given(counts(most=9))
def test_is_the_share_of_k_subsets_that_hold_a_pass(case: tuple[int, int, int]) -> None:
    n, c, k = case
    outcomes = [True] * c + [False] * (n - c)
    subsets = list(itertools.combinations(outcomes, k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@given(counts())
def test_bounds_and_ends(case: tuple[int, int, int]) -> None:
    n, c, k = case
    assert 0 <= pass_at_k(n, c, k) <= 1
    assert pass_at_k(n, 0, k) == 0
    assert pass_at_k(n, n, k) == 1
    assert pass_at_k(n, c, 1) == c / n


@given(counts())
def test_rises_with_passes_and_with_k(case: tuple[int, int, int]) -> None:
    n, c, k = case
    if c < n:
        assert pass_at_k(n, c, k) <= pass_at_k(n, c + 1, k)
    if k < n:
        assert pass_at_k(n, c, k) <= pass_at_k(n, c, k + 1)


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0, 1))
def test_is_unbiased(n: int, k: int, p: float) -> None:
    k = min(k, n)
    expected = math.fsum(math.comb(n, c) * p**c * (1 - p) ** (n - c) * pass_at_k(n, c, k) for c in range(n + 1))
    assert expected == pytest.approx(1 - (1 - p) ** k, abs=1e-9)


def test_large_counts_stay_exact() -> None:
    assert pass_at_k(5000, 1, 2500) == 0.5


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, 2, 5), (4, 2, 0), (0, 0, 1), (-1, 0, 1), (4, -1, 1)])
def test_no_number_is_made_up(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError):
        pass_at_k(n, c, k)


@pytest.mark.parametrize("value", [None, math.nan, 2.0, True, "2"])
def test_only_whole_numbers_count(value: object) -> None:
    with pytest.raises(TypeError):
        pass_at_k(4, value, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Declared(4).tally(1, value)  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", [0, 3, 5])
def test_a_tally_of_undeclared_samples_cannot_exist(samples: int) -> None:
    with pytest.raises(ValueError, match="4 were declared before sampling"):
        Declared(4).tally(0, samples)


def test_a_tally_cannot_pass_more_than_it_sampled() -> None:
    with pytest.raises(ValueError, match="5 passes of 4"):
        Tally(Declared(4), 5, 4)
    with pytest.raises(ValueError):
        Declared(0)
    with pytest.raises(ValueError, match="pass@5"):
        Declared(4).tally(2, 4).pass_at(5)


def test_the_panel_is_a_mean_of_models_and_never_pooled() -> None:
    declared = Declared(4)
    one, other = declared.tally(4, 4), declared.tally(0, 4)
    assert panel_pass_at_k([one, other], 4).value == 0.5
    assert pass_at_k(8, 4, 4) > 0.9  # what pooling would claim


def test_a_panel_of_different_declarations_or_of_nobody_has_no_mean() -> None:
    with pytest.raises(ValueError, match="different declarations"):
        panel_pass_at_k([Declared(4).tally(1, 4), Declared(5).tally(1, 5)], 1)
    with pytest.raises(ValueError):
        panel_pass_at_k([], 1)


@given(st.integers(1, 16).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n), min_size=1, max_size=6))))
def test_the_panel_interval_holds_its_estimate(case: tuple[int, list[int]]) -> None:
    n, passes = case
    tallies = [Declared(n).tally(c, n) for c in passes]
    for k in {1, n}:
        found = panel_pass_at_k(tallies, k)
        assert isinstance(found, Estimate)
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high
