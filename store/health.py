"""A look at a store that changes nothing of it: for `factory doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from factory.errors import BadInput
from store import migrate, schema, sqlite
from store.url import StoreUrl, parse

_BUSY_S = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """What was found. path: the file; size: its bytes, 0 where there is no store yet.

    version, needed: the schema it has (None: none yet) and the one this code uses; jobs: how many it holds, None where its
    schema is another one; damage: what SQLite's check of the whole file found, none when it is sound, None when there was no
    time to finish; unwritable: why nothing can be written now, "" when it can.
    """

    path: Path
    size: int = 0
    version: str | None = None
    needed: str = schema.HEAD
    jobs: int | None = None
    damage: tuple[str, ...] | None = ()
    unwritable: str = ""


def examine(url: str, seconds: float) -> Health:
    """Look at the store at `url`, in about so many seconds.

    Raises BadInput for a URL that cannot be one, a file that is none or cannot be read, and one that newer code wrote.
    """
    place = parse(url)
    size = place.path.stat().st_size if place.exists else 0
    if not size:
        return Health(place.path)
    with sqlite.explained(place, BadInput):
        engine = sqlite.reading_engine(place, _BUSY_S)
        try:
            with engine.connect() as connection:
                version = migrate.checked_version(connection, place)
                current = version == schema.HEAD
                jobs = connection.execute(select(func.count()).select_from(schema.jobs)).scalar_one() if current else None
                damage = sqlite.damage(connection, seconds)
        finally:
            engine.dispose()
    if version is not None and version > schema.HEAD:
        raise migrate.too_new(place, version)
    return Health(place.path, size, version, jobs=jobs, damage=damage, unwritable=_unwritable(place))


def _unwritable(place: StoreUrl) -> str:
    """Why the write lock cannot be had, "" when it can. Taking it writes nothing."""
    engine = sqlite.writing_engine(place, _BUSY_S)
    try:
        with engine.begin():
            return ""
    except DBAPIError as error:
        return sqlite.explain(error, place).what
    finally:
        engine.dispose()
