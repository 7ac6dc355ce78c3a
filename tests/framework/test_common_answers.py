"""The commonest answer of a job is weighed as it lands: in index order, whatever finished first, and after a resume alike."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.gate import Answered, passed
from factory.graders.attacks import Battery
from factory.lever import Line
from factory.orchestrator.lander import Lander, Ledger
from factory.ports import CONSTANT_ANSWER, Corpus, CorpusEntry, Landing, Lease, Policy, Store
from factory.recipe import Recipe
from factory.report.status import status_json
from factory.types import Axis, AxisValue, Candidate, Coordinate, Receipt, Revision, Spec, Stage, State
from gates.gameability import Gameability
from scripts import jobs
from store import open_store
from tests.support.driver import Setup, start


class Payload(BaseModel):
    answer: str


class Answering:
    """A task of which only the answers matter here."""

    def battery(self, payload: Payload) -> Battery:
        raise NotImplementedError

    def blind(self, payload: Payload, spec: Spec, rng: random.Random) -> None:
        return None

    def answered(self, payload: Payload) -> Answered:
        return Answered(payload.answer)


class EmptyCorpus:
    def at(self, horizon: int | None) -> EmptyCorpus:
        return self

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        await asyncio.sleep(0)
        return CorpusEntry(id, text, template, b"")


class Landed:
    def __init__(self) -> None:
        self.landings: list[Landing] = []

    async def land(self, lease: Lease, landing: Landing) -> None:
        self.landings.append(landing)


GATE = Gameability(common_count=2, common_share=0.1)
SPEC = Spec(name="s", recipe="r", brief="b", axes=(Axis(name="a", values=(AxisValue(value=1),)),))


def line() -> Line:
    recipe = Recipe(
        name="r", version="1", summary="", payload=Payload, settings=Payload, author=cast(Any, None), repair=None,
        gates=(GATE,), task=cast(Any, None), novelty_view=lambda payload: payload.answer,
        export=lambda payload: {}, render=str, folder=Path(),
    )  # fmt: skip
    return Line(SPEC, recipe, Payload(answer=""), (GATE,), cast(Any, Answering()), seed=1)


def pulled(index: int, answer: str) -> Candidate:
    receipts = tuple(Receipt(seq, gate, "1", {}, 0, passed("fine")) for seq, gate in enumerate(("gameability", "final_check")))
    revision = Revision(0, {"answer": answer}, "author")
    return Candidate(f"c-{index}", index, "s", "r", "1", Coordinate((("a", 1),)), State.ACCEPTED, (revision,), receipts)


async def land(candidates: list[Candidate], ledger: Ledger | None = None, start_at: int = 0) -> list[Landing]:
    store = Landed()
    lander = Lander(
        cast(Store, store), Lease("j", 1), line(), cast(Corpus, EmptyCorpus()), ledger or Ledger(()), start_at,
        want=lambda: True, on_landed=lambda _: None,
    )  # fmt: skip
    await asyncio.gather(*(lander.offer(candidate) for candidate in candidates))
    await lander.close()
    return store.landings


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from("aaabcdef"), min_size=1, max_size=40), st.randoms(use_true_random=False), st.data())
def test_what_is_common_hangs_on_the_order_of_indices_alone(answers: list[str], order: Any, data: st.DataObject) -> None:
    candidates = [pulled(index, answer) for index, answer in enumerate(answers)]
    shuffled = list(candidates)
    order.shuffle(shuffled)
    landings = asyncio.run(land(candidates))
    assert asyncio.run(land(shuffled)) == landings
    # The increments that the landings carry add up to what the best constant answer scores of what was accepted.
    kept = Counter(one.candidate.payload["answer"] for one in landings if one.candidate.state is State.ACCEPTED)
    counted = [one.baselines[CONSTANT_ANSWER] for one in landings if one.baselines]
    assert (sum(counted), len(counted)) == (max(kept.values()), kept.total())
    # A process that takes over knows the landed answers, and goes on as the first would have.
    cut = data.draw(st.integers(0, len(answers)))
    ledger = Ledger(())
    for landing in landings[:cut]:
        if landing.candidate.state is State.ACCEPTED:
            answer = landing.candidate.payload["answer"]
            ledger.add(landing.candidate.index, landing.candidate.coordinate, answer, answer)
    assert asyncio.run(land(candidates[cut:], ledger, cut)) == landings[cut:]


async def test_one_answer_too_many_is_rejected_with_its_count_and_its_later_receipts_are_cut() -> None:
    landings = await land([pulled(index, "10") for index in range(4)])
    assert [landing.candidate.state for landing in landings] == [State.ACCEPTED] * 2 + [State.REJECTED] * 2
    last = landings[2].candidate
    assert [(receipt.gate, receipt.stage) for receipt in last.receipts] == [
        ("gameability", Stage.PULL),
        ("gameability", Stage.LANDING),
    ]
    finding = last.receipts[-1].finding
    assert (finding.reason, finding.measures) == ("common_answer", {"answer_share": 1.0})
    assert finding.evidence == {"answer": "10", "same": 3, "accepted": 3, "allowed": 2}


async def test_a_resumed_job_knows_the_answers_it_has_accepted(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 's.db'}")
    setup = Setup("ground_truth", options={"plant": {}})
    job, _ = await start(store, setup, Policy(attempts=12), concurrency=8)
    landed = list(store.candidates(job_id=job.id))
    answers = Counter(c.payload["answer"] for c in landed if c.state is State.ACCEPTED)
    assert jobs._ledger(setup.plan(), landed).answers == answers and answers.total() >= 6
    best = status_json(store.snapshot(job.id))["baselines"]["constant_answer"]
    assert (best["yes"], best["taken"]) == (max(answers.values()), answers.total())
    assert 0 <= best["low"] < best["value"] < best["high"] <= 1 and best["level"] == 0.95
    assert not any(name.startswith("baseline") for name in status_json(store.snapshot(job.id))["measures"])
    weighed = [r for c in landed for r in c.receipts if r.gate == "gameability" and r.stage is Stage.LANDING]
    assert [r.finding.evidence["accepted"] for r in weighed] == list(range(1, answers.total() + 1))
    store.close()
