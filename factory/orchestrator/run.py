"""A run: pulls the lever many times, speculating out of order and landing in index order.

Pull i starts once everything up to index i - L has landed (L is the job's lookahead) and sees exactly that snapshot, so what
it draws on is a function of seed, index and snapshot. Workers claim indices in order; the lander commits them in order.
"""

from __future__ import annotations

import asyncio
import logging
import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from factory.canonical import stream
from factory.errors import FactoryError, Interrupted, LimitReached, TargetNotReached
from factory.journal import Journal
from factory.lever import Line, Puller, pull
from factory.orchestrator.lander import Lander, Ledger
from factory.orchestrator.meter import Meter
from factory.orchestrator.progress import Progress
from factory.ports import Corpus, JobState, Lease, Policy, Store
from factory.sampling import Exhausted, Sampler
from factory.types import Candidate, Coordinate

RENEW_EVERY_S = 15.0
SHOWN_TO_AVOID = 3
CONSIDERED_TO_AVOID = 400
LEAST_YIELD = 0.05


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: the state its job is left in, why, and the error whose exit code the process should take, if any.

    told: whether `Run.draining` was told of the error, before calls in flight were waited for.
    """

    state: JobState
    reason: str
    error: FactoryError | None = None
    told: bool = False


@dataclass
class Run:
    """One process's work on one run job, from `ledger` and `start_index` (what had already landed) to its end.

    pull: what is done for each index; the lever's own, but for jobs that do not author. draining: told why the run stops before
    its target and how many calls in flight it waits for, where there are any.
    """

    store: Store
    lease: Lease
    line: Line
    policy: Policy
    concurrency: int
    journal: Journal
    corpus: Corpus
    ledger: Ledger
    progress: Progress
    meter: Meter
    start_index: int = 0
    deadline_s: float | None = None
    pull: Puller = pull
    draining: Callable[[FactoryError, int], None] = lambda error, calls: None
    _claimed: int = 0
    _exhausted_at: int | None = None
    _landed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _wakers: set[asyncio.Task[None]] = field(default_factory=set)
    _end: asyncio.Future[RunEnd] = field(init=False)
    _lander: Lander = field(init=False)
    _sampler: Sampler | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        spec = self.line.spec
        self._end = asyncio.get_running_loop().create_future()
        if self.line.coordinates is None:
            self._sampler = Sampler(spec.axes, spec.exclude, self.line.seed)
        self._lander = Lander(
            self.store,
            self.lease,
            self.line,
            self.corpus,
            self.ledger,
            self.start_index,
            want=lambda: not self._end.done(),
            on_landed=self._on_landed,
        )

    async def go(self) -> RunEnd:
        """Run to the target, the cap, a limit or a stop; leave the job in the state it ended in, and the lease free."""
        self._replay_sampler()
        self._check_target()
        self.journal.fatal.add_done_callback(lambda fatal: self._finish(_failed(fatal.result())))
        timer = self._start_deadline()
        workers = [asyncio.create_task(self._worker()) for _ in range(self.concurrency)]
        for worker in workers:
            worker.add_done_callback(self._worker_done)
        heartbeat = asyncio.create_task(keep_lease(self.store, self.lease, lambda exc: self._finish(_failed(exc))))
        metering = asyncio.create_task(self.meter.keep())
        try:
            end = await self._end
        finally:
            for task in (*workers, heartbeat, metering):
                task.cancel()
            await asyncio.gather(*workers, heartbeat, metering, return_exceptions=True)
            if timer is not None:
                timer.cancel()
        if end.error is not None and (calls := self.journal.in_flight):
            self.draining(end.error, calls)
            end = replace(end, told=True)
        await self.journal.settle()
        try:
            await self._lander.close()
        except FactoryError as exc:
            end = _failed(exc)
        await self.meter.write()
        await self._give_back(end)
        return end

    def interrupt(self) -> None:
        """Stop cleanly: no new call is made, calls in flight are answered and kept, the landed prefix stands."""
        fix = f"`factory resume {self.lease.job}` goes on without paying twice"
        self._finish(
            RunEnd(JobState.INTERRUPTED, "interrupted", Interrupted("interrupted", where=f"job {self.lease.job}", fix=fix))
        )

    async def _give_back(self, end: RunEnd) -> None:
        try:
            await self.store.finish(self.lease, end.state, end.reason)
        except FactoryError:
            # Whoever took the job over, or the store's own failure, is already the reason this run ended.
            if end.error is None:
                raise

    def _start_deadline(self) -> asyncio.TimerHandle | None:
        if self.deadline_s is None:
            return None
        reached = LimitReached(
            f"the deadline of {self.deadline_s:g} s was reached",
            where=f"job {self.lease.job}",
            fix=f"`factory resume {self.lease.job}` goes on, with a longer --deadline or none",
        )
        end = RunEnd(JobState.STOPPED, reached.what, reached)
        return asyncio.get_running_loop().call_later(self.deadline_s, self._finish, end)

    # --- workers ------------------------------------------------------------------------------------------------------

    async def _worker(self) -> None:
        while (claim := await self._claim()) is not None:
            index, coordinate = claim
            horizon = index - self.line.spec.lookahead
            self.progress.in_flight += 1
            try:
                candidate = await self.pull(
                    self.line,
                    index,
                    coordinate,
                    self.corpus.at(horizon),
                    self._avoid(index, coordinate, horizon),
                    self.journal.pull(self.line.candidate_id(index), index),
                )
                await self._lander.offer(candidate)
            finally:
                self.progress.in_flight -= 1
                self.progress.calls = self.journal.calls_made

    async def _claim(self) -> tuple[int, Coordinate] | None:
        """The next index and its coordinate, once its snapshot has landed and another pull is worth starting."""
        async with self._landed:
            await self._landed.wait_for(lambda: self._claimed >= self._last or self._may_claim())
            if self._claimed >= self._last:
                return None
            coordinate = self._draw(self._claimed)
            if coordinate is None:
                return None
            self._claimed += 1
            return self._claimed - 1, coordinate

    @property
    def _last(self) -> int:
        """One past the last index this run may pull."""
        return self.policy.cap if self._exhausted_at is None else self._exhausted_at

    def _may_claim(self) -> bool:
        landed = self._lander.next_index
        if self._claimed - self.line.spec.lookahead >= landed:
            return False
        return self.policy.accept is None or self._claimed - landed < self._speculation()

    def _speculation(self) -> int:
        """How many pulls may be under way for an accept target: about as many as it will still take, so few are surplus.

        Only the cost of a run depends on this, never its output: surplus pulls are not landed.
        """
        assert self.policy.accept is not None
        landed = self._lander.next_index
        expected_yield = max((self.progress.accepted + 3) / (landed + 4), LEAST_YIELD)
        return max(1, math.ceil((self.policy.accept - self.progress.accepted) / expected_yield))

    def _draw(self, index: int) -> Coordinate | None:
        """The coordinate of `index`; None once every cell that is left is closed by a quota, and the run ends there."""
        if self._sampler is None:
            assert self.line.coordinates is not None, "without a sampler the coordinates are given"
            return self.line.coordinates[index]
        try:
            return self._sampler.draw(index, self.ledger.full(index - self.line.spec.lookahead))
        except Exhausted:
            self._exhausted_at = index
            self._check_target()
            return None

    def _replay_sampler(self) -> None:
        """Draw again what earlier processes drew: the sampler's state is its history."""
        for index in range(self.start_index):
            self._draw(index)
        self._claimed = self.start_index

    def _avoid(self, index: int, coordinate: Coordinate, horizon: int) -> tuple[str, ...]:
        """Recent accepted items nearest to this coordinate in the snapshot, to show the author what not to repeat."""
        end = bisect_right(self.ledger.accepted, horizon, key=lambda entry: entry[0])
        visible = self.ledger.accepted[max(0, end - CONSIDERED_TO_AVOID) : end]
        draw_tie, shared_with = stream("avoid", self.line.seed, index).random, frozenset(coordinate.pairs).intersection
        ranked = [(-len(shared_with(its.pairs)), draw_tie(), place) for place, (_, its, _) in enumerate(visible)]
        return tuple(visible[place][2] for _, _, place in nsmallest(SHOWN_TO_AVOID, ranked))

    # --- the end ------------------------------------------------------------------------------------------------------

    def _on_landed(self, candidate: Candidate) -> None:
        self.progress.land(candidate)
        self._check_target()
        wake = asyncio.get_running_loop().create_task(self._wake())
        self._wakers.add(wake)
        wake.add_done_callback(self._wakers.discard)

    async def _wake(self) -> None:
        async with self._landed:
            self._landed.notify_all()

    def _check_target(self) -> None:
        landed, accepted, target = self._lander.next_index, self.progress.accepted, self.policy.accept
        if target is not None and accepted >= target:
            self._finish(RunEnd(JobState.DONE, f"{accepted} accepted after {landed} attempts"))
        elif landed >= self._last:
            if self._exhausted_at is not None:
                self._finish(self._short(f"quotas closed the whole grid after {landed} attempts, {accepted} accepted"))
            elif target is None:
                self._finish(RunEnd(JobState.DONE, f"{landed} attempts made"))
            else:
                self._finish(self._short(f"{accepted} of {target} accepted within {landed} attempts"))

    def _short(self, what: str) -> RunEnd:
        fix = "See `factory status` for what stopped the rest; widen the axes or quotas, or raise --max-attempts in a new run"
        return RunEnd(JobState.STOPPED, what, TargetNotReached(what, where=f"job {self.lease.job}", fix=fix))

    def _finish(self, end: RunEnd) -> None:
        if not self._end.done():
            self._end.set_result(end)

    def _worker_done(self, worker: asyncio.Task[None]) -> None:
        if worker.cancelled() or worker.exception() is None:
            return
        exc = worker.exception()
        if not isinstance(exc, FactoryError):
            logging.getLogger(__name__).debug("a pull broke", exc_info=exc)
            fix = f"What was paid for is kept. Once mended, `factory resume {self.lease.job}` goes on"
            exc = FactoryError(f"a pull broke with {type(exc).__name__}: {exc}", where=f"job {self.lease.job}", fix=fix)
        self._finish(_failed(exc))


async def keep_lease(store: Store, lease: Lease, lost: Callable[[FactoryError], None]) -> None:
    """Renew the lease until cancelled; tell `lost` once when it cannot be renewed."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            await store.renew(lease)
        except FactoryError as exc:
            lost(exc)
            return


def _failed(error: FactoryError) -> RunEnd:
    return RunEnd(JobState.STOPPED, error.what, error)
