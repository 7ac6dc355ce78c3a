"""Whatever a model wrote is inert on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.console import clean, say

ATTACKS = {
    "colour": ("\x1b[31mred\x1b[0m", "red"),
    "clipboard (OSC 52)": ("a\x1b]52;c;ZXZpbA==\x07b", "ab"),
    "title (OSC 0, ST)": ("a\x1b]0;owned\x1b\\b", "ab"),
    "carriage return over the line": ("safe\rowned", "safeowned"),
    "backspaces": ("rm\x08\x08ls", "rmls"),
    "eight-bit CSI": ("a\x9b31mb", "a31mb"),
    "device control": ("a\x1bPq#0\x1b\\b", "ab"),
    "bidirectional override": ("abc\u202edef\u2066", "abcdef"),
    "tab and newline stay": ("a\tb\nc", "a\tb\nc"),
}


@pytest.mark.parametrize(("text", "inert"), ATTACKS.values(), ids=ATTACKS.keys())
def test_known_attacks(text: str, inert: str) -> None:
    assert clean(text) == inert


@given(st.text())
def test_no_control_survives(text: str) -> None:
    assert not any(
        (ord(char) < 32 and char not in "\t\n") or 127 <= ord(char) < 160 or char in "\u202a\u202b\u202d\u202e\u2066\u2069"
        for char in clean(text)
    )


def test_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    say("[red]not markup[/red] \x1b[2J")
    assert capsys.readouterr().out.strip() == "[red]not markup[/red]"
