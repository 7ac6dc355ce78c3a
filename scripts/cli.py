"""The `factory` command. Every body imports what it needs when it runs: `factory --help` stays as quick as typer and rich."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from factory.errors import FactoryError

DEBUG_VARIABLE = "FACTORY_DEBUG"
DEFAULT_STORE = "sqlite:///factory.db"

app = typer.Typer(
    name="factory",
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
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Pulls in flight. It never changes the outcome.")]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        min=0, help="A hard cap in USD on the whole job; resumable with a larger one. Exit code 3.", show_default=False
    ),
]
DeadlineOption = Annotated[
    str | None, typer.Option(help="Stop cleanly after this long: 90s, 30m, 2h. Resumable; exit code 3.", show_default=False)
]


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
            help="Known-good items: JSONL, CSV or Parquet. Default: the store's accepted ones, or what a rehearsal writes.",
            show_default=False,
        ),
    ] = None,
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
    from scripts.auditing.plan import AuditOptions
    from scripts.commands import audit as command
    from scripts.commands.run import seconds

    options = AuditOptions(per_defect, tuple(planters or ("shipped",)), items, seed)
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
    """Run the command; an error of ours is one message and its exit code, never a traceback."""
    # A pull's embedding competes with its neighbours for the same few cores: torch must not spawn a pool of its own.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app()
    except FactoryError as exc:
        _stop(exc.message, exc.exit_code)
    except KeyboardInterrupt:
        _stop("stopped; whatever had begun can be resumed (see `factory status`)", 130)
    except BrokenPipeError:
        # The reader of our output went away (`factory status | head`): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

    except Exception as exc:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _stop(f"this should not happen: {type(exc).__name__}: {exc}. With {DEBUG_VARIABLE}=1 it shows where", 1)


def _stop(message: str, code: int) -> Any:
    from scripts.console import complain

    complain(f"factory: {message}")
    sys.exit(code)
