"""What goes into the store comes out equal."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import BadInput
from factory.ports import Landing, Lease, Policy, Store
from factory.types import Coordinate, Finding, Outcome, Revision, State
from store import SqlStore, this_process
from tests.store.making import EMBEDDER, a_call, a_candidate, a_job, a_landing, a_receipt, a_vector, an_item

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_SCALARS = _TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    _SCALARS | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3)
)
_OBJECTS = st.dictionaries(_TEXTS, _JSON, max_size=4)


async def a_new_job(store: SqlStore, id: str = "job-a", **changes: Any) -> Lease:
    return await store.create_job(a_job(id, **changes), this_process())


def test_it_is_the_store_of_the_ports(store: SqlStore) -> None:
    assert isinstance(store, Store)


def test_a_job_comes_back_equal_and_jobs_in_their_order(store: SqlStore) -> None:
    made = [a_job("job-b"), a_job("job-a", seed=-(2**63), policy=Policy(attempts=5), simulated=False, conditions=())]

    async def main() -> None:
        for job in made:
            await store.create_job(job, this_process())

    asyncio.run(main())
    assert store.jobs() == made
    assert store.job("job-a") == made[1]
    assert store.seeds_used("spec-1", "ground_truth", "1") == {7, -(2**63)}
    assert store.seeds_used("spec-1", "ground_truth", "2") == set()


def test_calls_come_back_equal_with_their_attempts(store: SqlStore) -> None:
    made = [a_call(3, sample=n, response=f'{{"n":{n}}}'.encode(), planted={"kind": "x"} if n else None) for n in range(3)]
    flagged = tuple(replace(attempt, flag="overrun" if attempt.cost_nano_usd else "unmetered") for attempt in a_call().attempts)
    made += [a_call(4, status="refused", attempts=()), a_call(4, sample=1, attempts=flagged)]

    async def main() -> None:
        lease = await a_new_job(store)
        assert store.last_journaled_index("job-a") == -1
        for call in reversed(made):
            await store.record_call(lease, call)

    asyncio.run(main())
    assert store.calls("job-a", 3) == made[:3]
    assert store.calls("job-a", 4) == made[3:]
    assert store.calls("job-a", 5) == []
    assert store.last_journaled_index("job-a") == 4


@settings(max_examples=40, deadline=None)
@given(
    payload=_OBJECTS,
    evidence=_OBJECTS,
    measures=_OBJECTS,
    pairs=st.lists(st.tuples(_TEXTS, _SCALARS), max_size=4, unique_by=lambda pair: pair[0]),
)
def test_a_candidate_comes_back_equal(shared: SqlStore, payload: Any, evidence: Any, measures: Any, pairs: Any) -> None:
    # A job of its own for every example: opening a store for each would be most of the test's time.
    seed = len(shared.jobs())
    candidate = a_candidate(
        seed=seed,
        coordinate=Coordinate(tuple(pairs)),
        revisions=(Revision(0, payload, "author"),),
        receipts=(a_receipt(), a_receipt(1, finding=Finding(Outcome.PASS, "ok", "", evidence, (), measures))),
    )

    async def main() -> None:
        await shared.land(await a_new_job(shared, f"job-{seed}", seed=seed), Landing(candidate, (), ""))

    asyncio.run(main())
    found = shared.candidate(candidate.id)
    assert found == candidate
    assert list(found.coordinate.pairs) == pairs
    assert (found.links(), found.seal) == (candidate.links(), candidate.seal)
    assert shared.verify(candidate.id) == []


def test_what_equality_leaves_out_comes_back_too(store: SqlStore) -> None:
    landing = a_landing()

    async def main() -> None:
        await store.land(await a_new_job(store), landing)

    asyncio.run(main())
    found = store.candidate(landing.candidate.id)
    for got, made in zip(found.receipts, landing.candidate.receipts, strict=True):
        assert (got.seconds, got.cost_nano_usd) == (made.seconds, made.cost_nano_usd)
        assert [(c.seconds, c.cost_nano_usd) for c in got.calls] == [(c.seconds, c.cost_nano_usd) for c in made.calls]
    (call,) = found.revisions[0].calls
    assert (call.seconds, call.cost_nano_usd) == (2.5, 21)


def test_candidates_stream_in_order_and_by_filter(store: SqlStore) -> None:
    states = [State.ACCEPTED, State.REJECTED, State.HELD, State.ACCEPTED]
    bands = ["hard", "easy", "hard", "easy"]

    async def main() -> None:
        for id, seed in (("job-z", 1), ("job-a", 2)):
            lease = await a_new_job(store, id, seed=seed)
            for index, (state, band) in enumerate(zip(states, bands, strict=True)):
                await store.land(lease, a_landing(index, seed=seed, state=state, measures={"band": band}))

    asyncio.run(main())

    def shown(**asked: Any) -> list[tuple[int, str]]:
        return [(found.index, found.state.value) for found in store.candidates(**asked)]

    every = [(0, "accepted"), (1, "rejected"), (2, "held"), (3, "accepted")]
    assert shown() == every + every
    assert shown(job_id="job-a") == every
    assert shown(job_id="job-a", states=["held", "rejected"]) == every[1:3]
    assert shown(job_id="job-z", states=["accepted"], bands=["easy"]) == every[3:]
    assert [c.id for c in store.candidates(job_id="job-z")] == [a_candidate(n, seed=1).id for n in range(4)]
    assert [(u.index, u.state, u.coordinate) for u in list(store.candidates(job_id="job-a"))] == [
        (index, state, a_candidate().coordinate) for index, state in every
    ]


def test_vectors_of_more_items_than_a_statement_can_name(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_new_job(store)
        for index in range(450):
            await store.land(lease, a_landing(index))

    asyncio.run(main())
    ids = [an_item(index).id for index in range(450)]
    assert store.vectors(EMBEDDER, ids) == {id: a_vector(index) for index, id in enumerate(ids)}
    assert store.vectors(EMBEDDER, [*(f"c-{n}" for n in range(40_000)), ids[7]]) == {ids[7]: a_vector(7)}


def test_the_corpus_holds_accepted_items_in_landing_order_with_this_embedders_vectors(store: SqlStore) -> None:
    async def main() -> None:
        first, second = await a_new_job(store, "job-z", seed=1), await a_new_job(store, "job-a", seed=2)
        await store.land(second, a_landing(0, seed=2))
        await store.land(first, a_landing(0, seed=1, state=State.HELD))
        await store.land(first, a_landing(1, seed=1))

    asyncio.run(main())
    first, second = an_item(0, seed=2), an_item(1, seed=1)
    assert list(store.accepted()) == [first, second]
    assert store.vectors(EMBEDDER, [first.id, second.id, "c-unknown"]) == {first.id: a_vector(0), second.id: a_vector(1)}
    assert store.vectors(EMBEDDER, []) == {} == store.vectors("another", [first.id, second.id])


def test_an_item_that_was_retired_leaves_the_corpus_and_an_approved_one_stays(store: SqlStore, tmp_path: Path) -> None:
    async def main() -> None:
        lease = await a_new_job(store)
        for index in range(3):
            await store.land(lease, a_landing(index))

    asyncio.run(main())
    raw = sqlite3.connect(tmp_path / "factory.db")
    raw.execute("UPDATE candidates SET state = CASE idx WHEN 0 THEN 'retired' ELSE 'approved' END WHERE idx < 2")
    raw.commit()
    raw.close()
    assert [entry.text for entry in store.accepted()] == ["text 1", "text 2"]


def test_blobs_and_caches(store: SqlStore) -> None:
    async def main() -> str:
        sha = await store.put_blob(b"\x00bytes", "image/png")
        assert await store.put_blob(b"\x00bytes", "image/png") == sha
        await store.put_cache("key", b"old")
        await store.put_cache("key", b"new")
        return sha

    sha = asyncio.run(main())
    assert store.get_blob(sha) == b"\x00bytes"
    assert store.get_blob("0" * 64) is None
    assert store.get_cache("key") == b"new"
    assert store.get_cache("other") is None


def test_repeated_requests_are_stored_and_sent_once(store: SqlStore, url: str) -> None:
    async def main() -> None:
        lease = await a_new_job(store)
        for sample in range(5):
            await store.record_call(lease, a_call(sample=sample, response=f"{sample}".encode()))

    asyncio.run(main())
    with store._read_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM blobs").scalar() == 6


def test_a_unique_beginning_of_an_id_is_enough(store: SqlStore) -> None:
    async def main() -> None:
        lease = await a_new_job(store, "job-abc")
        await a_new_job(store, "job-abd", seed=8)
        await store.land(lease, a_landing(0))
        await store.land(lease, a_landing(1))

    asyncio.run(main())
    id = a_candidate(0).id
    assert store.candidate(id[:-1]).id == store.candidate(id).id == id
    assert store.job("job-abd").id == "job-abd"
    for asked, find, says in (
        ("c-", store.candidate, "several candidates begin like this"),
        ("c-none", store.candidate, "no such candidate"),
        ("", store.candidate, "no such candidate"),
        ("job-ab", store.job, "several jobs begin like this"),
        ("job-x", store.snapshot, "no such job"),
    ):
        with pytest.raises(BadInput, match=says):
            find(asked)


def test_an_id_that_is_the_beginning_of_another_is_found(store: SqlStore) -> None:
    async def main() -> None:
        await a_new_job(store, "job-a")
        await a_new_job(store, "job-ab", seed=8)

    asyncio.run(main())
    assert store.job("job-a").id == "job-a"
