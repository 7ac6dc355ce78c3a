"""`factory recipes`, `factory gates`, `factory exporters`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from factory.errors import BadInput
from factory.exports import EXPORTERS
from factory.gate import settings_of
from factory.ports import AUDIT, JobRecord, JobState
from factory.recipe import Recipe
from factory.report.audit import Audited, audit_json, standing
from recipes import SHIPPED, load_shipped
from scripts.console import clean, complain, say, say_json, show
from scripts.registry import find_recipe, listed
from store import SqlStore, open_store, store_exists

_TOP = 3


def recipes(json: bool) -> int:
    rows = []
    for entry in listed():
        row: dict[str, Any] = {"name": entry.name, "origin": entry.origin, "version": entry.version, "summary": entry.summary}
        if entry.name in SHIPPED:
            recipe = load_shipped(entry.name)
            specs = sorted(str(path) for path in (recipe.folder / "specs").glob("*.yaml"))
            row |= {"casts": sorted(recipe.casts), "specs": specs, "gates": [gate.name for gate in recipe.gates]}
        rows.append(row)
    if json:
        say_json({"schema": 1, "recipes": rows})
        return 0
    for row in rows:
        say(f"{row['name']} {row['version']} ({row['origin']})")
        if row["summary"]:
            say(f"  {row['summary']}")
        for label in ("gates", "casts", "specs"):
            if row.get(label):
                say(f"  {label}: {', '.join(row[label])}")
    return 0


def gates(url: str, json: bool) -> int:
    rows: list[dict[str, Any]] = []
    with _Audits.of_store(url) as audits:
        for name, recipe in _recipes():
            rows += [
                {
                    "recipe": name,
                    "gate": gate.name,
                    "version": gate.version,
                    "claim": gate.claim,
                    "needs": [role.value for role in gate.roles],
                    "settings": settings_of(gate),
                    "audit": standing(gate, audits.of(recipe.name)),
                }
                for gate in recipe.gates
            ]
    if json:
        say_json({"schema": 1, "gates": rows})
        return 0
    table = Table(box=None, pad_edge=False)
    for column in ("recipe", "gate", "claim", "needs", "audit"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            *map(
                clean, (row["recipe"], row["gate"], row["claim"], ", ".join(row["needs"]) or "-", _standing_told(row["audit"]))
            )
        )
    show(table)
    for row in rows:
        if row["audit"]["job"] is not None:
            say(f"{row['recipe']} {row['gate']}: {_reasons_told(row['audit'])}")
    say("Each gate's settings: `factory gates --json`; set them in a spec under `gates:`.")
    return 0


def _recipes() -> Iterator[tuple[str, Recipe]]:
    """Every recipe that is listed; one of a package that does not load is told, and left out."""
    for entry in listed():
        try:
            yield entry.name, find_recipe(entry.name, where="factory gates")
        except BadInput as problem:
            complain(problem.message)


@dataclass
class _Audits:
    """The store's audits that came to their end; each is read once, and only where no later one told enough. A context."""

    store: SqlStore | None
    _read: dict[str, Audited] = field(default_factory=dict)

    @classmethod
    def of_store(cls, url: str) -> _Audits:
        return cls(open_store(url, read_only=True) if store_exists(url) else None)

    def __enter__(self) -> _Audits:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.store is not None:
            self.store.close()

    def of(self, recipe: str) -> Iterator[Audited]:
        """Those of a recipe, the last one first."""
        for job in reversed(self.store.jobs() if self.store is not None else ()):
            if job.kind == AUDIT and job.state is JobState.DONE and job.recipe == recipe:
                assert self.store is not None
                if job.id not in self._read:
                    self._read[job.id] = _audited(self.store, job)
                yield self._read[job.id]


def _audited(store: SqlStore, job: JobRecord) -> Audited:
    candidates = list(store.candidates(job_id=job.id))
    settings = {receipt.gate: (receipt.version, receipt.settings) for one in candidates for receipt in one.receipts}
    rows = {row["gate"]: row for row in audit_json(job, candidates)["gates"]}
    return Audited(job.id, time.strftime("%Y-%m-%d", time.gmtime(job.created_at)), rows, settings, job.simulated)


def _standing_told(row: dict[str, Any]) -> str:
    if row["catch_rate"] is None:
        return str(row["trust"])
    by = ", simulated" if row["simulated"] else ""
    apart = f" ({row['apart']})" if row["apart"] else ""
    return f"{row['trust']}: catches {row['catch_rate']:.0%}, {row['date']}{by}{apart}"


def _reasons_told(row: dict[str, Any]) -> str:
    """Which audit it was, why there is no trust, and what nobody planted."""
    why = f"; {row['why']}" if row["why"] else ""
    unseen = f"; nobody planted {', '.join(row['unplanted'][:_TOP])}" if row["unplanted"] else ""
    unseen += f" and {len(row['unplanted']) - _TOP} more" if len(row["unplanted"]) > _TOP else ""
    return f"audited by {row['job']}{why}{unseen}"


def exporters(json: bool) -> int:
    rows = [{"name": exporter.name, "summary": exporter.summary} for exporter in EXPORTERS.values()]
    if json:
        say_json({"schema": 1, "exporters": rows})
        return 0
    for row in rows:
        say(f"{row['name']}: {row['summary']}")
    return 0
