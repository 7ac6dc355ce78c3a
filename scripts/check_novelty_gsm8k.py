"""Measure the novelty gate on GSM8K: the train problems are the reference set, edited copies and the test problems the items.

Prints JSON: the share of edited train problems stopped (wanted: all), the share of test problems stopped (wanted: at most 3 %)
and by which rule, the seconds the reference set took to load first and again, and milliseconds per check.

    python scripts/check_novelty_gsm8k.py --data ../shared/data/gsm8k [--edits 200] [--test 1319] [--cache DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from factory.canonical import sha256_hex
from factory.gate import settings_of
from factory.ports import CorpusView
from factory.similarity.corpus import build
from factory.similarity.embedder import load_embedder
from factory.similarity.references import Reference
from factory.types import Coordinate, Item, Outcome
from gates.novelty import Novelty
from scripts.edits import NEW_NAMES, has_number, names_in, names_of, other_names, other_numbers, other_space


class FolderCache:
    """The store's cache methods over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        file = self._folder / key
        return file.read_bytes() if file.is_file() else None

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread((self._folder / key).write_bytes, data)


def questions(file: Path) -> list[str]:
    return [json.loads(line)["question"] for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def edits(train: list[str], count: int, seed: int) -> dict[str, list[tuple[int, str]]]:
    """Edited copies by kind: (position in train from 1, text). Each kind is drawn from the problems that it can change."""
    rng = random.Random(seed)
    names = names_of(train)
    order = rng.sample(range(len(train)), len(train))
    named = [i for i in order if 1 <= len(names_in(train[i], names)) <= len(NEW_NAMES)]
    numbered = [i for i in order if has_number(train[i])]
    plans: dict[str, tuple[list[int], Callable[[str], str]]] = {
        "exact": (order, lambda text: text),
        "white_space": (order, lambda text: other_space(text, rng)),
        "other_names": (named, lambda text: other_names(text, rng, names)),
        "other_numbers": (numbered, lambda text: other_numbers(text, rng)),
        "other_names_and_numbers": (
            [i for i in named if has_number(train[i])],
            lambda text: other_numbers(other_names(text, rng, names), rng),
        ),
    }
    return {kind: [(i + 1, edit(train[i])) for i in pool[:count]] for kind, (pool, edit) in plans.items()}


async def judge(gate: Novelty, view: CorpusView, texts: Iterable[str]) -> list[dict[str, Any]]:
    """The gate's findings on texts, each as an item of its own."""
    found = []
    for number, text in enumerate(texts):
        item = Item(f"t{number}", number, 0, Coordinate(()), {"prompt": text}, None, view=text)
        finding = await gate.recheck(item, view)
        found.append(
            {
                "stopped": finding.outcome is not Outcome.PASS,
                "reason": finding.reason,
                "rule": re.sub(r"[\d.]+ >= .*|>= .*", "", str(finding.evidence["rule"])).strip(),
                "by": finding.evidence["decided_by"],
                "text": text,
                "neighbours": finding.evidence["neighbours"],
            }
        )
    return found


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    stopped = [f for f in found if f["stopped"]]
    return {
        "checked": len(found),
        "stopped": len(stopped),
        "share": round(len(stopped) / len(found), 4) if found else None,
        "by_rule": dict(Counter(f"{f['reason']}: {f['rule']}" for f in stopped).most_common()),
    }


async def measure(options: argparse.Namespace, cache: FolderCache) -> dict[str, Any]:
    train_file = options.data / "train.jsonl"
    train, test = questions(train_file), questions(options.data / "test.jsonl")
    embedder = load_embedder(options.embedder)
    reference = Reference("gsm8k-train", sha256_hex(train_file.read_bytes()), train)
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        corpus = await build(
            embedder, references=[reference], get_cache=cache.get, put_cache=cache.put, progress=_progress(options.quiet)
        )
        seconds.append(round(time.perf_counter() - started, 3))
    gate, view = Novelty(), corpus.at(None)
    report: dict[str, Any] = {
        "reference": {"items": len(train), "first_load_s": seconds[0], "second_load_s": seconds[1]},
        "embedder": embedder.name,
        "settings": settings_of(gate),
        "edits": {},
    }
    for kind, edited in edits(train, options.edits, options.seed).items():
        found = await judge(gate, view, (text for _, text in edited))
        missed = [f for f in found if not f["stopped"]]
        own = sum(f["by"] == f"gsm8k-train#{position}" for f, (position, _) in zip(found, edited, strict=True))
        report["edits"][kind] = {**summary(found), "named_the_original": own, "missed": [m["text"] for m in missed]}
    found = await judge(gate, view, test[: options.test])
    report["test"] = summary(found)
    if options.show:
        report["test"]["items"] = [{k: f[k] for k in ("rule", "text", "neighbours")} for f in found if f["stopped"]]
    started = time.perf_counter()
    for text in test[: min(options.test, 500)]:
        await view.neighbours(text)
    report["ms_per_check_sketch_known"] = round((time.perf_counter() - started) / max(1, min(options.test, 500)) * 1e3, 3)
    corpus.close()
    return report


def _progress(quiet: bool) -> Callable[[str, int, int], None] | None:
    def show(name: str, done: int, of: int) -> None:
        print(f"\r{name}: {done}/{of} embedded", end="" if done < of else "\n", file=sys.stderr, flush=True)

    return None if quiet else show


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with GSM8K's train.jsonl and test.jsonl")
    parser.add_argument("--edits", type=int, default=200, help="edited copies of each kind")
    parser.add_argument("--test", type=int, default=1319, help="test problems")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--embedder", default="minilm")
    parser.add_argument("--cache", type=Path, help="folder that keeps the reference set's sketches (default: a temporary one)")
    parser.add_argument("--show", action="store_true", help="list the stopped test problems with their neighbours")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.cache or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(asyncio.run(measure(options, FolderCache(folder))), indent=2))


if __name__ == "__main__":
    main()
