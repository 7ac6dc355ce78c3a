"""Outages: waited out by few probes, felt by nobody else, and not for ever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import FailureKind, ModelFailure, ProviderUnusable
from factory.limits import BreakerSettings, BreakerState, Endpoint, Limits, Retry
from factory.limits.breaker import Breaker
from tests.limits.fake_clock import FakeClock

DOWN = ModelFailure(FailureKind.CONNECTION, "connection refused")


async def job(fake: FakeClock, under_test: Endpoint, calls: int, workers: int, answer: Callable[[], None]) -> list[float]:
    """Make that many calls of 1 s each as the journal makes them. Returns when each was answered."""
    todo, done, rng, retry = list(range(calls)), [], random.Random(5), Retry()

    async def worker() -> None:
        while todo:
            todo.pop()
            tries = failures = 0
            while True:
                try:
                    async with under_test.slot() as slot:
                        await fake.sleep(0.02)
                        answer()
                        await fake.sleep(0.98)
                    break
                except ModelFailure:
                    tries += 1
                    failures += not slot.blameless
                    assert not retry.spent(failures), "a call was given up in an outage"
                    if not slot.held_back:
                        await fake.sleep(retry.wait_s(tries, rng))
            done.append(fake.time)

    await asyncio.gather(*(worker() for _ in range(workers)))
    return done


@pytest.mark.parametrize("workers", [1, 8, 64])
@pytest.mark.parametrize("kind", [FailureKind.CONNECTION, FailureKind.SERVER_ERROR, FailureKind.OVERLOADED])
async def test_an_outage_of_a_minute_costs_that_minute_and_no_storm(workers: int, kind: FailureKind) -> None:
    fake = FakeClock()
    limits = Limits(clock=fake.clock)
    under_test, other = limits.endpoint("a", max_in_flight=workers), limits.endpoint("b", max_in_flight=workers)
    sent_in_outage: list[float] = []

    def answer() -> None:
        if 10 <= fake.time < 70:
            sent_in_outage.append(fake.time)
            raise ModelFailure(kind, "away")

    calls = 30 * workers
    task = asyncio.create_task(job(fake, under_test, calls, workers, answer))
    beside = asyncio.create_task(job(fake, other, calls, workers, lambda: None))
    await fake.advance(40)
    assert under_test.stats().breaker is not BreakerState.CLOSED
    assert other.stats().breaker is BreakerState.CLOSED and len(await beside) == calls
    assert under_test.gone_for_s == pytest.approx(30, abs=1.5)
    await fake.advance(200)
    done = await task
    assert len(done) == calls
    assert max(done) <= 30 + 60 + 5 + 5 + (2 * workers**0.5 if kind is FailureKind.OVERLOADED else 0)
    opened_after = sorted(sent_in_outage)[min(len(sent_in_outage) - 1, workers + 4)]
    probes = [at for at in sent_in_outage if at > opened_after]
    assert len(probes) <= 16
    assert all(late - early >= 0.99 for early, late in pairwise(probes))
    assert under_test.gone_for_s == 0 and under_test.stats().breaker is BreakerState.CLOSED


async def test_two_percent_of_server_errors_never_open_it() -> None:
    fake, rng = FakeClock(), random.Random(11)
    under_test, states = Limits(clock=fake.clock).endpoint("a", max_in_flight=16), set()

    def answer() -> None:
        states.add(under_test.stats().breaker)
        if rng.random() < 0.03:
            raise ModelFailure(FailureKind.SERVER_ERROR, "500")

    task = asyncio.create_task(job(fake, under_test, 3000, 16, answer))
    await fake.advance(400)
    assert len(await task) == 3000 and states == {BreakerState.CLOSED}


async def test_a_provider_that_fails_every_other_call_opens_it_by_rate() -> None:
    under_test = Limits(clock=FakeClock().clock).endpoint("a", max_in_flight=4)
    for number in range(21):
        try:
            async with under_test.slot():
                if number % 2 == 0:
                    raise DOWN
        except ModelFailure:
            pass
    assert under_test.stats().breaker is BreakerState.OPEN


async def test_rate_limits_are_no_outage() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=4)
    for _ in range(100):
        with pytest.raises(ModelFailure):
            async with under_test.slot() as slot:
                raise ModelFailure(FailureKind.RATE_LIMITED, "429")
        assert slot.blameless
    stats = under_test.stats()
    assert (stats.breaker, stats.rate_limited, stats.outages) == (BreakerState.CLOSED, 100, 0)


@pytest.mark.parametrize("kind", [FailureKind.CONNECTION, FailureKind.RATE_LIMITED])
async def test_waiters_are_told_when_the_provider_stays_away_for_longer_than_the_patience(kind: FailureKind) -> None:
    fake = FakeClock()
    limits = Limits(clock=fake.clock, patience_s=100)
    under_test, other, told, sent = limits.endpoint("a", max_in_flight=3), limits.endpoint("b", max_in_flight=3), [], []

    async def call(of: Endpoint) -> None:
        while True:
            try:
                async with of.slot():
                    sent.append(fake.time)
                    raise ModelFailure(kind, "away", retry_after_s=20 if kind is FailureKind.RATE_LIMITED else None)
            except ModelFailure:
                await fake.sleep(0.5)
            except ProviderUnusable as gone:
                told.append((fake.time, gone))
                return

    calls = [asyncio.create_task(call(under_test)) for _ in range(10)]
    await fake.advance(99)
    assert not told
    await fake.advance(30)
    await asyncio.gather(*calls)
    assert len(told) == 10 and all(100 <= at <= 125 for at, _ in told)
    assert told[0][1].exit_code == 5 and told[0][1].message.startswith("a: the provider has answered no call for 1")
    assert under_test.stats().queue == under_test.stats().in_flight == 0
    async with other.slot():
        pass
    await fake.advance(61)
    async with under_test.slot():
        pass
    assert under_test.gone_for_s == 0


async def test_hanging_calls_from_before_the_outage_do_not_keep_the_probe_away() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock, breaker=BreakerSettings(in_a_row=2)).endpoint("a", max_in_flight=4)

    async def hang() -> None:
        async with under_test.slot() as slot:
            await slot.go()
            await fake.sleep(1000)

    async def fail() -> None:
        async with under_test.slot():
            await fake.sleep(1)
            raise ModelFailure(FailureKind.OVERLOADED, "529")

    tasks = [asyncio.create_task(part()) for part in (hang, hang, fail, fail)]
    await fake.advance(1)
    assert (under_test.stats().limit, under_test.stats().in_flight) == (2, 2)
    tasks += [asyncio.create_task(hang()) for _ in range(2)]
    await fake.advance(1.5)
    assert under_test.stats().breaker is BreakerState.HALF_OPEN
    assert (under_test.stats().in_flight, under_test.stats().queue) == (3, 1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_cancelled_probe_makes_way_for_the_next() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock).endpoint("a", max_in_flight=4)
    for _ in range(5):
        with pytest.raises(ModelFailure):
            async with under_test.slot():
                raise DOWN
    await fake.advance(1)

    async def hang() -> None:
        async with under_test.slot() as slot:
            await slot.go()
            await fake.sleep(1000)

    probe, served = asyncio.create_task(hang()), asyncio.create_task(job(fake, under_test, 1, 1, lambda: None))
    await fake.advance(10)
    assert not served.done() and under_test.stats().in_flight == 1
    probe.cancel()
    await fake.advance(2)
    assert len(await served) == 1 and under_test.stats().breaker is BreakerState.CLOSED


def test_what_was_sent_before_it_opened_neither_closes_it_nor_lengthens_the_wait() -> None:
    breaker = Breaker(BreakerSettings(in_a_row=2))
    before = [breaker.begin() for _ in range(6)]
    for generation in before[:4]:
        breaker.failed(generation, 0.0)
    breaker.answered(before[4])
    assert breaker.state(0.5) is BreakerState.OPEN and breaker.ready_in(0.0) == 1
    breaker.answered(breaker.begin())
    breaker.failed(breaker.begin(), 2.0)
    breaker.failed(before[5], 2.0)
    assert breaker.closed


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from(["begin", "answer", "fail", "drop", "wait"]), st.integers(0, 99)), max_size=80),
    most=st.integers(1, 2),
)
def test_while_it_is_open_no_more_calls_go_than_probes(steps: list[tuple[str, int]], most: int) -> None:
    breaker, now, under_way = Breaker(BreakerSettings(in_a_row=2, probes=most)), 0.0, []
    for what, pick in steps:
        if what == "wait":
            now += pick / 20
        elif what == "begin" and breaker.ready_in(now) == 0:
            under_way.append((breaker.begin(), not breaker.closed))
        elif under_way and what in ("answer", "fail", "drop"):
            generation, _ = under_way.pop(pick % len(under_way))
            if what == "answer":
                breaker.answered(generation)
            elif what == "fail":
                breaker.failed(generation, now)
            else:
                breaker.dropped(generation)
        probes = [generation for generation, probe in under_way if probe and generation == breaker.generation]
        assert len(probes) <= most
        if not breaker.closed and not probes:
            assert breaker.ready_in(now + 5) == 0, "nothing would ever close it"
