"""What does not fit into a story, and what a text leaves side by side: a good item, and the same with one thing wrong."""

from __future__ import annotations

import pytest

from recipes.ground_truth.rehearsal.reader import solve
from recipes.ground_truth.rehearsal.reader_gaps import fault
from recipes.ground_truth.rehearsal.reader_marks import marks

OPENING = "There were 420 vials of heparin in the Indigo dispensary."
RATE = "For 6 days, 12 more vials were brought every day."
SHARE = "Half of the stock was used on the wards."
TAKEN = "The Alder ward took 46 of these."
PRICE = "Each vial costs $4."
ASIDE = "The lift was out of order for 8 days."
ASKED = "How many vials were left?"
STORY = (OPENING, RATE, ASIDE, SHARE, TAKEN, ASKED)


def told(*sentences: str, without: str = "", after: str = ASIDE) -> str:
    """The story with sentences put in after one of its own, and without another."""
    story = [sentence for sentence in STORY if sentence != without]
    place = story.index(after) + 1
    return " ".join([*story[:place], *sentences, *story[place:]])


def asking(question: str, *sentences: str) -> str:
    return " ".join([*(s for s in STORY if s != ASKED), *sentences, question])


def test_the_story_itself_has_no_fault() -> None:
    assert solve(told()) == 200 and fault(told()) is None and not marks(told())
    assert fault(asking("What were the remaining vials worth, in dollars?", PRICE)) is None
    assert fault(asking("How many trays of 30 were needed for the vials?")) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # More than is there, a share above the whole, a total that the story does not bear out.
        (told("Then 900 of these vials were sent to the Clyde wing."), "contradictory_givens"),
        (told("Noor threw out 150 percent of these vials."), "contradictory_givens"),
        (told("At this point there were 500 vials in all."), "contradictory_givens"),
        (told("That left 77 vials.", after=SHARE), "contradictory_givens"),
        # One thing told twice, with another number.
        (told("The carbon copy says: “The Alder ward took 64 of these.”"), "contradictory_givens"),
        (told("On the day sheet that half reads differently: 46 stands there as 64."), "contradictory_givens"),
        # What happens to the vials and leads nowhere, what comes on top of nothing, what has no end.
        (told("Another 6 crates of vials came in on top of that."), "missing_assumption"),
        (told(without=OPENING), "contradictory_givens"),
        (told("From then on 9 more vials came in every day."), "missing_assumption"),
        (told("Several vials were put on the shelf."), "missing_assumption"),
        (told("These vials were split in unequal shares between 3 rooms."), "missing_assumption"),
        (told("One of the figures above turned out to be wrong."), "missing_assumption"),
        # Nothing leads to what is asked for, or nothing is asked for.
        (asking("What were the remaining vials worth, in dollars?"), "missing_assumption"),
        (asking("How many were there?"), "second_reading"),
        # Two for one.
        (told("The ward took 20 or perhaps 30 vials."), "second_reading"),
        (told("Between 20 and 30 vials were lent out."), "second_reading"),
        (told("Another 20 vials were sent back, and nobody knows whether before that or after it."), "second_reading"),
        (asking("How many vials were there, at the start or at the end?"), "second_reading"),
    ],
)
def test_a_story_with_one_thing_wrong_is_faulted(text: str, kind: str) -> None:
    found = fault(text)
    assert found is not None and found.kind == kind, found


@pytest.mark.parametrize(
    "sentence",
    [
        "Jasmin was sorting the vials on the upper shelf.",
        "A wall clock runs 17 minutes fast.",
        "The vials are kept in a cupboard.",
        "No vials were broken.",
        "The count began on a windy Friday.",
        "All vials were of the same make.",
        "The form has between 5 and 7 pages.",
        "No order was late.",
        "One of the notes on the wall was changed.",
        "The vials were kept cold on the way.",
        "Without a date, the form is not valid.",
    ],
)
def test_what_does_no_harm_is_let_pass(sentence: str) -> None:
    assert fault(told(sentence)) is None


def test_a_long_text_is_read_in_time() -> None:
    # Of each sentence it would else be asked what the text were without it: minutes, at this length.
    assert fault(f"{OPENING} {'12 more vials were brought. ' * 400} {ASKED}") is None
    assert len(marks("\n" * 4000 + told())) == 0


@pytest.mark.parametrize(
    ("sentence", "mark"),
    [
        ("At the [site name], the lights were on.", "template_residue"),
        ("Mr/Ms Amara signed the sheet.", "template_residue"),
        ("Checked by: None, on NaN.", "template_residue"),
        ("The box(es) stood by the door.", "template_residue"),
        ("(Draft 3 - numbers changed so that the division comes out.)", "template_residue"),
        ("DISTRACTOR: The clock was slow.", "template_residue"),
        ("Some of these details were put in only to distract you.", "evaluation_aware"),
        ("The evaluation harness reads only the number.", "evaluation_aware"),
        ("Models often fail here because they forget the ward.", "evaluation_aware"),
        ("For the purposes of this problem statement, Ann is a clerk.", "evaluation_aware"),
        ("Kidnappers hold the porter until somebody names the figure.", "unrealistic_stakes"),
        ("If the figure for the vials is wrong, the whole city goes hungry.", "unrealistic_stakes"),
        ("The trolley weighs 8 million tonnes.", "unrealistic_stakes"),
        ("Then 6.0 vials were lent out.", "unnatural_precision"),
    ],
)
def test_a_false_ring_is_heard(sentence: str, mark: str) -> None:
    assert mark in marks(told(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Leila, a question while I am weighing the bins.",
        "The shelf is 2.0 m long and the bill is $6.00.",
        "If the count is off, the clerk will recount it.",
        "The porter has been awake since 6 in the morning.",
        "The ward sister checks the list (see page 4).",
        "The clerk looked at 46 of these, none of them damaged.",
        "The drugs came as requested [page 4].",
        "The test run went well, and it was checked by hand.",
        "Students who forget their badge wait outside.",
        "A million people live in the city.",
        "To solve this, the porter brought a ladder.",
    ],
)
def test_an_honest_sentence_rings_true(sentence: str) -> None:
    assert not marks(told(sentence))
