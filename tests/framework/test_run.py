"""Whole runs over the real store with the rubric recipe: one outcome at any concurrency, and a clean stop."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from factory.caller import Channel
from factory.errors import BadInput, FactoryError, LeaseLost, ProviderUnusable
from factory.gate import GateContext, passed
from factory.ports import JobState, Lease, Policy
from factory.types import Finding, Item, ModelReply, ModelRequest, Outcome, Role, State
from scripts import jobs
from scripts.assembly import Wires
from store import SqlStore, open_store
from tests.support.driver import Setup, outcome, resume, start

SLOW = {"delay_ms": [0, 4]}


def open_at(folder: Path, name: str = "s") -> SqlStore:
    return open_store(f"sqlite:///{folder / name}.db")


async def test_the_same_outcome_at_concurrency_1_8_and_64(tmp_path: Path) -> None:
    outcomes = []
    for concurrency in (1, 8, 64):
        store = open_at(tmp_path, str(concurrency))
        job, end = await start(store, Setup(options=SLOW), Policy(accept=12, max_attempts=400), concurrency=concurrency)
        assert end.state is JobState.DONE
        outcomes.append(outcome(store, job.id))
        store.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert sum(row[2] == "accepted" for row in outcomes[0]) == 12 and outcomes[0][-1][2] == "accepted"


async def test_a_short_lookahead_changes_the_snapshot_but_not_the_determinism(tmp_path: Path) -> None:
    setup = Setup(options=SLOW, spec={"lookahead": 5})
    outcomes = []
    for concurrency in (2, 32):
        store = open_at(tmp_path, str(concurrency))
        job, _ = await start(store, setup, Policy(attempts=60), concurrency=concurrency)
        outcomes.append(outcome(store, job.id))
        store.close()
    assert outcomes[0] == outcomes[1] and len(outcomes[0]) == 60


async def test_the_rubric_fits_the_lever_repair_carry_and_judges(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    job, _ = await start(store, Setup(), Policy(attempts=30))
    candidates = list(store.candidates(job_id=job.id))
    repaired = [c for c in candidates if any(r.finding.outcome is Outcome.REPAIR for r in c.receipts)]
    assert repaired, "the rehearsal author writes compound criteria"
    for candidate in repaired:
        assert [revision.origin for revision in candidate.revisions[:2]] == ["author", "repair"]
        assert candidate.revisions[1].cause == "atomicity/compound_criterion"
        assert len(candidate.revisions[1].payload["criteria"]) == len(candidate.revisions[0].payload["criteria"]) + 1
    kept = next(c for c in repaired if c.state is State.ACCEPTED)
    difficulty = next(r for r in kept.receipts if r.gate == "difficulty")
    assert {"solver", "judge"} == {call.role for call in difficulty.calls}
    assert store.snapshot(job.id).planted["compound"]["by"]["atomicity"] == len(repaired)
    store.close()


async def test_surplus_pulls_are_journaled_but_not_landed(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    job, _ = await start(store, Setup(options=SLOW), Policy(accept=3, max_attempts=200), concurrency=32)
    landed = outcome(store, job.id)
    assert landed[-1][2] == "accepted" and sum(row[2] == "accepted" for row in landed) == 3
    assert store.last_journaled_index(job.id) >= landed[-1][0]
    store.close()


async def test_a_target_out_of_reach_stops_with_exit_code_4(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    job, end = await start(store, Setup(), Policy(accept=30, max_attempts=10))
    assert end.state is JobState.STOPPED and end.error is not None and end.error.exit_code == 4
    assert store.job(job.id).state is JobState.STOPPED and len(outcome(store, job.id)) == 10
    store.close()


async def test_a_signal_between_the_load_and_the_run_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, plan = open_at(tmp_path), Setup(options=SLOW).plan()
    set_cap = store.set_cap

    async def interrupted(lease: Lease, nano: int | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.1)
        await set_cap(lease, nano)

    monkeypatch.setattr(store, "set_cap", interrupted)
    job = jobs.new_job(store, plan, Policy(attempts=60), 7)
    end = await jobs.start(store, plan, job, jobs.Limits(2), jobs.Face())
    assert end.state is JobState.INTERRUPTED and end.error is not None and end.error.exit_code == 130
    assert store.job(job.id).state is JobState.INTERRUPTED and outcome(store, job.id) == []
    assert store.last_journaled_index(job.id) < 0, "a call was made"
    store.close()


async def test_a_reason_to_stop_is_told_before_the_calls_in_flight_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: asyncio.Future[tuple[FactoryError, int]] = asyncio.get_running_loop().create_future()

    class Author:
        calls = 0

        async def complete(self, request: ModelRequest) -> ModelReply:
            self.calls += 1
            if self.calls > 1:
                raise ProviderUnusable("the key was not accepted", where="there")
            await asyncio.wait_for(asyncio.shield(told), 5)
            return ModelReply("too late")

    class Replaced(Wires):
        def channels(self) -> dict[Role, tuple[Channel, ...]]:
            return {**super().channels(), Role.AUTHOR: (Channel(Author()),)}

    monkeypatch.setattr(jobs, "Wires", Replaced)
    store, plan = open_at(tmp_path), Setup().plan()
    job = jobs.new_job(store, plan, Policy(attempts=4), 7)
    end = await jobs.start(
        store, plan, job, jobs.Limits(2), jobs.Face(stopping=lambda error, calls: told.set_result((error, calls)))
    )
    assert told.result() == (end.error, 1) and end.error is not None and end.error.exit_code == 5 and end.told
    assert [b"too late" in call.response for index in range(4) for call in store.calls(job.id, index)] == [True]
    store.close()


async def test_an_interrupted_run_is_a_prefix_and_resumes_to_the_same_end(tmp_path: Path) -> None:
    whole = open_at(tmp_path, "whole")
    undisturbed, _ = await start(whole, Setup(), Policy(attempts=40))
    expected = outcome(whole, undisturbed.id)
    whole.close()

    store = open_at(tmp_path, "cut")
    setup = Setup(options={"delay_ms": [0, 8]})
    plan = setup.plan()
    job = jobs.new_job(store, plan, Policy(attempts=40), 7)
    ends = []

    def stop_soon(run: object) -> asyncio.Task[None]:
        async def stop() -> None:
            await asyncio.sleep(0.3)
            run.interrupt()  # type: ignore[attr-defined]

        return asyncio.create_task(stop())

    ends.append(await jobs.start(store, plan, job, jobs.Limits(8), jobs.Face(watch=stop_soon)))
    prefix = outcome(store, job.id)
    assert ends[0].state is JobState.INTERRUPTED and ends[0].error is not None and ends[0].error.exit_code == 130
    assert prefix == expected[: len(prefix)] and len(prefix) < 40
    end = await resume(store, setup, job.id)
    assert end.state is JobState.DONE and outcome(store, job.id) == expected
    store.close()


async def test_a_second_run_with_a_used_seed_is_refused_and_without_one_takes_the_next(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    await start(store, Setup(), Policy(attempts=3), seed=0)
    with pytest.raises(BadInput, match="seed"):
        await start(store, Setup(), Policy(attempts=3), seed=0)
    assert jobs.new_job(store, Setup().plan(), Policy(attempts=3), None).seed == 1
    store.close()


async def test_two_processes_cannot_work_one_job(tmp_path: Path) -> None:
    store, other = open_at(tmp_path), open_at(tmp_path)
    plan = Setup(options={"delay_ms": [5, 10]}).plan()
    job = jobs.new_job(store, plan, Policy(attempts=50), 7)
    running = asyncio.create_task(jobs.start(store, plan, job, jobs.Limits(4), jobs.Face()))
    await asyncio.sleep(0.3)
    with pytest.raises(LeaseLost):
        await resume(other, Setup(), job.id)
    assert (await running).state is JobState.DONE
    store.close()
    other.close()


@dataclass(frozen=True)
class Trips:
    """A gate that breaks on some indices."""

    name: ClassVar[str] = "trips"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "breaks on indices 3 and 7"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: GateContext) -> Finding:
        if item.index in (3, 7):
            raise RuntimeError("tripped")
        return passed("It stands.")


async def test_an_errored_candidate_stays_and_a_new_index_is_pulled_in_its_stead_once(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    plan = replace(Setup().plan(), gates=(Trips(),))
    job = jobs.new_job(store, plan, Policy(attempts=10), 7)
    await jobs.start(store, plan, job, jobs.Limits(4), jobs.Face())
    before = outcome(store, job.id)
    assert [row[0] for row in before if row[2] == "errored"] == [3, 7] and jobs.unretried(store, store.job(job.id)) == 2

    end = await jobs.resume(store, plan, store.job(job.id), jobs.Limits(4), jobs.Face(), retry_errors=True)
    again = store.job(job.id)
    assert end.state is JobState.DONE and (again.policy.attempts, again.retried) == (12, 2)
    assert outcome(store, job.id)[:10] == before and len(outcome(store, job.id)) == 12
    assert jobs.unretried(store, again) == 0
    store.close()


async def test_a_resume_that_was_overtaken_is_refused(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    job, _ = await start(store, Setup(), Policy(attempts=4))
    when_planned = replace(store.job(job.id), state=JobState.INTERRUPTED)
    with pytest.raises(BadInput, match="another process has finished it"):
        await jobs.resume(store, Setup().plan(), when_planned, jobs.Limits(4), jobs.Face())
    assert store.job(job.id).state is JobState.DONE
    store.close()
