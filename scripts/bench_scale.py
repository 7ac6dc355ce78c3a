"""The scale part of bench_novelty: a store of synthetic accepted items, restarted from, then checked against and landed on.

Texts are generated (words of a made vocabulary by Zipf's law, names, numbers, stock phrases, some 230 characters each);
vectors lie in clusters of one cone, as those of sentences do. Nothing is embedded. The store is a real one: its rows are
written with SQL, its snapshot by the same functions a run uses, and it is read back as a run does.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from factory.ports import CorpusEntry, Standing
from factory.similarity.bits import Half
from factory.similarity.corpus import MemoryCorpus, build
from factory.similarity.sketch import records, sketch
from factory.similarity.snapshot import pack, part_key, parted
from factory.similarity.vectors import to_half
from factory.types import Coordinate, Item, Outcome
from gates.novelty import Novelty
from scripts.pace import run_in_loop, seldom_collecting
from store import open_store

DIMENSION: Final = 384
BLOCK: Final = 4096
NAMES: Final = (
    "Ann",
    "Bob",
    "Carol",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jamal",
    "Kira",
    "Luis",
    "Mona",
    "Nils",
)
PHRASES: Final = (
    "How many {0} does {name} have left?",
    "How much does {name} pay for the {0} in total?",
    "What is the total number of {0} after {a} days?",
    "How many more {0} than {1} are there now?",
    "If each {0} costs ${a}, how much money is needed?",
)
SENTENCES: Final = (
    "{name} {0} {a} {1} and {b} {2} every {3}.",
    "There are {a} {0} in the {1} {2}.",
    "Each {0} {1} holds {a} {2}, but {b} of them {3}.",
    "After the {0}, {name} {1} {a} of the {2} to a {3} {4}.",
    "The {0} {1} twice as many {2} as the {3} {4}.",
)


@dataclass(frozen=True)
class Made:
    """Synthetic items by number: texts and vectors are functions of seed and number."""

    seed: int
    items: int

    def words(self) -> list[str]:
        rng = random.Random(self.seed)
        parts = ("ba", "ko", "ri", "ten", "mal", "so", "per", "lin", "da", "gu", "fe", "st", "or", "an", "ish", "er", "y", "ol")
        return ["".join(rng.choices(parts, k=rng.randint(2, 4))) for _ in range(6000)]

    def texts(self, block: int, words: Sequence[str]) -> list[str]:
        rng = random.Random(f"{self.seed} texts {block}")
        weights = 1 / (np.arange(len(words)) + 20)
        ranks = np.random.default_rng([self.seed, block]).choice(len(words), (BLOCK, 40), p=weights / weights.sum())
        return [self._text(rng, [words[rank] for rank in row]) for row in ranks.tolist()]

    def _text(self, rng: random.Random, drawn: list[str]) -> str:
        taken = iter(drawn)
        sentences = [*rng.choices(SENTENCES, k=rng.randint(2, 5)), rng.choice(PHRASES)]
        name = rng.choice(NAMES)
        return " ".join(
            form.format(*(next(taken) for _ in range(5)), name=name, a=rng.randint(2, 99), b=rng.randint(2, 30))
            for form in sentences
        )

    def vectors(self, block: int) -> Half:
        """Cosines of some .2 between strangers and .6 inside a cluster of thirty."""
        rng = np.random.default_rng([self.seed, block, 1])
        cone = np.random.default_rng([self.seed, 2]).standard_normal(DIMENSION, dtype=np.float32)
        clusters = rng.integers(0, max(1, self.items // 30), BLOCK)
        centres = np.stack(
            [np.random.default_rng([self.seed, 3, c]).standard_normal(DIMENSION, dtype=np.float32) for c in clusters]
        )
        made = 0.6 * cone + centres + rng.standard_normal((BLOCK, DIMENSION), dtype=np.float32)
        return to_half(made / np.linalg.norm(made, axis=1, keepdims=True))

    def entries(self, first_block: int, count: int) -> Iterator[CorpusEntry]:
        words = self.words()
        for block in range(first_block, first_block + -(-count // BLOCK)):
            texts, vectors = self.texts(block, words), self.vectors(block)
            for place in range(min(BLOCK, count - (block - first_block) * BLOCK)):
                number = block * BLOCK + place
                id = f"c-{self.seed:04x}{number:016x}"
                yield CorpusEntry(id, texts[place], id, vectors[place].tobytes())


class Known:
    """An embedder that only looks up: what embedding costs is measured elsewhere."""

    name = "synthetic@0"
    dimension = DIMENSION

    def __init__(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        self._vectors = vectors

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vectors[text] for text in texts])


def _sketched(part: list[CorpusEntry]) -> tuple[str, bytes]:
    made = [sketch(entry.text, np.frombuffer(entry.vector, dtype="<f2")) for entry in part]
    return part_key([entry.text for entry in part], Known.name), pack(records(made, DIMENSION))


def fill(file: Path, made: Made, processes: int) -> None:
    """A store at `file` that holds the items as accepted, and their snapshot."""
    open_store(f"sqlite:///{file}").close()
    link = sqlite3.connect(file, isolation_level=None)
    link.execute("PRAGMA synchronous = OFF")
    link.execute("BEGIN")
    columns = [row[1] for row in link.execute("PRAGMA table_info(jobs)")]
    link.execute(
        f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608 - our own names
        [
            {"number": 1, "id": "run-bench", "kind": "run", "inputs": "{}", "fingerprint": "{}", "conditions": "[]"}.get(c, 0)
            for c in columns
        ],
    )
    written = 0
    # A pool beside the writing: sketching is what takes the time.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        waiting: list[Any] = []

        def store_parts(most: int) -> None:
            while len(waiting) > most:
                link.execute("INSERT OR REPLACE INTO caches VALUES (?, ?, 0)", waiting.pop(0).get())

        for part, whole in parted(made.entries(0, made.items)):
            ids = [(entry.id, written + n) for n, entry in enumerate(part)]
            link.executemany(
                """INSERT INTO candidates (job, idx, id, spec, recipe, recipe_version, coordinate, state, stopped_by, lineage,
                seal, landed_at) VALUES (1, ?, ?, 's', 'r', '1', '[]', 'accepted', '', '[]', '', 0)""",
                [(number, id) for id, number in ids],
            )
            link.executemany(
                "INSERT INTO corpus_items (id, text, template) VALUES (?, ?, ?)", [(e.id, e.text, e.template) for e in part]
            )
            link.executemany("INSERT INTO vectors VALUES (?, ?, ?)", [(Known.name, e.id, e.vector) for e in part])
            written += len(part)
            if whole:
                waiting.append(pool.apply_async(_sketched, (part,)))
                store_parts(4 * processes)
        store_parts(0)
    link.execute("COMMIT")
    link.close()


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def measure(file: Path, made: Made, checks: int) -> dict[str, Any]:
    """Restart from the store, then check and land `checks` items, a fifth of them copies or near copies of held ones."""
    fresh = list(made.entries(1 + made.items // BLOCK, checks))
    words, vectors = made.words(), {}
    rng = random.Random(made.seed)
    held_texts, held_vectors = made.texts(0, words), made.vectors(0)
    sought: list[tuple[str, str]] = []
    for place, entry in enumerate(fresh):
        text, vector = entry.text, np.frombuffer(entry.vector, dtype="<f2").astype(np.float32)
        if place % 5 == 0:
            twin = rng.randrange(min(BLOCK, made.items))
            text, vector = held_texts[twin] + (" Thanks." if place % 2 else ""), held_vectors[twin].astype(np.float32)
        vectors[text] = vector
        sought.append((entry.id, text))
    embedder, gate = Known(vectors), Novelty()
    before = resident()
    started, cpu_before = time.perf_counter(), time.process_time()
    corpus = await restarted(file, embedder)
    restart_s, restart_cpu_s = time.perf_counter() - started, time.process_time() - cpu_before
    held_bytes = resident() - before
    if len(corpus) != made.items:
        raise RuntimeError(f"the corpus holds {len(corpus)} items, not the {made.items} that are measured")
    handovers, walls, cpus, stopped = [], [], [], 0
    # As a run does it: on its loop, with its collector.
    with seldom_collecting():
        for number, (id, text) in enumerate(sought):
            item = Item(id, number, 0, Coordinate(()), {}, None, view=text)
            # Embedding is apart, and with it the way to its thread and back.
            wall = time.perf_counter()
            await corpus.foresee([text])
            handovers.append(time.perf_counter() - wall)
            wall, cpu = time.perf_counter(), time.process_time()
            finding = await gate.recheck(item, corpus.at(None))
            if finding.outcome is Outcome.PASS:
                await corpus.admit(id, text, template=str(finding.measures["template"]), index=number)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            stopped += finding.outcome is not Outcome.PASS
    exact = _exact_scan_ms(made) if made.items <= 200_000 else None
    corpus.close()
    return {
        "items": made.items,
        "restart_s": round(restart_s, 2),
        "restart_cpu_s": round(restart_cpu_s, 2),
        "bytes_per_item": round(held_bytes / made.items),
        "check_p50_ms": round(1e3 * statistics.median(walls), 3),
        "check_p95_ms": round(1e3 * statistics.quantiles(walls, n=20)[-1], 3),
        "check_cpu_p50_ms": round(1e3 * statistics.median(cpus), 3),
        "handover_p50_ms": round(1e3 * statistics.median(handovers), 3),
        "stopped": stopped,
        "checks": len(walls),
        "exact_scan_ms": exact,
    }


async def restarted(file: Path, embedder: Known) -> MemoryCorpus:
    """The corpus as `factory run` loads it."""
    store = open_store(f"sqlite:///{file}", read_only=True)

    async def put(key: str, data: bytes) -> None:
        raise AssertionError("the snapshot was whole, so nothing is written")

    try:
        return await build(
            embedder,
            standing=Standing(store.accepted(), partial(store.vectors, embedder.name)),
            get_cache=store.get_cache,
            put_cache=put,
        )
    finally:
        store.close()


def _exact_scan_ms(made: Made) -> float:
    """The baseline: one float32 product over all vectors."""
    matrix = np.concatenate([made.vectors(block) for block in range(-(-made.items // BLOCK))])[: made.items].astype(np.float32)
    times = []
    for row in range(0, 20):
        started = time.perf_counter()
        _ = (matrix @ matrix[row]).max()
        times.append(time.perf_counter() - started)
    return round(1e3 * statistics.median(times), 3)


def scale(folder: Path, items: int, checks: int, seed: int, processes: int) -> dict[str, Any]:
    """Everything about one size. Needs some 3.5 kB of disk and 3 kB of memory an item."""
    file, made = folder / f"scale-{items}.db", Made(seed, items)
    started = time.perf_counter()
    fill(file, made, processes)
    filled_s = round(time.perf_counter() - started, 1)
    found = run_in_loop(measure(file, made, checks))
    for beside in folder.glob(file.name + "*"):
        beside.unlink()
    return {**found, "fill_s": filled_s}
