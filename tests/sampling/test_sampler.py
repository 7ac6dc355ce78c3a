"""The sampler: never an excluded cell, the whole grid before any repeat, weights in the long run, all of it from the seed."""

from __future__ import annotations

import time
from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory import sampling
from factory.errors import BadInput
from factory.sampling import Exhausted, Sampler, lies_in
from factory.types import Axis, AxisValue, Coordinate, Exclusion, Quota


def axis(name: str, values: dict[Any, float] | list[Any], when: dict[Any, dict[str, tuple[Any, ...]]] | None = None) -> Axis:
    weights = values if isinstance(values, dict) else dict.fromkeys(values, 1.0)
    return Axis(
        name=name,
        values=tuple(
            AxisValue(value=value, weight=weight, when=(when or {}).get(value, {})) for value, weight in weights.items()
        ),
    )


def drawn(sampler: Sampler, count: int, closed: tuple[Quota, ...] = ()) -> list[Coordinate]:
    return [sampler.draw(index, closed) for index in range(count)]


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[Axis], list[Exclusion]]:
    """Grids with conditions and exclusions; some leave nothing."""
    axes: list[Axis] = []
    for number in range(draw(st.integers(1, 4))):
        values = []
        for value in range(draw(st.integers(1, 4))):
            when = {}
            if axes and draw(st.integers(0, 3)) == 0:
                other = draw(st.sampled_from(axes))
                when = {
                    other.name: tuple(draw(st.lists(st.sampled_from([v.value for v in other.values]), min_size=1, unique=True)))
                }
            values.append(AxisValue(value=f"v{value}", weight=draw(st.sampled_from([0.01, 0.5, 1.0, 3.0])), when=when))
        axes.append(Axis(name=f"a{number}", values=tuple(values)))
    exclude = []
    for _ in range(draw(st.integers(0, 3))):
        named = draw(st.lists(st.sampled_from(axes), min_size=1, max_size=2, unique_by=lambda entry: entry.name))
        exclude.append(
            Exclusion(
                where={
                    entry.name: tuple(draw(st.lists(st.sampled_from([v.value for v in entry.values]), min_size=1, unique=True)))
                    for entry in named
                }
            )
        )
    return draw(st.permutations(axes)), exclude


def valid_cells(axes: list[Axis], exclude: list[Exclusion]) -> set[frozenset[tuple[str, Any]]]:
    """Every valid coordinate by brute force: a second way to say what the grid is."""
    found = set()
    for choice in product(*[[*entry.values, None] for entry in axes]):
        cell = {entry.name: value.value for entry, value in zip(axes, choice, strict=True) if value is not None}
        fits = True
        for entry, value in zip(axes, choice, strict=True):
            offered = [v for v in entry.values if lies_in(cell, v.when)]
            fits = fits and (value in offered if value is not None else not offered)
        if fits and not any(lies_in(cell, rule.where) for rule in exclude):
            found.add(frozenset(cell.items()))
    return found


@given(grids(), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_the_whole_grid_and_nothing_else_before_any_repeat(grid: tuple[list[Axis], list[Exclusion]], seed: int) -> None:
    axes, exclude = grid
    cells = valid_cells(axes, exclude)
    if not cells:
        with pytest.raises(BadInput, match="no cell"):
            Sampler(axes, exclude, seed)
        return
    seen = drawn(Sampler(axes, exclude, seed), 2 * len(cells))
    assert {frozenset(cell.items()) for cell in seen[: len(cells)]} == cells
    assert {frozenset(cell.items()) for cell in seen} == cells
    names = [entry.name for entry in axes]
    assert all(list(cell) == [name for name in names if name in cell] for cell in seen)


@given(grids(), st.integers(0, 5), st.data())
@settings(max_examples=40, deadline=None)
def test_a_huge_grid_is_sampled_by_the_same_rules(
    grid: tuple[list[Axis], list[Exclusion]], seed: int, data: st.DataObject
) -> None:
    axes, exclude = grid
    cells = valid_cells(axes, exclude)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "LISTED_CELLS", 0)
        if not cells:
            with pytest.raises(BadInput, match="no cell"):
                Sampler(axes, exclude, seed)
            return
        sampler = Sampler(axes, exclude, seed)
        seen = drawn(sampler, len(cells) + 3)
        assert {frozenset(cell.items()) for cell in seen[: len(cells)]} == cells
        quota = Quota(
            where={name: (value,) for name, value in data.draw(st.sampled_from(seen)).items()} or {"a0": ("v0",)}, at_most=0
        )
        left = {cell for cell in cells if not lies_in(dict(cell), quota.where)}
        if left:
            assert frozenset(sampler.draw(len(seen), (quota,)).items()) in left
        else:
            with pytest.raises(Exhausted):
                sampler.draw(len(seen), (quota,))


GRID = [axis("topic", ["a", "b", "c", "d"]), axis("steps", [2, 3, 4]), axis("style", {"plain": 3.0, "list": 1.0})]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    quota = Quota(where={"topic": ("a",)}, at_most=3)

    def history(seed: int) -> list[Coordinate]:
        sampler = Sampler(GRID, [], seed)
        return [sampler.draw(index, (quota,) if index >= 7 else ()) for index in range(40)]

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_weights_are_approached_in_the_long_run() -> None:
    axes = [axis("x", {"rare": 1.0, "often": 9.0}), axis("y", {"p": 2.0, "q": 1.0, "r": 1.0})]
    seen = Counter((cell["x"], cell["y"]) for cell in drawn(Sampler(axes, [], 3), 4000))
    for (x, share_x), (y, share_y) in product({"rare": 0.1, "often": 0.9}.items(), {"p": 0.5, "q": 0.25, "r": 0.25}.items()):
        assert seen[x, y] / 4000 == pytest.approx(share_x * share_y, abs=0.002)


def test_heavier_values_come_earlier_within_the_first_round() -> None:
    axes = [axis("x", {"rare": 1.0, "often": 9.0}), axis("y", list(range(50)))]
    early = [drawn(Sampler(axes, [], seed), 20) for seed in range(10)]
    share = sum(cell["x"] == "often" for run in early for cell in run) / 200
    assert 0.8 <= share <= 0.98


def test_a_condition_moves_no_weight_between_the_values_it_asks_about() -> None:
    axes = [
        axis("kind", ["cargo", "talk"]),
        axis("unit", ["kg", "t", "lb"], {u: {"kind": ("cargo",)} for u in ("kg", "t", "lb")}),
    ]
    seen = drawn(Sampler(axes, [], 0), 600)
    assert sum(cell["kind"] == "cargo" for cell in seen) == pytest.approx(300, abs=3)
    assert all(("unit" in cell) == (cell["kind"] == "cargo") for cell in seen)


def test_an_axis_may_depend_on_a_later_one() -> None:
    axes = [
        axis("unit", ["kg", "m"], {"kg": {"kind": ("mass",)}, "m": {"kind": ("length",)}}),
        axis("kind", ["mass", "length"]),
    ]
    seen = drawn(Sampler(axes, [], 0), 10)
    assert {tuple(cell.items()) for cell in seen} == {(("unit", "kg"), ("kind", "mass")), (("unit", "m"), ("kind", "length"))}
    with pytest.raises(BadInput, match="wait for each other: a, b"):
        Sampler([axis("a", [1], {1: {"b": (1,)}}), axis("b", [1], {1: {"a": (1,)}})], [], 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_few_dozen_attempts_touch_every_value_and_most_pairs(seed: int) -> None:
    sizes = (12, 8, 6, 5, 4)
    axes = [axis(f"a{number}", list(range(size))) for number, size in enumerate(sizes)]
    seen = drawn(Sampler(axes, [], seed), 36)
    for number, size in enumerate(sizes):
        counts = Counter(cell[f"a{number}"] for cell in seen)
        assert len(counts) == size
        assert max(counts.values()) - min(counts.values()) <= 3
    assert len({(cell["a3"], cell["a4"]) for cell in seen}) >= 18


@pytest.mark.parametrize("seed", range(3))
def test_a_rare_value_of_a_listed_grid_is_not_left_to_chance(seed: int) -> None:
    axes = [axis("a", list(range(30))), axis("b", list(range(30))), axis("c", list(range(30)))]
    seen = drawn(Sampler(axes, [], seed), 40)
    assert all(len({cell[name] for cell in seen}) == 30 for name in "abc")


def test_full_quotas_close_their_cells_only() -> None:
    sampler = Sampler(GRID, [], 0)
    closed = (Quota(where={"topic": ("a", "b")}, at_most=1), Quota(where={"topic": ("c",), "steps": (2, 3)}, at_most=1))
    seen = drawn(sampler, 60, closed)
    assert not [cell for cell in seen if any(lies_in(cell, quota.where) for quota in closed)]
    assert len(set(seen)) == (1 + 3) * 2
    with pytest.raises(Exhausted, match="2 full quotas cover all"):
        sampler.draw(60, (closed[0], Quota(where={"topic": ("c", "d")}, at_most=0)))
    assert sampler.draw(61)["topic"] in "ab", "cells that were closed lag behind and come first when they are open again"


def test_indices_must_rise() -> None:
    sampler = Sampler(GRID, [], 0)
    sampler.draw(5)
    with pytest.raises(ValueError, match="rising order"):
        sampler.draw(5)


def test_a_grid_of_a_billion_cells_is_quick_and_spread() -> None:
    axes = [axis(f"a{number}", {value: 1.0 + value for value in range(8)}) for number in range(10)]
    exclude = [Exclusion(where={"a0": (0,), "a1": (0, 1, 2)})]
    started = time.process_time()
    seen = drawn(Sampler(axes, exclude, 0), 500)
    assert time.process_time() - started < 10
    assert len(set(seen)) == 500
    assert not [cell for cell in seen if lies_in(cell, exclude[0].where)]
    for entry in axes:
        counts = Counter(cell[entry.name] for cell in seen[:48])
        assert len(counts) == 8
        share = Counter(cell[entry.name] for cell in seen)
        assert share[7] / 500 == pytest.approx(8 / 36, abs=0.05)


def test_a_listed_grid_near_the_limit_is_quick() -> None:
    axes = [axis("a", list(range(36))), axis("b", list(range(36))), axis("c", list(range(36)))]
    started = time.process_time()
    assert len(set(drawn(Sampler(axes, [], 0), 500))) == 500
    assert time.process_time() - started < 10
