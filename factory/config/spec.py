"""A spec from its YAML file: the forms people write, checked, with every complaint at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from factory.config.references import check_form, digest_file, json_lines
from factory.config.yaml import (
    Document,
    Loc,
    Locate,
    bad_input,
    parse_document,
    read_text,
    require_regular_file,
)
from factory.errors import BadInput, suggest
from factory.sampling import axis_order, check_cells
from factory.types import Anchor, Axis, Scalar, Spec

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NAME = re.compile(r"\w[\w .-]{0,99}\Z")

RecipeCheck = Callable[[str, Locate], None]


@dataclass(frozen=True)
class LoadedSpec:
    """A spec with the text it came from; locate gives the file and line of a part of it (`("gates", "novelty")`, say)."""

    spec: Spec
    text: str
    path: Path
    locate: Locate = field(compare=False, repr=False)


def load_spec(path: str | Path, *, recipe_check: RecipeCheck | None = None) -> LoadedSpec:
    """Read a spec file. recipe_check is called with the recipe's name (or absolute file path) and may raise BadInput.

    Raises BadInput for whatever is wrong, naming file, line and field.
    """
    path = Path(path)
    return parse_spec(read_text(path), path.absolute(), recipe_check=recipe_check)


def parse_spec(text: str, path: Path, *, recipe_check: RecipeCheck | None = None) -> LoadedSpec:
    """A spec from its text; relative paths in it are taken from the folder of `path`. Raises BadInput."""
    document = parse_document(text, path)
    shaped = _Shaper(document).shape()
    try:
        spec = Spec.model_validate_json(orjson.dumps(shaped.value))
    except ValidationError as problem:
        raise bad_input(problem, Spec, shaped.locate) from None
    _check_words(spec, shaped.locate)
    _check_grid(spec, shaped.locate)
    if recipe_check is not None:
        recipe_check(spec.recipe, document.locate)
    return LoadedSpec(spec, text, path, document.locate)


@dataclass(frozen=True)
class _Shaped:
    """The spec's own shape as plain values. moved: where a part of that shape stands in the file."""

    value: dict[str, Any]
    moved: Mapping[Loc, Loc]
    document: Document

    def locate(self, loc: Loc) -> str:
        for cut in range(len(loc), 0, -1):
            if loc[:cut] in self.moved:
                return self.document.locate((*self.moved[loc[:cut]], *loc[cut:]))
        return self.document.locate(loc)


class _Shaper:
    """Brings the short forms of the file into the one shape of `Spec`."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.folder = document.path.parent
        self.moved: dict[Loc, Loc] = {}

    def shape(self) -> _Shaped:
        value = self.document.value
        if not isinstance(value, dict):
            raise self.bad("a spec is a mapping of fields", (), "Write `name: ...`, `recipe: ...`, `axes: ...`.")
        out = dict(value)
        for key in value:
            if key not in Spec.model_fields:
                raise self.bad(f"unknown field {key!r}", (key,), suggest(str(key), Spec.model_fields))
            if key != "axes":
                self.require_text_keys(value[key], (key,))
        if "axes" in out:
            out["axes"] = self.axes(out["axes"])
        if isinstance(out.get("recipe"), str):
            out["recipe"] = self.recipe(out["recipe"])
        if "exclude" in out:
            out["exclude"] = [self.exclusion(i, entry) for i, entry in enumerate(self.list_of("exclude", out["exclude"]))]
        if "quotas" in out:
            out["quotas"] = [self.quota(i, entry) for i, entry in enumerate(self.list_of("quotas", out["quotas"]))]
        if "anchors" in out:
            out["anchors"] = self.anchors(out["anchors"])
        if "references" in out:
            out["references"] = self.references(self.list_of("references", out["references"]))
        return _Shaped(out, self.moved, self.document)

    def bad(self, what: str, loc: Loc, fix: str) -> BadInput:
        return BadInput(what, where=self.document.locate(loc), fix=fix)

    def require_text_keys(self, value: Any, loc: Loc) -> None:
        if isinstance(value, dict):
            for key, entry in value.items():
                if not isinstance(key, str):
                    raise self.bad(f"the key {key!r} is not a text", (*loc, key), "Quote it.")
                self.require_text_keys(entry, (*loc, key))
        elif isinstance(value, list):
            for position, entry in enumerate(value):
                self.require_text_keys(entry, (*loc, position))

    def list_of(self, name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.bad(f"{name} is not a list", (name,), "Write one `- ...` line for each.")
        return value

    def axes(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, dict) or not value:
            raise self.bad("axes is not a mapping", ("axes",), "Write `axes:` and below it `topic: [a, b]` lines.")
        out = []
        for position, (name, values) in enumerate(value.items()):
            if not isinstance(name, str):
                raise self.bad(f"the axis name {name!r} is not a text", ("axes", name), "Quote it.")
            self.moved["axes", position] = self.moved["axes", position, "values"] = ("axes", name)
            out.append({"name": name, "values": self.axis_values(position, name, values)})
        return out

    def axis_values(self, position: int, name: str, values: Any) -> list[Any]:
        if isinstance(values, dict):
            entries = [(key, {"value": key, "weight": weight}) for key, weight in values.items()]
        elif isinstance(values, list):
            entries = [(i, entry if isinstance(entry, dict) else {"value": entry}) for i, entry in enumerate(values)]
        else:
            raise self.bad(
                f"the axis {name!r} is not a list", ("axes", name), f"Write `{name}: [a, b]` or `{name}: {{a: 2, b: 1}}`."
            )
        if not entries:
            raise self.bad(f"the axis {name!r} has no values", ("axes", name), "Give it at least one.")
        out = []
        for at, (key, entry) in enumerate(entries):
            place: Loc = ("axes", name, key)
            self.moved["axes", position, "values", at] = place
            self.require_text_keys(entry, place)
            self.require_scalar(entry.get("value", ""), place)
            out.append(entry | {"when": self.where(entry["when"], (*place, "when"))} if "when" in entry else entry)
        return out

    def require_scalar(self, value: Any, loc: Loc) -> None:
        if not isinstance(value, str | int | float):
            raise self.bad(f"{value!r} is not a single value", loc, "Write a text, a number, true or false.")

    def where(self, value: Any, loc: Loc) -> dict[str, list[Any]]:
        if not isinstance(value, dict) or not value:
            raise self.bad("a condition is a mapping from axis to value", loc, "Write {axis: value} or {axis: [value, value]}.")
        out: dict[str, list[Any]] = {}
        for axis, wanted in value.items():
            values = wanted if isinstance(wanted, list) else [wanted]
            if not values:
                raise self.bad(f"the condition on {axis!r} lists no value", (*loc, axis), "Give it at least one.")
            for entry in values:
                self.require_scalar(entry, (*loc, axis))
            out[axis] = values
        return out

    def exclusion(self, position: int, value: Any) -> dict[str, Any]:
        self.moved["exclude", position, "where"] = ("exclude", position)
        return {"where": self.where(value, ("exclude", position))}

    def quota(self, position: int, value: Any) -> Any:
        if isinstance(value, dict) and "where" in value:
            return value | {"where": self.where(value["where"], ("quotas", position, "where"))}
        return value

    def recipe(self, value: str) -> str:
        """A recipe's name, or the absolute path of its file when it is written as a path."""
        if not (value.startswith(".") or "/" in value or value.endswith(".py")):
            return value
        path = self.resolved(value, ("recipe",))
        if path.suffix != ".py":
            raise self.bad(f"the recipe file {path.name} is not a .py file", ("recipe",), "Name a recipe, or its Python file.")
        return str(path)

    def resolved(self, value: str, loc: Loc) -> Path:
        """The absolute path of a regular file named in the spec."""
        path = (self.folder / value).absolute() if "\0" not in value else Path(value)
        require_regular_file(path, where=self.document.locate(loc))
        return path

    def anchors(self, value: Any) -> Any:
        if not isinstance(value, str):
            return self.list_of("anchors", value)
        path = self.resolved(value, ("anchors",))
        out = []
        for line, row in json_lines(path):
            try:
                anchor = Anchor.model_validate_json(orjson.dumps(row))
            except ValidationError as problem:
                raise bad_input(problem, Anchor, partial(_at_line, f"{path}:{line}")) from None
            out.append(anchor.model_dump(mode="json"))
        return out

    def references(self, value: list[Any]) -> list[Any]:
        out = []
        for position, entry in enumerate(value):
            loc: Loc = ("references", position)
            if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
                raise self.bad("a reference set needs a path", loc, "Write {name: ..., path: FILE, field: ...}.")
            path = self.resolved(entry["path"], (*loc, "path"))
            check_form(path, where=self.document.locate((*loc, "path")))
            sha256 = digest_file(path)
            if entry.get("sha256", sha256) != sha256:
                raise self.bad(
                    f"{path.name} is not the file whose sha256 stands here", (*loc, "sha256"), f"It is {sha256}; correct one."
                )
            out.append({"name": path.stem} | entry | {"path": str(path), "sha256": sha256})
        names = [entry["name"] for entry in out]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise self.bad(f"two reference sets are named {name!r}", ("references", position), "Give each its own `name:`.")
        return out


def _at_line(place: str, loc: Loc) -> str:
    return ": ".join([place, ".".join(str(part) for part in loc)])


def _check_words(spec: Spec, locate: Locate) -> None:
    if not _NAME.match(spec.name):
        raise BadInput(
            f"{spec.name!r} is no name", where=locate(("name",)), fix="Use up to 100 letters, digits, spaces, dots, - and _."
        )
    if not _LANGUAGE.match(spec.language):
        raise BadInput(
            f"{spec.language!r} is no language tag", where=locate(("language",)), fix="Write one such as en or pt-BR."
        )
    for name in ("brief", "recipe"):
        if not getattr(spec, name).strip():
            raise BadInput(f"the {name} is empty", where=locate((name,)), fix="Write it.")


def _check_grid(spec: Spec, locate: Locate) -> None:
    axes = {axis.name: axis for axis in spec.axes}
    for position, axis in enumerate(spec.axes):
        _check_axis(axis, axes, position, locate)
    for position, exclusion in enumerate(spec.exclude):
        _check_where(exclusion.where, axes, ("exclude", position, "where"), locate)
    for position, quota in enumerate(spec.quotas):
        _check_where(quota.where, axes, ("quotas", position, "where"), locate)
    try:
        axis_order(spec.axes)
    except BadInput as problem:
        raise BadInput(problem.what, where=locate(("axes",)), fix=problem.fix) from None
    try:
        check_cells(spec.axes, spec.exclude)
    except BadInput as problem:
        raise BadInput(problem.what, where=locate(("exclude",)), fix=problem.fix) from None


def _check_axis(axis: Axis, axes: Mapping[str, Axis], position: int, locate: Locate) -> None:
    seen: list[Scalar] = []
    for at, value in enumerate(axis.values):
        loc: Loc = ("axes", position, "values", at)
        # 1, 1.0 and true are equal in every lookup of the grid, so an axis can hold only one of them.
        if value.value in seen:
            raise BadInput(f"the axis {axis.name!r} holds {value.value!r} twice", where=locate(loc), fix="Keep one of them.")
        seen.append(value.value)
        if axis.name in value.when:
            raise BadInput(
                f"a value of {axis.name!r} depends on {axis.name!r} itself",
                where=locate((*loc, "when")),
                fix="Name another axis.",
            )
        _check_where(value.when, axes, (*loc, "when"), locate)


def _check_where(where: Mapping[str, tuple[Scalar, ...]], axes: Mapping[str, Axis], loc: Loc, locate: Locate) -> None:
    for name, wanted in where.items():
        if name not in axes:
            raise BadInput(f"there is no axis {name!r}", where=locate((*loc, name)), fix=suggest(name, axes))
        known = [value.value for value in axes[name].values]
        for value in wanted:
            if value not in known:
                raise BadInput(
                    f"the axis {name!r} has no value {value!r}",
                    where=locate((*loc, name)),
                    fix=suggest(str(value), [str(entry) for entry in known]),
                )
