"""Spacing: a burst is drawn apart, nobody else waits, and nothing is slower than the limit already makes it."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.limits import Limits
from factory.limits.spacing import Spacing
from tests.limits.fake_clock import FakeClock

LATENCY_S = 0.2
LIMIT = 256


def known(latency_s: float = LATENCY_S) -> Spacing:
    spacing = Spacing()
    spacing.answered(latency_s)
    return spacing


def begins(spacing: Spacing, asked: list[float], limit: int) -> list[float]:
    """When calls that are asked for at these moments begin, in their order."""
    began: list[float] = []
    for moment in asked:
        now = max(moment, began[-1] if began else moment)
        now += spacing.ready_in(now)
        spacing.began(now, limit)
        began.append(now)
    return began


def test_a_burst_begins_one_after_another_faster_than_the_limit_is_used_up() -> None:
    began = begins(known(), [100.0] * LIMIT, LIMIT)
    assert began == sorted(began) and began[0] == 100
    # All of them are under way before the first is answered.
    assert LATENCY_S / 2 < began[-1] - began[0] < LATENCY_S


def test_before_the_first_answer_and_after_a_pause_nobody_waits() -> None:
    assert begins(Spacing(), [0.0] * 9, LIMIT) == [0.0] * 9
    spacing = known()
    begins(spacing, [0.0] * 50, LIMIT)
    assert spacing.ready_in(10.0) == 0


def test_a_slow_provider_is_not_waited_for_longer() -> None:
    """Answers that take an hour, at a limit of 8, would put minutes between two calls; a millisecond parts them as well."""
    assert begins(known(3600.0), [5.0] * 8, 8) == pytest.approx([5 + number * 0.001 for number in range(8)])


@given(st.lists(st.floats(0, 0.01), min_size=1, max_size=60), st.floats(0, 1000), st.integers(1, 1000))
def test_calls_begin_in_order_and_a_millisecond_apart_at_most(gaps: list[float], latency_s: float, limit: int) -> None:
    asked = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    began = begins(known(latency_s), asked, limit)
    assert all(earlier <= later for earlier, later in pairwise(began))
    assert all(began[0] <= at <= last for at, last in zip(began, _latest(asked), strict=True))


def _latest(asked: list[float]) -> list[float]:
    """Where a millisecond lies between two calls that are both there."""
    latest: list[float] = []
    for moment in asked:
        latest.append(max(moment, latest[-1] + 0.001) + 1e-9 if latest else moment)
    return latest


async def test_calls_that_are_asked_for_at_one_moment_go_one_by_one_and_none_is_lost() -> None:
    fake = FakeClock()
    endpoint = Limits(clock=fake.clock).endpoint("api.example/KEY", max_in_flight=LIMIT)
    sent: list[float] = []

    async def call() -> None:
        async with endpoint.slot() as slot:
            slot.sent()
            sent.append(fake.clock.now())
            await fake.sleep(LATENCY_S)

    first = asyncio.create_task(call())
    await fake.advance(LATENCY_S)
    await first
    calls = [asyncio.create_task(call()) for _ in range(100)]
    await fake.advance(0.01)
    # Those that wait their turn have no slot yet: a breaker that opens now, or a pause, holds them back.
    assert 5 < endpoint.stats().in_flight < 40 and endpoint.stats().queue > 60
    await fake.advance(1.0)
    await asyncio.gather(*calls)
    burst = sent[1:]
    assert len(burst) == 100 and max(burst) - min(burst) < LATENCY_S / 2 and len(set(burst)) > 40
    assert (endpoint.stats().in_flight, endpoint.stats().queue) == (0, 0)
