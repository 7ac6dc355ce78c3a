"""The tables that statistics start from, read from files: recorded outcomes and rollouts (docs/profile.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from factory.config.columns import Columns, read_columns
from factory.errors import BadInput
from factory.statistics.outcomes import Cell, OutcomeTable
from factory.statistics.rollouts import Attempt, Rollouts, UnfinishedRollout

_MODEL = ("model", "solver")


def read_outcomes(path: Path) -> OutcomeTable:
    """An outcome table from a CSV, JSONL or Parquet file, one of two ways.

    Counted: columns item, model (or solver), n, c; a row a cell; n = 0, or both counts empty, is a missing cell.
    Sampled: columns item, model (or solver), correct, and sample where the file has it; a row a call.
    Raises BadInput with file, line and column for what cannot be read, a cell or call given twice, and a table without a call.
    """
    columns = read_columns(path, ("item", *_MODEL, "n", "c", "sample", "correct"))
    item, model = columns.one_of("item"), columns.one_of(*_MODEL)
    if "correct" in columns.values and "n" not in columns.values and "c" not in columns.values:
        cells = _sampled(columns, item, model)
    else:
        cells = _counted(columns, item, model)
    table = OutcomeTable.from_cells(cells)
    if not table.present.any():
        raise BadInput("no cell has a call (n is 0 everywhere)", where=f"{path}: n", fix="Give a table with outcomes.")
    return table


def _counted(columns: Columns, item: str, model: str) -> Iterator[Cell]:
    n, c = columns.one_of("n"), columns.one_of("c")
    first: dict[tuple[str, str], int] = {}
    for row in range(columns.rows):
        names = columns.text(row, item), columns.text(row, model)
        if names in first:
            raise _twice(columns, row, item, first[names])
        first[names] = row
        if columns.empty(row, n) and columns.empty(row, c):
            yield Cell(*names, 0, 0)
            continue
        samples, passes = columns.whole(row, n), columns.whole(row, c)
        if passes > samples:
            raise BadInput(
                f"c is {passes} of n = {samples} calls",
                where=columns.place(row, c),
                fix="c counts the passing calls among the n.",
            )
        yield Cell(*names, samples, passes)


def _sampled(columns: Columns, item: str, model: str) -> Iterator[Cell]:
    correct = columns.one_of("correct")
    numbered = "sample" in columns.values
    first: dict[tuple[str, str, str], int] = {}
    counts: dict[tuple[str, str], list[int]] = {}
    for row in range(columns.rows):
        names = columns.text(row, item), columns.text(row, model)
        if numbered:
            call = (*names, columns.text(row, "sample"))
            if call in first:
                raise _twice(columns, row, "sample", first[call])
            first[call] = row
        tally = counts.setdefault(names, [0, 0])
        tally[0] += 1
        tally[1] += columns.truth(row, correct)
    for names, (samples, passes) in counts.items():
        yield Cell(*names, samples, passes)


def read_rollouts(path: Path) -> Rollouts:
    """Rollouts from a CSV, JSONL or Parquet file: columns item, model (or solver), sample, step, correct, and gold_prefix
    where the file has it (true: the step was tried after a prefix known to be right).

    Steps named by whole numbers come in their order, others in order of first appearance. Raises BadInput with file, line and
    column for what cannot be read, a decision given twice, and a rollout that misses a step before its first error.
    """
    columns = read_columns(path, ("item", *_MODEL, "sample", "step", "correct", "gold_prefix"))
    named = [columns.one_of(*names) for names in (("item",), _MODEL, ("sample",), ("step",))]
    correct = columns.one_of("correct")
    golden = "gold_prefix" in columns.values
    first: dict[tuple[str, ...], int] = {}
    attempts = []
    for row in range(columns.rows):
        item, solver, sample, step = (columns.text(row, name) for name in named)
        gold = golden and not columns.empty(row, "gold_prefix") and columns.truth(row, "gold_prefix")
        key = (item, solver, sample, step, str(gold))
        if key in first:
            raise _twice(columns, row, "step", first[key])
        first[key] = row
        attempts.append(Attempt(item, solver, sample, step, columns.truth(row, correct), gold))
    try:
        return Rollouts.from_attempts(attempts, _in_order([attempt.step for attempt in attempts]))
    except UnfinishedRollout as problem:
        raise BadInput(
            str(problem),
            where=str(path),
            fix="Record the step as incorrect, leave the rollout out, or profile workflows with other steps on their own.",
        ) from None


def _in_order(steps: list[str]) -> tuple[str, ...]:
    names = list(dict.fromkeys(steps))
    if all(name.removeprefix("-").isdecimal() for name in names):
        names.sort(key=int)
    return tuple(names)


def _twice(columns: Columns, row: int, column: str, earlier: int) -> BadInput:
    first = columns.place(earlier, "").rstrip(": ").removeprefix(str(columns.path)).lstrip(": ")
    kind = "line" if columns.lines is not None else ""
    return BadInput(
        "this is given twice",
        where=columns.place(row, column),
        fix=f"It stands at {f'{kind} {first}'.strip()} already; keep one of them.",
    )
