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
    references: tuple[tuple[str, str, tuple[str, ...]], ...]
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
            "reference files": digest([[name, sha] for name, sha, _ in self.references]),
        }


def prepare(spec_path: str, cast_name: str | None, *, spec_text: str | None = None, cast_text: str | None = None) -> Plan:
    """Load and check everything a job needs. Raises BadInput with the file, the field and the fix.

    spec_text and cast_text stand in for files that are gone since the job began.
    """
    loaded = config.load_spec(Path(spec_path), text=spec_text)
    spec = loaded.spec
    recipe = find_recipe(spec.recipe, where=loaded.at("recipe"))
    settings = config.parse_settings(recipe.settings, spec.settings, loaded)
    gates = config.bind_gates(recipe.gates, spec.gates, spec.without, loaded)
    _check_anchors(recipe, spec, loaded)
    chosen = cast_name or spec.cast
    if chosen is None:
        known = ", ".join(sorted(recipe.casts))
        raise BadInput(
            "no cast was named",
            where=spec_path,
            fix=f"Give --cast FILE, or one of the shipped casts: --cast {known or '(none)'}",
        )
    cast = config.load_cast(chosen, recipe.casts, text=cast_text)
    config.check_lineage(cast.cast)
    _check_roles(gates, cast.cast, chosen)
    models_of(recipe, cast.cast)
    texts = tuple((r.name, r.sha256, tuple(config.read_texts(r))) for r in spec.references)
    inputs = {
        "spec_path": str(Path(spec_path).resolve()),
        "spec_text": loaded.text,
        "cast": chosen if chosen in recipe.casts else str(Path(chosen).resolve()),
        "cast_text": cast.text,
    }
    return Plan(spec, recipe, settings, gates, cast.cast, _embedder(spec), texts, inputs)


def models_of(recipe: Recipe, cast: Cast) -> dict[Role, tuple[Model, ...]]:
    """A model per seat. Raises BadInput for a member nothing here can play."""
    players = recipe.rehearsal() if recipe.rehearsal is not None else {}
    log = os.environ.get(SIM_LOG_VARIABLE)

    def model(role: Role, member: Member) -> Model:
        where = f"cast {cast.name}: {role.value}: model"
        if not member.simulated:
            raise BadInput(
                f"{member.model!r} needs a provider adapter, and this version has only rehearsal models",
                where=where,
                fix="Use `sim:` models (`--cast rehearsal`)",
            )
        name = member.model.removeprefix("sim:")
        if name not in players:
            known = ", ".join(f"sim:{player}" for player in sorted(players)) or "none"
            raise BadInput(f"recipe {recipe.name} cannot rehearse {member.model!r}", where=where, fix=f"It has: {known}")
        return SimModel(players[name], member, log=Path(log) if log else None)

    return {role: tuple(model(role, member) for member in seats) for role, seats in cast.members.items()}


def _embedder(spec: Spec) -> Embedder:
    from factory.similarity import load_embedder

    return load_embedder(spec.embedder)


def _check_anchors(recipe: Recipe, spec: Spec, loaded: config.LoadedSpec) -> None:
    from pydantic import ValidationError

    for number, anchor in enumerate(spec.anchors):
        try:
            recipe.payload.model_validate(anchor.payload)
        except ValidationError as exc:
            problem = exc.errors()[0]
            field = ".".join(str(step) for step in problem["loc"])
            raise BadInput(
                f"anchor {number + 1} is not a {recipe.name} payload: {field or 'payload'}: {problem['msg']}",
                where=loaded.at("anchors"),
                fix=f"An anchor's payload has the fields {', '.join(recipe.payload.model_fields)}",
            ) from None


def _check_roles(gates: Sequence[Gate], cast: Cast, name: str) -> None:
    needed: dict[Role, str] = {Role.AUTHOR: "the lever"}
    for gate in gates:
        for role in gate.roles:
            needed.setdefault(role, f"the {gate.name} gate")
    for role, user in needed.items():
        if not cast.seats(role):
            raise BadInput(
                f"the cast has no {role.value}, which {user} needs",
                where=f"cast {name}",
                fix=f"Add `{role.value}:` to the cast, or leave the gate out with `without:` in the spec",
            )


def _digest_folder(folder: Path, suffix: str) -> str:
    files = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
    return digest([[str(path.relative_to(folder)), sha256_hex(path.read_bytes())] for path in files])


def _digest_source(cls: type) -> str:
    path = inspect.getsourcefile(cls)
    return sha256_hex(Path(path).read_bytes()) if path else ""
