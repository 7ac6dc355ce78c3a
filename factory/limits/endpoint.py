"""One provider endpoint as every role that uses it shares it: a queue, slots, caps, pauses, spacing and a breaker.

Waiting happens here, before a call exists for the provider, so it is never a model timeout. Whoever waits is first come first
served; a call that is to be tried again joins the queue's end. A call waits twice: for its slot, which a few more hold than may
be in flight, so that they get ready; then, ready, for its turn to go.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from factory.errors import FailureKind, ModelFailure, ProviderUnusable
from factory.limits.adaptive import AdaptiveLimit
from factory.limits.breaker import Breaker, BreakerSettings, BreakerState
from factory.limits.bucket import Bucket
from factory.limits.clock import Clock, Timer
from factory.limits.contact import DeadEnd, FirstContact
from factory.limits.latency import Latencies
from factory.limits.refusals import Refusals
from factory.limits.spacing import Spacing

# Of the limit, how many calls more may get ready (money, a reservation on record) while all that may are in flight: what they
# wait for takes some 20 ms at 256 in flight, and one that comes back is followed by the next at once.
_AHEAD: Final = 1 / 8

_REJECTIONS: Final = frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED})
_OUTAGES: Final = frozenset({FailureKind.CONNECTION, FailureKind.TIMEOUT, FailureKind.SERVER_ERROR, FailureKind.OVERLOADED})


@dataclass(frozen=True, slots=True)
class EndpointStats:
    """An endpoint as `factory status` shows it. Times in seconds.

    in_flight: sent and not answered yet; limit: calls that may be in flight now; queue: calls that wait for a slot or for their
    turn; requests: calls sent; rate_limited, outages: how they failed;
    paused_for_s: what is left of a Retry-After that holds every call back; gone_for_s: see `Endpoint.gone_for_s`;
    latencies: of the answered calls, a copy.
    """

    key: str
    in_flight: int
    limit: int
    max_in_flight: int
    queue: int
    requests: int
    rate_limited: int
    outages: int
    breaker: BreakerState
    paused_for_s: float
    gone_for_s: float
    latencies: Latencies


class Slot:
    """The right to make one call: `async with endpoint.slot(tokens=bound) as slot`.

    The block holds exactly one attempt, and waits for its turn to `go`. An exception that leaves it tells how the attempt
    ended: none is an answer, a ModelFailure is judged by its kind and retry_after_s (both mean that it was sent), anything else
    says nothing about the provider.
    waited_s: time in the queue. blameless: set on leaving; the failure is to be laid to the endpoint (a rejection, or an outage
    of it), not to this call, so it does not count towards `Retry.attempts`. held_back: set on leaving; a pause or the breaker
    decides when the endpoint is asked again, so the next try need not back off by itself. asked_s: set on leaving; what the
    provider asked this one call to wait before its next try, 0 where a pause of all calls sees to it. dead_end: set on leaving;
    why the endpoint, which has never answered, need not be asked again. tally: set on leaving with a rejection; how many calls
    the endpoint has answered and turned away so far.
    """

    __slots__ = (
        "_begun_in", "_endpoint", "_generation", "_probe", "_sent_at", "_tokens", "_used", "_was_sent",
        "asked_s", "blameless", "dead_end", "held_back", "tally", "waited_s",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, tokens: int) -> None:
        self._endpoint = endpoint
        self._tokens = tokens
        self._used: int | None = None
        self._begun_in = 0
        self._generation = 0
        self._probe = False
        self._sent_at = 0.0
        self._was_sent = False
        self.waited_s = 0.0
        self.asked_s = 0.0
        self.blameless = False
        self.held_back = False
        self.dead_end: DeadEnd | None = None
        self.tally: tuple[int, int] | None = None

    async def go(self) -> None:
        """Wait while as many calls are in flight as may be, or while all are held back. The request leaves then: it counts as
        sent and takes of the caps per minute, and its latency begins. Raises ProviderUnusable as entering does.
        """
        await self._endpoint._go(self)

    def used(self, tokens: int) -> None:
        """What the call took of the tokens per minute, in place of the bound it was admitted with."""
        self._used = tokens

    async def __aenter__(self) -> Slot:
        """Raises ProviderUnusable when the endpoint stayed away longer than its patience."""
        await self._endpoint._acquire(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._endpoint._release(self, exc)


class Endpoint:
    """Made by `Limits.endpoint`."""

    def __init__(
        self,
        key: str,
        max_in_flight: int,
        *,
        clock: Clock,
        patience_s: float,
        longest_pause_s: float,
        breaker: BreakerSettings,
    ) -> None:
        self.key = key
        self.clock = clock
        self._patience_s = patience_s
        self._longest_pause_s = longest_pause_s
        self._limit = AdaptiveLimit(max_in_flight)
        self._refusals = Refusals(max_in_flight)
        self._breaker = Breaker(breaker)
        self._requests_cap: Bucket | None = None
        self._tokens_cap: Bucket | None = None
        self._paused_until = -math.inf
        self._trouble_since: float | None = None
        self._last_failure = ""
        self._contact = FirstContact()
        self._idle_since = clock.now()
        # In the order in which they began, sent or not yet.
        self._under_way: dict[Slot, None] = {}
        self._queue: deque[tuple[Slot, asyncio.Future[None]]] = deque()
        self._waiting = 0
        # Those that are ready to leave.
        self._ready: deque[tuple[Slot, asyncio.Future[None]]] = deque()
        self._timer: Timer | None = None
        self._timer_at = 0.0
        self._on_the_wire = 0
        self._sent = self._rate_limited = self._outages = self._rejected = 0
        self._latencies = Latencies()
        self._spacing = Spacing()

    def slot(self, tokens: int = 0) -> Slot:
        """A slot to enter. tokens: an upper bound of what the call takes of the tokens per minute."""
        return Slot(self, tokens)

    def narrow(self, max_in_flight: int, rpm: int | None, tpm: int | None) -> None:
        """Apply caps beside those there are; the stricter ones hold."""
        now = self.clock.now()
        self._limit.narrow(max_in_flight)
        if rpm is not None and (self._requests_cap is None or rpm < self._requests_cap.per_minute):
            self._requests_cap = Bucket.of_requests(rpm, now)
            self._requests_cap.promise(len(self._unsent()))
        if tpm is not None and (self._tokens_cap is None or tpm < self._tokens_cap.per_minute):
            self._tokens_cap = Bucket.of_tokens(tpm, now)
            self._tokens_cap.promise(sum(slot._tokens for slot in self._unsent()))

    @property
    def gone_for_s(self) -> float:
        """Seconds since the first failure that no answer has followed; 0 while the provider answers.

        Rejections count as failures here: a provider that turns every call away for longer than we wait is of no use either.
        """
        return 0.0 if self._trouble_since is None else self.clock.now() - self._trouble_since

    def stats(self) -> EndpointStats:
        now = self.clock.now()
        return EndpointStats(
            key=self.key,
            in_flight=self._on_the_wire,
            limit=self._limit.allowed,
            max_in_flight=self._limit.most,
            queue=self._waiting + sum(not granted.done() for _, granted in self._ready),
            requests=self._sent,
            rate_limited=self._rate_limited,
            outages=self._outages,
            breaker=self._breaker.state(now),
            paused_for_s=max(0.0, self._paused_until - now),
            gone_for_s=self.gone_for_s,
            latencies=Latencies(self._latencies.buckets),
        )

    async def _acquire(self, slot: Slot) -> None:
        now = self.clock.now()
        if not self._under_way and not self._waiting and now - self._idle_since > self._longest_pause_s:
            # Nobody has asked for a while: how long it has been silent says nothing.
            self._trouble_since = None
            self._contact.forget()
        if self._given_up(now):
            raise self._gone()
        # Whoever is ready goes first, also where its timer is late.
        self._send_ready(now)
        if not self._waiting and self._blocked_for(slot._tokens, now) <= 0:
            self._begin(slot, now)
            return
        granted = asyncio.get_running_loop().create_future()
        self._queue.append((slot, granted))
        self._waiting += 1
        self._advance(now)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.cancelled():
                self._waiting -= 1
                self._advance(self.clock.now())
            elif granted.exception() is None:
                # Cancelled between the grant and this task's turn: the slot goes to the next in line.
                self._release(slot, asyncio.CancelledError())
            raise
        slot.waited_s = self.clock.now() - now

    def _begin(self, slot: Slot, now: float) -> None:
        self._under_way[slot] = None
        self._stamp(slot)
        slot._sent_at = now
        self._spacing.began(now, self._limit.allowed)
        for cap, amount in self._caps(slot):
            cap.promise(amount)

    def _caps(self, slot: Slot) -> Iterator[tuple[Bucket, int]]:
        """The caps per minute there are, and what the slot's call takes of each."""
        if self._requests_cap is not None:
            yield self._requests_cap, 1
        if self._tokens_cap is not None:
            yield self._tokens_cap, slot._tokens

    def _unsent(self) -> list[Slot]:
        return [slot for slot in self._under_way if not slot._was_sent]

    async def _go(self, slot: Slot) -> None:
        now = self.clock.now()
        if slot._probe and (now < self._paused_until or slot._generation != self._breaker.generation):
            self._no_probe(slot)
        if slot._probe or (not self._ready and self._held_for(now) <= 0):
            self._leave(slot, now)
            return
        granted = asyncio.get_running_loop().create_future()
        self._ready.append((slot, granted))
        self._send_ready(now)
        try:
            await granted
        except asyncio.CancelledError:
            if not granted.cancelled():
                granted.exception()
            raise

    def _no_probe(self, slot: Slot) -> None:
        """It got its slot as a probe and has not gone."""
        self._breaker.dropped(slot._generation)
        # Of no generation: what becomes of it from here on counts only once it has left.
        slot._probe, slot._generation = False, -1

    def _ready_probe_first(self) -> None:
        """A probe that is not ready yet may wait for the very money that one which is ready holds, and never get it."""
        if not self._breaker.closed:
            for slot in self._unsent():
                if slot._probe:
                    self._no_probe(slot)

    def _held_for(self, now: float) -> float:
        """Seconds until a call that is ready may go; infinite while it waits for another to end. Probes are not held."""
        if self._breaker.closed and self._on_the_wire >= self._limit.allowed:
            return math.inf
        return max(self._paused_until - now, self._breaker.ready_in(now))

    def _send_ready(self, now: float) -> None:
        while self._ready:
            slot, granted = self._ready[0]
            if not granted.done():
                self._ready_probe_first()
                wait = self._held_for(now)
                if wait > 0:
                    if wait < math.inf:
                        self._wake_at(now + wait)
                    return
                self._leave(slot, now)
                granted.set_result(None)
            self._ready.popleft()

    def _leave(self, slot: Slot, now: float) -> None:
        if not slot._probe:
            # What was so when it got its slot is past: it goes under the limit and the breaker of now.
            self._stamp(slot)
        self._send(slot, now)

    def _stamp(self, slot: Slot) -> None:
        slot._begun_in = self._limit.round
        slot._probe = not self._breaker.closed
        slot._generation = self._breaker.begin()

    def _send(self, slot: Slot, now: float) -> None:
        if slot._was_sent:
            return
        slot._was_sent = True
        slot._sent_at = now
        self._sent += 1
        self._on_the_wire += 1
        for cap, amount in self._caps(slot):
            cap.promise(-amount)
            cap.take(amount, now)
        if self._requests_cap is not None or self._tokens_cap is not None:
            # Others may have waited for no more than that this one goes first.
            self._advance(now)

    def _release(self, slot: Slot, exc: BaseException | None) -> None:
        now = self.clock.now()
        if exc is None or isinstance(exc, ModelFailure):
            self._send(slot, now)
        if slot._was_sent:
            self._on_the_wire -= 1
        else:
            for cap, amount in self._caps(slot):
                cap.promise(-amount)
        if isinstance(exc, ModelFailure) and exc.kind.transient:
            self._failed(slot, exc, now)
        elif exc is None or isinstance(exc, ModelFailure):
            self._answered(slot, now)
        else:
            self._breaker.dropped(slot._generation)
        del self._under_way[slot]
        if self._tokens_cap is not None and slot._was_sent and slot._used is not None:
            self._tokens_cap.correct(slot._tokens - slot._used)
        if not self._under_way and not self._waiting:
            self._idle_since = now
        self._send_ready(now)
        self._advance(now)

    def _answered(self, slot: Slot, now: float) -> None:
        self._limit.accepted(len(self._under_way))
        self._contact.made()
        self._refusals.note(refused=False)
        self._breaker.answered(slot._generation)
        self._trouble_since = None
        self._latencies.add(now - slot._sent_at)
        self._spacing.answered(now - slot._sent_at)

    def _failed(self, slot: Slot, failure: ModelFailure, now: float) -> None:
        rejected, outage = failure.kind in _REJECTIONS, failure.kind in _OUTAGES
        if self._trouble_since is None:
            self._trouble_since = now
        self._last_failure = failure.detail
        oldest = next(iter(self._under_way)) is slot
        slot.dead_end = self._contact.failed(failure, slot._sent_at, now, oldest=oldest)
        if rejected:
            self._limit.rejected(slot._begun_in)
            self._refusals.note(refused=True)
            self._rejected += 1
            slot.tally = self._latencies.count, self._rejected
        if outage:
            self._outages += 1
            self._breaker.failed(slot._generation, now)
        else:
            self._rate_limited += 1
            self._breaker.answered(slot._generation)
        slot.blameless = rejected or not self._breaker.closed
        self._heed(slot, failure.retry_after_s, now)
        slot.held_back = now < self._paused_until or not self._breaker.closed
        if self._given_up(now):
            self._turn_away()

    def _heed(self, slot: Slot, retry_after_s: float | None, now: float) -> None:
        """A provider's wish to be left alone: for this call, and for every other one while it refuses calls in numbers."""
        if retry_after_s is None or math.isnan(retry_after_s):
            return
        wait = min(max(0.0, retry_after_s), self._longest_pause_s)
        if self._refusals.in_numbers:
            self._paused_until = max(self._paused_until, now + wait)
        slot.asked_s = wait if now + wait > self._paused_until else 0.0

    def _blocked_for(self, tokens: int, now: float) -> float:
        """Seconds until a call may go, as far as time alone decides; infinite while it waits for another call to end."""
        if len(self._under_way) >= self._limit.allowed + self._ahead() and self._breaker.closed:
            return math.inf
        wait = max(self._paused_until - now, self._breaker.ready_in(now))
        if self._limit.full:
            # A limit that is to grow must be seen to be used up, which spaced calls would hide.
            wait = max(wait, self._spacing.ready_in(now))
        if self._requests_cap is not None:
            wait = max(wait, self._requests_cap.ready_in(1, now))
        if self._tokens_cap is not None:
            wait = max(wait, self._tokens_cap.ready_in(tokens, now))
        return wait

    def _ahead(self) -> int:
        """How many calls more may be under way than in flight: none beyond a limit that is being found out."""
        return int(_AHEAD * self._limit.most) if self._limit.full else 0

    def _advance(self, now: float) -> None:
        """Hand out what may be handed out, in order; wake up again when time alone will have made room."""
        while self._queue:
            slot, granted = self._queue[0]
            if granted.done():
                self._queue.popleft()
                continue
            wait = self._blocked_for(slot._tokens, now)
            if wait > 0:
                if wait < math.inf:
                    self._wake_at(now + wait)
                return
            self._queue.popleft()
            self._waiting -= 1
            self._begin(slot, now)
            granted.set_result(None)
        if self._timer is not None and not self._ready:
            self._timer.cancel()
            self._timer = None

    def _wake_at(self, at: float) -> None:
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self.clock.later(max(0.0, at - self.clock.now()), self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = self.clock.now()
        self._send_ready(now)
        self._advance(now)

    def _given_up(self, now: float) -> bool:
        return self._trouble_since is not None and now - self._trouble_since >= self._patience_s

    def _turn_away(self) -> None:
        for _, granted in self._queue:
            if not granted.done():
                granted.set_exception(self._gone())
                self._waiting -= 1
        self._queue.clear()
        for _, granted in self._ready:
            if not granted.done():
                granted.set_exception(self._gone())
        self._ready.clear()

    def _gone(self) -> ProviderUnusable:
        return ProviderUnusable(
            f"the provider has answered no call for {self.gone_for_s:.0f} s (the last failure: {self._last_failure})",
            where=self.key,
            fix="Nothing is lost: once it answers again, resume the job",
        )
