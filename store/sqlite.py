"""Everything that is true of SQLite only: connections, pragmas, triggers, conflict clauses, error codes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects.sqlite import dialect, insert
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool

from factory.errors import FactoryError
from store.url import StoreUrl

APPLICATION_ID: Final = 0x45444661
"""SQLite's application_id of a store ("EDFa"): how a store is told from any other SQLite database."""

# Receipts of 1-4 kB would leave SQLite's usual 4 kB pages half empty; larger pages make a small commit dearer.
_PAGE_SIZE: Final = 8192
_CACHE_KIB: Final = 16 * 1024
# Pages of WAL between checkpoints; a checkpoint syncs the disk, so a small figure costs a sync every few commits.
_CHECKPOINT_PAGES: Final = 4000
# SQLite's default bound on parameters per statement.
MAX_PARAMETERS: Final = 32766 if sqlite3.sqlite_version_info >= (3, 32) else 999

_DIALECT: Final = dialect(paramstyle="qmark")

_WRITE_CODES: Final = {
    "SQLITE_FULL": ("the disk or its quota is full; nothing of this write was kept", "Free some space and resume the job"),
    "SQLITE_BUSY": ("another process held the write lock for too long", "Try again when it is less busy"),
    "SQLITE_READONLY": ("the file cannot be written", "Change its permissions, or copy the store elsewhere"),
    "SQLITE_IOERR": ("the disk failed to read or write", "Check the disk, then resume the job"),
    "SQLITE_CORRUPT": ("the file is damaged", "Restore a copy of it; `sqlite3 FILE '.recover'` may save its rows"),
    "SQLITE_NOTADB": ("the file is no SQLite database any more", "Restore a copy of it"),
    "SQLITE_CANTOPEN": ("the file cannot be opened", "Check that its folder exists and may be written"),
}


def reading_engine(url: StoreUrl, busy_timeout_s: float) -> Engine:
    """Connections that see one snapshot per transaction and refuse to write."""
    mode = "mode=rw"
    if not os.access(url.path, os.W_OK) or not os.access(url.path.parent, os.W_OK):
        # SQLite wants to create files beside a WAL database; without leave to, it may only trust that nobody writes.
        mode = "mode=ro" if _beside(url, "-wal") else "mode=ro&immutable=1"
    engine = _engine(url, mode, busy_timeout_s, begin="BEGIN", pool_size=2)

    @event.listens_for(engine, "connect")
    def query_only(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    return engine


def writing_engine(url: StoreUrl, busy_timeout_s: float, *, create: bool = False) -> Engine:
    """Connections whose transactions take the write lock as they begin, so that no check in them can go stale."""
    engine = _engine(url, "mode=rwc" if create else "mode=rw", busy_timeout_s, begin="BEGIN IMMEDIATE", pool_size=1)

    @event.listens_for(engine, "connect")
    def settings(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        # A REPLACE must not slip past the triggers that refuse a DELETE.
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute(f"PRAGMA synchronous = {url.synchronous}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    return engine


def _engine(url: StoreUrl, mode: str, busy_timeout_s: float, *, begin: str, pool_size: int) -> Engine:
    def connect() -> sqlite3.Connection:
        # isolation_level None leaves transactions to us: the driver's own would begin them late and end them early.
        return sqlite3.connect(
            f"{url.path.as_uri()}?{mode}",
            uri=True,
            timeout=busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=pool_size, max_overflow=-1)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _beside(url: StoreUrl, suffix: str) -> bool:
    return url.path.with_name(url.path.name + suffix).exists()


def prepare_file(engine: Engine, busy_timeout_s: float) -> str:
    """Switch the file to WAL (lasting); returns the journal mode it is in now. Two processes may do so at once."""
    deadline = time.monotonic() + busy_timeout_s
    while True:
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
            cursor.execute("PRAGMA journal_mode = WAL")
            (mode,) = cursor.fetchall()[0]
            return str(mode)
        except sqlite3.OperationalError as error:
            # Here SQLite reports a lock at once, whatever the busy timeout.
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        finally:
            raw.close()


def application_id(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA application_id").scalar_one())


def is_empty(connection: Connection) -> bool:
    return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()


def damage(connection: Connection, seconds: float) -> tuple[str, ...] | None:
    """What SQLite's own check of the whole file finds wrong, a line each (five at most); None when the time was too short."""
    raw: Any = connection.connection.driver_connection
    until = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        found = connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars().all()
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
            raise
        return None
    finally:
        raw.set_progress_handler(None, 0)
    return () if found == ["ok"] else tuple(str(line) for line in found)


def mark_as_store(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def append_only(table: str) -> tuple[str, str]:
    """The triggers that refuse to change or delete a row of the table."""
    update, delete = (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    )
    return update, delete


def insert_or_ignore(table: Table) -> Insert:
    """An insert that leaves a row alone whose primary key is there already."""
    return insert(table).on_conflict_do_nothing(index_elements=[c.name for c in table.primary_key])


def insert_or_add(table: Table, counters: Sequence[str]) -> Insert:
    """An insert that adds its counters to those of a row whose primary key is there already."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=[c.name for c in table.primary_key],
        set_={name: table.c[name] + statement.excluded[name] for name in counters},
    )


def insert_or_replace(table: Table, values: Sequence[str]) -> Insert:
    """An insert that overwrites the named columns of a row whose primary key is there already."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=[c.name for c in table.primary_key], set_={name: statement.excluded[name] for name in values}
    )


def explain(error: DBAPIError, url: StoreUrl, kind: type[FactoryError] = FactoryError) -> FactoryError:
    """The database's error as a person can use it. kind: what to call it where its cause is known and lies outside us."""
    where = f"store {url.shown}"
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    if isinstance(error, IntegrityError):
        return FactoryError(f"a write contradicts what is stored ({error.orig}); nothing of it was kept", where=where)
    for code, (what, fix) in _WRITE_CODES.items():
        if name.startswith(code):
            return kind(what, where=where, fix=fix)
    return FactoryError(f"the database failed ({name or type(error).__name__}: {error.orig})", where=where)


def written(statement: ClauseElement) -> str:
    """The statement as SQLite takes it, its parameters in the order in which they stand."""
    return str(statement.compile(dialect=_DIALECT))


def execute(connection: Connection, text: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
    """`exec_driver_sql` without what SQLAlchemy puts around it, which costs more than a small statement itself."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        return driver.execute(text, parameters)
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error) from error


@contextmanager
def explained(url: StoreUrl, kind: type[FactoryError]) -> Iterator[None]:
    """Turns the database's errors within into `explain`'s."""
    try:
        yield
    except DBAPIError as error:
        raise explain(error, url, kind) from error
    except sqlite3.DatabaseError as error:
        raise explain(DatabaseError(None, None, error), url, kind) from error


def parameters(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The rows as one flat parameter list, in the order of a many-row VALUES clause."""
    return tuple(chain.from_iterable(rows))
