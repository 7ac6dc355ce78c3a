"""Sentences as strangers plant them: open choices, calamities, talk of the task, a sheet that shows; and innocent ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from recipes.ground_truth.rehearsal.author_defects import WRITERS
from recipes.ground_truth.rehearsal.reader_ambiguity import two_readings
from recipes.ground_truth.rehearsal.reader_gaps import fault
from recipes.ground_truth.rehearsal.reader_marks import marks
from tests.recipes.drawing import compositions, plan
from tests.recipes.test_reader_detectors import stories

SAID: dict[str, list[str]] = json.loads((Path(__file__).parent / "data" / "strangers.json").read_text("utf-8"))
RINGS = ("unrealistic_stakes", "evaluation_aware", "template_residue")


def told(sentence: str, first: int = 3) -> Iterator[tuple[str, str]]:
    """The sentence as each story would have it, and the story."""
    for number, (text, count, plural) in enumerate(stories()[:first]):
        other = str(int(count) + (7, -5, 11)[number % 3])
        yield sentence.replace("{n}", count).replace("{m}", other).replace("{items}", plural), text


def test_a_choice_left_open_is_found_by_meaning() -> None:
    pairs = [(said, f"{text} {said}") for one in SAID["open"] for said, text in told(one)]
    missed = sorted({said for said, text in pairs if fault(text) is None})
    assert len(missed) <= 0.05 * len(pairs), missed


@pytest.mark.parametrize("kind", RINGS)
def test_what_is_no_story_is_heard_before_it_and_behind_it(kind: str) -> None:
    texts = [(said, both) for one in SAID[kind] for said, text in told(one, 1) for both in (f"{said} {text}", f"{text} {said}")]
    missed = sorted({said for said, text in texts if kind not in marks(text)})
    assert len(missed) <= 0.05 * len(SAID[kind]), missed


def test_innocent_sentences_of_the_same_words_are_let_pass() -> None:
    pairs = [(said, f"{text} {said}") for one in SAID["harmless"] for said, text in told(one)]
    wrong = sorted({said for said, text in pairs if fault(text) is not None or marks(text)})
    assert not wrong


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("According to the invoice, it was 31; according to the note, 24.", "contradictory_givens"),
        ("'Per shift' may mean per person or per team.", "second_reading"),
        ("Count the packs or the pieces.", "second_reading"),
        ("Half of them were returned later.", "second_reading"),
        ("Not all of them were usable.", "missing_assumption"),
        ("Add what was left over from last week.", "missing_assumption"),
    ],
)
def test_an_open_choice_is_told_from_a_gap_and_from_a_contradiction(said: str, kind: str) -> None:
    for _, text in told(said):
        found = fault(f"{text} {said}")
        assert found is not None and found.kind == kind


def test_whoever_passes_the_sentence_over_reads_the_story_as_it_was() -> None:
    for said, text in told("Count the packs or the pieces."):
        found = two_readings(f"{text} {said}")
        assert found is not None and found.texts[0].strip() == text


def test_sound_problems_are_let_pass(shared_data: Path) -> None:
    rows = (shared_data / "gsm8k" / "test.jsonl").read_text("utf-8").splitlines()[:300]
    texts = [json.loads(row)["question"] for row in rows]
    opened = [text for text in texts if (found := two_readings(text)) is not None and "times more" not in found.why]
    assert not opened and sum(bool(marks(text)) for text in texts) <= 2
    faults = [found for text in texts if (found := fault(text)) is not None]
    # "Twice more than" is two readings indeed; the rest are false alarms, of a reader that makes out one such text in nine.
    assert sum("times more" not in found.why for found in faults) <= 0.045 * len(texts)


def test_neither_anchors_nor_rehearsed_items_are_doubted() -> None:
    specs = Path(__file__).parents[2] / "recipes" / "ground_truth" / "specs"
    texts = [
        anchor["payload"]["prompt"]
        for spec in specs.glob("*.yaml")
        for anchor in yaml.safe_load(spec.read_text("utf-8"))["anchors"]
    ]
    assert len(texts) >= 10
    texts += [made.text for made in compositions(150, start=70_000)]
    assert not [text for text in texts if fault(text) is not None or marks(text)]


def test_a_told_answer_is_left_for_structure_to_find() -> None:
    for seed in range(25):
        leaked = WRITERS["leaked_answer"](plan(seed), random.Random(seed))["prompt"]
        assert not marks(leaked), leaked
