"""`factory recipes`, `factory gates`, `factory exporters`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from factory.errors import BadInput
from factory.exports import EXPORTERS
from factory.gate import settings_of
from factory.recipe import Recipe
from factory.report.audit import standing
from recipes import SHIPPED, load_shipped
from scripts.console import clean, complain, say, say_json, show
from scripts.registry import find_recipe, listed
from scripts.standings import Audits

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
    with Audits.of_store(url) as audits:
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
