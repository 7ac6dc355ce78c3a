"""Skeletons are made chunk by chunk, and come out as if the whole text had been parsed at once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from factory.similarity import skeleton as module
from factory.similarity.skeleton import _CHUNKS, _parse, _tokens, skeleton

PIECES = (
    " ", "  ", "\n", "\t", "-", "−", "*", "•", "'", "’", "‘", "\"", ".", ",", ":", "(", ")", "/", "%", "5", "1,890", ".9",
    "a", "Bé", "Ann", "Mr", "the", "#", "_", "\u00a0", "\u2028", "\r", "ß", "汉",
)  # fmt: skip


@settings(deadline=None, max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_chunk_by_chunk_as_all_at_once(text: str) -> None:
    assert _tokens(text) == list(_parse(text))


def test_what_is_forgotten_or_too_long_to_keep_changes_nothing(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    text = f"Ann packs 12 boxes of {'很' * 200} for the {'x' * 60} store and Bob carries 3 of them home."
    once = skeleton(text)
    monkeypatch.setattr(module, "_MOST_CHUNKS", 3)
    assert skeleton(text) == once == skeleton(text)
    assert not any(len(chunk) > 34 for chunk in _CHUNKS)
