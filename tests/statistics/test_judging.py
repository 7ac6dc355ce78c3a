"""A judge's confusion table: identities on any table, intervals by simulation, and what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.statistics import wilson
from factory.statistics.judging import Confusion, confusion

cells = st.builds(Confusion, *(st.integers(0, 60) for _ in range(4)))
maybe = st.sampled_from([True, False, None])


@settings(deadline=None)
@given(cells)
def test_rates_fit_together(table: Confusion) -> None:
    judged, true, bias = table.judged_accuracy(), table.true_accuracy(), table.bias()
    if not table.both:
        assert (judged, true, bias, table.disagreement()) == (None,) * 4
        return
    assert judged is not None and true is not None and bias is not None
    assert bias.value == pytest.approx((table.false_passed - table.false_failed) / table.both)
    assert -1 <= bias.low <= bias.value <= bias.high <= 1
    sensitivity, specificity = table.sensitivity(), table.specificity()
    assert (sensitivity is None) == (table.true_passed + table.false_failed == 0)
    assert (specificity is None) == (table.true_failed + table.false_passed == 0)
    if sensitivity is not None and specificity is not None and sensitivity.value + specificity.value > 1.01:
        # On the very answers it was measured on, the correction gives the truth back.
        assert table.corrected(judged.value) == pytest.approx(true.value)


@settings(deadline=None)
@given(st.lists(st.tuples(maybe, maybe)))
def test_every_answer_is_counted_once(pairs: list[tuple[bool | None, bool | None]]) -> None:
    table = confusion([judged for judged, _ in pairs], [true for _, true in pairs])
    assert table.both + table.unjudged + table.unlabelled == len(pairs)
    assert table.unlabelled_passed <= table.unlabelled


def test_the_rates_of_a_known_table() -> None:
    table = Confusion(true_passed=70, true_failed=9, false_passed=16, false_failed=5)
    assert (table.judged_accuracy(), table.true_accuracy()) == (wilson(86, 100), wilson(75, 100))
    assert (table.sensitivity(), table.specificity()) == (wilson(70, 75), wilson(9, 25))
    assert table.disagreement() == wilson(21, 100)


def test_a_judge_no_better_than_chance_cannot_be_corrected() -> None:
    assert Confusion(5, 5, 5, 5).corrected(0.5) is None
    assert Confusion(5, 0, 0, 5).corrected(0.5) is None
    with pytest.raises(ValueError):
        Confusion(5, 5, 0, 0).corrected(1.5)


def test_what_is_no_table() -> None:
    with pytest.raises(ValueError):
        Confusion(-1, 0, 0, 0)
    with pytest.raises(TypeError):
        Confusion(1.5, 0, 0, 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 verdicts for 1"):
        confusion([True, False], [True])


def test_a_judge_that_flips_verdicts_at_random_shows_its_flip_rate_and_its_bias_within_intervals() -> None:
    rng = np.random.default_rng(0)
    flips = biases = 0
    for _ in range(1000):
        true = rng.random(300) < 0.6
        judged = true ^ (rng.random(300) < 0.14)
        table = confusion(judged.tolist(), true.tolist())
        found, bias = table.disagreement(), table.bias()
        assert found is not None and bias is not None
        flips += found.low <= 0.14 <= found.high
        # E[judged] - E[true] = .14 (.4 - .6)
        biases += bias.low <= 0.14 * (0.4 - 0.6) <= bias.high
    assert 0.93 <= flips / 1000 <= 0.97
    assert 0.93 <= biases / 1000 <= 0.98


@pytest.mark.parametrize("size", [30, 100])
def test_a_bias_seen_in_few_answers_is_covered_and_never_certain(size: int) -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(1000):
        both, judged_only, true_only, neither = rng.multinomial(size, (0.6, 0.02, 0.01, 0.37)).tolist()
        table = Confusion(true_passed=both, true_failed=neither, false_passed=judged_only, false_failed=true_only)
        bias = table.bias()
        assert bias is not None and bias.low < bias.high
        covered += bias.low <= 0.02 - 0.01 <= bias.high
    assert covered >= 940
