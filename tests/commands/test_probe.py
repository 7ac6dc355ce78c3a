"""`factory probe` from recorded outcomes and solutions, as a user meets it."""

from __future__ import annotations

import csv
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from factory.report.probe_json import PROBE_SCHEMA
from tests.commands.conftest import Factory

GSM8K = ("--recipe", "ground_truth", "--field", "prompt=question", "--after", "answer=####")


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def questions(folder: Path, number: int) -> Path:
    """`number` items whose answers are 0, 1, 2, ..."""
    rows = [{"question": f"How many is {n} and nothing?", "answer": f"Counted.\n#### {n}"} for n in range(number)]
    return write(folder / "items.jsonl", rows)


def wide(folder: Path, right: dict[str, set[int]], number: int, **more: Any) -> Path:
    """A column a model; each is right on the given items. The text differs from the item's in white space only."""
    rows: list[dict[str, Any]] = []
    for n in range(number):
        row: dict[str, Any] = {"question": f"How many is {n}  and nothing? "}
        for model, good in right.items():
            row[model] = {"solution": f"It is so.\nA: {n if n in good else n + 1}", "is_correct": n in good} | more
        rows.append(row)
    return write(folder / "solutions.jsonl", rows)


def told(result: Any) -> dict[str, Any]:
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(found, PROBE_SCHEMA)
    return found


def test_wide_solutions_are_graded_again_and_matched_by_text(factory: Factory, tmp_path: Path) -> None:
    items = questions(tmp_path, 40)
    right = {"low": set(range(10)), "mid": set(range(20)), "high": set(range(30)), "top": set(range(34))}
    file = wide(tmp_path, right, 40)
    found = told(factory("probe", items, *GSM8K, "--solutions", file, "--json"))
    assert {line["model"]: round(line["solve_rate"]["value"] * 40) for line in found["models"]} == {
        model: len(good) for model, good in right.items()
    }
    assert all(line["file_rate"] == line["solve_rate"]["value"] for line in found["models"])
    assert all(line["graded_otherwise"] == 0 for line in found["models"]) and found["items"] == {"all": 40, "tried": 40}
    # Four calls, two of them passed: what one round of four can decide. All else is undecided, and said to be.
    assert found["bands"]["counts"] == {"easy": 0, "discriminating": 10, "hard": 0, "undecided": 30}
    assert found["bands"]["least_calls_of_each"] == {"easy": 4, "discriminating": 1, "hard": 4}
    assert found["histogram"]["none"] == 6 and found["histogram"]["all"] == 10
    kept = found["separability"]["kept"]
    assert kept["items"] == 10 and kept["paired"]["random"]["draws"] == 20 and kept["paired"]["chosen"]["level"] == 0.95
    shown = factory("probe", items, *GSM8K, "--solutions", file)
    assert "undecided 30" in shown.out and "the fewest calls" in shown.out and "at random" in shown.out


def test_solutions_of_several_lines_in_a_csv_with_a_header_of_its_own_letters(factory: Factory, tmp_path: Path) -> None:
    items, file = questions(tmp_path, 40), tmp_path / "solutions.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["QUESTION", "Model", "Solution"])
        # What is right stands on a line of its own; joined to the line above it would be another number.
        writer.writerows([f"How many is {n} and nothing?", "x", f"We count to 1\n\nA: {n}\n"] for n in range(40))
    found = told(factory("probe", items, *GSM8K, "--solutions", file, "--json"))
    assert found["models"][0]["solve_rate"]["value"] == 1.0 and found["items"] == {"all": 40, "tried": 40}


def test_what_the_file_says_otherwise_is_counted(factory: Factory, tmp_path: Path) -> None:
    items, file = questions(tmp_path, 8), wide(tmp_path, {"m": set(range(4)), "n": set()}, 8, is_correct=True)
    lines = told(factory("probe", items, *GSM8K, "--solutions", file, "--json"))["models"]
    assert [(line["file_rate"], line["graded_otherwise"]) for line in lines] == [(1.0, 4), (1.0, 8)]


def test_long_solutions_by_id_with_samples(factory: Factory, tmp_path: Path) -> None:
    items = write(tmp_path / "i.jsonl", [{"id": name, "prompt": f"Item {name}?", "answer": 7} for name in ("e", "h", "x")])
    rows = [
        {"item": item, "model": model, "sample": sample, "response": f"A: {7 if good else 8}"}
        for item, good in (("e", True), ("h", False))
        for model in ("a", "b", "c", "d")
        for sample in range(4)
    ] + [{"item": "unknown", "model": "a", "sample": 0, "response": "A: 7"}]
    file = write(tmp_path / "s.jsonl", rows)
    found = told(factory("probe", items, "--recipe", "ground_truth", "--solutions", file, "--json"))
    assert [(row["item"], row["band"]) for row in found["per_item"]] == [("e", "easy"), ("h", "hard")]
    assert found["items"] == {"all": 3, "tried": 2} and "1 solutions are of no item" in found["notes"][0]


def test_uneven_calls_are_no_rounds(factory: Factory, tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text("item,model,n,c\none,a,4,4\none,b,4,4\none,c,4,4\none,d,3,3\ntwo,a,4,4\ntwo,b,4,4\ntwo,c,4,4\ntwo,d,4,4\n")
    found = told(factory("probe", "--outcomes", file, "--json"))
    assert [row["band"] for row in found["per_item"]] == ["undecided", "easy"] and found["bands"]["uneven"] == 1


def test_one_model_separates_nothing(factory: Factory, tmp_path: Path) -> None:
    items, file = questions(tmp_path, 12), wide(tmp_path, {"alone": set(range(6))}, 12)
    found = told(factory("probe", items, *GSM8K, "--solutions", file, "--json"))
    assert found["separability"]["paired"] is None and "at least two models" in found["separability"]["why_none"]
    assert found["point_biserial"] is None
    assert "separability: none" in factory("probe", items, *GSM8K, "--solutions", file).out


def test_held_out_models_do_not_choose(factory: Factory, tmp_path: Path) -> None:
    right = {name: set(range(4 * at + 4)) for at, name in enumerate("abcdef")}
    items, file = questions(tmp_path, 30), wide(tmp_path, right, 30)
    out = ("--held-out", "e", "--held-out", "f")
    found = told(factory("probe", items, *GSM8K, "--solutions", file, *out, "--json"))
    assert [line["model"] for line in found["models"] if line["held_out"]] == ["e", "f"]
    # Two of the first four models are right on items 8 to 11, whatever the other two do.
    assert [row["item"] for row in found["per_item"] if row["band"] == "discriminating"] == ["9", "10", "11", "12"]
    refused = factory("probe", items, *GSM8K, "--solutions", file, "--held-out", "nobody")
    assert refused.code == 2 and "nobody" in refused.err


def test_a_judges_flips_are_recovered(factory: Factory, tmp_path: Path) -> None:
    rng, number = random.Random(3), 600
    items = questions(tmp_path, number)
    rows, flips, good = [], 0, 0
    for n in range(number):
        right, flip = rng.random() < 0.7, rng.random() < 0.14
        flips, good = flips + flip, good + right
        answer = {"solution": f"A: {n if right else n + 1}", "verdict": right != flip}
        rows.append({"question": f"How many is {n} and nothing?", "m": answer})
    file = write(tmp_path / "s.jsonl", rows)
    judge = told(factory("probe", items, *GSM8K, "--solutions", file, "--grader", "judge", "--json"))["judges"][0]
    assert judge["disagreement"]["value"] == pytest.approx(flips / number, abs=1e-6)
    assert judge["disagreement"]["low"] <= 0.14 <= judge["disagreement"]["high"]
    assert judge["true_accuracy"]["value"] == pytest.approx(good / number, abs=1e-6)
    for rate in ("sensitivity", "specificity"):
        assert judge[rate]["low"] <= 0.86 <= judge[rate]["high"]
    shown = factory("probe", items, *GSM8K, "--solutions", file, "--grader", "judge").out
    assert "judge (recorded) says" in shown and "truth says" in shown


def test_truth_may_be_a_field_or_any_of_several_labels(factory: Factory, tmp_path: Path) -> None:
    items = write(tmp_path / "i.jsonl", [{"id": n, "prompt": f"Colour {n}?", "accepted": ["red", "crimson"]} for n in range(4)])
    said = [("red", True, True), ("crimson", True, False), ("blue", True, False), ("RED.", False, True)]
    rows = [
        {"item": n, "model": "m", "answer": text, "verdict": verdict, "gold": gold}
        for n, (text, verdict, gold) in enumerate(said)
    ]
    file = write(tmp_path / "s.jsonl", rows)
    spec = tmp_path / "spec.yaml"
    spec.write_text("name: c\nrecipe: ground_truth\nbrief: Colours.\naxes: {a: [b]}\nsettings: {grader: {kind: exact}}\n")
    options = (
        "probe",
        items,
        "--spec",
        spec,
        "--labels",
        "answer=accepted",
        "--solutions",
        file,
        "--grader",
        "judge",
        "--json",
    )
    table = told(factory(*options))["judges"][0]["confusion"]
    assert (table["true_passed"], table["false_passed"], table["false_failed"], table["true_failed"]) == (2, 1, 1, 0)
    table = told(factory(*options, "--truth", "gold"))["judges"][0]["confusion"]
    assert (table["true_passed"], table["false_passed"], table["false_failed"], table["true_failed"]) == (1, 2, 1, 0)
    kind = ("--recipe", "ground_truth", "--field", "answer=accepted", "--grader", "exact")
    refused = factory("probe", items, *kind, "--solutions", file)
    assert refused.code == 2 and f"{items}:1" in refused.err and "answer" in refused.err


def test_without_any_verdict_there_is_no_judge(factory: Factory, tmp_path: Path) -> None:
    items = questions(tmp_path, 2)
    file = write(tmp_path / "s.jsonl", [{"question": "How many is 1 and nothing?", "model": "m", "solution": "1"}])
    refused = factory("probe", items, *GSM8K, "--solutions", file, "--grader", "judge")
    assert refused.code == 2 and "--verdict" in refused.err
    named = factory("probe", items, *GSM8K, "--solutions", file, "--grader", "judge", "--verdict", "word")
    assert named.code == 2 and "'word'" in named.err


BAD_ROWS = [
    ("no such column", [{"text": "?", "answer": "#### 1"}], "question"),
    ("a row without its text", [{"question": "?", "answer": "#### 1"}, {"answer": "#### 1"}], ":2"),
    ("no marker", [{"question": "?", "answer": "#### 1"}, {"question": "??", "answer": "1"}], ":2"),
    ("a text that is none", [{"question": ["?"], "answer": "#### 1"}], ":1"),
    ("an id twice", [{"id": 1, "question": "?", "answer": "#### 1"}, {"id": 1, "question": "!", "answer": "#### 1"}], ":2"),
]


@pytest.mark.parametrize(("rows", "named"), [row[1:] for row in BAD_ROWS], ids=[row[0] for row in BAD_ROWS])
def test_a_row_that_does_not_fit_is_named(factory: Factory, tmp_path: Path, rows: list[dict[str, Any]], named: str) -> None:
    items = write(tmp_path / "i.jsonl", rows)
    file = write(tmp_path / "s.jsonl", [{"question": "?", "model": "m", "solution": "1"}])
    refused = factory("probe", items, *GSM8K, "--solutions", file)
    assert refused.code == 2 and refused.out == "" and str(items) in refused.err and named in refused.err


BAD_SOLUTIONS = [
    ("no model", [{"question": "How many is 1 and nothing?", "solution": "1"}], "model"),
    ("twice", [{"question": "How many is 1 and nothing?", "model": "m", "solution": "1"}] * 2, ":2"),
    (
        "a mark that is none",
        [{"question": "How many is 1 and nothing?", "m": {"solution": "1", "correct": "perhaps"}}],
        "perhaps",
    ),
    ("of other items", [{"question": "Something else?", "model": "m", "solution": "1"}], "'question'"),
    ("a cell that is no object", [{"question": "a", "m": {"solution": "1"}}, {"question": "b", "m": 3}], ":2"),
]


@pytest.mark.parametrize(("rows", "named"), [row[1:] for row in BAD_SOLUTIONS], ids=[row[0] for row in BAD_SOLUTIONS])
def test_solutions_that_cannot_be_used(factory: Factory, tmp_path: Path, rows: list[dict[str, Any]], named: str) -> None:
    file = write(tmp_path / "s.jsonl", rows)
    refused = factory("probe", questions(tmp_path, 3), *GSM8K, "--solutions", file)
    assert refused.code == 2 and refused.out == "" and str(file) in refused.err and named in refused.err


BAD_OPTIONS = [
    ((), "ITEMS"),
    (("{items}",), "--recipe"),
    (("{items}", *GSM8K), "--cast"),
    (("{items}", *GSM8K, "--solutions", "{items}", "--outcomes", "{items}"), "two ways"),
    (("{items}", *GSM8K, "--solutions", "{items}", "--cast", "rehearsal"), "--cast"),
    (("{items}", *GSM8K, "--cast", "rehearsal", "--truth", "x"), "--truth"),
    (("{items}", *GSM8K, "--cast", "rehearsal", "--gates", "difficulti"), "difficulty"),
    (("{items}", "--recipe", "ground_truth", "--field", "promt=question", "--cast", "rehearsal"), "prompt"),
    (("{items}", "--recipe", "ground_truth", "--field", "prompt", "--cast", "rehearsal"), "NAME=VALUE"),
    (("{items}", *GSM8K, "--grader", "vibes", "--cast", "rehearsal"), "grader"),
    (("--outcomes", "{items}", "--grader", "judge"), "--solutions"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_OPTIONS)
def test_options_that_do_not_go_together(factory: Factory, tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    items = questions(tmp_path, 2)
    refused = factory("probe", *(text.format(items=items) for text in arguments))
    assert refused.code == 2 and named in refused.err and refused.out == ""
    assert {path.name for path in tmp_path.iterdir()} == {"items.jsonl"}


def test_gsm8ks_four_models(factory: Factory, shared_data: Path) -> None:
    folder = shared_data / "gsm8k"
    began = time.monotonic()
    solutions = folder / "example_model_solutions.jsonl"
    found = told(factory("probe", folder / "test.jsonl", *GSM8K, "--solutions", solutions, "--json"))
    assert time.monotonic() - began < 60
    rows = [json.loads(line) for line in solutions.read_text().splitlines()]
    models = [name for name in rows[0] if isinstance(rows[0][name], dict)]
    assert {line["model"]: round(1319 * line["solve_rate"]["value"]) for line in found["models"]} == {
        model: sum(row[model]["is_correct"] for row in rows) for model in models
    }
    assert all(line["graded_otherwise"] == 0 for line in found["models"])
    assert sum(found["bands"]["counts"].values()) == 1319 and found["separability"]["paired"]["pairs"] == 6


def test_gsm8ks_flipped_verdicts(factory: Factory, shared_data: Path, tmp_path: Path) -> None:
    folder, rng = shared_data / "gsm8k", random.Random(14)
    rows, flips = [], 0
    for line in (folder / "example_model_solutions.jsonl").read_text().splitlines():
        row = json.loads(line)
        answer, flip = row["175b_verification"], rng.random() < 0.14
        flips += flip
        rows.append({"question": row["question"], "175b_verification": answer | {"verdict": answer["is_correct"] != flip}})
    file = write(tmp_path / "flipped.jsonl", rows)
    options = ("--solutions", file, "--grader", "judge", "--json")
    wrong = told(factory("probe", folder / "test.jsonl", *GSM8K, *options))["judges"][0]["disagreement"]
    assert wrong["value"] == pytest.approx(flips / 1319, abs=1e-6) and wrong["low"] <= 0.14 <= wrong["high"]
