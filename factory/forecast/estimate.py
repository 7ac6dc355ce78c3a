"""From what each seat takes per pull to what a whole run will take: pulls, calls, tokens, money and time, by role."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from factory.budget import Price, mean_cost_nano
from factory.ports import Policy
from factory.types import Role

ASSUMED_SPREAD: Final = 0.5
"""The relative standard deviation of what rests on assumptions, so that twice and half of it are two of them away."""

Seat = tuple[Role, int]


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers, 0 <= low <= likely <= high; low and high are where it would surprise us to land outside."""

    low: int
    likely: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError(f"not a range: {self.low}, {self.likely}, {self.high}")

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)


NONE: Final = Range(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Basis:
    """What was measured. count: pulls or calls; jobs: whose; whole: nothing of the figure was assumed beside it."""

    count: int
    jobs: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class SeatUse:
    """What one seat takes: calls per pull; per call the tokens it is billed for (cached_tokens are part of input_tokens) and
    the seconds it takes, None where nobody has timed it.

    scatter: the relative standard deviation of its use from pull to pull, where it was measured. calls_from and tokens_from:
    what the figures rest on, None where they are assumed.
    """

    role: Role
    slot: int
    calls: float
    input_tokens: float
    output_tokens: float
    cached_tokens: float = 0.0
    seconds: float | None = None
    scatter: float = 0.0
    calls_from: Basis | None = None
    tokens_from: Basis | None = None

    def spread(self, pulls: float) -> float:
        """The relative standard deviation of its total over so many pulls, the measured mean being uncertain too."""
        if self.calls_from is None or self.tokens_from is None:
            return ASSUMED_SPREAD
        return self.scatter * math.sqrt(1 / self.calls_from.count + 1 / max(pulls, 1))


@dataclass(frozen=True, slots=True)
class Yield:
    """The share of pulls that end accepted, above 0; basis: None where it is assumed."""

    share: float
    basis: Basis | None = None

    def spread(self, wanted: int) -> float:
        """The relative standard deviation of the pulls that `wanted` accepted ones take: a negative binomial count, at a share
        known as well as its own pulls tell.
        """
        if self.basis is None:
            return ASSUMED_SPREAD
        return math.sqrt((1 - self.share) * (1 / wanted + 1 / (self.share * self.basis.count)))


@dataclass(frozen=True, slots=True)
class Lane:
    """What a seat's calls share with other seats'. key: the endpoint; rpm, tpm: its caps on requests and tokens a minute."""

    key: str
    rpm: int | None = None
    tpm: int | None = None


@dataclass(frozen=True, slots=True)
class RoleEstimate:
    """All calls of one role. nano_usd: of the seats that have a price; calls_from, tokens_from: as in `SeatUse`."""

    role: Role
    calls: Range
    input_tokens: Range
    output_tokens: Range
    nano_usd: Range
    calls_from: Basis | None
    tokens_from: Basis | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """pulls: how many indices will be pulled; seconds: None where some seat was never timed; unpriced: seats whose money is
    left out. The totals are the sums over the roles.
    """

    pulls: Range
    accepted: Yield
    roles: tuple[RoleEstimate, ...]
    seconds: Range | None
    unpriced: tuple[Seat, ...] = ()

    @property
    def calls(self) -> Range:
        return _sum(role.calls for role in self.roles)

    @property
    def input_tokens(self) -> Range:
        return _sum(role.input_tokens for role in self.roles)

    @property
    def output_tokens(self) -> Range:
        return _sum(role.output_tokens for role in self.roles)

    @property
    def nano_usd(self) -> Range:
        return _sum(role.nano_usd for role in self.roles)


def estimate(
    policy: Policy,
    uses: Sequence[SeatUse],
    prices: Mapping[Seat, Price | None],
    *,
    accepted: Yield,
    concurrency: int,
    lanes: Mapping[Seat, Lane],
) -> Estimate:
    """What the policy will take. prices: None, or nothing, where nobody knows it. concurrency: pulls under way at once, and
    calls at one endpoint. lanes: a seat left out has an endpoint of its own.
    """
    pulls, unsure = pulls_of(policy, accepted, concurrency)
    roles, unpriced = [], []
    for role in Role:
        seats = [use for use in uses if use.role is role and use.calls > 0]
        if not seats:
            continue
        amounts = [[NONE] * 4]
        for use in seats:
            price = prices.get((role, use.slot))
            if price is None:
                unpriced.append((role, use.slot))
            each = 0.0 if price is None else mean_cost_nano(price, use.input_tokens, use.output_tokens, use.cached_tokens)
            spread = math.hypot(use.spread(pulls), unsure)
            per_call = (1.0, use.input_tokens, use.output_tokens, each)
            amounts.append([_within(pulls * use.calls * amount, spread) for amount in per_call])
        calls, read, written, money = (_sum(column) for column in zip(*amounts, strict=True))
        rests = [_rests(bases) for bases in ([use.calls_from for use in seats], [use.tokens_from for use in seats])]
        roles.append(RoleEstimate(role, calls, read, written, money, *rests))
    seconds = _seconds(uses, pulls, unsure, concurrency, lanes)
    bounded = _within(pulls, unsure)
    at_most = Range(*(min(policy.cap, number) for number in (bounded.low, bounded.likely, bounded.high)))
    return Estimate(at_most, accepted, tuple(roles), seconds, tuple(unpriced))


def pulls_of(policy: Policy, accepted: Yield, concurrency: int) -> tuple[float, float]:
    """How many pulls are paid for, and its relative standard deviation."""
    if policy.accept is None:
        return float(policy.cap), 0.0
    # When the last wanted one lands, up to as many pulls as one more would have taken are under way, on average half done.
    surplus = min(concurrency, 1 / accepted.share) / 2
    wanted = policy.accept / accepted.share + surplus
    return (wanted, accepted.spread(policy.accept)) if wanted < policy.cap else (float(policy.cap), 0.0)


def _within(likely: float, spread: float) -> Range:
    """Two standard deviations to either side, as a factor: what cannot be negative scatters by factors."""
    factor = 1 + 2 * spread
    return Range(round(likely / factor), round(likely), round(likely * factor))


def _rests(bases: Sequence[Basis | None]) -> Basis | None:
    known = [basis for basis in bases if basis is not None]
    if not known:
        return None
    jobs = dict.fromkeys(job for basis in known for job in basis.jobs)
    whole = len(known) == len(bases) and all(basis.whole for basis in known)
    return Basis(max(basis.count for basis in known), tuple(jobs), whole)


def _seconds(
    uses: Sequence[SeatUse], pulls: float, unsure: float, concurrency: int, lanes: Mapping[Seat, Lane]
) -> Range | None:
    """Model time: the busiest endpoint's calls, so many at once and within its caps, and no less than one call of each role
    after another. At most a whole pull, call after call, comes on top (R. L. Graham, SIAM J. Appl. Math. 17, 1969).
    """
    busy: dict[str, float] = {}
    requests: dict[str, float] = {}
    tokens: dict[str, float] = {}
    slowest: dict[Role, float] = {}
    alone = 0.0
    spread = unsure
    for use in uses:
        if use.calls == 0:
            continue
        if use.seconds is None:
            return None
        calls = pulls * use.calls
        lane = lanes.get((use.role, use.slot), Lane(f"{use.role} {use.slot}"))
        busy[lane.key] = busy.get(lane.key, 0.0) + calls * use.seconds / concurrency
        if lane.rpm is not None:
            requests[lane.key] = requests.get(lane.key, 0.0) + 60 * calls / lane.rpm
        if lane.tpm is not None:
            tokens[lane.key] = tokens.get(lane.key, 0.0) + 60 * calls * (use.input_tokens + use.output_tokens) / lane.tpm
        slowest[use.role] = max(slowest.get(use.role, 0.0), use.seconds)
        alone += use.calls * use.seconds
        spread = max(spread, math.hypot(use.spread(pulls), unsure))
    likely = max([math.fsum(slowest.values()), *busy.values(), *requests.values(), *tokens.values()])
    found = _within(likely, spread)
    return Range(found.low, found.likely, found.high + math.ceil(alone))


def _sum(ranges: Iterable[Range]) -> Range:
    total = NONE
    for one in ranges:
        total += one
    return total
