"""Solutions that models wrote elsewhere, read from a table: a row a solution, or a row an item and a column a model."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from factory.config.columns import Columns, read_columns
from factory.errors import BadInput, suggest

SOLUTION: Final = ("solution", "answer", "response", "completion")
CORRECT: Final = ("is_correct", "correct")
VERDICT: Final = ("verdict", "judged")
_MODEL: Final = ("model", "solver")
_ITEM: Final = ("item", "id")
_ONE: Final = ("sample", *SOLUTION, *CORRECT, *VERDICT)
_YES: Final = frozenset({"true", "1", "1.0", "yes", "correct", "right", "pass", "passed"})
_NO: Final = frozenset({"false", "0", "0.0", "no", "incorrect", "wrong", "fail", "failed"})


@dataclass(frozen=True)
class Recorded:
    """One solution. item: the file's own name of the item, "" where it has none; texts: the row's texts by column, by which it
    is matched otherwise; correct, verdict, truth: what the file says, None where it does not; place: its file and line.
    """

    item: str
    texts: Mapping[str, str]
    model: str
    sample: str
    solution: str
    correct: bool | None
    verdict: bool | None
    truth: bool | None
    place: str


@dataclass(frozen=True)
class Solutions:
    """Every solution of a file. named: whether it names its items; correct_name, verdict_name: the fields those were read from,
    "" where there are none.
    """

    rows: tuple[Recorded, ...]
    named: bool
    present: tuple[str, ...]
    correct_name: str
    verdict_name: str


def read_solutions(
    path: Path,
    *,
    texts: Collection[str] = (),
    id_column: str | None = None,
    verdict: str | None = None,
    truth: str | None = None,
) -> Solutions:
    """Solutions from a CSV, JSONL or Parquet file, one of two ways.

    Long: columns model (or solver), solution (or answer, response, completion), sample where the file has it; a row a solution.
    Wide: a column a model, each cell an object (or a list of them, one a sample) that holds the same names.
    texts: columns to keep for matching; id_column: names the item (`item` or `id` otherwise); verdict, truth: fields of a
    solution that must be there. Raises BadInput with file, line and column for what cannot be read or is given twice.
    """
    # Every column may be a model's, so all are read, by the names that are known here where they have those.
    named_here = {*_MODEL, *_ITEM, *_ONE, id_column or "", verdict or "", truth or "", *texts}
    present = read_columns(path, named_here).present
    columns = read_columns(path, present)
    named = id_column or next((name for name in _ITEM if name in present), "")
    if named:
        columns.one_of(named)
    reader = _Reader(columns, named, tuple(texts), verdict, truth)
    found = tuple(reader.long() if any(name in present for name in _MODEL) else reader.wide())
    first: dict[tuple[Any, ...], str] = {}
    for one in found:
        key = (one.item, *sorted(one.texts.items()), one.model, one.sample)
        if key in first:
            raise BadInput(
                f"a solution of {one.model!r} is given twice for this item",
                where=one.place,
                fix=f"It stands at {first[key]} already; number several with a `sample` column.",
            )
        first[key] = one.place
    for option, wanted, seen in (("--verdict", verdict, reader.verdict_name), ("--truth", truth, reader.truth_name)):
        if wanted and not seen:
            raise BadInput(f"no solution has a field {wanted!r}", where=f"{option}, {path}", fix="Name the field it is in.")
    return Solutions(found, bool(named), present, reader.correct_name, reader.verdict_name)


@dataclass
class _Reader:
    columns: Columns
    id_column: str
    texts: tuple[str, ...]
    verdict: str | None
    truth: str | None
    correct_name: str = ""
    verdict_name: str = ""
    truth_name: str = ""

    def long(self) -> Iterator[Recorded]:
        columns = self.columns
        model, solution = columns.one_of(*_MODEL), columns.one_of(*self._solution_names())
        for row in range(columns.rows):
            fields = {name: values[row] for name, values in columns.values.items()}
            sample = columns.text(row, "sample") if "sample" in columns.values else ""
            yield self._one(row, solution, columns.text(row, model), sample, fields, solution)

    def wide(self) -> Iterator[Recorded]:
        columns = self.columns
        models = [name for name in columns.present if any(map(_solved, columns.values[name]))]
        if not models:
            raise BadInput(
                f"there is neither a column 'model' nor a column of objects with a solution; present: "
                f"{', '.join(columns.present[:20])}",
                where=str(columns.path),
                fix=suggest("model", columns.present) or "Give columns item, model, solution, or a column of objects a model.",
            )
        for row in range(columns.rows):
            for model in models:
                value = columns.values[model][row]
                if value is None:
                    continue
                several = _objects(value)
                if not several and not isinstance(value, dict):
                    what = "this must be an object that holds a solution"
                    raise BadInput(what, where=columns.place(row, model), fix='Write {"solution": ...}.')
                for number, fields in enumerate(value if several else [value]):
                    name = next((name for name in SOLUTION if name in fields), "")
                    if not name:
                        raise BadInput(
                            f"this object has no solution; it has: {', '.join(fields) or 'nothing'}",
                            where=columns.place(row, model),
                            fix=f"Name the text one of: {', '.join(SOLUTION)}.",
                        )
                    yield self._one(row, model, model, str(number) if several else "", fields, name)

    def _solution_names(self) -> tuple[str, ...]:
        # A column by which items are matched is the question's, never the solution's.
        return tuple(name for name in SOLUTION if name not in self.texts)

    def _one(self, row: int, column: str, model: str, sample: str, fields: Mapping[str, Any], solution: str) -> Recorded:
        columns = self.columns
        value = fields.get(solution)
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int | float)):
            raise BadInput("a solution is a text", where=columns.place(row, column), fix="Correct the value.")
        correct_name, correct = self._said(row, column, fields, CORRECT)
        verdict_name, verdict = self._said(row, column, fields, (self.verdict,) if self.verdict else VERDICT)
        truth_name, truth = self._said(row, column, fields, (self.truth,) if self.truth else ())
        self.correct_name = self.correct_name or correct_name
        self.verdict_name = self.verdict_name or verdict_name
        self.truth_name = self.truth_name or truth_name
        return Recorded(
            item=columns.text(row, self.id_column) if self.id_column else "",
            texts={name: str(columns.values[name][row]) for name in self.texts if name in columns.values},
            model=model,
            sample=sample,
            solution="" if value is None else str(value),
            correct=correct,
            verdict=verdict,
            truth=truth,
            place=columns.place(row, column),
        )

    def _said(self, row: int, column: str, fields: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, bool | None]:
        """The first of these fields that there is, and what it says; null and an empty cell say nothing."""
        name = next((name for name in names if name in fields), "")
        value = fields.get(name) if name else None
        if value is None or value == "":
            return name, None
        told = str(value).strip().lower() if isinstance(value, bool | int | float | str) else ""
        if told in _YES or told in _NO:
            return name, told in _YES
        raise BadInput(
            f"{name} must be true or false, and is {str(value)[:60]!r}",
            where=self.columns.place(row, column),
            fix="Write true or false, 1 or 0, correct or incorrect.",
        )


def _solved(value: Any) -> bool:
    """Whether a cell is an object, or a list of them, with a solution in it."""
    objects = value if _objects(value) else [value] if isinstance(value, dict) else []
    return any(name in fields for fields in objects for name in SOLUTION)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)
