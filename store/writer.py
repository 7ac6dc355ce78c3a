"""The one thread that writes, and the queue before it.

While a transaction commits, further operations queue up; the next transaction takes them all. So the price of a commit is
shared by whoever waits, and nobody waits longer for it than one commit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from factory.errors import FactoryError
from factory.ports import Lease
from store.crashpoints import CrashPoint
from store.group import Bulks, Group, Outcome
from store.operations import Operation

# Operations per transaction: enough to share a commit's price, few enough that it stays a few milliseconds.
_GROUP: Final = 512
# How long a transaction waits for company, when the one before it had some.
_LINGER_S: Final = 0.001


@dataclass(slots=True)
class _Waiting:
    operation: Operation
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Lease | None]


_Settled = tuple[_Waiting, Outcome]


class Writer:
    """Runs operations in the order they were submitted. explain: the database's error as a FactoryError.

    committed counts the transactions so far, for tests and benchmarks.
    """

    def __init__(self, engine: Engine, explain: Callable[[DBAPIError], FactoryError], crash: CrashPoint | None) -> None:
        self._engine = engine
        self._explain = explain
        self._crash = crash
        self._bulks = Bulks()
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self.committed = 0

    def submit(self, operation: Operation) -> asyncio.Future[Lease | None]:
        """A future of the running loop: done when the operation is durable, or failed and nothing of it written."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Lease | None] = loop.create_future()
        with self._changed:
            if self._closing:
                raise FactoryError("the store is closed")
            self._queue.append(_Waiting(operation, loop, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
                self._thread.start()
            self._changed.notify()
        return future

    def close(self) -> None:
        """Write what was submitted, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self._engine.dispose()

    def _work(self) -> None:
        try:
            with self._engine.connect() as connection:
                company = 1
                while group := self._next_group(company):
                    company = len(group)
                    _tell(self._settle(connection, group))
        except BaseException as error:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """The thread cannot go on: whoever waits, or comes later, learns why."""
        why = self._explained(error) if isinstance(error, Exception) else FactoryError(f"the store's writer died: {error!r}")
        with self._changed:
            self._closing = True
            waiting = list(self._queue)
            self._queue.clear()
        _tell([(each, why) for each in waiting])

    def _next_group(self, company: int) -> list[_Waiting]:
        """The next operations, none when closing. company: how many the last transaction had."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
        if company > 1 and not self._closing and len(self._queue) < company:
            time.sleep(_LINGER_S)
        with self._changed:
            group = list(islice(self._queue, _GROUP))
            for _ in group:
                self._queue.popleft()
        return group

    def _settle(self, connection: Connection, group: Sequence[_Waiting]) -> list[_Settled]:
        """Each operation's outcome: together if that works, else one by one, so that only a guilty one fails."""
        try:
            outcomes = self._transaction(connection, [waiting.operation for waiting in group])
        except Exception as error:
            if len(group) == 1 or _is_lock(error):
                return [(waiting, self._explained(error)) for waiting in group]
            return [settled for waiting in group for settled in self._settle(connection, [waiting])]
        return list(zip(group, outcomes, strict=True))

    def _transaction(self, connection: Connection, asked: Sequence[Operation]) -> list[Outcome]:
        with connection.begin():
            outcomes = Group(connection, self._bulks, self._crash).run(asked)
            self._pass(asked, "before_commit")
        self._pass(asked, "after_commit")
        self.committed += 1
        return outcomes

    def _pass(self, asked: Sequence[Operation], moment: str) -> None:
        if self._crash is not None:
            for operation in asked:
                self._crash.passed(f"{operation.kind}.{moment}")

    def _explained(self, error: Exception) -> Exception:
        return self._explain(error) if isinstance(error, DBAPIError) else error


def _is_lock(error: Exception) -> bool:
    """A lock that could not be had is nobody's guilt, and waiting for it again for each one would take minutes."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorname", "") == "SQLITE_BUSY"


def _tell(settled: Sequence[_Settled]) -> None:
    """Wake the waiting, one call per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Settled]] = {}
    for each in settled:
        by_loop.setdefault(each[0].loop, []).append(each)
    for loop, its in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, its)
        except RuntimeError:
            # The loop is closed: nobody waits any more, and what was committed stays.
            continue


def _resolve(settled: Sequence[_Settled]) -> None:
    for waiting, outcome in settled:
        if waiting.future.done():
            continue
        if isinstance(outcome, Exception):
            waiting.future.set_exception(outcome)
        else:
            waiting.future.set_result(outcome)
