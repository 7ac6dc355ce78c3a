"""Comparing two agents: planted regressions are found, and nothing else is, together at the stated level."""

from __future__ import annotations

import pytest

from factory.statistics.regression import compare
from factory.statistics.rollouts import Rollouts
from tests.statistics.workflows import RATES, STEPS, attempts, workflow

WORSE = (*RATES[:4], 0.40, *RATES[5:])


def test_a_planted_regression_is_found_at_its_step_and_turns_around() -> None:
    before, after = workflow(300), workflow(300, seed=2, rates=WORSE)
    found = compare(before, after)
    assert [change.step for change in found.changes if change.verdict == "regressed" and change.what == "conditional"] == ["s5"]
    assert not [change for change in found.changes if change.verdict == "improved"]
    assert found.changes[0].what == "path" and found.single_level == pytest.approx(1 - 0.05 / 8)
    back = compare(after, before)
    assert [c.step for c in back.changes if c.verdict == "improved" and c.what == "conditional"] == ["s5"]
    for one, other in zip(found.changes, back.changes, strict=True):
        assert one.difference.value == pytest.approx(-other.difference.value)
        assert one.difference.low == pytest.approx(-other.difference.high)


def test_an_error_at_one_step_is_not_blamed_on_the_steps_after_it() -> None:
    # Rollouts go on after an error and are then always wrong: at any time every later step would look worse.
    def cascade(rates: tuple[float, ...], seed: int) -> Rollouts:
        alive: dict[tuple[str, str, str], bool] = {}
        rows = []
        for attempt in attempts(300, seed=seed, rates=rates):
            key = attempt[:3]
            alive[key] = alive.get(key, True) and attempt.correct
            rows.append(attempt._replace(correct=alive[key]))
        return Rollouts.from_attempts(rows, STEPS)

    found = compare(cascade(RATES, 0), cascade((RATES[0], 0.6, *RATES[2:]), 2))
    assert [change.step for change in found.changes if change.verdict != "unclear"] == ["", "s2"]


def test_the_same_items_narrow_the_intervals() -> None:
    before = workflow(60, in_item=0.7)
    same = compare(before, workflow(60, in_item=0.7, rates=WORSE))
    other = compare(before, workflow(60, in_item=0.7, rates=WORSE, prefix="j"))
    assert (same.shared_items, other.shared_items) == (60, 0)
    widths = [c.changes[0].difference.high - c.changes[0].difference.low for c in (same, other)]
    assert widths[0] < 0.8 * widths[1]


def test_other_steps_are_named_and_their_paths_not_compared() -> None:
    found = compare(workflow(40), workflow(40, rates=RATES[:5]))
    assert (found.only_before, found.only_after) == (("s6", "s7"), ())
    assert {change.what for change in found.changes} == {"conditional"} and len(found.changes) == 5


def test_files_of_different_workflows_are_refused() -> None:
    with pytest.raises(ValueError, match="no step in common"):
        compare(
            workflow(5),
            Rollouts.from_attempts([a._replace(step="x" + a.step) for a in attempts(5)], tuple("x" + s for s in STEPS)),
        )


def test_equal_agents_raise_an_alarm_no_more_often_than_the_level_allows() -> None:
    how = {"rates": RATES[:3], "in_item": 0.3}
    alarms = 0
    for seed in range(250):
        found = compare(workflow(40, 1, 3, seed=seed, **how), workflow(40, 1, 3, seed=seed + 1000, **how))
        alarms += any(change.verdict != "unclear" for change in found.changes)
    assert alarms / 250 <= 0.08  # at most .05, with a standard error of .014
