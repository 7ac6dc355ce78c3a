"""The time that limits run on: monotonic, so that a changed wall clock moves no pause and no cap."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol


class Timer(Protocol):
    def cancel(self) -> object: ...


def _later(seconds: float, what: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, what)


@dataclass(frozen=True, slots=True)
class Clock:
    """now: seconds since any fixed moment, never falling; sleep: waits that many seconds of the same time; later: calls back
    after so many.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep
    later: Callable[[float, Callable[[], None]], Timer] = _later
