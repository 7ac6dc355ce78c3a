"""Other people's planters from a file, a decision to trust it, and the planting itself, which trusts nobody's result."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from factory.audit import Trial
from factory.canonical import canonical_json, plain, sha256_hex, stream
from factory.errors import BadInput
from factory.gate import Answered, Gate, LandingGate
from factory.recipe import Recipe
from gates.defects import PLANTERS, Planter, SetPlanter
from scripts.auditing.goods import Good

SHIPPED = "shipped"
# How often planting is tried for each defect that is wanted: items that cannot bear a kind are passed over.
_TRIES = 4
_SHOWN = 200  # characters of what an exception says
_IN_PLACE = (
    "it returned None and changed the payload that it was given: what it left there was taken for the defect; "
    "`return payload`, and None only where an item cannot bear it"
)
_SHAPES = "Planter(kind, gate, plant), (kind, gate, plant), or a function plant(payload, rng) with attributes kind and gate"


@dataclass
class Kind:
    """How the planting of one kind went. planted: defects made; unborne: items that cannot bear it; failed: tries that raised,
    or brought what no payload can be. problem: the first of those, or what else its author should know, "" for nothing.
    """

    kind: str
    gate: str
    planted: int = 0
    unborne: int = 0
    failed: int = 0
    problem: str = ""


def planters_of(names: Sequence[str], recipe: Recipe, gates: Sequence[Gate] | None = None) -> tuple[Planter, ...]:
    """Those of the files named, and, where `shipped` is among the names, the shipped ones. Raises BadInput.

    gates: as the spec sets them (the recipe's own where None, or where one is left out): of the shipped planters those whose
    defect such a gate claims to catch.
    """
    set_so = {gate.name: gate for gate in (*recipe.gates, *(gates or ()))}
    found: list[Planter] = []
    for name in names:
        if name == SHIPPED:
            found += (one for one in PLANTERS if one.when is None or one.gate not in set_so or one.when(set_so[one.gate]))
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
    # As `python FILE.py` has it: its neighbours can be imported, and what it prints is not what we print.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:
        raise BadInput(f"it does not load ({type(exc).__name__}: {exc})", where=where, fix="Run it with Python.") from exc
    finally:
        # Still found by what it imports later, but no longer before anything of ours.
        sys.path.append(sys.path.pop(0))
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
    if isinstance(entry, type):
        raise BadInput(f"it is the class {entry.__name__}", where=where, fix=f"Make one of it: {entry.__name__}().")
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


@dataclass(frozen=True, slots=True)
class _Tried:
    """payload: what was planted, None where the item cannot bear it; in_place: left in what the planter was given, which it did
    not return; problem: why it is no defect, "" for none.
    """

    payload: Any = None
    in_place: bool = False
    problem: str = ""


@dataclass
class _Bed:
    """The different defects of one planter. tries: how often one was added, the same one again included; failed: tries that
    made none, the first of which `problem` tells.
    """

    planter: Planter
    trials: list[Trial] = field(default_factory=list)
    tries: int = 0
    failed: int = 0
    problem: str = ""
    _forms: set[bytes] = field(default_factory=set)

    def add(self, good: Good, payload: Any) -> None:
        self.tries += 1
        form = canonical_json([payload, good.id])
        if form not in self._forms:
            self._forms.add(form)
            self.trials.append(Trial(good.id, good.coordinate, payload, self.planter.kind, self.planter.gate))


@dataclass(frozen=True)
class Gardener:
    """Plants in good items of a recipe. gates: the recipe's own, in the line or not; seed: of the random streams."""

    recipe: Recipe
    gates: Sequence[Gate]
    seed: int

    def plant(self, goods: Sequence[Good], planter: Planter, wanted: int) -> tuple[list[Trial], Kind]:
        """So many different defects of one kind, the items taken in turn; fewer where they cannot be had.

        A planter that never returns a payload, but changes the one that it was given, has planted there.
        """
        kind, gate = Kind(planter.kind, planter.gate), next((gate for gate in self.gates if gate.name == planter.gate), None)
        returned, left = _Bed(planter), _Bed(planter)
        for number, good in self._turns(goods, wanted):
            bed = left if (tried := self._try(planter, good, gate, number)).in_place else returned
            if tried.problem:
                bed.problem = bed.problem or f"{tried.problem} (item {good.id})"
                bed.failed += 1
            elif tried.payload is not None:
                bed.add(good, tried.payload)
            else:
                kind.unborne += 1
            if len(returned.trials) == wanted:
                break
        # What a planter leaves behind when it gives an item up need not be a payload: whoever returns some means those.
        chosen = returned if returned.trials or not (left.tries or left.failed) else left
        kind.unborne += 0 if chosen is left else left.tries + left.failed
        kind.failed = returned.failed + (chosen is left) * left.failed
        problems = [returned.problem, left.problem, _IN_PLACE] if chosen is left else [returned.problem]
        kind.problem = next(filter(None, problems), "")
        trials = chosen.trials[:wanted]
        kind.planted = len(trials)
        return trials, kind

    def _try(self, planter: Planter, good: Good, gate: Gate | None, number: int) -> _Tried:
        """Plant once. Never raises: what a planter does wrong is told."""
        rng = stream("plant", self.seed, planter.gate, planter.kind, good.id, number)
        given = copy.deepcopy(plain(good.payload))
        try:
            with redirect_stdout(sys.stderr):
                made: Any = planter.plant(given, rng)
            if isinstance(made, BaseModel):
                made = made.model_dump(mode="json", by_alias=True)
            in_place = made is None and plain(given) != plain(good.payload)
            if in_place:
                made = given
            if made is None:
                return _Tried()
            problem = self._problem(made, good, gate)
            if problem and in_place:
                problem = f"it returned None, and as for the payload that it was given and changed: {problem}"
            return _Tried(None if problem else plain(made), in_place, problem)
        except (Exception, SystemExit) as exc:
            return _Tried(problem=f"it raised {type(exc).__name__}: {' '.join(str(exc).split())[:_SHOWN]}")

    def plant_in_set(
        self, goods: Sequence[Good], answers: Sequence[Answered], planter: SetPlanter, wanted: int
    ) -> tuple[list[Trial], Kind]:
        """So many times a good item, in turn, after a set that it must not join. answers: of each good item."""
        kind, trials = Kind(planter.kind, planter.gate), []
        keys = [answer.key for answer in answers]
        for number in range(wanted):
            good, answer = goods[number % len(goods)], answers[number % len(goods)]
            landed = planter.plant(answer, keys, stream("plant", self.seed, planter.gate, planter.kind, good.id, number))
            if landed is None:
                kind.unborne += 1
            else:
                trials.append(Trial(good.id, good.coordinate, good.payload, planter.kind, planter.gate, landed))
        kind.planted = len(trials)
        return trials, kind

    def _turns(self, goods: Sequence[Good], wanted: int) -> Iterator[tuple[int, Good]]:
        for turn in range(max(_TRIES, -(-_TRIES * wanted // max(1, len(goods))))):
            for good in goods:
                yield turn, good

    def _problem(self, payload: Any, good: Good, gate: Gate | None) -> str:
        """Why this is no defect that could be told of, "" when it is one."""
        if inspect.isawaitable(payload) or inspect.isasyncgen(payload):
            if inspect.iscoroutine(payload):
                payload.close()
            return "it is an async function: write `def`, and return the payload"
        if inspect.isgenerator(payload):
            return "it is a generator: `return` one payload, do not `yield` it"
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
                hint = "; return the whole payload, {**payload, ...}" if first["type"] == "missing" else ""
                return f"what it returned does not fit the {self.recipe.name} payload: {name}: {first['msg']}{hint}"
        return ""
