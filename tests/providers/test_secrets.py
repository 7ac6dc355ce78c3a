"""What a refusal may still say of a key: nothing that helps to recognise it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.providers.secrets import Blotter

KEY = "sk-proj-Zq7Rk2VnT9wXbLm4Hd8s"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"Bad credential Bearer {KEY}", "Bad credential Bearer [key]"),
        (
            f"Incorrect API key provided: {KEY[:8]}{'*' * 30}{KEY[-4:]}. Look it up.",
            "Incorrect API key provided: [key] Look it up.",
        ),
        (f"Incorrect API key provided: sk-...{KEY[-4:]}.", "Incorrect API key provided: [key]"),
        (f'{{"key":"{KEY[:12]}"}}', '{"key":"[key]"}'),
        (f"key={KEY[9:20]}&x", "key=[key]"),
        ("The model gpt-4o does not exist.", "The model gpt-4o does not exist."),
        ("See https://platform.openai.com/account/api-keys.", "See https://platform.openai.com/account/api-keys."),
    ],
)
def test_parts_go_and_words_stay(said: str, left: str) -> None:
    assert Blotter(KEY).text(said) == left


def test_of_a_short_key_only_the_whole_goes() -> None:
    assert Blotter("EMPTY").text("The key EMPTY is not EMPT.") == "The key [key] is not EMPT."


@given(st.text(st.characters(codec="ascii"), max_size=40), st.text(st.characters(codec="ascii"), max_size=40), st.data())
def test_eight_characters_in_a_row_never_stay(before: str, after: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(KEY) - 8))
    end = data.draw(st.integers(start + 8, len(KEY)))
    assert KEY[start:end] not in Blotter(KEY).text(f"{before}{KEY[start:end]}{after}")
