"""The one way anything reaches a terminal: whatever a model or a file wrote is made inert first."""

from __future__ import annotations

import re
import sys
from typing import IO, TYPE_CHECKING, Any

# A command that prints JSON does without rich, 25 ms of CPU.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# CSI and OSC and the other escape sequences, then every C0 and C1 control but tab and newline, then the bidirectional
# overrides and isolates that can make a line read otherwise than it is (CVE-2021-42574).
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x1b\\|\x07|$)|\x1b.", re.S)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The text without terminal escapes, control characters (tab and newline stay) and bidirectional overrides."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def say(text: str = "", *, style: str | None = None, to: IO[str] | None = None) -> None:
    """A line for a person, on standard output unless told."""
    from rich.text import Text

    _console(to).print(Text(clean(text), style=style or ""), soft_wrap=True)


def complain(text: str) -> None:
    """An error or a warning, on standard error."""
    say(text, to=sys.stderr)


def say_json(value: Any) -> None:
    """A value for a program: JSON escapes every control character, so nothing needs cleaning."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=2) + "\n")


def show(renderable: Any, *, to: IO[str] | None = None) -> None:
    """A rich table or panel whose every text came through `clean`, on standard output unless told."""
    _console(to).print(renderable)


def plain_table() -> Table:
    """A table without lines, still to be given its columns and rows."""
    from rich.table import Table

    return Table(box=None, pad_edge=False)


def latency(seconds: float | None) -> str:
    """For people, "-" where there is none yet."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def say_json_line(value: Any) -> None:
    """A value of a stream for a program, on a line of its own."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")


def is_terminal() -> bool:
    return sys.stdout.isatty()


def _console(to: IO[str] | None) -> Console:
    from rich.console import Console

    # Rich takes 80 columns when there is no terminal; plain lines must not be folded at a guess.
    stream = to or sys.stdout
    return Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else 160)
