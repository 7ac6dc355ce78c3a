"""A candidate as one flat row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from factory.canonical import canonical_json
from factory.errors import BadInput
from factory.recipe import Recipe
from factory.types import Candidate
from factory.types.seal import Sealed, sealed

LEADING = ("id", "spec", "recipe", "recipe_version", "index", "state", "band")
TRAILING = ("coordinate", "measures", "receipts_head", "seal", "conditions", "simulated")
ENVELOPE = (*LEADING, *TRAILING)


def export_row(candidate: Candidate, recipe_columns: Mapping[str, Any], chain: Sealed | None = None) -> dict[str, Any]:
    """One row: `LEADING`, the recipe's columns, `TRAILING`; structures as canonical JSON strings.

    recipe_columns: what the recipe's export gives for the payload; chain: `sealed(candidate)` where it is known already. Raises
    BadInput where a recipe's column takes the name of an envelope column.
    """
    chain = chain or sealed(candidate)
    conditions = sorted({condition for receipt in candidate.receipts for condition in receipt.conditions})
    columns = {name: cell(value) for name, value in recipe_columns.items()}
    taken = sorted(columns.keys() & set(ENVELOPE))
    if taken:
        raise BadInput(
            f"the recipe's export column {taken[0]!r} has the name of an envelope column",
            where=f"recipe {candidate.recipe}",
            fix="Rename it in the recipe's export.",
        )
    return {
        "id": candidate.id,
        "spec": candidate.spec,
        "recipe": candidate.recipe,
        "recipe_version": candidate.recipe_version,
        "index": candidate.index,
        "state": str(candidate.state),
        "band": _text(candidate.measures.get("band")),
        **columns,
        "coordinate": _json(dict(candidate.coordinate)),
        "measures": _json(candidate.measures),
        "receipts_head": chain.links[-1] if chain.links else "",
        "seal": chain.seal,
        "conditions": _json(conditions),
        "simulated": "simulated" in conditions,
    }


def cell(value: Any) -> str | int | float | bool | None:
    """A value as a cell: scalars as they are, structures as canonical JSON text (Arrow would merge their keys)."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value) if isinstance(value, str) else _json(value)


def columns_of(recipe: Recipe, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The recipe's columns of a stored payload; None for one that does not fit its model (of a reject, say)."""
    try:
        fitting = recipe.parse(payload)
    except ValidationError:
        return None
    return recipe.export(fitting)


def fill_missing(rows: Sequence[dict[str, Any]], without: Sequence[int]) -> list[dict[str, Any]]:
    """The rows, those at positions `without` given the others' recipe columns as nulls: a file has one key set."""
    lacking = set(without)
    whole = next((row for at, row in enumerate(rows) if at not in lacking), None)
    if whole is None:
        return list(rows)
    return [{name: row.get(name) for name in whole} if at in lacking else row for at, row in enumerate(rows)]


def same_keys(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The rows' column names. Raises BadInput when two rows differ in them: a file has one key set."""
    names = tuple(rows[0]) if rows else ENVELOPE
    for row in rows:
        if tuple(row) != names:
            odd = sorted(set(row) ^ set(names)) or ["their order"]
            raise BadInput(
                f"its columns differ from the first row's: {', '.join(odd)}",
                where=f"export row {row.get('id', '?')}",
                fix="A recipe's export must give the same columns for every item.",
            )
    return names


def first_difference(
    written: Iterable[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> tuple[str, str, Any, Any] | None:
    """Where a file read back differs from the rows: (row id, column, given, read). None when every value is the same.

    Types count: a date that came back as a date, or "1" as 1, is a difference.
    """
    count = 0
    for count, (got, row) in enumerate(zip(written, rows, strict=False), start=1):
        if got != row or any(type(got[name]) is not type(row[name]) for name in row):
            name = next(n for n in row if n not in got or got[n] != row[n] or type(got[n]) is not type(row[n]))
            return str(row.get("id", count - 1)), name, row[name], got.get(name)
    return None if count == len(rows) else (f"row {count}", "", "a row", None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _json(value: Any) -> str:
    return canonical_json(value).decode()
