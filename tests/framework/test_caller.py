"""Attempts under limits and money: what is reserved, what is durable before it is sent, and what ends the job."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from factory.budget import FREE, Budget, Price, Rates
from factory.caller import Caller, Channel
from factory.errors import CallGivenUp, FailureKind, LimitReached, ModelFailure, ProviderUnusable
from factory.limits import Limits
from factory.ports import Attempt, CallIdentity, Lease, Model, Store
from factory.types import Message, ModelReply, ModelRequest, Role, Usage
from tests.limits.fake_clock import FakeClock, settled

REQUEST = ModelRequest("openai/x", (Message.of("user", "What is 2 + 2?"),), "key")
# A dollar per thousand output tokens, input free: easy to reckon with.
PRICE = Price(Rates(0, 10**12, 0))
WORST = 100 * 10**6


def identity(sample: int = 0) -> CallIdentity:
    return CallIdentity(0, 0, "oracle", "solve", "oracle", 0, sample)


@dataclass
class Ledger:
    """The store's part: what was made durable, in order."""

    opened: list[tuple[int, int, int]] = field(default_factory=list)
    closed: list[tuple[int, int]] = field(default_factory=list)
    failed: list[tuple[int, int, int]] = field(default_factory=list)
    kept: list[tuple[str, tuple[Attempt, ...]]] = field(default_factory=list)

    async def settle_attempts(self, lease: Lease, of: CallIdentity, model: str, attempts: Sequence[Attempt]) -> None:
        self.closed.append((of.sample, sum(attempt.cost_nano_usd for attempt in attempts)))
        self.kept.append((model, tuple(attempts)))

    async def record_failure(self, lease: Lease, of: CallIdentity, model: str, attempt: Attempt) -> None:
        self.failed.append((of.sample, attempt.number, attempt.cost_nano_usd))
        await asyncio.sleep(0)

    async def open_attempt(self, lease: Lease, of: CallIdentity, number: int, nano: int) -> None:
        await asyncio.sleep(0)
        self.opened.append((of.sample, number, nano))


@dataclass
class Provider:
    """Answers, or fails, in the given order; the last outcome repeats. Waits for `gate` where there is one."""

    outcomes: Sequence[ModelReply | Exception]
    calls: int = 0
    gate: asyncio.Event | None = None
    seen_open: list[int] = field(default_factory=list)
    ledger: Ledger | None = None

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.calls += 1
        if self.ledger is not None:
            self.seen_open.append(len(self.ledger.opened))
        if self.gate is not None:
            await self.gate.wait()
        outcome = self.outcomes[min(self.calls, len(self.outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def caller(
    model: Model, ledger: Ledger, *, budget: Budget, clock: FakeClock, price: Price = PRICE, patience: float = 100
) -> Caller:
    endpoint = Limits(clock=clock.clock, patience_s=patience).endpoint("openai at test", max_in_flight=8)
    channels = {Role.ORACLE: (Channel(model, endpoint, price, max_tokens=100),)}
    return Caller(cast(Store, ledger), Lease("job", 1), channels, budget, clock=clock.clock)


def limited(asked_s: float | None = None, *, turned_away: bool = True) -> ModelFailure:
    return ModelFailure(FailureKind.RATE_LIMITED, "slow", retry_after_s=asked_s, turned_away=turned_away)


ANSWER = ModelReply("4", usage=Usage(10, 20))


async def test_a_reservation_is_durable_before_its_attempt_and_settled_at_its_cost() -> None:
    ledger, clock, budget = Ledger(), FakeClock(), Budget(10**9)
    provider = Provider([limited(2), ANSWER], ledger=ledger)
    running = asyncio.create_task(caller(provider, ledger, budget=budget, clock=clock).call(identity(), REQUEST))
    await clock.advance(120)
    reply, attempts = await running
    assert reply is ANSWER and provider.seen_open == [1, 2]
    assert ledger.opened == [(0, 0, WORST), (0, 1, WORST)]
    assert [(a.status, a.cost_nano_usd) for a in attempts] == [("rate_limited", 0), ("ok", 20 * 10**6)]
    assert (budget.spent_nano, budget.reserved_nano) == (20 * 10**6, 0)


async def test_a_failed_attempt_is_on_record_before_the_money_it_frees_is_reserved_again() -> None:
    """The ledger on record, not only the one in memory, never holds more than the cap."""
    order: list[tuple[str, int, int]] = []

    class Ordered(Ledger):
        async def open_attempt(self, lease: Lease, of: CallIdentity, number: int, nano: int) -> None:
            order.append(("open", of.sample, number))
            await super().open_attempt(lease, of, number, nano)

        async def record_failure(self, lease: Lease, of: CallIdentity, model: str, attempt: Attempt) -> None:
            order.append(("failed", of.sample, attempt.number))
            await super().record_failure(lease, of, model, attempt)

    clock, ledger = FakeClock(), Ordered()
    # Money for one attempt at a time: what the first frees by its 429, the second is waiting for.
    under_test = caller(Provider([limited(2), ANSWER]), ledger, budget=Budget(int(1.5 * WORST)), clock=clock)
    running = asyncio.gather(*(under_test.call(identity(n), REQUEST) for n in range(2)))
    await clock.advance(120)
    await running
    assert order == [("open", 0, 0), ("failed", 0, 0), ("open", 1, 0), ("open", 0, 1)]
    assert ledger.failed == [(0, 0, 0)]


async def test_an_answer_without_usage_is_charged_in_full_and_flagged() -> None:
    budget = Budget(10**9)
    _, attempts = await caller(Provider([ModelReply("4")]), Ledger(), budget=budget, clock=FakeClock()).call(
        identity(), REQUEST
    )
    assert (attempts[0].cost_nano_usd, attempts[0].flag) == (WORST, "unmetered") and budget.spent_nano == WORST


async def test_what_comes_to_nothing_is_settled_on_record_at_its_cost() -> None:
    ledger, clock, budget = Ledger(), FakeClock(), Budget(None)
    server_error = ModelFailure(FailureKind.SERVER_ERROR, "500")
    refused = ProviderUnusable("the key was not accepted")
    outcomes: list[tuple[list[Any], type[Exception], list[tuple[int, int]]]] = [
        # Turned away: free. A server error may have been billed: in full, once for each attempt.
        ([refused], ProviderUnusable, [(0, 0)]),
        ([limited(), server_error, refused], ProviderUnusable, [(0, WORST)]),
        # The words of a gateway inside a 200: a model may have been at work behind it.
        ([limited(turned_away=False), refused], ProviderUnusable, [(0, WORST)]),
        ([ModelFailure(FailureKind.CONNECTION, "refused", usage=Usage(0, 0)), refused], ProviderUnusable, [(0, 0)]),
    ]
    for given, error, closed in outcomes:
        ledger.closed.clear()
        before = budget.spent_nano
        under_test = caller(Provider(given), ledger, budget=budget, clock=clock)
        failing = asyncio.create_task(under_test.call(identity(0), REQUEST))
        await clock.advance(120)
        with pytest.raises(error):
            await failing
        assert ledger.closed == closed
        assert budget.spent_nano - before == closed[0][1] and budget.reserved_nano == 0


async def test_a_call_cancelled_between_its_tries_is_settled_on_record() -> None:
    ledger, clock = Ledger(), FakeClock()
    under_test = caller(Provider([ModelFailure(FailureKind.SERVER_ERROR, "500")]), ledger, budget=Budget(None), clock=clock)
    running = asyncio.create_task(under_test.call(identity(), REQUEST))
    await settled()
    under_test.close()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ledger.opened and ledger.closed == [(0, WORST)]
    (model, (kept,)) = ledger.kept[0]
    assert (model, kept.status, kept.flag) == (REQUEST.model, "server_error", "unmetered")


@pytest.mark.parametrize(
    ("error", "status", "detail", "cost"),
    [
        (ProviderUnusable("the key was not accepted"), "unusable", "the key was not accepted", 0),
        # It was sent, so it may have been billed.
        (ZeroDivisionError("a bug in an adapter"), "cut_off", "", WORST),
    ],
)
async def test_the_attempt_that_ends_a_job_is_kept_with_those_before_it(
    error: Exception, status: str, detail: str, cost: int
) -> None:
    ledger, clock = Ledger(), FakeClock()
    provider = Provider([ModelFailure(FailureKind.RATE_LIMITED, "slow", served_model="m", request_id="r-1"), error])
    failing = asyncio.create_task(caller(provider, ledger, budget=Budget(None), clock=clock).call(identity(), REQUEST))
    await clock.advance(120)
    with pytest.raises(type(error)):
        await failing
    ((model, attempts),) = ledger.kept
    assert model == REQUEST.model and [attempt.number for attempt in attempts] == [0, 1]
    first, last = attempts
    assert (first.status, first.detail, first.served_model, first.request_id) == ("rate_limited", "slow", "m", "r-1")
    assert (last.status, last.detail, last.reserved_nano_usd, last.cost_nano_usd) == (status, detail, WORST, cost)


async def test_an_attempt_that_no_store_would_open_was_not_sent() -> None:
    class Full(Ledger):
        async def open_attempt(self, lease: Lease, of: CallIdentity, number: int, nano: int) -> None:
            raise OSError("disk full")

    ledger, provider = Full(), Provider([ANSWER])
    with pytest.raises(OSError, match="disk full"):
        await caller(provider, ledger, budget=Budget(None), clock=FakeClock()).call(identity(), REQUEST)
    ((_, (kept,)),) = ledger.kept
    assert provider.calls == 0 and (kept.status, kept.cost_nano_usd) == ("unsent", 0)


@pytest.mark.parametrize("asked_s", [None, 60.0])
async def test_a_call_in_flight_that_fails_after_the_close_does_not_wait_for_its_next_try(asked_s: float | None) -> None:
    ledger, clock = Ledger(), FakeClock()
    provider = Provider([limited(asked_s)], gate=asyncio.Event())
    under_test = caller(provider, ledger, budget=Budget(None), clock=clock)
    running = asyncio.create_task(under_test.call(identity(), REQUEST))
    await settled()
    under_test.close()
    assert provider.gate is not None
    provider.gate.set()
    await settled()
    assert running.cancelled() and clock.time == 0
    assert provider.calls == 1 and ledger.closed == [(0, 0)]


async def test_a_call_that_is_ready_but_has_not_left_is_cancelled_by_the_close_and_costs_nothing() -> None:
    ledger, clock, budget = Ledger(), FakeClock(), Budget(None)
    provider = Provider([ANSWER], gate=asyncio.Event())
    under_test = caller(provider, ledger, budget=budget, clock=clock)
    running = [asyncio.create_task(under_test.call(identity(n), REQUEST)) for n in range(12)]
    await settled()
    # Eight are in flight, one more has its money and waits for its turn.
    assert (provider.calls, len(ledger.opened), under_test.waiting) == (8, 9, 4)
    under_test.close()
    assert provider.gate is not None
    provider.gate.set()
    await asyncio.gather(*running, return_exceptions=True)
    assert provider.calls == 8 and [task.cancelled() for task in running] == [False] * 8 + [True] * 4
    (unsent,) = [attempts[-1] for _, attempts in ledger.kept]
    assert (unsent.status, unsent.cost_nano_usd, budget.reserved_nano) == ("unsent", 0, 0)


async def test_a_ready_call_probes_in_place_of_one_that_waits_for_the_money_it_holds() -> None:
    class Answers(Provider):
        async def complete(self, request: ModelRequest) -> ModelReply:
            number, self.calls = self.calls, self.calls + 1
            if number < 5:
                await clock.sleep(1)
                raise ModelFailure(FailureKind.TIMEOUT, "no answer")
            await clock.sleep(10)
            return ANSWER

    ledger, clock, budget = Ledger(), FakeClock(), Budget(650 * 10**6)
    provider = Answers([])
    under_test = caller(provider, ledger, budget=budget, clock=clock)
    running = [asyncio.create_task(under_test.call(identity(n), REQUEST)) for n in range(12)]
    await clock.advance(5)
    # Six went; the others wait for money, one of them as the probe of an endpoint whose breaker is open.
    assert provider.calls == 6
    # The sixth answers, and what it leaves goes to one that got its slot before.
    await clock.advance(200)
    assert provider.calls > 6
    under_test.close()
    await asyncio.gather(*running, return_exceptions=True)


@dataclass
class SlowLedger(Ledger):
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def settle_attempts(self, lease: Lease, of: CallIdentity, model: str, attempts: Sequence[Attempt]) -> None:
        self.asked.set()
        await self.free.wait()
        await super().settle_attempts(lease, of, model, attempts)


async def test_what_a_call_cost_gets_on_record_though_the_job_is_closed_as_it_ends() -> None:
    ledger, clock = SlowLedger(), FakeClock()
    broken = Provider([ModelFailure(FailureKind.SERVER_ERROR, "500")])
    under_test = caller(broken, ledger, budget=Budget(WORST), clock=clock)
    running = asyncio.create_task(under_test.call(identity(), REQUEST))
    await clock.advance(1)
    assert ledger.asked.is_set() and not running.done()
    under_test.close()
    await settled()
    ledger.free.set()
    with pytest.raises(LimitReached):
        await running
    assert ledger.closed == [(0, WORST)]


async def test_the_cap_is_never_passed_and_says_so() -> None:
    ledger, budget = Ledger(), Budget(250 * 10**6)
    under_test = caller(Provider([ModelReply("4", usage=Usage(1, 100))]), ledger, budget=budget, clock=FakeClock())
    results = await asyncio.gather(*(under_test.call(identity(n), REQUEST) for n in range(5)), return_exceptions=True)
    assert sum(isinstance(result, LimitReached) for result in results) == 3
    assert budget.spent_nano == 200 * 10**6 and len(ledger.opened) == 2


async def test_a_free_model_opens_nothing() -> None:
    ledger = Ledger()
    await caller(Provider([ANSWER]), ledger, budget=Budget(None), clock=FakeClock(), price=FREE).call(identity(), REQUEST)
    assert ledger.opened == []


async def test_an_outage_is_waited_out_and_ends_the_job_when_it_lasts() -> None:
    clock = FakeClock()
    down = ModelFailure(FailureKind.OVERLOADED, "busy")
    provider = Provider([ANSWER, down])
    under_test = caller(provider, Ledger(), budget=Budget(None), clock=clock, price=FREE)
    await under_test.call(identity(0), REQUEST)
    running = asyncio.create_task(under_test.call(identity(1), REQUEST))
    await clock.advance(60)
    assert not running.done()
    await clock.advance(300)
    with pytest.raises(ProviderUnusable, match=r"has answered no call for .*the last failure: busy"):
        await running


async def test_an_endpoint_that_never_answered_is_given_up_within_seconds() -> None:
    clock = FakeClock()
    refused = Provider([ModelFailure(FailureKind.CONNECTION, "connection refused", usage=Usage(0, 0))])
    running = asyncio.create_task(caller(refused, Ledger(), budget=Budget(None), clock=clock).call(identity(), REQUEST))
    await clock.advance(7.5)
    with pytest.raises(ProviderUnusable, match=r"cannot be reached \(connection refused\).*factory resume job"):
        await running


@dataclass
class Scripted:
    """Each call takes as long and ends as the script says of it, by number; what the script does not hold is answered."""

    clock: FakeClock
    script: dict[int, tuple[float, ModelReply | ModelFailure]]
    answer_s: float = 2.5
    calls: int = 0

    async def complete(self, request: ModelRequest) -> ModelReply:
        seconds, outcome = self.script.get(self.calls, (self.answer_s, ANSWER))
        self.calls += 1
        await self.clock.sleep(seconds)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


RESET = ModelFailure(FailureKind.CONNECTION, "ECONNRESET")
UNSENT = ModelFailure(FailureKind.CONNECTION, "no connection within 3 s", usage=Usage(0, 0))
BROKEN = ModelFailure(FailureKind.SERVER_ERROR, "status 500", turned_away=True)
FOREIGN = ModelFailure(FailureKind.SERVER_ERROR, "malformed answer: status 200 with text/html")


@pytest.mark.parametrize(
    "script",
    [
        # One of four connections is reset before any of them is answered; more than one; one that could not be made.
        {2: (1.3, RESET)},
        {0: (1.3, RESET), 1: (1.4, RESET), 2: (2.4, RESET), 4: (1.0, RESET)},
        {3: (1.3, UNSENT), 4: (0.5, UNSENT), 5: (0.5, UNSENT)},
        # The server restarts: it was there, and is away for a moment.
        {0: (1.0, BROKEN), **dict.fromkeys(range(1, 12), (1.0, UNSENT))},
        # A gateway's own pages between its refusals.
        {0: (1.0, BROKEN), **dict.fromkeys(range(1, 12), (1.0, FOREIGN))},
        # One that says inside its answers that it has no room.
        dict.fromkeys(range(20), (0.5, limited(turned_away=False))),
    ],
)
async def test_an_early_hiccup_is_no_wrong_address(script: dict[int, tuple[float, ModelReply | ModelFailure]]) -> None:
    clock = FakeClock()
    under_test = caller(Scripted(clock, script), Ledger(), budget=Budget(None), clock=clock, price=FREE)
    running = [asyncio.create_task(under_test.call(identity(n), REQUEST)) for n in range(4)]
    await clock.advance(90)
    assert [(await call)[0] for call in running] == [ANSWER] * 4


@pytest.mark.parametrize("workers", [1, 4, 8, 64])
@pytest.mark.parametrize(
    ("seconds", "outcome", "told"),
    [
        (0.01, UNSENT, "cannot be reached"),
        (3.0, UNSENT, "cannot be reached"),
        (0.01, FOREIGN, "base_url"),
        (0.01, RESET, "base_url"),
    ],
)
async def test_an_address_where_no_model_server_is_ends_the_job_within_seconds(
    workers: int, seconds: float, outcome: ModelFailure, told: str
) -> None:
    clock = FakeClock()
    nobody = Scripted(clock, dict.fromkeys(range(1000), (seconds, outcome)))
    under_test = caller(nobody, Ledger(), budget=Budget(None), clock=clock, price=FREE)
    running = [asyncio.create_task(under_test.call(identity(n), REQUEST)) for n in range(workers)]
    await clock.advance(7.6)
    with pytest.raises(ProviderUnusable, match=told) as caught:
        await asyncio.wait_for(asyncio.shield(next(call for call in running if call.done())), 1)
    assert outcome.detail in caught.value.message and nobody.calls <= workers + 12
    under_test.close()
    await clock.advance(10)
    await asyncio.gather(*running, return_exceptions=True)


@dataclass
class Choosy:
    """Turns away what `refuses` says of a request's key and the time; answers the rest in a second."""

    clock: FakeClock
    refuses: Callable[[str, float], bool]
    calls: int = 0

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.calls += 1
        await self.clock.sleep(0.05)
        if self.refuses(request.key, self.clock.time):
            raise ModelFailure(FailureKind.RATE_LIMITED, "Request too large: Limit 30000, Requested 41000", turned_away=True)
        await self.clock.sleep(0.95)
        return ANSWER


async def many(provider: Choosy, keys: Sequence[str], seconds: float, workers: int = 8) -> list[Any]:
    """What became of these calls, made by so many workers within so many seconds."""
    under_test = caller(provider, Ledger(), budget=Budget(None), clock=provider.clock, price=FREE, patience=600)
    under_test.rng.seed(3)
    left, outcomes = list(enumerate(keys)), []

    async def worker() -> None:
        while left:
            number, key = left.pop(0)
            try:
                reply, _ = await under_test.call(identity(number), replace(REQUEST, key=key))
                outcomes.append(reply)
            except (CallGivenUp, ProviderUnusable) as exc:
                outcomes.append(exc)

    tasks = [asyncio.create_task(worker()) for _ in range(workers)]
    await provider.clock.advance(seconds)
    assert all(task.done() for task in tasks), "some call is tried for ever"
    return outcomes


async def test_a_call_that_is_always_turned_away_is_given_up_while_others_are_answered() -> None:
    provider = Choosy(FakeClock(), lambda key, now: key == "large")
    outcomes = await many(provider, ["large" if n % 100 == 5 and n < 1000 else "small" for n in range(1400)], 400)
    given_up = [outcome for outcome in outcomes if isinstance(outcome, CallGivenUp)]
    assert len(given_up) == 10 and outcomes.count(ANSWER) == 1390
    assert all("while it answered others" in str(each) and "Requested 41000" in str(each) for each in given_up)
    assert provider.calls <= 1390 + 10 * 30


@pytest.mark.parametrize("away_s", [30, 550])
async def test_a_storm_in_which_nobody_is_answered_gives_no_call_up(away_s: float) -> None:
    provider = Choosy(FakeClock(), lambda key, now: 20 <= now < 20 + away_s)
    assert await many(provider, ["any"] * 400, 900) == [ANSWER] * 400


async def test_a_crowd_before_a_narrow_door_loses_nobody() -> None:
    """Ten answers a minute for sixty who ask: many others are answered before one has his turn, through no fault of his."""
    clock, let_in = FakeClock(), [-6.0]

    def refuses(key: str, now: float) -> bool:
        if now - let_in[0] < 6:
            return True
        let_in[0] = now
        return False

    assert await many(Choosy(clock, refuses), ["any"] * 200, 3000, workers=60) == [ANSWER] * 200


async def test_every_third_call_turned_away_at_random_loses_nobody() -> None:
    rng = random.Random(5)
    provider = Choosy(FakeClock(), lambda key, now: rng.random() < 1 / 3)
    assert await many(provider, ["any"] * 3000, 3000) == [ANSWER] * 3000


async def test_closing_cancels_what_was_not_sent_and_lets_the_rest_finish() -> None:
    provider = Provider([ANSWER], gate=asyncio.Event())
    under_test = caller(provider, Ledger(), budget=Budget(None), clock=FakeClock(), price=FREE)
    running = [asyncio.create_task(under_test.call(identity(n), REQUEST)) for n in range(12)]
    await settled()
    under_test.close()
    assert provider.gate is not None
    provider.gate.set()
    results: list[Any] = await asyncio.gather(*running, return_exceptions=True)
    assert provider.calls == 8
    assert sum(isinstance(result, asyncio.CancelledError) for result in results) == 4
