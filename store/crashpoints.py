"""Named points at which a test can have this process killed, to prove that no kill loses or doubles anything.

`FACTORY_CRASH_AT=land.before_commit:3` sends SIGKILL to the process at its third passage of that point. Without the variable
there is no crash point at all.
"""

from __future__ import annotations

import os
import signal
from typing import Final

from factory.errors import BadInput

ENVIRONMENT_VARIABLE: Final = "FACTORY_CRASH_AT"

KINDS: Final = ("job", "attempt", "failure", "call", "land", "finish")

CRASH_POINTS: Final[tuple[str, ...]] = tuple(
    f"{kind}.{moment}" for kind in KINDS for moment in ("inside", "before_commit", "after_commit")
)
"""kind: creating a job, opening an attempt, recording a failed one of a call that goes on, journaling a call, landing a
candidate, finishing a job. inside: some rows of it written, not all; before_commit: all written; after_commit: durable, and its
caller does not know yet."""


class CrashPoint:
    """One armed point. name: of CRASH_POINTS; passage: the passage, from 1, at which the process dies."""

    def __init__(self, name: str, passage: int) -> None:
        self.name = name
        self._left = passage

    def passed(self, name: str) -> None:
        """Note a passage of `name`; does not return from the one that was asked for."""
        if name != self.name:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def armed() -> CrashPoint | None:
    """The point the environment asks for, None when it asks for none. Raises BadInput for a value that names no point."""
    value = os.environ.get(ENVIRONMENT_VARIABLE)
    if not value:
        return None
    name, _, passage = value.partition(":")
    if name not in CRASH_POINTS or not passage.isdecimal() or int(passage) < 1:
        raise BadInput(
            f"{value!r} is not NAME:N with N >= 1",
            where=f"environment variable {ENVIRONMENT_VARIABLE}",
            fix=f"Unset it, or use one of: {', '.join(CRASH_POINTS)}",
        )
    return CrashPoint(name, int(passage))
