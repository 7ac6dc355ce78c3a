"""Bringing a store's tables to what this code needs, whoever else is opening it at the same moment."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from factory.errors import BadInput
from store import schema, sqlite
from store.url import StoreUrl

MIGRATIONS = Path(__file__).parent / "migrations"

# As Alembic itself makes it (alembic 1.16, MigrationContext._version).
_VERSION_TABLE: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def ensure_current(url: StoreUrl, busy_timeout_s: float) -> None:
    """Create the tables of a new store, migrate an older one, leave a current one alone.

    Raises BadInput for a database that is no store, and for one written by newer code.
    """
    with sqlite.explained(url, BadInput):
        if url.exists and url.path.stat().st_size and _is_current(url, busy_timeout_s):
            return
        _upgrade(url, busy_timeout_s)


def _is_current(url: StoreUrl, busy_timeout_s: float) -> bool:
    engine = sqlite.reading_engine(url, busy_timeout_s)
    try:
        with engine.connect() as connection:
            return checked_version(connection, url) == schema.HEAD
    finally:
        engine.dispose()


def _upgrade(url: StoreUrl, busy_timeout_s: float) -> None:
    engine = sqlite.writing_engine(url, busy_timeout_s, create=True)
    try:
        mode = sqlite.prepare_file(engine, busy_timeout_s)
        if mode != "wal":
            raise url.refuse(f"write-ahead logging is not possible here (journal mode {mode})", "Use a local disk")
        # The write lock is held from here on: whoever opens the store meanwhile waits, then finds it current.
        with engine.begin() as connection:
            version = checked_version(connection, url)
            if version is None:
                _create(connection)
            elif version != schema.HEAD:
                _run_migrations(connection, url, version)
    finally:
        engine.dispose()


def checked_version(connection: Connection, url: StoreUrl) -> str | None:
    """The store's schema version, None for an empty database. Raises BadInput for somebody else's database."""
    if sqlite.is_empty(connection):
        return None
    if sqlite.application_id(connection) != sqlite.APPLICATION_ID or not inspect(connection).has_table("alembic_version"):
        raise url.refuse("is a SQLite database, but not a store of this factory", "Name another file; it was left as it is")
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def too_new(url: StoreUrl, version: str) -> BadInput:
    fix = "Upgrade: pip install --upgrade eval-data-factory"
    return url.refuse(f"was written by a newer version of the factory (schema {version})", fix)


def _create(connection: Connection) -> None:
    """The tables of a new store, as all migrations leave those of an empty one; loading Alembic takes as long as the rest."""
    schema.metadata.create_all(connection, checkfirst=False)
    for table in schema.APPEND_ONLY:
        for trigger in sqlite.append_only(table):
            connection.exec_driver_sql(trigger)
    connection.exec_driver_sql(_VERSION_TABLE)
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.HEAD})
    sqlite.mark_as_store(connection)


def _run_migrations(connection: Connection, url: StoreUrl, version: str | None) -> None:
    """Every migration after `version`, all of them where it is None."""
    # Imported by those who migrate only: 0.1 s of CPU, for Mako, Pygments and the dialects of five databases.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    # A line per migration is Alembic's habit; a command's output is not the place for it.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        if version is not None:
            ScriptDirectory.from_config(config).get_revision(version)
    except CommandError as error:
        raise too_new(url, str(version)) from error
    command.upgrade(config, "head")
