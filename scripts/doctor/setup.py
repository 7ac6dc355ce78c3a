"""The spec and the cast, as far as they can be checked without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from factory import config
from factory.config.lineage import Lineage, check_lineage
from factory.errors import FactoryError
from factory.recipe import Recipe
from factory.similarity.embedder import PACKAGED
from factory.types import Cast, Role
from recipes import SHIPPED, load_shipped
from scripts.assembly import check_anchors, check_members, check_seats
from scripts.doctor.diagnosis import Diagnosis, Level, failed
from scripts.registry import find_recipe


@dataclass(frozen=True)
class Setup:
    """What the files say. cast: None where none was named or it does not load; lineages: empty where the rule is broken."""

    diagnoses: tuple[Diagnosis, ...]
    cast: Cast | None = None
    embedder: str = PACKAGED
    lineages: Mapping[tuple[Role, int], Lineage] = field(default_factory=dict)


def read_setup(spec_path: str | None, cast_name: str | None) -> Setup:
    """Load and check both; what is wrong with one keeps nobody from looking at the other."""
    found: list[Diagnosis] = []
    loaded, recipe = None, None
    if spec_path is not None:
        try:
            loaded = config.load_spec(spec_path)
            recipe = find_recipe(loaded.spec.recipe, where=loaded.locate(("recipe",)))
            _check_spec(loaded, recipe)
            what = f"{loaded.spec.name}, for recipe {recipe.name} {recipe.version}"
            found.append(Diagnosis("spec", spec_path, Level.OK, what))
        except FactoryError as error:
            found.append(failed("spec", spec_path, error))
    embedder = loaded.spec.embedder if loaded is not None else PACKAGED
    chosen = cast_name or (loaded.spec.cast if loaded is not None else None)
    if chosen is None:
        return Setup((*found, _no_cast(recipe)), embedder=embedder)
    try:
        cast = config.load_cast(chosen, _shipped(recipe))
    except FactoryError as error:
        return Setup((*found, failed("cast", chosen, error)), embedder=embedder)
    lineages: Mapping[tuple[Role, int], Lineage] = {}
    try:
        if loaded is not None and recipe is not None:
            bound = config.bind_gates(recipe.gates, loaded.spec.gates, loaded.spec.without, loaded.locate)
            report = check_seats(recipe, bound, cast)
        else:
            report = check_lineage(cast.cast, cast.locate)
        lineages = report.lineages
        _check_rehearsal(recipe or _shipping(chosen), cast)
        found.append(_judged(chosen, cast.cast, report.notes))
    except FactoryError as error:
        found.append(failed("cast", chosen, error))
    return Setup(tuple(found), cast.cast, embedder, lineages)


def _check_spec(loaded: config.LoadedSpec, recipe: Recipe) -> None:
    config.parse_settings(recipe.settings, loaded.spec.settings, loaded.locate)
    config.bind_gates(recipe.gates, loaded.spec.gates, loaded.spec.without, loaded.locate)
    check_anchors(recipe, loaded.spec, loaded)


def _check_rehearsal(recipe: Recipe | None, cast: config.LoadedCast) -> None:
    """Whether its simulated members can be played; without a recipe nobody can tell."""
    seats = {role: tuple(m for m in members if m.simulated) for role, members in cast.cast.members.items()}
    if recipe is not None:
        check_members(recipe, cast.cast.model_copy(update={"members": seats}), str(cast.path))


def _judged(name: str, cast: Cast, notes: tuple[str, ...]) -> Diagnosis:
    members = [member for seats in cast.members.values() for member in seats]
    simulated = sum(member.simulated for member in members)
    facts = {"members": len(members), "simulated": simulated, "notes": list(notes)}
    what = f"{len(members)} members, no forbidden relation between them"
    if simulated:
        which = "all" if simulated == len(members) else str(simulated)
        what += f"; {which} simulated (a rehearsal): for those nothing goes over the network"
    if not notes:
        return Diagnosis("cast", name, Level.OK, what, facts=facts)
    fix = " ".join(notes)
    return Diagnosis("cast", name, Level.WARN, f"{len(members)} members, with a word on their lineage", fix, facts=facts)


def _no_cast(recipe: Recipe | None) -> Diagnosis:
    shipped = ", ".join(sorted(_shipped(recipe))) or "none"
    what = f"none was named, so no model was asked; shipped: {shipped}; or --cast FILE"
    return Diagnosis("cast", "", Level.OK, what, facts={"shipped": sorted(_shipped(recipe))})


def _shipped(recipe: Recipe | None) -> dict[str, Path]:
    """The casts that can be given by name: the recipe's, or every shipped recipe's where no spec says which."""
    ones = [recipe] if recipe is not None else [load_shipped(name) for name in SHIPPED]
    return {name: path for one in ones for name, path in one.casts.items()}


def _shipping(cast: str) -> Recipe | None:
    return next((recipe for recipe in map(load_shipped, SHIPPED) if cast in recipe.casts), None)
