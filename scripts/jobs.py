"""Starting and resuming a run: from a plan and a store to a `Run` that goes."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory.budget import Budget
from factory.caller import Caller
from factory.canonical import digest
from factory.errors import BadInput, FactoryError, Interrupted
from factory.gate import answered, dependencies
from factory.journal import Journal
from factory.orchestrator import Ledger, Meter, Progress, Run, RunEnd, keep_lease
from factory.ports import AUDIT, PROBE, JobRecord, JobState, Lease, Policy
from factory.similarity.embedder import loaded
from factory.similarity.late import LateCorpus
from factory.similarity.unread import NO_EMBEDDER, UnreadCorpus
from factory.types import Candidate, State
from scripts.assembly import Plan, Wires, prepare_again
from scripts.pace import seldom_collecting
from store import SqlStore, this_process

if TYPE_CHECKING:
    from factory.similarity.corpus import MemoryCorpus


@dataclass(frozen=True, slots=True)
class Limits:
    """What a resume may change freely: none of it shapes a candidate."""

    concurrency: int
    deadline_s: float | None = None
    budget_nano: int | None = None

    def pulls(self, lookahead: int) -> int:
        """Pulls under way at once: more than there are calls in flight at an endpoint, so that one is ready to leave whenever
        one comes back. What a pull does between two calls, two commits first of all, takes up to a sixth of its time.
        """
        return min(self.concurrency + self.concurrency // 4, lookahead)


def new_job(store: SqlStore, plan: Plan, policy: Policy, seed: int | None) -> JobRecord:
    """A job record, not yet stored. Without a seed it takes the smallest one this spec has not used in this store."""
    spec, recipe = plan.spec, plan.recipe
    if seed is None:
        used = store.seeds_used(spec.identity, recipe.name, recipe.version)
        seed = next(number for number in range(len(used) + 1) if number not in used)
    now = time.time()
    return JobRecord(
        id=f"{plan.kind}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{digest(spec.identity, seed, now)[:6]}",
        kind=plan.kind,
        spec_name=spec.name,
        spec_identity=spec.identity,
        recipe=recipe.name,
        recipe_version=recipe.version,
        seed=seed,
        lookahead=spec.lookahead,
        policy=policy,
        inputs={**plan.inputs, "embedder": plan.embedder.name, "after": dependencies(plan.gates)},
        fingerprint=plan.fingerprint(),
        conditions=plan.conditions,
        simulated=plan.cast.simulated,
        created_at=now,
    )


def plan_again(job: JobRecord) -> Plan:
    """The plan of a job from its files as they are now, changed or not. Raises BadInput."""
    if job.kind == PROBE:
        from scripts.probing import probe_again

        return probe_again(job.inputs)
    if job.kind == AUDIT:
        from scripts.auditing.plan import audit_again

        return audit_again(job.inputs)
    return prepare_again(job.inputs)


def replan(job: JobRecord) -> Plan:
    """The plan of a job as its files stand now. Raises BadInput naming every part that changed since the job began."""
    plan = plan_again(job)
    now = plan.fingerprint()
    changed = [part for part, was in job.fingerprint.items() if now.get(part) != was]
    if changed:
        raise BadInput(
            f"changed since the job began: {', '.join(changed)}",
            where=f"job {job.id}",
            fix=f"Put it back, or start a new job on what is there now: factory resume {job.id} --as-new",
        )
    return plan


def unretried(store: SqlStore, job: JobRecord) -> int:
    """How many candidates errored and had no further index pulled in their stead."""
    return store.snapshot(job.id).states.get(str(State.ERRORED), 0) - job.retried


@dataclass(frozen=True)
class Face:
    """What a person is shown, and when: begun, once the job exists; loading, while reference sets are read (name, texts done,
    texts in all); watch, while it runs (a task that shows it, cancelled at the end); noted, when the index had to be rebuilt;
    stopping, when an error or Ctrl-C ends the job with calls in flight that must be waited for (why, how many).
    """

    begun: Callable[[], None] = lambda: None
    loading: Callable[[str, int, int], None] = lambda name, done, total: None
    watch: Callable[[Run], asyncio.Task[None] | None] = lambda run: None
    noted: Callable[[str], None] = lambda sentence: None
    stopping: Callable[[FactoryError, int], None] = lambda error, calls: None


async def start(store: SqlStore, plan: Plan, job: JobRecord, limits: Limits, face: Face) -> RunEnd:
    """Begin a job. Raises BadInput where its seed is taken."""
    lease = await store.create_job(job, this_process())
    face.begun()
    return await _work(store, plan, job, lease, limits, face)


async def resume(
    store: SqlStore, plan: Plan, job: JobRecord, limits: Limits, face: Face, *, retry_errors: bool = False
) -> RunEnd:
    """Go on with a job. Raises LeaseLost while another process works it, BadInput where one finished it since `job` was read.

    retry_errors: pull a new index for every candidate that errored since this was last asked; the errored ones stay.
    """
    # Planning takes seconds, in which another resume may have taken the job to its end.
    if job.state is not JobState.DONE and store.job(job.id).state is JobState.DONE:
        raise BadInput("another process has finished it", where=f"job {job.id}", fix=f"See `factory status {job.id}`")
    lease = await store.acquire(job.id, this_process())
    if retry_errors:
        await store.append(lease, unretried(store, job))
        job = store.job(job.id)
    return await _work(store, plan, job, lease, limits, face)


async def _work(store: SqlStore, plan: Plan, job: JobRecord, lease: Lease, limits: Limits, face: Face) -> RunEnd:
    """Read what has landed, then run, under a lease that is kept throughout; Ctrl-C is clean at any moment of it."""
    # A large store takes a while to read, and the lease must be renewed meanwhile.
    reading = asyncio.create_task(asyncio.to_thread(lambda: list(store.candidates(job_id=job.id))))
    run: Run | None = None
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        if run is not None:
            run.interrupt()
        else:
            reading.cancel()

    def made(it: Run) -> None:
        nonlocal run
        run = it
        if stopped:
            # Asked for while there was nothing left to cancel and nothing yet to interrupt.
            run.interrupt()

    heartbeat = asyncio.create_task(keep_lease(store, lease, lambda exc: stop()))
    try:
        with _signals(stop):
            try:
                landed = await reading
            except asyncio.CancelledError:
                await store.finish(lease, JobState.INTERRUPTED, "interrupted while it loaded")
                raise Interrupted("interrupted", where=f"job {job.id}", fix=f"`factory resume {job.id}` goes on") from None
            except BaseException:
                await store.finish(lease, JobState.INTERRUPTED, "what had landed could not be read")
                raise
            finally:
                heartbeat.cancel()
            return await _go(store, plan, job, lease, limits, landed, face, made)
    finally:
        await asyncio.gather(heartbeat, return_exceptions=True)


def _corpus(store: SqlStore, plan: Plan, job_id: str, landed: Sequence[Candidate], face: Face) -> LateCorpus | UnreadCorpus:
    if plan.embedder is NO_EMBEDDER:
        return UnreadCorpus()
    return LateCorpus(plan.embedder.name, lambda: _fill(store, plan, job_id, landed, face))


async def _fill(store: SqlStore, plan: Plan, job_id: str, landed: Sequence[Candidate], face: Face) -> MemoryCorpus:
    """Everything accepted, anchors and reference sets; what this job itself landed stands at the index it landed at."""
    embedder = await loaded(plan.embedder)
    from factory.similarity.corpus import build

    recipe = plan.recipe
    views = [recipe.novelty_view(recipe.parse(anchor.payload)) for anchor in plan.spec.anchors]
    return await build(
        embedder,
        standing=plan.standing(store, job_id, landed),
        anchors=[(f"anchor-{number}", view) for number, view in enumerate(views, start=1)],
        references=plan.references,
        get_cache=store.get_cache,
        put_cache=store.put_cache,
        progress=face.loading,
        said=face.noted,
    )


async def _go(
    store: SqlStore,
    plan: Plan,
    job: JobRecord,
    lease: Lease,
    limits: Limits,
    landed: Sequence[Candidate],
    face: Face,
    made: Callable[[Run], None],
) -> RunEnd:
    progress = Progress(job.policy)
    for candidate in landed:
        progress.land(candidate)
    progress.landed_before = progress.landed
    money = store.money(job.id)
    wires = Wires(plan.recipe, plan.cast, limits.concurrency, capped=limits.budget_nano is not None)
    corpus: LateCorpus | UnreadCorpus | None = None
    try:
        budget = Budget(limits.budget_nano, spent_nano=money.spent_nano_usd)
        await store.set_cap(lease, limits.budget_nano)
        journal = Journal(store, lease, plan.cast, Caller(store, lease, wires.channels(), budget))
        # After the SDKs' import, beside the first calls: an embedder takes seconds of CPU to load, in which the import would
        # get half as far, and whether the models can be used at all must not wait for it.
        corpus = _corpus(store, plan, job.id, landed, face)
        if isinstance(corpus, LateCorpus):
            corpus.on_failure(journal.die)
        run = Run(
            store=store,
            lease=lease,
            line=plan.line(job.seed),
            policy=job.policy,
            concurrency=limits.pulls(plan.spec.lookahead),
            journal=journal,
            corpus=corpus,
            ledger=_ledger(plan, landed),
            progress=progress,
            meter=Meter(store, lease, wires.limits, store.endpoints(job.id)),
            start_index=len(landed),
            deadline_s=limits.deadline_s,
            pull=plan.puller(store, corpus),
            draining=face.stopping,
        )
        made(run)
        watcher = face.watch(run)
        try:
            with seldom_collecting():
                return await run.go()
        finally:
            if watcher is not None:
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)
    finally:
        if corpus is not None:
            await corpus.close()
        await wires.close()


def _ledger(plan: Plan, landed: Sequence[Candidate]) -> Ledger:
    """What later pulls may depend on, from what has landed."""
    ledger, recipe = Ledger(plan.spec.quotas), plan.recipe
    task = recipe.task(plan.settings)
    for candidate in landed:
        if candidate.state is State.ACCEPTED:
            payload = recipe.parse(candidate.payload)
            view = recipe.novelty_view(payload)
            ledger.add(candidate.index, candidate.coordinate, view, answered(task, payload).key)
    return ledger


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
