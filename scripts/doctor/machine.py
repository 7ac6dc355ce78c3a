"""This machine: Python, cores and threads, the store, the disk it lies on."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from factory.errors import BadInput
from scripts.doctor.diagnosis import Diagnosis, Level, failed
from store import Health, examine

MIB: Final = 1024 * 1024
# A candidate with its receipts and calls takes some 50 to 150 kB, and the write-ahead log some 32 MB beside them.
LITTLE_BYTES: Final = 1024 * MIB
TOO_LITTLE_BYTES: Final = 100 * MIB
# Of the store's deadline, what its file check may take.
CHECKING_S: Final = 6.0


def threads() -> Diagnosis:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "1")
    facts = {"python": platform.python_version(), "cores": cores, "torch": _installed("torch"), "omp_num_threads": asked}
    what = f"Python {facts['python']}, {cores} cores, torch {facts['torch'] or 'not installed'} on {asked} thread(s) a text"
    if asked.strip() == "1":
        return Diagnosis("threads", "", Level.OK, what, facts=facts)
    fix = "Unset OMP_NUM_THREADS: many texts are embedded side by side, and each would take that many threads"
    return Diagnosis("threads", "", Level.WARN, what, fix, facts=facts)


def store(url: str) -> Diagnosis:
    """Changes nothing: an older store stays as it is, a missing one is not made."""
    try:
        health = examine(url, CHECKING_S)
    except BadInput as refused:
        return failed("store", url, refused)
    facts = {
        "path": str(health.path),
        "bytes": health.size,
        "schema": health.version,
        "schema_needed": health.needed,
        "jobs": health.jobs,
        "sound": None if health.damage is None else not health.damage,
        "writable": not health.unwritable,
    }
    level, what, fix = _judged(health)
    return Diagnosis("store", url, level, what, fix, facts=facts)


def _judged(health: Health) -> tuple[Level, str, str]:
    if health.version is None:
        return Level.OK, "there is none yet; the first `factory run` makes it", ""
    size = f"{health.size / MIB:.1f} MiB, schema {health.version}"
    if health.damage:
        fix = "Restore a copy of it; `sqlite3 FILE '.recover'` may save its rows"
        return Level.FAIL, f"{size}, and its file is damaged ({health.damage[0]})", fix
    if health.unwritable:
        return Level.FAIL, f"{size}, sound, but {health.unwritable}", "Change that, or name another store with --store"
    if health.version != health.needed:
        fix = "The next command migrates it; copy it first if an older version of the factory is still to read it"
        return Level.WARN, f"{size}, and this version uses schema {health.needed}", fix
    if health.damage is None:
        fix = f"Let `sqlite3 {health.path} 'PRAGMA integrity_check'` finish when there is time"
        return Level.WARN, f"{size}, {health.jobs} jobs, writable, but its check did not finish in {CHECKING_S:g} s", fix
    return Level.OK, f"{size}, {health.jobs} jobs, sound, writable", ""


def disk(folder: Path) -> Diagnosis:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        what = f"its free space cannot be told ({error.strerror})"
        return Diagnosis("disk", str(folder), Level.FAIL, what, "Name a store in a folder that exists")
    facts = {"free_bytes": free}
    what = f"{free / MIB / 1024:.1f} GiB free"
    fix = "Free some space, or put the store elsewhere: a thousand candidates take about 0.1 GiB"
    if free < TOO_LITTLE_BYTES:
        return Diagnosis("disk", str(folder), Level.FAIL, what, fix, facts=facts)
    if free < LITTLE_BYTES:
        return Diagnosis("disk", str(folder), Level.WARN, what, fix, facts=facts)
    return Diagnosis("disk", str(folder), Level.OK, what, facts=facts)


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
