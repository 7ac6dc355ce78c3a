"""The ledger in the store, read while calls are made, fail and are tried again: at no moment does it pass its cap or hold less
than what was billed, so a kill at that moment would find it so.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from factory.budget import Budget, Price, Rates
from factory.caller import Caller, Channel
from factory.errors import CallGivenUp, FailureKind, LimitReached, ModelFailure
from factory.journal import Journal
from factory.limits import Limits, Retry
from factory.ports import CallIdentity
from factory.types import Cast, Message, ModelReply, ModelRequest, Role, Usage
from store import open_store, this_process
from tests.store.making import a_job

# A dollar per thousand output tokens, input free; at most 100 of them: ten cents a call.
PRICE, MAX_TOKENS = Price(Rates(0, 10**12, 0)), 100
CAP = 20 * 10**9
REQUEST = ModelRequest("openai/x", (Message.of("user", "What is 2 + 2?"),), "key")


@dataclass
class Provider:
    """Turns away, breaks, hangs up and answers at random, for random money. billed: nano-dollars so far."""

    rng: random.Random
    billed: int = 0
    sent: int = 0

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.sent += 1
        await asyncio.sleep(self.rng.uniform(0, 0.01))
        fate = self.rng.random()
        if fate < 0.3:
            raise ModelFailure(FailureKind.RATE_LIMITED, "slow", turned_away=True)
        usage = Usage(10, self.rng.randint(1, MAX_TOKENS // 2))
        self.billed += usage.output_tokens * 10**6
        if fate < 0.35:
            raise ModelFailure(FailureKind.SERVER_ERROR, "500")
        return ModelReply("4", usage=None if fate < 0.4 else usage)


@pytest.mark.parametrize("workers", [8, 64, 256])
async def test_the_ledger_on_record_keeps_the_cap_at_every_moment(workers: int, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db")
    lease = await store.create_job(a_job(), this_process())
    provider = Provider(random.Random(workers))
    endpoint = Limits().endpoint("openai at test", max_in_flight=workers)
    channels = {Role.SOLVER: (Channel(provider, endpoint, PRICE, max_tokens=MAX_TOKENS),)}
    caller = Caller(store, lease, channels, Budget(CAP), retry=Retry(base_s=0.001, cap_s=0.01))
    journal = Journal(store, lease, Cast(name="x", members={}), caller)
    seen = 0

    async def worker(number: int) -> None:
        for turn in range(100_000):
            identity = CallIdentity(number, 0, "difficulty", "screen", "solver", 0, turn)
            with suppress(CallGivenUp):
                await journal.perform(identity, REQUEST)

    async def look() -> None:
        nonlocal seen
        while True:
            billed, money = provider.billed, store.money("job-a")
            held = money.spent_nano_usd + money.reserved_nano_usd
            assert billed <= held <= CAP, (billed, money)
            seen += 1
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    working = [asyncio.create_task(worker(number)) for number in range(workers)]
    why = await journal.fatal
    await journal.settle()
    for task in (*working, looking):
        task.cancel()
    ended = await asyncio.gather(*working, looking, return_exceptions=True)
    assert isinstance(why, LimitReached) and all(isinstance(each, asyncio.CancelledError) for each in ended), (why, ended)
    money = store.money("job-a")
    assert seen > 20 and money.reserved_nano_usd == 0 and 0.97 * CAP <= money.spent_nano_usd <= CAP
    store.close()
