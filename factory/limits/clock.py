"""The time that limits run on: monotonic, so that a changed wall clock moves no pause and no cap."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Clock:
    """now: seconds since any fixed moment, never falling; sleep: waits that many seconds of the same time."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep
