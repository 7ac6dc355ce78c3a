"""`factory probe`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from factory.config.items import Mapped, pairs
from factory.config.prices import prices_of
from factory.errors import BadInput
from factory.ports import PROBE, Policy
from factory.report.probe import judge_lines, set_report
from factory.report.probe_json import probe_json
from factory.statistics import DISCRIMINATING
from factory.statistics.banding import banded
from factory.statistics.outcomes import OutcomeTable
from gates.difficulty import FRONTIER, Difficulty
from scripts import jobs
from scripts.commands.probe_shown import print_probe, say_report
from scripts.commands.run import face, finish, nano
from scripts.console import say, say_json
from scripts.probing import Ground, ProbeOptions, ProbePlan, ground, prepare_probe
from scripts.recorded import Graded, Regrade, outcomes, regrade
from store import open_store


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """What the command line said. The pairs (`field=column`) are still text; the limits are those of a run."""

    items: str | None
    recipe: str | None
    spec: str | None
    cast: str | None
    fields: tuple[str, ...]
    after: tuple[str, ...]
    labels: tuple[str, ...]
    axes: tuple[str, ...]
    id: str | None
    gates: tuple[str, ...]
    grader: str | None
    all_bands: bool
    samples: int
    reference: bool
    outcomes: str | None
    solutions: str | None
    job: str | None
    held_out: tuple[str, ...]
    verdict: str | None
    truth: str | None
    budget_usd: float | None
    deadline_s: float | None
    concurrency: int
    seed: int | None
    store: str
    json: bool


def run(request: ProbeRequest) -> int:
    if request.job is not None:
        return _again(request, request.job)
    options = _options(request)
    if request.outcomes is None and request.solutions is None:
        return _live(request, options)
    return _recorded(request, options)


def _again(request: ProbeRequest, job_id: str) -> int:
    """Show what an earlier probe measured."""
    store = open_store(request.store, read_only=True)
    try:
        job = store.job(job_id)
        if job.kind != PROBE:
            raise BadInput("this job is no probe", where=f"job {job.id}", fix=f"See `factory status {job.id}`")
        print_probe(store, job.id, request.store, request.json)
    finally:
        store.close()
    return 0


# --- live -------------------------------------------------------------------------------------------------------------


def _live(request: ProbeRequest, options: ProbeOptions) -> int:
    _refuse_recorded_options(request)
    plan = prepare_probe(options, request.cast)
    # Under a cap a price nobody knows is refused before anything is written.
    prices_of(plan.cast, capped=request.budget_usd is not None)
    store = open_store(request.store)
    try:
        job = jobs.new_job(store, plan, Policy(attempts=len(plan.items)), request.seed)
        limits = jobs.Limits(request.concurrency, request.deadline_s, nano(request.budget_usd))
        shown = face(plan, job, request.json)
        if not request.json:
            shown = _introduced(shown, plan)
        return finish(store, job, jobs.start(store, plan, job, limits, shown), request.store, request.json)
    finally:
        store.close()


def _introduced(shown: jobs.Face, plan: ProbePlan) -> jobs.Face:
    def begun() -> None:
        shown.begun()
        say(f"{len(plan.items)} items; gates: {', '.join(gate.name for gate in plan.gates)}")
        for gate, why in (plan.left_out or {}).items():
            say(f"the {gate} gate is left out: {why}")

    return replace(shown, begun=begun)


def _refuse_recorded_options(request: ProbeRequest) -> None:
    for option, given in (("--held-out", request.held_out), ("--verdict", request.verdict), ("--truth", request.truth)):
        if given:
            raise BadInput("this is about recorded outcomes", where=option, fix="Give --solutions FILE or --outcomes FILE too.")


# --- recorded ---------------------------------------------------------------------------------------------------------


def _recorded(request: ProbeRequest, options: ProbeOptions) -> int:
    _check_recorded_options(request, options)
    notes: list[str] = []
    if request.solutions is not None:
        found = ground(options)
        graded = _regraded(request, options, found)
        table, all_items = graded.table, len(found.items.rows) if found.items else None
        notes += graded.notes
        notes += [f"{graded.unmatched} solutions are of no item given, and were left out"] if graded.unmatched else []
    else:
        assert request.outcomes is not None
        found = ground(options, with_items=request.items is not None)
        table, outside = outcomes(Path(request.outcomes), found.items)
        graded = Graded(table, {}, (), outside, ())
        all_items = len(found.items.rows) if found.items else None
        notes += [f"{outside} items of the table are not among those given, and were left out"] if outside else []
    panel = _panel(table, request.held_out)
    rule = found.difficulty.rule(len(panel.models))
    banding = banded(panel, rule)
    report = set_report(
        table,
        banding.by_item,
        _kept(found.difficulty),
        items=all_items,
        counts=banding.counts,
        held_out=request.held_out,
        banding=banding,
        said=graded.said,
        judges=judge_lines(graded.marks),
    )
    if request.json:
        say_json(probe_json(report, "recorded", rule, tuple(notes)))
    else:
        say_report(report, rule, notes)
    return 0


def _kept(gate: Difficulty) -> tuple[str, ...]:
    """The wanted bands that counts alone can tell: a frontier item is a hard one whose reference was confirmed again."""
    return tuple(band for band in gate.wanted if band != FRONTIER) or (DISCRIMINATING,)


def _regraded(request: ProbeRequest, options: ProbeOptions, found: Ground) -> Graded:
    assert request.solutions is not None and found.items is not None
    how = Regrade(Path(request.solutions), options.mapped, options.judged, request.verdict, request.truth)
    return regrade(how, found.items, found.recipe, found.recipe.task(found.settings), found.loaded.spec)


def _panel(table: OutcomeTable, held_out: Sequence[str]) -> OutcomeTable:
    """The models that decide the bands. Raises BadInput for one that the table does not have, and where none is left."""
    for model in held_out:
        if model not in table.models:
            raise BadInput(f"there is no model {model!r}", where="--held-out", fix=f"It has: {', '.join(table.models)}.")
    rest = [model for model in table.models if model not in held_out]
    if not rest:
        raise BadInput("every model is held out", where="--held-out", fix="Leave one in that decides the bands.")
    return table.only_models(rest)


def _check_recorded_options(request: ProbeRequest, options: ProbeOptions) -> None:
    if request.outcomes is not None and request.solutions is not None:
        raise BadInput("outcomes and solutions are two ways", where="factory probe", fix="Give --outcomes or --solutions.")
    if request.outcomes is not None and options.judged:
        raise BadInput("a table of outcomes holds no verdicts", where="--grader judge", fix="Give --solutions FILE.")
    if request.solutions is not None and request.items is None:
        raise BadInput("solutions to what?", where="--solutions", fix="Give the file of the items as well (ITEMS).")
    without_calls = {
        "--cast": request.cast,
        "--gates": request.gates,
        "--budget": request.budget_usd,
        "--deadline": request.deadline_s,
        "--all-bands": request.all_bands,
        "--show-reference": request.reference,
    }
    for option, given in without_calls.items():
        if given is not None and given != () and given is not False:
            raise BadInput(
                "recorded outcomes are measured without a call", where=option, fix="Leave it out, or probe live without them."
            )


# --- options ----------------------------------------------------------------------------------------------------------


def _options(request: ProbeRequest) -> ProbeOptions:
    path = request.items or request.outcomes
    if path is None:
        raise BadInput("there are no items", where="factory probe", fix="Give the file of the items (ITEMS).")
    if request.items is None and request.recipe is None and request.spec is None and request.outcomes is not None:
        request = replace(request, recipe=_ANY_RECIPE)
    mapped = Mapped(
        Path(path),
        pairs("--field", request.fields),
        pairs("--after", request.after),
        request.axes,
        request.id,
        pairs("--labels", request.labels),
    )
    gates = tuple(name.strip() for given in request.gates for name in given.split(",") if name.strip()) or None
    return ProbeOptions(
        mapped,
        request.recipe,
        request.spec,
        request.grader,
        gates,
        request.all_bands,
        request.samples,
        request.reference,
    )


# Outcomes alone need no recipe: only the rule of its difficulty gate, which is the same for those that come with the factory.
_ANY_RECIPE = "ground_truth"
