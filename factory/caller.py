"""One logical call as a series of attempts: a slot, money, a durable reservation, the attempt, its settlement.

Waiting for a slot or for money is never a model timeout, and an attempt that was never sent costs nothing. What ends the job
leaves here as a FactoryError; what is the call's own fault, tried often enough, as CallGivenUp.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from factory.budget import FREE, Budget, Price, attempt_cost_nano, input_tokens_bound, worst_case_nano
from factory.errors import CallGivenUp, FactoryError, ModelFailure, ProviderUnusable
from factory.limits import Clock, DeadEnd, Endpoint, Retry, SingledOut, Slot
from factory.ports import Attempt, CallIdentity, Lease, Model, Store, Unanswered
from factory.types import ModelReply, ModelRequest, Role


@dataclass(frozen=True)
class Channel:
    """How a seat's calls leave: its model, the endpoint it shares with others (None for a rehearsal model), what it costs,
    and the most output tokens it can be billed for (None: unbounded).
    """

    model: Model
    endpoint: Endpoint | None = None
    price: Price = FREE
    max_tokens: int | None = None


@dataclass
class Caller:
    """Makes the calls of one job in this process. Reservations of priced models are durable before anything is sent."""

    store: Store
    lease: Lease
    channels: Mapping[Role, Sequence[Channel]]
    budget: Budget
    retry: Retry = field(default_factory=Retry)
    clock: Clock = field(default_factory=Clock)
    rng: random.Random = field(default_factory=random.Random)
    _waiting: set[asyncio.Task[Any]] = field(default_factory=set)
    _closed: bool = False

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot, for money, for their turn or for their next try."""
        return len(self._waiting)

    def close(self) -> None:
        """Send nothing more: calls that wait for a slot, for money, for their turn or for their next try are cancelled."""
        self._closed = True
        for task in self._waiting:
            task.cancel()

    async def call(
        self, identity: CallIdentity, request: ModelRequest
    ) -> tuple[ModelReply | ModelFailure, tuple[Attempt, ...]]:
        """The reply, or the terminal failure, with every attempt it took.

        Raises CallGivenUp when the call itself kept failing or was turned away while its endpoint was well, ProviderUnusable
        when the endpoint is not, LimitReached when the money is used up.
        """
        task = asyncio.current_task()
        assert task is not None, "calls are made from tasks"
        attempts: list[Attempt] = []
        self._waiting.add(task)
        try:
            return await self._call(task, identity, request, attempts), tuple(attempts)
        except BaseException:
            # What it cost must reach the record, also where the job is closed at this very moment.
            self._waiting.discard(task)
            await self._let_go(identity, request.model, attempts)
            raise
        finally:
            self._waiting.discard(task)

    async def _let_go(self, identity: CallIdentity, model: str, attempts: Sequence[Attempt]) -> None:
        """Settle on record the attempts of a call that ends with nothing to journal: left open, all they reserved would be
        charged.
        """
        if attempts:
            # A store that refuses is, or will be, why the job ends; what stays open is then charged in full.
            with suppress(FactoryError):
                await self.store.settle_attempts(self.lease, identity, model, attempts)

    async def _call(
        self, task: asyncio.Task[Any], identity: CallIdentity, request: ModelRequest, attempts: list[Attempt]
    ) -> ModelReply | ModelFailure:
        channel = self.channels[Role(identity.role)][identity.slot]
        bound = _bound(channel, request)
        failures, singled = 0, SingledOut()
        while True:
            self._wait(task)
            slot = channel.endpoint.slot(bound.tokens) if channel.endpoint is not None else None
            outcome = await self._try(task, channel, slot, bound, identity, request, attempts)
            if isinstance(outcome, ModelReply) or not outcome.kind.transient:
                return outcome
            if bound.nano:
                # Before anybody can have reserved what it frees: the ledger on record must not pass the cap either.
                await self.store.record_failure(self.lease, identity, request.model, attempts[-1])
            self._wait(task)
            if slot is not None and slot.dead_end is not None:
                raise self._unusable(slot.dead_end, channel, outcome)
            failures += slot is None or not slot.blameless
            if self.retry.spent(failures):
                raise CallGivenUp(f"{failures} attempts at {request.model} failed, the last with {outcome}")
            if slot is not None and slot.tally is not None:
                singled.rejected(*slot.tally)
                if singled.certain:
                    times = f"{singled.rejections} times while it answered others"
                    raise CallGivenUp(f"{request.model} turned this call away {times}, the last time with {outcome}")
            wait = _asked_for(outcome) if slot is None else slot.asked_s
            if slot is None or not slot.held_back:
                wait = max(wait, self.retry.wait_s(len(attempts), self.rng))
            if wait > 0:
                await self.clock.sleep(wait)

    def _wait(self, task: asyncio.Task[Any]) -> None:
        """From here on nothing is in flight and `close` cancels the call, as it does at once where that was asked meanwhile."""
        self._waiting.add(task)
        if self._closed:
            raise asyncio.CancelledError

    async def _try(
        self,
        task: asyncio.Task[Any],
        channel: Channel,
        slot: Slot | None,
        bound: _Bound,
        identity: CallIdentity,
        request: ModelRequest,
        attempts: list[Attempt],
    ) -> ModelReply | ModelFailure:
        try:
            async with _held(slot):
                return await self._attempt(task, channel, slot, bound.nano, identity, request, attempts)
        except ModelFailure as failure:
            return failure

    async def _attempt(
        self,
        task: asyncio.Task[Any],
        channel: Channel,
        slot: Slot | None,
        worst: int,
        identity: CallIdentity,
        request: ModelRequest,
        attempts: list[Attempt],
    ) -> ModelReply:
        """One attempt inside its slot. Raises the ModelFailure it ended with, so that the slot sees it."""
        # The slot comes before the money: a kill then charges what was in flight, and the few calls that were ready to go.
        held = await self.budget.reserve(worst)
        # A reservation on its way to the record is not cut off: durable but never sent, it would be charged for nothing.
        self._waiting.discard(task)
        number, sent = len(attempts), False
        outcome: ModelReply | ModelFailure | None = None
        refused: ProviderUnusable | None = None
        began, clock = time.time(), time.perf_counter()
        try:
            if worst:
                await self.store.open_attempt(self.lease, identity, number, worst)
            if slot is not None:
                self._wait(task)
                await slot.go()
                self._waiting.discard(task)
            began, clock, sent = time.time(), time.perf_counter(), True
            outcome = await channel.model.complete(request)
        except ModelFailure as failure:
            outcome = failure
        except ProviderUnusable as unusable:
            # A wrong key, a model nobody knows: turned away before any work was done.
            refused = unusable
            raise
        finally:
            # An attempt that was cut off (an adapter's bug, say) may have been billed: it is charged in full.
            free = refused is not None or not sent
            cost = 0 if free else _cost_nano(channel.price, outcome) if outcome is not None else None
            settled = self.budget.settle(held, cost)
            seconds = time.perf_counter() - clock
            money = _Settled(worst, settled.cost_nano, settled.flag.value)
            if outcome is not None:
                attempts.append(_record(number, began, seconds, outcome, money))
            else:
                attempts.append(_unanswered(number, began, seconds, refused, sent, money))
        if slot is not None and outcome.usage is not None:
            slot.used(outcome.usage.input_tokens + outcome.usage.output_tokens)
        if isinstance(outcome, ModelFailure):
            raise outcome
        return outcome

    def _unusable(self, found: DeadEnd, channel: Channel, failure: ModelFailure) -> ProviderUnusable:
        assert channel.endpoint is not None, "only an endpoint leads nowhere"
        resume = f"`factory resume {self.lease.job}`"
        if found is DeadEnd.UNREACHABLE:
            what, fix = "it cannot be reached", f"Check the address and that it runs, then {resume}"
        else:
            what = "whatever answers there has not once answered as a model server does"
            fix = f"Check base_url in the cast. If it is right, {resume} once the server is well"
        return ProviderUnusable(f"{what} ({failure.detail})", where=channel.endpoint.key, fix=fix)


def _held(slot: Slot | None) -> AbstractAsyncContextManager[Any]:
    return slot if slot is not None else nullcontext()


class _Bound(NamedTuple):
    """The most an attempt can take: tokens, and nano-dollars."""

    tokens: int
    nano: int


def _bound(channel: Channel, request: ModelRequest) -> _Bound:
    if channel.endpoint is None and channel.price.free:
        return _Bound(0, 0)
    read, written = input_tokens_bound(request), channel.max_tokens or 0
    return _Bound(read + written, 0 if channel.price.free else worst_case_nano(channel.price, read, written))


def _cost_nano(price: Price, outcome: ModelReply | ModelFailure) -> int | None:
    if isinstance(outcome, ModelFailure):
        return attempt_cost_nano(price, outcome.usage, outcome.kind, turned_away=outcome.turned_away)
    return attempt_cost_nano(price, outcome.usage)


def _asked_for(failure: ModelFailure) -> float:
    """A provider's own wish, where no endpoint keeps it for us. Seconds, at most half a minute."""
    return min(max(failure.retry_after_s or 0.0, 0.0), 30.0)


class _Settled(NamedTuple):
    """What an attempt reserved and cost, in nano-dollars, and the flag of its settlement."""

    reserved: int
    cost: int
    flag: str


def _record(number: int, began: float, seconds: float, outcome: ModelReply | ModelFailure, money: _Settled) -> Attempt:
    failure = outcome if isinstance(outcome, ModelFailure) else None
    usage = outcome.usage
    return Attempt(
        number=number,
        started_at=began,
        seconds=seconds,
        status=failure.kind.value if failure else "ok",
        detail=failure.detail if failure else "",
        served_model=outcome.served_model,
        request_id=outcome.request_id,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        reserved_nano_usd=money.reserved,
        cost_nano_usd=money.cost,
        flag=money.flag,
    )


def _unanswered(
    number: int, began: float, seconds: float, refused: ProviderUnusable | None, sent: bool, money: _Settled
) -> Attempt:
    """An attempt that ended the job."""
    if refused is not None:
        status, detail = Unanswered.UNUSABLE, refused.what
    else:
        status, detail = (Unanswered.CUT_OFF if sent else Unanswered.UNSENT), ""
    return Attempt(
        number, began, seconds, status.value, detail, "", None, None, None, None, money.reserved, money.cost, money.flag
    )
