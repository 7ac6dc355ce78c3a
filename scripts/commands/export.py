"""`factory export`."""

from __future__ import annotations

from pathlib import Path

from factory.errors import BadInput
from factory.exports import EXPORTERS, export_set
from factory.types import State
from scripts.console import say, say_json
from scripts.registry import find_recipe
from store import open_store

DEFAULT_STATES = ("accepted", "approved")


def export(to: str, out: str, job: str | None, states: tuple[str, ...], bands: tuple[str, ...], url: str, json: bool) -> int:
    if to not in EXPORTERS:
        raise BadInput(f"there is no export format {to!r}", where="--to", fix=f"Use one of: {', '.join(EXPORTERS)}")
    unknown = [state for state in states if state not in set(State)]
    if unknown:
        raise BadInput(f"{unknown[0]!r} is no state", where="--state", fix=f"Use: {', '.join(State)}")
    store = open_store(url, read_only=True)
    try:
        if job is not None:
            store.job(job)
        chosen = list(store.candidates(job_id=job, states=states or DEFAULT_STATES, bands=bands))
        if not chosen:
            raise BadInput("no candidate matches, so nothing was written", where="factory export", fix="See `factory status`")
        recipes = {name: find_recipe(name, where="store") for name in {candidate.recipe for candidate in chosen}}
        jobs = [job] if job is not None else [record.id for record in store.jobs()]
        files = export_set(EXPORTERS[to], chosen, recipes, Path(out), jobs=jobs)
    finally:
        store.close()
    if json:
        say_json({"schema": 1, "format": to, "candidates": len(chosen), "files": [str(path) for path in files]})
    else:
        say(f"{len(chosen)} candidates as {to}:")
        for path in files:
            say(f"  {path}")
    return 0
