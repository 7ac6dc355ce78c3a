"""An embedder without a model: a text's vector is the sum of fixed random vectors of its words."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from factory.similarity.text import normalise


class BagEmbedder:
    """calls: the size of every embed() call, in order."""

    name = "bag@0"
    dimension = 32

    def __init__(self) -> None:
        self.calls: list[int] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append(len(texts))
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> NDArray[np.float32]:
        total = np.zeros(self.dimension)
        for word in ["", *normalise(text).split()]:
            seed = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
            total += np.random.default_rng(seed).standard_normal(self.dimension)
        return (total / np.linalg.norm(total)).astype(np.float32)


class DictCache:
    """The store's cache methods over a dict."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.held.get(key)

    async def put(self, key: str, data: bytes) -> None:
        self.held[key] = data
