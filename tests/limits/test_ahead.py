"""Calls get ready while others are in flight, and none leaves before there is room for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import FailureKind, ModelFailure, ProviderUnusable
from factory.limits import BreakerState, Endpoint, Limits
from factory.limits.latency import RELATIVE_ERROR
from tests.limits.fake_clock import FakeClock, settled
from tests.limits.test_slots import endpoint

REJECTED = ModelFailure(FailureKind.RATE_LIMITED, "429")


class Calls:
    """Calls that get ready in no time, then stay in flight until they are told to end."""

    def __init__(self, under_test: Endpoint) -> None:
        self.under_test = under_test
        self.ready: list[int] = []
        self.sent: list[int] = []
        self.ends: list[asyncio.Future[ModelFailure | None]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, calls: int) -> None:
        for _ in range(calls):
            self.ends.append(asyncio.get_running_loop().create_future())
            self.tasks.append(asyncio.create_task(self._call(len(self.tasks))))
        await settled()

    async def _call(self, number: int) -> None:
        with suppress(ModelFailure):
            async with self.under_test.slot() as slot:
                self.ready.append(number)
                await slot.go()
                self.sent.append(number)
                failure = await self.ends[number]
                if failure is not None:
                    raise failure

    async def end(self, number: int, failure: ModelFailure | None = None) -> None:
        self.ends[number].set_result(failure)
        await settled()

    async def end_all(self) -> None:
        for end in self.ends:
            if not end.done():
                end.set_result(None)
        for _ in self.tasks:
            await settled()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_an_eighth_more_gets_ready_and_leaves_as_soon_as_one_comes_back() -> None:
    fake = FakeClock()
    under_test = endpoint(fake, max_in_flight=16)
    calls = Calls(under_test)
    await calls.start(20)
    assert (len(calls.ready), calls.sent) == (18, list(range(16)))
    assert (under_test.stats().in_flight, under_test.stats().queue) == (16, 4)

    fake.time = 5.0
    await calls.end(3)
    assert calls.sent[16:] == [16] and under_test.stats().in_flight == 16
    # Getting ready is no part of a latency: this one left at 5 s.
    fake.time = 7.0
    await calls.end(16)
    latencies = under_test.stats().latencies
    assert [latencies.quantile(share) for share in (0.1, 0.9)] == pytest.approx([2, 5], rel=RELATIVE_ERROR)
    await calls.end_all()
    assert (under_test.stats().in_flight, under_test.stats().queue, under_test.stats().requests) == (0, 0, 20)


async def test_a_few_places_leave_no_room_for_more() -> None:
    calls = Calls(endpoint(FakeClock(), max_in_flight=7))
    await calls.start(9)
    assert len(calls.ready) == 7
    await calls.end_all()


async def test_while_the_limit_is_cut_none_gets_ready_beyond_it_and_none_leaves_above_it() -> None:
    under_test = endpoint(FakeClock(), max_in_flight=16)
    calls = Calls(under_test)
    await calls.start(18)
    for number in range(4):
        await calls.end(number, REJECTED)
    limit = under_test.stats().limit
    # The two that were ready wait like all others until fewer are in flight than may be.
    assert limit == 12 and len(calls.sent) == 16 and under_test.stats().in_flight == 12
    await calls.start(3)
    assert len(calls.ready) == 18
    for number in (4, 5):
        await calls.end(number)
    assert calls.sent[16:] == [16, 17] and under_test.stats().limit == 12
    # None that may not go has got ready since.
    assert len(calls.ready) == 18 and under_test.stats().queue == 3
    await calls.end_all()
    assert sorted(calls.sent) == list(range(21))


async def test_one_that_is_cancelled_while_it_is_ready_lets_the_next_go() -> None:
    under_test = endpoint(FakeClock(), max_in_flight=8)
    calls = Calls(under_test)
    await calls.start(10)
    assert len(calls.ready) == 9 and len(calls.sent) == 8
    calls.tasks[8].cancel()
    await settled()
    assert len(calls.ready) == 10
    await calls.end(0)
    assert calls.sent[8:] == [9]
    await calls.end_all()
    assert (under_test.stats().in_flight, under_test.stats().queue, under_test.stats().requests) == (0, 0, 9)


def rejected(retry_after_s: float) -> ModelFailure:
    return ModelFailure(FailureKind.RATE_LIMITED, "429", retry_after_s=retry_after_s)


async def test_while_all_are_asked_to_wait_none_that_is_ready_leaves() -> None:
    fake = FakeClock()
    under_test = endpoint(fake, max_in_flight=16)
    calls = Calls(under_test)
    await calls.start(18)
    for number in range(16):
        await calls.end(number, rejected(20))
    assert under_test.stats().paused_for_s == 20 and len(calls.sent) == 16
    await fake.advance(19)
    assert len(calls.sent) == 16 and under_test.stats().queue == 2
    await fake.advance(1.1)
    assert calls.sent[16:] == [16, 17]
    await calls.end_all()


@pytest.mark.parametrize("queued", [0, 3])
async def test_in_an_outage_one_that_is_ready_probes_and_the_others_wait_for_what_it_finds(queued: int) -> None:
    fake = FakeClock()
    under_test = endpoint(fake, max_in_flight=64)
    calls = Calls(under_test)
    await calls.start(72)
    outage = ModelFailure(FailureKind.SERVER_ERROR, "503")
    for number in range(5):
        await calls.end(number, outage)
    # Four that failed made room for four; the fifth opened the breaker, and four are held back.
    assert len(calls.sent) == 68 and under_test.stats().breaker is BreakerState.OPEN
    await calls.start(queued)
    await fake.advance(0.9)
    assert len(calls.sent) == 68 and under_test.stats().queue == 4 + queued
    await fake.advance(0.2)
    assert calls.sent[68:] == [68] and under_test.stats().breaker is BreakerState.HALF_OPEN
    # The probe fails: nobody for twice as long.
    await calls.end(68, outage)
    await fake.advance(1.9)
    assert len(calls.sent) == 69
    await fake.advance(0.2)
    assert calls.sent[69:] == [69]
    await calls.end(69)
    assert under_test.stats().breaker is BreakerState.CLOSED
    assert calls.sent[70:] == [70] and under_test.stats().in_flight == 64
    await calls.end_all()
    assert sorted(calls.sent) == list(range(72 + queued))
    assert (under_test.stats().in_flight, under_test.stats().queue) == (0, 0)


async def test_one_that_is_ready_is_told_when_the_provider_stays_away() -> None:
    fake = FakeClock()
    under_test = Limits(clock=fake.clock, patience_s=30).endpoint("e", max_in_flight=256)
    told: list[str] = []

    async def call() -> None:
        try:
            async with under_test.slot() as slot:
                await slot.go()
                await fake.sleep(1)
                raise ModelFailure(FailureKind.SERVER_ERROR, "503", retry_after_s=5)
        except ModelFailure:
            told.append("failed")
        except ProviderUnusable:
            told.append("gone")

    calls = [asyncio.create_task(call()) for _ in range(288)]
    await fake.advance(40)
    # Nobody waits for a slot: who is told was ready.
    assert told.count("gone") > 10 and len(told) == 288
    await asyncio.gather(*calls)
    assert (under_test.stats().in_flight, under_test.stats().queue) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    most=st.integers(1, 24),
    steps=st.lists(st.tuples(st.sampled_from(["start", "end", "reject", "cancel"]), st.integers(0, 60)), max_size=40),
)
def test_never_more_in_flight_than_allowed_and_all_get_through(most: int, steps: list[tuple[str, int]]) -> None:
    async def scenario() -> None:
        under_test = endpoint(FakeClock(), max_in_flight=most)
        calls, cancelled = Calls(under_test), set()
        for what, number in steps:
            before = under_test.stats().in_flight
            if what == "start":
                await calls.start(1 + number % 12)
            elif what == "cancel" and calls.tasks:
                at = number % len(calls.tasks)
                if not calls.tasks[at].done():
                    cancelled.add(at)
                    calls.tasks[at].cancel()
                    await settled()
            elif under_way := [each for each in calls.sent if not calls.tasks[each].done() and not calls.ends[each].done()]:
                await calls.end(under_way[number % len(under_way)], REJECTED if what == "reject" else None)
            stats = under_test.stats()
            assert stats.in_flight <= max(stats.limit, before)
            # Nobody waits while there is room.
            assert not stats.queue or stats.in_flight >= stats.limit
        await calls.end_all()
        stats = under_test.stats()
        assert (stats.in_flight, stats.queue) == (0, 0)
        assert {number for number, task in enumerate(calls.tasks) if not task.done()} == set()
        assert set(range(len(calls.tasks))) - cancelled <= set(calls.sent)

    asyncio.run(scenario())
