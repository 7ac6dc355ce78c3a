"""A line whose gates compare nothing loads no embedder, and fails loudly where one compares after all."""

from __future__ import annotations

import pytest

from factory.errors import FactoryError
from factory.similarity.unread import NO_EMBEDDER, UnreadCorpus
from recipes import load_shipped
from scripts.assembly import prepare


def test_without_novelty_no_embedder_is_loaded(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def refuse(name: str) -> None:
        raise AssertionError("an embedder was loaded")

    monkeypatch.setattr("scripts.assembly.load_embedder", refuse)
    folder = load_shipped("ground_truth").folder / "specs"
    spec = tmp_path / "spec.yaml"
    text = (folder / "pharmacy.yaml").read_text()
    spec.write_text(text)
    with pytest.raises(AssertionError):
        prepare(str(spec), "rehearsal")
    spec.write_text(text + "\nwithout: [novelty]\n")
    assert prepare(str(spec), "rehearsal").embedder is NO_EMBEDDER


async def test_a_corpus_nobody_reads_keeps_nothing_and_answers_nobody() -> None:
    corpus = UnreadCorpus()
    entry = await corpus.admit("c-1", "a text", template="c-1", index=0)
    assert (entry.id, entry.text, entry.vector) == ("c-1", "a text", b"")
    with pytest.raises(FactoryError, match="LandingGate"):
        await corpus.at(None).neighbours("a text")
    with pytest.raises(FactoryError, match="LandingGate"):
        NO_EMBEDDER.embed(["a text"])
