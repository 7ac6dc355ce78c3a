"""Caps per minute, the adaptive limit, and Retry-After."""

from __future__ import annotations

import asyncio
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import FailureKind, ModelFailure
from factory.limits import Endpoint, Limits, Retry
from factory.limits.adaptive import AdaptiveLimit
from factory.limits.bucket import Bucket
from tests.limits.fake_clock import FakeClock


def limited(retry_after_s: float | None = None, kind: FailureKind = FailureKind.RATE_LIMITED) -> ModelFailure:
    return ModelFailure(kind, "slow down", retry_after_s=retry_after_s)


async def fails(under_test: Endpoint, failure: ModelFailure) -> None:
    with pytest.raises(ModelFailure):
        async with under_test.slot() as slot:
            raise failure
    assert slot.blameless and slot.held_back == (under_test.stats().paused_for_s > 0)
    asked = failure.retry_after_s
    assert slot.asked_s == 0 or (asked is not None and slot.asked_s == min(asked, 60))


async def fails_in_numbers(under_test: Endpoint, retry_after_s: float | None) -> None:
    for _ in range(5):
        await fails(under_test, limited(retry_after_s))


@settings(max_examples=100, deadline=None)
@given(
    per_minute=st.integers(1, 2000),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 200)), min_size=1, max_size=150),
)
def test_no_minute_sees_more_requests_than_the_cap(per_minute: int, gaps: list[float]) -> None:
    bucket, now, taken = Bucket.of_requests(per_minute, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        now += bucket.ready_in(1, now)
        assert bucket.ready_in(1, now) == 0
        bucket.take(1, now)
        taken.append(now)
    assert max(sum(1 for other in taken if at <= other <= at + 60) for at in taken) <= per_minute


@pytest.mark.parametrize("per_minute", [1, 7, 60, 500])
async def test_requests_per_minute_are_nearly_used_up(per_minute: int) -> None:
    fake, sent = FakeClock(), 0
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=10_000, rpm=per_minute)

    async def call() -> None:
        nonlocal sent
        while True:
            async with under_test.slot():
                sent += 1

    calls = [asyncio.create_task(call()) for _ in range(3)]
    await fake.advance(600)
    assert 0.97 * 10 * per_minute - 1 <= sent <= 10 * per_minute
    for task in calls:
        task.cancel()


async def test_what_is_never_sent_is_neither_counted_nor_charged() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=8, rpm=60, tpm=6000)
    for _ in range(100):
        with pytest.raises(ZeroDivisionError):
            async with under_test.slot(tokens=600):
                stats = under_test.stats()
                assert (stats.requests, stats.in_flight) == (0, 0)
                raise ZeroDivisionError
    async with under_test.slot(tokens=600) as slot:
        assert fake.time == 0, "a call that was never sent was charged"
        await slot.go()
        stats = under_test.stats()
        assert (stats.requests, stats.in_flight) == (1, 1)
    assert (under_test.stats().requests, under_test.stats().in_flight) == (1, 0)
    waits = asyncio.create_task(under_test.slot(tokens=600).__aenter__())
    await fake.advance(0.9)
    assert not waits.done(), "a call that was sent was not charged"
    await fake.advance(10)
    await waits


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**9), rpm=st.sampled_from([3, 60, 400]), tpm=st.sampled_from([None, 2000, 60_000]))
def test_no_minute_sees_more_than_the_cap_however_long_calls_wait_for_their_money(seed: int, rpm: int, tpm: int | None) -> None:
    """Slots are handed out, and what they are for is sent later, all together, or never."""

    async def scenario() -> list[tuple[float, int]]:
        fake, rng, sent = FakeClock(), random.Random(seed), []
        under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=64, rpm=rpm, tpm=tpm)

        async def worker() -> None:
            while True:
                tokens = rng.randint(1, 150)
                try:
                    async with under_test.slot(tokens) as slot:
                        # Money comes for all who wait for it at once, now and then.
                        await fake.sleep(rng.choice([0, 0.01, 30 - fake.time % 30]))
                        if rng.random() < 0.3:
                            raise ZeroDivisionError
                        await slot.go()
                        sent.append((fake.time, tokens))
                        await fake.sleep(rng.random())
                except ZeroDivisionError:
                    pass

        workers = [asyncio.create_task(worker()) for _ in range(12)]
        await fake.advance(200)
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        return sent

    sent = asyncio.run(scenario())
    minutes = [[tokens for moment, tokens in sent if at <= moment <= at + 60] for at, _ in sent]
    assert max(len(minute) for minute in minutes) <= rpm
    assert tpm is None or max(sum(minute) for minute in minutes) <= tpm + 1


async def test_tokens_per_minute_are_charged_by_the_bound_and_corrected_by_use() -> None:
    fake = FakeClock()
    sent: dict[bool, int] = {}
    for corrected in (False, True):
        under_test, sent[corrected] = Limits(clock=fake.clock).endpoint("a", max_in_flight=8, tpm=6000), 0

        async def call(under_test: Endpoint = under_test, corrected: bool = corrected) -> None:
            while True:
                async with under_test.slot(tokens=500) as slot:
                    await fake.sleep(0.5)
                    if corrected:
                        slot.used(250)
                sent[corrected] += 1

        calls = [asyncio.create_task(call()) for _ in range(8)]
        await fake.advance(600)
        for task in calls:
            task.cancel()
    assert 0.9 * 120 <= sent[False] <= 121
    assert 0.9 * 240 <= sent[True] <= 241


async def test_a_call_larger_than_the_bucket_still_goes_and_is_paid_back() -> None:
    fake = FakeClock()
    under_test, at = Limits(clock=fake.clock).endpoint("a", max_in_flight=8, tpm=1000), []

    async def call() -> None:
        async with under_test.slot(tokens=1500):
            at.append(fake.time)

    calls = [asyncio.create_task(call()) for _ in range(3)]
    await fake.advance(400)
    await asyncio.gather(*calls)
    assert at[0] == 0 and at[1] - at[0] >= 90 and at[2] - at[1] >= 90


def test_a_round_trip_is_halved_at_most_once_however_many_calls_fail() -> None:
    limit = AdaptiveLimit(64)
    begun = limit.round
    for _ in range(64):
        limit.rejected(begun)
    assert limit.allowed == 32
    begun = limit.round
    for _ in range(32):
        limit.rejected(begun)
    assert limit.allowed == 16


def test_the_limit_never_falls_below_one_nor_rises_above_its_most() -> None:
    limit = AdaptiveLimit(4)
    for _ in range(100):
        limit.rejected(limit.round)
    assert limit.allowed == 1
    for _ in range(100):
        limit.accepted(limit.allowed)
    assert limit.allowed == 4


def test_a_limit_that_is_not_used_does_not_grow() -> None:
    limit = AdaptiveLimit(64)
    for _ in range(64):
        limit.rejected(limit.round)
    before = limit.allowed
    for _ in range(1000):
        limit.accepted(before - 1)
    assert limit.allowed == before
    limit.accepted(before)
    assert limit.value > before


async def crowd(fake: FakeClock, under_test: Endpoint, seconds: float, *, ceiling: int, noise: float) -> dict[str, float]:
    """100 workers against a provider that serves `ceiling` calls at a time, 1 s each, and rejects the rest in 10 ms."""
    rng, serving = random.Random(3), 0
    seen = {"served": 0.0, "rejected": 0.0, "late_rejected": 0.0, "late_served": 0.0}

    async def worker() -> None:
        nonlocal serving
        while True:
            late = "late_" if fake.time > seconds / 2 else ""
            try:
                async with under_test.slot():
                    if serving >= ceiling or rng.random() < noise:
                        await fake.sleep(0.01)
                        raise limited()
                    serving += 1
                    try:
                        await fake.sleep(1)
                    finally:
                        serving -= 1
                seen["served"] += 1
                seen["late_served"] += bool(late)
            except ModelFailure:
                seen["rejected"] += 1
                seen["late_rejected"] += bool(late)
                await fake.sleep(rng.random())

    workers = [asyncio.create_task(worker()) for _ in range(100)]
    await fake.advance(seconds)
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return seen


async def test_the_limit_finds_the_providers_ceiling_without_hammering_it() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock, patience_s=1e9).endpoint("a", max_in_flight=64)
    seen = await crowd(fake, under_test, 120, ceiling=16, noise=0)
    assert 14 <= under_test.stats().limit <= 22
    assert seen["late_served"] >= 0.9 * 16 * 60
    assert seen["late_rejected"] <= 0.25 * seen["late_served"]
    assert under_test.stats().rate_limited == seen["rejected"]


async def test_five_percent_of_random_rejections_cost_hardly_any_concurrency() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock, patience_s=1e9).endpoint("a", max_in_flight=64)
    seen = await crowd(fake, under_test, 60, ceiling=10**9, noise=0.05)
    assert seen["served"] >= 0.9 * 64 * 59


@pytest.mark.parametrize(
    ("retry_after_s", "expected"), [(7.0, 7.0), (1e9, 60.0), (math.inf, 60.0), (-5.0, 0.0), (math.nan, 0.0), (None, 0.0)]
)
async def test_retry_after_in_numbers_pauses_every_worker_of_the_endpoint_up_to_our_most(
    retry_after_s: float | None, expected: float
) -> None:
    fake = FakeClock()
    limits = Limits(clock=fake.clock)
    under_test, other, at = limits.endpoint("a", max_in_flight=8), limits.endpoint("b", max_in_flight=8), []
    await fails_in_numbers(under_test, retry_after_s)
    assert under_test.stats().paused_for_s == expected

    async def call(of: Endpoint) -> None:
        async with of.slot():
            at.append((of.key, fake.time))

    calls = [asyncio.create_task(call(of)) for of in (under_test, under_test, under_test, other)]
    await fake.advance(100)
    await asyncio.gather(*calls)
    assert sorted(at) == [("a", expected)] * 3 + [("b", 0.0)]


async def test_a_stray_retry_after_holds_back_its_own_call_alone() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=64)
    for number in range(64):
        if number % 20 == 0:
            with pytest.raises(ModelFailure):
                async with under_test.slot() as slot:
                    raise limited(7)
            assert slot.asked_s == 7 and not slot.held_back
        async with under_test.slot() as other:
            pass
        assert other.waited_s == 0
    assert under_test.stats().paused_for_s == 0


async def test_a_wall_of_refusals_is_met_by_a_pause_and_by_no_storm() -> None:
    fake, sent = FakeClock(), 0
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=64)

    async def worker() -> None:
        nonlocal sent
        while fake.time < 60:
            try:
                async with under_test.slot() as slot:
                    sent += 1
                    await fake.sleep(0.01)
                    if fake.time < 60:
                        raise limited(5)
            except ModelFailure:
                await fake.sleep(slot.asked_s)

    workers = [asyncio.create_task(worker()) for _ in range(256)]
    await fake.advance(59)
    # The first 64 find the wall; after every 5 s half as many as before ask again: 64 + 32 + 16 + ...
    assert 64 <= sent <= 64 + 64 + 2 * 59 / 5
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


async def test_a_shorter_retry_after_does_not_shorten_a_pause() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=8)
    with pytest.raises(ModelFailure):
        async with under_test.slot():
            await fails_in_numbers(under_test, 30)
            raise limited(1)
    assert under_test.stats().paused_for_s == 30


def test_backoff_is_bounded_and_jittered_and_a_calls_own_failures_are_numbered() -> None:
    retry, rng = Retry(attempts=6, base_s=0.5, cap_s=4), random.Random(1)
    for tries, top in [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 4), (5000, 4)]:
        waits = [retry.wait_s(tries, rng) for _ in range(400)]
        assert 0 <= min(waits) < 0.1 * top and 0.9 * top < max(waits) <= top
    assert [retry.spent(failures) for failures in (0, 5, 6, 7)] == [False, False, True, True]
