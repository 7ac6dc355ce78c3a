"""Any order of takings, expiries, openings, calls and landings by two handles: an index lands once, in order, under the newest
lease, and every reservation is settled by its call or charged, once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from factory.errors import FactoryError, LeaseLost
from factory.ports import JobState, Lease, Money
from factory.types import State
from store import SqlStore, holders, open_store, this_process
from tests.store.making import a_call, a_job, a_landing

FAILED_COST = 3
HANDLES = st.integers(0, 1)
LEASES = st.integers(0, 5)


class Lander(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.now = 1000.0
        self.patch.setattr(holders, "wall", lambda: self.now)
        self.patch.setattr(holders, "monotonic", lambda: self.now)
        self.folder = tempfile.mkdtemp()
        self.stores: list[SqlStore] = [open_store(f"sqlite:///{self.folder}/a.db") for _ in range(2)]
        self.loop = asyncio.new_event_loop()
        self.leases: list[Lease] = []
        self.held = False
        self.expires = 0.0
        self.states: list[State] = []
        self.calls: set[tuple[int, int]] = set()
        self.open: dict[tuple[int, int, int], int] = {}
        self.failed: set[tuple[int, int, int]] = set()
        self.spent = 0
        self.cap: int | None = None

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.loop.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    def do(self, write: Awaitable[Any]) -> Any:
        """What the write answered, or the error it met."""

        async def main() -> Any:
            try:
                return await write
            except FactoryError as error:
                return error

        return self.loop.run_until_complete(main())

    def lease(self, which: int) -> tuple[Lease, bool]:
        """One of the leases ever given, and whether writes under it must be allowed."""
        lease = self.leases[which % len(self.leases)]
        return lease, lease == self.leases[-1] and self.held

    def charge(self) -> None:
        self.spent += sum(self.open.values()) + FAILED_COST * len(self.failed)
        self.open.clear()
        self.failed.clear()

    @initialize()
    def create(self) -> None:
        self.leases.append(self.do(self.stores[0].create_job(a_job(), this_process())))
        self.held, self.expires = True, self.now + 60

    @rule(seconds=st.sampled_from([1.0, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(handle=HANDLES, later=st.sampled_from([0.0, 61.0]))
    def acquire(self, handle: int, later: float) -> None:
        self.now += later
        found = self.do(self.stores[handle].acquire("job-a", this_process()))
        if self.held and self.now < self.expires:
            assert isinstance(found, LeaseLost)
        else:
            assert found == Lease("job-a", self.leases[-1].epoch + 1)
            self.charge()
            self.leases.append(found)
            self.held, self.expires = True, self.now + 60

    @rule(handle=HANDLES, which=LEASES)
    def renew(self, handle: int, which: int) -> None:
        lease, allowed = self.lease(which)
        assert isinstance(self.do(self.stores[handle].renew(lease)), LeaseLost) == (not allowed)
        if allowed:
            self.expires = self.now + 60

    @precondition(lambda self: self.held)
    @rule(handle=HANDLES, which=LEASES)
    def finish(self, handle: int, which: int) -> None:
        lease, allowed = self.lease(which)
        assert isinstance(self.do(self.stores[handle].finish(lease, JobState.STOPPED, "")), LeaseLost) == (not allowed)
        if allowed:
            self.held = False
            self.charge()

    @rule(handle=HANDLES, which=LEASES, cap=st.none() | st.integers(0, 9))
    def set_cap(self, handle: int, which: int, cap: int | None) -> None:
        lease, allowed = self.lease(which)
        assert isinstance(self.do(self.stores[handle].set_cap(lease, cap)), LeaseLost) == (not allowed)
        self.cap = cap if allowed else self.cap

    @rule(
        handle=HANDLES,
        which=LEASES,
        index=st.integers(0, 3),
        sample=st.integers(0, 2),
        steps=st.lists(st.sampled_from([0, 1, 2, -1, -2]), min_size=1, max_size=4),
    )
    def attempts_and_call(self, handle: int, which: int, index: int, sample: int, steps: list[int]) -> None:
        """Asked for at once: 1 and 2 open the attempt of that number, -1 and -2 record its failure, 0 records the call."""
        lease, allowed = self.lease(which)
        store, call = self.stores[handle], a_call(index, sample=sample)

        def write(step: int) -> Awaitable[None]:
            if step > 0:
                return store.open_attempt(lease, call.identity, step, 100 * step)
            if step < 0:
                failed = replace(call.attempts[0], number=-step, cost_nano_usd=FAILED_COST)
                return store.record_failure(lease, call.identity, call.model, failed)
            return store.record_call(lease, call)

        async def main() -> list[Any]:
            return await asyncio.gather(*(write(step) for step in steps), return_exceptions=True)

        for step, found in zip(steps, self.do(main()), strict=True):
            attempt = (index, sample, abs(step))
            done = (index, sample) in self.calls if step == 0 else attempt in (self.open if step > 0 else self.failed)
            if not allowed:
                assert isinstance(found, LeaseLost)
            elif done:
                assert isinstance(found, FactoryError) and "UNIQUE" in str(found)
            elif step > 0:
                assert found is None
                self.open[attempt] = 100 * step
            elif step < 0:
                assert found is None
                self.failed.add(attempt)
                self.open.pop(attempt, None)
            else:
                assert found is None
                self.calls.add((index, sample))
                self.spent += 7
                self.open = {key: reserved for key, reserved in self.open.items() if key[:2] != (index, sample)}
                self.failed = {key for key in self.failed if key[:2] != (index, sample)}

    @rule(
        handle=HANDLES,
        which=LEASES,
        offsets=st.lists(st.sampled_from([-1, 0, 0, 0, 1]), min_size=1, max_size=5),
        state=st.sampled_from(State),
    )
    def land(self, handle: int, which: int, offsets: list[int], state: State) -> None:
        """Several at once, some of them at a wrong index."""
        lease, allowed = self.lease(which)
        store, expected, indices = self.stores[handle], [], []
        reached = len(self.states)
        for offset in offsets:
            indices.append(max(0, reached + offset))
            right = allowed and indices[-1] == reached
            expected.append(type(None) if right else FactoryError if allowed else LeaseLost)
            reached += right

        async def main() -> list[Any]:
            writes = [store.land(lease, a_landing(index, state=state)) for index in indices]
            return await asyncio.gather(*writes, return_exceptions=True)

        assert [type(found) for found in self.do(main())] == expected
        self.states += [state] * (reached - len(self.states))

    @invariant()
    def the_store_holds_exactly_what_was_allowed(self) -> None:
        if not self.leases:
            return
        for store in self.stores:
            landed = store.candidates(job_id="job-a")
            assert [(u.index, u.state) for u in landed] == [(n, s.value) for n, s in enumerate(self.states)]
            shown = store.snapshot("job-a")
            assert sum(shown.states.values()) == len(self.states)
            assert (shown.gates[0]["checked"] if shown.gates else 0) == len(self.states)
            assert shown.calls_by_role.get("solver", 0) == len(self.calls)
            spent = self.spent + FAILED_COST * len(self.failed)
            assert shown.money == store.money("job-a") == Money(spent, sum(self.open.values()), self.cap)
            assert shown.lease_alive == (self.held and self.now < self.expires)


TestLander = Lander.TestCase
TestLander.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
