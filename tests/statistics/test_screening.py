"""The exact operating characteristics of a design, against simulation and against what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.statistics import DISCRIMINATING, EASY, HARD, UNDECIDED, Design, Fixed, Sequential, edges_for
from factory.statistics.screening import operating


def simulated(design: Design, rates: list[float], rng: np.random.Generator) -> tuple[str, int]:
    passes = rounds = 0
    while True:
        rounds += 1
        passes += int((rng.random(len(rates)) < rates).sum())
        decision = design.decide(passes, rounds)
        if not decision.open:
            return decision.band, rounds * len(rates)


@pytest.mark.parametrize("design", [Sequential(5, edges_for(5)), Fixed(5, edges_for(5), 8)])
def test_it_is_what_simulation_tends_to(design: Design) -> None:
    rng = np.random.default_rng(0)
    rates = [[0.0, 0.1, 0.1, 0.2, 0.3], [0.9, 0.95, 1.0, 0.8, 0.85]]
    exact = operating(design, np.array(rates))
    for at, row in enumerate(rates):
        runs = [simulated(design, row, rng) for _ in range(3000)]
        assert exact.calls[at] == pytest.approx(np.mean([calls for _, calls in runs]), rel=0.05)
        for band in (EASY, DISCRIMINATING, HARD):
            assert exact.chance[band][at] == pytest.approx(np.mean([found == band for found, _ in runs]), abs=0.035)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_chances_sum_to_one_and_calls_stay_within_the_design(solvers: int, rates: list[float]) -> None:
    for design in (Sequential(solvers, edges_for(solvers)), Fixed(solvers, edges_for(solvers), 8)):
        found = operating(design, np.array([rates[:solvers]]))
        assert sum(float(chance[0]) for chance in found.chance.values()) == pytest.approx(1)
        assert solvers - 1e-9 <= found.calls[0] <= solvers * design.max_rounds + 1e-9
        assert found.chance[UNDECIDED][0] == pytest.approx(0)
        # Which seat a rate sits in does not matter.
        turned = operating(design, np.array([rates[:solvers][::-1]]))
        assert found.calls[0] == pytest.approx(turned.calls[0])


def test_certain_items_cost_what_the_table_of_the_design_says() -> None:
    found = operating(Sequential(5, edges_for(5)), np.array([[0.0] * 5, [1.0] * 5, [0.0, 0.0, 1.0, 1.0, 1.0]]))
    assert found.calls.tolist() == [15, 15, 5]
    assert [found.chance[band][at] for at, band in enumerate((HARD, EASY, DISCRIMINATING))] == [1, 1, 1]


def test_rates_that_cannot_be_are_refused() -> None:
    design = Fixed(2, edges_for(2), 2)
    for rates in (np.array([[0.5, 1.5]]), np.array([[0.5, np.nan]]), np.empty((0, 2))):
        with pytest.raises(ValueError):
            operating(design, rates)
