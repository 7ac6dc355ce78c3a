"""Spacing: a burst is drawn apart, and never so far that the limit is not used up."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import FailureKind, ModelFailure
from factory.limits import Limits
from factory.limits.spacing import Spacing
from tests.limits.fake_clock import FakeClock

LATENCY_S = 0.2
LIMIT = 256


def known(latency_s: float = LATENCY_S) -> Spacing:
    spacing = Spacing()
    spacing.answered(latency_s)
    return spacing


def begins(spacing: Spacing, asked: list[float], limit: int, late_s: float = 0.0) -> list[float]:
    """When calls that are asked for at these moments begin, in their order, where timers are so late."""
    began: list[float] = []
    for moment in asked:
        now = max(moment, began[-1] if began else moment)
        wait = spacing.ready_in(now)
        now += wait + late_s if wait else 0.0
        spacing.began(now, limit)
        began.append(now)
    return began


@pytest.mark.parametrize("late_s", [0.0, 0.001, 0.002])
def test_a_burst_is_drawn_apart_and_still_faster_than_the_limit_is_used_up(late_s: float) -> None:
    began = begins(known(), [100.0] * LIMIT, LIMIT, late_s)
    assert began == sorted(began) and began[0] == 100
    # All of them are under way before the first is answered.
    assert LATENCY_S / 2 < began[-1] - began[0] < 0.75 * LATENCY_S
    assert max(began.count(moment) for moment in began) < 16


def test_before_the_first_answer_and_after_a_pause_nobody_waits() -> None:
    assert begins(Spacing(), [0.0] * 9, LIMIT) == [0.0] * 9
    spacing = known()
    begins(spacing, [0.0] * 50, LIMIT)
    assert spacing.ready_in(10.0) == 0


def test_a_slow_provider_is_not_waited_for_longer() -> None:
    """Answers that take an hour, at a limit of 8, would put minutes between two calls; a millisecond parts them as well."""
    assert begins(known(3600.0), [5.0] * 20, 20)[-1] - 5 < 0.025


@given(
    st.lists(st.floats(0, 0.01), min_size=1, max_size=60),
    st.floats(0, 1000),
    st.integers(1, 1000),
    st.floats(0, 0.002),
)
def test_calls_begin_in_order_and_soon(gaps: list[float], latency_s: float, limit: int, late_s: float) -> None:
    asked = list(accumulate(gaps))
    began = begins(known(latency_s), asked, limit, late_s)
    assert all(earlier <= later for earlier, later in pairwise(began))
    # Never later than a call a millisecond, and one timer, would be.
    due = accumulate(asked, lambda before, moment: max(before + 0.001, moment))
    assert all(asked_at <= at <= last + 0.005 for asked_at, at, last in zip(asked, began, due, strict=True))


async def test_a_limit_that_was_cut_grows_again_as_if_there_were_no_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    spaced = await _limits_after_a_cut()
    monkeypatch.setattr(Spacing, "ready_in", lambda self, now: 0.0)
    assert spaced == await _limits_after_a_cut()
    assert spaced[0] < LIMIT / 2 < spaced[-1]


async def _limits_after_a_cut() -> list[int]:
    """The limit every half second after one of turning calls away."""
    fake, rng, stopped = FakeClock(), random.Random(5), False
    endpoint = Limits(clock=fake.clock).endpoint("api.example/KEY", max_in_flight=LIMIT)

    async def work() -> None:
        while not stopped:
            with suppress(ModelFailure):
                async with endpoint.slot() as slot:
                    await slot.go()
                    await fake.sleep(LATENCY_S * rng.uniform(0.95, 1.05))
                    if fake.clock.now() < 0.4:
                        raise ModelFailure(FailureKind.RATE_LIMITED, "429")

    workers = [asyncio.create_task(work()) for _ in range(LIMIT)]
    limits = []
    for _ in range(4):
        await fake.advance(0.5)
        limits.append(endpoint.stats().limit)
    stopped = True
    await fake.advance(5.0)
    await asyncio.gather(*workers)
    return limits


async def test_calls_that_are_asked_for_at_one_moment_go_one_by_one_and_none_is_lost() -> None:
    fake = FakeClock()
    endpoint = Limits(clock=fake.clock).endpoint("api.example/KEY", max_in_flight=LIMIT)
    sent: list[float] = []

    async def call() -> None:
        async with endpoint.slot() as slot:
            await slot.go()
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
    assert len(burst) == 100 and max(burst) - min(burst) < LATENCY_S / 2 and len(set(burst)) > 20
    assert (endpoint.stats().in_flight, endpoint.stats().queue) == (0, 0)
