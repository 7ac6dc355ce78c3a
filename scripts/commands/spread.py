"""`factory spread`: how varied what a job accepted is, by measures, beside its anchors' own at equal size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.ports import RUN, CorpusItem, JobRecord
from factory.sampling import grid_cells
from factory.similarity.text import normalise
from factory.statistics.spread import Coverage, Spread, SpreadBeside, coverage, spread, spread_beside
from factory.types import Candidate, State
from scripts.assembly import Plan
from scripts.console import say, say_json
from scripts.jobs import plan_again
from store import SqlStore, open_store

# Fewer than this say nothing: a nearest neighbour needs another item.
LEAST: Final = 2


@dataclass(frozen=True)
class Found:
    """attempted, accepted: how far they cover the grid, None for a grid too large to list. own: of all accepted items, None of
    fewer than two; beside: the same and the anchors' at the smaller's size, None with fewer than two anchors.
    """

    items: int
    anchors: int
    attempted: Coverage | None
    accepted: Coverage | None
    own: Spread | None
    beside: SpreadBeside | None


def run(job_id: str, url: str, json: bool) -> int:
    store = open_store(url, must_exist=True, read_only=True)
    try:
        job = store.job(job_id)
        if job.kind != RUN:
            raise BadInput(f"a {job.kind} makes nothing", where=f"job {job.id}", fix="Name a run: `factory status` lists them")
        plan = plan_again(job)
        if plan.spec.identity != job.spec_identity:
            raise BadInput(
                "its spec has changed since, so its grid and anchors are others now",
                where=f"job {job.id}",
                fix="Put the spec back as it was, then ask again",
            )
        found = measured(store, job, plan)
    finally:
        store.close()
    if json:
        say_json({"schema": 1, "job": job.id, "embedder": plan.embedder.name, **_plain(found)})
    else:
        _print(job, plan, found)
    return 0


def measured(store: SqlStore, job: JobRecord, plan: Plan) -> Found:
    landed = list(store.candidates(job_id=job.id))
    kept = {candidate.id: candidate for candidate in landed if candidate.state is State.ACCEPTED}
    entries = [entry for entry in store.accepted() if entry.id in kept]
    known = store.vectors(plan.embedder.name, [entry.id for entry in entries])
    own = _tokens([entry.text for entry in entries]), _vectors(plan, entries, known)
    views = [plan.recipe.novelty_view(plan.recipe.parse(anchor.payload)) for anchor in plan.spec.anchors]
    anchors = _tokens(views), plan.embedder.embed(views) if views else np.zeros((0, plan.embedder.dimension), np.float32)
    enough, both = len(entries) >= LEAST, min(len(entries), len(views)) >= LEAST
    return Found(
        items=len(entries),
        anchors=len(views),
        attempted=_coverage(plan, landed),
        accepted=_coverage(plan, list(kept.values())),
        own=spread(*own) if enough else None,
        beside=spread_beside(own, anchors) if both else None,
    )


def _coverage(plan: Plan, candidates: list[Candidate]) -> Coverage | None:
    cells = grid_cells(plan.spec.axes, plan.spec.exclude)
    return None if cells is None else coverage((candidate.coordinate for candidate in candidates), cells)


def _tokens(texts: list[str]) -> list[list[str]]:
    return [normalise(text).split() for text in texts]


def _vectors(plan: Plan, entries: list[CorpusItem], known: Mapping[str, bytes]) -> NDArray[np.float32]:
    """Those the store keeps; an item of another embedder is embedded now."""
    missing = [entry.text for entry in entries if entry.id not in known]
    made = iter(plan.embedder.embed(missing)) if missing else iter(())
    rows = [np.frombuffer(known[e.id], dtype="<f2").astype(np.float32) if e.id in known else next(made) for e in entries]
    return np.stack(rows) if rows else np.zeros((0, plan.embedder.dimension), dtype=np.float32)


def _plain(found: Found) -> dict[str, Any]:
    def cover(of: Coverage | None) -> dict[str, Any] | None:
        return None if of is None else {**asdict(of), "share": of.share}

    return {
        "items": found.items,
        "anchors": found.anchors,
        "coverage": {"attempted": cover(found.attempted), "accepted": cover(found.accepted)},
        "spread": None if found.own is None else asdict(found.own),
        "beside_anchors": None if found.beside is None else asdict(found.beside),
    }


def _print(job: JobRecord, plan: Plan, found: Found) -> None:
    say(
        f"job {job.id}: spec {job.spec_name}, {found.items} accepted items, {found.anchors} anchors; "
        f"vectors of {plan.embedder.name}"
    )
    for name, of in (("attempted", found.attempted), ("accepted", found.accepted)):
        if of is None:
            say(f"coverage of the grid, {name}: the grid is too large to list")
            continue
        even = "" if of.evenness is None else f", evenness {of.evenness:.2f}"
        say(f"coverage of the grid, {name}: {of.filled} of {of.cells} cells ({of.share:.1%}){even}")
    if found.own is None:
        say("spread: fewer than two accepted items")
        return
    say(f"spread of all {found.own.items}: {_measures(found.own)}")
    if found.beside is None:
        say("beside the anchors: the spec has fewer than two")
        return
    beside = found.beside
    say(f"at equal size ({beside.size} items, the larger set as the mean of {beside.draws} random subsets):")
    say(f"  accepted  {_measures(beside.own)}")
    say(f"  anchors   {_measures(beside.anchors)}")


def _measures(of: Spread) -> str:
    distinct = ", ".join(f"distinct-{n} {'-' if share is None else f'{share:.3f}'}" for n, share in of.distinct.items())
    return f"{distinct}, nearest neighbour {of.nearest:.3f} away, Vendi score {of.vendi:.1f}"
