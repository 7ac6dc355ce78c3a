"""Slots: first come first served, no more than allowed, no hole left behind."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import FailureKind, ModelFailure
from factory.limits import BreakerState, Endpoint, Limits
from factory.limits.latency import RELATIVE_ERROR
from tests.limits.fake_clock import FakeClock, settled


def endpoint(fake: FakeClock, *, max_in_flight: int = 4, rpm: int | None = None, tpm: int | None = None) -> Endpoint:
    return Limits(clock=fake.clock).endpoint("api.example/KEY", max_in_flight=max_in_flight, rpm=rpm, tpm=tpm)


async def test_slots_go_out_in_the_order_of_asking_and_never_too_many() -> None:
    fake = FakeClock()
    under_test, began, most = endpoint(fake, max_in_flight=3), [], 0

    async def call(number: int) -> None:
        nonlocal most
        async with under_test.slot() as slot:
            began.append(number)
            await slot.go()
            most = max(most, under_test.stats().in_flight)
            await fake.sleep(1.0 + number % 3)

    calls = [asyncio.create_task(call(number)) for number in range(20)]
    await settled()
    assert under_test.stats().queue == 17
    await fake.advance(60)
    await asyncio.gather(*calls)
    assert began == list(range(20)) and most == 3
    assert (under_test.stats().in_flight, under_test.stats().queue, under_test.stats().requests) == (0, 0, 20)


async def test_time_in_the_queue_is_told_apart_from_latency() -> None:
    fake = FakeClock()
    under_test, waited = endpoint(fake, max_in_flight=1), []

    async def call() -> None:
        async with under_test.slot() as slot:
            await fake.sleep(5)
            await slot.go()
            await fake.sleep(2)
        waited.append(slot.waited_s)

    calls = [asyncio.create_task(call()) for _ in range(3)]
    await fake.advance(30)
    await asyncio.gather(*calls)
    assert waited == [0, 7, 14]
    latencies = under_test.stats().latencies
    assert latencies.count == 3
    assert [latencies.quantile(share) for share in (0.5, 0.95)] == pytest.approx([2, 2], rel=RELATIVE_ERROR)


async def test_callers_with_one_key_share_one_endpoint_under_the_stricter_caps() -> None:
    limits = Limits(clock=FakeClock().clock)
    author = limits.endpoint("a", max_in_flight=64)
    judge = limits.endpoint("a", max_in_flight=8)
    assert author is judge and author.stats().max_in_flight == author.stats().limit == 8
    assert limits.endpoint("b", max_in_flight=1) is not author
    assert [stats.key for stats in limits.stats()] == ["a", "b"]
    with pytest.raises(ValueError, match="at least 1"):
        limits.endpoint("c", max_in_flight=1, rpm=0)


async def test_a_foreign_error_gives_the_slot_back_and_is_no_evidence() -> None:
    under_test = endpoint(FakeClock(), max_in_flight=1)
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            async with under_test.slot():
                raise ZeroDivisionError
    stats = under_test.stats()
    assert (stats.in_flight, stats.outages, stats.limit, stats.breaker) == (0, 0, 1, BreakerState.CLOSED)


async def test_a_refusal_is_an_answer() -> None:
    under_test = endpoint(FakeClock(), max_in_flight=2)
    for _ in range(30):
        with pytest.raises(ModelFailure):
            async with under_test.slot() as slot:
                raise ModelFailure(FailureKind.REFUSED, "no", retry_after_s=9.0)
        assert not slot.blameless
    stats = under_test.stats()
    assert (stats.breaker, stats.gone_for_s, stats.paused_for_s, stats.latencies.count) == (BreakerState.CLOSED, 0, 0, 30)


async def test_a_waiter_cancelled_at_the_very_moment_of_its_grant_passes_the_slot_on() -> None:
    fake = FakeClock()
    under_test, got = endpoint(fake, max_in_flight=1), []

    async def call(name: str) -> None:
        async with under_test.slot():
            got.append(name)

    async with under_test.slot():
        first, second = asyncio.create_task(call("first")), asyncio.create_task(call("second"))
        await settled()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert got == ["second"] and under_test.stats().in_flight == 0


async def test_a_cancelled_head_of_the_queue_does_not_keep_the_next_waiting() -> None:
    fake = FakeClock()
    under_test = endpoint(fake, tpm=600)
    async with under_test.slot(tokens=50):
        pass

    async def call(tokens: int) -> None:
        async with under_test.slot(tokens=tokens):
            pass

    large, small = asyncio.create_task(call(60)), asyncio.create_task(call(5))
    await settled()
    assert not small.done()
    large.cancel()
    await settled()
    assert small.done() and under_test.stats().queue == 0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), workers=st.integers(1, 30), places=st.integers(1, 5), rpm=st.sampled_from([None, 30, 600]))
def test_cancellations_at_any_moment_leave_no_hole(seed: int, workers: int, places: int, rpm: int | None) -> None:
    async def scenario() -> None:
        fake, rng = FakeClock(), random.Random(seed)
        under_test, inside, done = endpoint(fake, max_in_flight=places, rpm=rpm), 0, []

        async def call(number: int) -> None:
            nonlocal inside
            async with under_test.slot():
                inside += 1
                assert inside <= places
                try:
                    await fake.sleep(rng.random())
                finally:
                    inside -= 1
            done.append(number)

        tasks = [asyncio.create_task(call(number)) for number in range(workers)]
        for _ in range(20):
            for task in rng.sample(tasks, rng.randint(0, min(3, workers))):
                if rng.random() < 0.2:
                    task.cancel()
            for _ in range(rng.randint(0, 4)):
                await asyncio.sleep(0)
            await fake.advance(rng.random() * 0.3)
        await fake.advance(workers * 4)
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        assert len(done) == outcomes.count(None)
        stats = under_test.stats()
        assert (stats.in_flight, stats.queue) == (0, 0)

    asyncio.run(scenario())
