"""The call path: every model call of every job goes through the journal.

A finished call is committed before its answer is used, and a call that is already in the journal is answered from it. What
a gate gets to see is the same in both cases: the text and the data, never usage, timing or what a rehearsal planted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import orjson

from factory.caller import Caller
from factory.canonical import canonical_json, digest, sha256_hex
from factory.errors import CallGivenUp, FactoryError, FailureKind, JournalMismatch, ModelFailure
from factory.ports import Attempt, CallIdentity, CallRecord, Lease, Store
from factory.types import CallRef, Cast, Member, Message, ModelReply, ModelRequest, ReplySchema, Role


class Journal:
    """The calls of one job in this process.

    The first error that concerns the whole job (a provider gone, a lost lease, a request that differs from the journaled
    one, a store that cannot write) is kept in `fatal`; whoever asked then waits to be cancelled, so no gate can mistake
    such an error for evidence about its candidate.
    """

    def __init__(self, store: Store, lease: Lease, cast: Cast, caller: Caller) -> None:
        self._store = store
        self._lease = lease
        self._caller = caller
        self.cast = cast
        self._replayable = store.last_journaled_index(lease.job)
        self._in_flight: set[asyncio.Task[None]] = set()
        self.fatal: asyncio.Future[FactoryError] = asyncio.get_running_loop().create_future()
        self.calls_made = 0

    def pull(self, candidate_id: str, index: int) -> PullJournal:
        """The journal of one pull, with what an earlier process already paid for."""
        known: dict[CallIdentity, CallRecord] = {}
        if index <= self._replayable:
            known = {record.identity: record for record in self._store.calls(self._lease.job, index)}
        return PullJournal(self, candidate_id, index, known)

    @property
    def in_flight(self) -> int:
        """Calls that are sent and not answered and committed yet: those that `settle` waits for."""
        return len(self._in_flight) - self._caller.waiting

    async def settle(self) -> None:
        """Let go of calls that were not sent yet, and wait until every other one is answered and committed: nothing that was
        paid for is lost.
        """
        self._caller.close()
        while self._in_flight:
            await asyncio.gather(*self._in_flight, return_exceptions=True)

    async def perform(self, identity: CallIdentity, request: ModelRequest) -> CallRecord:
        """Make the call and commit it. The caller's cancellation does not reach a call in flight."""
        loop = asyncio.get_running_loop()
        # As `asyncio.shield`, one turn of the loop sooner: where 256 calls are in flight a turn takes milliseconds.
        ended: asyncio.Future[CallRecord | CallGivenUp | None] = loop.create_future()
        task = loop.create_task(self._told(ended, identity, request))
        self._in_flight.add(task)

        def over(done: asyncio.Task[None]) -> None:
            self._in_flight.discard(done)
            # Where nothing was said, as when it was cancelled before its first step.
            ended.cancel()

        task.add_done_callback(over)
        record = await ended
        if isinstance(record, CallGivenUp):
            raise record
        return record if record is not None else await self.wait_to_be_cancelled()

    def die(self, exc: FactoryError) -> None:
        """Report an error that ends the job; the first one counts."""
        if not self.fatal.done():
            self.fatal.set_result(exc)

    async def wait_to_be_cancelled(self) -> NoReturn:
        while True:
            await asyncio.get_running_loop().create_future()

    async def _told(
        self, ended: asyncio.Future[CallRecord | CallGivenUp | None], identity: CallIdentity, request: ModelRequest
    ) -> None:
        record = await self._guarded(identity, request)
        # Whoever asked may have been cancelled, and then waits no more.
        if not ended.done():
            ended.set_result(record)

    async def _guarded(self, identity: CallIdentity, request: ModelRequest) -> CallRecord | CallGivenUp | None:
        """The committed record, or None when the job must end: the reason then stands in `fatal`."""
        try:
            return await self._call_and_commit(identity, request)
        except CallGivenUp as exc:
            return exc
        except FactoryError as exc:
            self.die(exc)
        except Exception as exc:
            logging.getLogger(__name__).debug("a model call broke", exc_info=exc)
            self.die(
                FactoryError(
                    f"a model call broke with {type(exc).__name__}: {exc}",
                    where=f"{request.model}, index {identity.index}, {identity.gate}/{identity.purpose}",
                    fix=f"What was paid for is kept. Once mended, `factory resume {self._lease.job}` goes on",
                )
            )
        return None

    async def _call_and_commit(self, identity: CallIdentity, request: ModelRequest) -> CallRecord:
        outcome, attempts = await self._caller.call(identity, request)
        record = _record(identity, request, outcome, attempts)
        try:
            await self._store.record_call(self._lease, record)
        except FactoryError:
            raise
        except Exception as exc:
            raise FactoryError(
                f"the store could not keep a model call ({exc})",
                where=f"job {self._lease.job}",
                fix=f"No further call was made. Mend the store, then `factory resume {self._lease.job}`",
            ) from exc
        self.calls_made += 1
        return record


@dataclass
class PullJournal:
    """The calls of one pull: gives each gate its scope, and answers from the store what is already there."""

    journal: Journal
    candidate_id: str
    index: int
    known: Mapping[CallIdentity, CallRecord]

    def scope(self, gate: str, revision: int) -> CallScope:
        return CallScope(self, gate, revision)


@dataclass
class CallScope:
    """The calls of one gate (or the author) at one revision; remembers them for the receipt."""

    pull: PullJournal
    gate: str
    revision: int
    _refs: dict[CallIdentity, CallRef] = field(default_factory=dict)

    def seats(self, role: Role) -> tuple[JournaledSeat, ...]:
        members = self.pull.journal.cast.seats(role)
        return tuple(JournaledSeat(self, role, slot, member) for slot, member in enumerate(members))

    @property
    def calls(self) -> tuple[CallRef, ...]:
        """What was asked, in the order of the calls' identities: the order of their answers is a matter of timing."""
        order = sorted(self._refs, key=lambda identity: (identity.role, identity.purpose, identity.sample, identity.slot))
        return tuple(self._refs[identity] for identity in order)

    async def ask(self, identity: CallIdentity, request: ModelRequest) -> ModelReply:
        if identity in self._refs:
            raise ValueError(f"{identity} was asked twice: purpose and sample must be unique for a seat within a gate")
        record = self.pull.known.get(identity)
        if record is None:
            record = await self.pull.journal.perform(identity, request)
        elif record.request_hash != request.fingerprint:
            self.pull.journal.die(
                JournalMismatch(
                    f"the journaled request of {identity.gate}/{identity.purpose} differs from the one made now",
                    where=f"index {identity.index}, revision {identity.revision}",
                    fix="Something the prompt depends on changed since the job began; start it as a new job",
                )
            )
            await self.pull.journal.wait_to_be_cancelled()
        self._refs[identity] = _ref(record)
        return _outcome(record)


@dataclass(frozen=True, slots=True)
class JournaledSeat:
    """A factory.ports.Seat whose calls are journaled."""

    scope: CallScope
    role: Role
    slot: int
    member: Member

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        pull, gate, revision = self.scope.pull, self.scope.gate, self.scope.revision
        identity = CallIdentity(pull.index, revision, gate, purpose, self.role.value, self.slot, sample)
        request = ModelRequest(
            model=self.member.model,
            messages=messages,
            key=digest(pull.candidate_id, revision, gate, purpose, self.role, self.slot, sample)[:32],
            schema=schema,
            temperature=self.member.temperature,
            max_tokens=self.member.max_tokens,
        )
        return await self.scope.ask(identity, request)


def _response(outcome: ModelReply | ModelFailure) -> bytes:
    if isinstance(outcome, ModelFailure):
        return canonical_json({"failure": outcome.kind.value, "detail": outcome.detail, "text": outcome.text})
    return canonical_json({"text": outcome.text, "data": outcome.data, "finish_reason": outcome.finish_reason})


def _kept(outcome: ModelReply | ModelFailure) -> tuple[ModelReply | ModelFailure, bytes]:
    """The outcome and what is kept of it: a typed failure where it holds what no store and no export can (half a surrogate
    pair).
    """
    try:
        return outcome, _response(outcome)
    except (UnicodeEncodeError, TypeError, ValueError) as exc:
        unfit = ModelFailure(
            FailureKind.MALFORMED,
            f"the answer cannot be kept as text ({type(exc).__name__})",
            text=outcome.text.encode("utf-8", "replace").decode(),
            planted=outcome.planted,
        )
        return unfit, _response(unfit)


def _record(
    identity: CallIdentity, request: ModelRequest, outcome: ModelReply | ModelFailure, attempts: tuple[Attempt, ...]
) -> CallRecord:
    outcome, response = _kept(outcome)
    status = outcome.kind.value if isinstance(outcome, ModelFailure) else "ok"
    return CallRecord(
        identity=identity,
        key=request.key,
        model=request.model,
        request_hash=request.fingerprint,
        request=request.body,
        response_hash=sha256_hex(response),
        response=response,
        status=status,
        attempts=attempts,
        planted=outcome.planted,
    )


def _ref(record: CallRecord) -> CallRef:
    return CallRef(
        key=record.key,
        role=record.identity.role,
        request=record.request_hash,
        response=record.response_hash,
        seconds=sum(attempt.seconds for attempt in record.attempts),
        cost_nano_usd=sum(attempt.cost_nano_usd for attempt in record.attempts),
    )


def _outcome(record: CallRecord) -> ModelReply:
    """The answer as gates see it, the same from the provider and from the store. Raises the journaled ModelFailure."""
    response = orjson.loads(record.response)
    if record.status != "ok":
        raise ModelFailure(FailureKind(record.status), response["detail"], text=response["text"])
    return ModelReply(text=response["text"], data=response["data"], finish_reason=response["finish_reason"])
