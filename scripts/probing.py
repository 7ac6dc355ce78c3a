"""A probe as a job: items from a file take the author's place, and the same lever, journal, lander and store do the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from factory import config
from factory.canonical import digest
from factory.config.items import Imported, Items, Mapped, Shape, read_items
from factory.config.lineage import CAST_KEYS, LineageReport, check_lineage
from factory.errors import BadInput, suggest
from factory.gate import Gate
from factory.lever import Line
from factory.ports import PROBE, Policy
from factory.recipe import AuthorContext, Recipe
from factory.statistics import DISCRIMINATING, EASY, HARD
from factory.types import Axis, AxisValue, Cast, ProbeSpec, Role, Spec
from gates.difficulty import FRONTIER, Difficulty
from gates.judged import Judged
from scripts.assembly import (
    Plan,
    arbitrated,
    cast_again,
    check_anchors,
    check_members,
    embedder_of,
    inputs_of,
    references_of,
    spec_again,
)
from scripts.registry import find_recipe

IMPORT = "import"
# Nothing of a probe is written by an author or learnt from by a reflector.
_UNUSED = (Role.AUTHOR, Role.REFLECTOR)


@dataclass(frozen=True)
class ProbeOptions:
    """What a probe is asked. grader: "judge", a kind of the recipe's grader, or None for the spec's or the recipe's own; gates:
    None for all that the cast can seat; all_bands: every item is confirmed, whatever its band; samples, shown: of the judged
    panel.
    """

    mapped: Mapped
    recipe: str | None = None
    spec: str | None = None
    grader: str | None = None
    gates: tuple[str, ...] | None = None
    all_bands: bool = False
    samples: int = 1
    shown: bool = False

    @property
    def judged(self) -> bool:
        return self.grader == "judge"


@dataclass(frozen=True)
class ProbePlan(Plan):
    """items: what is measured, in order; left_out: gate to the reason it does not run; file: the digest of the items' bytes."""

    items: tuple[Imported, ...] = ()
    left_out: Mapping[str, str] | None = None
    file: str = ""
    kind: ClassVar[str] = PROBE

    def line(self, seed: int) -> Line:
        return replace(super().line(seed), coordinates=tuple(item.coordinate for item in self.items))

    def policy(self, before: Policy) -> Policy:
        return Policy(attempts=len(self.items))

    def fingerprint(self) -> dict[str, str]:
        return {**super().fingerprint(), "items file": self.file}


@dataclass(frozen=True)
class Ground:
    """What both ways of probing stand on: the spec (given, or made from the options), recipe, settings, gates and items."""

    loaded: config.LoadedSpec
    recipe: Recipe
    settings: Any
    gates: tuple[Gate, ...]
    items: Items | None

    @property
    def difficulty(self) -> Difficulty:
        """The difficulty gate as the recipe and the spec set it; as it comes where the recipe has none."""
        return next((gate for gate in self.gates if isinstance(gate, Difficulty)), Difficulty())


def ground(options: ProbeOptions, loaded: config.LoadedSpec | None = None, *, with_items: bool = True) -> Ground:
    """Read and check spec, recipe, settings and items. loaded: the spec, where it was read already. Raises BadInput."""
    loaded = loaded or _spec(options)
    recipe = find_recipe(loaded.spec.recipe, where=loaded.locate(("recipe",)))
    settings = config.parse_settings(recipe.settings, loaded.spec.settings, loaded.locate)
    gates = config.bind_gates(recipe.gates, loaded.spec.gates, loaded.spec.without, loaded.locate)
    items = read_items(options.mapped, shape_of(recipe, settings)) if with_items else None
    return Ground(loaded, recipe, settings, gates, items)


def shape_of(recipe: Recipe, settings: Any) -> Shape:
    """What the recipe, so set, takes for an item of a file."""
    adopt = recipe.adopt
    return Shape(recipe.name, recipe.payload, recipe.parse, lambda raw: raw if adopt is None else adopt(raw, settings))


def prepare_probe(options: ProbeOptions, cast_name: str | None) -> ProbePlan:
    """Load and check everything that a probe needs. Raises BadInput with the file, the field and the fix."""
    if options.mapped.labels and not options.judged:
        raise BadInput(
            "the gates grade against one reference",
            where="--labels",
            fix="Use it with --grader judge or --solutions; the exact grader's `separator` splits a reference into several.",
        )
    found = ground(options)
    chosen = cast_name or found.loaded.spec.cast
    if chosen is None:
        known = ", ".join(sorted(found.recipe.casts)) or "none for this recipe"
        raise BadInput("no cast was named", where="factory probe", fix=f"Give --cast FILE or a shipped cast ({known})")
    return _plan(options, found, config.load_cast(chosen, found.recipe.casts))


def probe_again(inputs: Mapping[str, Any]) -> ProbePlan:
    """The plan of a probe that was begun, from its files as they are now. Raises BadInput where the items are gone."""
    options = kept_options(inputs["probe"])
    found = ground(options, spec_again(inputs) if options.spec else None)
    return _plan(options, found, cast_again(inputs, found.recipe))


def _plan(options: ProbeOptions, found: Ground, loaded_cast: config.LoadedCast) -> ProbePlan:
    recipe, loaded = found.recipe, found.loaded
    assert found.items is not None, "a live probe reads its items"
    check_anchors(recipe, loaded.spec, loaded)
    seats = {role: members for role, members in loaded_cast.cast.members.items() if role not in _UNUSED}
    cast = loaded_cast.cast.model_copy(update={"members": seats})
    check_members(recipe, cast, str(loaded_cast.path))
    gates, left_out = _chosen(options, found.gates, cast, str(loaded_cast.path))
    lineage = check_lineage(cast, loaded_cast.locate, judged_solvers=options.judged, arbitrated=arbitrated(gates))
    gates = tuple(_set(gate, options, lineage) for gate in gates)
    items = found.items.rows
    spec = _probe_spec(options, loaded.spec, items)
    inputs = inputs_of(loaded, loaded_cast, recipe) | {
        "probe": _keepable(options, loaded.spec),
        "panel": named(cast, Role.SOLVER),
        "judges": named(cast, Role.JUDGE),
    }
    derived = replace(recipe, author=_importer(items), repair=None, gates=gates, origin=IMPORT)
    return ProbePlan(
        spec=spec,
        recipe=derived,
        settings=found.settings,
        gates=gates,
        cast=cast,
        embedder=embedder_of(loaded, gates),
        references=references_of(spec),
        inputs=inputs,
        lineage=lineage,
        items=items,
        left_out=left_out,
        file=config.digest_file(options.mapped.path),
    )


def _importer(items: Sequence[Imported]) -> Any:
    async def hand_over(context: AuthorContext) -> Mapping[str, Any]:
        """The item at this index, as it stands in the file: nobody is asked."""
        return items[context.index].payload

    return hand_over


def _set(gate: Gate, options: ProbeOptions, lineage: LineageReport) -> Gate:
    """A gate with what only the options and the cast can tell it."""
    if isinstance(gate, Difficulty) and options.all_bands:
        return replace(gate, wanted=(EASY, DISCRIMINATING, HARD, FRONTIER))
    if isinstance(gate, Judged):
        related = {slot: judges for (role, slot), judges in lineage.relatives.items() if role is Role.SOLVER}
        return replace(gate, apart=tuple(sorted((judge, slot) for slot, judges in related.items() for judge in judges)))
    return gate


def _chosen(options: ProbeOptions, known: Sequence[Gate], cast: Cast, where: str) -> tuple[tuple[Gate, ...], dict[str, str]]:
    """The gates that run, in the recipe's order, and why the others do not."""
    judged = Judged(options.samples, options.shown)
    known = (*known, judged)
    names = [gate.name for gate in known]
    asked = options.gates if options.gates is not None else (judged.name,) if options.judged else None
    for name in asked or ():
        if name not in names:
            raise BadInput(f"there is no gate {name!r} here", where="--gates", fix=suggest(name, names))
    left_out: dict[str, str] = {}
    taken = []
    for gate in known:
        if gate is judged and (asked is None or judged.name not in asked):
            continue
        missing = [CAST_KEYS.get(role, role.value) for role in gate.roles if not cast.seats(role)]
        if asked is not None and gate.name not in asked:
            continue
        if missing and asked is not None:
            raise BadInput(
                f"the cast has no {missing[0]}, which the {gate.name} gate needs",
                where=where,
                fix=f"Add `{missing[0]}:` to the cast, or leave the gate out of --gates",
            )
        if missing:
            left_out[gate.name] = f"the cast has no {' and no '.join(missing)}"
        else:
            taken.append(gate)
    if not taken:
        raise BadInput("no gate is left to run", where=where, fix="Give a cast with solvers, say, or other --gates.")
    return tuple(taken), left_out


def _probe_spec(options: ProbeOptions, spec: Spec, items: Sequence[Imported]) -> ProbeSpec:
    """The spec without what only steers an author: the items' own columns are the axes, and no quota turns one away."""
    axes = tuple(Axis(name=name, values=_values(name, items)) for name in options.mapped.axes)
    kept = {name: getattr(spec, name) for name in Spec.model_fields if name not in ("axes", "exclude", "quotas", "without")}
    shown = digest([[item.payload, dict(item.coordinate)] for item in items])
    return ProbeSpec(**kept, axes=tuple(axis for axis in axes if axis.values), items=shown)


def _values(name: str, items: Sequence[Imported]) -> tuple[AxisValue, ...]:
    values: list[Any] = []
    for item in items:
        if name in item.coordinate and item.coordinate[name] not in values:
            values.append(item.coordinate[name])
    if not values:
        raise BadInput(f"the column {name!r} is empty in every row", where="--axis", fix="Choose another column.")
    return tuple(AxisValue(value=value) for value in values)


def _spec(options: ProbeOptions) -> config.LoadedSpec:
    """The spec file, or the least that the options say."""
    if options.spec is not None:
        loaded = config.load_spec(options.spec)
        if options.recipe is not None and loaded.spec.recipe not in (options.recipe, str(Path(options.recipe).absolute())):
            raise BadInput(
                f"the spec is of the recipe {loaded.spec.recipe!r}, not {options.recipe!r}",
                where=loaded.locate(("recipe",)),
                fix="Leave --recipe out.",
            )
        if options.grader is not None and not options.judged:
            raise BadInput(
                "a spec says itself how it grades", where="--grader", fix="Set `settings: {grader: ...}` in the spec."
            )
        return loaded
    if options.recipe is None:
        raise BadInput("no recipe says what these items are", where="factory probe", fix="Give --recipe NAME, or --spec SPEC")
    settings = {} if options.grader is None or options.judged else {"grader": {"kind": options.grader}}
    path = options.mapped.path
    name = re.sub(r"[^\w .-]+", "-", path.stem).lstrip(" .-")[:100] or "items"
    recipe = str(Path(options.recipe).absolute()) if options.recipe.endswith(".py") else options.recipe
    spec = Spec(
        name=name,
        recipe=recipe,
        brief=f"The items of {path.name}.",
        axes=(Axis(name="items", values=(AxisValue(value=name),)),),
        settings=settings,
    )
    return config.LoadedSpec(spec, "", path.absolute(), lambda loc: f"factory probe: {'.'.join(map(str, loc))}")


def named(cast: Cast, role: Role) -> list[str]:
    """A name for each member of a role, in slot order; the slot is added where two have the same model."""
    models = [member.model for member in cast.seats(role)]
    return [model if models.count(model) == 1 else f"{model} [{slot}]" for slot, model in enumerate(models)]


def _keepable(options: ProbeOptions, spec: Spec) -> dict[str, Any]:
    """The options as JSON, for a job's inputs."""
    return {
        **options.mapped.kept(),
        "recipe": spec.recipe,
        "spec": None if options.spec is None else str(Path(options.spec).absolute()),
        "grader": options.grader,
        "gates": None if options.gates is None else list(options.gates),
        "all_bands": options.all_bands,
        "samples": options.samples,
        "shown": options.shown,
    }


def kept_options(value: Mapping[str, Any]) -> ProbeOptions:
    gates = None if value["gates"] is None else tuple(value["gates"])
    others = {name: value[name] for name in ("recipe", "spec", "grader", "all_bands", "samples", "shown")}
    return ProbeOptions(Mapped.again(value), gates=gates, **others)
