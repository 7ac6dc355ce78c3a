"""A run without the command line: the real store, journal, orchestrator and gates, with an embedder that loads at once.

As a program (`python -m tests.support.driver start|resume ...`) it is what the kill tests kill.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from factory import config
from factory.orchestrator import RunEnd
from factory.ports import JobRecord, Policy
from factory.recipe import Recipe
from factory.types import Axis, AxisValue, Cast, Member, Role, Spec
from recipes import load_shipped
from scripts import jobs
from scripts.assembly import Plan
from store import SqlStore, open_store
from tests.support import rubric
from tests.support.embedder import TrigramEmbedder


@dataclass(frozen=True)
class Setup:
    """A recipe with a spec and a cast to run it with. options go to every cast member (a delay, say); judges: the families of
    the rubric's.
    """

    recipe: str = "rubric"
    options: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    judges: tuple[str, ...] = ("j",)
    allow_related: bool = False

    def plan(self) -> Plan:
        return self._rubric() if self.recipe == "rubric" else self._ground_truth()

    def _rubric(self) -> Plan:
        axes = tuple(
            Axis(name=name, values=tuple(AxisValue(value=value) for value in values))
            for name, values in {"tone": ("plain", "warm", "curt"), "channel": ("mail", "chat")}.items()
        )
        spec = Spec(**{"name": "letters", "recipe": rubric.RECIPE.name, "brief": "Answer letters.", "axes": axes, **self.spec})
        members = {
            Role.AUTHOR: (Member(model="sim:author", family="a", options={**self.options}),),
            Role.SOLVER: tuple(
                Member(model="sim:solver", family=f"s{tier}", tier=tier, options={"skill": 0.15 * tier, **self.options})
                for tier in range(1, 6)
            ),
            Role.JUDGE: tuple(Member(model="sim:judge", family=j, options={**self.options}) for j in self.judges),
        }
        return self._assembled(rubric.RECIPE, spec, Cast(name="test", members=members, allow_related=self.allow_related))

    def _ground_truth(self) -> Plan:
        recipe = load_shipped("ground_truth")
        loaded = config.load_spec(recipe.folder / "specs" / "pharmacy.yaml")
        spec = loaded.spec.model_copy(update=dict(self.spec))
        cast = config.load_cast("rehearsal", recipe.casts).cast
        members = {
            role: tuple(member.model_copy(update={"options": {**member.options, **self.options}}) for member in seats)
            for role, seats in cast.members.items()
        }
        return self._assembled(recipe, spec, cast.model_copy(update={"members": members}))

    def _assembled(self, recipe: Recipe, spec: Spec, cast: Cast) -> Plan:
        settings = recipe.settings.model_validate(spec.settings)
        gates = tuple(gate for gate in recipe.gates if gate.name not in spec.without)
        lineage = config.check_lineage(cast, judged_solvers=Role.JUDGE in recipe.graded_by)
        return Plan(spec, recipe, settings, gates, cast, TrigramEmbedder(), (), {}, lineage)


async def start(
    store: SqlStore, setup: Setup, policy: Policy, *, seed: int = 7, concurrency: int = 8
) -> tuple[JobRecord, RunEnd]:
    plan = setup.plan()
    job = jobs.new_job(store, plan, policy, seed)
    return job, await jobs.start(store, plan, job, jobs.Limits(concurrency), jobs.Face())


async def resume(store: SqlStore, setup: Setup, job_id: str, *, concurrency: int = 8) -> RunEnd:
    return await jobs.resume(store, setup.plan(), store.job(job_id), jobs.Limits(concurrency), jobs.Face())


def outcome(store: SqlStore, job_id: str) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
    """All that a run promises to reproduce, by index: id, state, seal and the receipts' chain."""
    return [(c.index, c.id, c.state.value, c.seal, c.links()) for c in store.candidates(job_id=job_id)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=("start", "resume"))
    parser.add_argument("--store", required=True)
    parser.add_argument("--recipe", default="rubric")
    parser.add_argument("--job")
    parser.add_argument("--attempts", type=int)
    parser.add_argument("--accept", type=int)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--lease-s", type=float, default=60)
    given = parser.parse_args()
    setup = Setup(given.recipe, {"delay_ms": [0, given.delay_ms]} if given.delay_ms else {})
    store = open_store(given.store, lease_ttl_s=given.lease_s)
    try:
        if given.action == "start":
            policy = Policy(given.attempts, given.accept, 1000 if given.accept else None)
            _, end = asyncio.run(start(store, setup, policy, concurrency=given.concurrency))
        else:
            end = asyncio.run(resume(store, setup, given.job or store.jobs()[-1].id, concurrency=given.concurrency))
    except Exception as exc:
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr)
        return getattr(exc, "exit_code", 1)
    finally:
        store.close()
    return end.error.exit_code if end.error is not None else 0


if __name__ == "__main__":
    sys.exit(main())
