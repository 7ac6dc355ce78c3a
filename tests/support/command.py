"""The `factory` command in a process of its own, against a model server in another: what a user does, and what can go wrong.

As a program (`python -m tests.support.command ...`) it is the command itself with an embedder that loads at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
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
# The shipped spec with a small panel's work: what happens between the calls is the same.
SPEC = (
    (RECIPE.folder / "specs" / "pharmacy.yaml").read_text()
    + """
gates: {difficulty: {design: fixed, k: 1, confirm: 1, pass_at: [1], frontier_calls: 2, frontier_votes: 1}}
"""
)
REHEARSAL = config.load_cast("rehearsal", RECIPE.casts).cast
SEED = "7"
QUICK = ("-m", "tests.support.command")
REAL = ("-c", "from scripts.cli import main; main()")
"""What Python is given to run the command: with an embedder that loads at once, and as it is."""


def server_config(log: Path, **more: Any) -> dict[str, Any]:
    """Of a `ServerProcess` that plays the shipped rehearsal cast and accepts one key."""
    players = "recipes.ground_truth.rehearsal:roles"
    return {"players": players, "models": served(REHEARSAL), "log": str(log), "key": KEY, **more}


def complaints(err: str) -> list[str]:
    """What a command complained of: its lines on standard error but for the estimate that a run begins with."""
    return [line for line in err.strip().splitlines() if line.startswith("factory:") or "Traceback" in line]


class Process(subprocess.Popen[str]):
    """began: monotonic seconds."""

    def __init__(self, command: list[str], **options: Any) -> None:
        self.began = time.monotonic()
        super().__init__(command, text=True, **options)


@dataclass
class Desk:
    """A folder with a spec, a cast, a store and the command. environment: on top of this process's; fields: of every member;
    program: QUICK, REAL or one like them.
    """

    folder: Path
    base_url: Callable[[str], str]
    environment: Mapping[str, str] = field(default_factory=lambda: KEYS)
    fields: Mapping[str, Any] = field(default_factory=dict)
    spec: str = SPEC
    program: tuple[str, ...] = QUICK

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "spec.yaml").write_text(self.spec)
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
        for single in ("author", "critic"):
            seats[single] = seats[single][0]  # type: ignore[assignment]
        (self.folder / "cast.yaml").write_text(yaml.safe_dump({**seats, "allow_related": cast.allow_related}))

    def run(self, *arguments: str, **more: Any) -> Process:
        return self.spawn("run", "spec.yaml", "--cast", "cast.yaml", "--seed", SEED, *arguments, **more)

    def resume(self, *arguments: str, **more: Any) -> Process:
        return self.spawn("resume", self.job(), *arguments, **more)

    def spawn(self, *arguments: str, crash_at: str = "", environment: Mapping[str, str] | None = None) -> Process:
        given = {**os.environ, **(self.environment if environment is None else environment)}
        given |= {"PYTHONPATH": str(ROOT), "FACTORY_STORE": self.url, "FACTORY_CRASH_AT": crash_at}
        command = [sys.executable, *self.program, *arguments]
        pipe = subprocess.PIPE
        return Process(command, cwd=self.folder, env=given, stdout=pipe, stderr=pipe)

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
    """How a process ended. seconds: what a user with cores to spare would have waited for it: the time from its start, less
    that in which it was ready and other processes had the cores (`/proc/PID/schedstat`, Linux).
    """

    code: int
    out: str
    err: str
    seconds: float


def ended(process: Process, timeout_s: float = 300) -> Ended:
    with ThreadPoolExecutor(2) as readers:
        assert process.stdout is not None and process.stderr is not None
        out, err = readers.submit(process.stdout.read), readers.submit(process.stderr.read)
        overdue = threading.Timer(timeout_s, process.kill)
        overdue.start()
        # Not reaped yet, so that what the kernel knows of it can still be read.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.monotonic() - process.began - _kept_waiting_s(process.pid)
        late = not overdue.is_alive()
        overdue.cancel()
        told = Ended(process.wait(), out.result(), err.result(), seconds)
    process.stdout.close()
    process.stderr.close()
    assert not late, f"it did not end: {told}"
    return told


def _kept_waiting_s(pid: int) -> float:
    schedstat = Path(f"/proc/{pid}/schedstat")
    return int(schedstat.read_text().split()[1]) / 10**9 if schedstat.exists() else 0.0


def wait_until(holds: Callable[[], bool], process: Process, timeout_s: float = 120) -> None:
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
