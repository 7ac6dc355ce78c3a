"""The concurrency part of bench_novelty: the same stream with planted twins through the real lander, 64 at once and one by one.

Its pulls ask the real novelty gate at their horizon, take a random while, and are offered to the real lander over a real store.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from factory.gate import settings_of
from factory.lever import Line
from factory.orchestrator.lander import Lander, Ledger
from factory.ports import Embedder, JobRecord, JobState, Policy
from factory.recipe import Recipe
from factory.similarity.corpus import MemoryCorpus, build
from factory.types import Axis, AxisValue, Candidate, Coordinate, Item, Outcome, Receipt, Revision, Spec, State
from gates.novelty import Novelty
from store import open_store, this_process

AT_ONCE = 64
# Twins lie nearer than the lookahead, so that both are in flight together and only the lander can tell.
APART = 40
TWIN_SHARE = 0.4


class Text(BaseModel):
    text: str


def planted(texts: Sequence[str], kinds: Mapping[str, Sequence[tuple[int, str]]], rng: random.Random) -> list[str]:
    """The texts in order, with edited copies of many of them soon after."""
    copies = [(position, text) for made in kinds.values() for position, text in made if position < len(texts)]
    wanted = min(len(copies), round(TWIN_SHARE * len(texts) / (1 - TWIN_SHARE)))
    places = [(float(position), text) for position, text in enumerate(texts)]
    places += [(position + rng.uniform(0.1, APART), text) for position, text in rng.sample(copies, wanted)]
    return [text for _, text in sorted(places)]


async def mismatches(
    embedder: Embedder, texts: Sequence[str], kinds: Mapping[str, Sequence[tuple[int, str]]], rng: random.Random
) -> int:
    """How many candidates of the stream land otherwise with 64 in flight than one by one: in state or in any receipt, under the
    same lookahead; or are accepted there and refused where every pull sees all that came before it.
    """
    stream = planted(texts, kinds, rng)
    together = await landed(embedder, stream, at_once=AT_ONCE, lookahead=AT_ONCE)
    one_by_one = await landed(embedder, stream, at_once=1, lookahead=AT_ONCE)
    in_sequence = await landed(embedder, stream, at_once=1, lookahead=1)
    assert any(candidate.state is State.REJECTED for candidate in together), "the planted twins are nothing to refuse"
    return sum(
        left != right or (left.state is State.ACCEPTED and straight.state is not State.ACCEPTED)
        for left, right, straight in zip(together, one_by_one, in_sequence, strict=True)
    )


async def landed(embedder: Embedder, stream: Sequence[str], *, at_once: int, lookahead: int) -> list[Candidate]:
    """The stream as it landed, in index order."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/lander.db")
        corpus = await build(embedder, get_cache=store.get_cache, put_cache=store.put_cache)
        try:
            job = JobRecord(
                "bench", "run", "s", "spec", "r", "1", 0, lookahead, Policy(attempts=1), {"embedder": embedder.name}, {}
            )
            lease = await store.create_job(job, this_process())
            line, done = _line(), list[Candidate]()
            lander = Lander(store, lease, line, corpus, Ledger(()), 0, want=lambda: True, on_landed=done.append)
            pending = iter(range(len(stream)))
            delays, turn = random.Random(at_once), asyncio.Condition()

            async def work() -> None:
                for index in pending:
                    async with turn:
                        await turn.wait_for(lambda: lander.next_index > index - lookahead)  # noqa: B023 - awaited at once
                    candidate = await _pull(line, index, stream[index], corpus, index - lookahead)
                    await asyncio.sleep(delays.choice((0, 0, 0.001, 0.01)))
                    await lander.offer(candidate)
                    async with turn:
                        turn.notify_all()

            await asyncio.gather(*(work() for _ in range(at_once)))
            await lander.close()
            await store.finish(lease, JobState.DONE, "")
            return done
        finally:
            corpus.close()
            store.close()


def _line() -> Line:
    gate = Novelty()
    recipe = Recipe(
        name="r",
        version="1",
        summary="",
        payload=Text,
        settings=Text,
        author=cast(Any, None),
        repair=None,
        gates=(gate,),
        task=cast(Any, None),
        novelty_view=lambda payload: str(payload.text),
        export=lambda payload: {},
        render=str,
        folder=Path(),
    )
    spec = Spec(name="s", recipe="r", brief="b", axes=(Axis(name="a", values=(AxisValue(value=1),)),))
    return Line(spec, recipe, Text(text=""), (gate,), cast(Any, None), 0)


async def _pull(line: Line, index: int, text: str, corpus: MemoryCorpus, horizon: int) -> Candidate:
    """What the lever makes of an item whose only gate is novelty."""
    (gate,) = line.gates
    assert isinstance(gate, Novelty)
    id = line.candidate_id(index)
    item = Item(id, index, 0, Coordinate(()), {"text": text}, None, view=text)
    finding = await gate.recheck(item, corpus.at(horizon))
    receipt = Receipt(0, gate.name, gate.version, settings_of(gate), 0, finding)
    state = State.ACCEPTED if finding.outcome is Outcome.PASS else State.REJECTED
    revision = Revision(0, {"text": text}, "author")
    return Candidate(id, index, "s", "r", "1", Coordinate(()), state, (revision,), (receipt,))
