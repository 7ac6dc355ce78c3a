"""Latencies by bucket: within the stated error of the true percentile, however they are split, merged and kept."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.limits.latency import RELATIVE_ERROR, SHORTEST_S, Latencies

SECONDS = st.floats(SHORTEST_S, 3600.0)


def filled(seconds: list[float]) -> Latencies:
    latencies = Latencies()
    for each in seconds:
        latencies.add(each)
    return latencies


@given(st.lists(SECONDS, min_size=1, max_size=200), st.floats(0.001, 1.0))
def test_a_quantile_is_within_the_stated_error(seconds: list[float], share: float) -> None:
    true = sorted(seconds)[math.ceil(share * len(seconds)) - 1]
    assert filled(seconds).quantile(share) == pytest.approx(true, rel=RELATIVE_ERROR * (1 + 1e-9))


@given(st.lists(SECONDS, max_size=50), st.lists(SECONDS, max_size=50))
def test_merging_is_adding_to_one(left: list[float], right: list[float]) -> None:
    merged, whole = filled(left).merged(filled(right).buckets), filled([*left, *right])
    assert (merged.buckets, merged.count) == (whole.buckets, whole.count)


@given(st.lists(SECONDS, max_size=50))
def test_what_is_kept_goes_on_where_it_was(seconds: list[float]) -> None:
    again = Latencies(filled(seconds).buckets)
    again.add(2.0)
    assert again.buckets == filled([*seconds, 2.0]).buckets and again.count == len(seconds) + 1


def test_no_time_at_all_and_none_added() -> None:
    assert Latencies().quantile(0.5) is None
    assert filled([0.0, -1.0]).quantile(0.5) == pytest.approx(SHORTEST_S, rel=RELATIVE_ERROR)
    assert len(filled([SHORTEST_S * 1.01**step for step in range(2211)]).buckets) < 1200
