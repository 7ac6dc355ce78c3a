"""The arithmetic a model writes down: exact, bounded, and never run as code."""

from __future__ import annotations

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
        ("1e999", "cannot be worked out"),
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
    ],
    ids=range(10),
)
def test_nothing_grows_without_bound(program: str) -> None:
    with pytest.raises(NotCalculable):
        calculate(program)


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
