"""Where screening ends, foreseen exactly, against the rule played out item by item."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.statistics import DISCRIMINATING, EASY, HARD, UNIFORM, Design, Fixed, Prior, Sequential, edges_for, endings

priors = st.builds(Prior, st.floats(0.1, 20), st.floats(0.1, 20))


def designs(solvers: int) -> list[Design]:
    edges = edges_for(solvers)
    return [Sequential(solvers, edges), Sequential(solvers, edges, max_rounds=3), Fixed(solvers, edges, 4)]


@given(st.integers(1, 9), st.integers(0, 2), priors)
def test_the_chances_add_up_and_every_ending_is_the_designs_own(solvers: int, which: int, prior: Prior) -> None:
    design = designs(solvers)[which]
    found = endings(design, prior)
    assert sum(end.chance for end in found) == pytest.approx(1)
    for end in found:
        assert end.chance > 0 and end.calls == end.rounds * solvers
        decision = design.decide(end.passes, end.rounds)
        assert decision.band == end.band and not decision.open


@pytest.mark.parametrize("solvers", [1, 2, 5])
def test_it_is_what_playing_the_rule_gives(solvers: int) -> None:
    rng, number = random.Random(3), 20_000
    for design in designs(solvers):
        bands: Counter[str] = Counter()
        calls = 0
        for _ in range(number):
            rate, passes, rounds = rng.random(), 0, 0
            while rounds == 0 or design.decide(passes, rounds).open:
                passes, rounds = passes + sum(rng.random() < rate for _ in range(solvers)), rounds + 1
            calls += rounds * solvers
            bands[design.decide(passes, rounds).band] += 1
        found = endings(design, UNIFORM)
        assert sum(end.chance * end.calls for end in found) == pytest.approx(calls / number, rel=0.03)
        for band in (EASY, DISCRIMINATING, HARD):
            assert sum(end.chance for end in found if end.band == band) == pytest.approx(bands[band] / number, abs=0.015)


def test_the_default_panel_takes_about_what_real_tables_took() -> None:
    """13.7 screening calls on five solvers (the project's performance notes, section 4)."""
    expected = sum(end.chance * end.calls for end in endings(Sequential(5, edges_for(5))))
    assert 13.7 / 1.15 < expected < 13.7 * 1.15


@pytest.mark.parametrize("broken", [(0, 1), (1, -1), (float("inf"), 1), (float("nan"), 1)])
def test_a_prior_is_proper(broken: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="Beta"):
        Prior(*broken)
