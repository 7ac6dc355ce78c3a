from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.ports import Corpus, CorpusItem, CorpusView, Neighbour, Standing
from factory.similarity import reach
from factory.similarity.corpus import MemoryCorpus, build
from factory.similarity.numbers import number_multiset
from factory.similarity.references import Reference
from factory.similarity.signature import (
    BANDS,
    ROWS,
    SKELETON_BANDS,
    band_keys,
    low_bytes,
    may_reach,
    shingle_hashes,
    signatures,
)
from factory.similarity.skeleton import skeleton, skeleton_shingles
from factory.similarity.snapshot import PART
from factory.similarity.text import char_shingles, jaccard, normalise
from factory.similarity.vectors import cosines, to_half
from tests.similarity.bag import BagEmbedder, DictCache

T = TypeVar("T")
NAMES = ("Ann", "Bob", "Carol", "Dmitri")
THINGS = ("apples", "pens", "stamps")
FORMS = (
    "{name} buys {a} {thing} on Monday and {b} more. How many {thing} does {name} have?",
    "Each box holds {a} {thing}. There are {b} boxes. How many {thing} are there in total, asks {name}?",
    "After giving away {b} {thing}, {name} still has {a}. How many were there before?",
)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def problem(form: int, name: int, thing: int, a: int, b: int) -> str:
    return FORMS[form].format(name=NAMES[name], thing=THINGS[thing], a=a, b=b)


PROBLEMS = st.builds(problem, st.integers(0, 2), st.integers(0, 3), st.integers(0, 2), st.integers(2, 4), st.integers(2, 4))


async def filled(texts: Sequence[str], **given: Any) -> MemoryCorpus:
    cache = DictCache()
    corpus = await build(BagEmbedder(), get_cache=cache.get, put_cache=cache.put, **given)
    for index, text in enumerate(texts):
        await corpus.admit(f"c{index}", text, template=f"t{index % 3}", index=index)
    return corpus


async def answers(corpus: MemoryCorpus, horizon: int | None, text: str) -> tuple[Any, ...]:
    view = corpus.at(horizon)
    return (await view.neighbours(text), *(view.template_size(f"t{n}") for n in range(3)))


def test_it_is_a_corpus() -> None:
    async def go() -> None:
        made = await filled(["one text"])
        corpus: Corpus = made
        view: CorpusView = corpus.at(None)
        assert view.embedder == "bag@0"
        made.close()

    run(go())


@settings(max_examples=40, deadline=None)
@given(st.lists(PROBLEMS, min_size=1, max_size=14), st.integers(-3, 13), PROBLEMS)
def test_later_items_never_change_an_earlier_view(texts: list[str], horizon: int, sought: str) -> None:
    async def go() -> None:
        whole = await filled(texts, anchors=[("anchor-1", FORMS[0])])
        short = await filled(texts[: max(0, horizon + 1)], anchors=[("anchor-1", FORMS[0])])
        assert await answers(whole, horizon, sought) == await answers(short, horizon, sought)
        assert await answers(short, None, sought) == await answers(short, horizon, sought)
        whole.close()
        short.close()

    run(go())


def test_everything_landed_so_far_is_fixed_when_the_view_is_made() -> None:
    async def go() -> None:
        corpus = await filled(["There are 12 pens here."])
        view = corpus.at(None)
        before = await view.neighbours("There are 12 pens here.")
        await corpus.admit("late", "There are 12 pens here.", template="t0", index=1)
        assert await view.neighbours("There are 12 pens here.") == before
        assert view.template_size("t0") == 1
        assert corpus.at(None).template_size("t0") == 2
        corpus.close()

    run(go())


def meet(pair: NDArray[np.uint32], bands: int, jaccard: float) -> bool:
    """Whether two texts, given by their signatures, share a band, and enough bytes to be compared."""
    left, right = (band_keys(made[: bands * ROWS]) for made in pair)
    low, sought = (low_bytes(made[: bands * ROWS]) for made in pair)
    return bool(((left == right) & (left != 0)).any()) and bool(may_reach(low[None, :], sought, jaccard)[0])


def brute_force(texts: Sequence[str], sought: str) -> dict[str, Neighbour]:
    """Every item of the reach by comparing all pairs, band recall included; the nearest by cosine besides."""
    embedder = BagEmbedder()
    near: dict[str, Neighbour] = {}
    for index, text in enumerate(texts):
        shingles = [char_shingles(normalise(t)) for t in (sought, text)]
        skeletons = [skeleton(t) for t in (sought, text)]
        words = [skeleton_shingles(s) for s in skeletons]
        vectors = to_half(embedder.embed([sought, text]))
        numbers = [number_multiset(t) for t in (sought, text)]
        near[f"c{index}"] = Neighbour(
            id=f"c{index}",
            source="accepted",
            text=text,
            template=f"t{index % 3}",
            same_text=normalise(sought) == normalise(text),
            equal_numbers=len(numbers[0]) >= 2 and numbers[0] == numbers[1],
            same_skeleton=bool(skeletons[0]) and skeletons[0] == skeletons[1],
            jaccard=round(jaccard(*shingles), 4),
            skeleton_jaccard=round(jaccard(*words), 4),
            cosine=cosines(vectors[0], vectors[1:])[0],
        )
    nearest = sorted(near.values(), key=lambda n: (-n.cosine, n.id))[: reach.NEAREST]

    def reached(n: Neighbour) -> bool:
        plain = signatures(*(shingle_hashes(char_shingles(normalise(t))) for t in (sought, n.text)))
        masked = signatures(*(shingle_hashes(skeleton_shingles(skeleton(t))) for t in (sought, n.text)))
        low = low_bytes(plain)
        numbers_alike = n.jaccard >= reach.NUMBERS_JACCARD and may_reach(low[0][None, :], low[1], reach.NUMBERS_JACCARD)[0]
        return (
            n.same_text
            or (n.equal_numbers and (bool(numbers_alike) or n.cosine >= reach.NUMBERS_COSINE))
            or n.same_skeleton
            or n.cosine >= reach.COSINE
            or (n.jaccard >= reach.JACCARD and meet(plain, BANDS, reach.JACCARD))
            or (n.skeleton_jaccard >= reach.SKELETON_JACCARD and meet(masked, SKELETON_BANDS, reach.SKELETON_JACCARD))
            or n in nearest
        )

    return {n.id: n for n in near.values() if reached(n)}


@settings(max_examples=40, deadline=None)
@given(st.lists(PROBLEMS, min_size=1, max_size=20), PROBLEMS)
def test_the_index_agrees_with_brute_force(texts: list[str], sought: str) -> None:
    async def go() -> tuple[Neighbour, ...]:
        corpus = await filled(texts)
        found = await corpus.at(None).neighbours(sought)
        corpus.close()
        return found

    found = run(go())
    assert {n.id: n for n in found} == brute_force(texts, sought)
    keys = [(-max(n.jaccard, n.skeleton_jaccard, n.cosine), -n.cosine, n.source, n.id) for n in found]
    assert keys == sorted(keys)


class Opposed(BagEmbedder):
    """Texts with the word zebra lie opposite to all others, so no search by vector finds one from the other side."""

    def _one(self, text: str) -> NDArray[np.float32]:
        side = np.zeros(self.dimension, dtype=np.float32)
        side[0] = -1 if "zebra" in text else 1
        return side


LONG_WORD = "pneumonoultramicroscopicsilicovolcanoconiosis"
FILLERS = [f"filler {letter * 9}" for letter in "abcdefgh"]


@pytest.mark.parametrize(
    ("sought", "held", "shingles", "skeletons"),
    [
        # Too few words for a skeleton: only the shingles' bands can find it.
        (LONG_WORD, f"{LONG_WORD} zebra", True, False),
        # Names and numbers all other, and a word more: only the skeleton's bands can.
        (
            "Then Ann and Bo of Rome got 1 and 2 and 3, so how is it for Al at 4?",
            "Then Maximiliane and Konstantinos of Pernambuco got 7655 and 8988 and 90123, so how is it for Zoe at 98123 zebra?",
            False,
            True,
        ),
    ],
)
def test_what_only_bands_find_is_found(sought: str, held: str, shingles: bool, skeletons: bool) -> None:
    assert (jaccard(char_shingles(normalise(sought)), char_shingles(normalise(held))) >= reach.JACCARD) is shingles
    alike = jaccard(skeleton_shingles(skeleton(sought)), skeleton_shingles(skeleton(held)))
    assert (reach.SKELETON_JACCARD <= alike < 1) is skeletons

    async def go() -> None:
        cache = DictCache()
        corpus = await build(Opposed(), anchors=[("far", held)], get_cache=cache.get, put_cache=cache.put)
        for index, text in enumerate(FILLERS):
            await corpus.admit(f"c{index}", text, template="t", index=index)
        far = [n for n in await corpus.at(None).neighbours(sought) if n.id == "far"]
        assert [(n.cosine, n.same_skeleton, n.equal_numbers) for n in far] == [(-1.0, False, False)]
        corpus.close()

    run(go())


def test_one_number_in_common_is_no_sign() -> None:
    async def go() -> None:
        corpus = await filled(["There are 5 pens.", "There are 5 pens and 7 cups."])
        one = {n.id: n.equal_numbers for n in await corpus.at(None).neighbours("Find 5 cats.")}
        two = {n.id: n.equal_numbers for n in await corpus.at(None).neighbours("There are 7 pens and 5 cups.")}
        assert one and not any(one.values())
        assert two["c1"] and not two.get("c0", False)
        corpus.close()

    run(go())


def test_own_lineage_is_left_out() -> None:
    async def go() -> None:
        corpus = await filled([problem(0, 0, 0, 2, 3), problem(0, 0, 0, 2, 3)])
        found = await corpus.at(None).neighbours(problem(0, 0, 0, 2, 3), exclude=frozenset({"c0", "unknown"}))
        assert [n.id for n in found] == ["c1"]
        corpus.close()

    run(go())


def test_a_resumed_job_sees_its_own_landings_only_up_to_the_horizon() -> None:
    async def go() -> None:
        first = await filled([])
        texts = [problem(0, n, 0, 3, 4) for n in range(4)]
        entries = [await first.admit(f"c{n}", text, template="t", index=n) for n, text in enumerate(texts)]
        items = [CorpusItem("old", "Nothing like it.", "old"), *(CorpusItem(e.id, e.text, e.template) for e in entries)]
        resumed = await filled([], standing=Standing(items, lambda ids: {}, {f"c{n}": n for n in range(4)}))
        for horizon in (-300, 0, 2, 3, None):
            found = await resumed.at(horizon).neighbours(texts[0])
            assert {n.id for n in found if n.id != "old"} == {f"c{n}" for n in range(4 if horizon is None else horizon + 1)}
            # What is unlike it is returned as context only, while there are few nearer ones.
            assert any(n.id == "old" for n in found) is (horizon == -300)
            assert resumed.at(horizon).template_size("old") == 1
        straight = await first.at(1).neighbours(texts[3])
        assert tuple(n for n in await resumed.at(1).neighbours(texts[3]) if n.id != "old") == straight
        first.close()
        resumed.close()

    run(go())


class Lengthless(BagEmbedder):
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return 3 * super().embed(texts)


def test_an_embedder_whose_vectors_are_not_of_length_1_is_refused() -> None:
    async def go() -> None:
        corpus = await build(Lengthless(), get_cache=lambda key: None, put_cache=DictCache().put)
        with pytest.raises(BadInput, match=r"embedder bag@0.*length is not 1"):
            await corpus.at(None).neighbours("Some text.")
        corpus.close()
        with pytest.raises(BadInput, match="length is not 1"):
            await build(Lengthless(), anchors=[("a", "Some text.")], get_cache=lambda key: None, put_cache=DictCache().put)

    run(go())


class Wordless(BagEmbedder):
    """As an embedder over a table of words: nothing at all of a text that has none of them."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().embed(texts) * np.array([[any(map(str.isalpha, text))] for text in texts])


def test_a_text_of_which_an_embedder_knows_nothing_is_like_no_other() -> None:
    async def go() -> None:
        corpus = await build(Wordless(), anchors=[("a", "Some text.")], get_cache=lambda key: None, put_cache=DictCache().put)
        entry = await corpus.admit("b", "?!", template="b", index=0)
        assert {near.id: near.cosine for near in await corpus.at(None).neighbours("¿?")} in ({"a": 0.0}, {"b": 0.0})
        corpus.close()
        again = Wordless()
        standing = Standing([CorpusItem("b", "?!", "b")], lambda ids: {"b": entry.vector})
        (await build(again, standing=standing, get_cache=lambda key: None, put_cache=DictCache().put)).close()
        # As a torn one may come out too, so it is made again.
        assert again.calls == [1]

    run(go())


def test_what_has_a_vector_is_not_embedded_again_be_it_old_or_of_this_job() -> None:
    """Nor is any vector asked for that a snapshot has."""

    async def go() -> None:
        first = await filled([])
        entries = [await first.admit(f"c{n}", f"Text {n} of {n * 7} words.", template="t", index=n) for n in range(PART + 3)]
        first.close()
        held, asked = {entry.id: entry.vector for entry in entries}, list[str]()

        def vectors(ids: Sequence[str]) -> Mapping[str, bytes]:
            asked.extend(ids)
            return held

        items = [CorpusItem(entry.id, entry.text, "t") for entry in entries]
        own = {entry.id: n for n, entry in enumerate(entries[-2:])}
        cache = DictCache()
        for known in (0, PART // 2):
            asked.clear()
            embedder = BagEmbedder()
            standing = Standing(items, vectors, own)
            corpus = await build(embedder, standing=standing, get_cache=cache.get, put_cache=cache.put)
            corpus.close()
            assert (embedder.calls, len(corpus)) == ([], len(items))
            ids = [entry.id for entry in entries]
            assert asked == (ids[-len(asked) :] if known else ids) and 2 < len(asked) <= len(ids) - known

    run(go())


def test_stored_vectors_are_used_and_missing_or_torn_ones_made_again() -> None:
    async def go() -> None:
        first = await filled([])
        entry = await first.admit("a", "Some text of 5 words.", template="a", index=0)
        assert len(entry.vector) == 2 * BagEmbedder.dimension
        embedder, cache = BagEmbedder(), DictCache()
        texts = ("b", "Other words.", "b"), ("c", "More words.", "c"), ("d", "Too long.", "d")
        items = [CorpusItem(*of) for of in ((entry.id, entry.text, "a"), *texts)]
        vectors = {entry.id: entry.vector, "c": b"\x00" * 7, "d": (3 * np.frombuffer(entry.vector, dtype="<f2")).tobytes()}
        corpus = await build(embedder, standing=Standing(items, lambda ids: vectors), get_cache=cache.get, put_cache=cache.put)
        assert embedder.calls == [3]
        found = await corpus.at(None).neighbours("More words.")
        assert found[0].id == "c"
        assert found[0].cosine == 1.0
        first.close()
        corpus.close()

    run(go())


def test_a_text_is_embedded_alone_and_once() -> None:
    async def go() -> None:
        embedder, cache = BagEmbedder(), DictCache()
        corpus = await build(embedder, get_cache=cache.get, put_cache=cache.put)
        view = corpus.at(None)
        await asyncio.gather(*(view.neighbours(f"text {n % 3}") for n in range(12)))
        await corpus.admit("c", "text 1", template="c", index=0)
        assert embedder.calls == [1, 1, 1]
        corpus.close()

    run(go())


def test_foreseen_texts_are_embedded_together_and_not_again() -> None:
    async def go() -> None:
        embedder, cache = BagEmbedder(), DictCache()
        corpus = await build(embedder, get_cache=cache.get, put_cache=cache.put)
        await corpus.foresee(["one text", "another", "one text"])
        await corpus.foresee(["another", "a third"])
        for text in ("one text", "another", "a third"):
            await corpus.at(None).neighbours(text)
        await corpus.foresee(["one text"])
        assert embedder.calls == [2, 1]
        corpus.close()

    run(go())


def test_texts_foreseen_and_forgotten_are_embedded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.similarity.corpus._SKETCHES_KEPT", 2)

    async def go() -> None:
        embedder, cache = BagEmbedder(), DictCache()
        corpus = await build(embedder, get_cache=cache.get, put_cache=cache.put)
        texts = [f"text {n}" for n in range(5)]
        await corpus.foresee(texts)
        made = [await corpus.sketch(text) for text in texts]
        # Two of the five are kept; embedding the first again takes the place of one of them.
        assert [each.text for each in made] == texts and embedder.calls == [5, 1, 1, 1, 1]
        corpus.close()

    run(go())


def test_concurrent_questions_answer_as_one_at_a_time() -> None:
    texts = [problem(f, n, t, 2, 3) for f in range(3) for n in range(4) for t in range(2)]

    async def go() -> None:
        corpus = await filled(texts)
        alone = [await corpus.at(i - 5).neighbours(text) for i, text in enumerate(texts)]
        order = list(enumerate(texts))
        random.Random(4).shuffle(order)
        other = await filled([])

        async def ask(index: int, text: str) -> tuple[int, tuple[Neighbour, ...]]:
            return index, await other.at(index - 5).neighbours(text)

        for index, text in enumerate(texts):
            await other.admit(f"c{index}", text, template=f"t{index % 3}", index=index)
        assert [found for _, found in sorted(await asyncio.gather(*(ask(*o) for o in order)))] == alone
        corpus.close()
        other.close()

    run(go())


def test_sources_and_ids() -> None:
    async def go() -> None:
        corpus = await filled(
            ["Alpha beta."], anchors=[("anchor-1", "Gamma delta.")], references=[Reference("set", "00", ["Epsilon.", "Zeta."])]
        )
        assert len(corpus) == 4
        held = set()
        for text in ("Alpha beta.", "Gamma delta.", "Epsilon.", "Zeta."):
            first = (await corpus.at(None).neighbours(text))[0]
            held.add((first.source, first.id, first.template))
        assert held == {
            ("accepted", "c0", "t0"),
            ("anchor", "anchor-1", ""),
            ("reference:set", "set#1", ""),
            ("reference:set", "set#2", ""),
        }
        corpus.close()

    run(go())
