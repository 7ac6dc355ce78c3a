"""Files that appear whole or not at all, and folders that are ours to write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from factory.errors import BadInput

MADE_BY = "eval-data-factory"
MANIFEST = "manifest.json"


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes `path`'s name, synced, when the block ends well, and vanishes when not."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_atomically(path: Path, chunks: Iterable[bytes]) -> None:
    """Write the chunks to a file that appears whole or not at all."""
    with written_atomically(path) as part:
        write_plainly(part, chunks)


def write_plainly(path: Path, chunks: Iterable[bytes]) -> None:
    """Write the chunks as they come."""
    with path.open("wb", buffering=1 << 20) as file:
        file.writelines(chunks)


def drop_if_empty(folder: Path) -> None:
    """Remove a folder in which nothing came to lie."""
    if not any(folder.iterdir()):
        folder.rmdir()


def facts_of(path: Path) -> dict[str, Any]:
    """A file's size in bytes and hex SHA-256, for a manifest."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def claimed_folder(out: str | Path) -> Path:
    """The absolute folder to export to, made where it is missing.

    It may be new, empty, or an earlier export of ours: one whose manifest.json says so and names every other file in it.
    Raises BadInput for anything else, so that nobody's files are ever overwritten or left lying between ours.
    """
    shown = str(out)
    if "\0" in shown or not shown.strip():
        raise BadInput("the path is empty or holds a NUL character", where="--out", fix="Name a folder.")
    folder = Path(out).expanduser()
    try:
        folder = folder.resolve()
        if folder.exists() and not folder.is_dir():
            raise BadInput("there is a file of this name", where=f"--out {folder}", fix="Name a folder.")
        folder.mkdir(parents=True, exist_ok=True)
        foreign = _foreign(folder)
    except OSError as problem:
        raise BadInput(
            f"the folder cannot be used: {problem.strerror}", where=f"--out {shown}", fix="Choose another folder."
        ) from None
    if foreign:
        raise BadInput(
            f"the folder holds what no export manifest of ours names: {', '.join(foreign[:3])}",
            where=f"--out {folder}",
            fix="Choose a new or empty folder, or move these files away.",
        )
    return folder


def _foreign(folder: Path) -> list[str]:
    """What lies in the folder and is not of an earlier export of ours. Links and folders never are."""
    ours = {MANIFEST, *own_manifest(folder).get("files", {})} if own_manifest(folder) else set()
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if (entry.name not in ours and not (entry.name.startswith(".") and entry.name.endswith(".part"))) or entry.is_symlink()
    )


def own_manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest of an export of ours that lies in the folder; empty when there is none."""
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 1 << 20:
        return {}
    try:
        manifest = orjson.loads(path.read_bytes())
    except ValueError:
        return {}
    mine = isinstance(manifest, dict) and manifest.get("made_by") == MADE_BY and isinstance(manifest.get("files"), dict)
    return manifest if mine else {}


def round_trip_failed(path: Path, difference: tuple[str, str, Any, Any]) -> BadInput:
    """The error for a file that does not read back as it was written."""
    row, column, given, read = difference
    return BadInput(
        f"{path.name} reads back otherwise: {column!r} was {given!r} and is {read!r}",
        where=f"export row {row}",
        fix="The export is not usable; report this with the row.",
    )
