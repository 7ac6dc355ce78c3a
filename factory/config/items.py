"""Items that others made, read from a table: their columns brought to a recipe's payload fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from factory.config.columns import Columns, read_columns
from factory.errors import BadInput, suggest
from factory.types import Coordinate, Scalar

ID_COLUMNS = ("id", "item")
PAYLOAD = "payload"
"""The column that may hold a row's whole payload, as an object or as its JSON text: exports have it so."""


@dataclass(frozen=True)
class Shape:
    """What a recipe takes for an item: its name, its payload model, how a payload is parsed (raising ValidationError), and how
    one that lacks what only the factory's own have is completed.
    """

    recipe: str
    payload: type[BaseModel]
    parse: Callable[[Mapping[str, Any]], Any]
    adopt: Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Mapped:
    """How a file's columns become items.

    fields: payload field to column, where the two are not named alike; after: payload field to the marker whose last occurrence
    its value follows; axes: columns that make the coordinate; id: the column that names an item (`id` or `item` where the file
    has it); labels: payload field to the column that lists every acceptable value of it.
    """

    path: Path
    fields: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The column that a payload field is read from."""
        return self.labels.get(name) or self.fields.get(name, name)

    def kept(self) -> dict[str, Any]:
        """As plain JSON, for a job that may be resumed from another folder."""
        pairs = {"fields": dict(self.fields), "after": dict(self.after), "labels": dict(self.labels)}
        return {"path": str(self.path.absolute()), **pairs, "axes": list(self.axes), "id": self.id}

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> Mapped:
        """What `kept` told."""
        return cls(Path(kept["path"]), kept["fields"], kept["after"], tuple(kept["axes"]), kept["id"], kept["labels"])


def pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    """What an option of a command says as NAME=VALUE. Raises BadInput for what is no pair, and for a name given twice."""
    found: dict[str, str] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not name.strip() or not value:
            raise BadInput(f"{text!r} is no pair", where=option, fix=f"Write {option} NAME=VALUE.")
        if name.strip() in found:
            raise BadInput(f"{name.strip()!r} is given twice", where=option, fix="Keep one of them.")
        found[name.strip()] = value
    return found


@dataclass(frozen=True)
class Imported:
    """One item. payload: plain JSON that fits the recipe; accepted: the payloads whose references are all acceptable (one,
    unless labels are given); texts: the source of each mapped text by column, for matching; place: its file and line.
    """

    key: str
    payload: Mapping[str, Any]
    accepted: tuple[Any, ...]
    coordinate: Coordinate
    texts: Mapping[str, str]
    place: str


@dataclass(frozen=True)
class Items:
    """The items of a file, in its order. named: whether their keys are the file's own and not just row numbers."""

    rows: tuple[Imported, ...]
    named: bool


def read_items(mapped: Mapped, shape: Shape) -> Items:
    """Read and check every item. A row has columns for the payload's fields, or the whole of it in the column PAYLOAD.

    A field that is no text may be JSON text, as tables without nesting have it. Raises BadInput with file and line for a column
    that is missing, a row that does not fit the recipe's payload, a marker that is not there, and a name given twice.
    """
    known = tuple(shape.payload.model_fields)
    for option, names in (("--field", mapped.fields), ("--after", mapped.after), ("--labels", mapped.labels)):
        for name in names:
            if name not in known:
                raise BadInput(f"{shape.recipe} has no field {name!r}", where=option, fix=suggest(name, known))
    wanted = {mapped.column(name) for name in known} | set(mapped.axes) | {mapped.id or "", PAYLOAD, *ID_COLUMNS}
    columns = read_columns(mapped.path, wanted)
    for name in (*mapped.fields.values(), *mapped.labels.values(), *mapped.axes, *([mapped.id] if mapped.id else [])):
        columns.one_of(name)
    used = {mapped.column(name) for name in known}
    id_column = mapped.id or next((name for name in ID_COLUMNS if name in columns.values and name not in used), None)
    reader = _Reader(mapped, shape, columns, id_column)
    rows = tuple(reader.row(number) for number in range(columns.rows))
    first: dict[str, str] = {}
    for row in rows:
        if row.key in first:
            raise BadInput(
                f"the item {row.key!r} is given twice", where=row.place, fix=f"It stands at {first[row.key]} already."
            )
        first[row.key] = row.place
    return Items(rows, id_column is not None)


@dataclass(frozen=True)
class _Reader:
    mapped: Mapped
    shape: Shape
    columns: Columns
    id_column: str | None

    def row(self, row: int) -> Imported:
        columns, mapped = self.columns, self.mapped
        raw = self._nested(row)
        texts = {name: value for name, value in raw.items() if isinstance(value, str)} if raw else {}
        for name in () if raw else self.shape.payload.model_fields:
            column = mapped.column(name)
            if name in mapped.labels or column not in columns.values or columns.empty(row, column):
                continue
            value = self._value(row, name, column)
            if isinstance(value, str) and name not in mapped.after:
                texts[column] = value
            raw[name] = value
        variants = [raw]
        for name, column in mapped.labels.items():
            labels = _labels(columns, row, column)
            variants = [variant | {name: label} for variant in variants for label in labels]
        payloads = [self.shape.adopt(variant) for variant in variants]
        accepted = tuple(self._parsed(payload, row) for payload in payloads)
        key = str(row + 1) if self.id_column is None else columns.text(row, self.id_column)
        coordinate = Coordinate(tuple((axis, self._scalar(row, axis)) for axis in mapped.axes if not columns.empty(row, axis)))
        return Imported(key, payloads[0], accepted, coordinate, texts, columns.place(row, "").removesuffix(": "))

    def _nested(self, row: int) -> dict[str, Any]:
        """The payload that the row holds as a whole; none where it has none, or where columns are named for its fields."""
        mapped, given = self.mapped, self.columns.values.get(PAYLOAD)
        if given is None or given[row] is None or PAYLOAD in self._known or mapped.fields or mapped.after or mapped.labels:
            return {}
        held = _unfolded(given[row])
        if not isinstance(held, Mapping) or not held:
            fields = ", ".join(f'"{name}": ...' for name in self._known)
            raise BadInput(
                "its payload is no JSON object with fields",
                where=self.columns.place(row, "").removesuffix(": "),
                fix=f"Write {{{fields}}}.",
            )
        return {name: self._fitted(name, value) for name, value in held.items() if value is not None}

    @property
    def _known(self) -> Mapping[str, Any]:
        return self.shape.payload.model_fields

    def _value(self, row: int, name: str, column: str) -> Any:
        value = self.columns.values[column][row]
        marker = self.mapped.after.get(name)
        if marker is not None:
            if not isinstance(value, str) or marker not in value:
                raise BadInput(
                    f"there is no {marker!r} in it",
                    where=self.columns.place(row, column),
                    fix=f"`--after {name}={marker}` takes what follows the last one; correct the row or the marker.",
                )
            value = value.rsplit(marker, 1)[1].strip()
        return self._fitted(name, value)

    def _fitted(self, name: str, value: Any) -> Any:
        """The value in the type that its field wants: a file may hold a text as a number, and a structure as a text."""
        if name not in self._known:
            return value
        wanted = self._known[name].annotation
        if wanted is str:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(int(value)) if value == int(value) else str(value)
            return value
        return value if str in get_args(wanted) else _unfolded(value)

    def _parsed(self, payload: Mapping[str, Any], row: int) -> Any:
        try:
            return self.shape.parse(payload)
        except ValidationError as problem:
            first = problem.errors()[0]
            name = ".".join(map(str, first["loc"])) or "payload"
            column = self.mapped.column(name)
            if first["type"] == "missing":
                shown = ", ".join(self.columns.present[:20])
                what = f"{self.shape.recipe} needs a {name!r}, and this row has none (columns: {shown})"
            else:
                what = f"this does not fit {self.shape.recipe}'s {name!r}: {first['msg']}"
            fix = f"Name the column it is in: --field {name}=COLUMN."
            if PAYLOAD in self.columns.values:
                fix = "Correct the payload, or name the columns of its fields with --field NAME=COLUMN."
            raise BadInput(what, where=self.columns.place(row, column), fix=fix) from None

    def _scalar(self, row: int, axis: str) -> Scalar:
        value = self.columns.values[axis][row]
        if isinstance(value, str | int | float | bool):
            return value
        raise BadInput("an axis holds single values", where=self.columns.place(row, axis), fix="Choose another column.")


def _unfolded(value: Any) -> Any:
    """A structure that is written as JSON text; whatever else it is, as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        # A text that merely begins like a structure is a text.
        with suppress(json.JSONDecodeError):
            return json.loads(value)
    return value


def _labels(columns: Columns, row: int, column: str) -> Sequence[str]:
    """The acceptable answers of a cell: a list of texts or numbers, or one; in a CSV, a list is written as JSON."""
    value = columns.values[column][row]
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _unfolded(value)
    found = value if isinstance(value, list) else [value]
    texts = [str(label).strip() for label in found if isinstance(label, str | int | float) and not isinstance(label, bool)]
    if not texts or len(texts) < len(found) or not all(texts):
        raise BadInput("these are no labels", where=columns.place(row, column), fix='Write a text, or a list like ["a", "b"].')
    return texts
