"""From a spec file and a cast to a job that can run: everything that can be wrong is found here, before anything is written."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from factory import config
from factory.canonical import digest, sha256_hex
from factory.errors import BadInput
from factory.gate import Gate, settings_of
from factory.lever import Line
from factory.ports import Embedder, Model
from factory.providers.sim import SimModel
from factory.recipe import Recipe
from factory.similarity.embedder import load_embedder
from factory.similarity.references import Reference
from factory.types import Cast, Member, Role, Spec
from scripts.registry import find_recipe

SIM_LOG_VARIABLE = "FACTORY_SIM_LOG"


@dataclass(frozen=True)
class Plan:
    """A job's parts, checked against each other. inputs: what starting it again needs; see `JobRecord.inputs`."""

    spec: Spec
    recipe: Recipe
    settings: BaseModel
    gates: tuple[Gate, ...]
    cast: Cast
    embedder: Embedder
    references: tuple[Reference, ...]
    inputs: Mapping[str, Any]

    @property
    def conditions(self) -> tuple[str, ...]:
        """What every receipt of the job must confess."""
        facts = {"simulated": self.cast.simulated, "allow_related": self.cast.allow_related}
        return tuple(name for name, holds in facts.items() if holds)

    def line(self, seed: int) -> Line:
        task = self.recipe.task(self.settings)
        return Line(self.spec, self.recipe, self.settings, self.gates, task, seed, self.conditions)

    def fingerprint(self) -> dict[str, str]:
        """A digest per part on which the job's outcome depends; a resume compares them and names the one that changed."""
        sources, prompts = _digest_folder(self.recipe.folder, ".py"), _digest_folder(self.recipe.folder, ".j2")
        return {
            "spec": self.spec.identity,
            "recipe source": sources,
            "prompts": prompts,
            "gates": digest([[g.name, g.version, settings_of(g), _digest_source(type(g))] for g in self.gates]),
            "cast": digest(self.cast.model_dump(mode="json")),
            "embedder": self.embedder.name,
            "reference files": digest([[r.name, r.sha256] for r in self.references]),
        }


def prepare(spec_path: str, cast_name: str | None) -> Plan:
    """Load and check everything a job needs. Raises BadInput with the file, the field and the fix."""
    loaded = config.load_spec(spec_path)
    spec = loaded.spec
    recipe = find_recipe(spec.recipe, where=loaded.locate(("recipe",)))
    chosen = cast_name or spec.cast
    if chosen is None:
        known = ", ".join(sorted(recipe.casts)) or "none for this recipe"
        raise BadInput("no cast was named", where=spec_path, fix=f"Give --cast FILE or a shipped cast ({known})")
    return _plan(loaded, config.load_cast(chosen, recipe.casts), recipe)


def prepare_again(inputs: Mapping[str, Any]) -> Plan:
    """The plan of a job that was begun, from its files as they are now; from its own record where a file is gone."""
    spec_path, cast_path = Path(inputs["spec_path"]), Path(inputs["cast_path"])
    loaded = config.load_spec(spec_path) if spec_path.exists() else config.parse_spec(inputs["spec_text"], spec_path)
    recipe = find_recipe(loaded.spec.recipe, where=loaded.locate(("recipe",)))
    shipped = recipe.casts.get(inputs["cast_path"])
    if shipped is not None or cast_path.exists():
        cast = config.load_cast(inputs["cast_path"], recipe.casts)
    else:
        cast = config.parse_cast(inputs["cast_text"], cast_path)
    return _plan(loaded, cast, recipe)


def _plan(loaded: config.LoadedSpec, cast: config.LoadedCast, recipe: Recipe) -> Plan:
    spec = loaded.spec
    settings = config.parse_settings(recipe.settings, spec.settings, loaded.locate)
    gates = config.bind_gates(recipe.gates, spec.gates, spec.without, loaded.locate)
    _check_anchors(recipe, spec, loaded)
    config.check_lineage(cast.cast, cast.locate)
    _check_roles(gates, cast)
    models_of(recipe, cast.cast, where=str(cast.path))
    references = tuple(Reference(r.name, r.sha256, config.read_texts(r)) for r in spec.references)
    shipped = next((name for name, path in recipe.casts.items() if path == cast.path), None)
    inputs = {
        "recipe": spec.recipe,
        "spec_path": str(loaded.path),
        "spec_text": loaded.text,
        "cast_path": shipped or str(cast.path.absolute()),
        "cast_text": cast.text,
    }
    return Plan(spec, recipe, settings, gates, cast.cast, load_embedder(spec.embedder), references, inputs)


def models_of(recipe: Recipe, cast: Cast, *, where: str = "cast") -> dict[Role, tuple[Model, ...]]:
    """A model per seat. Raises BadInput for a member nothing here can play."""
    players = recipe.rehearsal() if recipe.rehearsal is not None else {}
    log = os.environ.get(SIM_LOG_VARIABLE)

    def model(role: Role, member: Member) -> Model:
        place = f"{where}: {role.value}: model"
        if not member.simulated:
            raise BadInput(
                f"{member.model!r} needs a provider adapter, and this version has only rehearsal models",
                where=place,
                fix="Use `sim:` models (`--cast rehearsal`)",
            )
        name = member.model.removeprefix("sim:")
        if name not in players:
            known = ", ".join(f"sim:{player}" for player in sorted(players)) or "none"
            raise BadInput(f"recipe {recipe.name} cannot rehearse {member.model!r}", where=place, fix=f"It has: {known}")
        return SimModel(players[name], member, log=Path(log) if log else None)

    return {role: tuple(model(role, member) for member in seats) for role, seats in cast.members.items()}


def _check_anchors(recipe: Recipe, spec: Spec, loaded: config.LoadedSpec) -> None:
    from pydantic import ValidationError

    for number, anchor in enumerate(spec.anchors):
        try:
            recipe.parse(anchor.payload)
        except ValidationError as exc:
            problem = exc.errors()[0]
            field = ".".join(str(step) for step in problem["loc"])
            raise BadInput(
                f"anchor {number + 1} is not a {recipe.name} payload: {field or 'payload'}: {problem['msg']}",
                where=loaded.locate(("anchors", number)),
                fix=f"An anchor's payload has the fields {', '.join(recipe.payload.model_fields)}",
            ) from None


def _check_roles(gates: Sequence[Gate], loaded: config.LoadedCast) -> None:
    needed: dict[Role, str] = {Role.AUTHOR: "the lever"}
    for gate in gates:
        for role in gate.roles:
            needed.setdefault(role, f"the {gate.name} gate")
    for role, user in needed.items():
        if not loaded.cast.seats(role):
            raise BadInput(
                f"the cast has no {role.value}, which {user} needs",
                where=str(loaded.path),
                fix=f"Add `{role.value}:` to the cast, or leave the gate out with `without:` in the spec",
            )


def _digest_folder(folder: Path, suffix: str) -> str:
    files = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
    return digest([[str(path.relative_to(folder)), sha256_hex(path.read_bytes())] for path in files])


def _digest_source(cls: type) -> str:
    path = inspect.getsourcefile(cls)
    return sha256_hex(Path(path).read_bytes()) if path else ""
