"""The outcome table: missing cells count nowhere, pass@k needs the declared number everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.statistics import Declared, pass_at_k
from factory.statistics.outcomes import Cell, OutcomeTable


def table(*cells: tuple[str, str, int, int]) -> OutcomeTable:
    return OutcomeTable.from_cells(Cell(*cell) for cell in cells)


SMALL = table(("a", "x", 4, 4), ("a", "y", 2, 1), ("b", "x", 4, 0), ("c", "y", 0, 0), ("c", "x", 1, 1))


def test_means_are_over_what_was_tried() -> None:
    assert SMALL.solve_rates().tolist() == [0.75, 0.0, 1.0]
    assert SMALL.abilities().tolist() == pytest.approx([2 / 3, 0.5])
    assert np.isnan(SMALL.rates()[1, 1]) and not SMALL.present[2, 1]


def test_a_model_or_item_without_calls_has_no_rate() -> None:
    empty = table(("a", "x", 1, 1), ("b", "y", 0, 0))
    assert np.isnan(empty.solve_rates()[1]) and np.isnan(empty.abilities()[1])
    assert empty.scores()["y"] is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda p: (max(p), min(p))), min_size=12, max_size=12))
def test_parts_keep_their_cells(cells: list[tuple[int, int]]) -> None:
    whole = OutcomeTable.from_cells(
        Cell(f"i{at // 3}", f"m{at % 3}", samples, passes) for at, (samples, passes) in enumerate(cells)
    )
    part = whole.only_items(["i2", "i0"]).only_models(["m2"])
    assert part.samples.tolist() == [[cells[8][0]], [cells[2][0]]]
    assert part.passes.tolist() == [[cells[8][1]], [cells[2][1]]]


def test_scores_are_clustered_by_item() -> None:
    found = table(*[(f"i{n}", "x", 50, 50 * (n % 2)) for n in range(20)]).scores()["x"]
    assert found is not None and found.value == 0.5
    assert found.low < 0.3  # twenty items, not a thousand calls


def test_pass_at_k_is_the_mean_over_items_and_only_of_the_declared_number() -> None:
    whole = table(("a", "x", 4, 1), ("b", "x", 4, 3), ("a", "y", 4, 0), ("b", "y", 4, 0))
    found = whole.pass_at(Declared(4), 2)
    assert found["x"].value == pytest.approx((pass_at_k(4, 1, 2) + pass_at_k(4, 3, 2)) / 2)
    assert found["y"].value == 0
    with pytest.raises(ValueError, match="declared"):
        whole.pass_at(Declared(3), 2)
    with pytest.raises(ValueError, match="declared"):
        SMALL.pass_at(Declared(4), 1)  # a missing cell is not the declared number either
    with pytest.raises(ValueError, match="k <= n"):
        whole.pass_at(Declared(4), 5)


def test_tables_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="twice"):
        table(("a", "x", 1, 1), ("a", "x", 1, 1))
    with pytest.raises(ValueError, match="between 0"):
        table(("a", "x", 1, 2))
    with pytest.raises(ValueError, match="no model 'z'"):
        SMALL.only_models(["z"])
    with pytest.raises(ValueError, match="twice"):
        SMALL.only_items(["a", "a"])
    with pytest.raises(TypeError):
        table(("a", "x", None, 0))  # type: ignore[arg-type]
