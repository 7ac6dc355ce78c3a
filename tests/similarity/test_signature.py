from __future__ import annotations

import zlib
from collections.abc import Collection

import numpy as np
from datasketch import MinHash
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from factory.similarity.signature import (
    BANDS,
    ROWS,
    SKELETON_BANDS,
    band_keys,
    low_bytes,
    may_reach,
    shingle_hashes,
    signatures,
    text_hashes,
)
from factory.similarity.text import char_shingles, normalise


def signature(shingles: Collection[str]) -> NDArray[np.uint32]:
    (made,) = signatures(shingle_hashes(shingles))
    return made


# More hashes than are permuted at a time.
@example({f"s{n}" for n in range(1500)})
@given(st.sets(st.text(max_size=6), max_size=40))
def test_signature_is_datasketch_bit_for_bit(shingles: set[str]) -> None:
    theirs = MinHash(num_perm=128, seed=1, hashfunc=zlib.crc32, scheme="affine32")
    for shingle in shingles:
        theirs.update(shingle.encode("utf-8", "replace"))
    ours = signature(shingles)
    assert ours.dtype == theirs.hashvalues.dtype
    assert np.array_equal(ours, theirs.hashvalues)


def test_equal_band_keys_mean_equal_rows() -> None:
    rng = np.random.default_rng(5)
    pool = [f"s{i}" for i in range(120)]
    met = agreed = 0
    for _ in range(300):
        left, right = (set(rng.choice(pool, 60, replace=False)) for _ in range(2))
        right |= set(list(left)[:45])
        rows = (signature(left) == signature(right)).reshape(BANDS, 4).all(axis=1)
        keys = band_keys(signature(left)) == band_keys(signature(right))
        assert np.array_equal(rows, keys)
        met += bool(keys.any())
        agreed += 1
    assert met / agreed > 0.5


def test_bands_find_pairs_as_often_as_the_formula_says() -> None:
    # Two sets of 60 sharing 40 have J = 40 / 80 = 0.5, and 1 - (1 - 0.5^4)^32 = 0.873.
    trials, found = 400, 0
    for trial in range(trials):
        left = {f"{trial}-{i}" for i in range(60)}
        right = {f"{trial}-{i}" for i in range(20, 80)}
        found += bool((band_keys(signature(left)) == band_keys(signature(right))).any())
    assert abs(found / trials - 0.873) < 0.06


def test_no_shingles_no_keys() -> None:
    assert not band_keys(signature(set())).any()
    assert band_keys(signature({"a"})[: SKELETON_BANDS * ROWS]).all()


def test_keys_of_different_bands_differ_though_their_rows_agree() -> None:
    assert len(set(band_keys(signature({"only"})).tolist())) == BANDS


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("abc 12,.", max_size=900))
def test_a_text_s_signature_is_that_of_its_shingles(text: str) -> None:
    normal = normalise(text)
    assert np.array_equal(signatures(text_hashes(normal))[0], signature(char_shingles(normal)))


@settings(deadline=None)
@given(st.sets(st.text(max_size=6), max_size=700), st.sets(st.text(max_size=6), max_size=40))
def test_signatures_made_together_are_those_made_alone(one: set[str], other: set[str]) -> None:
    together = signatures(shingle_hashes(one), shingle_hashes(other))
    assert np.array_equal(together, [signature(one), signature(other)])
    keys = band_keys(together[0], together[1][: SKELETON_BANDS * ROWS])
    assert np.array_equal(keys[:BANDS], band_keys(together[0]))
    assert np.array_equal(keys[BANDS:], band_keys(together[1])[:SKELETON_BANDS])


def test_low_bytes_tell_what_may_be_alike() -> None:
    shared, own = [f"s{n}" for n in range(1000)], [f"t{n}" for n in range(1000)]
    whole = low_bytes(signature(shared))
    for jaccard, reached in ((0.9, True), (0.35, True), (0.30, True), (0.02, False), (0.0, False)):
        common = round(2000 * jaccard / (1 + jaccard))
        other = low_bytes(signature(shared[:common] + own[common:]))
        assert bool(may_reach(other[None, :], whole, 0.3)[0]) is reached, jaccard
