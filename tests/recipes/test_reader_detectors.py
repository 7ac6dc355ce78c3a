"""What critic and judges see in sentences that nobody planted for them: told by what they mean, not by whose wording it is.

The sentences were written before the detectors were, and every third was looked at only when they were done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from recipes.ground_truth.rehearsal.reader import read, solve
from recipes.ground_truth.rehearsal.reader_gaps import fault
from recipes.ground_truth.rehearsal.reader_marks import marks
from recipes.ground_truth.rehearsal.reader_text import stem
from tests.recipes.drawing import compositions

SENTENCES: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "planted_and_harmless.json").read_text("utf-8"))
PLANTED: dict[str, list[str]] = SENTENCES["planted"]
RINGS = ("evaluation_aware", "unrealistic_stakes", "template_residue", "unnatural_precision")
FAULTS = {"contradictory": "contradictory_givens", "missing_assumption": "missing_assumption"}


@cache
def stories(count: int = 8) -> tuple[tuple[str, str, str], ...]:
    """Rehearsal items that open with a count: the text, the count as written, and the plural of what is counted."""
    found: list[tuple[str, str, str]] = []
    for made in compositions(200, start=9_000):
        program = read(made.text)
        if not program.steps or program.steps[0].op != "base" or len(program.steps[0].numbers) != 1:
            continue
        count_of = str(program.steps[0].numbers[0])
        words = re.findall(r"[a-z][a-z'’-]*", made.text)
        plural = next((word for word in words if word.endswith("s") and stem(word) == program.noun), "")
        if plural and re.search(rf"\b{count_of}\b", made.text):
            found.append((made.text, count_of, plural))
        if len(found) == count:
            break
    assert len(found) == count
    return tuple(found)


def told(sentence: str, first: int = 8) -> Iterator[tuple[str, str]]:
    """Each story alone, and with the sentence behind it, as a planter sets it."""
    for number, (text, count, plural) in enumerate(stories()[:first]):
        other = str(int(count) + (7, -5, 11, 13)[number % 4])
        yield text, f"{text} {sentence.format(n=count, m=other, items=plural)}"


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("unseen", [False, True], ids=["seen", "unseen"])
def test_faults_are_found_by_meaning(kind: str, unseen: bool) -> None:
    chosen = [sentence for place, sentence in enumerate(PLANTED[kind]) if (place % 3 == 2) == unseen]
    found = [(sentence, fault(text)) for sentence in chosen for _, text in told(sentence)]
    missed = sorted({sentence for sentence, one in found if one is None or one.kind not in FAULTS.values()})
    caught = sum(one is not None for _, one in found)
    assert caught >= 0.85 * len(found), (caught, len(found), missed)


@pytest.mark.parametrize("kind", RINGS)
@pytest.mark.parametrize("unseen", [False, True], ids=["seen", "unseen"])
def test_false_rings_are_heard_by_meaning(kind: str, unseen: bool) -> None:
    chosen = [sentence for place, sentence in enumerate(PLANTED[kind]) if (place % 3 == 2) == unseen]
    missed = [sentence for sentence in chosen if kind not in marks(f"{stories()[0][0]} {sentence}")]
    assert len(missed) <= 0.15 * len(chosen), missed


def test_the_same_words_used_innocently_are_let_pass() -> None:
    harmless: list[str] = SENTENCES["harmless"]
    pairs = [(sentence, text) for sentence in harmless for _, text in told(sentence, 3)]
    wrong = [sentence for sentence, text in pairs if fault(text) is not None or marks(text)]
    assert len(wrong) <= 0.03 * len(pairs), sorted(set(wrong))
    # A number that is given after all leaves nothing open.
    for text, count, plural in stories():
        for harmless_sentence in (
            f"Some of the {plural} were damaged, {int(count) // 10 + 1} in all.",
            f"The clerk entered {count} {plural} in the ledger.",
        ):
            assert fault(f"{text} {harmless_sentence}") is None, harmless_sentence


def test_no_sound_item_is_doubted() -> None:
    texts = [made.text for made in compositions(200, start=40_000)]
    assert sum(fault(text) is not None or bool(marks(text)) for text in texts) <= 2


def test_a_second_value_leaves_the_solution_as_it_was() -> None:
    """Whoever only solves goes by the first given, so that a contradiction is the critic's to find, and no wrong reference."""
    pairs = [pair for sentence in PLANTED["contradictory"] for pair in told(sentence)]
    same = sum(solve(text) == solve(alone) for alone, text in pairs)
    assert same >= 0.85 * len(pairs), (same, len(pairs))


def test_a_record_may_call_the_things_otherwise() -> None:
    for text, _, _ in stories():
        found = fault(f"{text} However, the ledger lists 31 boxes, not 24.")
        assert found is not None and found.kind == "contradictory_givens"


def test_real_problems_ring_true(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line)["question"] for line in lines[:1_000]]
    assert sum(bool(marks(text)) for text in rows) <= 0.01 * len(rows)


def test_a_sentence_about_the_task_leaves_nothing_of_the_story_open() -> None:
    # Realism's to find: the critic must not take it for a gap and have it rewritten.
    story = (
        "A clerk counted 40 crates. Your score depends on giving the exact number. Then 12 crates were sold. How many are left?"
    )
    assert fault(story) is None and marks(story) == ("evaluation_aware",)
