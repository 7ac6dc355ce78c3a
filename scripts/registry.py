"""Finding recipes: the shipped list, other people's packages by entry point, or a file the spec names.

Listing imports nobody's code but ours: an entry point is only loaded when a spec asks for it by name, or when `factory gates`
is asked what the gates of all installed recipes are, and a recipe file only when a spec names its path, which is the decision
to trust it.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from factory.canonical import sha256_hex
from factory.errors import BadInput
from factory.recipe import Recipe
from recipes import SHIPPED, load_shipped

GROUP = "factory.recipes"


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipe that can be named in a spec. summary is empty for a package's recipe: telling it would mean importing it."""

    name: str
    origin: str
    version: str = ""
    summary: str = ""


def listed() -> tuple[Listed, ...]:
    ours = [Listed(name, "shipped", recipe.version, recipe.summary) for name in SHIPPED for recipe in [load_shipped(name)]]
    theirs = [Listed(point.name, f"package {point.dist.name if point.dist else '?'}") for point in _points()]
    return (*ours, *theirs)


def find_recipe(name: str, *, where: str) -> Recipe:
    """The recipe a spec asks for. Raises BadInput naming `where` (the spec's file and field) when there is none."""
    if name in SHIPPED:
        return load_shipped(name)
    for point in _points():
        if point.name == name:
            return _checked(_loaded(point, where), f"entry point {point.value}", where)
    if name.endswith(".py"):
        return _from_file(Path(name), where)
    known = ", ".join(entry.name for entry in listed())
    raise BadInput(
        f"there is no recipe named {name!r}", where=where, fix=f"Use one of: {known}; or the path of a recipe file (.py)"
    )


def _loaded(point: EntryPoint, where: str) -> object:
    try:
        return point.load()
    except (Exception, SystemExit) as exc:
        package = point.dist.name if point.dist else "its package"
        fix = f"Mend or reinstall {package}"
        raise BadInput(f"the recipe {point.name} does not load ({type(exc).__name__}: {exc})", where=where, fix=fix) from exc


def _points() -> tuple[EntryPoint, ...]:
    return tuple(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def _from_file(path: Path, where: str) -> Recipe:
    if not path.is_file():
        raise BadInput(
            f"there is no recipe file {path}", where=where, fix="Check the path; it is relative to the spec's folder"
        )
    name = f"factory_recipe_{sha256_hex(str(path.resolve()))[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a .py path always has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:
        fix = "Run the file with Python to see where; a recipe file only defines things"
        raise BadInput(f"the recipe file {path} does not load ({type(exc).__name__}: {exc})", where=where, fix=fix) from exc
    if not hasattr(module, "RECIPE"):
        raise BadInput(f"the recipe file {path} defines no RECIPE", where=where, fix="Assign a factory.recipe.Recipe to RECIPE")
    return _checked(module.RECIPE, str(path), where)


def _checked(value: object, origin: str, where: str) -> Recipe:
    if not isinstance(value, Recipe):
        raise BadInput(
            f"{origin} gives a {type(value).__name__}, not a recipe", where=where, fix="It must be a factory.recipe.Recipe"
        )
    return value
