from __future__ import annotations

import hashlib
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.similarity.bits import LEVEL, Half, levels
from factory.similarity.centres import centres, nearest
from factory.similarity.vectors import to_half


def clustered(seed: int, rows: int, clusters: int, dimension: int = 24) -> Half:
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((clusters, dimension))[rng.integers(0, clusters, rows)] + 0.3 * rng.standard_normal(
        (rows, dimension)
    )
    return to_half((made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32))


def likeness(vectors: Half, made: np.ndarray) -> float:
    """The mean cosine between a row and its centre: what spherical k-means raises."""
    rows = levels(vectors).astype(np.float64)
    cosines = rows @ made.T.astype(np.float64) / np.linalg.norm(rows, axis=1)[:, None] / np.linalg.norm(made, axis=1)
    return float(cosines.max(axis=1).mean())


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(16, 200), st.sampled_from([1, 3, 8, 16]))
def test_centres_are_unit_vectors_in_whole_numbers_nearer_than_drawn_rows(seed: int, rows: int, count: int) -> None:
    vectors = clustered(seed, rows, 6)
    made = centres(vectors, count)
    assert made.shape == (count, 24)
    assert np.array_equal(made, np.rint(made))
    lengths = np.linalg.norm(made, axis=1)
    assert np.all(abs(lengths - LEVEL * math.sqrt(24)) <= math.sqrt(24) / 2 + 8)
    drawn = levels(vectors)[:: rows // count][:count]
    assert likeness(vectors, made) >= likeness(vectors, drawn) - 0.02


def test_a_centre_is_the_direction_of_the_sum_of_its_rows() -> None:
    """By hand: two tight pairs and what is left when both are summed up."""
    vectors = np.array([[0.8, 0.6], [0.6, 0.8], [-1, 0], [-0.6, -0.8]], dtype="<f2")
    unit = LEVEL * math.sqrt(2)
    first = unit / math.sqrt(2)
    second = np.array([-1.6, -0.8]) / math.hypot(1.6, 0.8) * unit
    assert np.abs(centres(vectors, 2) - np.array([[first, first], second])).max() <= 1


def test_a_centre_that_no_row_is_nearest_to_stays_and_equal_likeness_is_the_first_ones() -> None:
    same = np.tile(np.array([[1, 0, 0, 0]], dtype="<f2"), (8, 1))
    assert np.array_equal(centres(same, 4), levels(same[:4]))
    assert nearest(levels(same), centres(same, 4)).tolist() == [0] * 8
    zero = np.zeros((4, 3), dtype="<f2")
    assert np.array_equal(centres(zero, 2), np.zeros((2, 3)))


def test_centres_are_the_same_on_every_machine() -> None:
    """Of whole numbers divided by 96, which every machine does alike; whoever changes them on purpose changes the digest."""
    rng = np.random.Generator(np.random.PCG64(5))
    kinds = rng.integers(-6, 7, (40, 384))
    vectors = ((kinds[rng.integers(0, 40, 8192)] + rng.integers(-5, 6, (8192, 384))) / 96).astype("<f2")
    made = centres(vectors, 64)
    homes = np.concatenate([nearest(levels(part), made) for part in np.array_split(vectors, 7)])
    assert np.array_equal(homes, nearest(levels(vectors), made))
    assert digest_of(made.astype("<i2"), homes) == "7bda3f4de21e6afd"


def digest_of(*arrays: np.ndarray) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]
