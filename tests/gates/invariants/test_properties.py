"""Properties as plain functions: each with pairs that have it and pairs that do not."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.properties import Point, entailment_by_source, monotonicity, pii_boundary, reference_integrity, self_consistency
from gates.properties.pii_boundary import masked
from recipes.ground_truth.rehearsal.author_program import plain_number
from tests.recipes.drawing import compositions


def reasons(found: tuple[object, ...]) -> list[str]:
    return [each.reason for each in found]  # type: ignore[attr-defined]


# --- self_consistency

RIGHT = [
    "41 - 5 = 36",
    "$12 x 3 = $36, and 36 / 8 = 4.5.",
    "10% of 40 = 4; 40 + 10% = 44; 5/20 = 25%",
    "2 x (3 + 4) = 14 = 7 + 7",
    "100 / 3 = 33.33",
    "48 x 0.333333 = 16",
    "50 / 8 = 7, rounded up",
    "12 / 1/4 = 48",
    "2x + 5 = 15, so x = 5",
    "3 hours + 30 minutes = 210 minutes",
    "She sold 48/2 = <<48/2=24>>24 clips.",
    "apples: 12\npears: 30\nTotal: 42",
    "= 5",
    "1/0 = 7",
    "It was 10 sets of 3 = enough",
    "x = 2 + 3",
    "- 5 + 3 = 8",
    "21/7 = 90/x, so 21x = 630",
    "a total of $100+($100*(10/100) = $110",
    "(5 x 3 = 15)",
    "1/3 of Solomon = 66/3",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_working_is_left_alone(text: str) -> None:
    assert self_consistency("", text) == ()


WRONG = [
    ("41 - 5 = 38", "wrong_arithmetic"),
    ("First 2 x 6 = 12; then 12 + 30 pens = 43 pens.", "wrong_arithmetic"),
    ("13 marbles + 4 marbles + 16 marbles = 45 marbles", "wrong_arithmetic"),
    ("There are pens (5 x 3 = 16)", "wrong_arithmetic"),
    ("100 / 3 = 34.33", "wrong_arithmetic"),
    ("20% of 50 = 12", "wrong_arithmetic"),
    ("so <<48/2=25>>25 clips", "wrong_arithmetic"),
    ("apples: 12\npears: 30\nTotal: 43", "wrong_total"),
]


@pytest.mark.parametrize(("text", "reason"), WRONG)
def test_wrong_working_is_told(text: str, reason: str) -> None:
    assert reasons(self_consistency("", text)) == [reason]


def test_the_solution_and_the_answer_must_agree() -> None:
    working = "40 + 2 = 42. Answer: 42 boxes."
    assert self_consistency("", working, answer="42") == ()
    assert reasons(self_consistency("", working, answer="43")) == ["answer_differs", "answer_not_reached"]
    assert reasons(self_consistency("", "40 + 2 = 42", answer="43")) == ["answer_not_reached"]
    assert self_consistency("", "100 / 3 = 33.3333. Answer: 33.3333", answer="33.33") == ()
    assert self_consistency("", "The answer is \\frac{1}{2}", answer="x/2") == ()


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.sampled_from("+-*"), st.integers(-50, 50))
def test_every_sum_is_worked_again(left: int, right: int, op: str, off: int) -> None:
    value = {"+": left + right, "-": left - right, "*": left * right}[op]
    found = self_consistency("", f"Then {left:,} {op} {right} = {value + off}.")
    assert bool(found) == bool(off)


def test_it_holds_on_rehearsal_items() -> None:
    made = list(compositions(200, start=300))
    assert [c.solution for c in made if self_consistency(c.text, c.solution, answer=plain_number(c.answer))] == []
    assert not any(pii_boundary(c.text, c.solution) for c in made[:60])


@pytest.mark.slow
def test_it_holds_on_nearly_all_of_gsm8k(shared_data: Path) -> None:
    rows = [json.loads(line) for line in (shared_data / "gsm8k" / "train.jsonl").read_text().splitlines()]
    bad = [n for n, row in enumerate(rows, 1) if self_consistency("", row["answer"], answer=row["answer"].split("####")[1])]
    assert len(bad) <= 0.01 * len(rows)
    # An error of the data set's own: 13 + 4 + 16 marbles are worked out to 45.
    assert 5351 in bad


# --- pii_boundary

ORDINARY = [
    "Order 2025550123 shipped on 2024-05-06 10:20:30; invoice no. 4111111111111111.",
    "Take 1000 mg every 8 hours, 2127365 units, 1,250.50 dollars, 12 x 2127365 = 25528380.",
    "100 200 3000, 555 1234 5678, 1.234.567.890, 3.14159265358979, ISBN 978-0-306-40615-7",
    "version 1.2.3.4 on 192.168.0.1 and 127.0.0.1, mail info@example.com",
    "Tracking 4000056655665556; EAN 4006381333931; parts 219-09-9999 and 000-12-3456",
    "mail support@example.org, your.name@example.com or no-reply@shop.example.net",
    "555 1234 5678, invoice 555-123-4567, ticket no. 555-867-5309, the 555-1234567 model, room 555-0199",
    "call 3 of 1200500 people; they ring 2500000 times; the call cost 1,250,000 dollars; text 1000000000 people",
    "100-200-3000 units, SKU 123-456-7890, number 123456789, +5 000 000 of them, social security pays 123456789 dollars",
    "lots 120 at 11, the others at 8: 2808. 88 x 11 = 968; 968 - 82 = 886",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_numbers_are_nobodys(text: str) -> None:
    assert pii_boundary("", text) == ()


PRIVATE = [
    ("write to Marta.Lind@norvik.se", "private_email"),
    ("call (212) 736-5000 now", "private_phone"),
    ("reach me at 212-736-5000", "private_phone"),
    ("phone 2127365000", "private_phone"),
    ("+44 20 7946 0018", "private_phone"),
    ("card 4111 1111 1111 1111", "private_card"),
    ("john.doe@example.com knows", "private_email"),
    ("mail Jane_Smith@mail.example.org", "private_email"),
    ("or call 555-123-4567.", "private_phone"),
    ("(555) 123-4567", "private_phone"),
    ("+1-555-867-5309", "private_phone"),
    ("Tel. 555 867 5309", "private_phone"),
    ("her cell is 5551234567", "private_phone"),
    ("reach Bob at 555-0199", "private_phone"),
    ("call 07700 900123", "private_phone"),
    ("SSN is 123456789", "private_national_id"),
    ("social security number: 987 65 4321", "private_national_id"),
    ("paid with 4111111111111111", "private_card"),
    ("to DE89 3704 0044 0532 0130 00 please", "private_iban"),
    ("SSN 536-90-4399", "private_national_id"),
    ("CPF 111.444.777-35", "private_national_id"),
    ("NHS number 943 476 5919", "private_national_id"),
    ("from 8.8.8.8", "private_ip_address"),
]


@pytest.mark.parametrize(("text", "reason"), PRIVATE)
def test_private_data_is_told_masked_and_only_where_the_source_lacks_it(text: str, reason: str) -> None:
    (found,) = pii_boundary("nothing here", text)
    assert found.reason == reason
    assert sum(char.isdigit() or char.isalpha() for char in found.excerpt) <= 7
    assert pii_boundary(f"As he wrote: {text}.", text) == ()


def test_the_same_number_written_otherwise_is_no_other() -> None:
    assert pii_boundary("Her phone: 2127365000", "Call +1 212-736-5000.") == ()
    assert pii_boundary("Her phone: 5557365000", "Call +1 555-736-5000 or (555) 736-5000.") == ()
    assert pii_boundary("Her phone: 5557365000", "Call +1 555-736-5001.") != ()
    assert masked("ab@cd.io") == "**@**.**"


@pytest.mark.slow
def test_gsm8k_holds_no_personal_data(shared_data: Path) -> None:
    rows = [json.loads(line) for line in (shared_data / "gsm8k" / "train.jsonl").read_text().splitlines()]
    assert [row for row in rows if pii_boundary("", f"{row['question']}\n{row['answer']}")] == []


@given(st.integers(0, 10**12), st.sampled_from(("order {}", "{} mg", "${}", "batch {}", "{} sachets", "No. {}")))
def test_no_bare_number_is_personal_data(number: int, frame: str) -> None:
    assert pii_boundary("", frame.format(number)) == ()


# --- reference_integrity

SOURCE = (
    'Source 1: Ada said "the engine weaves algebraic patterns" in 1843.\n[2] See Table 3 and https://a.org/x, ticket INV-2041.'
)


@pytest.mark.parametrize(
    "output",
    [
        "As [1] and [1, 2] say, “the engine weaves ... patterns”.",
        "See https://A.org/x/ and Table 3 of INV-2041; a[7] is an index, [0, 9] an interval.",
        'A "so called" engine.',
        "Fine.\n[5] An entry of its own. [5]",
        "[text](https://a.org/x)",
    ],
)
def test_what_is_there_may_be_referred_to(output: str) -> None:
    assert reference_integrity(SOURCE, output) == ()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("As [4] says.", "dangling_citation"),
        ("As [1-3] say.", "dangling_citation"),
        ("She said “the engine composes music alone”.", "invented_quote"),
        ("See https://a.org/y.", "unknown_url"),
        ("See Table 4.", "dangling_part"),
        ("It is INV-2042.", "unknown_id"),
        ("It is order 10443.", "unknown_id"),
    ],
)
def test_what_is_not_there_is_told(output: str, reason: str) -> None:
    assert reasons(reference_integrity(SOURCE, output)) == [reason]


# --- entailment_by_source

FACTS = "In March, Ada Lane of the World Health Organization bought 12 crates of 30 pens for $48.50."


@pytest.mark.parametrize(
    "output",
    [
        "Ada bought 12 crates.",
        "That makes 360 pens.",
        "12 x 30 = 360; 360 x 2 = 720, so 720.",
        "A crate costs $4.04; in March, the WHO paid.",
        "1. Ada Lane's crates\n2. The pens [1]",
    ],
)
def test_what_follows_is_entailed(output: str) -> None:
    assert entailment_by_source(FACTS, output) == ()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("Ada bought 13 crates.", "unsupported_number"),
        ("That makes 377 pens.", "unsupported_number"),
        ("She gave them to Charles in spring.", "unsupported_name"),
        ("It was paid in April.", "unsupported_name"),
        ("12 x 31 = 372", "unsupported_number"),
    ],
)
def test_what_does_not_follow_is_told(output: str, reason: str) -> None:
    assert set(reasons(entailment_by_source(FACTS, output))) == {reason}


# --- monotonicity


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=12), st.booleans())
def test_monotone_is_what_every_two_pairs_say(pairs: list[tuple[int, int]], falling: bool) -> None:
    points = [Point(by, value) for by, value in pairs]
    sign = -1 if falling else 1
    agrees = all(sign * a.value <= sign * b.value for a in points for b in points if a.by < b.by)
    assert (monotonicity(points, falling=falling) == ()) == agrees


def test_one_stray_is_told_once_with_its_neighbour() -> None:
    points = [Point(by, 2 * by, f"row {by}") for by in random.Random(1).sample(range(50), 50)]
    (found,) = monotonicity([*points, Point(30.5, 3, "stray")])
    assert "3 at 30.5" in found.detail and "(row 30)" in found.detail
    assert len(monotonicity([Point(1, 5), Point(2, 5)], strict=True)) == 1
    with pytest.raises(ValueError, match="NaN"):
        monotonicity([Point(1, float("nan"))])
