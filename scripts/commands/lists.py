"""`factory recipes`, `factory gates`, `factory exporters`."""

from __future__ import annotations

import time
from typing import Any

from rich.table import Table

from factory.exports import EXPORTERS
from factory.gate import settings_of
from factory.ports import AUDIT, JobRecord, JobState
from factory.report.audit import Audited, audit_json, standing
from recipes import SHIPPED, load_shipped
from scripts.console import clean, say, say_json, show
from scripts.registry import listed
from store import SqlStore, open_store, store_exists


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
    audits = _last_audits(url)
    rows: list[dict[str, Any]] = [
        {
            "recipe": name,
            "gate": gate.name,
            "version": gate.version,
            "claim": gate.claim,
            "needs": [role.value for role in gate.roles],
            "settings": settings_of(gate),
            "audit": standing(gate, audits.get(name)),
        }
        for name in SHIPPED
        for gate in load_shipped(name).gates
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
    say("Each gate's settings: `factory gates --json`; set them in a spec under `gates:`.")
    return 0


def _last_audits(url: str) -> dict[str, Audited]:
    """Of each recipe the store's last audit that came to its end."""
    if not store_exists(url):
        return {}
    store = open_store(url, read_only=True)
    try:
        last = {job.recipe: job for job in store.jobs() if job.kind == AUDIT and job.state is JobState.DONE}
        return {name: _audited(store, job) for name, job in last.items()}
    finally:
        store.close()


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


def exporters(json: bool) -> int:
    rows = [{"name": exporter.name, "summary": exporter.summary} for exporter in EXPORTERS.values()]
    if json:
        say_json({"schema": 1, "exporters": rows})
        return 0
    for row in rows:
        say(f"{row['name']}: {row['summary']}")
    return 0
