"""A vector the store keeps is not made again, and stands for no other text than its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from factory.similarity.corpus import MemoryCorpus
from scripts.commands import novelty
from store import open_store
from tests.commands.conftest import PHARMACY, Factory
from tests.support.embedder import TrigramEmbedder

pytestmark = pytest.mark.usefixtures("quick_embedder")


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that was embedded, in order."""
    texts = list[str]()
    embed = TrigramEmbedder.embed

    def spying(self: TrigramEmbedder, given: Sequence[str]) -> NDArray[np.float32]:
        texts.extend(given)
        return embed(self, given)

    monkeypatch.setattr(TrigramEmbedder, "embed", spying)
    return texts


@pytest.fixture
def accepted(factory: Factory, embedded: list[str]) -> dict[str, str]:
    """The prompts that a run accepted, by id."""
    assert factory("run", PHARMACY, "--cast", "rehearsal", "--accept", "6", "--seed", "1").code == 0
    store = open_store("sqlite:///factory.db", must_exist=True)
    prompts = {candidate.id: str(candidate.payload["prompt"]) for candidate in store.candidates(states=["accepted"])}
    store.close()
    assert set(prompts.values()) <= set(embedded)
    embedded.clear()
    return prompts


def test_another_run_embeds_nothing_that_was_accepted(factory: Factory, accepted: dict[str, str], embedded: list[str]) -> None:
    assert factory("run", PHARMACY, "--cast", "rehearsal", "--attempts", "2", "--seed", "2").code == 0
    assert embedded and not set(embedded) & set(accepted.values())


def test_nor_does_factory_novelty(
    factory: Factory, accepted: dict[str, str], embedded: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(novelty, "load_embedder", lambda name: TrigramEmbedder())
    (tmp_path / "texts.jsonl").write_text(json.dumps({"text": "Something else."}) + "\n")
    assert factory("novelty", tmp_path / "texts.jsonl", "--field", "text", "--spec", PHARMACY).code == 0
    assert "Something else." in embedded and not set(embedded) & set(accepted.values())


def test_an_audit_of_a_file_takes_no_vector_by_an_id_that_the_store_has(
    factory: Factory, accepted: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store("sqlite:///factory.db", must_exist=True)
    rows = [{"id": one.id, **one.payload} for one in store.candidates(states=["accepted"])]
    store.close()
    for row in rows:
        row["prompt"] = f"Zebras of the savannah gather near seven quiet rivers. {row['prompt']}"
    (tmp_path / "edited.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = dict[str, bytes]()
    sketch_texts = MemoryCorpus._sketch_texts

    def spying(self: MemoryCorpus, texts: Sequence[str], vectors: Sequence[bytes]) -> NDArray[np.void]:
        given.update(zip(texts, vectors, strict=True))
        return sketch_texts(self, texts, vectors)

    monkeypatch.setattr(MemoryCorpus, "_sketch_texts", spying)
    audit = ("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "1", "--items")
    assert factory(*audit, tmp_path / "edited.jsonl").code in (0, 1)
    assert any(given) and not any(given.values())
    given.clear()
    assert factory(*audit, "store").code in (0, 1)
    assert all(given[prompt] for prompt in accepted.values())
