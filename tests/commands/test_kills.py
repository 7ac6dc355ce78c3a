"""kill -9 of a real `factory run --budget` over a real server: what the server bills stays below the cap and below the ledger,
and once the cap is raised the set is that of an undisturbed run.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.command import Desk, Process, ended, server_config, wait_until
from tests.support.model_server import ServerProcess
from tests.support.wire import answers, billed_nano

ATTEMPTS, CONCURRENCY, ENDPOINTS = 24, 4, 2
# USD. A kill is charged with what was in flight: four authors' calls at $0.008, say. ENOUGH is left for the rest of a stretch
# that ends at its cap, and is less than the rest of the run costs.
CAP_PER_KILL, ENOUGH = 0.05, 0.02
TARGET = ("--attempts", str(ATTEMPTS), "--concurrency", str(CONCURRENCY))
DELAY_MS = 60


@dataclass
class Killed:
    """A desk whose command gets killed. lost: calls that were answered and not journaled, kill by kill."""

    desk: Desk
    log: Path
    cap: float
    lost: list[int] = field(default_factory=list)

    def go_on(self, *arguments: str, crash_at: str = "") -> Process:
        if (self.desk.folder / "s.db").exists():
            return self.desk.resume("--concurrency", str(CONCURRENCY), *arguments, crash_at=crash_at)
        return self.desk.run(*TARGET, "--budget", str(self.cap), *arguments, crash_at=crash_at)

    def kill_after(self, answered: int, wait_s: float) -> None:
        """Start or resume, kill it some time after so many further answers, and look at the books."""
        before = len(answers(self.log))
        process = self.go_on()
        wait_until(lambda: len(answers(self.log)) >= before + answered, process)
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        told = ended(process)
        assert told.code == -signal.SIGKILL, told
        self.look()

    def look(self) -> None:
        """Right after a kill: what was in flight, what it has cost, and what the ledger says."""
        # The server bills what was in flight when its client died.
        time.sleep(2 * DELAY_MS / 1000)
        store = self.desk.open()
        job = store.jobs()[-1].id
        money = store.money(job)
        journaled = {call.key for index in range(ATTEMPTS) for call in store.calls(job, index)}
        store.close()
        in_flight = self.open_attempts()
        assert in_flight <= CONCURRENCY * ENDPOINTS
        assert billed_nano(self.log) <= money.spent_nano_usd + money.reserved_nano_usd <= self.cap * 10**9
        paid = Counter(entry["key"] for entry in answers(self.log))
        lost = sum(paid.values()) - len(journaled & paid.keys()) - sum(self.lost)
        assert 0 <= lost <= in_flight
        self.lost.append(lost)

    def open_attempts(self) -> int:
        raw = sqlite3.connect(self.desk.folder / "s.db")
        found = raw.execute("SELECT count(*) FROM open_attempts").fetchone()[0]
        raw.close()
        return int(found)

    def paid_twice(self) -> int:
        return sum(count - 1 for count in Counter(entry["key"] for entry in answers(self.log)).values())

    def stops_at_its_cap(self, *, used: float = 0.0) -> None:
        """used: at least this share of the cap is on the ledger by then, and in any case all but less than one more call."""
        store = self.desk.open()
        before = store.money(self.desk.job())
        store.close()
        # What was reserved is charged in full by whoever takes the job next.
        self.cap = round((before.spent_nano_usd + before.reserved_nano_usd) / 10**9 + ENOUGH, 6)
        stopped = ended(self.go_on("--budget", str(self.cap)))
        assert stopped.code == 3, stopped.err
        store = self.desk.open()
        money = store.money(self.desk.job())
        calls = [call for index in range(ATTEMPTS) for call in store.calls(self.desk.job(), index)]
        unjournaled = store.unjournaled_attempts(self.desk.job())
        store.close()
        cap = round(self.cap * 10**9)
        assert billed_nano(self.log) <= money.spent_nano_usd <= cap and money.reserved_nano_usd == 0
        # The call that was refused may have been a little longer than any that was made.
        dearest = 1.25 * max(attempt.reserved_nano_usd for call in calls for attempt in call.attempts)
        assert money.spent_nano_usd > cap - dearest and money.spent_nano_usd >= used * cap
        # Every nano-dollar of the ledger is an attempt's that is on record.
        journaled = sum(attempt.cost_nano_usd for call in calls for attempt in call.attempts)
        assert money.spent_nano_usd == journaled + sum(each.attempt.cost_nano_usd for each in unjournaled)
        assert money.spent_nano_usd >= before.spent_nano_usd + before.reserved_nano_usd

    def ends_as(self, undisturbed: Desk) -> None:
        """With a larger cap it goes on and comes to the same end."""
        done = ended(self.go_on("--budget", "5"))
        assert done.code == 0, done.err
        assert self.desk.outcome() == undisturbed.outcome() and self.desk.exported() == undisturbed.exported()
        assert self.paid_twice() <= sum(self.lost)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("undisturbed")
    with ServerProcess(server_config(folder / "log", usage_spread=0.5)) as server:
        desk = Desk(folder / "desk", server.base_url)
        told = ended(desk.run(*TARGET, "--budget", "5"))
        assert told.code == 0, told.err
    return desk


# Turned away: what such an attempt reserved is free again at once, on record as in memory. The next seldom waits long.
REJECTING = {"rate_limit": 0.3}


@pytest.mark.parametrize(
    ("kills", "rates"),
    [(3, REJECTING), pytest.param(10, {}, marks=pytest.mark.slow), pytest.param(10, REJECTING, marks=pytest.mark.slow)],
)
def test_killed_at_random_moments_it_never_overspends(
    kills: int, rates: dict[str, float], tmp_path: Path, undisturbed: Desk
) -> None:
    chance, log = random.Random(20261122 + kills), tmp_path / "log"
    with ServerProcess(server_config(log, usage_spread=0.5, delay_ms=[0, DELAY_MS], rates=rates)) as server:
        victim = Killed(Desk(tmp_path / "desk", server.base_url), log, kills * CAP_PER_KILL)
        for _ in range(kills):
            victim.kill_after(chance.randrange(1, 6), chance.uniform(0, 0.1))
        assert sum(victim.lost) > 0
        # With ten kills the cap is so large that one call more is less than three hundredths of it.
        victim.stops_at_its_cap(used=0.97 if kills == 10 and not rates else 0.0)
        victim.ends_as(undisturbed)


SLOW = [
    pytest.param(point, marks=pytest.mark.slow) for point in ("attempt.inside", "attempt.before_commit", "call.before_commit")
]


@pytest.mark.parametrize("point", ["attempt.after_commit", *SLOW])
def test_killed_while_money_moves(point: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with ServerProcess(server_config(log, usage_spread=0.5, delay_ms=[0, DELAY_MS])) as server:
        victim = Killed(Desk(tmp_path / "desk", server.base_url), log, CAP_PER_KILL)
        assert ended(victim.go_on(crash_at=f"{point}:9")).code == -signal.SIGKILL
        victim.look()
        victim.stops_at_its_cap()
