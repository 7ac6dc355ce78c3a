"""Other people's planters from a file, a decision to trust it, and the planting itself, which trusts nobody's result."""

from __future__ import annotations

import copy
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from factory.audit import Trial
from factory.canonical import canonical_json, plain, sha256_hex, stream
from factory.errors import BadInput
from factory.gate import Gate, LandingGate
from factory.recipe import Recipe
from gates.defects import PLANTERS, Planter
from scripts.auditing.goods import Good

SHIPPED = "shipped"
# How often planting is tried for each defect that is wanted: items that cannot bear a kind are passed over.
_TRIES = 4
_SHAPES = "Planter(kind, gate, plant), (kind, gate, plant), or a function plant(payload, rng) with attributes kind and gate"


@dataclass
class Kind:
    """How the planting of one kind went. planted: defects made; unborne: items that cannot bear it; failed: tries that raised,
    or brought what no payload can be, the first of which `problem` tells.
    """

    kind: str
    gate: str
    planted: int = 0
    unborne: int = 0
    failed: int = 0
    problem: str = ""


@dataclass
class Planted:
    trials: list[Trial] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)


def planters_of(names: Sequence[str], recipe: Recipe) -> tuple[Planter, ...]:
    """Those of the files named, and the shipped ones where `shipped` is among the names. Raises BadInput."""
    found: list[Planter] = []
    for name in names:
        if name == SHIPPED:
            found += PLANTERS
            found += [Planter(one.kind, one.gate, one.plant) for one in (recipe.planters() if recipe.planters else ())]
        else:
            found += load_planters(Path(name))
    seen: set[tuple[str, str]] = set()
    for one in found:
        if (one.kind, one.gate) in seen:
            raise BadInput(
                f"two planters are called {one.kind!r} of the gate {one.gate!r}",
                where=f"--planters {' '.join(names)}",
                fix="Give each kind a name of its own.",
            )
        seen.add((one.kind, one.gate))
    return tuple(found)


def load_planters(path: Path) -> tuple[Planter, ...]:
    """The file's PLANTERS. Raises BadInput saying which entry is none, and why."""
    where = f"--planters {path}"
    if not path.is_file():
        raise BadInput("there is no such file", where=where, fix="Give a Python file that defines PLANTERS.")
    name = f"factory_planters_{sha256_hex(str(path.resolve()))[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput("this is no Python file", where=where, fix="Its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:
        raise BadInput(f"it does not load ({type(exc).__name__}: {exc})", where=where, fix="Run it with Python.") from exc
    entries = getattr(module, "PLANTERS", None)
    if entries is None:
        raise BadInput("it defines no PLANTERS", where=where, fix=f"Write PLANTERS = [...], each entry {_SHAPES}.")
    if not isinstance(entries, list | tuple | set | frozenset):
        raise BadInput(f"its PLANTERS is a {type(entries).__name__}", where=where, fix=f"Make it a list, each entry {_SHAPES}.")
    if not entries:
        raise BadInput("its PLANTERS is empty", where=where, fix=f"Add entries: {_SHAPES}.")
    return tuple(_planter(entry, f"{where}: PLANTERS[{number}]") for number, entry in enumerate(entries))


def _planter(entry: Any, where: str) -> Planter:
    kind, gate, plant = _parts(entry, where)
    for name, value in (("kind", kind), ("gate", gate)):
        if not isinstance(value, str) or not value.strip():
            raise BadInput(f"its {name} is {value!r}", where=where, fix=f"The {name} is a name; write {_SHAPES}.")
    if not callable(plant):
        raise BadInput(f"its plant is a {type(plant).__name__}, which cannot be called", where=where, fix=f"Write {_SHAPES}.")
    return Planter(kind.strip(), gate.strip(), plant)


def _parts(entry: Any, where: str) -> tuple[Any, Any, Callable[..., Any] | Any]:
    if isinstance(entry, Mapping):
        return tuple(_given(entry.get(name), name, where) for name in ("kind", "gate", "plant"))
    if isinstance(entry, list | tuple):
        if len(entry) != 3:
            raise BadInput(f"it has {len(entry)} parts", where=where, fix=f"Write {_SHAPES}.")
        names = [part for part in entry if isinstance(part, str)]
        makers = [part for part in entry if not isinstance(part, str)]
        return (names[0], names[1], makers[0]) if len(names) == 2 else (entry[0], entry[1], entry[2])
    if callable(entry) and not hasattr(entry, "plant"):
        return (
            getattr(entry, "kind", getattr(entry, "__name__", None)),
            _given(getattr(entry, "gate", None), "gate", where),
            entry,
        )
    return tuple(_given(getattr(entry, name, None), name, where) for name in ("kind", "gate", "plant"))


def _given(value: Any, name: str, where: str) -> Any:
    if value is None:
        raise BadInput(f"it has no {name}", where=where, fix=f"Write {_SHAPES}.")
    return value


@dataclass(frozen=True)
class Gardener:
    """Plants in good items of a recipe. gates: the recipe's own, in the line or not; seed: of the random streams."""

    recipe: Recipe
    gates: Sequence[Gate]
    seed: int

    def plant(self, goods: Sequence[Good], planter: Planter, wanted: int) -> tuple[list[Trial], Kind]:
        """So many different defects of one kind, the items taken in turn; fewer where they cannot be had."""
        kind, trials = Kind(planter.kind, planter.gate), []
        gate = next((gate for gate in self.gates if gate.name == planter.gate), None)
        made: set[bytes] = set()
        for number, good in self._turns(goods, wanted):
            rng = stream("plant", self.seed, planter.gate, planter.kind, good.id, number)
            try:
                payload = planter.plant(copy.deepcopy(plain(good.payload)), rng)
                problem = "" if payload is None else self._problem(payload, good, gate)
            except (Exception, SystemExit) as exc:
                payload, problem = None, f"it raised {type(exc).__name__}: {exc}"
            if problem:
                kind.failed += 1
                kind.problem = kind.problem or f"{problem} (item {good.id})"
            elif payload is None:
                kind.unborne += 1
            else:
                payload = plain(payload)
                form = canonical_json([payload, good.id])
                if form not in made:
                    made.add(form)
                    trials.append(Trial(good.id, good.coordinate, payload, planter.kind, planter.gate))
            if len(trials) == wanted:
                break
        kind.planted = len(trials)
        return trials, kind

    def _turns(self, goods: Sequence[Good], wanted: int) -> Iterator[tuple[int, Good]]:
        for turn in range(max(_TRIES, -(-_TRIES * wanted // max(1, len(goods))))):
            for good in goods:
                yield turn, good

    def _problem(self, payload: Any, good: Good, gate: Gate | None) -> str:
        """Why this is no defect that could be told of, "" when it is one."""
        if not isinstance(payload, Mapping):
            return f"it returned a {type(payload).__name__}, not a payload"
        if any(not isinstance(name, str) for name in payload):
            return "a key of the payload is no text"
        canonical_json(payload)
        if plain(payload) == plain(good.payload) and not isinstance(gate, LandingGate):
            return "it returned the item as it was, without a defect"
        if gate is None or not gate.takes_raw:
            try:
                self.recipe.novelty_view(self.recipe.parse(payload))
            except ValidationError as exc:
                first = exc.errors()[0]
                name = ".".join(map(str, first["loc"])) or "payload"
                return f"what it returned does not fit the {self.recipe.name} payload: {name}: {first['msg']}"
        return ""
