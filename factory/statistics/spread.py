"""Spread, measured: coverage of the grid, distinct-n, mean nearest-neighbour distance, Vendi score, beside the anchors' own.

All but coverage depend on how many items there are (distinct-n and the distance fall with more, the Vendi score rises), so two
sets are compared only at equal size.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from factory.statistics.clusters import Floats
from factory.statistics.estimates import at_least_one, within

Vectors = NDArray[np.floating]

KERNEL = "cosine"


@dataclass(frozen=True)
class Coverage:
    """filled of cells hold an item; evenness: the entropy of the items over the cells, as a share of its maximum, in [0, 1].

    outside: items whose coordinate is no cell of the grid. evenness is None without items in the grid or with a single cell.
    """

    cells: int
    filled: int
    outside: int
    evenness: float | None

    @property
    def share(self) -> float:
        return self.filled / self.cells


def coverage(coordinates: Iterable[Hashable], cells: Collection[Hashable]) -> Coverage:
    """How far items fill a grid of valid cells. Raises ValueError for a grid without cells."""
    counts = dict.fromkeys(cells, 0)
    if not counts:
        raise ValueError("a grid without cells cannot be covered")
    outside = 0
    for coordinate in coordinates:
        if coordinate in counts:
            counts[coordinate] += 1
        else:
            outside += 1
    inside = sum(counts.values())
    evenness = None
    if inside and len(counts) > 1:
        shares = [number / inside for number in counts.values() if number]
        evenness = max(0.0, -math.fsum(p * math.log(p) for p in shares) / math.log(len(counts)))
    return Coverage(len(counts), sum(number > 0 for number in counts.values()), outside, evenness)


def distinct_n(texts: Iterable[Sequence[str]], n: int) -> float | None:
    """Different n-grams over all n-grams, in (0, 1] (distinct-n, Li et al. 2016, arXiv 1510.03055, section 5.1).

    texts: each as its tokens. None when no text has n tokens. Raises ValueError for n < 1.
    """
    n = at_least_one("n", n)
    grams = [tuple(text[start : start + n]) for text in texts for start in range(len(text) - n + 1)]
    return len(set(grams)) / len(grams) if grams else None


def nearest_distances(vectors: Vectors) -> Floats:
    """Each item's cosine distance (1 - cosine, in [0, 2]) to its nearest other item, shape (items,).

    vectors: shape (items, dimension), of any length but 0. Raises ValueError for fewer than two items.
    """
    unit = _unit(vectors)
    if len(unit) < 2:
        raise ValueError("a nearest neighbour needs at least two items")
    nearest = np.empty(len(unit))
    # In blocks, so that ten thousand items do not need a matrix of a hundred million cosines.
    for start in range(0, len(unit), 1024):
        block = unit[start : start + 1024] @ unit.T
        rows = np.arange(len(block))
        block[rows, start + rows] = -2.0
        nearest[start : start + 1024] = block.max(axis=1)
    distances: Floats = np.clip(1.0 - nearest, 0.0, 2.0)
    return distances


def vendi_score(vectors: Vectors, q: float = 1.0) -> float:
    """The effective number of different items, in [1, items]: the exponential of the order-q entropy of K/n's eigenvalues.

    Friedman and Dieng 2023 (arXiv 2210.02410, definition 3.1; q = 1, the exponential of Shannon's entropy); orders q as
    Pasarkar and Dieng 2024 (arXiv 2310.12952): a small q counts rare items, q = inf the most common only. The kernel K is the
    cosine of the vectors, shape (items, dimension). Raises ValueError for no items or a q that is negative or not a number.
    """
    if q != math.inf:
        q = within("the order q", q, 0, sys.float_info.max)
    unit = _unit(vectors)
    if not len(unit):
        raise ValueError("the Vendi score of no items does not exist")
    # X X^T and X^T X have the same eigenvalues but for zeros, so the smaller of the two is solved.
    gram = unit @ unit.T if len(unit) <= unit.shape[1] else unit.T @ unit
    eigen = np.linalg.eigvalsh(gram / len(unit))
    eigen = eigen[eigen > 1e-12]
    eigen = eigen / eigen.sum()
    if math.isinf(q):
        return float(1 / eigen.max())
    if abs(q - 1) < 1e-8:
        # So near to 1 the formula below divides rounding by rounding; the two differ by less than that.
        return float(np.exp(-(eigen * np.log(eigen)).sum()))
    # By logarithms from the largest on, for a high order's powers are 0 in floats.
    largest = eigen.max()
    return float(np.exp((q * np.log(largest) + np.log(((eigen / largest) ** q).sum())) / (1 - q)))


@dataclass(frozen=True)
class Spread:
    """The measures of one set of `items`. distinct: by n. q and kernel belong to the Vendi score."""

    items: int
    distinct: Mapping[int, float | None]
    nearest: float
    vendi: float
    q: float
    kernel: str = KERNEL


@dataclass(frozen=True)
class SpreadBeside:
    """Two sets' spread at the same `size`; what had more items is the mean over `draws` random subsets of that size."""

    size: int
    draws: int
    own: Spread
    anchors: Spread


def spread(texts: Sequence[Sequence[str]], vectors: Vectors, *, orders: Sequence[int] = (1, 2), q: float = 1.0) -> Spread:
    """texts: tokens by item; vectors: shape (items, dimension). Raises ValueError for unequal or fewer than two items."""
    if len(texts) != len(vectors):
        raise ValueError(f"{len(texts)} texts and {len(vectors)} vectors")
    distinct = {n: distinct_n(texts, n) for n in orders}
    return Spread(len(texts), distinct, float(nearest_distances(vectors).mean()), vendi_score(vectors, q), q)


def spread_beside(
    own: tuple[Sequence[Sequence[str]], Vectors],
    anchors: tuple[Sequence[Sequence[str]], Vectors],
    *,
    orders: Sequence[int] = (1, 2),
    q: float = 1.0,
    draws: int = 20,
    seed: int = 0,
) -> SpreadBeside:
    """A set's spread beside its anchors' own, at the size of the smaller of the two. Raises ValueError as `spread` does."""
    draws = at_least_one("draws", draws)
    for texts, vectors in (own, anchors):
        if len(texts) != len(vectors):
            raise ValueError(f"{len(texts)} texts and {len(vectors)} vectors")
    size = min(len(own[0]), len(anchors[0]))
    rng = np.random.default_rng(seed)

    def at_size(texts: Sequence[Sequence[str]], vectors: Vectors) -> Spread:
        if len(texts) == size:
            return spread(texts, vectors, orders=orders, q=q)
        picks = [np.sort(rng.choice(len(texts), size=size, replace=False)) for _ in range(draws)]
        return _mean([spread([texts[at] for at in pick], vectors[pick], orders=orders, q=q) for pick in picks])

    return SpreadBeside(size, draws, at_size(*own), at_size(*anchors))


def _mean(found: Sequence[Spread]) -> Spread:
    distinct: dict[int, float | None] = {}
    for n in found[0].distinct:
        values = [value for each in found if (value := each.distinct[n]) is not None]
        distinct[n] = math.fsum(values) / len(values) if values else None
    nearest, vendi = (math.fsum(getattr(each, name) for each in found) / len(found) for name in ("nearest", "vendi"))
    return Spread(found[0].items, distinct, nearest, vendi, found[0].q)


def _unit(vectors: Vectors) -> Floats:
    wide = np.asarray(vectors, dtype=np.float64)
    if wide.ndim != 2:
        raise ValueError(f"vectors must have the shape (items, dimension), not {wide.shape}")
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise ValueError("a vector of length 0, or one that is not finite, points nowhere")
    unit: Floats = wide / lengths
    return unit
