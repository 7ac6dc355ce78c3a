"""The embedder, loaded and used once in a process of its own: loading takes seconds, and only a process can be given up."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from typing import Any, Final

from factory.errors import FactoryError
from scripts.doctor.diagnosis import Diagnosis, Level

DEADLINE_S: Final = 60.0
# Unit vectors in 32-bit floats.
_NORM_ERROR: Final = 1e-3


async def check(name: str) -> Diagnosis:
    """Installed, its weights the expected ones, one text embedded. Fetches nothing."""
    path = [entry or "." for entry in sys.path]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.doctor.embedding",
        name,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "HF_HUB_OFFLINE": "1"},
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            told, _ = await process.communicate()
    except TimeoutError:
        fix = "Try again when the machine is less busy; a run waits for it however long it takes"
        return Diagnosis("embedder", name, Level.WARN, f"it did not load within {DEADLINE_S:g} s", fix)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return judged(name, told)


def judged(name: str, told: bytes) -> Diagnosis:
    """What the child process said, b"" when it died without a word."""
    try:
        facts: dict[str, Any] = json.loads(told)
    except ValueError:
        fix = "Reinstall torch and sentence-transformers: pip install --force-reinstall torch sentence-transformers"
        return Diagnosis("embedder", name, Level.FAIL, "the process that loads it died", fix)
    if "problem" in facts:
        return Diagnosis("embedder", name, Level.FAIL, facts["problem"], facts["fix"])
    what = (
        f"{facts['name']}, weights verified by digest, one text embedded in {facts['dimension']} dimensions, loaded in "
        f"{facts['load_s']:.1f} s; torch uses {facts['threads']} thread(s)"
    )
    if abs(facts["norm"] - 1) > _NORM_ERROR or facts["shape"] != [1, facts["dimension"]]:
        what = f"{facts['name']} gives a vector of shape {facts['shape']} and norm {facts['norm']:.4f}"
        fix = "It must give unit vectors: name another model under `embedder:` in the spec"
        return Diagnosis("embedder", name, Level.FAIL, what, fix, facts=facts)
    return Diagnosis("embedder", name, Level.OK, what, facts=facts)


def tried(name: str) -> dict[str, Any]:
    """Load the embedder and embed one text, in this process."""
    from factory.similarity.embedder import load_embedder

    began = time.monotonic()
    try:
        embedder = load_embedder(name)
        vectors = embedder.embed(["Twelve vials at 2.5 mL each make 30 mL."])
    except FactoryError as error:
        return {"problem": error.what, "fix": error.fix or ""}
    import torch

    return {
        "name": embedder.name,
        "dimension": embedder.dimension,
        "shape": list(vectors.shape),
        "norm": float((vectors[0] ** 2).sum() ** 0.5),
        "load_s": round(time.monotonic() - began, 3),
        "threads": torch.get_num_threads(),
    }


if __name__ == "__main__":
    from scripts.console import say_json

    say_json(tried(sys.argv[1]))
