"""The cheapest order of gates, against every order there is."""

from __future__ import annotations

import math
import random
import statistics
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.gate import dependencies
from factory.report.order import MOST_GATES, Station, cheapest, expected_cost, order_json
from recipes.ground_truth.recipe import RECIPE


@st.composite
def lines(draw: st.DrawFn, most: int = 7) -> list[Station]:
    """Stations in an order that their dependencies allow, each needing some of those before it."""
    count = draw(st.integers(1, most))
    costs = st.one_of(st.just(0.0), st.floats(1e-6, 1e3))
    made: list[Station] = []
    for number in range(count):
        after = draw(st.sets(st.sampled_from([one.name for one in made]), max_size=2)) if made else set()
        kill = draw(st.floats(0, 1))
        repair = draw(st.floats(0, 1)) * (1 - kill)
        made.append(Station(f"g{number}", draw(costs), kill, tuple(sorted(after)), repair))
    return made


def allowed(order: tuple[Station, ...]) -> bool:
    names = [station.name for station in order]
    return all(name in names[:place] for place, station in enumerate(order) for name in station.after)


@settings(max_examples=120, deadline=None)
@given(lines())
def test_no_allowed_order_is_cheaper(line: list[Station]) -> None:
    found = cheapest(line)
    assert sorted(one.name for one in found) == sorted(one.name for one in line)
    assert allowed(found)
    least = min(expected_cost(order) for order in permutations(line) if allowed(order))
    assert expected_cost(found) <= least * (1 + 1e-6) + 1e-12


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0.01, 0.99)), min_size=2, max_size=7))
def test_without_dependencies_it_is_cost_by_kill_rate(pairs: list[tuple[float, float]]) -> None:
    line = [Station(f"g{number}", cost, kill) for number, (cost, kill) in enumerate(pairs)]
    by_rule = sorted(line, key=lambda station: station.cost / station.kill)
    assert math.isclose(expected_cost(cheapest(line)), expected_cost(by_rule), rel_tol=1e-9)


def test_a_worked_example() -> None:
    """10 + .5 * 1 = 10.5 as it is, 1 + .9 * 10 = 10 the other way round."""
    dear, cheap = Station("dear", 10, 0.5), Station("cheap", 1, 0.1)
    assert expected_cost([dear, cheap]) == 10.5
    assert cheapest([dear, cheap]) == (cheap, dear)
    assert cheapest([dear, Station("cheap", 1, 0.1, ("dear",))])[0] is dear


def test_equal_orders_stay_as_they_are() -> None:
    line = [Station(name, 1.0, 0.0) for name in "dbca"]
    assert cheapest(line) == tuple(line)


def test_a_dependency_on_a_gate_that_is_not_there_does_not_bind() -> None:
    assert cheapest([Station("a", 5, 0.1, ("gone",)), Station("b", 1, 0.5)])[0].name == "b"


def test_what_no_order_meets_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        cheapest([Station("a", 1, 0, ("b",)), Station("b", 1, 0, ("a",))])
    with pytest.raises(ValueError, match="one name"):
        cheapest([Station("a", 1, 0), Station("a", 1, 0)])
    with pytest.raises(ValueError):
        Station("a", 1, 1.5)


def test_a_long_line_is_left_as_it_is() -> None:
    line = [Station(f"g{number}", 100.0 - number, 0.5) for number in range(MOST_GATES + 1)]
    assert cheapest(line) == tuple(line)


def row(gate: str, checked: int, stopped: int, seconds: float, usd: float = 0.0, repaired: int = 0) -> dict[str, object]:
    counts = {"checked": checked, "repaired": repaired, "rejected": stopped, "held": 0, "errored": 0}
    return {"gate": gate, **counts, "seconds": seconds, "cost_usd": usd}


def test_what_status_suggests() -> None:
    rows = [row("dear", 100, 50, 1000.0), row("cheap", 50, 5, 50.0), row("audit", 5, 5, 0.0)]
    found = order_json(rows, {"dear": (), "cheap": ()})
    assert found == {
        "by": "seconds", "suggested": ["cheap", "dear"], "now": 10.5, "expected": 10.0,
        "kill_rates": {"dear": 0.5, "cheap": 0.1}, "repair_rates": {"dear": 0.0, "cheap": 0.0},
    }  # fmt: skip
    paid = order_json([row("dear", 100, 50, 1.0, 2.0), row("cheap", 50, 5, 50.0)], {"dear": (), "cheap": ()})
    assert paid is not None and paid["by"] == "money"
    assert order_json([], {}) is None
    assert order_json([row("a", 0, 0, 0.0), row("b", 0, 0, 0.0)], {"a": (), "b": ()}) is None


def test_a_gate_that_sends_items_back_is_not_moved_behind_dear_ones() -> None:
    # 6 of 30 are sent back by `asks`, which stops none: behind `dear`, each of them would pay `dear` twice.
    rows = [row("asks", 30, 0, 36.0, repaired=6), row("dear", 30, 1, 300.0)]
    found = order_json(rows, {"asks": (), "dear": ()})
    assert found is not None and found["suggested"] == ["asks", "dear"] and found["repair_rates"] == {"asks": 0.2, "dear": 0.0}
    # 36 askings of a second, 30 of ten: what was measured is what the order as it is is said to cost.
    assert found["now"] == pytest.approx((36 + 300) / 30)
    worse = order_json([row("dear", 30, 0, 360.0), row("asks", 30, 0, 36.0, repaired=6)], {"asks": (), "dear": ()})
    assert worse is not None and worse["suggested"] == ["asks", "dear"]
    assert (worse["now"], worse["expected"]) == (pytest.approx(13.2), pytest.approx(11.2))


@given(lines(), st.integers(0, 2**32))
def test_the_expected_cost_is_what_items_that_go_down_the_line_pay(line: list[Station], seed: int) -> None:
    rng, paid, items = random.Random(seed), [], 400
    for _ in range(items):
        cost = 0.0
        for place, station in enumerate(line):
            cost += station.cost
            fate = rng.random()
            if fate < station.kill:
                break
            if fate < station.kill + station.repair:
                cost += sum(before.cost for before in line[: place + 1])
        paid.append(cost)
    error = statistics.stdev(paid) / math.sqrt(items)
    assert abs(statistics.fmean(paid) - expected_cost(line)) <= 6 * error + 0.05 * sum(one.cost for one in line)


def test_the_shipped_line_allows_what_its_gates_declare() -> None:
    after = dependencies(RECIPE.gates)
    names = [gate.name for gate in RECIPE.gates]
    assert set(after["final_check"]) == set(names) - {"final_check"}
    assert "oracle" in after["difficulty"] and "difficulty" not in after["gameability"]
    assert after["structure"] == () and all("structure" in after[name] for name in names[1:])
    # The order a recipe ships is one of those its gates allow.
    assert all(names.index(before) < names.index(name) for name in names for before in after[name])
