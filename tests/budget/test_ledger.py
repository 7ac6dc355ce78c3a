"""The cap holds at every moment, whoever asks, fails, is cancelled or is killed."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from factory.budget import Budget, Flag, Reservation, Settlement, nano_of_usd, usd
from factory.errors import BadInput, LimitReached

CAP = 1000


class Ledger(RuleBasedStateMachine):
    """Callers reserve, are cancelled, and settle at or below their worst case, in any order, against a cap of 1000."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.budget = Budget(CAP)
        self.waiting: list[tuple[asyncio.Task[Reservation], int]] = []
        self.open: list[Reservation] = []
        self.charged = 0
        self.last_spent = 0

    def teardown(self) -> None:
        for task, _ in self.waiting:
            task.cancel()
        self.run()
        self.loop.close()

    def run(self) -> None:
        """Let every task run as far as it can, and collect what became of those that waited."""

        async def turns() -> None:
            for _ in range(5):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())
        still = []
        for task, nano in self.waiting:
            if not task.done():
                still.append((task, nano))
            elif task.cancelled():
                pass
            elif (refusal := task.exception()) is None:
                self.open.append(task.result())
            else:
                assert isinstance(refusal, LimitReached)
                assert self.charged + nano > CAP, "refused although settlements could still make room"
        self.waiting = still

    @rule(nano=st.one_of(st.integers(0, 300), st.integers(0, 1200)))
    def reserve(self, nano: int) -> None:
        self.waiting.append((self.loop.create_task(self.budget.reserve(nano)), nano))
        self.run()

    @precondition(lambda self: self.open)
    @rule(pick=st.integers(0, 10**6), share=st.floats(0, 1), unmetered=st.booleans())
    def settle(self, pick: int, share: float, unmetered: bool) -> None:
        reservation = self.open.pop(pick % len(self.open))
        cost = None if unmetered else int(reservation.nano * share)
        settlement = self.budget.settle(reservation, cost)
        assert settlement == Settlement(reservation.nano if cost is None else cost, Flag.UNMETERED if unmetered else Flag.NONE)
        self.charged += settlement.cost_nano
        self.run()

    @precondition(lambda self: self.waiting)
    @rule(pick=st.integers(0, 10**6), settle_first=st.booleans())
    def cancel(self, pick: int, settle_first: bool) -> None:
        if settle_first and self.open:
            # Room is made and the waiter cancelled in one turn: it may be granted and cancelled at once.
            self.budget.settle(self.open.pop(), 0)
        self.waiting[pick % len(self.waiting)][0].cancel()
        self.run()

    @invariant()
    def the_cap_holds(self) -> None:
        stats = self.budget.stats()
        assert stats.spent_nano + stats.reserved_nano <= CAP
        assert stats.spent_nano == self.charged >= self.last_spent
        assert stats.reserved_nano == sum(reservation.nano for reservation in self.open) and stats.open == len(self.open)
        self.last_spent = stats.spent_nano

    @invariant()
    def whoever_waits_has_something_to_wait_for(self) -> None:
        assert self.budget.stats().waiting == len(self.waiting)
        if self.waiting:
            first = self.waiting[0][1]
            assert self.budget.reserved_nano > 0
            assert self.charged + first <= CAP < self.charged + self.budget.reserved_nano + first


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def spend(workers: int, cap: int, seed: int) -> tuple[Budget, int]:
    """Workers that call until refused. Returns the ledger, and what the provider truly billed."""
    rng, billed = random.Random(seed), 0

    async def worker(budget: Budget) -> None:
        nonlocal billed
        while True:
            worst = rng.choice([2_000, 5_000, 20_000])
            try:
                reservation = await budget.reserve(worst)
            except LimitReached:
                return
            cost = int(worst * rng.betavariate(1, 5))
            billed += cost
            for _ in range(rng.randint(1, 5)):
                await asyncio.sleep(0)
            budget.settle(reservation, None if rng.random() < 0.01 else cost)

    async def run() -> Budget:
        budget = Budget(cap)
        await asyncio.gather(*(worker(budget) for _ in range(workers)))
        return budget

    return asyncio.run(run()), billed


@pytest.mark.parametrize("workers", [8, 64, 256])
def test_at_any_concurrency_the_cap_is_kept_and_nearly_used_up(workers: int) -> None:
    cap = 3_000_000
    ledger, billed = spend(workers, cap, seed=workers)
    assert ledger.reserved_nano == 0
    assert billed <= ledger.spent_nano <= cap
    assert ledger.spent_nano >= 0.97 * cap


async def test_money_goes_out_in_the_order_of_asking() -> None:
    budget, got = Budget(100), []

    async def call(name: str, nano: int) -> Reservation:
        reservation = await budget.reserve(nano)
        got.append(name)
        return reservation

    first = await call("first", 90)
    large, small = asyncio.create_task(call("large", 60)), asyncio.create_task(call("small", 5))
    await asyncio.sleep(0)
    assert got == ["first"] and budget.stats().waiting == 2
    budget.settle(first, 20)
    await asyncio.gather(large, small)
    assert got == ["first", "large", "small"]


async def test_a_refusal_waits_for_what_is_open_and_then_names_the_figures() -> None:
    budget = Budget(nano_of_usd("2"))
    first = await budget.reserve(nano_of_usd("1.5"))
    waiting = asyncio.create_task(budget.reserve(nano_of_usd("0.75")))
    await asyncio.sleep(0)
    assert not waiting.done()
    budget.settle(first, nano_of_usd("1.4"))
    with pytest.raises(LimitReached) as caught:
        await waiting
    assert caught.value.exit_code == 3
    assert "$1.40 of $2.00 is spent and the next call may cost up to $0.75" in caught.value.message


async def test_a_resumed_job_over_its_cap_admits_nothing_that_costs() -> None:
    budget = Budget(100, spent_nano=115)
    with pytest.raises(LimitReached):
        await budget.reserve(1)
    budget.release(await budget.reserve(0))


async def test_an_overrun_is_charged_in_full_and_ends_admission() -> None:
    budget = Budget(1000)
    first, second = await budget.reserve(100), await budget.reserve(800)
    waiting = asyncio.create_task(budget.reserve(500))
    await asyncio.sleep(0)
    assert budget.settle(first, 170) == Settlement(170, Flag.OVERRUN)
    for refused in (waiting, budget.reserve(1)):
        with pytest.raises(LimitReached, match="more than its worst case"):
            await refused
    budget.settle(second, 1)
    stats = budget.stats()
    assert (stats.spent_nano, stats.reserved_nano, stats.overruns) == (171, 0, 1)


async def test_without_a_cap_everything_is_admitted_and_still_counted() -> None:
    budget = Budget(None)
    first, second = await budget.reserve(10**15), await budget.reserve(5)
    budget.settle(first, None)
    assert budget.settle(second, 9).flag is Flag.OVERRUN
    budget.release(await budget.reserve(10**18))
    stats = budget.stats()
    assert (stats.spent_nano, stats.unmetered, stats.overruns, stats.open) == (10**15 + 9, 1, 1, 0)


async def test_a_reservation_is_settled_once_and_money_is_never_negative() -> None:
    budget = Budget(100)
    reservation = await budget.reserve(10)
    with pytest.raises(ValueError, match="cannot cost -1"):
        budget.settle(reservation, -1)
    budget.settle(reservation, 10)
    with pytest.raises(ValueError, match="twice"):
        budget.settle(reservation, 0)
    with pytest.raises(ValueError, match="cannot reserve"):
        await budget.reserve(-1)
    with pytest.raises(ValueError, match="never negative"):
        Budget(-1)


@pytest.mark.parametrize(
    ("written", "nano"), [("5", 5 * 10**9), ("$0.1", 10**8), (0.1, 10**8), ("1e-9", 1), ("1.9e-9", 1), (0, 0), (3, 3 * 10**9)]
)
def test_dollars_become_nano_dollars_exactly_and_never_more(written: str | float, nano: int) -> None:
    assert nano_of_usd(written) == nano


@pytest.mark.parametrize("written", ["", "five", "-1", "nan", "inf", "1e12", "1,5"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match="--budget"):
        nano_of_usd(written)


@pytest.mark.parametrize(
    ("nano", "shown"),
    [(0, "$0.00"), (1, "$0.000000001"), (123_456_789, "$0.1235"), (1_234_567_890_000, "$1,234.57"), (750_000_000, "$0.75")],
)
def test_amounts_are_shown_as_people_read_them(nano: int, shown: str) -> None:
    assert usd(nano) == shown
