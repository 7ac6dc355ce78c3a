"""Dishonest input is refused in our own words, and numpy's whole numbers are whole numbers: for every public statistic."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from factory.statistics import UNIFORM, Declared, Fixed, Sequential, binomial_tail, edges_for, newcombe, pass_at_k, wilson
from factory.statistics.clusters import Clustered, resampled, t_score
from factory.statistics.discrimination import solve_rate_histogram, tier_gap
from factory.statistics.intervals import difference, score_interval
from factory.statistics.judging import Confusion, confusion
from factory.statistics.outcomes import Cell, OutcomeTable
from factory.statistics.rollouts import Attempt, Rollouts
from factory.statistics.screening import operating
from factory.statistics.separability import beside_random, separability, set_separability
from factory.statistics.spread import distinct_n, spread_beside, vendi_score

NAN, INF = math.nan, math.inf


def table(samples: Any, passes: Any) -> OutcomeTable:
    samples, passes = np.array(samples), np.array(passes)
    items, models = samples.shape
    return OutcomeTable(tuple(f"i{n}" for n in range(items)), tuple(f"m{n}" for n in range(models)), samples, passes)


EMPTY = table(np.zeros((0, 2), int), np.zeros((0, 2), int))
TEN = table([[5, 5]] * 10, [[1, 4]] * 10)
ONE = np.array([1.0, 0.0])
EDGES = edges_for(2)
HALF = wilson(1, 2)
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no items, paired": (lambda: separability(EMPTY), "needs items, and the table has none"),
    "no items, unpaired": (lambda: separability(EMPTY, "unpaired"), "needs items, and the table has none"),
    "no items chosen": (lambda: beside_random(TEN, []), "needs items"),
    "no items in a set": (lambda: set_separability(EMPTY, [], []), "needs items"),
    "one item": (lambda: separability(table([[5, 5]], [[1, 4]])), "no two models share"),
    "resamples that are no number": (lambda: separability(TEN, resamples=NAN), "resamples must be a whole number"),  # type: ignore[arg-type]
    "half a resample": (lambda: resampled(5, 2.5, 0), "resamples must be a whole number"),  # type: ignore[arg-type]
    "no clusters": (lambda: resampled(0, 5, 0), "clusters must be at least 1"),
    "a seed below 0": (lambda: separability(TEN, seed=-1), "seed must not be negative"),
    "draws that are no number": (lambda: beside_random(TEN, TEN.items[:8], draws=NAN), "draws must be a whole number"),  # type: ignore[arg-type]
    "a rate of nothing": (lambda: score_interval(None, 5), "the rate must be a number"),  # type: ignore[arg-type]
    "endless samples": (lambda: score_interval(0.5, INF), "samples must lie between"),
    "a correlation of NaN": (lambda: difference(HALF, HALF, NAN), "correlation must lie between -1 and 1"),
    "a correlation of 2": (lambda: difference(HALF, HALF, 2), "correlation must lie between -1 and 1"),
    "c beyond n": (lambda: newcombe((3, 2), (1, 2)), "3 passes of 2 samples"),
    "samples of NaN": (lambda: Clustered(ONE, np.ones(2), NAN), "samples must lie between"),
    "samples below 0": (lambda: Clustered(ONE, np.ones(2), -5.0), "samples must lie between"),
    "words as hits": (lambda: Clustered(np.array(["a"]), np.array(["b"])), "arrays of numbers"),
    "freedom of NaN": (lambda: t_score(0.95, NAN), "must be a whole number"),  # type: ignore[arg-type]
    "a table of NaN": (lambda: table([[NAN]], [[NAN]]), "arrays of whole numbers"),
    "a table of halves": (lambda: table([[1.5]], [[1.0]]), "arrays of whole numbers"),
    "more calls than there are": (lambda: OutcomeTable.from_cells([Cell("a", "x", 10**30, 2)]), "counts more than"),
    "bins that are no number": (lambda: solve_rate_histogram(TEN, NAN), "bins must be a whole number"),  # type: ignore[arg-type]
    "a tier of NaN": (lambda: tier_gap(TEN, {"m0": NAN, "m1": 2}), "the tier of 'm0' must be a whole number"),  # type: ignore[dict-item]
    "a verdict of NaN": (lambda: confusion([NAN], [True]), "True, False or None"),  # type: ignore[list-item]
    "a verdict in words": (lambda: confusion([True], ["yes"]), "True, False or None"),  # type: ignore[list-item]
    "an accuracy of NaN": (lambda: Confusion(1, 1, 0, 0).corrected(NAN), "an accuracy must lie between 0 and 1"),
    "a decision of NaN": (lambda: Rollouts.from_attempts([Attempt("i", "x", "0", "s", NAN)], ("s",)), "correct or not"),  # type: ignore[arg-type]
    "a band of nothing": (lambda: EDGES.band(0, 0), "calls must be at least 1"),
    "a band beyond its calls": (lambda: EDGES.band(5, 3), "5 passes in 3 calls"),
    "a test of nobody": (lambda: Sequential(0, EDGES), "solvers must be at least 1"),
    "a design of nobody": (lambda: Fixed(-2, EDGES), "solvers must not be negative"),
    "rates of one solver more": (lambda: operating(Sequential(2, EDGES), np.full((1, 3), 0.5)), "the rates of 3"),
    "rates in a row": (lambda: operating(Sequential(2, EDGES), np.full(2, 0.5)), "shape"),
    "a chance beyond the calls": (lambda: UNIFORM.chance(3, 2), "3 passes in 2 calls"),
    "an order that is none": (lambda: vendi_score(np.eye(3), None), "the order q must be a number"),  # type: ignore[arg-type]
    "texts without vectors": (lambda: spread_beside(([["a"]] * 3, np.eye(2)), ([["a"]], np.eye(1))), "3 texts and 2 vectors"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_our_words(name: str) -> None:
    wrong, said = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((ValueError, TypeError), match=said):
            wrong()


@pytest.mark.parametrize("bad", [True, np.bool_(True), 2.0, np.float64(2), NAN, None, "2"])
def test_what_is_no_count_is_none_of_numpy_either(bad: Any) -> None:
    for tried in (
        lambda: pass_at_k(5, bad, 1),
        lambda: wilson(bad, 5),
        lambda: Declared(bad),
        lambda: binomial_tail(bad, 5, 0.5),
    ):
        with pytest.raises(TypeError, match="must be a whole number, not"):
            tried()


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8, np.uint64])
def test_a_count_of_numpy_is_a_count_and_no_sum_of_it_runs_over(kind: Any) -> None:
    assert pass_at_k(kind(100), kind(98), kind(3)) == pass_at_k(100, 98, 3) == 1.0
    assert wilson(kind(100), kind(120)) == wilson(100, 120)
    assert newcombe((kind(1), kind(2)), (kind(2), kind(2))) == newcombe((1, 2), (2, 2))
    assert Declared(kind(8)).tally(kind(3), kind(8)).estimate(kind(2)) == Declared(8).tally(3, 8).estimate(2)
    assert Declared(kind(8)) == Declared(8) and binomial_tail(kind(1), kind(2), np.float64(0.5)) == 0.75
    assert edges_for(kind(5), np.float64(0.1), np.float64(0.9)) == edges_for(5)
    assert edges_for(5).band(kind(100), kind(120)) == edges_for(5).band(100, 120)
    assert Fixed(kind(2), EDGES, kind(3)).decide(kind(1), kind(3)) == Fixed(2, EDGES, 3).decide(1, 3)
    assert OutcomeTable.from_cells([Cell("a", "x", kind(5), kind(2))]).samples.tolist() == [[5]]
    assert distinct_n([["a", "b"]], kind(1)) == 1.0 and solve_rate_histogram(TEN, kind(5)) == solve_rate_histogram(TEN, 5)
    assert Confusion(kind(100), kind(100), kind(100), kind(0)).both == 300
    # What is printed is a number of Python's.
    assert json.loads(json.dumps(wilson(kind(3), kind(7), np.float32(0.9)).level)) == pytest.approx(0.9)


def test_high_orders_and_orders_next_to_1_of_the_vendi_score() -> None:
    vectors = np.eye(3) + 0.1
    assert vendi_score(vectors, 1e6) == pytest.approx(vendi_score(vectors, INF), rel=1e-5)
    assert vendi_score(vectors, 1 + 1e-12) == pytest.approx(vendi_score(vectors, 1), rel=1e-9)
    assert vendi_score(vectors, 1 + 1e-6) == pytest.approx(vendi_score(vectors, 1), rel=1e-5)
