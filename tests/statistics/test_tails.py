"""The binomial tail: against its definition, its limits, and what it refuses."""

from __future__ import annotations

from itertools import product
from math import isclose, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.statistics import binomial_tail


@given(st.integers(0, 8), st.integers(0, 8), st.floats(0.01, 0.99))
def test_it_is_the_sum_over_every_outcome(passes: int, more: int, chance: float) -> None:
    samples = passes + more if passes + more <= 10 else 10
    passes = min(passes, samples)
    outcomes = product((0, 1), repeat=samples)
    direct = sum(prod(chance if hit else 1 - chance for hit in hits) for hits in outcomes if sum(hits) >= passes)
    assert isclose(binomial_tail(passes, samples, chance), direct, abs_tol=1e-12)


@given(st.integers(0, 60), st.floats(0.01, 0.99))
def test_more_passes_are_never_likelier(samples: int, chance: float) -> None:
    tails = [binomial_tail(passes, samples, chance) for passes in range(samples + 1)]
    assert tails[0] == pytest.approx(1.0)
    assert tails == sorted(tails, reverse=True)
    assert isclose(tails[-1], chance**samples, rel_tol=1e-9)


def test_what_is_no_count_or_no_chance_is_refused() -> None:
    for passes, samples, chance in ((4, 3, 0.5), (-1, 3, 0.5), (1, 3, 0.0), (1, 3, 1.0)):
        with pytest.raises(ValueError):
            binomial_tail(passes, samples, chance)
    with pytest.raises(TypeError):
        binomial_tail(1.0, 3, 0.5)  # type: ignore[arg-type]
