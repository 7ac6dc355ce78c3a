"""The `factory` command. Every body imports what it needs when it runs: `factory --help` stays as quick as typer and rich."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import Annotated, Any

import typer
import typer.core

from factory.errors import FactoryError, Interrupted
from scripts.pace import hold_collector, leave

DEBUG_VARIABLE = "FACTORY_DEBUG"
DEFAULT_STORE = "sqlite:///factory.db"


class _Commands(typer.core.TyperGroup):
    """Says that it was stopped, where typer would end the process without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("stopped", fix="Whatever had begun can be resumed: see `factory status`") from None


app = typer.Typer(
    name="factory",
    cls=_Commands,
    help="A factory for synthetic evaluation and post-training data that holds up: every point carries receipts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StoreOption = Annotated[
    str | None,
    typer.Option("--store", envvar="FACTORY_STORE", help=f"Database URL. Default: {DEFAULT_STORE}", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs, a stable interface.")]
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Calls in flight at each endpoint. It never changes the outcome.")]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        min=0, help="A hard cap in USD on the whole job; resumable with a larger one. Exit code 3.", show_default=False
    ),
]
DeadlineOption = Annotated[
    str | None, typer.Option(help="Stop cleanly after this long: 90s, 30m, 2h. Resumable; exit code 3.", show_default=False)
]
FieldOption = Annotated[
    list[str] | None, typer.Option(help="FIELD=COLUMN: the column that a field of the payload is in.", show_default=False)
]
AfterOption = Annotated[
    list[str] | None, typer.Option(help="FIELD=MARKER: take what follows the last such marker.", show_default=False)
]
AxisOption = Annotated[list[str] | None, typer.Option(help="A column that makes the coordinate.", show_default=False)]
IdOption = Annotated[str | None, typer.Option("--id", help="The column that names an item.", show_default=False)]


@app.command()
def run(
    spec: Annotated[str, typer.Argument(help="The spec, a YAML file.")],
    cast: Annotated[str | None, typer.Option(help="A cast file, or the name of a shipped one.", show_default=False)] = None,
    attempts: Annotated[int | None, typer.Option(min=1, help="Pull this many times.", show_default=False)] = None,
    accept: Annotated[int | None, typer.Option(min=1, help="Pull until this many are accepted.", show_default=False)] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --accept: give up after this many pulls. Default: 25 per accepted, at least 200.",
            show_default=False,
        ),
    ] = None,
    budget: BudgetOption = None,
    deadline: DeadlineOption = None,
    concurrency: ConcurrencyOption = 16,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Default: the smallest this spec has not used in this store.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and say what would run; call and write nothing.")
    ] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Turn a spec into accepted candidates."""
    hold_collector()
    from scripts.commands import run as command

    request = command.RunRequest(
        spec, cast, attempts, accept, max_attempts, budget, command.seconds(deadline), concurrency, seed, _url(store), json
    )
    raise typer.Exit(command.preview(request) if dry_run else command.run(request))


@app.command()
def resume(
    job: Annotated[str, typer.Argument(help="The job's id, as `factory status` lists it.")],
    concurrency: ConcurrencyOption = 16,
    budget: BudgetOption = None,
    deadline: DeadlineOption = None,
    as_new: Annotated[
        bool, typer.Option("--as-new", help="Start a new job on the spec, cast and recipe as they are now, under a new seed.")
    ] = False,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Also pull a new index in the stead of every candidate that errored.")
    ] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Go on with a job that was interrupted, stopped or killed; what was paid for is not paid for again."""
    hold_collector()
    from scripts.commands import run as command

    seconds = command.seconds(deadline)
    code = command.resume(job, concurrency, budget, seconds, _url(store), json, as_new=as_new, retry_errors=retry_errors)
    raise typer.Exit(code)


@app.command()
def status(
    job: Annotated[str | None, typer.Argument(help="The job's id; without it, all jobs.", show_default=False)] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show a job's funnel, yield, bands, calls and money; without a job, list them."""
    from scripts.commands import look

    raise typer.Exit(look.status(job, _url(store), json))


@app.command()
def show(
    candidate: Annotated[str, typer.Argument(help="The candidate's id, or a unique beginning of it.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Open one point: what it is, how it was made, and every receipt of why it survived or not."""
    from scripts.commands import look

    raise typer.Exit(look.show(candidate, _url(store), json))


@app.command()
def audit(
    spec: Annotated[str, typer.Argument(help="The spec, a YAML file: its recipe, gates and their settings are audited.")],
    cast: Annotated[str | None, typer.Option(help="A cast file, or the name of a shipped one.", show_default=False)] = None,
    per_defect: Annotated[int, typer.Option(min=1, help="Defects of each kind, and good items, to show to the gates.")] = 50,
    planters: Annotated[
        list[str] | None,
        typer.Option(
            help="A Python file that defines PLANTERS; to give it is to trust it. Used in place of the shipped ones, which "
            "`shipped` names.",
            show_default=False,
        ),
    ] = None,
    items: Annotated[
        str | None,
        typer.Option(
            help="Known-good items: a JSONL, CSV or Parquet file, `store` (this spec's accepted ones) or `rehearsal` (what its "
            "author writes). Default: the store's where they are enough, else the rehearsal's.",
            show_default=False,
        ),
    ] = None,
    field: FieldOption = None,
    after: AfterOption = None,
    axis: AxisOption = None,
    id_: IdOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the items drawn and the defects planted.")] = 0,
    budget: BudgetOption = None,
    deadline: DeadlineOption = None,
    concurrency: ConcurrencyOption = 16,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plant, and say what would be shown to which gates; call and write nothing.")
    ] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Plant known defects in known-good items and measure what each gate catches, and what it stops without need."""
    from scripts.auditing.plan import SOURCES, AuditOptions
    from scripts.commands import audit as command
    from scripts.commands.run import seconds

    mapped = command.mapped(items, field or (), after or (), axis or (), id_)
    options = AuditOptions(per_defect, tuple(planters or ("shipped",)), mapped, items if items in SOURCES else None, seed)
    request = command.AuditRequest(spec, cast, options, budget, seconds(deadline), concurrency, _url(store), json)
    raise typer.Exit(command.preview(request) if dry_run else command.audit(request))


@app.command()
def export(
    to: Annotated[str, typer.Option("--to", help="The format: see `factory exporters`.")],
    out: Annotated[str, typer.Option("--out", help="The folder to write.")],
    run_: Annotated[str | None, typer.Option("--run", help="Only this job's candidates.", show_default=False)] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="States to export. Default: accepted and approved.", show_default=False)
    ] = None,
    band: Annotated[list[str] | None, typer.Option(help="Only these difficulty bands.", show_default=False)] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write candidates, their receipts and a manifest. Parquet keeps every answer byte for byte."""
    from scripts.commands import export as command

    raise typer.Exit(command.export(to, out, run_, tuple(state or ()), tuple(band or ()), _url(store), json))


@app.command()
def profile(
    file: Annotated[str, typer.Argument(help="Rollouts: CSV, JSONL or Parquet; columns item, model, sample, step, correct.")],
    compare: Annotated[
        str | None, typer.Option(help="Rollouts of another agent or release, to compare step by step.", show_default=False)
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Rollouts per item and model, as fixed before sampling: pass@k needs it.", show_default=False),
    ] = None,
    pass_at: Annotated[
        list[int] | None, typer.Option(min=1, help="With --samples: the k of pass@k. Default: 1 and N.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show where rollouts break: each step's rate with its interval, the worst steps, the whole path's rate."""
    from scripts.commands import profile as command

    raise typer.Exit(command.run(file, compare, samples, tuple(pass_at or ()), json))


@app.command()
def spread(
    job: Annotated[str, typer.Argument(help="The run's id, or a unique beginning of it.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Measure how varied a run's accepted items are: coverage of the grid, and spread beside the anchors' own."""
    from scripts.commands import spread as command

    raise typer.Exit(command.run(job, _url(store), json))


@app.command()
def novelty(
    file: Annotated[str, typer.Argument(help="Items to check: .jsonl, .parquet, or .txt with one a line.")],
    spec: Annotated[
        str | None,
        typer.Option(help="Check against this spec's anchors and reference sets too, by its thresholds.", show_default=False),
    ] = None,
    field: Annotated[
        str | None, typer.Option(help="The field that holds an item's text. Default: the likeliest.", show_default=False)
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Check a file against all that is held and within itself: same, variant or new, with the neighbours that say so."""
    from scripts.commands import novelty as command

    raise typer.Exit(command.novelty(file, spec, field, store, _url(store), json))


@app.command()
def probe(
    items: Annotated[str | None, typer.Argument(help="The items: JSONL, Parquet or CSV.", show_default=False)] = None,
    recipe: Annotated[str | None, typer.Option(help="Whose items they are: see `factory recipes`.", show_default=False)] = None,
    spec: Annotated[
        str | None, typer.Option(help="A spec, for its settings, gates, anchors and references.", show_default=False)
    ] = None,
    cast: Annotated[str | None, typer.Option(help="A cast file, or the name of a shipped one.", show_default=False)] = None,
    field: FieldOption = None,
    after: AfterOption = None,
    labels: Annotated[
        list[str] | None, typer.Option(help="FIELD=COLUMN: a list, any of which is the right answer.", show_default=False)
    ] = None,
    axis: AxisOption = None,
    id_: IdOption = None,
    gates: Annotated[
        list[str] | None, typer.Option(help="Gates to run, by commas. Default: all that the cast can seat.", show_default=False)
    ] = None,
    grader: Annotated[
        str | None,
        typer.Option(help="judge: judges mark the answers. Else a kind of grader: number, math, exact.", show_default=False),
    ] = None,
    all_bands: Annotated[bool, typer.Option("--all-bands", help="Confirm every item, whatever its band.")] = False,
    samples: Annotated[int, typer.Option(min=1, help="With --grader judge: answers of each solver.")] = 1,
    show_reference: Annotated[
        bool, typer.Option("--show-reference", help="With --grader judge: judges see the reference answer.")
    ] = False,
    outcomes: Annotated[
        str | None, typer.Option(help="Recorded outcomes (item, model, n, c); no call is made.", show_default=False)
    ] = None,
    solutions: Annotated[
        str | None, typer.Option(help="Recorded solutions, graded again; no call is made.", show_default=False)
    ] = None,
    job: Annotated[str | None, typer.Option(help="Show again what an earlier probe measured.", show_default=False)] = None,
    held_out: Annotated[
        list[str] | None, typer.Option(help="A recorded model that has no part in the bands.", show_default=False)
    ] = None,
    verdict: Annotated[
        str | None, typer.Option(help="The field of a solution a judge's word is in.", show_default=False)
    ] = None,
    truth: Annotated[str | None, typer.Option(help="The field of a solution its truth is in.", show_default=False)] = None,
    budget: BudgetOption = None,
    deadline: DeadlineOption = None,
    concurrency: ConcurrencyOption = 16,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Default: the smallest these items have not used.", show_default=False)
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Measure an existing set without generating: with a cast, or from outcomes or solutions recorded elsewhere."""
    from scripts.commands import probe as command
    from scripts.commands.run import seconds

    request = command.ProbeRequest(
        items, recipe, spec, cast, tuple(field or ()), tuple(after or ()), tuple(labels or ()), tuple(axis or ()), id_,
        tuple(gates or ()), grader, all_bands, samples, show_reference, outcomes, solutions, job, tuple(held_out or ()),
        verdict, truth, budget, seconds(deadline), concurrency, seed, _url(store), json,
    )  # fmt: skip
    raise typer.Exit(command.run(request))


@app.command()
def invariants(
    file: Annotated[str | None, typer.Argument(help="Input/output pairs: JSONL or Parquet.", show_default=False)] = None,
    property_: Annotated[
        list[str] | None, typer.Option("--property", help="Check only these. Default: all.", show_default=False)
    ] = None,
    relation: Annotated[
        list[str] | None, typer.Option(help="With --emit: change inputs only by these. Default: all.", show_default=False)
    ] = None,
    moves: Annotated[
        list[str] | None,
        typer.Option(help="FIELD:BY: a number that must not fall as another rises; -FIELD:BY: not rise.", show_default=False),
    ] = None,
    emit: Annotated[
        str | None, typer.Option(help="Write changed inputs and what must hold of their answers.", show_default=False)
    ] = None,
    pairs: Annotated[
        str | None, typer.Option(help="Check what --emit wrote, with the answers as `before` and `after`.", show_default=False)
    ] = None,
    input_: Annotated[str, typer.Option("--input", help="The field that holds the input.")] = "input",
    output: Annotated[str, typer.Option(help="The field that holds the output.")] = "output",
    answer: Annotated[
        str, typer.Option(help="The field of the final answer, where it is kept apart.", show_default=False)
    ] = "",
    solution: Annotated[
        str, typer.Option(help="With --emit: the field of the worked solution, for number_scaling.", show_default=False)
    ] = "",
    json: JsonOption = False,
) -> None:
    """Check outputs against properties, or answers against metamorphic relations. Exit code 4: something does not hold."""
    from factory.errors import BadInput
    from scripts.commands import invariants as command

    if (file is None) == (pairs is None):
        raise BadInput("one file is needed: FILE, or --pairs FILE", where="invariants", fix="See `factory invariants --help`.")
    if relation and emit is None:
        raise BadInput("--relation changes inputs", where="--relation", fix="Say where to write them with --emit FILE.")
    if pairs is not None:
        raise typer.Exit(command.check_pairs(pairs, json))
    fields = command.Fields(input_, output, answer, solution)
    if emit is not None:
        raise typer.Exit(command.emit(str(file), tuple(relation or ()), emit, fields, json))
    raise typer.Exit(command.check(str(file), tuple(property_ or ()), tuple(moves or ()), fields, json))


@app.command()
def recipes(json: JsonOption = False) -> None:
    """List the recipes a spec can name, with their casts and example specs."""
    from scripts.commands import lists

    raise typer.Exit(lists.recipes(json))


@app.command()
def gates(store: StoreOption = None, json: JsonOption = False) -> None:
    """List the gates of each recipe: claim, settings, whom they need, and whether the store's last audit found them to hold."""
    from scripts.commands import lists

    raise typer.Exit(lists.gates(_url(store), json))


@app.command()
def exporters(json: JsonOption = False) -> None:
    """List the export formats."""
    from scripts.commands import lists

    raise typer.Exit(lists.exporters(json))


@app.command()
def doctor(
    cast: Annotated[str | None, typer.Option(help="A cast file, or the name of a shipped one.", show_default=False)] = None,
    spec: Annotated[str | None, typer.Option(help="A spec to check as well.", show_default=False)] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Check keys, models (one tiny call to each), store, embedder and disk, and say what to do. Changes nothing."""
    from scripts.commands import doctor as command

    raise typer.Exit(command.doctor(spec, cast, _url(store), json))


def _url(store: str | None) -> str:
    return store or DEFAULT_STORE


def main() -> None:
    """The `factory` process."""
    try:
        run_command()
    except SystemExit as end:
        leave(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
    leave(0)


def run_command() -> None:
    """Run the command; an error of ours is one message and its exit code, never a traceback. Raises SystemExit."""
    # A pull's embedding competes with its neighbours for the same few cores: torch must not spawn a pool of its own.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # As Ctrl-C, so that what is under way before a job's own handling begins ends as cleanly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except FactoryError as exc:
        _stop(exc.message, exc.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`factory status | head`): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

    except Exception as exc:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _stop(f"this should not happen: {type(exc).__name__}: {exc}. With {DEBUG_VARIABLE}=1 it shows where", 1)
    finally:
        # For a process that outlives the command (tests).
        gc.enable()


def _stop(message: str, code: int) -> Any:
    from scripts.console import complain

    complain(f"factory: {message}")
    sys.exit(code)
