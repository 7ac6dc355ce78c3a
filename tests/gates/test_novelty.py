from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.canonical import canonical_json
from factory.errors import BadInput
from factory.gate import Gate, GateContext, LandingGate, settings_of
from factory.ports import CorpusView, Neighbour
from factory.similarity.corpus import MemoryCorpus, build
from factory.similarity.references import Reference
from factory.types import Axis, AxisValue, Coordinate, Finding, Item, Outcome, Spec
from gates.novelty import Novelty
from tests.similarity.bag import BagEmbedder, DictCache

T = TypeVar("T")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "gsm8k"

EGGS = "Ann sells 12 eggs at the market and keeps 5 for breakfast. How many eggs did Ann have at first?"
EGGS_BY_BOB = EGGS.replace("Ann", "Bob")
MORE_EGGS = EGGS.replace("12", "31").replace("5", "8")
EGGS_AGAIN = EGGS.replace("12", "70").replace("5", "9")
TRAIN = "A train leaves the old station at noon and travels 60 miles an hour. When does it cross the 3 bridges?"


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def item(view: str = EGGS, *, id: str = "new", lineage: tuple[str, ...] = ()) -> Item:
    return Item(id, 9, 0, Coordinate(()), {}, None, view, lineage=lineage)


async def corpus_of(*accepted: str, anchors: tuple[str, ...] = (), references: tuple[str, ...] = ()) -> MemoryCorpus:
    """Accepted texts as c0, c1, ... all of template "eggs"."""
    cache = DictCache()
    corpus = await build(
        BagEmbedder(),
        anchors=[(f"anchor-{n}", text) for n, text in enumerate(anchors, start=1)],
        references=[Reference("old", "00", references)] if references else [],
        get_cache=cache.get,
        put_cache=cache.put,
    )
    for index, text in enumerate(accepted):
        await corpus.admit(f"c{index}", text, template="eggs", index=index)
    return corpus


def find(
    sought: Item, *accepted: str, gate: Novelty | None = None, horizon: int | None = None, **others: tuple[str, ...]
) -> Finding:
    async def go() -> Finding:
        corpus = await corpus_of(*accepted, **others)
        found = await (gate or Novelty()).recheck(sought, corpus.at(horizon))
        corpus.close()
        return found

    return run(go())


def context(corpus: CorpusView) -> GateContext:
    spec = Spec(name="s", recipe="r", brief="b", axes=(Axis(name="a", values=(AxisValue(value=1),)),))
    return GateContext(spec, None, corpus, random.Random(0), {})  # type: ignore[arg-type]


def test_it_is_a_landing_gate_whose_settings_survive_a_receipt() -> None:
    gate: Gate = Novelty(template_quota=1)
    assert isinstance(gate, LandingGate)
    stored: Mapping[str, Any] = json.loads(canonical_json(settings_of(gate)))
    assert Novelty(**stored) == gate
    assert settings_of(Novelty())["template_quota"] == 3


def test_nothing_alike_passes_and_starts_a_template() -> None:
    found = find(item(), TRAIN)
    assert found.outcome is Outcome.PASS
    assert found.measures == {"template": "new"}
    assert found.evidence["decided_by"] is None
    assert [n["id"] for n in found.evidence["neighbours"]] == ["c0"]
    assert found.evidence["embedder"] == "bag@0"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (EGGS, "equal normalised text"),
        ("\n" + EGGS.upper().replace(" ", "  "), "equal normalised text"),
        (EGGS_BY_BOB, "equal numbers and shingle Jaccard"),
        ("At first, how many eggs had Ann, who keeps 5 eggs and sells 12 of the eggs?", "equal numbers and cosine"),
    ],
)
def test_the_same_item_is_rejected_with_the_neighbour_in_evidence(text: str, rule: str) -> None:
    found = find(item(text), TRAIN, EGGS)
    assert (found.outcome, found.reason) == (Outcome.REJECT, "same_item")
    assert found.evidence["decided_by"] == "c1"
    assert str(found.evidence["rule"]).startswith(rule)
    assert found.evidence["neighbours"][0]["text"] == EGGS
    canonical_json(found.evidence)


def test_a_copy_of_an_anchor_or_reference_says_so() -> None:
    assert find(item(EGGS_BY_BOB), anchors=(TRAIN, EGGS)).reason == "copy_of_anchor"
    found = find(item(EGGS_BY_BOB), references=(TRAIN, EGGS))
    assert found.reason == "copy_of_reference"
    assert "old#2 of the reference set old" in found.detail


def test_a_variant_of_an_anchor_or_reference_has_no_quota() -> None:
    found = find(item(MORE_EGGS), anchors=(EGGS,))
    assert (found.outcome, found.reason) == (Outcome.REJECT, "variant_of_anchor")
    found = find(item(MORE_EGGS), references=(EGGS,))
    assert (found.reason, found.evidence["rule"]) == ("variant_of_reference", "equal skeleton")
    # Being within the quota of an accepted item's template does not help.
    assert find(item(MORE_EGGS), EGGS_AGAIN, references=(EGGS,)).reason == "variant_of_reference"


def test_a_variant_of_an_accepted_item_joins_its_template_until_the_quota_is_full() -> None:
    found = find(item(MORE_EGGS), EGGS)
    assert found.outcome is Outcome.PASS
    assert found.measures == {"template": "eggs"}
    assert found.evidence["template_size"] == 1
    assert "number 2 of 3" in found.detail
    found = find(item(MORE_EGGS), EGGS, EGGS_AGAIN, EGGS.replace("12", "44"))
    assert (found.outcome, found.reason) == (Outcome.REJECT, "template_quota")
    assert found.evidence["template_size"] == 3
    assert find(item(MORE_EGGS), EGGS, gate=Novelty(template_quota=1)).reason == "template_quota"


def test_only_the_view_counts() -> None:
    assert find(item(), EGGS, horizon=-1).outcome is Outcome.PASS
    assert find(item(), EGGS, horizon=0).reason == "same_item"
    variants = (EGGS, EGGS_AGAIN, EGGS.replace("12", "44"))
    assert find(item(MORE_EGGS), *variants, horizon=1).outcome is Outcome.PASS
    assert find(item(MORE_EGGS), *variants, horizon=2).reason == "template_quota"


def test_check_answers_as_recheck_does() -> None:
    async def go() -> None:
        corpus = await corpus_of(EGGS)
        view = corpus.at(None)
        assert await Novelty().check(item(MORE_EGGS), context(view)) == await Novelty().recheck(item(MORE_EGGS), view)
        corpus.close()

    run(go())


def test_own_lineage_is_exempt() -> None:
    assert find(item(lineage=("c0",)), EGGS).outcome is Outcome.PASS
    assert find(item(lineage=("c1",)), EGGS).reason == "same_item"


def test_no_text_is_an_error_not_a_pass() -> None:
    for empty in (item(""), item(" \n")):
        found = find(empty, EGGS)
        assert (found.outcome, found.reason) == (Outcome.ERROR, "no_text")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("variant_cosine", 0.5),
        ("same_cosine", 1.2),
        ("variant_jaccard", 0.1),
        ("variant_skeleton_jaccard", 0.2),
        ("same_numbers_cosine", -0.1),
        ("template_quota", 0),
        ("neighbours_kept", -1),
    ],
)
def test_settings_out_of_the_index_s_reach_are_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(BadInput, match=f"gate novelty, {setting}"):
        Novelty(**{setting: value})


FAR = Neighbour("n", "accepted", "text", "t", False, False, False, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("near", "same", "variant"),
    [
        (FAR, False, False),
        (replace(FAR, same_text=True), True, False),
        (replace(FAR, equal_numbers=True, jaccard=0.3), True, False),
        (replace(FAR, equal_numbers=True, jaccard=0.2999), False, False),
        (replace(FAR, equal_numbers=True, cosine=0.75), True, False),
        (replace(FAR, equal_numbers=True, cosine=0.7499), False, False),
        (replace(FAR, jaccard=0.4999, cosine=0.8999, skeleton_jaccard=0.6999), False, False),
        (replace(FAR, cosine=0.97), True, True),
        (replace(FAR, cosine=0.9699), False, True),
        (replace(FAR, cosine=0.9), False, True),
        (replace(FAR, jaccard=0.5), False, True),
        (replace(FAR, skeleton_jaccard=0.7), False, True),
        (replace(FAR, same_skeleton=True), False, True),
    ],
)
def test_the_rule_at_its_thresholds(near: Neighbour, same: bool, variant: bool) -> None:
    gate = Novelty()
    assert bool(gate.same_item(near)) is same
    assert bool(gate.variant(near)) is variant


NEIGHBOURS = st.builds(
    Neighbour,
    id=st.sampled_from(["a", "b", "c", "d"]),
    source=st.sampled_from(["accepted", "accepted", "anchor", "reference:r"]),
    text=st.just("text"),
    template=st.sampled_from(["t1", "t2"]),
    same_text=st.booleans(),
    equal_numbers=st.booleans(),
    same_skeleton=st.booleans(),
    jaccard=st.sampled_from([0.0, 0.3, 0.5, 0.9]),
    skeleton_jaccard=st.sampled_from([0.0, 0.7]),
    cosine=st.sampled_from([0.0, 0.75, 0.9, 0.97]),
)


@given(st.lists(NEIGHBOURS, max_size=6, unique_by=lambda n: (n.source, n.id)), st.integers(0, 4), st.integers(0, 3))
def test_a_finding_can_be_recomputed_from_its_own_evidence(near: list[Neighbour], size: int, kept: int) -> None:
    gate = Novelty(neighbours_kept=kept)
    found = gate.decide("new", tuple(near), lambda _: size, embedder="e")
    recorded = tuple(Neighbour(**n) for n in found.evidence["neighbours"])
    again = gate.decide("new", recorded, lambda _: found.evidence["template_size"], embedder="e")
    assert replace(again, evidence={}) == replace(found, evidence={})
    assert again.evidence["decided_by"] == found.evidence["decided_by"]


needs_gsm8k = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"GSM8K IS NOT AT {DATA}: the novelty gate was NOT tried on real problems"
)


@needs_gsm8k
def test_real_problems_with_the_real_embedder() -> None:
    """30 train problems as the reference set, edited copies of six and 30 test problems; the whole measure is
    scripts/check_novelty_gsm8k.py."""
    from factory.similarity.embedder import load_embedder
    from scripts.check_novelty_gsm8k import judge, questions
    from scripts.edits import names_of, other_names, other_numbers, other_space

    train, test = questions(DATA / "train.jsonl"), questions(DATA / "test.jsonl")[:30]
    names, rng = names_of(train), random.Random(2)
    reference = train[:30]
    chosen = [t for t in reference if names & set(t.split()) and sum(c.isdigit() for c in t) > 2][:6]
    edited = [other_space(t, rng) for t in chosen]
    edited += [other_names(t, rng, names) for t in chosen] + [other_numbers(t, rng) for t in chosen]

    async def go() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        cache = DictCache()
        corpus = await build(
            load_embedder("minilm"),
            references=[Reference("gsm8k-train", "00", reference)],
            get_cache=cache.get,
            put_cache=cache.put,
        )
        view = corpus.at(None)
        found = await judge(Novelty(), view, edited), await judge(Novelty(), view, test)
        corpus.close()
        return found

    copies, others = run(go())
    assert len(chosen) == 6
    assert [f["by"] for f in copies] == 3 * [f"gsm8k-train#{1 + reference.index(t)}" for t in chosen]
    assert all(f["stopped"] for f in copies)
    assert sum(f["stopped"] for f in others) <= 1
