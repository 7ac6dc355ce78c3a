"""Novelty: what the rule catches, what a check costs at scale, and whether concurrency changes anything. Prints JSON.

    python scripts/bench_novelty.py [--corpus FILE [--field NAME]] [--items 3000] [--per-kind 150] [--cache DIR]
                                    [--scale 100000,1000000] [--checks 1000] [--quick]

Quality. Distinct texts are drawn from the corpus and split in halves. One half is held; `--per-kind` of its texts are edited in
each of eight mechanical ways (scripts/edits.py; an edit that changes nothing is not counted) and must be flagged, same or
variant, against their original. As many hard negatives as edited texts are taken from the other half: those whose nearest held
text by embedding is nearest of all. macro_recall: the mean over the kinds of the share flagged against the original;
precision: edited texts flagged against their original / everything flagged. Without --corpus: ../shared/data/gsm8k.

Scale: scripts/bench_scale.py. concurrent_mismatches: scripts/bench_lander.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factory.canonical import sha256_hex
from factory.config.references import guess_field, numbered_texts
from factory.errors import BadInput
from factory.ports import Embedder
from factory.similarity.corpus import MemoryCorpus, build
from factory.similarity.embedder import load_embedder
from factory.similarity.references import Reference
from factory.similarity.text import normalise
from factory.types import ReferenceSet
from gates.novelty import NEW, Novelty
from scripts.bench_lander import mismatches
from scripts.bench_scale import scale
from scripts.edits import Editor

GSM8K = Path(__file__).resolve().parents[2] / "shared" / "data" / "gsm8k" / "train.jsonl"
HELD = "held"


class Remembering:
    """An embedder that keeps the vectors it made, in a folder if there is one, by its own name and the texts' hashes."""

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder = embedder
        self._file = folder / f"vectors-{sha256_hex(embedder.name)[:16]}.npz" if folder else None
        self._known: dict[str, NDArray[np.float32]] = {}
        if self._file and self._file.is_file():
            with np.load(self._file, allow_pickle=False) as kept:
                self._known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        keys = [sha256_hex(text.encode("utf-8", "surrogatepass")) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            self._known |= dict(zip(new, self._embedder.embed(list(new.values())), strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        if self._file and self._known:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(self._file, texts=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


def distinct_texts(file: Path, field: str | None) -> list[str]:
    """The texts of a file, each normal form once, in file order. Raises BadInput."""
    items = ReferenceSet(name="corpus", path=str(file), field=field or guess_field(file))
    return list({normalise(text): text for _, text in numbered_texts(items) if normalise(text)}.values())


async def corpus_of(embedder: Embedder, texts: Sequence[str]) -> MemoryCorpus:
    async def keep_nothing(key: str, data: bytes) -> None:
        """Vectors are kept by `Remembering`; the rest is quick."""

    return await build(
        embedder,
        references=[Reference(HELD, "", texts)],
        get_cache=lambda key: None,
        put_cache=keep_nothing,
        progress=_progress,
    )


def _progress(name: str, done: int, of: int) -> None:
    print(f"\r{name}: {done}/{of}", end="" if done < of else "\n", file=sys.stderr, flush=True)


def edited(held: Sequence[str], per_kind: int, rng: random.Random) -> dict[str, list[tuple[int, str]]]:
    """By kind: (position in held, edited text), each kind drawn from the texts that it can change."""
    made: dict[str, list[tuple[int, str]]] = {}
    for kind, edit in Editor.of(held).kinds().items():
        made[kind] = []
        for position in rng.sample(range(len(held)), len(held)):
            if len(made[kind]) == per_kind:
                break
            text = edit(held[position], rng)
            if text is not None and (kind == "copy" or text != held[position]):
                made[kind].append((position, text))
    return made


def hardest(embedder: Embedder, held: Sequence[str], others: Sequence[str], count: int) -> list[str]:
    """Those of the other texts that lie nearest to a held one, in the order of how near."""
    whole, rest = embedder.embed(held), embedder.embed(others)
    nearest = np.concatenate([(rest[start : start + 512] @ whole.T).max(axis=1) for start in range(0, len(rest), 512)])
    return [others[place] for place in np.argsort(-nearest, kind="stable")[:count].tolist()]


async def flags(corpus: MemoryCorpus, gate: Novelty, texts: Iterable[str]) -> list[tuple[set[str], list[str]]]:
    """For each text: the ids of the held items it is the same as or a variant of, and the parts of the rule that say so."""
    found = []
    for text in texts:
        judged = [(near.id, *gate.relation(near)) for near in await corpus.at(None).neighbours(text)]
        hits = [(id, f"{relation}: {rule.partition(' >=')[0]}") for id, relation, rule in judged if relation != NEW]
        found.append(({id for id, _ in hits}, [_without_figure(rule) for _, rule in hits[:1]]))
    return found


def _without_figure(rule: str) -> str:
    return " ".join(word for word in rule.split() if not word.replace(".", "").isdigit())


async def quality(options: argparse.Namespace, embedder: Remembering) -> dict[str, Any]:
    rng = random.Random(options.seed)
    texts = distinct_texts(options.corpus, options.field)
    drawn = rng.sample(texts, min(options.items, len(texts)))
    if len(drawn) < 20:
        raise BadInput(f"{len(drawn)} distinct texts are too few to say anything", where=str(options.corpus), fix="Give 20")
    held, others = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    # As many hard negatives as edited texts: precision would flatter itself with fewer.
    per_kind = min(options.per_kind, max(1, len(others) // len(Editor.of(held).kinds())))
    gate, kinds = Novelty(), edited(held, per_kind, rng)
    positives = sum(len(made) for made in kinds.values())
    negatives = hardest(embedder, held, others, positives)
    # All cores at once; the corpus asks for one text at a time.
    embedder.embed([text for made in kinds.values() for _, text in made])
    corpus = await corpus_of(embedder, held)
    recall: dict[str, float | None] = {}
    caught = flagged = 0
    missed: dict[str, list[str]] = {}
    for kind, made in kinds.items():
        found = await flags(corpus, gate, (text for _, text in made))
        right = [f"{HELD}#{position + 1}" in ids for (position, _), (ids, _) in zip(made, found, strict=True)]
        caught += sum(right)
        flagged += sum(bool(ids) for ids, _ in found)
        recall[kind] = round(sum(right) / len(made), 4) if made else None
        missed[kind] = [text for (_, text), ok in zip(made, right, strict=True) if not ok][: options.show]
    wrong = [(text, rules) for text, (ids, rules) in zip(negatives, await flags(corpus, gate, negatives), strict=True) if ids]
    corpus.close()
    flagged += len(wrong)
    by_rule: dict[str, int] = {}
    for _, rules in wrong:
        by_rule[rules[0]] = by_rule.get(rules[0], 0) + 1
    counted = [value for value in recall.values() if value is not None]
    report: dict[str, Any] = {
        "macro_recall": round(sum(counted) / len(counted), 4),
        # A mean over the kinds that this corpus's texts could be edited by; the others were not seen at all.
        "kinds_measured": len(counted),
        "kinds_unmeasured": [kind for kind, value in recall.items() if value is None],
        "precision": round(caught / flagged, 4) if flagged else None,
        "recall": recall,
        "edited": {kind: len(made) for kind, made in kinds.items()},
        "negatives": {"checked": len(negatives), "flagged": len(wrong), "by_rule": by_rule},
        "held": len(held),
        "embedder": embedder.name,
    }
    if options.show:
        report["missed"] = missed
        report["negatives"]["texts"] = [text for text, _ in wrong[: options.show]]
    report["concurrent_mismatches"] = await mismatches(embedder, held[:240], kinds, rng)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", type=Path, help="JSONL, Parquet or text file; default: GSM8K's train problems")
    parser.add_argument("--field", help="the text field; default: the likeliest")
    parser.add_argument("--items", type=int, default=3000, help="texts drawn from the corpus")
    parser.add_argument("--per-kind", type=int, default=150, help="edited texts of each kind, fewer where the corpus is small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--embedder", default="minilm")
    parser.add_argument("--cache", type=Path, help="folder that keeps the vectors")
    parser.add_argument("--scale", default=None, help="sizes of the scale part; default 100000,1000000, none with --corpus")
    parser.add_argument("--checks", type=int, default=1000, help="checks with landing at each size")
    parser.add_argument("--processes", type=int, default=2, help="processes that sketch the synthetic items")
    parser.add_argument("--show", type=int, default=0, help="list so many missed and so many wrongly flagged texts a kind")
    parser.add_argument("--quick", action="store_true", help="a smoke test: few texts and one small size")
    options = parser.parse_args()
    sizes = options.scale if options.scale is not None else "" if options.corpus else "100000,1000000"
    if options.quick:
        options.items, options.per_kind, options.checks, sizes = min(options.items, 200), 12, 60, "6000"
    options.corpus = options.corpus or GSM8K
    try:
        print(json.dumps(measure(options, [int(size) for size in sizes.split(",") if size]), indent=2))
    except BadInput as problem:
        print(f"bench_novelty: {problem.message}", file=sys.stderr)
        sys.exit(problem.exit_code)


def measure(options: argparse.Namespace, sizes: Sequence[int]) -> dict[str, Any]:
    embedder = Remembering(load_embedder(options.embedder), options.cache)
    try:
        found = asyncio.run(quality(options, embedder))
    finally:
        embedder.save()
    with tempfile.TemporaryDirectory() as folder:
        scales = [scale(Path(folder), size, options.checks, options.seed, options.processes) for size in sizes]
    largest = max(scales, key=lambda each: int(each["items"]), default=None)
    return {
        "macro_recall": found.pop("macro_recall"),
        "kinds_measured": found.pop("kinds_measured"),
        "kinds_unmeasured": found.pop("kinds_unmeasured"),
        "precision": found.pop("precision"),
        "check_p50_ms": {str(each["items"]): each["check_p50_ms"] for each in scales},
        "bytes_per_item": largest["bytes_per_item"] if largest else None,
        "restart_s": largest["restart_s"] if largest else None,
        "concurrent_mismatches": found.pop("concurrent_mismatches"),
        "quality": found,
        "scale": scales,
    }


if __name__ == "__main__":
    main()
