"""`factory novelty`: what it finds in the store, in a spec's anchors and sets and in the file itself, and how it says so."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scripts.commands import novelty as command
from tests.commands.conftest import PHARMACY, Factory
from tests.support.embedder import TrigramEmbedder

EGGS = "Ann sells 12 eggs at the market and keeps 5 for breakfast. How many eggs did Ann have at first?"
MORE_EGGS = EGGS.replace("12", "31").replace("5", "8")
TRAIN = "A train leaves the old station at noon and travels 60 miles an hour. When does it cross the 3 bridges?"
SPEC = """\
name: tiny
recipe: ground_truth
brief: Word problems.
axes: {topic: [ward stock]}
references: [{name: old, path: old.txt}]
anchors: [{payload: {prompt: "ANCHOR", answer: "17", solution: "12 + 5 = 17", unit: ""}}]
"""


@pytest.fixture(autouse=True)
def quick_model(monkeypatch: pytest.MonkeyPatch, quick_embedder: None) -> None:
    monkeypatch.setattr(command, "load_embedder", lambda name: TrigramEmbedder())


def write(file: Path, *texts: str) -> Path:
    file.write_text("".join(json.dumps({"id": n, "question": text}) + "\n" for n, text in enumerate(texts)), encoding="utf-8")
    return file


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_within_the_file_each_item_meets_those_before_it(factory: Factory, tmp_path: Path) -> None:
    told = factory("novelty", write(tmp_path / "in.jsonl", EGGS, TRAIN, EGGS.upper(), MORE_EGGS), "--json")
    *items, summary = lines(told.out)
    assert told.code == 0
    assert [(item["number"], item["decision"], item["by"]) for item in items] == [
        (1, "new", None),
        (2, "new", None),
        (3, "same", "file:1"),
        (4, "variant", "file:1"),
    ]
    assert items[2]["rule"] == "equal normalised text" and items[3]["rule"] == "equal skeleton"
    assert {near["relation"] for near in items[3]["neighbours"]} <= {"same", "variant", "new"}
    assert summary == {"schema": 1, "checked": 4, "held": 0, "field": "question", "same": 1, "variant": 1, "new": 2}


def test_against_anchors_and_reference_sets_of_a_spec(factory: Factory, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text(f"{TRAIN}\n")
    (tmp_path / "spec.yaml").write_text(SPEC.replace("ANCHOR", EGGS))
    told = factory("novelty", write(tmp_path / "in.jsonl", TRAIN, EGGS), "--spec", tmp_path / "spec.yaml", "--json")
    first, second, summary = lines(told.out)
    assert (first["by"], second["by"], summary["held"]) == ("old#1", "anchor-1", 2)


def test_against_what_the_store_accepted_and_nothing_is_written(factory: Factory, tmp_path: Path) -> None:
    assert factory("run", PHARMACY, "--cast", "rehearsal", "--accept", "2", "--seed", "7").code == 0
    assert factory("export", "--to", "jsonl", "--out", tmp_path / "out").code == 0
    before = (tmp_path / "factory.db").read_bytes()
    told = factory("novelty", tmp_path / "out" / "data.jsonl", "--field", "prompt")
    assert told.code == 0 and "2 checked: 2 same, 0 variant, 0 new" in told.out and "accepted c-" in told.out
    assert (tmp_path / "factory.db").read_bytes() == before


def test_parquet_and_text_files_are_read_too(factory: Factory, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [EGGS, EGGS]}), tmp_path / "in.parquet")
    (tmp_path / "in.txt").write_text(f"{EGGS}\n\n{EGGS}\n")
    for file, number in (("in.parquet", 2), ("in.txt", 3)):
        told = factory("novelty", tmp_path / file)
        assert told.code == 0 and f"{number}  same as item 1 of this file: equal normalised text" in told.out


def test_a_snapshot_that_was_tampered_with_is_refused_said_and_inert(factory: Factory, tmp_path: Path) -> None:
    import sqlite3

    (tmp_path / "old.txt").write_text(f"{TRAIN}\n")
    (tmp_path / "spec.yaml").write_text(SPEC.replace("ANCHOR", EGGS))
    assert factory("run", tmp_path / "spec.yaml", "--cast", "rehearsal", "--attempts", "1").code == 0
    mark = tmp_path / "mark"

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.write_text, (mark, "executed"))

    with sqlite3.connect(tmp_path / "factory.db") as link:
        changed = link.execute("UPDATE caches SET data = ? WHERE key LIKE 'sketches-%'", (pickle.dumps(Bomb()),)).rowcount
    assert changed == 1
    told = factory("novelty", write(tmp_path / "in.jsonl", TRAIN), "--spec", tmp_path / "spec.yaml", "--json")
    assert told.code == 0 and lines(told.out)[0]["by"] == "old#1"
    assert "part was refused" in told.err and not mark.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl"),
        (("in.jsonl", "--field", "quest"), "quest"),
        (("in.pkl",), "in.pkl"),
        (("in.jsonl", "--store", "sqlite:///none.db"), "none.db"),
        (("in.jsonl", "--spec", "none.yaml"), "none.yaml"),
        (("in.jsonl", "--spec", "wrong.yaml"), "anchor 1"),
        (("empty.txt",), "empty.txt"),
        (("numbers.jsonl",), "--field"),
    ],
)
def test_bad_input_is_one_message_and_exit_2(factory: Factory, tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    write(tmp_path / "in.jsonl", EGGS)
    (tmp_path / "in.pkl").write_bytes(pickle.dumps([EGGS]))
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "old.txt").write_text(TRAIN)
    (tmp_path / "wrong.yaml").write_text(SPEC.replace("answer:", "answers:"))
    (tmp_path / "numbers.jsonl").write_text('{"n": 1}\n')
    told = factory("novelty", *arguments)
    assert told.code == 2 and named in told.err
