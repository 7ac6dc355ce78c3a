"""Contradictions and missing assumptions as strangers plant them, told by grammar and by the story's own numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recipes.ground_truth.rehearsal.reader import read, solve
from recipes.ground_truth.rehearsal.reader_gaps import fault
from tests.recipes.test_reader_detectors import stories

SAID: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "counter_strangers.json").read_text("utf-8"))
KINDS = ("contradictory_givens", "missing_assumption")
STORY = "A clerk counted 40 crates. Then 12 crates were sold. "
ASKED = " How many crates are left?"


def told(sentence: str, first: int = 4) -> Iterator[tuple[str, str]]:
    """Each story alone, and with the sentence behind it."""
    for number, (text, count, plural) in enumerate(stories()[:first]):
        other = str(int(count) + (7, -5, 11, 13)[number % 4])
        said = sentence.replace("{n}", count).replace("{m}", other).replace("{big}", str(3 * int(count) + 50))
        yield text, f"{text} {said.replace('{items}', plural)}"


def recall(part: str, kind: str) -> tuple[float, list[str]]:
    """The share of plants that are found, and the sentences of those that are not."""
    pairs = [(one, fault(text)) for one in SAID[part][kind] for _, text in told(one)]
    missed = sorted({one for one, found in pairs if found is None})
    return sum(found is not None for _, found in pairs) / len(pairs), missed


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_that_were_in_view_are_found(kind: str) -> None:
    found, missed = recall("first", kind)
    assert found >= 0.95, missed


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_that_came_later_are_found(kind: str) -> None:
    found, missed = recall("later", kind)
    assert found >= 0.94, missed


@pytest.mark.parametrize(("kind", "floor"), [("contradictory_givens", 0.78), ("missing_assumption", 0.85)])
def test_most_sentences_never_looked_at_are_found(kind: str, floor: float) -> None:
    found, _ = recall("unseen", kind)
    assert found >= floor


def test_the_two_kinds_are_told_apart() -> None:
    for kind in KINDS:
        kinds = [found.kind for one in SAID["first"][kind] for _, text in told(one, 2) if (found := fault(text)) is not None]
        assert kinds.count(kind) >= 0.97 * len(kinds)


def test_innocent_sentences_are_let_pass() -> None:
    pairs = [(one, text) for one in SAID["harmless"] for _, text in told(one, 3)]
    assert not sorted({one for one, text in pairs if fault(text) is not None})


def test_smudged_labels_leave_no_number_open() -> None:
    # Drafted by the rehearsal's author: what is smudged there is no number of the story.
    aside = "Elif, the dock supervisor, was rewriting smudged labels when the count began."
    assert fault(STORY + aside + ASKED) is None
    assert fault(STORY + "The number of crates that came back is smudged." + ASKED) is not None


def test_whoever_solves_goes_by_what_was_told_first() -> None:
    pairs = [pair for one in SAID["first"]["contradictory_givens"] for pair in told(one, 2)]
    assert sum(solve(text) == solve(alone) for alone, text in pairs) >= 0.9 * len(pairs)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (
            "There were 12 red crates and 28 green crates, 40 in all.",
            "There were 12 red crates and 28 green crates, 45 in all.",
        ),
        ("Of the 40 crates, 30 were full.", "Of the 40 crates, 50 were full."),
        ("After that, 20 crates were thrown away.", "After that, 50 crates were thrown away."),
        (
            "55% of the crates are old and 45% of the crates are new.",
            "55% of the crates are old and 65% of the crates are new.",
        ),
        ("4 shelves with 10 crates each held 40.", "4 shelves with 10 crates each held 50."),
        ("The figure of 40 is correct.", "The figure of 40 is disputed."),
        ("None of the crates were broken.", "None of the crates mentioned above ever existed."),
    ],
)
def test_numbers_are_held_against_the_storys_own(true: str, false: str) -> None:
    assert not read(STORY + true + ASKED).contested
    assert fault(STORY + true + ASKED) is None
    found = fault(STORY + false + ASKED)
    assert found is not None and found.kind == "contradictory_givens"


@pytest.mark.parametrize(
    ("given", "wanting"),
    [
        ("The 5 crates with a dent do not count.", "The crates with a dent do not count."),
        ("Of these, 5 were damaged. Do not count the damaged crates.", "Do not count the damaged crates."),
        ("It rained that day. If it rained, 5 crates were left outside.", "If it rained, 5 crates were left outside."),
        ("A pallet holds 4 crates. Give the result in pallets.", "Give the result in pallets."),
        ("Each of the 3 visitors took 2 crates.", "Each of the visitors took 2 crates."),
    ],
)
def test_what_the_text_gives_after_all_is_no_gap(given: str, wanting: str) -> None:
    assert fault(STORY + given + ASKED) is None
    found = fault(STORY + wanting + ASKED)
    assert found is not None and found.kind == "missing_assumption"
