"""`factory audit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.config.items import Mapped, pairs
from factory.config.prices import prices_of
from factory.errors import BadInput
from factory.ports import Policy
from scripts import jobs
from scripts.auditing.plan import SOURCES, AuditOptions, prepare_audit
from scripts.commands.run import begin, nano
from scripts.console import say, say_json
from store import open_store


@dataclass(frozen=True, slots=True)
class AuditRequest:
    spec: str
    cast: str | None
    options: AuditOptions
    budget_usd: float | None
    deadline_s: float | None
    concurrency: int
    store: str
    json: bool


def mapped(items: str | None, field: Sequence[str], after: Sequence[str], axis: Sequence[str], id: str | None) -> Mapped | None:
    """What the options say of the file of the good items, None where they name none. Raises BadInput for columns of no file."""
    if items is not None and items not in SOURCES:
        return Mapped(Path(items), pairs("--field", field), pairs("--after", after), tuple(axis), id)
    for option, given in (("--field", field), ("--after", after), ("--axis", axis), ("--id", id)):
        if given:
            raise BadInput("this is about the columns of a file", where=option, fix="Give the file with --items FILE too.")
    return None


def audit(request: AuditRequest) -> int:
    plan = prepare_audit(request.spec, request.cast, request.options, request.store)
    prices_of(plan.cast, capped=request.budget_usd is not None)
    store = open_store(request.store)
    try:
        job = jobs.new_job(store, plan, Policy(attempts=len(plan.trials)), None)
        limits = jobs.Limits(request.concurrency, request.deadline_s, nano(request.budget_usd))
        return begin(store, plan, job, limits, request.store, request.json)
    finally:
        store.close()


def preview(request: AuditRequest) -> int:
    """Check everything, plant, and say what would be shown to which gates; nothing is called or written."""
    plan = prepare_audit(request.spec, request.cast, request.options, request.store)
    prices_of(plan.cast, capped=request.budget_usd is not None)
    audit_inputs = plan.inputs["audit"]
    kinds = audit_inputs["kinds"]
    if request.json:
        items = {"source": plan.source, "count": len(plan.goods)}
        told = {"items": items, "notes": audit_inputs["notes"], "trials": len(plan.trials), "kinds": kinds}
        say_json({"schema": 1, "spec": plan.spec.name, **told})
        return 0
    say(f"{len(plan.goods)} known-good items ({plan.source}), {len(plan.trials) - len(plan.goods)} planted ones")
    for note in audit_inputs["notes"]:
        say(note)
    for kind in kinds:
        said = f"; {kind['failed']} tries failed: {kind['problem']}" if kind["problem"] else ""
        say(f"  {kind['gate']}: {kind['kind']}: {kind['planted']} planted{said}")
    say(f"gates: {', '.join(gate.name for gate in plan.gates)}; each good item is shown to every one of them")
    say(f"embedder: {plan.embedder.name}")
    say("Nothing was called or written.")
    return 0
