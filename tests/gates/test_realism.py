"""The realism gate: when judges' suspicion stops an item, when it only flags it, and what the job's rate is made of."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from factory.canonical import canonical_json
from factory.errors import BadInput, FailureKind
from factory.gate import GateContext, settings_of
from factory.types import Finding, Outcome, Role
from gates.realism import DETECTED, REASONS, Realism
from tests.gates.scrutiny import context_of, judge
from tests.gates.seats import FakeSeat, FakeTask, Reply, item_of

ANCHORS = ("a real one", "another")


def picks(wanted: Callable[[str, str], int], reason: str = "template_residue") -> Callable[[list[Any]], Reply]:
    """A judge who picks the text at this place, 0 or 1."""
    return lambda asked: json.dumps({"synthetic": ("first", "second")[wanted(*asked)], "reason": reason, "why": "w"})


def finds(reason: str = "template_residue", slot: int = 0) -> FakeSeat:
    return judge(picks(lambda first, second: 0 if first == "12" else 1, reason), slot)


def misses(slot: int = 0) -> FakeSeat:
    return judge(picks(lambda first, second: 1 if first == "12" else 0), slot)


def lists(*named: str, slot: int = 0) -> FakeSeat:
    return judge(lambda asked: json.dumps({reason: reason in named for reason in asked[1:]} | {"why": "w"}), slot)


def check(*seats: FakeSeat, gate: Realism | None = None, context: GateContext | None = None, anchors: Any = ANCHORS) -> Finding:
    found = asyncio.run((gate or Realism()).check(item_of("12"), context or context_of(seats, anchors=anchors)))
    canonical_json([found.evidence, found.measures, found.flags])
    return found


def test_a_reason_that_most_trials_name_rejects() -> None:
    found = check(finds(), finds(slot=1), misses(2))
    assert (found.outcome, found.reason, found.measures) == (Outcome.REJECT, "template_residue", {DETECTED: True})
    assert [trial["detected"] for trial in found.evidence["trials"]] == [True, True, False]


def test_suspicion_without_a_common_reason_only_flags() -> None:
    found = check(finds(), finds("evaluation_aware", 1))
    assert (found.outcome, found.flags, found.measures) == (Outcome.PASS, ("realism_detected",), {DETECTED: True})
    assert check(finds("other"), finds("other", 1)).outcome is Outcome.PASS


def test_one_trial_among_several_is_weak_evidence() -> None:
    def gone() -> FakeSeat:
        return judge(lambda _: FailureKind.REFUSED, 1)

    found = check(finds(), gone())
    assert (found.outcome, found.flags) == (Outcome.PASS, ("realism_detected",))
    assert check(finds(), gone(), gate=Realism(least_trials=1)).outcome is Outcome.REJECT


@pytest.mark.parametrize("anchors", [ANCHORS, ANCHORS[:1], ()], ids=["two anchors", "one anchor", "checklist"])
def test_the_gate_can_reject_however_few_trials_there_can_be(anchors: tuple[str, ...]) -> None:
    only = finds("evaluation_aware") if anchors else lists("evaluation_aware")
    found = check(only, anchors=anchors)
    assert (found.outcome, found.reason, found.evidence["needed"]) == (Outcome.REJECT, "evaluation_aware", 1)
    # Three trials asked for, two possible: both must agree.
    agreed = [finds("evaluation_aware", n) if anchors else lists("evaluation_aware", slot=n) for n in (0, 1)]
    assert check(*agreed, gate=Realism(least_trials=3), anchors=anchors).outcome is Outcome.REJECT
    assert check(misses() if anchors else lists(), anchors=anchors).outcome is Outcome.PASS


def test_a_preference_for_a_place_detects_nothing() -> None:
    for place in (0, 1):
        found = check(judge(picks(lambda *_, at=place: at)), judge(picks(lambda *_, at=place: at), 1))  # type: ignore[misc]
        assert (found.outcome, found.flags, found.measures) == (Outcome.PASS, (), {DETECTED: False})


def test_guessing_detects_a_quarter() -> None:
    rng = random.Random(3)
    hits = 0
    for _ in range(400):
        hits += check(judge(picks(lambda *_: rng.randrange(2)))).measures[DETECTED]
    assert 75 <= hits <= 125


def test_both_orders_are_asked_unlabelled_and_pairs_sets_how_many_anchors() -> None:
    one = finds()
    check(one)
    assert sorted(purpose.split(".")[-1] for purpose, _ in one.asked) == ["first", "second"]
    texts = [json.loads(messages[0].text) for messages in one.messages]
    assert texts[0] == texts[1][::-1] and set(texts[0]) in ({"12", "a real one"}, {"12", "another"})
    two = finds()
    found = check(two, gate=Realism(pairs=5))
    assert len(two.asked) == 4 and found.outcome is Outcome.REJECT


def test_only_judges_unrelated_to_the_author_are_asked() -> None:
    relatives = {(Role.AUTHOR, 0): frozenset({0}), (Role.CRITIC, 0): frozenset({1})}
    seats = [finds(), misses(1), misses(2)]
    found = check(context=context_of(seats, anchors=ANCHORS, relatives=relatives))
    assert found.measures == {DETECTED: False} and [len(seat.asked) for seat in seats] == [0, 2, 2]


def test_without_anchors_a_checklist_decides() -> None:
    found = check(lists("unnatural_precision"), lists("unnatural_precision", "evaluation_aware", slot=1), anchors=())
    assert (found.outcome, found.reason) == (Outcome.REJECT, "unnatural_precision")
    found = check(lists("evaluation_aware"), lists(slot=1), anchors=())
    assert (found.outcome, found.flags, found.measures) == (Outcome.PASS, (), {DETECTED: False})
    found = check(lists("evaluation_aware"), lists("template_residue", slot=1), anchors=())
    assert (found.outcome, found.flags) == (Outcome.PASS, ("realism_detected",))
    only = check(
        lists("evaluation_aware"), lists("evaluation_aware", slot=1), gate=Realism(reasons=("template_residue",)), anchors=()
    )
    assert only.outcome is Outcome.PASS


def test_words_that_do_not_come() -> None:
    gone = judge(lambda _: FailureKind.REFUSED)
    assert check(gone).reason == "judge_unavailable"
    found = check(judge(lambda _: FailureKind.REFUSED), finds(slot=1), finds(slot=2))
    assert found.outcome is Outcome.REJECT and found.evidence["came"] == 2
    assert check(judge(lambda _: FailureKind.REFUSED), anchors=()).reason == "judge_unavailable"
    assert check(context=context_of([finds()], task=FakeTask())).reason == "not_presentable"


@pytest.mark.parametrize(
    "wrong", [{"pairs": 0}, {"detect_share": 0}, {"least_trials": True}, {"reasons": ("odd",)}, {"reasons": ()}]
)
def test_wrong_settings_name_the_field(wrong: dict[str, Any]) -> None:
    (field,) = wrong
    with pytest.raises(BadInput, match=f"gates.realism.{field}"):
        Realism(**wrong)
    assert Realism(**settings_of(Realism())) == Realism() and Realism().reasons == REASONS
