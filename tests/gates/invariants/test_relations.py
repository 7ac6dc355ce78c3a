"""Metamorphic relations: what they change, what they expect of the answer, and where they say that they do not apply."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.prose.numbers import mentions
from gates.relations import (
    RELATIONS,
    Case,
    Expected,
    Flipped,
    MappedBy,
    Same,
    ScaledBy,
    entity_swap,
    from_json,
    irrelevant_context,
    negation,
    number_scaling,
    paraphrase,
    to_json,
)  # fmt: skip
from gates.relations.entity_swap import NAMES
from tests.recipes.drawing import compositions

CLIPS = "Natalia bought 48 clips in April because Tom needed 12. How many clips did Natalia buy altogether?"

# --- what is expected


@pytest.mark.parametrize(
    ("expected", "before", "after", "holds"),
    [
        (Same(), "42 boxes", "The answer is 42.", True),
        (Same(), "42", "43", False),
        (Same(), "Paris.", "paris", True),
        (Same(), "yes, because", "No.", False),
        (Same(), "", "42", None),
        (Flipped(), "Yes.", "No, it is not.", True),
        (Flipped(), "true", "True", False),
        (Flipped(), "yes", "42", False),
        (Flipped(), "42", "no", None),
        (ScaledBy(Fraction(3)), "14 apples", "#### 42", True),
        (ScaledBy(Fraction(3)), "14", "14", False),
        (ScaledBy(Fraction(1, 3)), "10", "3.33333333", True),
        (ScaledBy(Fraction(3)), "many", "42", None),
        (MappedBy((("Ada", "Eve"), ("Eve", "Ada"))), "Ada, not Eve", "Eve, not Ada", True),
        (MappedBy((("Ada", "Eve"), ("Eve", "Ada"))), "Ada", "Ada", False),
        (MappedBy((("Ada", "Eve"), ("Eve", "Ada"))), "7", "7", True),
    ],
)
def test_expected_holds(expected: Expected, before: str, after: str, holds: bool | None) -> None:
    assert expected.holds(before, after) is holds
    assert from_json(to_json(expected)) == expected


@pytest.mark.parametrize(
    "bad", [None, {}, {"kind": "scaled_by"}, {"kind": "scaled_by", "factor": "1/0"}, {"kind": "mapped_by", "names": 3}]
)
def test_what_was_never_written_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match=r"expected|needs"):
        from_json(bad)


# --- paraphrase, irrelevant context


def test_a_paraphrase_keeps_numbers_names_and_quotations() -> None:
    changed = paraphrase(CLIPS)
    assert changed is not None and changed.expected == Same()
    assert changed.input == (
        "Natalia purchased 48 clips in April since Tom required 12. What number of clips did Natalia buy in total?"
    )
    quoted = paraphrase('He bought a pen and said "I bought it". How many did he have?')
    assert quoted is not None and '"I bought it"' in quoted.input and "purchased a pen" in quoted.input
    assert paraphrase("Nothing here fits.") is None
    assert paraphrase("How many letters are in the word altogether?") is None


def test_an_aside_shares_no_word_and_stands_before_the_question() -> None:
    changed = irrelevant_context(CLIPS)
    assert changed is not None and changed.expected == Same()
    assert re.fullmatch(r"Natalia .* needed 12\. The sky outside was overcast\. How many .*", changed.input)
    other = irrelevant_context("The sky is overcast. What follows?")
    assert other is not None and "radio" in other.input
    assert irrelevant_context("Summarise this passage: the engine weaves.") is None
    assert irrelevant_context("") is None


def test_the_rehearsal_items_can_bear_an_aside() -> None:
    changes = [(made, changed) for made in compositions(60) if (changed := irrelevant_context(made.text)) is not None]
    assert len(changes) >= 50
    for made, changed in changes:
        assert [each.value for each in mentions(changed.input)] == [each.value for each in mentions(made.text)]
        assert len(changed.input) > len(made.text) and changed.what.removeprefix("added: ") in changed.input


# --- entity swap


@given(st.lists(st.sampled_from([*NAMES, "ran", "to", "the", "pond.", "Then", "it's", "7"]), max_size=20))
def test_swapping_twice_gives_the_input_back(said: list[str]) -> None:
    text = " ".join(said)
    once = entity_swap(text)
    if once is not None:
        twice = entity_swap(once.input)
        assert twice is not None and twice.input == text
        assert once.expected.holds(text, once.input)


def test_the_answer_follows_the_names() -> None:
    changed = entity_swap("Tom has 3 pens and Anna has 5. Who has more?")
    assert changed is not None and changed.input == "Peter has 3 pens and Laura has 5. Who has more?"
    assert changed.expected.holds("Anna", "Laura") and not changed.expected.holds("Anna", "Anna")
    assert entity_swap("A crate holds 5 pens.") is None
    assert entity_swap("Paul McCartney wrote a song. How old was he?") is None
    assert entity_swap("How many letters has Anna?") is None
    with pytest.raises(ValueError, match="pairs"):
        entity_swap("Ada", {"Ada": "Eve"})


# --- negation


@pytest.mark.parametrize(
    ("asked", "negated"),
    [
        ("Tom has 5 pens. Does Tom have more than 3 pens?", "Tom has 5 pens. Does Tom have at most 3 pens?"),
        ("If x is 3, is x + 2 at least 5?", "If x is 3, is x + 2 less than 5?"),
        ("Is it possible to win?", "Is it impossible to win?"),
        ("Is 7 prime?", 'Is "no" the right answer to the question "Is 7 prime?"?'),
        (
            "Did every child get more than 3 pens?",
            'Is "no" the right answer to the question "Did every child get more than 3 pens?"?',
        ),
        (
            "Answer yes if there is no pear and no otherwise. An apple lies here.",
            "Answer no if there is no pear and yes otherwise. An apple lies here.",
        ),
        ('Reply "true" if it is even, otherwise "false": 4', 'Reply "false" if it is even, otherwise "true": 4'),
        ("True or false: it rains.", "True or false: It is not the case that the following holds: it rains."),
    ],
)
def test_negation_flips_the_answer(asked: str, negated: str) -> None:
    changed = negation(asked)
    assert changed is not None and changed.input == negated and changed.expected == Flipped()


@pytest.mark.parametrize(
    "asked",
    [
        "Is it red or blue?",
        "How many are left?",
        "Can you help me?",
        "If he ran, how long did he run?",
        "Is it? Was it?",
        "Go on.",
        "",
    ],
)
def test_what_yes_or_no_does_not_answer_is_not_negated(asked: str) -> None:
    assert negation(asked) is None


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(("more than", "at least", "at most", "less than", "fewer than")))
def test_a_negated_comparison_is_its_complement(have: int, bound: int, words: str) -> None:
    truth = {"more than": have > bound, "at least": have >= bound, "at most": have <= bound}
    truth |= {"less than": have < bound, "fewer than": have < bound}
    changed = negation(f"Does Tom have {words} {bound} pens?")
    assert changed is not None
    now = next(each for each in sorted(truth, key=len, reverse=True) if f"have {each} " in changed.input)
    assert truth[now] is not truth[words]


# --- number scaling

amounts = st.integers(2, 400)


@given(amounts, amounts, amounts, amounts, st.integers(2, 9))
def test_scaling_agrees_with_working_the_changed_problem(a: int, b: int, packs: int, each: int, factor: int) -> None:
    """The answer to the changed problem is worked here from its own numbers, not from the relation's."""
    text = f"A shop had {a + b} apples and sold {b} apples. Then {packs} crates with {each} apples in each came. How many?"
    solution = f"{a + b} - {b} = {a}; {packs} x {each} = {packs * each}; {a} + {packs * each} = {a + packs * each}"
    changed = number_scaling(text, solution=solution, answer=str(a + packs * each), factor=factor)
    if changed is None:
        # Only where a number of the working has two origins that scale differently.
        assert len({a + b, b, each, a, packs, packs * each, a + packs * each}) < 7
        return
    start, sold, crates, held = (int(number.value) for number in mentions(changed.input)[-4:])
    assert changed.expected.holds(str(a + packs * each), str(start - sold + crates * held))
    assert changed.expected != ScaledBy(Fraction(1))


def test_the_degree_comes_from_the_program() -> None:
    text = "Tom pays $6 for each of 4 pens. What does he pay?"
    changed = number_scaling(text, solution="6 x 4 = 24", answer="24")
    assert changed is not None and changed.input == "Tom pays $18 for each of 4 pens. What does he pay?"
    assert changed.expected == ScaledBy(Fraction(3))
    square = number_scaling("A tile is 4 metres by 5 metres. Its area?", solution="4 x 5 = 20", answer="20", factor=2)
    assert square is not None and square.expected == ScaledBy(Fraction(4))
    share = number_scaling("12 pens go to 3 boxes with 4 labels. Pens a box?", solution="12 / 3 = 4", answer="4")
    assert share is not None and share.expected in (ScaledBy(Fraction(3)), ScaledBy(Fraction(1, 3)))


@pytest.mark.parametrize(
    ("text", "solution", "answer"),
    [
        ("The first 10 pens cost $3 each, others $2. 12 pens?", "10 x 3 = 30; 2 x 2 = 4; 30 + 4 = 34", "34"),
        ("Tom has 5 pens and 5 boxes of 3 pens. Pens?", "5 x 3 = 15; 15 + 5 = 20", "20"),
        ("Tom has 5 pens.", "5 + 9 = 14", "14"),
        ("25 roses, 40 tulips, 35 daisies. What percentage are no roses?", "40+35=75; 75 of 100 = 75%", "75"),
        ("12 pens in 3 of 9 boxes", "12 - 9 = 4; 12 - 3 = 9", "9"),
        ("Tom has 5 pens and buys 3 rulers. Things?", "5 + 3 = 8", "8"),
        ("Tom has 5 pens and buys 3 pens.", "eight", "8"),
        ("Tom has 5 pens and buys 3 pens.", "5 + 3 = 8", "many"),
    ],
)
def test_where_the_change_is_not_known_it_does_not_apply(text: str, solution: str, answer: str) -> None:
    assert number_scaling(text, solution=solution, answer=answer) is None


def test_a_factor_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        number_scaling("5 pens", solution="5 + 5 = 10", answer="10", factor=1)


def test_every_relation_is_a_function_of_a_case() -> None:
    case = Case("Tom bought 5 pens and 3 pens. Does Tom have more than 7 pens?", "5 + 3 = 8", "8")
    applied = {name for name, relation in RELATIONS.items() if relation(case) is not None}
    assert applied == {"paraphrase", "entity_swap", "negation", "irrelevant_context"}
