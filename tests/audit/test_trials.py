"""An audit's unit: who is asked about what, what they may see, and that nothing of it is ever accepted."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from factory.audit import GATE, Auditor, Quoting, Trial
from factory.canonical import canonical_json
from factory.gate import Answered, GateContext, hold, passed, reject
from factory.graders.attacks import Battery
from factory.journal import PullJournal
from factory.lever import Line, stopped_by
from factory.ports import CorpusItem, CorpusView, Standing
from factory.similarity.corpus import MemoryCorpus, build
from factory.types import Candidate, Cast, Coordinate, Finding, Item, Outcome, Role, State
from gates.defects import SET_PLANTERS
from gates.gameability import Gameability
from gates.novelty import Novelty
from tests.gates.seats import SPEC
from tests.support.embedder import TrigramEmbedder

TEXT = "A clinic has 48 boxes of gauze. It uses 6 boxes a day for 5 days. How many boxes are left?"


class Plain(BaseModel):
    prompt: str


@dataclass(frozen=True)
class Sensor:
    """Stops what holds its word, and remembers what it was shown."""

    word: str
    name: str = "sensor"  # type: ignore[misc]
    answer: Any = reject
    seen: list[Item] = field(default_factory=list)
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "its word is not there"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    async def check(self, item: Item, context: GateContext) -> Finding:
        self.seen.append(item)
        if self.word == "break":
            raise RuntimeError("broken")
        return self.answer("word", "It is there.") if self.word in item.payload.prompt else passed("It is not.")


def corpus(*texts: str) -> MemoryCorpus:
    entries = [CorpusItem(f"g{number}", text, f"g{number}") for number, text in enumerate(texts)]

    async def kept(key: str, data: bytes) -> None:
        raise AssertionError("no reference set here")

    return asyncio.run(
        build(
            TrigramEmbedder(),
            standing=Standing(entries, lambda ids: {}, {entry.id: place for place, entry in enumerate(entries)}),
            get_cache=lambda key: None,
            put_cache=kept,
        )
    )


def audited(trial: Trial, *gates: Any, texts: tuple[str, ...] = (TEXT,), task: Any = None) -> Candidate:
    recipe: Any = SimpleNamespace(
        name="plain", version="1", parse=lambda raw: Plain.model_validate(raw), novelty_view=lambda payload: payload.prompt
    )
    line = Line(SPEC, recipe, Plain(prompt=""), gates, task or SimpleNamespace(), 0)  # type: ignore[arg-type]
    journal: Any = PullJournal(SimpleNamespace(cast=Cast(name="none", members={})), "c", 0, {})  # type: ignore[arg-type]
    held = corpus(*texts)
    auditor = Auditor([trial], held, {f"g{place}": place for place in range(len(texts))})
    try:
        return asyncio.run(auditor(line, 0, Coordinate(()), held.at(None), (), journal))
    finally:
        held.close()


def trial(text: str, kind: str = "", gate: str = "", item: str = "g0") -> Trial:
    return Trial(item, Coordinate(()), {"prompt": text}, kind, gate)


def asked(candidate: Candidate) -> list[str]:
    return [receipt.gate for receipt in candidate.receipts]


def test_a_good_item_is_shown_to_every_gate_whatever_the_others_found() -> None:
    found = audited(trial("red and blue"), Sensor("red", "first"), Sensor("blue", "second", hold), Sensor("x", "third"))
    assert asked(found) == ["first", "second", "third", GATE]
    assert [r.finding.outcome for r in found.receipts] == [Outcome.REJECT, Outcome.HOLD, Outcome.PASS, Outcome.REJECT]


def test_a_planted_item_goes_down_the_line_until_it_is_stopped_and_its_own_gate_is_asked_besides() -> None:
    gates = (Sensor("none", "zero"), Sensor("red", "first"), Sensor("red", "second"), Sensor("red", "third"))
    found = audited(trial("red", "redness", "third"), *gates)
    assert asked(found) == ["zero", "first", "third", GATE]
    assert stopped_by(found) == "first"


def test_a_gate_that_breaks_has_stopped_nothing() -> None:
    found = audited(trial("red", "redness", "last"), Sensor("break", "first"), Sensor("red", "middle"), Sensor("red", "last"))
    assert asked(found) == ["first", "middle", "last", GATE]
    assert found.receipts[0].finding.outcome is Outcome.ERROR
    assert stopped_by(found) == "middle"


def test_nothing_that_a_gate_is_shown_names_the_defect() -> None:
    sensor = Sensor("red", "first")
    audited(trial("red", "redness_kind", "first"), sensor)
    (item,) = sensor.seen
    shown = [item.id, item.raw, item.view, item.unfit, item.lineage, dict(item.coordinate)]
    assert b"redness_kind" not in canonical_json(shown)
    assert item.index == 0


def test_whatever_the_gates_find_the_candidate_is_rejected_and_says_what_was_planted() -> None:
    for kind in ("", "redness"):
        found = audited(trial("harmless", kind, "first" if kind else ""), Sensor("red", "first"))
        assert found.state is State.REJECTED
        assert found.receipts[-1].finding.evidence == {"item": "g0", "kind": kind, "gate": "first" if kind else ""}


def novelty_of(found: Candidate) -> Finding:
    return next(receipt.finding for receipt in found.receipts if receipt.gate == "novelty")


def test_only_a_repetition_may_not_be_like_the_good_item_it_was_made_of() -> None:
    """A wrong answer to the same question is the oracle's to catch, not novelty's."""
    assert novelty_of(audited(trial(TEXT), Novelty(), Sensor("x"))).outcome is Outcome.PASS
    assert novelty_of(audited(trial(TEXT, "wrong", "sensor"), Novelty(), Sensor("x"))).outcome is Outcome.PASS
    assert novelty_of(audited(trial(TEXT, "copy", "novelty"), Novelty(), Sensor("x"))).outcome is Outcome.REJECT


def test_not_even_a_variant_of_the_original_passes_as_new() -> None:
    variant = TEXT.replace("48", "96").replace("6 boxes", "9 boxes")
    assert novelty_of(audited(trial(variant, "number_swap", "novelty"), Novelty())).reason == "variant_of_reference"


def test_a_good_item_is_compared_with_what_stood_before_it() -> None:
    """Of two twins that somebody calls good the second repeats the first, and the first repeats nothing."""
    twin = TEXT.replace("boxes", "cases")
    assert novelty_of(audited(trial(TEXT, item="g0"), Novelty(), texts=(TEXT, twin))).outcome is Outcome.PASS
    assert novelty_of(audited(trial(twin, item="g1"), Novelty(), texts=(TEXT, twin))).outcome is Outcome.REJECT


async def test_quoting_changes_one_item_only() -> None:
    held = await asyncio.to_thread(corpus, TEXT, TEXT.replace("gauze", "tape"))
    view: CorpusView = Quoting(held.at(None), "g0")
    found = {near.id: near.source for near in await view.neighbours(TEXT)}
    held.close()
    assert found == {"g0": "reference:known good", "g1": "accepted"}
    assert view.template_size("g1") == 1


ANSWERS = [Answered(str(number)) for number in range(40)]


def weighed(landed: dict[str, int], kind: str = "") -> Candidate:
    """A good item whose answer is 7, by the gate that ships and one that is of no set."""
    given = replace(trial("harmless", kind, "gameability" if kind else ""), landed=landed)
    return audited(given, Sensor("red", "first"), Gameability(), task=Counted())


@dataclass(frozen=True)
class Counted:
    """A task whose every item has the answer 7 and whose grader is not asked here."""

    def answered(self, payload: Any) -> Answered:
        return Answered("7")

    def battery(self, payload: Any) -> Battery:
        return Battery((), (), ())

    def blind(self, *given: Any) -> None:
        return None


def test_a_defect_of_the_set_is_put_to_those_who_weigh_sets_and_to_nobody_else() -> None:
    found = weighed({"7": 60, "8": 60}, "common_answer")
    assert asked(found) == ["gameability", GATE]
    assert found.receipts[0].finding.reason == "common_answer"
    assert found.receipts[-1].finding.evidence["kind"] == "common_answer"


def test_a_good_item_is_weighed_after_those_before_it() -> None:
    found = weighed({"7": 1, "8": 60, "9": 50})
    assert asked(found) == ["first", "gameability", "gameability", GATE]
    assert found.receipts[2].finding.outcome is Outcome.PASS
    assert [receipt.seq for receipt in found.receipts] == [0, 1, 2, 3]
    skewed = weighed({"7": 50, "8": 60})
    assert skewed.receipts[2].finding.outcome is Outcome.REJECT


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.5])
def test_every_set_that_is_planted_is_one_that_the_shipped_gate_must_stop(chance: float) -> None:
    (planter,) = SET_PLANTERS
    for number in range(200):
        answer = Answered("7", chance)
        landed = planter.plant(answer, [each.key for each in ANSWERS], random.Random(number))
        assert landed is not None and len(landed) > 2
        assert Gameability().weigh(answer, landed["7"], sum(landed.values())).outcome is Outcome.REJECT
        honest = {each.key: 4 for each in ANSWERS}
        assert Gameability().weigh(answer, honest["7"], sum(honest.values())).outcome is Outcome.PASS
    assert planter.plant(Answered(""), ["8"], random.Random(0)) is None
    assert planter.plant(Answered("7"), ["7"], random.Random(0)) is None
