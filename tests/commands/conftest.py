"""Running the `factory` command inside the test process, as a shell would see it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import assembly
from tests.support.embedder import TrigramEmbedder

ROOT = Path(__file__).resolve().parents[2]
PHARMACY = ROOT / "recipes" / "ground_truth" / "specs" / "pharmacy.yaml"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Factory = Callable[..., Result]


@pytest.fixture
def factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Factory:
    """The command, run in an empty folder with the default store there. A traceback fails the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACTORY_STORE", raising=False)

    def run(*arguments: str | Path) -> Result:
        from scripts.cli import run_command

        monkeypatch.setattr(sys, "argv", ["factory", *map(str, arguments)])
        try:
            run_command()
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 0 if exc.code is None else 1
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Result(code, told.out, told.err)

    return run


@pytest.fixture
def quick_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything but the sentence model itself is real; tests of that model do without this."""
    monkeypatch.setattr(assembly, "load_embedder", lambda name: TrigramEmbedder())
