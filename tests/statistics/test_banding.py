"""Bands from recorded counts: the difficulty gate's rule, and nothing where the counts cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.statistics import Fixed, Sequential, edges_for
from factory.statistics.banding import banded
from factory.statistics.outcomes import OutcomeTable


def table(samples: list[list[int]], passes: list[list[int]]) -> OutcomeTable:
    width = len(samples[0])
    items, models = tuple(map(str, range(len(samples)))), tuple(f"m{at}" for at in range(width))
    return OutcomeTable(items, models, np.array(samples), np.array(passes))


@given(st.integers(1, 6), st.integers(1, 16), st.data())
def test_within_the_cap_it_is_the_designs_own_decision(solvers: int, rounds: int, data: st.DataObject) -> None:
    design = Sequential(solvers, edges_for(solvers))
    passes = [data.draw(st.integers(0, rounds)) for _ in range(solvers)]
    found = banded(table([[rounds] * solvers], [passes]), design)
    assert found.by_item == (design.decide(sum(passes), rounds).band,)
    least = found.least.get(found.by_item[0])
    assert found.by_item[0] == "undecided" or (least is not None and least <= rounds)


def test_past_the_cap_the_plain_rate_decides() -> None:
    # 33 of 40 is between the edges, yet too near the easy one for 16 rounds of one model; at 40 there is an answer.
    design = Sequential(1, edges_for(1), max_rounds=4)
    assert banded(table([[3]], [[2]]), design).by_item == ("undecided",)
    assert banded(table([[40]], [[35]]), design).by_item == ("discriminating",)


def test_a_fixed_design_needs_its_k_rounds() -> None:
    design = Fixed(2, edges_for(2), 8)
    found = banded(table([[7, 7], [8, 8], [9, 9]], [[7, 7], [8, 8], [9, 9]]), design)
    assert found.by_item == ("undecided", "easy", "easy") and found.least["easy"] == 8


def test_missing_and_unequal_cells_are_no_rounds() -> None:
    found = banded(table([[8, 0], [8, 7], [8, 8]], [[8, 0], [8, 7], [8, 8]]), Sequential(2, edges_for(2)))
    assert found.by_item == ("undecided", "undecided", "easy") and found.uneven == 2
    assert found.counts["undecided"] == 2 and found.plain["easy"] == 3


def test_a_design_for_another_panel_is_refused() -> None:
    with pytest.raises(ValueError, match="3 solvers"):
        banded(table([[1, 1]], [[1, 1]]), Sequential(3, edges_for(3)))
