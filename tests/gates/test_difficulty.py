"""The difficulty gate: screening, confirmation, frontier; what is published and what never mixes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from factory.canonical import canonical_json
from factory.errors import BadInput, FailureKind, ModelFailure, ProviderUnusable
from factory.gate import settings_of
from factory.statistics import newcombe, wilson
from factory.types import Finding, Member, Outcome, Role
from gates.difficulty import Difficulty
from tests.gates.seats import FakeSeat, FakeTask, Reply, context_of, item_of

Plan = Callable[[str, int], Reply]


def solver(slot: int, plan: Plan | Reply, tier: int = 1) -> FakeSeat:
    replies: Plan = plan if callable(plan) else lambda *_: plan
    return FakeSeat(Role.SOLVER, slot, replies, Member(model="m", tier=tier))


def panel(*plans: Plan | Reply, tiers: Sequence[int] = (1, 1, 2, 2, 3)) -> list[FakeSeat]:
    return [solver(slot, plan, tiers[slot]) for slot, plan in enumerate(plans)]


def oracles(*answers: Reply) -> list[FakeSeat]:
    return [FakeSeat(Role.ORACLE, 0, lambda _, sample: answers[sample % len(answers)])]


def check(
    seats: Sequence[FakeSeat], gate: Difficulty | None = None, oracle: Sequence[FakeSeat] = (), task: FakeTask | None = None
) -> Finding:
    context = context_of(task or FakeTask(), {Role.SOLVER: seats, Role.ORACLE: oracle})
    found = asyncio.run((gate or Difficulty()).check(item_of("12"), context))
    canonical_json([found.evidence, found.measures, found.flags])
    return found


def asked(seats: Sequence[FakeSeat], purpose: str) -> list[int]:
    return [sum(own == purpose for own, _ in seat.asked) for seat in seats]


YES, NO = "12", "0"


def by_purpose(**replies: Reply) -> Plan:
    return lambda purpose, _: replies[purpose]


def test_an_item_that_strong_solvers_pass_is_kept_after_one_round_and_published_from_fresh_calls() -> None:
    seats = panel(NO, NO, NO, YES, YES)
    found = check(seats)
    assert (found.outcome, found.measures["band"], found.flags) == (Outcome.PASS, "discriminating", ())
    assert asked(seats, "screen") == [1] * 5
    assert asked(seats, "confirm") == [4] * 5
    assert found.evidence["screening"] == {
        "band": "discriminating", "stopped_by": "tests", "passes": 2, "calls": 5, "rounds": [2], "unanswered": 0,
    }  # fmt: skip
    gap = newcombe((4, 4), (0, 8)).rounded()
    assert found.measures["tier_gap"] == {
        "value": 1.0, "low": gap.low, "high": gap.high, "level": 0.95, "strong": 3, "weak": 1, "n": 4,
    }  # fmt: skip
    assert {k: (v["value"], v["n"]) for k, v in found.measures["pass_at"].items()} == {"1": (0.4, 4), "4": (0.4, 4)}
    rate = wilson(4, 4).rounded()
    assert found.measures["pass_rate"]["4"] == {
        "value": 1.0, "low": rate.low, "high": rate.high, "level": 0.95, "passes": 4, "n": 4, "tier": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plans", "band", "calls"),
    [
        ((YES,) * 5, "easy", 15),
        ((YES, YES, YES, YES, NO), "discriminating", None),
        ((YES, YES, YES, NO, NO), "discriminating", 5),
    ],
)
def test_bands_and_calls(plans: tuple[str, ...], band: str, calls: int | None) -> None:
    seats = panel(*plans)
    found = check(seats)
    assert found.measures["band"] == band
    if calls:
        assert sum(asked(seats, "screen")) == calls


def test_an_easy_item_is_rejected_with_its_band_and_pays_for_no_confirmation() -> None:
    seats = panel(*[YES] * 5)
    found = check(seats)
    assert (found.outcome, found.reason, found.measures) == (Outcome.REJECT, "easy", {"band": "easy"})
    assert asked(seats, "confirm") == [0] * 5
    assert check(panel(*[YES] * 5), Difficulty(wanted=("easy",))).outcome is Outcome.PASS


def test_each_round_goes_out_together_and_the_next_waits_for_it() -> None:
    order: list[int] = []
    seats = panel(*[lambda _, sample: (order.append(sample), NO)[1]] * 5)
    check(seats, Difficulty(wanted=("discriminating",)))
    assert order == sorted(order) and len(order) == 15
    assert all(seat.most_alive == 1 for seat in seats)


def test_published_estimates_come_from_confirmation_alone_and_disagreement_is_flagged() -> None:
    # The middle solver passes in screening only, the strong ones always, so screening keeps what confirmation calls easy.
    turned = by_purpose(screen=NO, confirm=YES)
    found = check(panel(turned, turned, turned, YES, YES))
    assert found.outcome is Outcome.PASS
    assert found.measures["band"] == "discriminating"
    assert found.measures["pass_at"]["1"]["value"] == 1.0
    assert found.evidence["screening"]["passes"] == 2
    assert found.evidence["confirmation"] == {"declared": 4, "passes": {str(slot): 4 for slot in range(5)}, "unanswered": 0}
    assert found.flags == ("confirmation_disagrees", "unseparated")


def test_an_item_without_a_gap_is_flagged_and_a_negative_gap_too_and_neither_is_rejected() -> None:
    alike = check(panel(YES, NO, NO, NO, YES, tiers=(1, 1, 1, 2, 2)))
    assert alike.flags == ("unseparated",)
    turned = check(panel(YES, YES, NO, NO, NO, tiers=(1, 1, 2, 2, 3)))
    assert turned.outcome is Outcome.PASS
    assert turned.flags == ("unseparated", "negative_gap")
    one_tier = check(panel(YES, YES, NO, NO, NO, tiers=(1,) * 5))
    assert one_tier.measures["tier_gap"] is None
    assert one_tier.flags == ("unseparated",)


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if not kind.transient])
def test_a_typed_failure_is_a_failed_sample(kind: FailureKind) -> None:
    found = check(panel(kind, kind, kind, YES, YES))
    assert found.measures["band"] == "discriminating"
    assert found.evidence["screening"]["unanswered"] == 3
    assert found.evidence["confirmation"]["passes"] == {"0": 0, "1": 0, "2": 0, "3": 4, "4": 4}


def test_a_transport_failure_and_a_dead_provider_decide_nothing_and_leave_no_call_behind() -> None:
    for trouble, raised in ((FailureKind.OVERLOADED, ModelFailure), (ProviderUnusable("gone"), ProviderUnusable)):
        seats = panel(trouble, YES, YES, NO, NO)
        with pytest.raises(raised):
            check(seats)
        assert [seat.alive for seat in seats] == [0] * 5


def test_a_hard_item_that_oracles_confirm_is_frontier() -> None:
    seats, oracle = panel(*[NO] * 5), oracles(YES)
    found = check(seats, oracle=oracle)
    assert (found.outcome, found.measures["band"]) == (Outcome.PASS, "frontier")
    assert asked(seats, "frontier") == [0, 0, 0, 0, 16]
    assert asked(seats, "confirm") == [4] * 5
    assert oracle[0].asked == [("frontier_vote", sample) for sample in range(3)]
    shown = found.evidence["frontier"]
    assert (shown["declared"], shown["passes"], shown["agree"], shown["answered"], shown["tier"]) == (16, 0, 3, 3, 3)
    assert found.flags == ()
    assert found.measures["pass_at"]["4"]["value"] == 0


def test_the_declared_frontier_calls_are_shared_by_the_strongest_tier() -> None:
    seats = panel(*[NO] * 5, tiers=(1, 1, 1, 2, 2))
    check(seats, Difficulty(frontier_calls=7), oracles(YES))
    assert asked(seats, "frontier") == [0, 0, 0, 4, 3]


@pytest.mark.parametrize(
    ("votes", "band"),
    [
        ((YES, YES, NO), "frontier"),
        ((YES, NO, NO), "suspect"),
        ((YES, FailureKind.REFUSED, FailureKind.REFUSED), "suspect"),
        ((YES, YES, FailureKind.REFUSED), "frontier"),
        (("? no single answer",), "suspect"),
    ],
)
def test_a_hard_item_that_oracles_do_not_confirm_is_held_as_suspect(votes: tuple[Reply, ...], band: str) -> None:
    found = check(panel(*[NO] * 5), oracle=oracles(*votes))
    assert found.measures["band"] == band
    assert (found.outcome, found.reason) == ((Outcome.HOLD, "suspect") if band == "suspect" else (Outcome.PASS, "ok"))


def test_without_an_oracle_a_hard_item_is_suspect() -> None:
    found = check(panel(*[NO] * 5))
    assert (found.outcome, found.reason, found.measures) == (Outcome.HOLD, "suspect", {"band": "suspect"})


def test_a_hard_item_that_the_strongest_pass_after_all_is_hard() -> None:
    late = by_purpose(screen=NO, frontier=YES, confirm=NO)
    found = check(panel(NO, NO, NO, NO, late), oracle=oracles(YES))
    assert (found.outcome, found.reason) == (Outcome.REJECT, "hard")
    kept = check(panel(NO, NO, NO, NO, late), Difficulty(wanted=("hard",)), oracles(YES))
    assert (kept.outcome, kept.measures["band"]) == (Outcome.PASS, "hard")


def test_when_neither_hard_nor_frontier_is_wanted_a_hard_item_costs_nothing_more() -> None:
    seats, oracle = panel(*[NO] * 5), oracles(YES)
    found = check(seats, Difficulty(wanted=("discriminating",)), oracle)
    assert (found.outcome, found.reason) == (Outcome.REJECT, "hard")
    assert asked(seats, "frontier") == [0] * 5
    assert oracle[0].asked == []


def test_a_frontier_of_refusals_is_flagged() -> None:
    found = check(panel(*[FailureKind.REFUSED] * 5), oracle=oracles(YES))
    assert found.measures["band"] == "frontier"
    assert "frontier_unanswered" in found.flags


def test_the_fixed_design_calls_all_rounds_at_once() -> None:
    seats = panel(NO, NO, NO, YES, YES)
    found = check(seats, Difficulty(design="fixed", k=8))
    assert asked(seats, "screen") == [8] * 5
    assert seats[0].most_alive == 8
    assert found.evidence["screening"]["stopped_by"] == "fixed"


def test_moved_edges_are_said() -> None:
    found = check(panel(*[NO] * 5, *[YES] * 5, tiers=(1,) * 5 + (2,) * 5))
    assert found.evidence["edges"] == {
        "hard": 0.075, "easy": 0.925, "half_width": 0.05, "asked": {"hard": 0.1, "easy": 0.9}, "shifted": True,
    }  # fmt: skip
    assert "edges moved to 0.075 and 0.925 for 10 solvers" in found.detail
    assert "moved" not in check(panel(NO, NO, NO, YES, YES)).detail


def test_a_judge_that_grades_gets_a_call_of_its_own_for_every_sample_and_its_failure_is_an_error() -> None:
    def run(judge: FakeSeat) -> Finding:
        members = {Role.SOLVER: panel(*[NO] * 5), Role.ORACLE: oracles(YES), Role.JUDGE: [judge]}
        return asyncio.run(Difficulty().check(item_of("12"), context_of(FakeTask(judge=Role.JUDGE), members)))

    judge = FakeSeat(Role.JUDGE, 0, lambda *_: "fine")  # the seat itself refuses an identity used twice
    assert run(judge).measures["band"] == "frontier"
    assert len(judge.asked) == 15 + 16 + 3 + 20
    found = run(FakeSeat(Role.JUDGE, 0, lambda *_: FailureKind.REFUSED))
    assert (found.outcome, found.reason) == (Outcome.ERROR, "grader_unavailable")


def test_without_solvers_it_knows_nothing() -> None:
    assert check([]).reason == "no_solvers"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"wanted": ()}, "wanted"),
        ({"wanted": ("suspect",)}, "wanted"),
        ({"design": "bandit"}, "design"),
        ({"max_rounds": 0}, "max_rounds"),
        ({"k": 0}, "k"),
        ({"confirm": 0}, "confirm"),
        ({"frontier_calls": 0}, "frontier_calls"),
        ({"frontier_votes": 1.5}, "frontier_votes"),
        ({"pass_at": ()}, "pass_at"),
        ({"pass_at": (1, 5)}, "pass_at"),
        ({"agreement": 0}, "agreement"),
        ({"alpha": 0.5}, "alpha"),
        ({"hard_edge": 0.04}, "hard_edge"),
        ({"easy_edge": 1.2}, "hard_edge"),
        ({"half_width": None}, "hard_edge"),
    ],
)
def test_wrong_settings_name_the_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=f"gates.difficulty.{field}"):
        Difficulty(**settings)


def test_settings_are_json_and_rebuild_the_gate() -> None:
    canonical_json(settings_of(Difficulty()))
    assert Difficulty(**settings_of(Difficulty())) == Difficulty()
