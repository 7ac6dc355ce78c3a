"""What is assumed before anything was measured, against what a rehearsal really asks."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from factory.budget import likely_tokens
from factory.forecast import assumed
from factory.forecast.assumed import READ, WRITTEN, Assumed
from factory.gate import Ask, Foreseen, GateContext, Outlook, passed
from factory.ports import Policy
from factory.statistics import UNIFORM
from factory.types import Finding, Item, Message, Role
from gates.difficulty import Difficulty
from scripts.assembly import Plan
from store import SqlStore, open_store
from tests.support.driver import Setup, start


def guess(plan: Plan, pulls: int = 100) -> Assumed:
    return asyncio.run(assumed(plan.line(7), plan.cast, pulls))


def by_seat(found: Assumed) -> dict[tuple[Role, int], Ask]:
    return {(ask.role, ask.slot): ask for ask in found.asks}


def per_role(found: Assumed) -> dict[Role, float]:
    calls: Counter[Role] = Counter()
    for ask in found.asks:
        calls[ask.role] += ask.calls  # type: ignore[assignment]
    return dict(calls)


def asked_tokens(store: SqlStore, job: str, role: Role, index: int) -> list[int]:
    """Tokens, by the rule of thumb, of what was really put to a role at an index: messages and schema."""
    found = []
    for call in store.calls(job, index):
        if call.identity.role == role.value and call.identity.revision == 0:
            body = orjson.loads(call.request)
            texts = ["".join(part["text"] for part in message["parts"]) for message in body["messages"]]
            schema = orjson.dumps(body["schema"]["schema"]).decode()
            found.append(sum(map(likely_tokens, texts)) + likely_tokens(schema))
    return found


async def test_the_authors_prompts_are_the_very_ones_the_run_renders(tmp_path: Path) -> None:
    setup = Setup("ground_truth", spec={"repairs": 0})
    store = open_store(f"sqlite:///{tmp_path / 's.db'}")
    job, _ = await start(store, setup, Policy(attempts=6), seed=7)
    real = [size for index in range(6) for size in asked_tokens(store, job.id, Role.AUTHOR, index)]
    author = by_seat(await assumed(setup.plan().line(7), setup.plan().cast, 6))[Role.AUTHOR, 0]
    assert len(real) == 6 and author.calls == pytest.approx(1)
    assert author.input_tokens == pytest.approx(sum(real) / 6)
    for role in (Role.ORACLE, Role.SOLVER):
        sizes = [size for index in range(6) for size in asked_tokens(store, job.id, role, index)]
        expected = by_seat(await assumed(setup.plan().line(7), setup.plan().cast, 6))[role, 0].input_tokens
        assert expected == pytest.approx(sum(sizes) / len(sizes), rel=0.3), role
    store.close()


def test_past_the_lookahead_the_author_is_shown_what_to_avoid() -> None:
    plan = Setup("ground_truth").plan()
    early, late = (by_seat(guess(plan, pulls))[Role.AUTHOR, 0].input_tokens for pulls in (256, 10_000))
    assert 100 < late - early < 600


def test_repairs_ask_the_author_again_and_the_gates_again() -> None:
    with_repairs, without = (per_role(guess(Setup("ground_truth", spec={"repairs": n}).plan())) for n in (2, 0))
    # Structure sends back one in twenty, and counter one in twenty of those that pass novelty and oracle.
    assert with_repairs[Role.AUTHOR] == pytest.approx(1.05 + 0.9 * 0.85 * 0.05) and without[Role.AUTHOR] == pytest.approx(1)
    accepted = [guess(Setup("ground_truth", spec={"repairs": n}).plan()).accepted for n in (2, 0)]
    assert accepted[1] == pytest.approx(0.95 * (0.95 - 0.05) / 0.95 * accepted[0])


@dataclass(frozen=True)
class Asking:
    """A gate to come: it asks a critic in words of its own, has answers graded, and sends some items back."""

    name: ClassVar[str] = "asking"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "nobody objects"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.CRITIC,)
    takes_raw: ClassVar[bool] = False

    repairs: float = 0.5

    def foresee(self, outlook: Outlook) -> Foreseen:
        ask = outlook.ask(
            Role.JUDGE, 0, 4, question=lambda payload: ((Message.of("user", "x" * 400),), None), reply=lambda payload: "y" * 80
        )
        return Foreseen((ask,), passes=0.5, repairs=self.repairs)

    async def check(self, item: Item, context: GateContext) -> Finding:
        return passed("it is well")


def rubric(**changes: Any) -> Plan:
    plan = Setup().plan()
    return Plan(**{**plan.__dict__, **changes})


def test_a_gate_nobody_knew_of_fits_with_its_own_words() -> None:
    found = guess(rubric(gates=(Asking(),)))
    judge = by_seat(found)[Role.JUDGE, 0]
    assert (judge.input_tokens, judge.output_tokens) == (100, 20)
    # Four calls a candidate, and four more for the half that is sent back.
    assert judge.calls == pytest.approx(6) and found.accepted == pytest.approx(0.5)


def test_behind_a_strict_gate_fewer_candidates_are_asked_about() -> None:
    alone, behind = (guess(rubric(gates=gates)) for gates in ((Difficulty(),), (Asking(repairs=0), Difficulty())))
    assert per_role(behind)[Role.SOLVER] == pytest.approx(per_role(alone)[Role.SOLVER] / 2)
    assert behind.accepted == pytest.approx(alone.accepted / 2)


async def test_a_recipe_whose_grader_asks_models_is_foreseen_too(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 's.db'}")
    job, _ = await start(store, Setup(), Policy(attempts=40))
    calls = store.snapshot(job.id).calls_by_role
    store.close()
    found = per_role(await assumed(Setup().plan().line(7), Setup().plan().cast, 40))
    assert set(found) == {Role.AUTHOR, Role.SOLVER, Role.JUDGE}
    for role, number in found.items():
        assert calls[role.value] / 1.5 < 40 * number < calls[role.value] * 1.5, role


def test_without_an_example_the_guess_is_the_stated_one() -> None:
    plan = Setup().plan()
    bare = Plan(**{**plan.__dict__, "recipe": plan.recipe.__class__(**{**plan.recipe.__dict__, "typical": None})})
    solver = by_seat(guess(bare))[Role.SOLVER, 0]
    assert (solver.input_tokens, solver.output_tokens) == (READ, WRITTEN)
    author = by_seat(guess(bare))[Role.AUTHOR, 0]
    assert author.calls == pytest.approx(1) and 0 < author.input_tokens < READ


def test_an_answer_is_never_longer_than_the_cast_allows() -> None:
    plan = Setup("ground_truth").plan()
    members = {role: tuple(m.model_copy(update={"max_tokens": 12}) for m in seats) for role, seats in plan.cast.members.items()}
    capped = Plan(**{**plan.__dict__, "cast": plan.cast.model_copy(update={"members": members})})
    assert all(ask.output_tokens <= 12 + 1e-9 for ask in guess(capped).asks)
    assert any(ask.output_tokens > 12 for ask in guess(plan).asks)


@pytest.mark.parametrize("wanted", [("discriminating",), ("discriminating", "frontier"), ("hard", "easy")])
def test_the_probes_calls_are_what_playing_the_gates_own_rule_takes(wanted: tuple[str, ...]) -> None:
    """Items of every solve rate alike, solvers of one strength; the oracle never in doubt."""
    plan, number = Setup("ground_truth").plan(), 4_000
    gate = Difficulty(wanted=wanted, frontier_calls=6, confirm=3, pass_at=(1,))
    found = guess(Plan(**{**plan.__dict__, "gates": (gate,)}))
    design = gate.rule(5)
    rng, calls, kept, votes = random.Random(11), 0, 0, 0
    for _ in range(number):
        rate, passes, rounds = rng.betavariate(UNIFORM.passes, UNIFORM.failures), 0, 0
        while rounds == 0 or design.decide(passes, rounds).open:
            passes, rounds = passes + sum(rng.random() < rate for _ in range(5)), rounds + 1
        band = design.decide(passes, rounds).band
        calls += 5 * rounds
        if band == "hard" and {"hard", "frontier"} & set(wanted):
            calls, votes = calls + 6, votes + 3
            band = "hard" if any(rng.random() < rate for _ in range(6)) else "frontier"
        if band in wanted:
            kept, calls = kept + 1, calls + 5 * 3
    told = per_role(found)
    assert told[Role.SOLVER] == pytest.approx(calls / number, rel=0.04)
    assert told.get(Role.ORACLE, 0.0) == pytest.approx(votes / number, rel=0.15, abs=1e-9)
    assert found.accepted == pytest.approx(kept / number, abs=0.03)


@pytest.mark.parametrize("broken", [{"passes": 1.1}, {"repairs": -0.1}, {"grades": float("inf")}])
def test_a_gate_cannot_foresee_nonsense(broken: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="foresee"):
        Foreseen(**broken)
