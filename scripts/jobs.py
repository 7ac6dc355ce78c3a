"""Starting and resuming a run: from a plan and a store to a `Run` that goes."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from factory.canonical import digest
from factory.errors import BadInput
from factory.journal import Journal
from factory.orchestrator import Ledger, Progress, Run, RunEnd
from factory.ports import CorpusEntry, JobRecord, JobState, Lease, Policy
from factory.similarity import MemoryCorpus
from factory.types import Candidate
from scripts.assembly import Plan, models_of, prepare
from store import SqlStore, this_process


@dataclass(frozen=True, slots=True)
class Limits:
    """What a resume may change freely: none of it shapes a candidate."""

    concurrency: int
    deadline_s: float | None = None


Watcher = Callable[[Run], "asyncio.Task[None] | None"]


def new_job(store: SqlStore, plan: Plan, policy: Policy, seed: int | None) -> JobRecord:
    """A job record, not yet stored. Without a seed it takes the smallest one this spec has not used in this store."""
    spec, recipe = plan.spec, plan.recipe
    if seed is None:
        used = store.seeds_used(spec.identity, recipe.name, recipe.version)
        seed = next(number for number in range(len(used) + 1) if number not in used)
    now = time.time()
    return JobRecord(
        id=f"run-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{digest(spec.identity, seed, now)[:6]}",
        kind="run",
        spec_name=spec.name,
        spec_identity=spec.identity,
        recipe=recipe.name,
        recipe_version=recipe.version,
        seed=seed,
        lookahead=spec.lookahead,
        policy=policy,
        inputs=plan.inputs,
        fingerprint=plan.fingerprint(),
        conditions=plan.conditions,
        simulated=plan.cast.simulated,
        created_at=now,
    )


def replan(job: JobRecord) -> Plan:
    """The plan of a job as its files stand now. Raises BadInput naming every part that changed since the job began."""
    inputs = job.inputs
    plan = prepare(inputs["spec_path"], inputs["cast"], spec_text=inputs["spec_text"], cast_text=inputs["cast_text"])
    now = plan.fingerprint()
    changed = [part for part, was in job.fingerprint.items() if now.get(part) != was]
    if changed:
        raise BadInput(
            f"changed since the job began: {', '.join(changed)}",
            where=f"job {job.id}",
            fix=f"Put it back, or start a new job on what is there now: factory resume {job.id} --as-new",
        )
    return plan


async def start(store: SqlStore, plan: Plan, job: JobRecord, limits: Limits, watch: Watcher) -> RunEnd:
    corpus = await _corpus(store, plan, own=frozenset())
    lease = await store.create_job(job, this_process())
    return await _go(store, plan, job, lease, limits, corpus, [], watch)


async def resume(store: SqlStore, plan: Plan, job: JobRecord, limits: Limits, watch: Watcher) -> RunEnd:
    """Go on with a job that is not done. Raises LeaseLost while another process works it."""
    lease = await store.acquire(job.id, this_process())
    try:
        own = list(store.candidates(job_id=job.id))
        entries = {candidate.id for candidate in own if candidate.state.value == "accepted"}
        corpus = await _corpus(store, plan, own=frozenset(entries))
    except BaseException:
        await store.finish(lease, JobState.INTERRUPTED, "could not be resumed")
        raise
    return await _go(store, plan, job, lease, limits, corpus, own, watch)


async def _corpus(store: SqlStore, plan: Plan, own: frozenset[str]) -> MemoryCorpus:
    """The corpus as it stood for this job's start: everything accepted but by the job itself, anchors, reference sets."""
    views = [plan.recipe.novelty_view(plan.recipe.payload.model_validate(anchor.payload)) for anchor in plan.spec.anchors]
    accepted: Iterator[CorpusEntry] = (entry for entry in store.accepted(plan.embedder.name) if entry.id not in own)
    return await MemoryCorpus.build(
        plan.embedder,
        accepted=accepted,
        anchors=[(f"anchor-{number + 1}", view) for number, view in enumerate(views)],
        references=plan.references,
        get_cache=store.get_cache,
        put_cache=store.put_cache,
    )


async def _go(
    store: SqlStore,
    plan: Plan,
    job: JobRecord,
    lease: Lease,
    limits: Limits,
    corpus: MemoryCorpus,
    landed: list[Candidate],
    watch: Watcher,
) -> RunEnd:
    line = plan.line(job.seed)
    ledger, progress = Ledger(plan.spec.quotas), Progress(job.policy)
    await _restore(store, plan, corpus, ledger, landed)
    for candidate in landed:
        progress.land(candidate)
    progress.landed_before = progress.landed
    journal = Journal(store, lease, plan.cast, models_of(plan.recipe, plan.cast))
    run = Run(
        store=store,
        lease=lease,
        line=line,
        policy=job.policy,
        concurrency=min(limits.concurrency, plan.spec.lookahead),
        journal=journal,
        corpus=corpus,
        ledger=ledger,
        progress=progress,
        start_index=len(landed),
        deadline_s=limits.deadline_s,
    )
    watcher = watch(run)
    with _signals(run.interrupt):
        try:
            return await run.go()
        finally:
            if watcher is not None:
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)


async def _restore(store: SqlStore, plan: Plan, corpus: MemoryCorpus, ledger: Ledger, landed: list[Candidate]) -> None:
    """Give corpus and ledger back what this job had landed, at the index it landed at."""
    accepted = {candidate.id: candidate for candidate in landed if candidate.state.value == "accepted"}
    if not accepted:
        return
    entries = {entry.id: entry for entry in store.accepted(plan.embedder.name) if entry.id in accepted}
    for candidate in accepted.values():
        entry = entries[candidate.id]
        corpus.restore(entry, index=candidate.index)
        ledger.add(candidate.index, candidate.coordinate, entry.text)


@contextmanager
def _signals(interrupt: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM drain cleanly; a second one ends the process at once, which the journal makes safe too."""
    loop = asyncio.get_running_loop()
    seen = 0

    def handle() -> None:
        nonlocal seen
        seen += 1
        if seen > 1:
            raise KeyboardInterrupt
        interrupt()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, handle)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
