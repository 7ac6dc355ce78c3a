"""What each seat of a cast costs: the cast's own `price:`, else the packaged data of genai-prices. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any, Final

from factory.budget import FREE, Price, Rates, attempt_cost_nano, cost_nano, input_tokens_bound, worst_case_nano
from factory.errors import BadInput
from factory.types import Cast, Member, Role, TokenPrice
from factory.types.model_name import undated

__all__ = [
    "Price", "Rates", "attempt_cost_nano", "cost_nano", "input_tokens_bound", "price_of", "prices_of",
    "worst_case_nano",
]  # fmt: skip

# USD per million tokens to nano-dollars per million tokens.
_NANO: Final = 10**9
# A price may change by the hour of the day, and a job may run for a while.
_AHEAD: Final = tuple(timedelta(minutes=30 * step) for step in range(97))


def prices_of(cast: Cast, *, capped: bool) -> Mapping[tuple[Role, int], Price | None]:
    """The price of each seat, None where nobody knows it.

    capped: the job has a money budget; then BadInput for a seat whose price or whose most output tokens are unknown, for no
    cap could be kept.
    """
    prices: dict[tuple[Role, int], Price | None] = {}
    for role, members in cast.members.items():
        for slot, member in enumerate(members):
            price = prices[role, slot] = price_of(member)
            if capped:
                _require_bounded(member, price, f"cast {cast.name}: {role.value} {slot + 1}")
    return prices


def _require_bounded(member: Member, price: Price | None, where: str) -> None:
    if price is None:
        raise BadInput(
            f"the price of {member.model} is not known, and --budget needs it",
            where=where,
            fix="Add `price: {input: 0.50, output: 1.50}`, in USD per million tokens (0 for a model of your own), "
            "or leave --budget out",
        )
    if not price.free and member.max_tokens is None:
        raise BadInput(
            f"{member.model} has no max_tokens, so a single call could cost any amount, and --budget needs a bound",
            where=where,
            fix="Add `max_tokens: 4096` (or what its longest answer takes), or leave --budget out",
        )


def price_of(member: Member, *, at: datetime | None = None) -> Price | None:
    """The member's price at a moment (now), None where neither the cast nor the library knows it."""
    declared = member.price
    if declared is not None:
        return _declared(declared)
    if member.simulated:
        return FREE
    provider, _, name = member.model.partition("/")
    moment = at or datetime.now(UTC)
    return _library_price(provider.lower(), name.lower(), member.base_url, moment.replace(minute=0, second=0, microsecond=0))


def _declared(price: TokenPrice) -> Price:
    cached = price.input if price.cached_input is None else price.cached_input
    # A float's shortest form is the number that was written: 0.15 is fifteen hundredths.
    rates = [_nano(Decimal(str(usd))) for usd in (price.input, price.output, cached)]
    return Price(Rates(*rates), source="the cast")


@lru_cache(maxsize=256)
def _library_price(provider: str, name: str, base_url: str | None, at: datetime) -> Price | None:
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    try:
        # Behind another address the provider's own prices say nothing; the address may be one the library knows.
        seller, model = get_snapshot().find_provider_model(name, None, None if base_url else provider, base_url)
    except LookupError:
        return None
    if not _is_named(name, model):
        return None
    # Providers other than Anthropic write caches unasked, and usage does not tell those tokens from others.
    writes_unasked = provider != "anthropic"
    coming = [_rates_by_start(model.get_prices(at + ahead), writes_unasked) for ahead in _AHEAD]
    known = [rates for rates in coming if rates is not None]
    if len(known) < len(coming):
        return None
    calls = [getattr(model.get_prices(at + ahead), "requests_kcount", None) or Decimal(0) for ahead in _AHEAD]
    starts = sorted({start for rates in known for start in rates})
    tiers = [(start, _dearest(_at_start(rates, start) for rates in known)) for start in starts]
    source = f"genai-prices {__version__}: {seller.id}/{model.id}"
    return Price(tiers[0][1], tuple(tiers[1:]), per_call=_nano(max(calls) / 1000), source=source)


def _is_named(name: str, model: Any) -> bool:
    """Whether the library lists this very name, dated or not. It also matches by prefix, and then a model that is newer and
    dearer than the one listed would go at the old one's price.
    """
    listed = {model.id.lower(), *_literals(model.match)}
    plain = undated(name)
    return name in listed or plain in listed or plain in {undated(other) for other in listed}


def _literals(clause: Any) -> Iterator[str]:
    """The names and prefixes a match clause spells out."""
    for field in fields(clause) if is_dataclass(clause) else ():
        value = getattr(clause, field.name)
        if field.name in ("equals", "starts_with"):
            yield value.lower()
        elif isinstance(value, list):
            for inner in value:
                yield from _literals(inner)


def _rates_by_start(price: Any, writes_unasked: bool) -> dict[int, Rates] | None:
    """The library's price as rates by the input tokens they start above (0 first); None when text in or out is unpriced, or a
    text unit is priced that usage does not count.
    """
    if price.input_mtok is None or price.output_mtok is None or getattr(price, "output_citation_mtok", None) is not None:
        return None
    inputs = [price.input_mtok, price.cache_write_mtok] if writes_unasked else [price.input_mtok]
    outputs = [price.output_mtok, price.output_reasoning_mtok]
    cached = price.input_mtok if price.cache_read_mtok is None else price.cache_read_mtok
    starts = {0, *(tier.start for usd in (*inputs, *outputs, cached) for tier in getattr(usd, "tiers", ()))}
    return {
        start: Rates(
            input=max(_nano(_usd(usd, start)) for usd in inputs if usd is not None),
            output=max(_nano(_usd(usd, start)) for usd in outputs if usd is not None),
            cached_input=_nano(_usd(cached, start)),
        )
        for start in sorted(starts)
    }


def _usd(price: Any, start: int) -> Decimal:
    """USD per million tokens of a call with more than `start` input tokens; a tier applies to all tokens of the call."""
    reached = [tier.price for tier in getattr(price, "tiers", ()) if tier.start <= start]
    usd: Decimal = reached[-1] if reached else getattr(price, "base", price)
    return usd


def _at_start(rates: Mapping[int, Rates], start: int) -> Rates:
    return rates[max(own for own in rates if own <= start)]


def _dearest(rates: Iterable[Rates]) -> Rates:
    every = list(rates)
    return Rates(max(r.input for r in every), max(r.output for r in every), max(r.cached_input for r in every))


def _nano(usd: Decimal) -> int:
    return int((usd * _NANO).to_integral_value(ROUND_CEILING))
