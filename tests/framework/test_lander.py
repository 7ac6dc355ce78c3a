"""Landing is strictly by index, whatever order pulls finish in, and what lands depends on that order of indices alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.errors import FactoryError
from factory.gate import GateContext, passed, reject
from factory.lever import Line
from factory.orchestrator.lander import Lander, Ledger
from factory.ports import Corpus, CorpusEntry, CorpusView, Landing, Lease, Store
from factory.recipe import Recipe
from factory.types import (
    Axis,
    AxisValue,
    Candidate,
    Coordinate,
    Finding,
    Item,
    Quota,
    Receipt,
    Revision,
    Role,
    Spec,
    Stage,
    State,
)


class Payload(BaseModel):
    text: str


@dataclass(frozen=True)
class Unseen:
    """A landing gate: no two accepted items share a text."""

    name: ClassVar[str] = "novelty"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "no two items share a text"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: GateContext) -> Finding:
        return await self.recheck(item, context.corpus)

    async def recheck(self, item: Item, corpus: CorpusView) -> Finding:
        twin = await corpus.neighbours(item.payload.text)
        return reject("same_item", "A twin landed.") if twin else passed("New.", template=item.id)


@dataclass
class Corpses:
    """A corpus of exact texts."""

    texts: list[str] = field(default_factory=list)

    embedder = "none"

    def at(self, horizon: int | None) -> Corpses:
        return self

    async def neighbours(self, text: str, **_: Any) -> list[str]:
        await asyncio.sleep(0)
        return [text] if text in self.texts else []

    async def admit(self, id: str, text: str, *, template: str, index: int) -> CorpusEntry:
        self.texts.append(text)
        return CorpusEntry(id, text, template, b"")


@dataclass
class Landed:
    """The landing half of a store."""

    landings: list[Landing] = field(default_factory=list)
    fails_at: int | None = None

    async def land(self, lease: Lease, landing: Landing) -> None:
        if landing.candidate.index == self.fails_at:
            raise OSError("disk full")
        self.landings.append(landing)
        await asyncio.sleep(0)


SPEC = Spec(
    name="s",
    recipe="r",
    brief="b",
    axes=(Axis(name="kind", values=(AxisValue(value="a"), AxisValue(value="b"))),),
    quotas=(Quota(where={"kind": ("a",)}, at_most=2),),
)
GATES = (Unseen(),)


def line() -> Line:
    recipe = Recipe(
        name="r", version="1", summary="", payload=Payload, settings=Payload, author=cast(Any, None), repair=None, gates=GATES,
        task=cast(Any, None), novelty_view=lambda payload: payload.text, export=lambda payload: {}, render=str, folder=Path(),
    )  # fmt: skip
    return Line(SPEC, recipe, Payload(text=""), GATES, cast(Any, None), seed=1)


def pulled(index: int, text: str, kind: str, state: State = State.ACCEPTED) -> Candidate:
    receipts = tuple(
        Receipt(seq, gate, "1", {}, 0, passed("fine")) for seq, gate in enumerate(("structure", "novelty", "difficulty"))
    )
    revision = Revision(0, {"text": text}, "author")
    return Candidate(f"c-{index}", index, "s", "r", "1", Coordinate((("kind", kind),)), state, (revision,), receipts)


def lander(store: Landed, *, start: int = 0, accept: int | None = None) -> Lander:
    ledger = Ledger(SPEC.quotas)

    def want() -> bool:
        return accept is None or len(ledger.accepted) < accept

    return Lander(
        cast(Store, store), Lease("j", 1), line(), cast(Corpus, Corpses()), ledger, start, want=want, on_landed=lambda _: None
    )


async def land(candidates: list[Candidate], *, accept: int | None = None) -> list[Landing]:
    store = Landed()
    under_test = lander(store, accept=accept)
    await asyncio.gather(*(under_test.offer(candidate) for candidate in candidates))
    await under_test.close()
    return store.landings


drawn = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("ab"), st.sampled_from([State.ACCEPTED, State.REJECTED, State.HELD])),
    min_size=1,
    max_size=24,
)


@settings(max_examples=150, deadline=None)
@given(drawn, st.randoms(use_true_random=False), st.one_of(st.none(), st.integers(1, 4)))
def test_any_order_of_finishing_lands_the_same(rows: list[tuple[str, str, State]], order: Any, accept: int | None) -> None:
    candidates = [pulled(index, text, kind, state) for index, (text, kind, state) in enumerate(rows)]
    shuffled = list(candidates)
    order.shuffle(shuffled)
    expected = asyncio.run(land(candidates, accept=accept))
    landings = asyncio.run(land(shuffled, accept=accept))
    assert landings == expected
    assert [landing.candidate.index for landing in landings] == list(range(len(landings)))
    accepted = [landing for landing in landings if landing.candidate.state is State.ACCEPTED]
    texts = [landing.candidate.payload["text"] for landing in accepted]
    assert len(texts) == len(set(texts))
    assert sum(landing.candidate.coordinate["kind"] == "a" for landing in accepted) <= 2
    assert all((landing.corpus is not None) == (landing.candidate.state is State.ACCEPTED) for landing in landings)
    if accept is not None:
        assert len(accepted) <= accept and (len(accepted) < accept or accepted[-1] is landings[-1])


async def test_a_late_twin_is_rejected_and_its_later_receipts_are_cut() -> None:
    _, twin = await land([pulled(0, "x", "b"), pulled(1, "x", "b")])
    assert twin.candidate.state is State.REJECTED and twin.stopped_by == "novelty"
    assert [(receipt.gate, receipt.stage) for receipt in twin.candidate.receipts] == [
        ("structure", Stage.PULL),
        ("novelty", Stage.PULL),
        ("novelty", Stage.LANDING),
    ]
    assert [receipt.seq for receipt in twin.candidate.receipts] == [0, 1, 2]


async def test_a_full_quota_rejects_with_its_reason() -> None:
    landings = await land([pulled(index, str(index), "a") for index in range(3)])
    assert [landing.candidate.state for landing in landings] == [State.ACCEPTED, State.ACCEPTED, State.REJECTED]
    last = landings[-1].candidate.receipts[-1]
    assert (last.gate, last.finding.reason) == ("quota", "quota_full") and "kind is a" in last.finding.detail


async def test_a_gap_holds_everything_behind_it_back() -> None:
    store = Landed()
    under_test = lander(store)
    await under_test.offer(pulled(1, "x", "b"))
    assert store.landings == []
    await under_test.offer(pulled(0, "y", "b"))
    await under_test.close()
    assert [landing.candidate.index for landing in store.landings] == [0, 1]


async def test_a_commit_that_fails_is_raised_with_the_way_back() -> None:
    store = Landed(fails_at=0)
    under_test = lander(store)
    await under_test.offer(pulled(0, "x", "b"))
    with pytest.raises(FactoryError, match=r"disk full.*resume j"):
        await under_test.close()


def test_a_quota_counts_only_what_landed_up_to_the_horizon() -> None:
    ledger = Ledger(SPEC.quotas)
    for index in (3, 5):
        ledger.add(index, Coordinate((("kind", "a"),)), "")
    assert ledger.full(4) == () and ledger.full(5) == SPEC.quotas and ledger.full() == SPEC.quotas
