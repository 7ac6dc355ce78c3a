"""The arithmetic a model writes down: exact, bounded, and never run as code."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.calculation import NotCalculable, calculate


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("2 + 3 * 4", 14),
        ("a = 12 * 3\nb = a - .1\nb * 10", 359),
        ("```python\nimport math\nboxes = math.ceil(100 / 24)\n```", 5),
        ("x = y = 7\n# sevens\nx * y", 49),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("1_000 // 7 + 1_000 % 7", 148),
        ("-7 // 2", -4),
        ("(2 / 3) ** -2", Fraction(9, 4)),
        ("round(2.5) + round(-2.5) + round(0.125, 2)", Fraction(13, 100)),
        ("round(1250, -2)", 1300),
        ("sqrt(6.25) + abs(-1) + gcd(12, 18) + lcm(4, 6) + comb(5, 2) + factorial(4)", Fraction(91, 2) + 10),
        ("fee = 5 if 80 > 75 else 0\n80 + fee", 85),
        ("bill = 40 if 1 < 2 < 2 else 41", 41),
        ("min(3, max(1, 2), 4)", 2),
        ("33.333333333333333333333 * 3", 100 - Fraction(1, 10**21)),
        ("9007199254740993.0", 9007199254740993),
        ("12_345.50 + 1e-20 + 2.5E2", Fraction(25191, 2) + Fraction(1, 10**20)),
        ("from math import ceil\r\ntotal = ceil(2.1)\r\nprint(total)\r\n", 3),
        ("5 if 2 > 3 > 1 / 0 else 7", 7),
        ("5 if 1 < 2 and not 3 < 2 or 1 / 0 > 1 else 7", 5),
        ("0 ** 10000", 0),
        ("(-1) ** 10001", -1),
    ],
)
def test_what_the_last_line_comes_to(program: str, value: Fraction) -> None:
    assert calculate(program) == value


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("", "empty"),
        ("import math", "no line comes to a number"),
        ("$5 + 3", "not arithmetic"),
        ("five + 3", "`five` has no value"),
        ("x += 1", "line 1 is not"),
        ("for i in (1, 2): i", "line 1 is not"),
        ("1,000 + 2", "not arithmetic"),
        ("'12'", "not arithmetic"),
        ("True + 1", "not arithmetic"),
        ("2j", "not arithmetic"),
        ("1 / (3 - 3)", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("2 ** 0.5", "not whole"),
        ("sqrt(2)", "not exact"),
        ("sqrt(-4)", "negative"),
        ("gcd(1.5, 3)", "whole"),
        ("factorial(10 ** 6)", "between"),
        ("round(1, 10 ** 9)", "places"),
        ("min()", "cannot be worked out"),
        ("min(1, default=2)", "not arithmetic"),
        ("1e999", "no number that can be worked with"),
        ("1e99999", "no number that can be worked with"),
        ("print(1, 2)", "no function"),
        ("print()", "no function"),
        ("2 if 1 < 2 and 3 else 4", "no comparison"),
        ("2 if 3 else 4", "no comparison"),
        ("2 if 3 in 4 else 4", "no comparison"),
        ("__import__('os').system('true')", "not arithmetic"),
        ("(1).__class__", "not arithmetic"),
        ("os.ceil(2)", "no function"),
        ("math.sin(2)", "no function"),
        ("(lambda: 1)()", "no function"),
        ("[1 for _ in (1,)]", "not arithmetic"),
        ("exec = 1\nexec(2)", "no function"),
        ("1 is 1", "not arithmetic"),
        ("\0", "arithmetic"),
        ("\udc80", "cannot be worked out"),
    ],
)
def test_what_is_no_arithmetic_says_why(program: str, why: str, recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(NotCalculable, match=why):
        calculate(program)
    assert not recwarn.list


@pytest.mark.parametrize(
    "program",
    [
        "9 ** 9 ** 9",
        "\n".join(["a = 99999999"] + ["a = a * a"] * 400),
        "\n".join(["a = 1 / 99999999"] + ["a = a + 1 / (a + 1)"] * 300),
        "1 + " * 999 + "1",
        "(" * 1_900 + "1" + ")" * 1_900,
        "-" * 3_900 + "1",
        "9" * 3_999,
        "1+" * 60_000 + "1",
        "factorial(500) ** 3",
        "lcm(" + ", ".join(str(10**30 + n) for n in range(120)) + ")",
        "+" * 119 + "-" * 2 + "1",
        "+".join(["1"] * 130),
    ],
    ids=range(12),
)
def test_nothing_grows_without_bound(program: str) -> None:
    with pytest.raises(NotCalculable):
        calculate(program)


def test_each_step_is_bounded_and_not_only_what_it_comes_to() -> None:
    """Any two of the arguments are small enough; what all of them have in common would take seconds to find."""
    seen = list[int]()

    def counting(left: int, right: int) -> int:
        seen.append(left.bit_length())
        return lcm(left, right)

    lcm = math.lcm
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(math, "lcm", counting)
        with pytest.raises(NotCalculable, match="too large"):
            calculate("a = 2 ** 2000\nlcm(" + ", ".join(f"a + {2 * n + 1}" for n in range(100)) + ")")
    assert len(seen) < 6 and max(seen) < 10_000


def within(depth: int, program: str) -> Fraction:
    """Worked out so many calls down."""
    return within(depth - 1, program) if depth else calculate(program)


def test_what_can_be_worked_out_does_not_hang_on_who_asks() -> None:
    program = "(" * 50 + "1" + " + 1)" * 50 + " + 1" * 60
    assert calculate(program) == within(400, program) == 111


_LEAVES = st.one_of(
    st.integers(0, 10_000).map(lambda n: (str(n), Fraction(n))),
    st.decimals(0, 10_000, places=3).map(lambda d: (f"{d:f}", Fraction(str(d)))),
)


def _grown(parts: st.SearchStrategy[tuple[str, Fraction]]) -> st.SearchStrategy[tuple[str, Fraction]]:
    def joined(left: tuple[str, Fraction], sign: str, right: tuple[str, Fraction]) -> tuple[str, Fraction]:
        sums = {"+": lambda: left[1] + right[1], "-": lambda: left[1] - right[1], "*": lambda: left[1] * right[1]}
        sums["/"] = lambda: left[1] / right[1] if right[1] else Fraction(0)
        said = f"({left[0]} {sign} {right[0]})" if sign != "/" or right[1] else "0"
        return said, sums[sign]()

    return st.builds(joined, parts, st.sampled_from("+-*/"), parts)


@given(st.recursive(_LEAVES, _grown, max_leaves=25))
def test_it_is_exact(made: tuple[str, Fraction]) -> None:
    said, value = made
    assert calculate(said) == value
    assert calculate(f"answer = {said}\nanswer") == value


@given(st.text(max_size=300))
def test_any_text_comes_to_a_number_or_says_why(text: str) -> None:
    try:
        assert isinstance(calculate(text), Fraction)
    except NotCalculable as reason:
        assert str(reason)
