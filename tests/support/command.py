"""The `factory` command in a process of its own, against a model server in another: what a user does, and what can go wrong.

As a program (`python -m tests.support.command ...`) it is the command itself with an embedder that loads at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from factory import config
from factory.types import Cast
from recipes import load_shipped
from store import SqlStore, open_store
from tests.support.driver import outcome
from tests.support.wire import served, wired

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-planted-over-the-wire-0123456789"
KEYS = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
RECIPE = load_shipped("ground_truth")
SPEC = RECIPE.folder / "specs" / "pharmacy.yaml"
REHEARSAL = config.load_cast("rehearsal", RECIPE.casts).cast
SEED = "7"


def server_config(log: Path, **more: Any) -> dict[str, Any]:
    """Of a `ServerProcess` that plays the shipped rehearsal cast and accepts one key."""
    players = "recipes.ground_truth.rehearsal:roles"
    return {"players": players, "models": served(REHEARSAL), "log": str(log), "key": KEY, **more}


@dataclass
class Desk:
    """A folder with a cast, a store and the command. environment: on top of this process's, without its keys."""

    folder: Path
    base_url: Callable[[str], str]
    environment: Mapping[str, str] = field(default_factory=lambda: KEYS)
    fields: Mapping[str, Any] = field(default_factory=dict)
    spec: Path = SPEC

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.write_cast(wired(REHEARSAL, self.base_url, **self.fields))

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 's.db'}"

    def write_cast(self, cast: Cast) -> None:
        keys = {"judge": "judges", "solver": "solvers"}
        seats = {
            keys.get(role.value, role.value): [member.model_dump(mode="json", exclude_defaults=True) for member in members]
            for role, members in cast.members.items()
        }
        seats["author"] = seats["author"][0]  # type: ignore[assignment]
        (self.folder / "cast.yaml").write_text(yaml.safe_dump({**seats, "allow_related": cast.allow_related}))

    def run(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return self.spawn("run", str(self.spec), "--cast", str(self.folder / "cast.yaml"), "--seed", SEED, *arguments, **more)

    def resume(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return self.spawn("resume", self.job(), *arguments, **more)

    def spawn(self, *arguments: str, crash_at: str = "", environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        given = {**os.environ, **(self.environment if environment is None else environment)}
        given |= {"PYTHONPATH": str(ROOT), "FACTORY_STORE": self.url, "FACTORY_CRASH_AT": crash_at}
        command = [sys.executable, "-m", "tests.support.command", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=given, stdout=pipe, stderr=pipe, text=True)

    def open(self) -> SqlStore:
        return open_store(self.url)

    def job(self) -> str:
        store = self.open()
        try:
            return store.jobs()[-1].id
        finally:
            store.close()

    def outcome(self) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
        store = self.open()
        try:
            return outcome(store, store.jobs()[-1].id)
        finally:
            store.close()

    def exported(self) -> dict[str, bytes]:
        """The files of an export of every state, but the manifest, which holds run ids and clock times."""
        out = self.folder / "out"
        states = [part for state in ("accepted", "held", "rejected", "errored") for part in ("--state", state)]
        told = ended(self.spawn("export", "--to", "jsonl", "--out", str(out), *states))
        assert told.code == 0, told.err
        return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.name != "manifest.json"}


@dataclass(frozen=True)
class Ended:
    """How a process ended. seconds: how long that was waited for."""

    code: int
    out: str
    err: str
    seconds: float


def ended(process: subprocess.Popen[str], timeout_s: float = 120) -> Ended:
    began = time.monotonic()
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it did not end:\n{out}\n{err}") from None
    return Ended(process.returncode, out, err, time.monotonic() - began)


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str], timeout_s: float = 60) -> None:
    """Return when it holds, or when the process has ended."""
    deadline = time.monotonic() + timeout_s
    while not holds() and process.poll() is None:
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.005)


def main() -> None:
    from scripts import assembly, cli
    from tests.support.embedder import TrigramEmbedder

    setattr(assembly, "load_embedder", lambda name: TrigramEmbedder())  # noqa: B010
    cli.main()


if __name__ == "__main__":
    main()
