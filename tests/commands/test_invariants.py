"""`factory invariants` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands.conftest import ROOT, Factory


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


GOOD = {"input": "Ada bought 12 pens.", "output": "Ada bought 12 pens. 12 + 12 = 24"}
BAD = {"input": "Ada bought 12 pens.", "output": "12 + 12 = 25; call (212) 736-5000 \x1b[31m"}


def test_every_violation_is_a_line_with_its_place(factory: Factory, tmp_path: Path) -> None:
    file = write(tmp_path / "p.jsonl", GOOD, "", BAD)
    told = factory("invariants", file, "--property", "self_consistency", "--property", "pii_boundary")
    assert told.code == 4 and "\x1b" not in told.out
    lines = told.out.splitlines()
    assert lines[0].startswith(f"{file}:3: self_consistency: wrong_arithmetic: ")
    assert lines[1].startswith(f"{file}:3: pii_boundary: private_phone: ") and "736" not in lines[1]
    assert lines[2:] == [
        "pii_boundary: 1 of 2 rows do not hold",
        "self_consistency: 1 of 2 rows do not hold",
    ]
    as_json = factory("invariants", file, "--json", "--property", "self_consistency")
    facts = json.loads(as_json.out)
    assert as_json.code == 4 and facts["schema"] == 1 and facts["rows"] == 2
    assert facts["checks"] == {"self_consistency": {"checked": 2, "violated": 1, "skipped": 0}}
    assert [(each["row"], each["reason"]) for each in facts["violations"]] == [(3, "wrong_arithmetic")]


def test_all_properties_hold_and_the_code_is_0(factory: Factory, tmp_path: Path) -> None:
    told = factory("invariants", write(tmp_path / "p.jsonl", GOOD))
    assert told.code == 0 and told.out.count("0 of 1 rows do not hold") == 4


def test_parquet_other_fields_and_an_answer(factory: Factory, tmp_path: Path) -> None:
    file = tmp_path / "p.parquet"
    pq.write_table(pa.table({"q": ["", ""], "a": ["2 + 2 = 4", "2 + 2 = 4"], "final": [4, 5]}), file)
    told = factory("invariants", file, "--property", "self_consistency", "--input", "q", "--output", "a", "--answer", "final")
    assert told.code == 4 and told.out.startswith(f"{file}: row 2: self_consistency: answer_not_reached")


def test_a_number_that_must_move_with_another(factory: Factory, tmp_path: Path) -> None:
    rows = [{"weight": 10, "dose": 5, "wait": 9}, {"weight": 20, "dose": 4, "wait": 7}, {"weight": 30, "dose": 6, "wait": "7"}]
    file = write(tmp_path / "p.jsonl", *rows)
    told = factory("invariants", file, "--moves", "dose:weight", "--moves", "-wait:weight")
    assert told.code == 4
    assert told.out.splitlines()[0].startswith(f"{file}:2: monotonicity dose:weight: not_monotone: 4 at 20, but 5 at 10")
    assert "monotonicity wait:weight: 0 of 3" in told.out


BAD_FILES = [
    ("not json\n", ":1"),
    ('{"input": "x", "output": "y"}\n[1]\n', ":2"),
    ('{"input": "x"}\n', ":1"),
    ('{"input": "x", "output": null}\n', ":1"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "place"), BAD_FILES)
def test_a_bad_row_is_one_message_with_file_and_line(factory: Factory, tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(text)
    told = factory("invariants", file)
    assert told.code == 2 and f"{file}{place}: " in told.err and told.out == ""


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["p.jsonl", "--property", "pii"], "pii_boundary"),
        (["p.jsonl", "--moves", "dose"], "--moves"),
        (["p.jsonl", "--moves", "output:input"], "no number"),
        (["p.jsonl", "--relation", "negation"], "--emit"),
        (["p.jsonl", "--emit", "o.jsonl", "--relation", "negate"], "negation"),
        (["p.jsonl", "--emit", "no/such/o.jsonl"], "--emit"),
        ([], "--pairs"),
        (["p.csv"], ".jsonl or .parquet"),
        (["absent.jsonl"], "absent.jsonl"),
    ],
)
def test_wrong_options_are_one_message(factory: Factory, tmp_path: Path, arguments: list[str], named: str) -> None:
    write(tmp_path / "p.jsonl", GOOD)
    write(tmp_path / "p.csv", "input,output")
    told = factory("invariants", *arguments)
    assert told.code == 2 and named in told.err and told.out == ""


def test_a_row_may_lack_its_answer_or_its_solution(factory: Factory, tmp_path: Path) -> None:
    whole = {"input": "Tom bought 5 pens.", "output": "5 + 3 = 8", "work": "5 + 3 = 8", "a": "9"}
    bare = {"input": "Ann bought 4 pens.", "output": "4 + 4 = 8"}
    file = write(tmp_path / "p.jsonl", bare, whole, whole | {"a": None, "work": None})
    told = factory("invariants", file, "--property", "self_consistency", "--answer", "a")
    assert told.code == 4 and told.out.splitlines()[0].startswith(f"{file}:2: ") and "1 of 3 rows" in told.out
    out = tmp_path / "o.jsonl"
    assert factory("invariants", file, "--emit", out, "--solution", "work", "--answer", "a").code == 0
    made = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["row"] for row in made} == {1, 2, 3}
    # Without an answer that a change of the numbers could be followed through, there is nothing to expect.
    assert {row["row"] for row in made if row["relation"] == "number_scaling"} <= {2}


@pytest.mark.parametrize("option", ["--answer", "--solution"])
def test_a_field_that_no_row_has_is_refused_and_nothing_is_written(factory: Factory, tmp_path: Path, option: str) -> None:
    file, out = write(tmp_path / "p.jsonl", GOOD | {"solution": "x", "answer": "y"}), tmp_path / "o.jsonl"
    told = factory("invariants", file, "--emit", out, option, f"{option[2:]}s")
    assert told.code == 2 and f"Did you mean '{option[2:]}'?" in told.err and list(tmp_path.iterdir()) == [file]


def test_changed_inputs_go_out_and_answers_come_back(factory: Factory, tmp_path: Path) -> None:
    rows = [
        {"q": "Tom bought 5 pens and 3 pens. How many pens?", "out": "8 pens", "work": "5 + 3 = 8", "a": "8"},
        {"q": "Does Tom have more than 7 pens?", "out": "yes", "work": "", "a": "yes"},
    ]
    file, out = write(tmp_path / "p.jsonl", *rows), tmp_path / "o.jsonl"
    told = factory("invariants", file, "--emit", out, "--input", "q", "--output", "out", "--solution", "work", "--answer", "a")
    assert told.code == 0 and "number_scaling: 1 inputs changed, 1 to which it does not apply" in told.out
    made = [json.loads(line) for line in out.read_text().splitlines()]
    scaled = next(row for row in made if row["relation"] == "number_scaling")
    assert scaled["changed"] == "Tom bought 15 pens and 9 pens. How many pens?" and scaled["before"] == "8 pens"
    assert scaled["expected"]["factor"] == "3"

    answers = {"number_scaling": "24 pens", "negation": "no"}
    right = [row | {"after": answers.get(row["relation"], row["before"])} for row in made]
    assert factory("invariants", "--pairs", write(tmp_path / "right.jsonl", *right)).code == 0
    wrong = factory("invariants", "--pairs", write(tmp_path / "wrong.jsonl", *[row | {"after": row["before"]} for row in made]))
    assert wrong.code == 4 and "expected: 3 times as much" in wrong.out and "expected: the opposite" in wrong.out
    assert wrong.out.count("relation_broken") == 2


def test_nothing_is_half_written_and_a_strange_pair_is_refused(factory: Factory, tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    told = factory("invariants", write(tmp_path / "p.jsonl", GOOD, "not json"), "--emit", out)
    assert told.code == 2 and not list(tmp_path.glob("*o.jsonl*"))
    pair = {"relation": "x", "before": "1", "after": "1", "expected": {"kind": "less"}}
    told = factory("invariants", "--pairs", write(tmp_path / "q.jsonl", pair))
    assert told.code == 2 and "q.jsonl:1: expected" in told.err


def test_the_functions_load_no_model_and_no_store() -> None:
    program = (
        "import sys\nfrom gates.properties import PROPERTIES, Pair\nfrom gates.relations import RELATIONS, Case\n"
        "for each in PROPERTIES.values(): each(Pair('a', 'call (212) 736-5000'))\n"
        "for each in RELATIONS.values(): each(Case('a'))\n"
        "heavy = ('torch', 'sqlalchemy', 'store', 'recipes', 'openai', 'anthropic', 'numpy', 'sentence_transformers')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
