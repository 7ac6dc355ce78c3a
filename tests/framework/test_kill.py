"""kill -9 at random moments and at every named crash point; then resume: the undisturbed set, and few calls paid twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from factory.errors import LeaseLost
from factory.ports import JobState, Policy
from gates.difficulty import Difficulty
from store import CRASH_POINTS, open_store
from tests.support.driver import Setup, outcome, resume, start

ROOT = Path(__file__).resolve().parents[2]
ATTEMPTS, CONCURRENCY, SOLVERS = 40, 8, 5
# A job is created and finished once; the other points are left to be passed a few times first.
PASSAGE = {"job": 1, "finish": 1}
# A pull has at most its whole confirmation in flight: every solver's declared calls side by side.
IN_FLIGHT = CONCURRENCY * SOLVERS * Difficulty().confirm


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 's.db'}")
    job, _ = asyncio.run(start(store, Setup(), Policy(attempts=ATTEMPTS)))
    found = outcome(store, job.id)
    store.close()
    return found


class Victim:
    """A run in a process of its own, with the sim's append-only log as the meter of what was paid.

    lost: kill by kill, how many calls were answered and are in no journal; just these may be paid a second time.
    """

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 's.db'}"
        self.log = folder / "sim.log"
        self.lost: list[int] = []

    def spawn(self, action: str, *arguments: str, crash_at: str | None = None, delay_ms: float = 6) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "FACTORY_SIM_LOG": str(self.log)}
        if crash_at is not None:
            environment["FACTORY_CRASH_AT"] = crash_at
        command = [sys.executable, "-m", "tests.support.driver", action, "--store", self.url, "--concurrency", str(CONCURRENCY)]
        command += ["--delay-ms", str(delay_ms), *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)

    def paid(self) -> Counter[str]:
        lines = self.log.read_bytes().splitlines() if self.log.exists() else []
        return Counter(orjson.loads(line)["key"] for line in lines)

    def paid_twice(self) -> int:
        return sum(count - 1 for count in self.paid().values())

    def count_lost(self) -> None:
        """To be asked once after each kill."""
        answered = sum(self.paid().values())
        lost = answered - len(self.journaled()) - sum(self.lost)
        assert 0 <= lost <= IN_FLIGHT
        self.lost.append(lost)

    def journaled(self) -> set[str]:
        store = open_store(self.url)
        try:
            return {call.key for job in store.jobs() for index in range(ATTEMPTS) for call in store.calls(job.id, index)}
        finally:
            store.close()

    def check_paid_twice(self) -> None:
        """At the end every answered call is journaled, and none was paid again that a kill had not lost."""
        assert self.journaled() == self.paid().keys()
        assert self.paid_twice() <= sum(self.lost)

    def wait_for_calls(self, more_than: int, victim: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while sum(self.paid().values()) <= more_than and victim.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)

    def finish(self) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
        last = self.spawn("resume", delay_ms=0)
        _, errors = last.communicate(timeout=120)
        assert last.returncode == 0, errors.decode()
        return self.landed()

    def landed(self) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
        store = open_store(self.url)
        found = outcome(store, store.jobs()[-1].id)
        store.close()
        return found


def test_killed_at_random_moments(tmp_path: Path, undisturbed: list[tuple[int, str, str, str, tuple[str, ...]]]) -> None:
    victim, kills, chance = Victim(tmp_path), 0, random.Random(20261122)
    action, arguments = "start", ["--attempts", str(ATTEMPTS)]
    for _ in range(30):
        process = victim.spawn(action, *arguments, delay_ms=40)
        victim.wait_for_calls(sum(victim.paid().values()), process)
        time.sleep(chance.uniform(0, 0.25))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(60)
        if process.returncode == 0:
            break
        victim.count_lost()
        action, arguments = "resume", []
        if kills == 12:
            break
    assert kills >= 10 and sum(victim.lost) > 0
    assert victim.finish() == undisturbed
    victim.check_paid_twice()


# A free model opens no reservation: tests/store kills at those points, with money at stake.
@pytest.mark.parametrize("point", [point for point in CRASH_POINTS if not point.startswith(("attempt.", "failure."))])
def test_killed_at_a_named_crash_point(
    point: str, tmp_path: Path, undisturbed: list[tuple[int, str, str, str, tuple[str, ...]]]
) -> None:
    victim = Victim(tmp_path)
    passage = PASSAGE.get(point.split(".", maxsplit=1)[0], 4)
    process = victim.spawn("start", "--attempts", str(ATTEMPTS), crash_at=f"{point}:{passage}")
    process.wait(60)
    assert process.returncode == -signal.SIGKILL, f"{point} was never passed"
    store = open_store(victim.url)
    begun = len(store.jobs()) > 0
    store.close()
    victim.count_lost()
    if not begun:
        # It died before the job was committed: there is nothing to resume, and starting again is not refused.
        again = victim.spawn("start", "--attempts", str(ATTEMPTS), delay_ms=0)
        again.communicate(timeout=120)
        assert again.returncode == 0
        assert victim.landed() == undisturbed
        return
    assert victim.finish() == undisturbed
    victim.check_paid_twice()


def test_of_two_resumes_at_once_one_works_and_the_other_is_refused(
    tmp_path: Path, undisturbed: list[tuple[int, str, str, str, tuple[str, ...]]]
) -> None:
    victim = Victim(tmp_path)
    process = victim.spawn("start", "--attempts", str(ATTEMPTS), delay_ms=40)
    victim.wait_for_calls(5, process)
    process.kill()
    process.wait(60)
    pair = [victim.spawn("resume", delay_ms=60) for _ in range(2)]
    errors = [process.communicate(timeout=120)[1].decode() for process in pair]
    codes = sorted(process.returncode for process in pair)
    assert codes == [0, 2], errors
    assert any("LeaseLost" in text for text in errors)
    assert victim.landed() == undisturbed


@pytest.mark.slow
def test_a_run_stopped_past_its_lease_writes_nothing_when_it_wakes(
    tmp_path: Path, undisturbed: list[tuple[int, str, str, str, tuple[str, ...]]]
) -> None:
    victim = Victim(tmp_path)
    process = victim.spawn("start", "--attempts", str(ATTEMPTS), "--lease-s", "0.5", delay_ms=30)
    try:
        victim.wait_for_calls(60, process)
        stop_between_writes(process, tmp_path / "s.db")
        time.sleep(0.6)
        store = open_store(victim.url)
        job = store.jobs()[-1]
        assert job.state is JobState.RUNNING and len(outcome(store, job.id)) < ATTEMPTS, "it was done before it was stopped"
        end = asyncio.run(resume(store, Setup(), job.id))
        assert end.state is JobState.DONE and outcome(store, job.id) == undisturbed
        store.close()
        before = dumped(tmp_path / "s.db")
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == LeaseLost.exit_code, err
    assert dumped(tmp_path / "s.db") == before, "it wrote although its lease was another's"


def stop_between_writes(process: subprocess.Popen[bytes], file: Path) -> None:
    """Stopped inside a transaction it would hold SQLite's one write lock, and nobody could go on in its place."""
    while True:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def dumped(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())
