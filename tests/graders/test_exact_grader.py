"""The exact grader: spellings that count as one answer, and those that do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.graders.exact import grade


@pytest.mark.parametrize(
    ("answer", "reference", "settings", "correct"),
    [
        ("Paris", "Paris", {}, True),
        ("  paris \n", "Paris", {}, True),
        ("**Paris**.", "Paris", {}, True),
        ("“Paris”", "Paris", {}, True),
        ("New\u00a0 York", "new york", {}, True),
        ("ﬁne", "fine", {}, True),
        ("A: Paris", "Paris", {}, True),
        ("It lies in France.\nFinal answer: Paris.", "Paris", {}, True),
        ("The answer is Paris", "Paris", {}, True),
        ("so \\boxed{Paris} it is", "Paris", {}, True),
        ("A: b", "A: b", {}, True),
        ("A: A: b", "A: b", {}, True),
        ("paris", "Paris", {"ignore_case": False}, False),
        ("Paris.", "Paris", {"punctuation": "keep"}, False),
        ("well-known", "well known", {"punctuation": "all"}, True),
        ("well-known", "well known", {}, False),
        ("the Nile", "Nile", {"ignore_articles": True}, True),
        ("the Nile", "Nile", {}, False),
        ("U.S.A.", "USA | U.S.A. | America", {"separator": "|"}, True),
        ("america", "USA | America", {"separator": "|"}, True),
        ("USA | America", "USA | America", {"separator": "|"}, False),
        ("UK", "United Kingdom", {"same": [["UK", "United Kingdom", "Britain"]]}, True),
        ("France", "United Kingdom", {"same": [["UK", "United Kingdom"]]}, False),
        ("Paris or London", "Paris", {}, False),
        ("A: Paris or London", "Paris", {}, False),
        ("A: London\nA: Paris\nA: Rome", "Paris", {}, False),
        ("A: Paris\nOr London", "Paris", {}, False),
        ("\\boxed{Paris} \\boxed{London}", "Paris", {}, False),
        ("not Paris", "Paris", {}, False),
        ("", "Paris", {}, False),
        ("", "", {}, False),
        ("...", "", {}, False),
        ("-5", "5", {}, False),
        ("35", "3.5", {}, False),
        ("C", "C++", {}, False),
    ],
)
def test_spellings(answer: str, reference: str, settings: dict[str, Any], correct: bool) -> None:
    assert grade(answer, reference, **settings)[0] is correct


@given(st.text(max_size=200), st.text(max_size=50), st.sampled_from(["keep", "ends", "all"]), st.booleans())
def test_never_raises(answer: str, reference: str, punctuation: str, flag: bool) -> None:
    grade(answer, reference, punctuation=punctuation, ignore_articles=flag, ignore_case=flag)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_accepts_itself_in_any_frame(text: str) -> None:
    for frame in ("{}", " {} ", "{}.", "A: {}", "The answer is {}."):
        assert grade(frame.format(text), text)[0]
    assert not grade(f"{text} or {text}x", text)[0]
