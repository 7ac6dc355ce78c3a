"""The call path: committed before used, answered from the store afterwards, loud when something does not match."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from factory.budget import Budget
from factory.caller import Caller, Channel
from factory.errors import CallGivenUp, FactoryError, FailureKind, JournalMismatch, ModelFailure, ProviderUnusable
from factory.journal import Journal
from factory.limits import Clock
from factory.ports import Attempt, CallIdentity, CallRecord, Lease, Model, Store
from factory.types import Cast, Member, Message, ModelReply, ModelRequest, Role, Usage

ASK = (Message.of("user", "What is 2 + 2?"),)
CAST = Cast(name="test", members={Role.ORACLE: (Member(model="sim:oracle", family="x"),)})


class MemoryStore:
    """The journal half of a store, to see what is committed when."""

    def __init__(self, calls: Sequence[CallRecord] = ()) -> None:
        self.recorded = list(calls)
        self.unjournaled: list[tuple[CallIdentity, str, tuple[Attempt, ...]]] = []
        self.broken: Exception | None = None

    def last_journaled_index(self, job_id: str) -> int:
        return max((record.identity.index for record in self.recorded), default=-1)

    def calls(self, job_id: str, index: int) -> Sequence[CallRecord]:
        return [record for record in self.recorded if record.identity.index == index]

    async def settle_attempts(self, lease: Lease, of: CallIdentity, model: str, attempts: Sequence[Attempt]) -> None:
        self.unjournaled.append((of, model, tuple(attempts)))

    async def record_call(self, lease: Lease, call: CallRecord) -> None:
        await asyncio.sleep(0)
        if self.broken is not None:
            raise self.broken
        self.recorded.append(call)


class Scripted:
    """A model that answers, or fails, in the given order."""

    def __init__(self, *outcomes: ModelReply | Exception) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0
        self.gate: asyncio.Event | None = None

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def journal(store: MemoryStore, model: Model) -> Journal:
    async def no_wait(seconds: float) -> None:
        return None

    channels = {Role.ORACLE: (Channel(model),)}
    caller = Caller(cast(Store, store), Lease("job", 1), channels, Budget(None), clock=Clock(sleep=no_wait))
    return Journal(cast(Store, store), Lease("job", 1), CAST, caller)


async def ask(of: Journal, *, index: int = 0, messages: tuple[Message, ...] = ASK, **more: Any) -> ModelReply:
    seat = of.pull("c-1", index).scope("oracle", 0).seats(Role.ORACLE)[0]
    return await seat.ask(messages, purpose="solve", **more)


async def test_a_call_is_committed_before_its_answer_is_seen() -> None:
    store = MemoryStore()
    reply = await ask(journal(store, Scripted(ModelReply("4", usage=Usage(9, 1)))))
    assert reply.text == "4"
    assert [record.status for record in store.recorded] == ["ok"]
    assert store.recorded[0].attempts[0].input_tokens == 9


async def test_planted_labels_and_usage_stay_in_the_journal() -> None:
    store = MemoryStore()
    reply = await ask(journal(store, Scripted(ModelReply("4", usage=Usage(9, 1), planted={"kind": "wrong", "gate": "oracle"}))))
    assert reply.planted is None and reply.usage is None
    assert store.recorded[0].planted == {"kind": "wrong", "gate": "oracle"}
    assert b"planted" not in store.recorded[0].response and b"wrong" not in store.recorded[0].request


async def test_a_journaled_call_is_not_made_again() -> None:
    store = MemoryStore()
    await ask(journal(store, Scripted(ModelReply("4", {"answer": "4"}))))
    silent = Scripted()
    again = await ask(journal(store, silent))
    assert (again.text, again.data) == ("4", {"answer": "4"}) and silent.calls == 0


async def test_a_terminal_failure_is_journaled_and_replayed_as_itself() -> None:
    store = MemoryStore()
    for model in (Scripted(ModelFailure(FailureKind.REFUSED, "no", text="I will not")), Scripted()):
        with pytest.raises(ModelFailure) as caught:
            await ask(journal(store, model))
        assert (caught.value.kind, caught.value.detail, caught.value.text) == (FailureKind.REFUSED, "no", "I will not")
    assert len(store.recorded) == 1


async def test_transient_failures_are_waited_out_and_each_attempt_is_recorded() -> None:
    store = MemoryStore()
    failures = [ModelFailure(FailureKind.RATE_LIMITED, "slow"), ModelFailure(FailureKind.OVERLOADED, "busy")]
    reply = await ask(journal(store, Scripted(*failures, ModelReply("4"))))
    assert reply.text == "4"
    assert [attempt.status for attempt in store.recorded[0].attempts] == ["rate_limited", "overloaded", "ok"]


async def test_a_changed_request_under_the_same_identity_is_loud_and_leaves_the_asker_waiting() -> None:
    store = MemoryStore()
    await ask(journal(store, Scripted(ModelReply("4"))))
    second = journal(store, Scripted(ModelReply("5")))
    asking = asyncio.create_task(ask(second, messages=(Message.of("user", "What is 2 + 3?"),)))
    error = await asyncio.wait_for(asyncio.shield(second.fatal), 5)
    assert isinstance(error, JournalMismatch) and error.exit_code == 2
    assert not asking.done()
    asking.cancel()


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (ProviderUnusable("wrong key", where="openai/x"), ProviderUnusable),
        (ZeroDivisionError("a bug in an adapter"), FactoryError),
    ],
)
async def test_what_ends_the_job_never_reaches_the_asker(outcome: Exception, expected: type[FactoryError]) -> None:
    store = MemoryStore()
    under_test = journal(store, Scripted(outcome))
    asking = asyncio.create_task(ask(under_test))
    assert isinstance(await asyncio.wait_for(asyncio.shield(under_test.fatal), 5), expected)
    await asyncio.sleep(0)
    assert not asking.done() and store.recorded == []
    asking.cancel()


async def test_a_store_that_cannot_write_ends_the_job() -> None:
    store = MemoryStore()
    store.broken = OSError("disk full")
    under_test = journal(store, Scripted(ModelReply("4")))
    asking = asyncio.create_task(ask(under_test))
    error = await asyncio.wait_for(asyncio.shield(under_test.fatal), 5)
    assert "disk full" in error.message and "resume job" in error.message
    asking.cancel()


async def test_a_call_that_keeps_failing_by_itself_is_given_up_and_not_journaled() -> None:
    store = MemoryStore()
    with pytest.raises(CallGivenUp, match="8 attempts"):
        await ask(journal(store, Scripted(*[ModelFailure(FailureKind.SERVER_ERROR, f"boom {n}") for n in range(8)])))
    assert store.recorded == []
    # Each of its attempts is on record all the same.
    ((identity, model, attempts),) = store.unjournaled
    assert (identity.gate, identity.index, model) == ("oracle", 0, "sim:oracle")
    assert [(a.number, a.status, a.detail) for a in attempts] == [(n, "server_error", f"boom {n}") for n in range(8)]


async def test_cancelling_the_asker_does_not_lose_a_call_in_flight() -> None:
    store = MemoryStore()
    model = Scripted(ModelReply("4"))
    model.gate = asyncio.Event()
    under_test = journal(store, model)
    asking = asyncio.create_task(ask(under_test))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    model.gate.set()
    await under_test.settle()
    assert len(store.recorded) == 1


async def test_the_same_identity_cannot_be_asked_twice() -> None:
    under_test = journal(MemoryStore(), Scripted(ModelReply("4"), ModelReply("5")))
    seat = under_test.pull("c-1", 0).scope("oracle", 0).seats(Role.ORACLE)[0]
    await seat.ask(ASK, purpose="solve")
    with pytest.raises(ValueError, match="asked twice"):
        await seat.ask(ASK, purpose="solve")


async def test_receipts_list_calls_by_identity_not_by_arrival() -> None:
    async def answers(order: Sequence[int]) -> list[str]:
        scope = journal(MemoryStore(), Scripted(*[ModelReply(str(n)) for n in range(3)])).pull("c-1", 0).scope("oracle", 0)
        for sample in order:
            await scope.seats(Role.ORACLE)[0].ask(ASK, purpose="solve", sample=sample)
        return [call.key for call in scope.calls]

    assert await answers([0, 1, 2]) == await answers([2, 0, 1])
