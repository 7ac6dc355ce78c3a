"""`factory recipes`, `factory gates`, `factory exporters`."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from factory.exports import EXPORTERS
from factory.gate import settings_of
from recipes import SHIPPED, load_shipped
from scripts.console import clean, say, say_json, show
from scripts.registry import listed


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


def gates(json: bool) -> int:
    rows = [
        {
            "recipe": name,
            "gate": gate.name,
            "version": gate.version,
            "claim": gate.claim,
            "needs": [role.value for role in gate.roles],
            "settings": settings_of(gate),
        }
        for name in SHIPPED
        for gate in load_shipped(name).gates
    ]
    if json:
        say_json({"schema": 1, "gates": rows})
        return 0
    table = Table(box=None, pad_edge=False)
    for column in ("recipe", "gate", "claim", "needs"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            *(clean(str(cell)) for cell in (row["recipe"], row["gate"], row["claim"], ", ".join(row["needs"]) or "-"))
        )
    show(table)
    say("Each gate's settings: `factory gates --json`; set them in a spec under `gates:`.")
    return 0


def exporters(json: bool) -> int:
    rows = [{"name": exporter.name, "summary": exporter.summary} for exporter in EXPORTERS.values()]
    if json:
        say_json({"schema": 1, "exporters": rows})
        return 0
    for row in rows:
        say(f"{row['name']}: {row['summary']}")
    return 0
