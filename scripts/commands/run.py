"""`factory run` and `factory resume`. What only a person is shown is imported where it is: with --json a run starts without."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from factory.budget import nano_of_usd
from factory.config.prices import prices_of
from factory.errors import BadInput, FactoryError, Interrupted
from factory.orchestrator import RunEnd
from factory.ports import AUDIT, PROBE, JobRecord, JobState, PastRun, Policy
from factory.providers.options import settings_of
from factory.report import estimate_json
from factory.sampling import Sampler
from scripts import jobs
from scripts.assembly import Plan, prepare
from scripts.commands.look import print_status
from scripts.console import complain, say, say_json
from scripts.pace import run_in_loop
from store import SqlStore, open_store, store_exists

LEAST_CAP = 200
CAP_PER_ACCEPTED = 25


@dataclass(frozen=True, slots=True)
class RunRequest:
    spec: str
    cast: str | None
    attempts: int | None
    accept: int | None
    max_attempts: int | None
    budget_usd: float | None
    deadline_s: float | None
    concurrency: int
    seed: int | None
    store: str
    json: bool


def seconds(text: str | None) -> float | None:
    """A duration like 90s, 30m or 2h in seconds; a bare number is seconds."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h)?", text.strip())
    if match is None or float(match[1]) <= 0:
        raise BadInput(f"{text!r} is no duration", where="--deadline", fix="Write it like 90s, 30m or 2h")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[match[2]]


def run(request: RunRequest) -> int:
    policy = _policy(request)
    plan = prepare(request.spec, request.cast)
    # Under a cap a price nobody knows is refused before anything is written.
    prices_of(plan.cast, capped=request.budget_usd is not None)
    store = open_store(request.store)
    try:
        job = jobs.new_job(store, plan, policy, request.seed)
        limits = jobs.Limits(request.concurrency, request.deadline_s, nano(request.budget_usd))
        return begin(store, plan, job, limits, request.store, request.json)
    finally:
        store.close()


def resume(
    job_id: str,
    concurrency: int,
    budget_usd: float | None,
    deadline_s: float | None,
    url: str,
    json: bool,
    *,
    as_new: bool = False,
    retry_errors: bool = False,
) -> int:
    store = open_store(url, must_exist=True)
    try:
        job = store.job(job_id)
        kept = store.money(job.id).cap_nano_usd
        limits = jobs.Limits(concurrency, deadline_s, kept if budget_usd is None else nano(budget_usd))
        if as_new:
            plan = jobs.plan_again(job)
            return begin(store, plan, jobs.new_job(store, plan, plan.policy(job.policy), None), limits, url, json)
        _check_resumable(store, job, retry_errors)
        plan = jobs.replan(job)
        work = jobs.resume(store, plan, job, limits, face(plan, job, json), retry_errors=retry_errors)
        return finish(store, job, work, url, json)
    finally:
        store.close()


def _check_resumable(store: SqlStore, job: JobRecord, retry_errors: bool) -> None:
    where, look = f"job {job.id}", f"See `factory status {job.id}`"
    if retry_errors and job.kind in (AUDIT, PROBE):
        raise BadInput(
            f"a {job.kind} measures what it was given once",
            where=where,
            fix="What errored is not counted; start another on a file of those items",
        )
    if retry_errors and not jobs.unretried(store, job):
        raise BadInput("no candidate errored that was not retried already", where=where, fix=look)
    if job.state is JobState.DONE and (job.policy.accept is not None or not retry_errors):
        raise BadInput("the job is done; there is nothing to resume", where=where, fix=look)


def begin(store: SqlStore, plan: Plan, job: JobRecord, limits: jobs.Limits, url: str, json: bool) -> int:
    """Start a new job; people are shown what it will take before its first call."""
    shown = face(plan, job, json)
    if json or job.kind in (AUDIT, PROBE):
        # An estimate reckons with an author and repairs, which the others have none of.
        return finish(store, job, jobs.start(store, plan, job, limits, shown), url, json)
    from scripts import preflight

    runs = preflight.past_runs(store, plan)
    found = asyncio.run(preflight.preflight(plan, job.policy, runs, limits.concurrency))

    def begun() -> None:
        shown.begun()
        preflight.print_estimate(found, plan.cast, job.policy, limits.budget_nano, limits.concurrency)

    return finish(store, job, jobs.start(store, plan, job, limits, replace(shown, begun=begun)), url, json)


def preview(request: RunRequest) -> int:
    """Check the spec, cast, recipe, gates, references and embedder, and show what a run would do and take."""
    from scripts import preflight

    policy = _policy(request)
    plan = prepare(request.spec, request.cast)
    prices_of(plan.cast, capped=request.budget_usd is not None)
    cap = nano(request.budget_usd)
    found = asyncio.run(preflight.preflight(plan, policy, _past(request.store, plan), request.concurrency))
    sampler = Sampler(plan.spec.axes, plan.spec.exclude, request.seed or 0)
    first = [dict(sampler.draw(index)) for index in range(min(5, policy.cap))]
    summary: dict[str, Any] = {
        "schema": 1,
        "spec": plan.spec.name,
        "recipe": {"name": plan.recipe.name, "version": plan.recipe.version},
        "simulated": plan.cast.simulated,
        "gates": [gate.name for gate in plan.gates],
        "cast": {role.value: [member.model for member in seats] for role, seats in plan.cast.members.items()},
        "lineage": list(plan.lineage.notes),
        "embedder": plan.embedder.name,
        "references": {reference.name: len(reference.texts) for reference in plan.references},
        "anchors": len(plan.spec.anchors),
        "attempts_at_most": policy.cap,
        "first_coordinates": first,
    }
    if request.json:
        say_json({**summary, "estimate": estimate_json(found, plan.cast, cap)})
        return 0
    for key, value in summary.items():
        if key not in ("schema", "lineage", "first_coordinates"):
            say(f"{key.replace('_', ' ')}: {_plain(value)}")
    for note in plan.lineage.notes:
        say(f"lineage: {note}")
    for coordinate in first:
        say("  would pull: " + ", ".join(f"{axis}={value}" for axis, value in coordinate.items()))
    preflight.print_estimate(found, plan.cast, policy, cap, request.concurrency)
    say("Nothing was called or written.")
    return 0


def _past(url: str, plan: Plan) -> tuple[PastRun, ...]:
    """What the store tells of earlier runs, if there is one; a dry run makes none. Raises BadInput for what is no store."""
    from scripts import preflight

    if not store_exists(url):
        return ()
    store = open_store(url, read_only=True)
    try:
        return preflight.past_runs(store, plan)
    finally:
        store.close()


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def nano(budget_usd: float | None) -> int | None:
    return None if budget_usd is None else nano_of_usd(budget_usd)


def _policy(request: RunRequest) -> Policy:
    if (request.attempts is None) == (request.accept is None):
        raise BadInput("a run needs a target", where="factory run", fix="Give --attempts N or --accept N, one of the two")
    if request.accept is None:
        if request.max_attempts is not None:
            raise BadInput("--max-attempts only bounds --accept", where="factory run", fix="Leave it out, or use --accept N")
        return Policy(attempts=request.attempts)
    cap = request.max_attempts or max(LEAST_CAP, CAP_PER_ACCEPTED * request.accept)
    if cap < request.accept:
        raise BadInput(f"{cap} attempts cannot bring {request.accept} accepted", where="--max-attempts", fix="Raise it")
    return Policy(accept=request.accept, max_attempts=cap)


def face(plan: Plan, job: JobRecord, json: bool) -> jobs.Face:
    def noted() -> None:
        """On standard error, for whoever reads along while a program reads the rest."""
        for note in plan.lineage.notes:
            complain(note)

    members = (member for seats in plan.cast.members.values() for member in seats)
    longest_s = max((settings_of(member).deadline_s for member in members if not member.simulated), default=None)

    def stopping(error: FactoryError, calls: int) -> None:
        """Said at once, for the calls in flight can take minutes. Who pressed Ctrl-C knows why."""
        if not isinstance(error, Interrupted):
            complain(f"factory: {error.message}")
        waited = f"{calls} call{'s' if calls > 1 else ''} in flight" + (f", at most {longest_s:g} s" if longest_s else "")
        again = "are made again" if longest_s is None else "will be paid again"
        complain(f"stopping: waiting for {waited}; Ctrl-C again stops at once, and they {again}")

    if json:
        return jobs.Face(noted, noted=complain, stopping=stopping)
    from scripts import live

    def begun() -> None:
        say(f"job {job.id}: spec {job.spec_name}, recipe {job.recipe} {job.recipe_version}, seed {job.seed}")
        if plan.cast.simulated:
            say("The models are SIMULATED (rehearsal): everything made here is labelled so.", style="bold yellow")
        noted()

    return jobs.Face(begun, live.loading, live.watch, complain, stopping)


def finish(store: SqlStore, job: JobRecord, work: Coroutine[Any, Any, RunEnd], url: str, json: bool) -> int:
    """Work until the job ends, show how it stands, and give the exit code; a probe or an audit also tells what it measured."""
    try:
        end = run_in_loop(work)
    except KeyboardInterrupt:
        fix = f"`factory resume {job.id}` goes on; calls that were in flight are paid again"
        raise Interrupted("stopped at once", where=f"job {job.id}", fix=fix) from None
    _told(job.kind)(store, job.id, url, json)
    if end.error is not None:
        if not end.told or isinstance(end.error, Interrupted):
            complain(f"factory: {end.error.message}")
        return end.error.exit_code
    return 0


def _told(kind: str) -> Callable[[SqlStore, str, str, bool], None]:
    """What shows a job's end. A run does without what the other kinds of job need."""
    if kind == PROBE:
        from scripts.commands.probe_shown import print_probe

        return print_probe
    if kind == AUDIT:
        from scripts.commands.audit_shown import print_audit

        return print_audit
    return print_status
