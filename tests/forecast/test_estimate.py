"""From seats' use to a run's: sums, integers, monotone growth, money, time, and how sure it is."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.budget import Price, Rates
from factory.forecast import Basis, Estimate, Lane, Range, SeatUse, Yield, estimate
from factory.ports import Policy
from factory.types import Role

PRICE = Price(Rates(3 * 10**9, 15 * 10**9, 3 * 10**8))
BASIS = Basis(60, ("run-1",))
HALF = Yield(0.5)
amounts = st.floats(0, 1e5)
bases = st.sampled_from([None, BASIS, Basis(500, ("run-1", "run-2"))])
uses = st.lists(
    st.builds(
        SeatUse,
        role=st.sampled_from(Role),
        slot=st.integers(0, 3),
        calls=st.floats(0, 60),
        input_tokens=amounts,
        output_tokens=amounts,
        seconds=st.none() | st.floats(0, 100),
        scatter=st.floats(0, 5),
        calls_from=bases,
        tokens_from=bases,
    ),
    unique_by=lambda use: (use.role, use.slot),
    max_size=8,
)
yields = st.builds(Yield, st.floats(0.01, 1), bases)
policies = st.builds(Policy, attempts=st.integers(1, 10**6)) | st.integers(1, 10**4).map(
    lambda accept: Policy(accept=accept, max_attempts=25 * accept)
)


def planned(policy: Policy, seats: list[SeatUse], accepted: Yield = HALF, **more: object) -> Estimate:
    prices = {(role, slot): PRICE for role in Role for slot in range(4)}
    given = {"prices": prices, "concurrency": 16, "lanes": {}, **more}
    return estimate(policy, seats, accepted=accepted, **given)  # type: ignore[arg-type]


@given(policies, uses, yields)
def test_totals_are_the_sums_over_roles_in_whole_numbers_never_negative(
    policy: Policy, seats: list[SeatUse], accepted: Yield
) -> None:
    told = planned(policy, seats, accepted)
    for name in ("calls", "input_tokens", "output_tokens", "nano_usd"):
        total = getattr(told, name)
        for end in ("low", "likely", "high"):
            parts = [getattr(getattr(row, name), end) for row in told.roles]
            assert type(getattr(total, end)) is int and all(type(part) is int and part >= 0 for part in parts)
            assert getattr(total, end) == sum(parts)
    assert 0 <= told.pulls.low <= told.pulls.likely <= told.pulls.high <= policy.cap


@given(st.integers(1, 10**5), st.integers(0, 10**5), uses, yields, st.booleans())
def test_more_pulls_never_take_less(first: int, more: int, seats: list[SeatUse], accepted: Yield, accept: bool) -> None:
    def policy(number: int) -> Policy:
        return Policy(accept=number, max_attempts=200 * number) if accept else Policy(attempts=number)

    less, larger = (planned(policy(number), seats, accepted) for number in (first, first + more))
    for name in ("pulls", "calls", "input_tokens", "output_tokens", "nano_usd", "seconds"):
        a, b = getattr(less, name), getattr(larger, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert a.likely <= b.likely, name


def seat(**fields: object) -> SeatUse:
    return replace(SeatUse(Role.SOLVER, 0, calls=2, input_tokens=100, output_tokens=10, seconds=3), **fields)  # type: ignore[arg-type]


def test_money_by_role_is_calls_times_the_mean_cost_and_an_unknown_price_is_named() -> None:
    author = SeatUse(Role.AUTHOR, 0, calls=1.3, input_tokens=900, output_tokens=350, cached_tokens=400)
    prices = {(Role.AUTHOR, 0): PRICE, (Role.SOLVER, 0): None}
    told = planned(Policy(attempts=100), [seat(), author], prices=prices)
    rows = {row.role: row for row in told.roles}
    assert list(rows) == [Role.AUTHOR, Role.SOLVER]
    assert (rows[Role.AUTHOR].calls.likely, rows[Role.SOLVER].calls.likely) == (130, 200)
    assert rows[Role.AUTHOR].nano_usd.likely == 130 * (500 * 3000 + 400 * 300 + 350 * 15000)
    assert rows[Role.SOLVER].nano_usd == Range(0, 0, 0) and told.unpriced == ((Role.SOLVER, 0),)


def test_a_call_that_reaches_a_dearer_tier_pays_it_for_all_its_tokens() -> None:
    tiered = Price(Rates(10**9, 0, 0), tiers=((90, Rates(2 * 10**9, 0, 0)),), per_call=7)
    told = planned(Policy(attempts=1), [seat()], prices={(Role.SOLVER, 0): tiered})
    assert told.nano_usd.likely == 2 * (100 * 2000 + 7)


def test_what_is_measured_is_surer_and_surer_the_more_it_rests_on() -> None:
    def width(use: SeatUse, accepted: Yield, policy: Policy) -> float:
        calls = planned(policy, [use], accepted).calls
        return calls.high / calls.low

    policies = Policy(attempts=1000), Policy(accept=500, max_attempts=5000)
    for policy in policies:
        widths = [
            width(seat(scatter=0.5, calls_from=basis, tokens_from=basis), Yield(0.5, basis), policy)
            for basis in (None, Basis(20, ("r",)), Basis(2000, ("r",)))
        ]
        assert widths[0] > widths[1] > widths[2] > 1, (policy, widths)
    half_known = seat(scatter=0.5, calls_from=BASIS, tokens_from=None)
    assert width(half_known, Yield(0.5), policies[0]) == pytest.approx(4, rel=0.01)


def test_nine_of_ten_accept_runs_end_within_the_range() -> None:
    """A yield measured on 40 pulls, then a run of 60 accepted: both ends of the guess are random."""
    rng, inside = random.Random(5), 0
    for _ in range(300):
        share = rng.uniform(0.2, 0.9)
        measured = sum(rng.random() < share for _ in range(40))
        told = planned(Policy(accept=60, max_attempts=10**6), [], Yield((measured + 0.5) / 41, Basis(40, ("r",)))).pulls
        pulls, accepted = 0, 0
        while accepted < 60:
            pulls, accepted = pulls + 1, accepted + (rng.random() < share)
        inside += told.low <= pulls <= told.high
    assert inside >= 270


def test_an_accept_run_counts_its_surplus_and_never_passes_its_cap() -> None:
    assert planned(Policy(accept=50, max_attempts=1000), [], Yield(0.25)).pulls.likely == 202
    assert planned(Policy(accept=50, max_attempts=1000), [], Yield(0.25), concurrency=1).pulls.likely == round(200.5)
    assert planned(Policy(accept=50, max_attempts=120), [seat()], Yield(0.25)).pulls.likely == 120


def test_time_is_the_busiest_endpoints_and_unknown_while_a_seat_was_never_timed() -> None:
    slow, quick = seat(seconds=6, calls=1), seat(slot=1, seconds=1, calls=1)
    apart = planned(Policy(attempts=1600), [slow, quick]).seconds
    shared = {(Role.SOLVER, 0): Lane("one"), (Role.SOLVER, 1): Lane("one")}
    together = planned(Policy(attempts=1600), [slow, quick], lanes=shared).seconds
    assert apart is not None and together is not None
    assert (apart.likely, together.likely) == (600, 700)
    alone = planned(Policy(attempts=1), [slow, replace(quick, role=Role.AUTHOR)]).seconds
    assert alone is not None and alone.likely == 7
    capped = {(Role.SOLVER, 0): Lane("one", rpm=10), (Role.SOLVER, 1): Lane("two", tpm=110)}
    limited = planned(Policy(attempts=1600), [slow], lanes=capped).seconds
    assert limited is not None and limited.likely == 9600
    metered = planned(Policy(attempts=1600), [quick], lanes=capped).seconds
    assert metered is not None and metered.likely == 96000
    assert planned(Policy(attempts=10), [slow, replace(quick, seconds=None)]).seconds is None
    assert planned(Policy(attempts=10), [slow, replace(quick, seconds=None, calls=0)]).seconds is not None


def test_a_row_says_what_it_rests_on() -> None:
    def rests(*seats: SeatUse) -> Basis | None:
        (row,) = planned(Policy(attempts=1), list(seats)).roles
        return row.calls_from

    assert rests(seat()) is None
    assert rests(seat(calls_from=BASIS), seat(slot=1, calls_from=BASIS)) == BASIS
    assert rests(seat(calls_from=BASIS), seat(slot=1)) == replace(BASIS, whole=False)


@pytest.mark.parametrize("broken", [(2, 1, 3), (-1, 0, 1), (0, 2, 1)])
def test_a_range_is_in_order(broken: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="not a range"):
        Range(*broken)
