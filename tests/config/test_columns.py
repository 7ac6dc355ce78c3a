"""Cells of CSV files as they were written: line breaks, delimiters, quotes, and the line that every value stands on."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from factory.config.columns import read_columns
from factory.errors import BadInput

WORKED = "48 / 2 = 24\n\n48 + 24 = 72\r\n  A: 72"


def written(path: Path, rows: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes(out.getvalue().encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("name", "delimiter"), [("t.csv", ","), ("t.tsv", "\t"), ("t.csv", ";"), ("t.csv", "\t")])
def test_a_cell_keeps_its_line_breaks(name: str, delimiter: str, end: str, tmp_path: Path) -> None:
    rows = [["item", "solution"], ["a", WORKED], ["b", f'he said "{delimiter}"\nA: 1'], ["c", "A: 2"]]
    table = read_columns(written(tmp_path / name, rows, delimiter, end), ("item", "solution"))
    assert [table.values["item"], table.values["solution"]] == [["a", "b", "c"], [row[1] for row in rows[1:]]]
    assert table.lines == [2, 6, 8] and table.place(2, "solution").endswith(f"{name}:8: solution")


def test_blank_lines_between_rows_are_none_and_in_quotes_are_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('\ufeff\n  \nitem,n\n\na,"1\n\n \n2"\n   \n\nb,3\n', encoding="utf-8")
    table = read_columns(tmp_path / "t.csv", ("item", "n"))
    assert table.values == {"item": ["a", "b"], "n": ["1\n\n \n2", "3"]} and table.lines == [5, 11]


def test_a_header_whose_names_are_quoted_tells_its_delimiter_too(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text('"item";"n, in all"\n"a";1\n')
    assert read_columns(tmp_path / "u.csv", ("n, in all",)).values == {"n, in all": ["1"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('item,n\n"a\nb",1\nc\n', r"t\.csv:4: 1 cells where the header names 2"),
        ('item,n\na,1\n"b\nb,2\nc,3\n', r"t\.csv:3: this row cannot be read, read on to line 5"),
        ('item,n\na,1\n"b"b,2\n', r"t\.csv:3: this row cannot be read: "),
        ('item,n,\n"a\n\nb",1,x\n"c\nd",1\n', r"t\.csv:5: 2 cells"),
    ],
)
def test_what_is_wrong_is_named_by_the_line_its_row_begins_on(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_columns(tmp_path / "t.csv", ("item", "n"))


texts = st.text(st.sampled_from('ab1 ,;\t|"\n\r\u2028é'), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.sampled_from([(".csv", ","), (".csv", ";"), (".tsv", "\t")])
)
def test_whatever_csv_writes_is_read_back(tmp_path: Path, rows: list[tuple[str, str]], form: tuple[str, str]) -> None:
    # Alone on a line a carriage return ends a row for csv, and a reader of files cannot know better.
    assume(not any(re.search(r"\r(?!\n)", cell) for row in rows for cell in row))
    file = written(tmp_path / f"t{form[0]}", [["one", "two"], *map(list, rows)], form[1])
    table = read_columns(file, ("one", "two"))
    told = [(one or "", two or "") for one, two in zip(table.values["one"], table.values["two"], strict=True)]
    assert told == [(one.strip(), two.strip()) for one, two in rows]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_header_in_other_letters_is_taken_where_it_can_mean_one_thing_only(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"t.{form}"

    def write(**columns: str) -> None:
        if form == "parquet":
            pq.write_table(pa.table({name: [value] for name, value in columns.items()}), file)
        elif form == "csv":
            file.write_text(f"{','.join(columns)}\n{','.join(columns.values())}\n")
        else:
            file.write_text(json.dumps(columns) + "\n")

    write(Item="a", MODEL="x", Note="1")
    table = read_columns(file, ("item", "model", "solver"))
    assert table.values == {"item": ["a"], "model": ["x"]} and table.present == ("item", "model", "Note")
    # The very name wins, and of two others neither.
    write(ITEM="b", item="a", Model="x", MODEL="y")
    table = read_columns(file, ("item", "model"))
    assert table.values == {"item": ["a"]}
    with pytest.raises(BadInput, match="no column 'model'; present: ITEM, item, Model, MODEL"):
        table.one_of("model")
    # A column that is wanted by its own name is nobody else's.
    write(N="1", Item="a")
    assert read_columns(file, ("n", "N", "item")).values == {"N": ["1"], "item": ["a"]}
