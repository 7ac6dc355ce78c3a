"""The sequential test: the decision table of DESIGN section 8, its edges, its errors against a fixed design."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.statistics import DISCRIMINATING, EASY, HARD, UNDECIDED, Design, Edges, Fixed, Sequential, check_edges, edges_for


def design_for(solvers: int, **settings: float) -> Sequential:
    return Sequential(solvers, edges_for(solvers), **settings)  # type: ignore[arg-type]


def test_the_table_for_five_solvers() -> None:
    design = design_for(5)
    bands = (HARD, DISCRIMINATING, EASY)
    decided = {
        rounds: {band: [p for p in range(5 * rounds + 1) if design.decide(p, rounds).band == band] for band in bands}
        for rounds in (1, 2, 3)
    }
    assert decided[1] == {HARD: [], DISCRIMINATING: [2, 3], EASY: []}
    assert decided[2] == {HARD: [], DISCRIMINATING: [3, 4, 5, 6, 7], EASY: []}
    assert decided[3] == {HARD: [0], DISCRIMINATING: list(range(3, 13)), EASY: [15]}


def test_the_cap_decides_by_the_plain_rate() -> None:
    design = design_for(5)
    assert design.max_rounds == 16
    # 7 and 8 of 80 lie inside the hard edge's zone of indifference, where neither test has decided.
    assert [design.decide(p, 16).band for p in (6, 7, 8)] == [HARD, HARD, DISCRIMINATING]
    assert [design.decide(p, 16).band for p in (72, 73)] == [DISCRIMINATING, EASY]
    assert design.decide(7, 16).stopped_by == "cap"
    assert design.decide(7, 15).open


@given(st.integers(1, 12), st.data())
def test_a_mirrored_count_gets_the_mirrored_band(solvers: int, data: st.DataObject) -> None:
    design = design_for(solvers)
    rounds = data.draw(st.integers(1, 16))
    passes = data.draw(st.integers(0, rounds * solvers))
    mirror = {EASY: HARD, HARD: EASY, DISCRIMINATING: DISCRIMINATING, UNDECIDED: UNDECIDED}
    assert design.decide(rounds * solvers - passes, rounds).band == mirror[design.decide(passes, rounds).band]


@given(st.integers(1, 12), st.integers(1, 16))
def test_bands_are_ordered_in_the_passes(solvers: int, rounds: int) -> None:
    bands = [design_for(solvers).decide(p, rounds).band for p in range(rounds * solvers + 1)]
    decided = [band for band in bands if band != UNDECIDED]
    assert decided == sorted(decided, key=[HARD, DISCRIMINATING, EASY].index)
    if rounds == 16:
        assert UNDECIDED not in bands


@pytest.mark.parametrize("solvers", [1, 2, 5, 10])
def test_holding_on_to_first_crossings_changes_no_decision(solvers: int) -> None:
    """Every path of counts: a test that has refused its extreme once may be taken as having refused it for good."""
    design = design_for(solvers)
    edges, bound = design.edges, math.log(4)

    def ratio(hits: int, calls: int, edge: float) -> float:
        low, high = edge - edges.half_width, edge + edges.half_width
        return hits * math.log(high / low) + (calls - hits) * math.log((1 - high) / (1 - low))

    live = {(0, False, False)}
    for rounds in range(1, 17):
        after = set()
        for passes, refused_easy, refused_hard in live:
            for more in range(solvers + 1):
                count, calls = passes + more, rounds * solvers
                easy, hard = ratio(count, calls, edges.easy), ratio(calls - count, calls, 1 - edges.hard)
                state = refused_easy or easy <= -bound, refused_hard or hard <= -bound
                if easy >= bound:
                    latched = EASY
                elif hard >= bound:
                    latched = HARD
                elif all(state):
                    latched = DISCRIMINATING
                else:
                    latched = edges.band(count, calls) if rounds == 16 else UNDECIDED
                assert design.decide(count, rounds).band == latched
                if latched == UNDECIDED:
                    after.add((count, *state))
        live = after


def test_edges_off_the_grid_stay_where_they_were_asked_for() -> None:
    edges = edges_for(5)
    assert (edges.hard, edges.easy, edges.shifted) == (0.1, 0.9, False)


def test_edges_on_a_multiple_of_one_over_s_move_outwards_and_say_so() -> None:
    edges = edges_for(10)
    assert edges == Edges(hard=0.075, easy=0.925, half_width=0.05, asked_hard=0.1, asked_easy=0.9)
    assert edges.shifted
    assert edges_for(5, hard=0.2, easy=0.8, half_width=0.02).hard == pytest.approx(0.11)  # half of the room below
    assert edges_for(4, hard=0.25, easy=0.9, half_width=0.001).hard == pytest.approx(0.1255)
    assert edges_for(100, hard=0.25, easy=0.9, half_width=0.05).hard == 0.245  # half a step


@given(st.integers(1, 40), st.integers(10, 49), st.integers(51, 90), st.integers(1, 5))
def test_used_edges_are_never_on_the_grid_and_leave_the_zones_inside(solvers: int, hard: int, easy: int, width: int) -> None:
    low, high, half = hard / 100, easy / 100, width / 100
    try:
        check_edges(low, high, half)
    except ValueError:
        return
    edges = edges_for(solvers, low, high, half)
    for used, asked in ((edges.hard, low), (edges.easy, high)):
        assert abs(used * solvers - round(used * solvers)) > 1e-6
        assert abs(used - asked) <= 1 / (2 * solvers) + 1e-6  # edges are rounded to six decimals
    check_edges(edges.hard, edges.easy, half)
    Sequential(solvers, edges).decide(0, 1)


def test_one_of_ten_solvers_that_always_passes_is_discriminating_at_once_and_not_at_the_cap() -> None:
    assert design_for(10).decide(4, 4).stopped_by == "tests"
    assert design_for(10).decide(4, 4).band == DISCRIMINATING
    unshifted = Sequential(10, Edges(0.1, 0.9, 0.05, 0.1, 0.9))
    assert unshifted.decide(4, 4).open


@pytest.mark.parametrize(
    ("hard", "easy", "half_width"),
    [
        (0, 0.9, 0.05),
        (0.1, 1, 0.05),
        (0.05, 0.9, 0.05),
        (0.1, 0.95, 0.05),
        (0.5, 0.4, 0.01),
        (0.4, 0.45, 0.05),
        (math.nan, 0.9, 0.05),
    ],
)
def test_edges_that_cannot_be_used_are_refused(hard: float, easy: float, half_width: float) -> None:
    with pytest.raises(ValueError):
        edges_for(5, hard, easy, half_width)


def test_impossible_counts_and_settings_are_refused() -> None:
    design = design_for(5)
    for passes, rounds in [(6, 1), (-1, 1), (0, 0), (0, 17)]:
        with pytest.raises(ValueError):
            design.decide(passes, rounds)
    with pytest.raises(TypeError):
        design.decide(None, 1)  # type: ignore[arg-type]
    for settings in ({"alpha": 0.5}, {"alpha": 0}, {"max_rounds": 0}):
        with pytest.raises(ValueError):
            design_for(5, **settings)
    with pytest.raises(ValueError):
        edges_for(0)
    with pytest.raises(ValueError):
        Fixed(5, edges_for(5), 0)


def test_the_fixed_design_looks_once() -> None:
    design = Fixed(5, edges_for(5), k=8)
    assert all(design.decide(p, 7).open for p in range(36))
    assert [design.decide(p, 8).band for p in (3, 4, 36, 37)] == [HARD, DISCRIMINATING, DISCRIMINATING, EASY]
    assert design.decide(3, 8).stopped_by == "fixed"


def _run(design: Design, solvers: int, rates: list[float], rng: random.Random) -> tuple[str, int]:
    passes = rounds = 0
    while True:
        rounds += 1
        passes += sum(rng.random() < p for p in rates)
        decision = design.decide(passes, rounds)
        if not decision.open:
            return decision.band, rounds * solvers


def test_it_errs_like_the_fixed_design_at_less_than_half_the_calls() -> None:
    rng = random.Random(3)
    sequential, fixed = design_for(5), Fixed(5, edges_for(5), 8)
    calls = wrong = wrong_fixed = 0
    number = 1500
    for _ in range(number):
        level = rng.betavariate(0.6, 0.6)  # most items easy or hard, as on real tables
        rates = [min(1.0, max(0.0, level + rng.uniform(-0.2, 0.2))) for _ in range(5)]
        truth = edges_for(5).band(round(sum(rates) * 1000), 5000)
        band, used = _run(sequential, 5, rates, rng)
        calls += used
        wrong += band != truth
        wrong_fixed += _run(fixed, 5, rates, rng)[0] != truth
    assert calls / number <= 0.45 * 40
    assert wrong / number <= wrong_fixed / number + 0.02
