"""The estimate before a run, against runs simulated call by call."""

from __future__ import annotations

import random

import pytest

from factory.budget import FREE, CallExpectation, Price, Range, Rates, cost_nano, estimate
from factory.ports import Policy
from factory.types import Role, Usage

AUTHOR = Price(Rates(3 * 10**9, 15 * 10**9, 3 * 10**8))
CHEAP = Price(Rates(15 * 10**7, 6 * 10**8, 75 * 10**6))
PRICES = {(Role.AUTHOR, 0): AUTHOR, (Role.ORACLE, 0): CHEAP, (Role.SOLVER, 0): CHEAP, (Role.SOLVER, 1): FREE}
ENDPOINTS = dict.fromkeys(PRICES, ("one", 16))
MEANS = {Role.AUTHOR: (900, 350, 4.0), Role.ORACLE: (250, 400, 3.0), Role.SOLVER: (200, 300, 2.0)}
CALLS = {(Role.AUTHOR, 0): 1.3, (Role.ORACLE, 0): 3.0, (Role.SOLVER, 0): 4.0, (Role.SOLVER, 1): 4.0}
REACH = {Role.AUTHOR: 1.0, Role.ORACLE: 0.8, Role.SOLVER: 0.5}
ACCEPTED = 0.25


def expectations(off: float = 1.0) -> list[CallExpectation]:
    """What a planner would feed in; off: by what factor its token counts are wrong."""
    return [
        CallExpectation(
            role,
            slot,
            "all",
            calls=Range.within(CALLS[role, slot], 1.3),
            input_tokens=Range.within(MEANS[role][0] * off, 1.2),
            output_tokens=Range.within(MEANS[role][1] * off, 1.5),
            seconds=Range.within(MEANS[role][2], 1.5),
            reach=Range.within(REACH[role], 1.0),
        )
        for role, slot in CALLS
    ]


def simulated(policy: Policy, seed: int, in_flight: int) -> tuple[int, int]:
    """Pulls with random funnels, lengths and usage. Returns how many were paid for, and nano-dollars."""
    rng, money, pulls, accepted = random.Random(seed), 0, 0, 0
    while pulls < policy.cap and (policy.accept is None or accepted < policy.accept):
        pulls += 1
        money += pull(rng)
        accepted += rng.random() < ACCEPTED
    surplus = 0 if policy.accept is None else min(in_flight, policy.cap - pulls)
    return pulls + surplus, money + sum(pull(rng) // 2 for _ in range(surplus))


def pull(rng: random.Random) -> int:
    fate, money = rng.random(), 0
    for (role, slot), calls in CALLS.items():
        if fate < REACH[role]:
            for _ in range(int(calls) + (rng.random() < calls % 1)):
                usage = Usage(
                    int(rng.lognormvariate(0, 0.5) * MEANS[role][0] / 1.133), int(rng.expovariate(1 / MEANS[role][1]))
                )
                money += cost_nano(PRICES[role, slot], usage)
    return money


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("policy", [Policy(attempts=200), Policy(accept=60, max_attempts=2000)])
def test_the_likely_cost_is_within_a_factor_of_one_and_a_half(policy: Policy, seed: int) -> None:
    planned = estimate(
        policy, expectations(), PRICES, accepted=Range.within(ACCEPTED, 1.4), pulls_in_flight=16, endpoints=ENDPOINTS
    )
    pulls, money = simulated(policy, seed, 16)
    assert planned.pulls.likely / 1.5 <= pulls <= planned.pulls.likely * 1.5
    assert planned.nano_usd.likely / 1.5 <= money <= planned.nano_usd.likely * 1.5
    assert planned.nano_usd.low <= money <= planned.nano_usd.high


def test_by_role_it_adds_up() -> None:
    planned = estimate(
        Policy(attempts=100), expectations(), PRICES, accepted=Range.exactly(0.5), pulls_in_flight=8, endpoints=ENDPOINTS
    )
    rows = {row.role: row for row in planned.roles}
    assert list(rows) == [Role.AUTHOR, Role.ORACLE, Role.SOLVER]
    assert rows[Role.AUTHOR].calls.likely == pytest.approx(130) and rows[Role.SOLVER].calls.likely == pytest.approx(400)
    assert planned.calls.likely == pytest.approx(130 + 240 + 400)
    assert rows[Role.AUTHOR].nano_usd.likely == pytest.approx(130 * (900 * 3000 + 350 * 15000))
    assert rows[Role.SOLVER].nano_usd.likely == pytest.approx(200 * (200 * 150 + 300 * 600))
    assert planned.unpriced == ()


def test_the_busiest_endpoint_sets_the_time_and_a_lone_pull_its_least() -> None:
    call = CallExpectation(Role.SOLVER, 0, "p", *[Range.exactly(n) for n in (1, 10, 10, 6)])
    other = CallExpectation(Role.SOLVER, 1, "p", *[Range.exactly(n) for n in (1, 10, 10, 6)])
    seats = {(Role.SOLVER, 0): ("slow", 2), (Role.SOLVER, 1): ("fast", 60)}

    def seconds(pulls: int) -> Range:
        return estimate(
            Policy(attempts=pulls), [call, other], {}, accepted=Range.exactly(1), pulls_in_flight=60, endpoints=seats
        ).seconds

    assert seconds(100).low == pytest.approx(300) and seconds(100).high == pytest.approx(312)
    assert seconds(1).low == pytest.approx(12)
    planned = estimate(Policy(attempts=1), [call], {}, accepted=Range.exactly(1), pulls_in_flight=1, endpoints=seats)
    assert planned.unpriced == ((Role.SOLVER, 0),) and planned.nano_usd == Range.exactly(0)


def test_an_accept_run_counts_its_surplus_and_never_passes_its_cap() -> None:
    def pulls(policy: Policy, accepted: Range) -> Range:
        return estimate(policy, [], {}, accepted=accepted, pulls_in_flight=20, endpoints={}).pulls

    assert pulls(Policy(accept=50, max_attempts=1000), Range(0.25, 0.5, 1)) == Range(50, 110, 220)
    assert pulls(Policy(accept=50, max_attempts=120), Range(0.1, 0.5, 1)) == Range(50, 110, 120)
    with pytest.raises(ValueError, match="no end"):
        pulls(Policy(accept=50, max_attempts=1000), Range(0, 0.5, 1))


def test_a_mean_is_as_sure_as_its_sample() -> None:
    assert Range.of_mean([10]) == Range(5, 10, 20)
    assert Range.of_mean([8, 12] * 50).likely == 10
    assert 9 < Range.of_mean([8, 12] * 50).low < 10 < Range.of_mean([8, 12] * 50).high < 11
    for broken in [(2, 1, 3), (-1, 0, 1), (0, 1, float("inf"))]:
        with pytest.raises(ValueError, match="not a range"):
            Range(*broken)
    with pytest.raises(ValueError, match="sample"):
        Range.of_mean([])
