"""The choice grader: letters, texts, both, and what names no single option."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.graders.choice import grade

CITIES = ("Paris", "London", "Paris, Texas", "A village")
LABELS = ("positive", "negative", "neutral")
DENIALS = ("a cat", "not a cat")


@pytest.mark.parametrize(
    ("answer", "reference", "options", "correct"),
    [
        ("B", "B", (), True),
        ("b", "B", (), True),
        ("(B)", "B", (), True),
        ("B.", "(b)", (), True),
        ("b)", "B", (), True),
        ("Answer: B", "B", (), True),
        ("The answer is (B).", "B", (), True),
        ("The correct option is B because it is larger.", "B", (), True),
        ("\\boxed{B}", "B", (), True),
        ("\\boxed{\\text{B}}", "B", (), True),
        ("**B**", "B", (), True),
        ("I think B", "B", (), True),
        ("Option A", "A", (), True),
        ("London", "B", CITIES, True),
        ("london.", "B", CITIES, True),
        ("B", "London", CITIES, True),
        ("B. London", "B", CITIES, True),
        ("It is London", "B", CITIES, True),
        ("Paris, Texas", "C", CITIES, True),
        ("The answer is Paris, Texas.", "C", CITIES, True),
        ("A village", "D", CITIES, True),
        ("negative", "negative", LABELS, True),
        ("A: negative", "negative", LABELS, True),
        ("not a cat", "B", DENIALS, True),
        ("A", "B", (), False),
        ("F", "B", (), False),
        ("A or B", "B", (), False),
        ("A, B", "A", (), False),
        ("A B C D E", "A", (), False),
        ("Either (a) or (b)", "B", (), False),
        ("B, though C is possible", "B", (), False),
        ("not B", "B", (), False),
        ("It isn't B", "B", (), False),
        ("", "B", (), False),
        ("Answer:", "B", (), False),
        ("none of them", "B", (), False),
        ("Paris", "C", CITIES, False),
        ("Paris, Texas", "A", CITIES, False),
        ("B. Paris", "B", CITIES, False),
        ("B. Paris", "A", CITIES, False),
        ("Paris or London", "B", CITIES, False),
        ("not negative", "negative", LABELS, False),
        ("positive, negative", "negative", LABELS, False),
        ("not a cat", "A", DENIALS, False),
        ("x " * 200 + "B", "B", (), False),
        ("B", "nothing of the kind", CITIES, False),
    ],
)
def test_answers(answer: str, reference: str, options: tuple[str, ...], correct: bool) -> None:
    assert grade(answer, reference, options=options)[0] is correct, grade(answer, reference, options=options)


SHORT = [("1", "2", "3", "4"), ("3", "5", "7", "9"), ("a", "b", "c"), ("x", "y", "z"), ("0", "1"), ("+", "-", "*"), ("-5", "5")]
BOTH = ["{}. {}", "({}) {}", "{}) {}", "{}: {}", "{} - {}", "Option {}: {}", "Answer: {}. {}", "\\boxed{{{}. {}}}", "{} = {}"]


@pytest.mark.parametrize("options", SHORT, ids=" ".join)
@pytest.mark.parametrize("frame", [*BOTH, "The answer is {}, which is {}.", "{1} ({0})"])
def test_a_letter_beside_another_option_s_text_names_two(frame: str, options: tuple[str, ...]) -> None:
    for place, letter in enumerate("ABCD"[: len(options)]):
        if letter == "A" and "{}:" in frame:
            continue  # `A:` is how an answer is marked: what follows is the answer
        for other, text in enumerate(options):
            said = frame.format(letter, text)
            assert grade(said, letter, options=options)[0] is (place == other), said
            assert grade(said, text, options=options)[0] is (place == other), said


@pytest.mark.parametrize("said", ["B, as 1 of the 4 is even", "The answer is B because 1 is odd", "B. Not 1"])
def test_a_short_option_in_running_text_names_nothing(said: str) -> None:
    assert grade(said, "B", options=SHORT[0])[0] is ("Not" not in said)


def test_letters_beyond_the_options_name_nothing() -> None:
    assert grade("D", "D", letters=4)[0]
    assert not grade("D", "D", letters=3)[0]
    assert not grade("D", "A", options=LABELS)[0]


@given(st.text(max_size=250), st.text(max_size=20), st.lists(st.text(min_size=1, max_size=10), max_size=6, unique=True))
def test_never_raises(answer: str, reference: str, options: list[str]) -> None:
    grade(answer, reference, options=options)


@given(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["{}", "({})", "{}.", "Answer: {}", "The answer is {}"]))
def test_a_letter_is_right_for_itself_only(said: int, truth: int, frame: str) -> None:
    assert grade(frame.format("ABCDE"[said]), "ABCDE"[truth])[0] is (said == truth)
