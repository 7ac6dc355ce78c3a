"""A corpus that is all of one kind: most of it lies near every item."""

from __future__ import annotations

import numpy as np
import pytest

from factory.similarity import index, reach
from factory.similarity.index import AT_START, Index, Row, Scope
from factory.similarity.sketch import records, sketch
from factory.similarity.vectors import cosines, to_half

ROWS, DIMENSION = 500, 24


@pytest.mark.parametrize("many", [0, 128, 10**9])
@pytest.mark.parametrize("excluded", [0, 3, 499, 600])
def test_a_dense_corpus_gives_all_within_reach_and_the_nearest(
    many: int, excluded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_MANY", many)
    rng = np.random.default_rng(4)
    # Cosines with the first from .6 to .95, a few of them equal.
    spread = np.repeat(np.linspace(0.3, 1.2, ROWS // 2), 2)[:, None] * rng.standard_normal((ROWS, DIMENSION)) / DIMENSION**0.5
    made = np.ones((ROWS, DIMENSION)) / DIMENSION**0.5 + spread
    vectors = to_half((made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32))
    vectors[1] = vectors[2]
    # Texts that have nothing in common but being texts.
    texts = [" ".join(f"{word:x}" for word in rng.integers(2**40, 2**44, 6).tolist()) for _ in range(ROWS)]
    sketches = [sketch(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    held = Index(DIMENSION)
    held.add([Row(f"c{n:03}", "accepted", text, "", AT_START) for n, text in enumerate(texts)], records(sketches, DIMENSION))
    exclude = frozenset(f"c{n:03}" for n in range(excluded))
    for asked in (0, 1, 250, 499):
        exact = dict(enumerate(cosines(vectors[asked], vectors)))
        left = sorted((row for row in exact if f"c{row:03}" not in exclude), key=lambda row: (-exact[row], row))
        expected = {row for row in left if exact[row] >= reach.COSINE} | set(left[: reach.NEAREST])
        found = held.near(sketches[asked], Scope(ROWS, 2**62, exclude))
        assert {int(near.id[1:]) for near in found} == expected
        assert all(near.cosine == exact[int(near.id[1:])] for near in found)
        assert excluded or asked > 1 or len(expected) > 128


def test_a_load_whose_keys_cannot_be_sorted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sorting runs beside, and an index without keys would find no copies."""

    def failing() -> None:
        raise MemoryError("no room to sort")

    held = Index(DIMENSION)
    monkeypatch.setattr(held._by_key, "compact", failing)
    with pytest.raises(MemoryError, match="no room to sort"):
        held.compact()
