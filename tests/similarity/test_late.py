"""A corpus that is asked before it stands answers as it would have afterwards."""

from __future__ import annotations

import asyncio

import pytest

from factory.errors import BadInput, FactoryError
from factory.similarity.corpus import MemoryCorpus, build
from factory.similarity.late import LateCorpus
from tests.support.embedder import TrigramEmbedder

ANCHORS = [("anchor-1", "Ann has 3 eggs and buys 4 more."), ("anchor-2", "A train leaves at noon with 12 cars.")]
TEXT = "Ann has 3 eggs and buys 5 more."


async def none(key: str, data: bytes) -> None:
    """Keeps nothing."""


def whole() -> asyncio.Future[MemoryCorpus]:
    return asyncio.ensure_future(build(TrigramEmbedder(), anchors=ANCHORS, get_cache=lambda key: None, put_cache=none))


async def test_what_is_asked_meanwhile_waits_and_is_answered_the_same() -> None:
    go = asyncio.Event()

    async def later() -> MemoryCorpus:
        await go.wait()
        return await whole()

    late, ready = LateCorpus("trigram", later), await whole()
    view = late.at(5)
    asked = asyncio.create_task(view.neighbours(TEXT))
    given_up = asyncio.create_task(view.neighbours(TEXT))
    admitted = asyncio.create_task(late.admit("c-1", TEXT, template="anchor-1", index=9))
    await asyncio.sleep(0.01)
    assert not asked.done() and not admitted.done()
    given_up.cancel()
    go.set()
    assert await asked == await ready.at(5).neighbours(TEXT) and view.template_size("anchor-1") == 0
    assert await admitted == await ready.admit("c-1", TEXT, template="anchor-1", index=9)
    assert await late.at(9).neighbours(TEXT) == await ready.at(9).neighbours(TEXT) != await late.at(8).neighbours(TEXT)
    assert await view.neighbours(TEXT) == await ready.at(5).neighbours(TEXT), "a pull's view moved"
    await late.close()
    ready.close()


@pytest.mark.parametrize(("failure", "told"), [(BadInput("no weights"), "no weights"), (ValueError("7"), "ValueError: 7")])
async def test_a_failure_ends_the_job_and_answers_nobody(failure: Exception, told: str) -> None:
    async def fails() -> MemoryCorpus:
        raise failure

    late, known = LateCorpus("trigram", fails), asyncio.get_running_loop().create_future()
    late.on_failure(known.set_result)
    assert told in (await known).what
    with pytest.raises(FactoryError, match=told):
        await late.at(None).neighbours(TEXT)
    await late.close()


async def test_closing_it_before_it_stands_is_no_failure() -> None:
    failures: list[FactoryError] = []

    async def never() -> MemoryCorpus:
        await asyncio.Event().wait()
        raise AssertionError

    for started in (False, True):
        late = LateCorpus("trigram", never)
        late.on_failure(failures.append)
        if started:
            await asyncio.sleep(0)
        await late.close()
    assert failures == []
