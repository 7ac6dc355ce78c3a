"""YAML: what is read, what is refused, and where the complaint points."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.config.yaml import MAX_DEPTH, parse_document, read_document
from factory.errors import BadInput, suggest

PATH = Path("spec.yaml")


def value(text: str) -> Any:
    return parse_document(text, PATH).value


def complaint(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_document(text, PATH)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1", {"a": 1}),
        ("a: 1.5e3", {"a": 1500.0}),
        ("a: [true, FALSE, null, ~, '']", {"a": [True, False, None, None, ""]}),
        (
            "a: [no, on, yes, off, 2024-01-05, 1:30, 0o17, 0x1F, 12:30:45]",
            {"a": ["no", "on", "yes", "off", "2024-01-05", "1:30", 15, 31, "12:30:45"]},
        ),
        ("a: '007'\nb: !!str 007", {"a": "007", "b": "007"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("1: a\n2.5: b\nx: c", {1: "a", 2.5: "b", "x": "c"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("a: !!float 3", {"a": 3.0}),
    ],
)
def test_plain_values_are_read(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']", 2, "tag"),
        ("a: !mine x", 1, "tag !mine"),
        ("a: !!binary aGk=", 1, "tag !!binary"),
        ("a: !!timestamp 2024-01-05", 1, "tag"),
        ("a: !!set {x, y}", 1, "tag"),
        ("a: !!int abc", 1, "does not fit its tag"),
        ("a: 1\n\na: 2", 3, "occurs twice"),
        ("a: {b: 1, b: 2}", 1, "occurs twice"),
        ("1: x\n'1': y", 2, "occurs twice"),
        ("a: &x [*x]", 1, "inside its own anchor"),
        ("a: *nowhere", 1, "has no anchor"),
        ("a: &d {x: 1}\nb:\n  <<: *d", 3, "merge keys"),
        ("a: 1\n---\nb: 2", 2, "more than one document"),
        ("", 1, "empty"),
        ("# only a comment\n", 1, "empty"),
        ("a: [1, 2", 1, "not valid YAML"),
        ("a: b: c", 1, "not valid YAML"),
        ("a:\n\t- 1", 2, "not valid YAML"),
        ("a: x\x00y", 1, "U+0000"),
        ("a: 1\nb: x\x1b[31my", 2, "U+001B"),
        ('a: "\\x1b[31m"', 1, "U+001B"),
        ('a: "\\0"', 1, "U+0000"),
        ("a: .inf", 1, "finite"),
        ("a: .nan", 1, "finite"),
        ("a: 1e999", 1, "too large"),
        ("a: 99999999999999999999", 1, "64 bits"),
        ("a: " + "9" * 5000, 1, "64 bits"),
        ("? [a, b]\n: 1", 1, "a key must be"),
        ("? {a: b}\n: 1", 1, "a key must be"),
        ("~: 1", 1, "a key must be"),
    ],
)
def test_what_is_refused_is_refused_at_its_line(text: str, line: int, words: str) -> None:
    said = complaint(text)
    assert said.startswith(f"spec.yaml:{line}: "), said
    assert words in said


def test_a_billion_laughs_is_refused_quickly() -> None:
    rows = ["l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    rows += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    started = time.perf_counter()
    assert "once aliases are followed" in complaint("\n".join(rows))
    assert time.perf_counter() - started < 5


def test_depth_is_bounded_with_and_without_aliases() -> None:
    assert "nested deeper" in complaint("a: " + "[" * 5000 + "]" * 5000)
    half = MAX_DEPTH // 2 + 8
    deep = f"a: &d {'[' * half}1{']' * half}\nb: {'[' * half}*d{']' * half}"
    assert "too deep" in complaint(deep)
    assert value("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))


def test_lines_point_at_each_part() -> None:
    document = parse_document("a:\n  - x\n  - b:\n      c: 3\nd: 4\n", PATH)
    assert document.locate(("a", 0)) == "spec.yaml:2: a.0"
    assert document.locate(("a", 1, "b", "c")) == "spec.yaml:4: a.1.b.c"
    assert document.locate(("a", 1, "b", "missing")) == "spec.yaml:3: a.1.b.missing"
    assert document.locate(()) == "spec.yaml:1"


def test_an_aliased_value_is_placed_where_it_is_used() -> None:
    document = parse_document("a: &x\n  k: 1\nb: 2\nc: *x\n", PATH)
    assert document.locate(("c",)) == "spec.yaml:4: c"


def test_files_that_are_no_text_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    (tmp_path / "big.yaml").write_bytes(b"# " + b"x" * (4 * 1024 * 1024))
    for path, words in [
        (tmp_path / "absent.yaml", "there is no file"),
        (tmp_path, "a folder"),
        (tmp_path / "pipe.yaml", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (tmp_path / "latin.yaml", "latin.yaml:2: the file is not UTF-8"),
        (tmp_path / "big.yaml", "larger than"),
        (Path("a\0b"), "NUL"),
    ]:
        with pytest.raises(BadInput, match=words) as caught:
            read_document(path)
        assert "\0" not in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfname: x\n")
    assert read_document(tmp_path / "bom.yaml").value == {"name": "x"}


def test_suggestions() -> None:
    assert suggest("nmae", ["name", "brief"]) == "Did you mean 'name'?"
    assert suggest("zzz", ["name", "brief"]) == "Known: brief, name."


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse_document(text, PATH)
    except BadInput as problem:
        assert str(problem).startswith("spec.yaml")
