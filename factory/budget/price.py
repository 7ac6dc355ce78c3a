"""What a call costs. Integers throughout: rates are nano-dollars per million tokens, amounts nano-dollars, rounded up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from factory.errors import FailureKind
from factory.types import Usage

_MTOK: Final = 1_000_000
# Ten times the longest context any provider offers: a count above it is a defect of the report, not a bill.
_ABSURD_TOKENS: Final = 100_000_000
# Where the HTTP status itself refused, no token was made. Inside a 200 they are a gateway's words, or a model's that ran out of
# room: it was at work. A server error is not among them, since it may have come after the work was done.
_TURNED_AWAY: Final = frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.CONTEXT_OVERFLOW})


@dataclass(frozen=True, slots=True)
class Rates:
    """Nano-dollars per million tokens: USD per million tokens times 10^9. cached_input: of the input read from a cache."""

    input: int
    output: int
    cached_input: int


@dataclass(frozen=True)
class Price:
    """A model's price. tiers: (start, rates), ascending: a call with more than `start` input tokens pays these rates for
    all its tokens; per_call: nano-dollars for each call; source: where the price comes from, for people.
    """

    base: Rates
    tiers: tuple[tuple[int, Rates], ...] = ()
    per_call: int = 0
    source: str = ""

    @cached_property
    def free(self) -> bool:
        every = (self.base, *(rates for _, rates in self.tiers))
        return self.per_call == 0 and not any(rates.input or rates.output or rates.cached_input for rates in every)


FREE: Final = Price(Rates(0, 0, 0), source="free of charge")


def cost_nano(price: Price, usage: Usage) -> int:
    """What this usage costs. It must be usable: see `attempt_cost_nano`."""
    rates = _rates(price, usage.input_tokens)
    fresh = usage.input_tokens - usage.cached_tokens
    total = fresh * rates.input + usage.cached_tokens * rates.cached_input + usage.output_tokens * rates.output
    return price.per_call + _up(total)


def mean_cost_nano(price: Price, input_tokens: float, output_tokens: float, cached_tokens: float = 0.0) -> float:
    """The mean cost of calls with these mean counts, as long as they lie in one tier. Nothing is rounded."""
    rates = _rates(price, input_tokens)
    fresh = input_tokens - cached_tokens
    return price.per_call + (fresh * rates.input + cached_tokens * rates.cached_input + output_tokens * rates.output) / _MTOK


def worst_case_nano(price: Price, input_tokens: int, max_tokens: int) -> int:
    """The most that a call of at most so many input and output tokens can cost, whatever part of the input is cached."""
    reachable = [price.base, *(rates for start, rates in price.tiers if input_tokens > start)]
    worst = max(input_tokens * max(rates.input, rates.cached_input) + max_tokens * rates.output for rates in reachable)
    return price.per_call + _up(worst)


def attempt_cost_nano(
    price: Price, usage: Usage | None, failure: FailureKind | None = None, *, turned_away: bool = False
) -> int | None:
    """What an attempt cost; None where nobody can tell, and `Budget.settle` then charges its whole reservation.

    failure: how it failed, None for an answer; turned_away: see `factory.errors.ModelFailure`. A rate limit, an overload or an
    overflow that the HTTP status told is free. After a broken connection, a deadline or a server error without usage the
    provider may have been at work, so the cost is unknown; an adapter that knows better (the request never left) says so with a
    usage of zeros.
    """
    if price.free:
        return 0
    if usage is None:
        return 0 if turned_away and failure in _TURNED_AWAY else None
    # Be it with nothing of use, the model has answered: it must have read something.
    answered = (failure is None or not failure.transient) and not turned_away
    return cost_nano(price, usage) if _usable(usage, answered=answered) else None


def _usable(usage: Usage, *, answered: bool) -> bool:
    """Whether a report can be true. No answer was ever made from no input, though some servers report just that."""
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    if any(type(count) is not int or not 0 <= count <= _ABSURD_TOKENS for count in counts):
        return False
    return usage.cached_tokens <= usage.input_tokens and (usage.input_tokens > 0 or not answered)


def _rates(price: Price, input_tokens: float) -> Rates:
    return next((tier for start, tier in reversed(price.tiers) if input_tokens > start), price.base)


def _up(nano_times_mtok: int) -> int:
    return -(-nano_times_mtok // _MTOK)
