from __future__ import annotations

import asyncio
import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from factory.errors import BadInput
from factory.ports import Neighbour
from factory.similarity.corpus import build
from factory.similarity.references import Reference
from factory.similarity.sketch import record_type
from factory.similarity.snapshot import pack, part_key, unpack
from tests.similarity.bag import BagEmbedder, DictCache

TEXTS = [f"Problem {n}: Ann has {n} pens and buys {2 * n} more. How many pens has Ann?" for n in range(70)]
SET = Reference("set", "ab" * 32, TEXTS)


def load(
    cache: DictCache, reference: Reference = SET, steps: list[Any] | None = None
) -> tuple[list[int], tuple[Neighbour, ...]]:
    """The embed calls that loading took, and what it then answers."""

    async def go() -> tuple[list[int], tuple[Neighbour, ...]]:
        embedder = BagEmbedder()
        progress = None if steps is None else lambda *step: steps.append(step)
        corpus = await build(embedder, references=[reference], get_cache=cache.get, put_cache=cache.put, progress=progress)
        calls = list(embedder.calls)
        found = await corpus.at(-5).neighbours(TEXTS[3])
        corpus.close()
        return calls, found

    return asyncio.run(go())


def test_the_second_load_embeds_nothing_and_answers_the_same() -> None:
    steps: list[Any] = []
    cache = DictCache()
    first_calls, first = load(cache, steps=steps)
    second_calls, second = load(cache)
    assert sum(first_calls) == len(TEXTS)
    assert second_calls == []
    assert second == first
    assert first[0].same_text
    assert steps == [("set", 64, 70), ("set", 70, 70)]


def test_the_key_names_all_it_depends_on() -> None:
    keys = [part_key(TEXTS, "bag@0"), part_key(TEXTS, "bag@1"), part_key(TEXTS[1:], "bag@0"), part_key(TEXTS[::-1], "bag@0")]
    keys += [part_key(["a", "bc"], "e"), part_key(["ab", "c"], "e"), part_key(["abc"], "e"), part_key(["a2:bc"], "e")]
    assert len(set(keys)) == len(keys)


class Hostile:
    """A pickle of this writes a file when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.write_text, (self.file, "executed"))


def sealed(body: bytes) -> bytes:
    return hashlib.sha256(body).digest() + body


def forged(kind: str, mark: Path) -> bytes:
    """What someone might lay under the cache's key."""
    bomb = pickle.dumps(Hostile(mark))
    stream = io.BytesIO()
    objects = np.empty(len(TEXTS), dtype=object)
    objects[:] = [Hostile(mark)] * len(TEXTS)
    np.lib.format.write_array(stream, objects, allow_pickle=True)
    good = pack(np.zeros(len(TEXTS), dtype=record_type(BagEmbedder.dimension)))
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        huge, {"shape": (10**15,), "fortran_order": False, "descr": record_type(BagEmbedder.dimension).descr}
    )
    return {
        "pickle": bomb,
        "sealed pickle": sealed(bomb),
        "sealed object array": sealed(stream.getvalue()),
        "torn": good[:-1],
        "flipped": good[:-1] + bytes([good[-1] ^ 1]),
        "other count": pack(np.zeros(3, dtype=record_type(BagEmbedder.dimension))),
        "other dimension": pack(np.zeros(len(TEXTS), dtype=record_type(8))),
        "giant claim": sealed(huge.getvalue()),
        "empty": b"",
    }[kind]


FORGERIES = [
    "pickle",
    "sealed pickle",
    "sealed object array",
    "torn",
    "flipped",
    "other count",
    "other dimension",
    "giant claim",
    "empty",
]


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_index_is_refused_never_executed_and_made_again(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    forgery = forged(kind, mark)
    with pytest.raises(BadInput, match="part was refused"):
        unpack(forgery, dimension=BagEmbedder.dimension, count=len(TEXTS))
    cache = DictCache()
    _, honest = load(cache)
    key = part_key(TEXTS, "bag@0")
    written = cache.held[key]
    cache.held[key] = forgery
    calls, found = load(cache)
    assert sum(calls) == len(TEXTS)
    assert found == honest
    assert cache.held[key] == written
    assert not mark.exists()


def test_the_hostile_pickle_would_run_if_it_were_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    pickle.loads(forged("pickle", mark))  # noqa: S301 - shows that the forgery is live
    assert mark.exists()


def test_an_empty_reference_set_is_no_trouble() -> None:
    cache = DictCache()
    calls, found = load(cache, Reference("empty", "00", []))
    assert (calls, found) == ([], ())
