"""Killable processes for graders whose work cannot be interrupted from within.

Each thread of a small executor owns one worker process, started on first use and reused; a request that runs past its time
costs its process, and the next request starts another. Workers end with this process: they stop when their input closes, and
a timer of their own ends one that is lost in a computation.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from factory.errors import FactoryError

_START_SECONDS = 120.0  # imports on a busy machine
_WORKERS = 2
# A worker reads text written by models: it is given no credentials, only what an interpreter needs to start.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")


class WorkerLost(Exception):
    """The worker ended before it answered: killed for its time, or crashed. The message says which."""


class WorkerLate(WorkerLost):
    """The worker was killed for its time."""


class Worker:
    """One process that answers a JSON line with a JSON line. Not thread-safe: one owner at a time."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._process: subprocess.Popen[str] | None = None

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer. Raises WorkerLost when there is none within `seconds`, FactoryError when no worker can be started."""
        if self._process is None:
            self._start()
        try:
            return self._exchange(json.dumps({**request, "seconds": seconds}) + "\n", seconds)
        except WorkerLost:
            self.close()
            raise

    def close(self) -> None:
        """End the process, if there is one, and collect it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):  # a request the process did not live to read is still in the buffer
                    stream.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _start(self) -> None:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        # -P: the program's own folder stays off the import path, where its neighbours could pass for installed packages.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(self._program), "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | {"PYTHONHASHSEED": "0"},
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C drains the job; the grader must outlive the key press
        )
        try:
            self._exchange("", _START_SECONDS)
        except WorkerLost as lost:
            self.close()
            raise FactoryError(
                f"the grader's worker process did not start ({lost})",
                where=self._program.name,
                fix="Check that math-verify is installed for this Python: pip install math-verify",
            ) from None

    def _exchange(self, line: str, seconds: float) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            reply = process.stdout.readline()
        except (OSError, ValueError):
            reply = ""
        finally:
            timer.cancel()
        if late.is_set() or not reply.endswith("\n"):
            raise WorkerLate(f"no answer within {seconds:g} s") if late.is_set() else WorkerLost("it ended without an answer")
        answer: dict[str, Any] = json.loads(reply)
        return answer


class WorkerPool:
    """A few workers behind an executor: as many requests at once as there are workers, the others wait in line."""

    def __init__(self, program: Path, workers: int = _WORKERS) -> None:
        self._program = program
        self._own = threading.local()
        self._all: list[Worker] = []
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=f"grader-{program.stem}")
        atexit.register(self.close)

    async def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """As `Worker.ask`. The time does not include waiting for a free worker or starting one."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._ask, request, seconds)

    def close(self) -> None:
        """End every worker; the pool can be used again."""
        with self._lock:
            for worker in self._all:
                worker.close()

    def pids(self) -> tuple[int, ...]:
        """The processes now alive."""
        with self._lock:
            return tuple(worker.pid for worker in self._all if worker.pid is not None)

    def _ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        worker: Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = Worker(self._program)
            with self._lock:
                self._all.append(worker)
        try:
            return worker.ask(request, seconds)
        except WorkerLate:
            raise
        except WorkerLost:
            # Someone else may have ended an idle worker: only a request that ends a fresh one too is to blame.
            return worker.ask(request, seconds)
