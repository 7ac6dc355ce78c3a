"""An embedder for tests of everything around embeddings: hashed character trigrams, no model to load."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class TrigramEmbedder:
    """Implements factory.ports.Embedder; texts that share trigrams are near, as with a real model's near-copies."""

    name = "test-trigrams"
    dimension = 256

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            padded = f"  {text.lower()}  "
            for start in range(len(padded) - 2):
                out[row, zlib.crc32(padded[start : start + 3].encode()) % self.dimension] += 1
            out[row] /= np.linalg.norm(out[row])
        return out
