"""Prices of a cast: from the packaged library without a network, from the cast, or refused."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.budget import cost_nano
from factory.config.prices import Price, Rates, price_of, prices_of
from factory.errors import BadInput
from factory.types import Cast, Member, Role, TokenPrice, Usage


def cast(*solvers: Member) -> Cast:
    return Cast(name="mine", members={Role.SOLVER: solvers})


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a price lookup opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_library_knows_common_models_by_their_dated_names_too() -> None:
    plain, dated = price_of(Member(model="openai/gpt-4o")), price_of(Member(model="openai/GPT-4o-2024-08-06"))
    assert plain is not None and plain == dated
    assert plain.base == Rates(input=2_500_000_000, output=10_000_000_000, cached_input=1_250_000_000)
    assert "genai-prices" in plain.source and "openai/gpt-4o" in plain.source
    assert price_of(Member(model="anthropic/claude-sonnet-4-5-20250929")) is not None


@pytest.mark.parametrize(
    "member",
    [
        Member(model="openai/gpt-99-ultra"),
        # The library matches this one by prefix; the price of a sibling is a guess.
        Member(model="anthropic/claude-sonnet-4-5-turbo"),
        Member(model="nobody/gpt-4o"),
        Member(model="openai/gpt-4o", base_url="http://127.0.0.1:8000/v1"),
        Member(model="openai/text-embedding-3-small"),
    ],
)
def test_what_it_does_not_know_is_not_guessed(member: Member) -> None:
    assert price_of(member) is None


def test_an_address_the_library_knows_is_priced_by_its_owner() -> None:
    price = price_of(Member(model="openai/deepseek-chat", base_url="https://api.deepseek.com"))
    assert price is not None and "deepseek/deepseek-chat" in price.source


def test_a_price_that_changes_with_the_hour_counts_at_its_dearest() -> None:
    member = Member(model="openai/deepseek-chat", base_url="https://api.deepseek.com")
    hours = {price_of(member, at=datetime(2026, 11, 1, hour, tzinfo=UTC)) for hour in range(0, 24, 3)}
    assert len(hours) == 1


@pytest.mark.parametrize(
    ("name", "base_url", "provider"),
    [
        ("openai/gpt-4o", None, "openai"),
        ("openai/gpt-4o-mini", None, "openai"),
        ("anthropic/claude-sonnet-4-5", None, "anthropic"),
        ("anthropic/claude-opus-4-1", None, "anthropic"),
        ("openai/gemini-2.5-pro", "https://generativelanguage.googleapis.com/v1beta/openai", "google"),
    ],
)
@settings(max_examples=40, deadline=None)
@given(tokens=st.tuples(st.integers(1, 900_000), st.integers(0, 200_000)), cached_share=st.floats(0, 1))
def test_costs_agree_with_the_librarys_own_reckoning(
    name: str, base_url: str | None, provider: str, tokens: tuple[int, int], cached_share: float
) -> None:
    from genai_prices import Usage as LibraryUsage
    from genai_prices import calc_price

    cached = int(tokens[0] * cached_share)
    price = price_of(Member(model=name, base_url=base_url))
    assert price is not None
    ours = cost_nano(price, Usage(tokens[0], tokens[1], cached))
    usage = LibraryUsage(input_tokens=tokens[0], output_tokens=tokens[1], cache_read_tokens=cached)
    theirs = calc_price(usage, name.partition("/")[2], provider_id=provider).total_price
    assert 0 <= Decimal(ours) - theirs * 10**9 < 1


def test_the_casts_own_price_wins_and_is_exact() -> None:
    member = Member(model="openai/gpt-4o", price=TokenPrice(input=0.15, output=0.6, cached_input=0.0375))
    price = price_of(member)
    assert price == Price(Rates(150_000_000, 600_000_000, 37_500_000), source="the cast")
    assert cost_nano(price, Usage(1_000_000, 1_000_000, 1_000_000)) == 637_500_000
    whole = price_of(Member(model="openai/x", price=TokenPrice(input=1, output=2)))
    assert whole is not None and whole.base.cached_input == whole.base.input == 10**9


def test_a_capped_job_needs_a_price_and_a_bound_before_its_first_call() -> None:
    with pytest.raises(BadInput) as unknown:
        prices_of(cast(Member(model="sim:solver"), Member(model="openai/acme-1", max_tokens=100)), capped=True)
    assert "openai/acme-1" in unknown.value.message and "`price: {input:" in unknown.value.message
    assert unknown.value.where == "cast mine: solver 2"
    with pytest.raises(BadInput) as unbounded:
        prices_of(cast(Member(model="openai/gpt-4o")), capped=True)
    assert "openai/gpt-4o" in unbounded.value.message and "`max_tokens: 4096`" in unbounded.value.message


def test_without_a_cap_nothing_is_refused() -> None:
    prices = prices_of(cast(Member(model="openai/acme-1"), Member(model="openai/gpt-4o")), capped=False)
    assert prices[Role.SOLVER, 0] is None and prices[Role.SOLVER, 1] is not None


def test_simulated_and_free_models_need_neither() -> None:
    own = Member(model="openai/mine", base_url="http://127.0.0.1:8000/v1", price=TokenPrice(input=0, output=0))
    prices = prices_of(cast(Member(model="sim:solver"), own), capped=True)
    assert all(price is not None and price.free for price in prices.values())
    metered = price_of(Member(model="sim:solver", price=TokenPrice(input=1, output=1)))
    assert metered is not None and not metered.free
