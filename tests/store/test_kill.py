"""kill -9 at any moment loses nothing that was acknowledged and leaves nothing half-written."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from factory.errors import BadInput
from factory.ports import JobState, Money
from store import CRASH_POINTS, open_store
from tests.store.making import a_landing
from tests.store.small_job import ATTEMPTS, FAILED_COST, OK_COST, RESERVED, SAMPLES

ROOT = Path(__file__).resolve().parents[2]
COUNT = 6


class Run:
    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/factory.db"
        self.log = folder / "log"
        self.file = folder / "factory.db"

    def start(self, count: int, crash_at: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.store.small_job", self.url, str(self.log), str(count)]
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "FACTORY_CRASH_AT": crash_at})

    def noted(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def count(self, what: str) -> int:
        return sum(kind == what for kind, *_ in self.noted())

    def check(self) -> tuple[int, int]:
        """Everything noted is there, whole and once; returns how many calls and landings the store holds."""
        raw = sqlite3.connect(self.file)
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        calls = raw.execute("SELECT idx, sample FROM calls").fetchall()
        attempts = raw.execute("SELECT count(*) FROM call_attempts").fetchone()[0]
        landed = [index for (index,) in raw.execute("SELECT idx FROM candidates ORDER BY idx")]
        counted = raw.execute("SELECT coalesce(sum(landed), 0) FROM jobs").fetchone()[0]
        still_open = raw.execute("SELECT idx, sample FROM open_attempts").fetchall()
        failed = raw.execute("SELECT idx, sample FROM failed_attempts").fetchall()
        charged = raw.execute("SELECT coalesce(sum(charged_nano_usd), 0) FROM jobs").fetchone()[0]
        left, on_record = raw.execute("SELECT count(*), coalesce(sum(cost_nano_usd), 0) FROM unjournaled_attempts").fetchone()
        raw.close()
        # Each opening ended in one of four places, and in no two.
        assert not (set(still_open) | set(failed)) & set(calls)
        openings = len(ATTEMPTS) * len(calls) + len(still_open) + len(failed) + left
        assert self.count("opened") <= openings <= self.count("opening")
        assert on_record == charged
        assert {(int(i), int(s)) for kind, *rest in self.noted() if kind == "call" for i, s in [rest]} <= set(calls)
        assert {int(rest[0]) for kind, *rest in self.noted() if kind == "land"} <= set(landed)
        assert landed == list(range(len(landed))) and counted == len(landed)
        assert attempts == len(ATTEMPTS) * len(calls)
        store = open_store(self.url)
        for index in landed:
            candidate = a_landing(index).candidate
            assert store.candidate(candidate.id) == candidate
            assert store.verify(candidate.id) == []
        if counted:
            assert store.snapshot("job-a").gates[0]["checked"] == counted
            assert store.snapshot("job-a").calls_by_role == {"solver": len(calls)}
            spent = (FAILED_COST + OK_COST) * len(calls) + FAILED_COST * len(failed) + charged
            assert store.money("job-a") == Money(spent, RESERVED * len(still_open), None)
        store.close()
        return len(calls), len(landed)

    def finish(self, count: int) -> None:
        assert self.start(count).wait(timeout=60) == 0
        assert self.check() == (count * SAMPLES, count)
        store = open_store(self.url)
        assert store.job("job-a").state is JobState.DONE
        assert store.money("job-a").reserved_nano_usd == 0
        assert [call.response for call in store.calls("job-a", 0)] == [f'"0.{n}"'.encode() for n in range(SAMPLES)]
        store.close()


def test_a_writer_killed_again_and_again_loses_nothing_and_ends_whole(tmp_path: Path) -> None:
    run, rng, kills, count = Run(tmp_path), random.Random(3), 0, 3000
    while kills < 12:
        before = len(run.noted())
        process = run.start(count)
        while len(run.noted()) <= before and process.poll() is None:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.12))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the job ended before it was killed often enough"
        kills += 1
        run.check()
    assert int(run.noted()[-1][1]) > 0
    epochs = [int(rest[0]) for kind, *rest in run.noted() if kind == "epoch"]
    assert epochs == sorted(set(epochs)) and len(epochs) >= kills
    _, landed = run.check()
    run.finish(landed + 5)


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_crash_at_a_named_point_is_all_or_nothing(tmp_path: Path, point: str) -> None:
    run = Run(tmp_path)
    kind, moment = point.split(".")
    earlier = 2 * SAMPLES
    passages = {"job": 1, "finish": 1, "attempt": 2 * earlier + 1, "failure": earlier + 1, "call": earlier + 1, "land": 3}
    passage = passages[kind]
    assert run.start(COUNT, f"{point}:{passage}").wait(timeout=60) == -signal.SIGKILL
    calls, landed = run.check()
    if kind == "land":
        assert (calls, landed) == (3 * SAMPLES, 3 if moment == "after_commit" else 2)
    elif kind == "attempt":
        assert (calls, landed) == (2 * SAMPLES, 2)
        store = open_store(run.url)
        assert (store.money("job-a").reserved_nano_usd > 0) == (moment == "after_commit")
        store.close()
    elif kind == "failure":
        assert (calls, landed) == (2 * SAMPLES, 2)
        store = open_store(run.url)
        assert (store.money("job-a").spent_nano_usd > calls * (FAILED_COST + OK_COST)) == (moment == "after_commit")
        store.close()
    elif kind == "call":
        assert landed == 2 and (calls > 2 * SAMPLES) == (moment == "after_commit")
    elif kind == "finish":
        assert (calls, landed) == (COUNT * SAMPLES, COUNT)
    run.finish(COUNT)


@pytest.mark.parametrize("value", ["land", "land.before_commit", "land.before_commit:0", "land.sometime:1", "land.inside:x"])
def test_a_crash_point_that_does_not_exist_is_refused(url: str, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FACTORY_CRASH_AT", value)
    with pytest.raises(BadInput, match="FACTORY_CRASH_AT"):
        open_store(url)
