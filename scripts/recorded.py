"""A probe without calls: recorded outcomes as they are, or recorded solutions graded again by the recipe's own grader."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.config.columns import read_columns
from factory.config.items import Imported, Items, Mapped
from factory.config.outcomes import read_outcomes
from factory.config.solutions import Recorded, Solutions, read_solutions
from factory.errors import BadInput
from factory.gate import GateContext, Task
from factory.recipe import Recipe
from factory.report.probe import Said
from factory.statistics.outcomes import Cell, OutcomeTable
from factory.types import Role, Spec
from factory.vacant import Vacant

RECORDED = "recorded"
_AT_ONCE = 64


@dataclass(frozen=True)
class Graded:
    """What recorded solutions come to. marks: (judge, model, verdict, truth) of each; unmatched: solutions of no item here."""

    table: OutcomeTable
    said: Said
    marks: tuple[tuple[str, str, bool | None, bool | None], ...]
    unmatched: int
    notes: tuple[str, ...]


def outcomes(path: Path, items: Items | None) -> tuple[OutcomeTable, int]:
    """A table of recorded outcomes, only of the given items where there are any, and how many of its items those lack.

    Raises BadInput for what cannot be read, and where the table has none of the items.
    """
    table = read_outcomes(path)
    if items is None:
        return table, 0
    known = {row.key for row in items.rows}
    shared = [item for item in table.items if item in known]
    if not shared:
        raise BadInput(
            f"no item of it is among the {len(known)} items given (such as {next(iter(known))!r})",
            where=str(path),
            fix="Name the column that both call their items by: --id COLUMN.",
        )
    return table.only_items(shared), len(table.items) - len(shared)


@dataclass(frozen=True)
class Regrade:
    """The options of a re-grading. judged: whether verdicts are asked for; verdict, truth: the fields they are in."""

    path: Path
    mapped: Mapped
    judged: bool = False
    verdict: str | None = None
    truth: str | None = None


def regrade(options: Regrade, items: Items, recipe: Recipe, task: Task, spec: Spec) -> Graded:
    """Match the solutions with the items, by name or else by text, and grade each. Raises BadInput."""
    solutions, found = _matched(options, items, recipe)
    graded = iter(asyncio.run(any_of([(one.solution, item.accepted) for one, item in found if one.truth is None], task, spec)))
    truths = [one.truth if one.truth is not None else next(graded) for one, _ in found]
    tallies: dict[tuple[str, str], list[int]] = {}
    said: dict[str, tuple[int, int, int]] = {}
    for (one, item), truth in zip(found, truths, strict=True):
        tally = tallies.setdefault((item.key, one.model), [0, 0])
        tally[0] += 1
        tally[1] += truth
        if one.correct is not None:
            marked, yes, differ = said.get(one.model, (0, 0, 0))
            said[one.model] = (marked + 1, yes + one.correct, differ + (one.correct != truth))
    notes = []
    marks: tuple[tuple[str, str, bool | None, bool | None], ...] = ()
    if options.judged:
        marks = tuple(
            (RECORDED, one.model, verdict, truth)
            for (one, _), truth, verdict in zip(found, truths, _verdicts(found, solutions, options), strict=True)
        )
        name = solutions.verdict_name or solutions.correct_name
        notes.append(f"the verdicts are those of the field {name!r}; the truth is {_truth_named(options)}")
    table = OutcomeTable.from_cells(Cell(item, model, n, c) for (item, model), (n, c) in tallies.items())
    return Graded(table, said, marks, len(solutions.rows) - len(found), tuple(notes))


def _truth_named(options: Regrade) -> str:
    if options.truth:
        return f"the field {options.truth!r}, and the recipe's grader where it is empty"
    return "any of the labels, by the recipe's grader" if options.mapped.labels else "the recipe's grader against the reference"


def _verdicts(found: Sequence[tuple[Recorded, Imported]], solutions: Solutions, options: Regrade) -> list[bool | None]:
    if solutions.verdict_name:
        return [one.verdict for one, _ in found]
    if solutions.correct_name:
        # The file's own marks are the only verdicts there are: what a judge called correct.
        return [one.correct for one, _ in found]
    raise BadInput(
        "no solution has a verdict", where=str(options.path), fix="Name the field a judge's word is in: --verdict FIELD."
    )


def _matched(options: Regrade, items: Items, recipe: Recipe) -> tuple[Solutions, list[tuple[Recorded, Imported]]]:
    wanted = {"item", "id", options.mapped.id or "", *(name for item in items.rows[:1] for name in item.texts)}
    present = read_columns(options.path, wanted).present
    by_name = items.named and (options.mapped.id in present if options.mapped.id else bool({"item", "id"} & set(present)))
    column = "" if by_name else _text_column(options, recipe, items, present)
    solutions = read_solutions(
        options.path,
        texts=(column,) if column else (),
        id_column=options.mapped.id if by_name else None,
        verdict=options.verdict,
        truth=options.truth,
    )
    known: dict[str, Imported] = {}
    for item in items.rows:
        key = item.key if by_name else _folded(item.texts.get(column, ""))
        if key in known:
            raise BadInput(
                f"this has the text of the item at {known[key].place}, by which solutions are matched",
                where=item.place,
                fix="Give both files a column that names the item: --id COLUMN.",
            )
        known[key] = item
    found = []
    for one in solutions.rows:
        match = known.get(one.item if by_name else _folded(one.texts.get(column, "")))
        if match is not None:
            found.append((one, match))
    if not found:
        how = "name" if by_name else f"text (the column {column!r})"
        raise BadInput(
            f"not one of its {len(solutions.rows)} solutions is of an item given, matched by {how}",
            where=str(options.path),
            fix="Give the items the solutions are of, or name the column that both have: --id COLUMN.",
        )
    return solutions, found


def _text_column(options: Regrade, recipe: Recipe, items: Items, present: Sequence[str]) -> str:
    """The first column, in the order of the payload's fields, that is text of every item and that the solutions have too."""
    for name in recipe.payload.model_fields:
        column = options.mapped.column(name)
        if column in present and all(column in item.texts for item in items.rows):
            return column
    shown = ", ".join(present[:20])
    raise BadInput(
        f"it has neither a column that names the item nor one with an item's text; present: {shown}",
        where=str(options.path),
        fix="Give both files a column that names the item: --id COLUMN.",
    )


def _folded(text: str) -> str:
    return " ".join(text.split())


async def any_of(answers: Sequence[tuple[str, Sequence[Any]]], task: Task, spec: Spec) -> list[bool]:
    """Of each (answer, payloads whose references are acceptable), whether the grader accepts it against any of them.

    Raises BadInput where the recipe's grader would ask a model.
    """
    context = GateContext(spec, task, _NoCorpus(), random.Random(0), {role: (Vacant(role),) for role in Role})
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(answer: str, accepted: Sequence[Any]) -> bool:
        async with room:
            return any([(await task.grade(payload, answer, context)).correct for payload in accepted])

    return await asyncio.gather(*(one(answer, accepted) for answer, accepted in answers))


class _NoCorpus:
    """A corpus view of nothing: grading compares an answer with its reference alone."""

    embedder = ""

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Any, ...]:
        return ()

    def template_size(self, template: str) -> int:
        return 0
