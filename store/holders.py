"""Who holds a lease, and whether that process still lives.

On Linux a process is known by host name, boot id, pid name space, pid and start time, so a reused pid, a reboot or another
container is never taken for the holder. Elsewhere only host name and pid are known: a holder whose pid is gone is dead, any
other counts as alive until its lease expires.
"""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from pathlib import Path

from factory.ports import Holder

_PROC = Path("/proc")


def this_process() -> Holder:
    """This process as a lease's holder."""
    pid = os.getpid()
    return Holder(host=_this_host(), pid=pid, started=_start_time(pid) or "")


def is_dead(holder: Holder) -> bool:
    """Whether the holder is certainly gone. False for a process of another host, boot or container: it cannot be seen."""
    if holder.host != _this_host():
        return False
    if not has_boot_id(holder):
        return not _pid_exists(holder.pid)
    return _start_time(holder.pid) != holder.started


def has_boot_id(holder: Holder) -> bool:
    """Whether the holder's host names one boot, so that monotonic clocks of equal hosts can be compared."""
    return "/" in holder.host


def host_name(holder: Holder) -> str:
    """The host as a person knows it."""
    return holder.host.partition("/")[0]


def monotonic() -> float:
    """Seconds since this host's boot, the same clock for all its processes; no jump of the wall clock moves it."""
    return time.monotonic()


def wall() -> float:
    """Unix seconds."""
    return time.time()


@cache
def _this_host() -> str:
    name = socket.gethostname()
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        pid_space = os.readlink(_PROC / "self/ns/pid")  # noqa: PTH115  a link to no path: pid:[4026531836]
    except OSError:
        return name
    return f"{name}/{boot}/{pid_space}"


def _start_time(pid: int) -> str | None:
    """When the process started, in clock ticks since boot (proc(5), stat field 22); None when there is no such process, or
    only its corpse, waiting for its parent (state Z or X)."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # Field 2, the command, may hold spaces and parentheses; the fields after it follow the last closing one.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _pid_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
