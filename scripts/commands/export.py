"""`factory export`."""

from __future__ import annotations

from pathlib import Path

from factory.errors import BadInput
from factory.exports import EXPORTERS, export_set, own_manifest
from factory.ports import RUN
from factory.report.audit import UNTRUSTED, standing_of
from factory.types import State
from scripts.console import clean, say, say_json
from scripts.registry import find_recipe
from scripts.standings import Audits
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
        # What other jobs looked at was not made by them: it leaves only when the job is named.
        records = [store.job(job)] if job is not None else [record for record in store.jobs() if record.kind == RUN]
        sources = {record.recipe: record.inputs["recipe"] for record in records}
        recipes = {name: find_recipe(source, where=f"store {url}") for name, source in sources.items()}
        chosen = store.candidates(job_id=job, states=states or DEFAULT_STATES, bands=bands, kind="" if job else RUN)
        audits = Audits(store)
        files = export_set(
            EXPORTERS[to],
            chosen,
            recipes,
            out,
            jobs=[record.id for record in records],
            trust=lambda recipe, gate: standing_of(gate, audits.of(recipe)),
        )
    finally:
        store.close()
    manifest = own_manifest(Path(out))
    written = manifest["counts"]["rows"]
    untrusted = [row for row in manifest["gates"] if row["trust"] == UNTRUSTED]
    names = list(dict.fromkeys(row["gate"] for row in untrusted))
    if json:
        paths = [str(path) for path in files]
        say_json({"schema": 1, "format": to, "candidates": written, "files": paths, "untrusted_gates": names})
    else:
        if untrusted:
            told = "; ".join(dict.fromkeys(f"{clean(row['gate'])} ({clean(row['why'])})" for row in untrusted))
            say(f"UNTRUSTED GATES by this store's last audits: {told}", style="bold yellow")
        say(f"{written} candidates as {to}:")
        for path in files:
            say(f"  {path}")
    return 0
