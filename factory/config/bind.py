"""The spec's `settings:` and `gates:` put to their owners: the recipe's settings model and its gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from factory.canonical import plain
from factory.config.yaml import Loc, Locate, bad_input
from factory.errors import BadInput, FactoryError, suggest
from factory.gate import Gate, settings_of

Settings = TypeVar("Settings", bound=BaseModel)


def bind_gates(
    recipe_gates: Sequence[Gate], spec_gates: Mapping[str, Mapping[str, Any]], without: Sequence[str], locate: Locate
) -> tuple[Gate, ...]:
    """The recipe's gates in order, those in `without` left out, the others with the spec's settings.

    Raises BadInput naming file, line and field for an unknown gate or setting, and for a value of the wrong type.
    """
    known = [gate.name for gate in recipe_gates]
    for position, name in enumerate(without):
        if name not in known:
            raise BadInput(
                f"the recipe has no gate {name!r} to leave out", where=locate(("without", position)), fix=suggest(name, known)
            )
    for name in spec_gates:
        if name not in known:
            raise BadInput(f"the recipe has no gate {name!r}", where=locate(("gates", name)), fix=suggest(name, known))
        if name in without:
            raise BadInput(
                f"the gate {name!r} has settings here and is left out by `without:`",
                where=locate(("gates", name)),
                fix="Remove one of the two.",
            )
    return tuple(
        _with_settings(gate, spec_gates[gate.name], locate) if gate.name in spec_gates else gate
        for gate in recipe_gates
        if gate.name not in without
    )


def _with_settings(gate: Gate, overrides: Mapping[str, Any], locate: Locate) -> Gate:
    base: Loc = ("gates", gate.name)
    names = [entry.name for entry in fields(gate) if entry.init]  # type: ignore[arg-type]
    for name in overrides:
        if name not in names:
            raise BadInput(
                f"the gate {gate.name!r} has no setting {name!r}", where=locate((*base, name)), fix=suggest(name, names)
            )
    merged = plain(settings_of(gate) | dict(overrides))
    try:
        bound: Gate = TypeAdapter(type(gate)).validate_json(orjson.dumps(merged), strict=True)
    except ValidationError as problem:
        raise bad_input(problem, type(gate), locate, base) from None
    except FactoryError as problem:
        # A gate's own check of its settings (in __post_init__) knows the field but not the file.
        raise BadInput(problem.what, where=locate(base), fix=problem.fix) from None
    return bound


def parse_settings(model: type[Settings], mapping: Mapping[str, Any], locate: Locate, base: Loc = ("settings",)) -> Settings:
    """The spec's `settings:` as the recipe's model. Raises BadInput naming file, line and field."""
    try:
        return model.model_validate_json(orjson.dumps(plain(mapping)))
    except ValidationError as problem:
        raise bad_input(problem, model, locate, base) from None
