"""Tables from elsewhere: every form gives the same table, and what is wrong is named by file, line and column."""

from __future__ import annotations

import csv
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory.config.outcomes import read_outcomes, read_rollouts
from factory.errors import BadInput

CELLS: list[dict[str, Any]] = [
    {"item": "a", "model": "x", "n": 4, "c": 4},
    {"item": "a", "model": "y", "n": 2, "c": 1},
    {"item": "b, or c", "model": "x", "n": 0, "c": 0},
]
STEPS: list[dict[str, Any]] = [
    {"item": "i", "model": "x", "sample": 0, "step": "find", "correct": True},
    {"item": "i", "model": "x", "sample": 0, "step": "act", "correct": False},
    {"item": "i", "model": "x", "sample": 1, "step": "find", "correct": False},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path


FORMS = ["csv", "tsv", "jsonl", "parquet"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_table(form: str, tmp_path: Path) -> None:
    table = read_outcomes(write(tmp_path / f"t.{form}", CELLS))
    assert (table.items, table.models) == (("a", "b, or c"), ("x", "y"))
    assert table.samples.tolist() == [[4, 2], [0, 0]] and table.passes.tolist() == [[4, 1], [0, 0]]


@pytest.mark.parametrize("form", FORMS)
def test_single_calls_are_counted(form: str, tmp_path: Path) -> None:
    rows = [{"item": 7, "solver": "x", "sample": n, "correct": n < 2, "note": "?"} for n in range(3)]
    table = read_outcomes(write(tmp_path / f"t.{form}", rows))
    assert (table.items, table.samples.tolist(), table.passes.tolist()) == (("7",), [[3]], [[2]])


@pytest.mark.parametrize("form", FORMS)
def test_rollouts_in_every_form(form: str, tmp_path: Path) -> None:
    found = read_rollouts(write(tmp_path / f"t.{form}", STEPS))
    assert found.steps == ("find", "act") and found.right.tolist() == [[True, False], [False, False]]
    assert found.tried.tolist() == [[True, True], [True, False]]


def test_steps_that_are_numbers_come_in_their_order_and_names_as_they_appear(tmp_path: Path) -> None:
    rows = [STEPS[0] | {"step": step, "sample": 0} for step in (10, 2, 1)]
    assert read_rollouts(write(tmp_path / "a.jsonl", rows)).steps == ("1", "2", "10")
    rows[0]["step"] = "b10"
    assert read_rollouts(write(tmp_path / "b.jsonl", rows)).steps == ("b10", "2", "1")


def test_gold_prefixes_are_kept_apart_and_an_empty_one_is_none(tmp_path: Path) -> None:
    rows = [STEPS[0] | {"gold_prefix": None}, STEPS[1] | {"gold_prefix": False}, STEPS[1] | {"gold_prefix": True}]
    found = read_rollouts(write(tmp_path / "t.parquet", rows))
    assert found.tried.sum() == 2 and found.gold_tried.sum() == 1


def test_what_other_tools_write(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    # A byte order mark, spaces, an index column, counts as floats, an absent cell as two empty ones, blank lines.
    file.write_text("\ufeff,item, model ,n,c\n0,a, x,4.0,1.0\n\n1,a,y,,\n2,b,x,NaN,nan\n", encoding="utf-8")
    table = read_outcomes(file)
    assert table.items == ("a", "b") and table.samples.tolist() == [[4, 0], [0, 0]] and table.passes[0, 0] == 1


def test_decimals_and_infinite_names_of_databases(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"item": ["a"], "model": ["x"], "n": [Decimal("4")], "c": [Decimal("1.0")]}), file)
    assert read_outcomes(file).samples.tolist() == [[4]]
    pq.write_table(pa.table({"item": [math.inf], "model": ["x"], "n": [4], "c": [1]}), file)
    with pytest.raises(BadInput, match="a name"):
        read_outcomes(file)


WRONG: list[tuple[str, str, str]] = [
    ("item,model,n,c\na,x,4,5\n", ":2: c", "5 of n = 4"),
    ("item,model,n,c\na,x,4,-1\n", ":2: c", "at least 0"),
    ("item,model,n,c\na,x,4,1\n\na,x,4,1\n", ":4: item", "line 2"),
    ("item,model,n,c\na,x,four,1\n", ":2: n", "'four'"),
    ("item,model,n,c\na,x,1.5,1\n", ":2: n", "whole number"),
    ("item,model,n,c\na,x,inf,1\n", ":2: n", "whole number"),
    ("item;model;n;c\na;x;4;5\n", ":2: c", "5 of n = 4"),
    ("item,model,n,c\na,x,3,\n", ":2: c", "nothing"),
    ("item,model,n,c\n,x,3,1\n", ":2: item", "nothing"),
    ("item,model,n,c\na,x,3\n", ":2", "3 cells"),
    ("item,model,n,c\na,x,0,0\n", ": n", "no cell has a call"),
    ("item,model,n,c\n", "t.csv", "no rows"),
    ("", "t.csv", "no rows"),
    ("item,n,c\na,3,1\n", "t.csv", "'model' or 'solver'; present: item, n, c"),
    ("item,model,n\na,x,3\n", "t.csv", "no column 'c'"),
    ("item,model,n,n,c\na,x,3,3,1\n", ":1", "twice"),
    ("item,model,sample,correct\na,x,0,perhaps\n", ":2: correct", "'perhaps'"),
    ("item,model,sample,correct\na,x,0,1\na,x,0,0\n", ":3: sample", "twice"),
    ('item,model,n,c\n"a,x,3,1\n', ":2", "cannot be read"),
]


@pytest.mark.parametrize(("text", "where", "what"), WRONG)
def test_what_is_wrong_is_named(text: str, where: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_outcomes(file)
    assert str(file) in caught.value.message and where in caught.value.message and what in caught.value.message


def test_places_in_parquet_are_rows(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"t\.parquet: row 2: item.*row 1"):
        read_outcomes(write(tmp_path / "t.parquet", [CELLS[0], CELLS[0]]))
    with pytest.raises(BadInput, match=r"row 1: item"):
        read_outcomes(write(tmp_path / "u.parquet", [CELLS[0] | {"item": ["a"]}]))
    (tmp_path / "v.parquet").write_text("no such thing")
    with pytest.raises(BadInput, match="as Parquet"):
        read_outcomes(tmp_path / "v.parquet")


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_text("")
    for name, what in [("t.xlsx", "unknown kind"), ("absent.csv", "absent.csv"), (".", "unknown kind")]:
        with pytest.raises(BadInput, match=what):
            read_outcomes(tmp_path / name)
    (tmp_path / "t.jsonl").write_text('{"item": 1}\n[]\n')
    with pytest.raises(BadInput, match=r"t\.jsonl:2"):
        read_outcomes(tmp_path / "t.jsonl")


def test_a_rollout_that_broke_off_is_named_with_the_way_on(tmp_path: Path) -> None:
    rows = [*STEPS, STEPS[0] | {"sample": 2}]
    with pytest.raises(BadInput, match=r"sample '2' misses the step 'act'.*Record the step as incorrect"):
        read_rollouts(write(tmp_path / "t.jsonl", rows))
    with pytest.raises(BadInput, match=r"t\.jsonl:4: step: this is given twice"):
        read_rollouts(write(tmp_path / "t.jsonl", [*STEPS, STEPS[1]]))


values = st.sampled_from(
    [None, True, False, -1, 0, 1, 2.0, 0.5, float("nan"), float("inf"), 10**30, "a", "1", " ", "\u2028", [], {}]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["item", "model", "n", "c", "correct", "step", "sample"]), values), max_size=4))
def test_nothing_in_a_file_is_a_surprise(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    file = write(tmp_path / "t.jsonl", rows)
    for read in (read_outcomes, read_rollouts):
        try:
            read(file)
        except BadInput as problem:
            assert str(file) in problem.message
