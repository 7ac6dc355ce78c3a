"""How the interpreter spends its time while a run makes calls: on its event loop, not on looking for garbage."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

_Result = TypeVar("_Result")

# New objects before a collection, and how many collections of the young make one of the older. The default (700, 10, 10) has
# the collector walk over every object of a run several times a second; a call leaves no cycles behind to speak of.
_COLLECT_AFTER: Final = (10_000, 20, 50)


def hold_collector() -> None:
    """No collection until a run goes: starting up makes half a million objects, all of which stay, and each collection on the
    way walks over those there are. A third of the CPU of starting. Nor any as the process ends, where the interpreter would
    look through all of them several times more: a quarter of what is left.
    """
    gc.disable()
    atexit.register(gc.freeze)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """What was imported and loaded so far is never collected, the rest seldom; as before afterwards.

    Measured by `scripts/bench_calls.py`: a sixth of the CPU of a call.
    """
    thresholds = gc.get_threshold()
    # Not collected first: a walk over everything that is imported takes as long as two hundred calls.
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def leave(code: int) -> None:
    """End the process here and now, with this exit code, where a sentence model was loaded or is being loaded; else return.

    Its thread may be in the middle of importing torch. An interpreter that is taken down then crashes now and then, and one
    that waited for it, or that takes torch down once it is there, spends seconds after the last word was said. Nothing is
    lost: the store is closed and no file of ours is open by the time a command has ended.
    """
    embedding: Any = sys.modules.get("factory.similarity.embedder")
    if embedding is None or not embedding.LateEmbedder.begun:
        return
    for stream in (sys.stdout, sys.stderr):
        # Its reader may be gone.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def run_in_loop(work: Coroutine[Any, Any, _Result]) -> _Result:
    """As `asyncio.run`, on uvloop where there is one: a tenth of the CPU of a call."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
