"""What a store URL may say."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from factory.errors import BadInput

_EXPECTED = "Give a SQLite file as sqlite:///relative/path.db or sqlite:////absolute/path.db"
_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_SYNCHRONOUS = ("NORMAL", "FULL")
_HEADER = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A store's place. shown: the URL for messages, without a password; synchronous: NORMAL survives a kill, FULL a power
    loss too (SQLite's PRAGMA synchronous)."""

    shown: str
    path: Path
    synchronous: str = "NORMAL"

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def refuse(self, what: str, fix: str) -> BadInput:
        return BadInput(what, where=f"store {self.shown}", fix=fix)


def parse(text: str, *, must_exist: bool = False) -> StoreUrl:
    """A checked URL; nothing is created. A bare path is taken for a SQLite file when its name ends as one's does.

    Raises BadInput for a scheme, option, folder or file that cannot be a store.
    """
    url = _checked_scheme(text)
    shown = url.render_as_string(hide_password=True)
    synchronous = _synchronous(url, shown)
    if not url.database or url.database == ":memory:" or "\x00" in url.database:
        raise BadInput("names no file, and a store must outlive its process", where=f"store {shown}", fix=_EXPECTED)
    found = StoreUrl(shown, Path(url.database).absolute(), synchronous)
    _check_place(found, must_exist)
    return found


def _checked_scheme(text: str) -> URL:
    if "://" not in text:
        if text.endswith(_SUFFIXES):
            return URL.create("sqlite", database=text)
        raise BadInput("is neither a store URL nor a path ending in .db", where=f"store {text}", fix=_EXPECTED)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise BadInput("is no URL that can be read", where=f"store {text.partition('://')[0]}://...", fix=_EXPECTED) from error
    where = f"store {url.render_as_string(hide_password=True)}"
    backend = url.drivername.partition("+")[0]
    if backend in ("postgresql", "postgres"):
        raise BadInput("PostgreSQL stores are not supported by this version", where=where, fix=_EXPECTED)
    if url.drivername != "sqlite":
        raise BadInput(f"the scheme {url.drivername!r} is not supported", where=where, fix=_EXPECTED)
    if url.host or url.username or url.port:
        raise BadInput("names a host, but SQLite needs three slashes before its path", where=where, fix=_EXPECTED)
    return url


def _synchronous(url: URL, shown: str) -> str:
    allowed = "The only option is ?synchronous=NORMAL or ?synchronous=FULL"
    for name in url.query:
        if name != "synchronous":
            raise BadInput(f"has an unknown option {name!r}", where=f"store {shown}", fix=allowed)
    value = url.query.get("synchronous", "NORMAL")
    if not isinstance(value, str) or value.upper() not in _SYNCHRONOUS:
        raise BadInput(f"synchronous is {value!r}", where=f"store {shown}", fix=allowed)
    return value.upper()


def _check_place(url: StoreUrl, must_exist: bool) -> None:
    folder = url.path.parent
    try:
        if url.path.is_dir():
            raise url.refuse("is a folder", "Name a file in it, such as factory.db")
        if not folder.is_dir():
            raise url.refuse(f"the folder {folder} does not exist", f"Create it first: mkdir -p {folder}")
        if url.exists:
            _check_file(url)
        elif must_exist:
            raise url.refuse("there is no store here", "Check the path, or start one with `factory run`")
        elif not os.access(folder, os.W_OK | os.X_OK):
            raise url.refuse(f"the folder {folder} is not writable", "Choose another place, or change its permissions")
    except OSError as error:
        raise url.refuse(f"the file cannot be read ({error.strerror})", "Check the path and its permissions") from error


def _check_file(url: StoreUrl) -> None:
    if not url.path.is_file():
        raise url.refuse("is not a regular file", _EXPECTED)
    with url.path.open("rb") as file:
        start = file.read(len(_HEADER))
    # An empty file is what another process's first moment looks like, and what mktemp makes.
    if start and start != _HEADER:
        raise url.refuse("is not a SQLite database", "Name another file; this one was left as it is")
