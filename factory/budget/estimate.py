"""What a job will take before its first call: calls, tokens, money and time, by role, as ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from factory.budget.price import Price, Rates
from factory.ports import Policy
from factory.types import Role

_MTOK = 1_000_000


@dataclass(frozen=True, slots=True)
class Range:
    """low <= likely <= high, none negative; low and high are where it would surprise us to land outside."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high < math.inf:
            raise ValueError(f"not a range: {self.low}, {self.likely}, {self.high}")

    @classmethod
    def exactly(cls, value: float) -> Range:
        return cls(value, value, value)

    @classmethod
    def within(cls, likely: float, factor: float) -> Range:
        """From likely / factor to likely * factor."""
        return cls(likely / factor, likely, likely * factor)

    @classmethod
    def of_mean(cls, samples: Sequence[float]) -> Range:
        """The mean of a population from a sample of it: two standard errors either way, a factor of 2 from one sample.

        Raises ValueError for an empty sample.
        """
        if not samples:
            raise ValueError("a mean needs a sample")
        mean = sum(samples) / len(samples)
        if len(samples) == 1:
            return cls.within(mean, 2)
        variance = sum((sample - mean) ** 2 for sample in samples) / (len(samples) - 1)
        error = 2 * math.sqrt(variance / len(samples))
        return cls(max(0.0, mean - error), mean, mean + error)

    def __mul__(self, other: Range) -> Range:
        return Range(self.low * other.low, self.likely * other.likely, self.high * other.high)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def scaled(self, factor: float) -> Range:
        return Range(self.low * factor, self.likely * factor, self.high * factor)


_NONE = Range.exactly(0)


@dataclass(frozen=True, slots=True)
class CallExpectation:
    """The calls one seat makes for one purpose.

    calls: per pull that gets there (an oracle's votes, a panel slot's expected screening and confirmation calls, repairs);
    reach: the share of pulls that get there, so the yield of the gates before it; tokens and seconds: means per call.
    """

    role: Role
    slot: int
    purpose: str
    calls: Range
    input_tokens: Range
    output_tokens: Range
    seconds: Range
    reach: Range = Range(1, 1, 1)


@dataclass(frozen=True, slots=True)
class RoleEstimate:
    """All calls of one role. nano_usd: nano-dollars, of the seats that have a price."""

    role: Role
    calls: Range
    input_tokens: Range
    output_tokens: Range
    nano_usd: Range


@dataclass(frozen=True, slots=True)
class Estimate:
    """pulls: how many indices will be pulled; seconds: wall time; unpriced: the seats, (role, slot), nano_usd leaves out."""

    pulls: Range
    roles: tuple[RoleEstimate, ...]
    seconds: Range
    unpriced: tuple[tuple[Role, int], ...] = ()

    @property
    def calls(self) -> Range:
        return _sum(role.calls for role in self.roles)

    @property
    def nano_usd(self) -> Range:
        return _sum(role.nano_usd for role in self.roles)


def estimate(
    policy: Policy,
    expectations: Sequence[CallExpectation],
    prices: Mapping[tuple[Role, int], Price | None],
    *,
    accepted: Range,
    pulls_in_flight: int,
    endpoints: Mapping[tuple[Role, int], tuple[str, int]],
    retried: float = 0.0,
) -> Estimate:
    """What the policy will take.

    prices: by seat; None, or a seat left out, has none. accepted: the share of pulls that end accepted (an accept run divides
    by it; low must be above 0 there). pulls_in_flight: pulls under way at once; an accept run pays for up to so many that it
    does not land. endpoints: by seat, its endpoint's key and how many calls that has in flight; a seat left out waits for
    nobody. retried: the share of calls made again; it takes time, and no money, since a call turned away is not billed.
    Raises ValueError for an accept run that nothing would end.
    """
    pulls = _pulls(policy, accepted, pulls_in_flight)
    by_role: dict[Role, list[Range]] = {}
    unpriced: dict[tuple[Role, int], None] = {}
    work: dict[str, Range] = {}
    chain = _NONE
    for expected in expectations:
        seat = (expected.role, expected.slot)
        calls = expected.calls * expected.reach * pulls
        price = prices.get(seat)
        if price is None:
            unpriced[seat] = None
        money = _NONE if price is None else calls * _cost(price, expected)
        row = [calls, calls * expected.input_tokens, calls * expected.output_tokens, money]
        total = by_role.setdefault(expected.role, [_NONE] * 4)
        by_role[expected.role] = [left + right for left, right in zip(total, row, strict=True)]
        seconds = expected.seconds.scaled(1 + retried)
        chain += expected.calls * seconds
        if seat in endpoints:
            key, places = endpoints[seat]
            work[key] = work.get(key, _NONE) + (calls * seconds).scaled(1 / places)
    roles = tuple(RoleEstimate(role, *by_role[role]) for role in Role if role in by_role)
    return Estimate(pulls, roles, _makespan(_longest(work.values()), chain), tuple(unpriced))


def _pulls(policy: Policy, accepted: Range, in_flight: int) -> Range:
    if policy.accept is None:
        return Range.exactly(policy.cap)
    if accepted.low <= 0:
        raise ValueError("an accept run without any accepted share has no end")
    # Speculation: when the last wanted one lands, those in flight behind it are paid for, on average half of each.
    surplus = min(in_flight, policy.cap)
    low, likely = policy.accept / accepted.high, policy.accept / accepted.likely + surplus / 2
    high = policy.accept / accepted.low + surplus
    return Range(*(min(float(policy.cap), pulls) for pulls in (low, likely, high)))


def _cost(price: Price, expected: CallExpectation) -> Range:
    """The mean cost of a call. Means are fractional, so this rounds nothing; caches are not counted on."""
    costs = []
    for tokens, output in (
        (expected.input_tokens.low, expected.output_tokens.low),
        (expected.input_tokens.likely, expected.output_tokens.likely),
        (expected.input_tokens.high, expected.output_tokens.high),
    ):
        rates: Rates = next((tier for start, tier in reversed(price.tiers) if tokens > start), price.base)
        costs.append(price.per_call + (tokens * rates.input + output * rates.output) / _MTOK)
    return Range(*costs)


def _makespan(work: Range, chain: Range) -> Range:
    """Wall time where the busiest endpoint has `work` seconds per place, and one pull alone takes `chain`.

    Greedy scheduling ends no sooner than the longer of both and no later than their sum (R. L. Graham, SIAM J. Appl. Math. 17,
    1969). Likely is half-way between, since calls of one pull partly run side by side.
    """
    likely = (max(work.likely, chain.likely) + work.likely + chain.likely) / 2
    low = min(max(work.low, chain.low), likely)
    return Range(low, likely, max(likely, work.high + chain.high))


def _longest(works: Iterable[Range]) -> Range:
    """Endpoints work side by side: the busiest one decides."""
    every = [_NONE, *works]
    return Range(max(r.low for r in every), max(r.likely for r in every), max(r.high for r in every))


def _sum(ranges: Iterable[Range]) -> Range:
    total = _NONE
    for one in ranges:
        total += one
    return total
