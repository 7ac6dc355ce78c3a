"""The oracle gate: what independent solutions say of the reference, and what their absence says."""

from __future__ import annotations

import asyncio

import pytest

from factory.canonical import canonical_json
from factory.errors import BadInput, FailureKind, ProviderUnusable
from factory.gate import settings_of
from factory.types import Finding, Member, Outcome, Role
from gates.oracle import Oracle
from tests.gates.seats import FakeSeat, FakeTask, Reply, context_of, item_of


def seat(*replies: Reply, slot: int = 0, votes: int | None = None) -> FakeSeat:
    return FakeSeat(Role.ORACLE, slot, lambda _, sample: replies[sample], Member(model="m", votes=votes))


def check(*seats: FakeSeat, gate: Oracle | None = None, task: FakeTask | None = None) -> Finding:
    found = asyncio.run((gate or Oracle()).check(item_of("12"), context_of(task or FakeTask(), {Role.ORACLE: seats})))
    canonical_json([found.evidence, found.measures, found.flags])
    return found


@pytest.mark.parametrize(
    ("replies", "outcome", "reason", "flags"),
    [
        (("12", "12", "12"), Outcome.PASS, "ok", ()),
        (("12", "12", "13"), Outcome.PASS, "ok", ()),
        (("12", "12 ? odd wording", "12"), Outcome.PASS, "ok", ("objection",)),
        (("12", "? two readings", "12"), Outcome.PASS, "ok", ("objection",)),
        (("12", "13", "14"), Outcome.HOLD, "oracle_disagreement", ()),
        (("13", "14", "15"), Outcome.HOLD, "oracle_disagreement", ()),
        (("13", "13", "12"), Outcome.REJECT, "wrong_reference", ()),
        (("13", "13", "13"), Outcome.REJECT, "wrong_reference", ()),
        (("", "", ""), Outcome.HOLD, "oracle_disagreement", ()),
        (("12 ? a", "12 ? b", "12"), Outcome.HOLD, "ambiguous", ()),
        (("? a", "? b", "? c"), Outcome.HOLD, "ambiguous", ()),
        (("12", "12", FailureKind.TRUNCATED), Outcome.PASS, "ok", ()),
        (("13", FailureKind.REFUSED, "13"), Outcome.REJECT, "wrong_reference", ()),
        (("12", FailureKind.REFUSED, FailureKind.EMPTY), Outcome.ERROR, "oracle_unavailable", ()),
        ((FailureKind.EMPTY,) * 3, Outcome.ERROR, "oracle_unavailable", ()),
    ],
)
def test_what_the_votes_say(replies: tuple[Reply, ...], outcome: Outcome, reason: str, flags: tuple[str, ...]) -> None:
    found = check(seat(*replies))
    assert (found.outcome, found.reason, found.flags) == (outcome, reason, flags)


def test_every_vote_is_evidence_in_seat_and_sample_order() -> None:
    found = check(seat("12", "13 ? hm"), seat("12", FailureKind.REFUSED, slot=1), gate=Oracle(votes=2))
    shown = [(v["slot"], v["sample"], v["answer"], v["correct"], v["objection"]) for v in found.evidence["votes"]]
    assert shown == [(0, 0, "12", True, ""), (0, 1, "13", False, "hm"), (1, 0, "12", True, ""), (1, 1, "", False, "")]
    assert found.evidence["votes"][3]["failure"].startswith("refused")
    assert (found.evidence["asked"], found.evidence["answered"], found.evidence["agree"]) == (4, 3, 2)


def test_the_agreed_answer_is_named() -> None:
    assert check(seat("13", "13", "12")).evidence["agreed_answer"] == "13"


def test_the_cast_overrides_the_number_of_votes_and_votes_go_out_together() -> None:
    own = seat(*["12"] * 5, votes=5)
    assert check(own).outcome is Outcome.PASS
    assert own.asked == [("solve", sample) for sample in range(5)]
    assert own.most_alive == 5


def test_a_judge_that_grades_gets_a_call_of_its_own_for_every_vote_and_its_failure_is_a_missing_vote() -> None:
    task = FakeTask(judge=Role.JUDGE)
    judge = FakeSeat(Role.JUDGE, 0, lambda *_: "fine")
    oracles = [seat("12", "12", "12"), seat("12", "12", "12", slot=1)]
    context = context_of(task, {Role.ORACLE: oracles, Role.JUDGE: [judge]})
    assert asyncio.run(Oracle().check(item_of(), context)).outcome is Outcome.PASS
    assert len(judge.asked) == 6
    broken = FakeSeat(Role.JUDGE, 0, lambda *_: FailureKind.REFUSED)
    context = context_of(task, {Role.ORACLE: [seat("12", "12", "12")], Role.JUDGE: [broken]})
    assert asyncio.run(Oracle().check(item_of(), context)).reason == "oracle_unavailable"


def test_without_an_oracle_it_knows_nothing() -> None:
    assert check().reason == "oracle_unavailable"


def test_a_provider_that_is_gone_is_raised_as_it_is_once_every_other_vote_has_ended() -> None:
    gone, slow = seat(ProviderUnusable("no quota"), "12", "12"), seat("12", "12", "12", slot=1)
    slow.delay = 0.05
    with pytest.raises(ProviderUnusable):
        check(gone, slow)
    # Which calls were made must not depend on which failed soonest.
    assert gone.alive == slow.alive == 0 and len(slow.asked) == 3


def test_answers_that_no_receipt_can_hold_are_made_harmless() -> None:
    found = check(seat("\ud800" + "x" * 10_000, "12", "12"))
    assert len(found.evidence["votes"][0]["answer"]) == 2000


@pytest.mark.parametrize(
    "settings", [{"votes": 0}, {"votes": True}, {"agreement": 0}, {"agreement": 1.1}, {"objection_threshold": "x"}]
)
def test_wrong_settings_name_the_field(settings: dict[str, object]) -> None:
    (field,) = settings
    with pytest.raises(BadInput, match=f"gates.oracle.{field}"):
        Oracle(**settings)  # type: ignore[arg-type]


def test_settings_are_json() -> None:
    canonical_json(settings_of(Oracle()))
    assert Oracle(**settings_of(Oracle())) == Oracle()


def test_a_rounded_threshold_still_means_two_of_three() -> None:
    assert check(seat("12", "12", "13"), gate=Oracle(agreement=0.666667)).outcome is Outcome.PASS
    assert check(seat("12", "12", "13"), gate=Oracle(agreement=0.7)).outcome is Outcome.HOLD
