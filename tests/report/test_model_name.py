"""When a provider has served the model that was asked for."""

from __future__ import annotations

import pytest

from factory.types.model_name import is_as_asked

SAME = [
    ("openai/gpt-4o", "gpt-4o"),
    ("openai/gpt-4o", "GPT-4o"),
    ("openai/gpt-4o", ""),
    ("openai/gpt-4o", "gpt-4o-2024-08-06"),
    ("openai/gpt-4o-2024-08-06", "gpt-4o"),
    ("openai/gpt-3.5-turbo", "gpt-3.5-turbo-0613"),
    ("anthropic/claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"),
    ("anthropic/claude-opus-4", "claude-opus-4@20250514"),
    ("openai/meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
    ("openai/meta-llama/Llama-3.1-8B", "Llama-3.1-8B"),
    ("openai/gpt-4o", "openai/gpt-4o-2024-08-06"),
    ("sim:author", "sim:author"),
]
OTHER = [
    ("openai/gpt-4o", "gpt-4o-mini"),
    ("openai/gpt-4o", "gpt-4o-mini-2024-07-18"),
    ("openai/gpt-4o-2024-08-06", "gpt-4o-2024-05-13"),
    ("openai/gpt-4o-mini", "gpt-4o"),
    ("openai/gpt-4o", "something-else-2099"),
    ("openai/meta-llama/Llama-3.1-8B", "mistralai/Llama-3.1-8B"),
    ("openai/4o", "gpt-4o"),
]


@pytest.mark.parametrize(("asked", "served"), SAME)
def test_the_same_model(asked: str, served: str) -> None:
    assert is_as_asked(asked, served)


@pytest.mark.parametrize(("asked", "served"), OTHER)
def test_another_model(asked: str, served: str) -> None:
    assert not is_as_asked(asked, served)
