"""An audit as a job: trials take the author's place, and the same journal, lander and store do the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import factory
from factory.audit import Auditor, Trial
from factory.canonical import digest
from factory.config import digest_file
from factory.config.items import Mapped
from factory.errors import BadInput, suggest
from factory.gate import Answered, answered
from factory.lever import Line, Puller
from factory.ports import AUDIT, Corpus, CorpusItem, Policy, Standing
from factory.report.audit import BAR
from factory.types import AuditSpec, Candidate, Coordinate, Role, Spec
from gates.defects import SET_PLANTERS
from scripts.assembly import Plan, prepare, prepare_again
from scripts.auditing import goods as good_items
from scripts.auditing.goods import Good
from scripts.auditing.planters import SHIPPED, Gardener, Kind, planters_of
from store import SqlStore, open_store, store_exists

STORE, FILE, REHEARSAL = "store", "file", "rehearsal"
SOURCES = (STORE, REHEARSAL)
"""What `--items` may name in the stead of a file."""
SPARE = 10
_OWN_KIND = (
    "this cast's simulated readers follow items of the rehearsal's own kind only: gates that ask them (oracle, difficulty) "
    "stop good items of another kind for want of an answer, which says nothing about the items or the gates"
)


@dataclass(frozen=True)
class AuditOptions:
    """per_defect: defects of each kind, and good items, that are wanted; planters: files, or `shipped`; items: a file's good
    items; source: STORE or REHEARSAL for theirs, None to choose where there is no file; seed: of what is drawn and planted.
    """

    per_defect: int = 50
    planters: tuple[str, ...] = (SHIPPED,)
    items: Mapped | None = None
    source: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class AuditPlan(Plan):
    """trials: in order, the good items first; source: where the good items come from (STORE, FILE or REHEARSAL)."""

    trials: tuple[Trial, ...] = ()
    goods: tuple[Good, ...] = ()
    source: str = FILE
    files: Mapping[str, str] | None = None
    kind: ClassVar[str] = AUDIT

    def line(self, seed: int) -> Line:
        line = super().line(seed)
        given = {part.name: getattr(line, part.name) for part in fields(line)}
        return Line(**given | {"coordinates": tuple(trial.coordinate for trial in self.trials)})

    def policy(self, before: Policy) -> Policy:
        return Policy(attempts=len(self.trials))

    def fingerprint(self) -> dict[str, str]:
        shown = digest([trial.told() for trial in self.trials])
        auditing = Path(factory.__file__).parent / "audit.py"
        return {**super().fingerprint(), **(self.files or {}), "planted items": shown, "auditing": digest_file(auditing)}

    def standing(self, store: SqlStore, job: str, landed: Sequence[Candidate]) -> Standing:
        """What gates compare with: the store's accepted items where the good ones are among them, and else the good ones only,
        which may well be copies of the store's, or bear the ids of what the store holds with another text.
        """
        if self.source == STORE:
            return replace(super().standing(store, job, landed), items=self._entries(store), landed=self.places(store))
        return Standing(self._entries(store), lambda ids: {}, self.places(store))

    def puller(self, store: SqlStore, corpus: Corpus) -> Puller:
        return Auditor(self.trials, corpus, self.places(store))

    def places(self, store: SqlStore) -> dict[str, int]:
        return {entry.id: place for place, entry in enumerate(self._entries(store))}

    def _entries(self, store: SqlStore) -> Iterable[CorpusItem]:
        if self.source == STORE:
            return store.accepted()
        return (CorpusItem(good.id, good.view, good.id) for good in self.goods)


def prepare_audit(spec_path: str, cast_name: str | None, options: AuditOptions, url: str) -> AuditPlan:
    """Load and check everything, draw the good items and plant in them; nothing is written. Raises BadInput."""
    plan = prepare(spec_path, cast_name)
    source, goods, notes = _goods(plan, options, url)
    return _plan(plan, options, source, goods, notes)


def _goods(plan: Plan, options: AuditOptions, url: str) -> tuple[str, tuple[Good, ...], list[str]]:
    """Where the good items come from, these, and why from there, where that was not asked for. Raises BadInput for none."""
    if options.items is not None:
        found = good_items.from_file(options.items, plan.recipe, plan.settings, options.per_defect, options.seed)
        return FILE, found, [_OWN_KIND] if _read_by_stand_ins(plan) else []
    if options.source == REHEARSAL:
        return REHEARSAL, _rehearsed(plan, options), []
    stored, enough = _stored(plan, options, url), min(options.per_defect, BAR.good)
    held = f"the store holds {len(stored)} accepted items of the spec {plan.spec.name}, and {enough} are wanted"
    if options.source is None and len(stored) < enough and plan.cast.simulated:
        return (
            REHEARSAL,
            _rehearsed(plan, options),
            [f"{held}: the rehearsal's author wrote others (--items store takes those)"],
        )
    if not stored:
        raise good_items.none_found(plan, url)
    few = [f"{held}: more come by --items FILE or --items rehearsal"] if len(stored) < enough else []
    return STORE, stored, few


def _read_by_stand_ins(plan: Plan) -> bool:
    """Whether some role that is shown an item, as the author is not, is simulated."""
    return any(one.simulated for role, members in plan.cast.members.items() if role is not Role.AUTHOR for one in members)


def _rehearsed(plan: Plan, options: AuditOptions) -> tuple[Good, ...]:
    # What a rehearsal writes costs nothing: a few more, since not every item can bear every defect.
    return good_items.from_rehearsal(plan, options.per_defect + -(-options.per_defect // SPARE), options.seed)


def _stored(plan: Plan, options: AuditOptions, url: str) -> tuple[Good, ...]:
    if not store_exists(url):
        return ()
    store = open_store(url, read_only=True)
    try:
        return good_items.from_store(store, plan, options.per_defect, options.seed)
    finally:
        store.close()


def audit_again(inputs: Mapping[str, Any]) -> AuditPlan:
    """The plan of an audit that was begun: its files as they are now; items of the store as they were."""
    plan, kept = prepare_again(inputs), inputs["audit"]
    items = None if kept["items"] is None else Mapped.again(kept["items"])
    options = AuditOptions(kept["per_defect"], tuple(kept["planters"]), items, kept["source"], kept["seed"])
    if options.items is not None:
        goods = good_items.from_file(options.items, plan.recipe, plan.settings, options.per_defect, options.seed)
    elif kept["source"] == REHEARSAL:
        goods = _rehearsed(plan, options)
    else:
        goods = tuple(
            Good(id, payload, Coordinate(tuple(map(tuple, cells))), plan.recipe.novelty_view(plan.recipe.parse(payload)))
            for id, payload, cells in kept["goods"]
        )
    return _plan(plan, options, kept["source"], goods, kept["notes"])


def _plan(plan: Plan, options: AuditOptions, source: str, goods: tuple[Good, ...], notes: Sequence[str]) -> AuditPlan:
    planters = planters_of(options.planters, plan.recipe, plan.gates)
    known = [gate.name for gate in plan.recipe.gates]
    gardener = Gardener(plan.recipe, plan.recipe.gates, options.seed)
    answers = _answers(plan, goods)
    trials = _as_they_are(goods, answers)
    kinds: list[Kind] = []
    for planter in planters:
        if planter.gate not in known:
            swapped = planter.kind in known
            fix = "Its kind is one: the order is (kind, gate, plant)." if swapped else suggest(planter.gate, known)
            kinds.append(Kind(planter.kind, planter.gate, problem=f"there is no gate {planter.gate!r} in this recipe. {fix}"))
            continue
        made, kind = gardener.plant(goods, planter, options.per_defect)
        trials += made
        kinds.append(kind)
    for set_planter in SET_PLANTERS if SHIPPED in options.planters else ():
        if set_planter.gate in known:
            made, kind = gardener.plant_in_set(goods, answers, set_planter, options.per_defect)
            trials += made
            kinds.append(kind)
    if len(trials) == len(goods):
        told = "; ".join(f"{kind.kind}: {kind.problem or 'no item can bear it'}" for kind in kinds[:3])
        raise BadInput(
            f"nothing could be planted ({told})", where=f"--planters {' '.join(options.planters)}", fix="Mend the planters."
        )
    audit = {
        "per_defect": options.per_defect,
        "planters": [one if one == SHIPPED else str(Path(one).absolute()) for one in options.planters],
        "items": None if options.items is None else options.items.kept(),
        "seed": options.seed,
        "source": source,
        "notes": list(notes),
        "goods": [[g.id, g.payload, [list(cell) for cell in g.coordinate.items()]] for g in goods] if source == STORE else [],
        "good": len(goods),
        "gates": [[gate.name, gate.version] for gate in plan.gates],
        "without": [gate.name for gate in plan.recipe.gates if gate.name in plan.spec.without],
        "kinds": [vars(kind) for kind in kinds],
        "unplanted": _unplanted(plan, kinds),
        "bar": BAR.shown(),
    }
    given = {part.name: getattr(plan, part.name) for part in fields(plan)}
    files = {f"planters {Path(one).name}": digest_file(Path(one)) for one in options.planters if one != SHIPPED}
    if options.items is not None:
        files["items file"] = digest_file(options.items.path)
    return AuditPlan(
        **given | {"spec": _spec(plan.spec, trials), "inputs": {**plan.inputs, "audit": audit}},
        trials=tuple(trials),
        goods=goods,
        source=source,
        files=files,
    )


def _answers(plan: Plan, goods: Sequence[Good]) -> list[Answered]:
    task = plan.recipe.task(plan.settings)
    return [answered(task, plan.recipe.parse(good.payload)) for good in goods]


def _as_they_are(goods: Sequence[Good], answers: Sequence[Answered]) -> list[Trial]:
    """The good items, each after those before it, as a run would land them."""
    landed: Counter[str] = Counter()
    trials = []
    for good, answer in zip(goods, answers, strict=True):
        trials.append(Trial(good.id, good.coordinate, good.payload, landed=dict(landed)))
        if answer.key:
            landed[answer.key] += 1
    return trials


def _unplanted(plan: Plan, kinds: Sequence[Kind]) -> dict[str, list[str]]:
    """By gate the kinds of defect that the shipped planters and those given know, and that none was planted of."""
    planted = {(kind.gate, kind.kind) for kind in kinds if kind.planted}
    found: dict[str, list[str]] = {}
    shipped = ((one.gate, one.kind) for one in planters_of((SHIPPED,), plan.recipe, plan.gates))
    sets = ((one.gate, one.kind) for one in SET_PLANTERS)
    for gate, name in dict.fromkeys([*((kind.gate, kind.kind) for kind in kinds), *shipped, *sets]):
        if (gate, name) not in planted:
            found.setdefault(gate, []).append(name)
    return found


def _spec(spec: Spec, trials: Sequence[Trial]) -> AuditSpec:
    kept = {name: getattr(spec, name) for name in Spec.model_fields}
    return AuditSpec(**kept, trials=digest([trial.told() for trial in trials]))
