"""What starting a run loads: what it does not use would be paid for by every run. Figures: `scripts/bench_calls.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import PHARMACY, ROOT

ALL = ("alembic", "mako", "numpy.ma", "openai", "anthropic", "aiohttp", "pyarrow", "scipy", "sentence_transformers", "torch")
SHOWN = ("rich", "factory.forecast", "scripts.live", "scripts.preflight")
NOT_SQLITE = ("sqlalchemy.dialects.mysql", "sqlalchemy.dialects.postgresql")
NO_NOVELTY = ("datasketch", "factory.similarity.corpus", "factory.similarity.index")
REHEARSAL = ("recipes.ground_truth.rehearsal.author", "recipes.ground_truth.rehearsal.reader")
# `factory`, which ends with the names of all modules that were imported by then.
PROGRAM = """
import atexit, sys
from scripts.cli import main
atexit.register(lambda: print("LOADED", *sys.modules, file=sys.stderr))
main()
"""
MEMBER = "{{model: {0}/{0}-test, family: {0}, base_url: 'http://127.0.0.1:9', max_tokens: 99, price: {{input: 1, output: 4}}}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a spec that embeds nothing, and a cast of real models."""
    without = "\nwithout: [novelty, counter, realism, gameability]\n"
    gates = "gates: {difficulty: {design: fixed, k: 1, confirm: 1, pass_at: [1], frontier_calls: 2, frontier_votes: 1}}\n"
    (tmp_path / "spec.yaml").write_text(PHARMACY.read_text() + without + gates)
    author, oracle = MEMBER.format("openai"), MEMBER.format("anthropic")
    solver = author.replace("openai-test, family: openai", "other-test, family: other")
    (tmp_path / "cast.yaml").write_text(f"author: {author}\noracle: {oracle}\nsolvers: [{solver}]\n")
    return tmp_path


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The modules that `factory run` of the spec imports in a process of its own."""
    keys = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), "sk-none-0123456789")
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", "spec.yaml", *arguments, "--attempts", "1", "--json", "--store", "s.db"],
        cwd=folder,
        env={**os.environ, **keys, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return set(ran.stderr.rpartition("LOADED")[2].split())


def needless(modules: set[str], *names: str) -> list[str]:
    return [name for name in names if name in modules]


def test_a_run_loads_nothing_that_it_does_not_use(folder: Path) -> None:
    modules = loaded(folder, "--cast", "rehearsal")
    assert {"store.store", "gates.difficulty", "jinja2", *REHEARSAL} <= modules, "the list is not of what was loaded"
    assert needless(modules, *ALL, *SHOWN, *NOT_SQLITE, *NO_NOVELTY) == []


def test_a_cast_of_real_models_loads_no_rehearsal_and_a_dry_run_no_sdk(folder: Path) -> None:
    modules = loaded(folder, "--cast", "cast.yaml", "--dry-run")
    assert {"recipes.ground_truth.recipe", "factory.forecast"} <= modules, "the list is not of what was loaded"
    assert needless(modules, *ALL, *NOT_SQLITE, *NO_NOVELTY, *REHEARSAL, "recipes.ground_truth.planters") == []
