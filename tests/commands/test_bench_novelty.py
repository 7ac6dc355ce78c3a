"""The benchmark runs whole on a small scale, and its edits are what they say."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from factory.similarity.corpus import MemoryCorpus, View
from factory.similarity.index import Scope
from factory.similarity.numbers import number_multiset
from factory.similarity.text import normalise
from scripts import bench_novelty
from scripts.bench_lander import mismatches
from scripts.bench_novelty import edited
from scripts.edits import Editor, renumbered, reordered, synonyms
from tests.similarity.bag import BagEmbedder

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("Ann", "Bob", "Carol", "Dmitri", "Elif", "Farid")
THINGS = ("pens", "stamps", "lemons", "chairs", "bricks", "coins", "maps")


def problems(count: int) -> list[str]:
    rng = random.Random(3)
    words = ["".join(rng.choices("abdegiklmnoprstu", k=rng.randint(3, 8))) for _ in range(900)]

    def some(count: int) -> str:
        return " ".join(rng.sample(words, count))

    return [
        f"In the {some(5)} there is {rng.choice(NAMES)}, who buys {rng.randint(2, 90)} {rng.choice(THINGS)}. "
        f"It was a {some(4)} day. Then {some(6)}, and {rng.randint(2, 90)} more came. "
        f"How many {rng.choice(THINGS)} does the {some(1)} have?"
        for _ in range(count)
    ]


def test_every_kind_changes_its_texts_and_only_as_it_says() -> None:
    texts = problems(60)
    made = edited(texts, 15, random.Random(1))
    assert len(made) == 8 and all(len(each) == 15 for each in made.values())
    for kind, each in made.items():
        for position, text in each:
            original = texts[position]
            assert (normalise(text) == normalise(original)) is (kind in ("copy", "space_and_case")), kind
            assert (text == original) is (kind == "copy")
            same_numbers = number_multiset(text) == number_multiset(original)
            assert same_numbers is (kind != "number_swap"), kind
            if kind == "clause_reorder":
                assert sorted(text.split()) == sorted(original.split())


def test_an_edit_that_cannot_change_a_text_is_not_counted() -> None:
    kinds, rng = Editor.of(["nothing here"]).kinds(), random.Random(1)
    assert {kind: edit("nothing here", rng) for kind, edit in kinds.items() if kind not in ("copy", "space_and_case")} == {
        "name_swap": None,
        "number_swap": None,
        "synonyms": None,
        "clause_reorder": None,
        "distractor": None,
        "heavy_mix": None,
    }
    assert synonyms("", rng) is None and reordered("", rng) is None and kinds["distractor"]("", rng) is None
    assert kinds["space_and_case"]("1", rng) is not None


def test_a_short_text_of_two_numbers_has_a_template() -> None:
    rng = random.Random(1)
    swapped = renumbered("What is 12 + 30?", rng)
    assert swapped is not None and swapped.startswith("What is ") and number_multiset(swapped) != number_multiset("12 30")
    assert renumbered("Room 12", rng) is None and renumbered("12 + 30", rng) is None
    assert renumbered("There are 12 pens in it", rng) is not None


def test_what_could_not_be_measured_stands_beside_the_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    corpus = tmp_path / "short.txt"
    corpus.write_text("".join(f"Sum {n} and {n * n + 3}\n" for n in range(40)))
    monkeypatch.setattr(bench_novelty, "load_embedder", lambda name: BagEmbedder())
    options = argparse.Namespace(
        corpus=corpus, field=None, items=40, per_kind=3, seed=1, embedder="bag", cache=None, show=0, checks=1, processes=1
    )
    told = bench_novelty.measure(options, [])
    assert list(told)[:3] == ["macro_recall", "kinds_measured", "kinds_unmeasured"]
    assert told["kinds_measured"] + len(told["kinds_unmeasured"]) == 8 and "clause_reorder" in told["kinds_unmeasured"]
    assert told["quality"]["edited"]["number_swap"] == 2 and "number_swap" not in told["kinds_unmeasured"]


@pytest.mark.parametrize(
    "text",
    ["彼は本を三冊買った。そして二冊売った。残りは何冊ですか？", "¿Cuántos años?\n¡Bien!", "a" * 3000, "…", "\ud800 x. y. z."],
)
def test_edits_survive_any_text(text: str) -> None:
    for edit in Editor.of([text, text[::-1]]).kinds().values():
        edit(text, random.Random(1))


def test_concurrent_landing_is_counted_as_equal_and_a_broken_horizon_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = problems(80)
    kinds = edited(texts, 12, random.Random(1))
    assert asyncio.run(mismatches(BagEmbedder(), texts, kinds, random.Random(2))) == 0
    monkeypatch.setattr(MemoryCorpus, "at", lambda self, horizon: View(self, Scope(2**62, 2**62)))
    assert asyncio.run(mismatches(BagEmbedder(), texts, kinds, random.Random(2))) > 0


@pytest.mark.slow
def test_the_whole_benchmark_runs_small(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"n": n, "q": text}) + "\n" for n, text in enumerate(problems(120))))
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.bench_novelty", "--quick", "--corpus", str(corpus), "--cache", str(tmp_path / "cache")],
        cwd=ROOT, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert set(told) >= {"macro_recall", "precision", "check_p50_ms", "bytes_per_item", "restart_s", "concurrent_mismatches"}
    assert told["check_p50_ms"].keys() == {"6000"} and told["concurrent_mismatches"] == 0
    assert told["macro_recall"] > 0.8 and 0 < told["precision"] <= 1
    assert (tmp_path / "cache").is_dir()
