"""The steps profile: it recovers known rates, and says when a product of rates is not the path's rate, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from factory.statistics import Declared, Estimate, pass_at_k
from factory.statistics.rollouts import Attempt, Rollouts, UnfinishedRollout
from factory.statistics.steps import profile, step_pass_at
from tests.statistics.workflows import RATES, STEPS, attempts, workflow

PATH = math.prod(RATES)


def inside(found: Estimate | None, truth: float) -> bool:
    return found is not None and found.low <= truth <= found.high


@st.composite
def any_rollouts(draw: st.DrawFn) -> Rollouts:
    """Small and ragged: different numbers of samples, rollouts that stop or go on after an error."""
    steps = tuple("abc"[: draw(st.integers(1, 3))])

    def made() -> Iterator[Attempt]:
        for item in range(draw(st.integers(1, 4))):
            for solver in "xy":
                for sample in range(draw(st.integers(0 if solver == "y" else 1, 3))):
                    stop = draw(st.booleans())
                    for step in steps:
                        correct = draw(st.booleans())
                        yield Attempt(f"i{item}", solver, str(sample), step, correct)
                        if stop and not correct:
                            break

    return Rollouts.from_attempts(list(made()), steps)


@settings(max_examples=60, deadline=None)
@given(any_rollouts())
def test_the_product_of_conditional_rates_is_the_paths_rate(rollouts: Rollouts) -> None:
    found = profile(rollouts)
    conditional = [step.conditional.value for step in found.steps if step.conditional is not None]
    assert found.path is not None
    if len(conditional) == len(found.steps):
        assert math.prod(conditional) == pytest.approx(found.path.value)
    else:
        assert found.path.value == 0
    for step in found.steps:
        assert step.reached <= step.tried
        for estimate in (step.conditional, step.marginal):
            assert estimate is None or 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@pytest.mark.parametrize("stop", [False, True])
def test_independent_steps_are_recovered_and_the_two_worst_ranked(stop: bool) -> None:
    found = profile(workflow(300, stop=stop))
    # Fourteen intervals at 95 %: one miss is within chance, and the seed is fixed.
    misses = [s.step for s, rate in zip(found.steps, RATES, strict=True) if not inside(s.conditional, rate)]
    assert len(misses) <= 1
    assert found.worst[:2] == ("s6", "s3") and inside(found.path, PATH)
    assert found.stops_at_errors is stop
    if stop:
        assert found.products == () and all(step.marginal is None for step in found.steps)
    else:
        assert sum(not inside(s.marginal, rate) for s, rate in zip(found.steps, RATES, strict=True)) <= 1
        assert not found.products[0].differs and found.link is None
        assert found.products[0].value == pytest.approx(PATH, abs=0.02)


def test_steps_that_share_the_rollouts_luck() -> None:
    found = profile(workflow(300, in_rollout=0.6))
    assert sum(not inside(s.marginal, rate) for s, rate in zip(found.steps, RATES, strict=True)) <= 1
    product, path, link = found.products[0], found.path, found.link
    assert path is not None and product.differs and product.gap is not None and link is not None
    assert product.value == pytest.approx(PATH, abs=0.02)  # what multiplying says
    assert path.value > 2 * product.value  # and what happens
    assert product.gap.value == pytest.approx(path.value - product.value)
    assert link.difference.low > 0.2
    # All of it happens within the rollout: two rollouts of one item and solver know nothing of each other.
    assert link.across == pytest.approx(link.multiplied, abs=0.02) and link.together > link.multiplied + 0.05


def test_steps_that_share_the_items_difficulty() -> None:
    found = profile(workflow(300, in_item=0.6))
    link = found.link
    assert found.products[0].differs and link is not None and link.across is not None
    assert link.across == pytest.approx(link.together, abs=0.02) and link.across > link.multiplied + 0.05


def test_gold_prefix_rates_stay_apart_and_are_not_the_path() -> None:
    on_path = list(attempts(200, in_rollout=0.6, stop=True))
    gold = [a._replace(gold=True) for a in attempts(200, seed=9)]
    found = profile(Rollouts.from_attempts([*on_path, *gold], STEPS))
    assert sum(not inside(s.gold, rate) for s, rate in zip(found.steps, RATES, strict=True)) <= 1
    assert all(step.gold_tried == 1600 for step in found.steps)
    assert [product.basis for product in found.products] == ["gold"] and found.products[0].differs
    assert found.path is not None and found.path.value > 2 * found.products[0].value
    only = profile(Rollouts.from_attempts(gold, STEPS))
    assert only.path is None and only.products == () and only.worst[:2] == ("s6", "s3") and only.rollouts == 0


def test_solvers_and_items_count_alike_however_often_they_were_sampled() -> None:
    many = [Attempt("i", "x", str(n), "a", True) for n in range(90)]
    few = [Attempt("i", "y", "0", "a", False), Attempt("j", "x", "0", "a", False)]
    found = profile(Rollouts.from_attempts([*many, *few], ("a",)))
    assert found.steps[0].conditional is not None and found.steps[0].conditional.value == pytest.approx(1 / 3)


def test_one_item_gives_wide_intervals_and_no_verdict_on_the_product() -> None:
    found = profile(workflow(1, 2, 100, in_rollout=0.6))
    assert found.products[0].gap is None and not found.products[0].differs
    assert found.path is not None and found.path.high - found.path.low > 0.5


def test_a_rollout_that_broke_off_neither_succeeded_nor_failed() -> None:
    whole = [Attempt("i", "x", "0", step, True) for step in "abc"]
    Rollouts.from_attempts([*whole[:1], whole[1]._replace(correct=False)], ("a", "b", "c"))
    for broken in (whole[:2], [whole[0], whole[2]], [whole[0], whole[2]._replace(correct=False)]):
        with pytest.raises(UnfinishedRollout, match=r"'i'.*'x'.*'0' misses the step"):
            Rollouts.from_attempts(broken, ("a", "b", "c"))


def test_tables_that_cannot_be() -> None:
    one = Attempt("i", "x", "0", "a", True)
    with pytest.raises(ValueError, match="twice"):
        Rollouts.from_attempts([one, one._replace(correct=False)], ("a",))
    with pytest.raises(ValueError, match="no step 'b'"):
        Rollouts.from_attempts([one._replace(step="b")], ("a",))
    with pytest.raises(ValueError, match="no decision"):
        profile(Rollouts.from_attempts([], ("a",)))


def test_pass_at_k_of_a_step_and_along_the_path() -> None:
    rights = {"0": (True, False), "1": (True, True), "2": (False, True), "3": (False, False)}
    rollouts = Rollouts.from_attempts(
        [Attempt(i, "x", n, s, c) for i in "ij" for n, pair in rights.items() for s, c in zip("ab", pair, strict=True)],
        ("a", "b"),
    )
    first, second = step_pass_at(rollouts, Declared(4), 2)
    assert first.alone is not None and second.alone is not None
    assert first.alone.value == first.through.value == second.alone.value == pytest.approx(pass_at_k(4, 2, 2))
    assert second.through.value == pytest.approx(pass_at_k(4, 1, 2))
    with pytest.raises(ValueError, match="declared"):
        step_pass_at(rollouts, Declared(5), 2)
    with pytest.raises(ValueError, match="k <= n"):
        step_pass_at(rollouts, Declared(4), 5)


def test_a_step_that_was_not_reached_every_time_has_no_pass_at_k_of_its_own() -> None:
    found = step_pass_at(workflow(20, 1, 3, stop=True), Declared(3), 2)
    assert found[0].alone is not None and found[6].alone is None


def test_coverage_of_rates_path_and_gap() -> None:
    """Items that differ in all steps, and rollouts too; the truth is drawn apart from the code that makes rollouts."""
    rng, rates = np.random.default_rng(0), RATES[:3]
    common = np.sqrt(0.3) * rng.normal(size=(400_000, 1)) + np.sqrt(0.2) * rng.normal(size=(400_000, 1))
    right = common + np.sqrt(0.5) * rng.normal(size=(400_000, 3)) < ndtri(np.array(rates))
    path, two = float(right.all(axis=1).mean()), float(right[:, :2].all(axis=1).mean())
    truth = (path / two, rates[1], path, path - math.prod(rates))
    counts = np.zeros(4)
    for seed in range(300):
        found = profile(workflow(40, 2, 3, seed=seed, rates=rates, in_item=0.3, in_rollout=0.2))
        own = (found.steps[2].conditional, found.steps[1].marginal, found.path, found.products[0].gap)
        counts += [inside(estimate, true) for estimate, true in zip(own, truth, strict=True)]
    rates_and_path, gap = counts[:3] / 300, counts[3] / 300
    assert (rates_and_path >= 0.91).all() and (rates_and_path <= 0.99).all(), counts / 300  # standard error .013
    assert gap >= 0.97  # at .99, with a standard error of .006
