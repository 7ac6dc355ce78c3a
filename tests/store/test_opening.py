"""Opening: new, old, foreign, broken, shared, read-only."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from factory.errors import BadInput, FactoryError
from factory.ports import AttemptTally, JobState, Money
from store import migrate, open_store, schema, sqlite, this_process
from store.url import parse
from tests.store.making import EMBEDDER, a_call, a_candidate, a_job, a_landing, a_vector, an_item, planting_call
from tests.store.test_endpoints import FIGURES

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = {path.stem.removeprefix("store_"): path for path in (Path(__file__).parent / "fixtures").glob("store_*.sql")}

BAD_URLS = [
    ("factory", "neither a store URL nor a path ending in .db", "sqlite:///"),
    ("", "neither a store URL", "sqlite:///"),
    ("postgresql://me:s3cret@db/factory", "PostgreSQL stores are not supported by this version", "sqlite:///"),
    ("mysql://db/x", "scheme 'mysql' is not supported", "sqlite:///"),
    ("sqlite+aiosqlite:///{tmp}/x.db", "scheme 'sqlite+aiosqlite'", "sqlite:///"),
    ("://", "no URL", "sqlite:///"),
    ("sqlite://", "names no file", "sqlite:///"),
    ("sqlite:///:memory:", "names no file", "sqlite:///"),
    ("sqlite://host/x.db", "three slashes", "sqlite:///"),
    ("sqlite:///{tmp}/x.db?synchronous=OFF", "synchronous is 'OFF'", "synchronous=FULL"),
    ("sqlite:///{tmp}/x.db?mode=ro", "unknown option 'mode'", "synchronous=FULL"),
    ("sqlite:///{tmp}/missing/x.db", "missing does not exist", "mkdir -p"),
    ("sqlite:///{tmp}", "is a folder", "factory.db"),
    ("sqlite:///{tmp}/notes.txt", "is not a SQLite database", "Name another file"),
    ("sqlite:///{tmp}/notes.txt/x.db", "does not exist", "mkdir -p"),
    ("{tmp}/foreign.db", "not a store of this factory", "left as it is"),
    ("sqlite:///{tmp}/damaged.db", "no SQLite database any more", "Restore"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text("I am not a database, but long enough to look like a file")
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE other (x)")
    foreign.commit()
    foreign.close()
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\x00" + b"rubbish" * 100)
    return tmp_path


@pytest.mark.parametrize(("url", "what", "fix"), BAD_URLS)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_bad_url_names_itself_the_cause_and_the_fix_and_makes_nothing(
    folder: Path, url: str, what: str, fix: str, read_only: bool
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(BadInput) as refused:
        open_store(url.format(tmp=folder), read_only=read_only)
    message = str(refused.value)
    assert what in message and fix in message, message
    assert message.startswith("store ")
    assert "s3cret" not in message
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(not Path("/proc/1").exists(), reason="needs a folder where nobody may create a file: Linux's /proc")
def test_a_folder_where_no_file_can_be_made() -> None:
    with pytest.raises(BadInput, match=r"store sqlite:////proc/x\.db: .*(not writable|cannot be opened)") as refused:
        open_store("sqlite:////proc/x.db")
    assert refused.value.fix


@pytest.mark.parametrize("asked", [{"read_only": True}, {"must_exist": True}])
def test_a_store_that_must_exist_is_not_made(tmp_path: Path, asked: dict[str, Any]) -> None:
    url = f"sqlite:///{tmp_path}/factory.db"
    with pytest.raises(BadInput, match="there is no store here"):
        open_store(url, **asked)
    assert list(tmp_path.iterdir()) == []
    open_store(url).close()
    open_store(url, **asked).close()


def test_a_relative_url_and_a_bare_path_are_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ("factory.db", "sqlite:///factory.db", f"sqlite:///{tmp_path}/factory.db?synchronous=full"):
        assert parse(given).path == tmp_path / "factory.db"
    open_store("factory.db").close()
    assert (tmp_path / "factory.db").exists()


@pytest.mark.parametrize(("given", "level"), [("", 1), ("?synchronous=NORMAL", 1), ("?synchronous=full", 2)])
def test_the_writer_syncs_as_asked(url: str, given: str, level: int) -> None:
    store = open_store(url + given)
    with store._writer._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_a_path_with_odd_characters(tmp_path: Path) -> None:
    place = tmp_path / "a b%20ü#"
    place.mkdir()
    store = open_store(str(place / "x.db"))
    asyncio.run(store.put_cache("k", b"v"))
    store.close()
    assert open_store(str(place / "x.db"), read_only=True).get_cache("k") == b"v"


# --- the schema -------------------------------------------------------------------------------------------------------


def migrated(url: str) -> None:
    """A store that every migration made in turn, from nothing."""
    engine = sqlite.writing_engine(parse(url), 1.0, create=True)
    sqlite.prepare_file(engine, 1.0)
    with engine.begin() as connection:
        migrate._run_migrations(connection, parse(url), None)
    engine.dispose()


@pytest.mark.parametrize("make", [migrated, lambda url: open_store(url).close()], ids=["migrated", "new"])
def test_the_tables_are_exactly_those_the_code_uses(url: str, make: Callable[[str], None]) -> None:
    make(url)
    engine = sqlite.reading_engine(parse(url), 1.0)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def structure(path: Path) -> dict[str, Any]:
    """All that SQLite itself knows of a database's tables, indexes and triggers, and what marks it as a store."""
    connection = sqlite3.connect(path)

    def pragma(name: str, of: str = "") -> list[tuple[Any, ...]]:
        return connection.execute(f"PRAGMA {name}" + (f"('{of}')" if of else "")).fetchall()

    found: dict[str, Any] = {name: pragma(name) for name in ("application_id", "page_size", "journal_mode", "user_version")}
    found["version"] = connection.execute("SELECT * FROM alembic_version").fetchall()
    # schema, name, type, columns, without rowid, strict.
    for table in pragma("table_list"):
        name = table[1]
        indexes = {index[1]: (index[2:], pragma("index_xinfo", index[1])) for index in pragma("index_list", name)}
        # id and seq number the foreign keys in no order that means anything.
        keys = sorted(key[2:] for key in pragma("foreign_key_list", name))
        found[name] = (table[2:], pragma("table_xinfo", name), keys, indexes)
    for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index')"):
        found[f"text of {name}"] = " ".join(sql.split()) if sql else None
    connection.close()
    return found


def test_a_new_store_is_what_the_migrations_make_of_an_empty_one(tmp_path: Path) -> None:
    migrated(f"sqlite:///{tmp_path}/migrated.db")
    open_store(f"sqlite:///{tmp_path}/new.db").close()
    new = structure(tmp_path / "new.db")
    assert new == structure(tmp_path / "migrated.db")
    assert {"jobs", "calls", "text of calls_planted", "text of receipts_no_update"} <= new.keys()


def test_a_new_store_loads_no_migration_machinery(url: str) -> None:
    program = f"import sys; from store import open_store; open_store({url!r}).close(); print('alembic' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "False\n"


def test_the_head_the_code_names_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def an_old_store(folder: Path, version: str = "0001") -> str:
    """A store that an older version wrote, rebuilt from its dump."""
    connection = sqlite3.connect(folder / "old.db")
    connection.executescript(FIXTURES[version].read_text(encoding="utf-8"))
    connection.close()
    return f"sqlite:///{folder}/old.db"


def check_old_contents(url: str) -> None:
    """What make_fixture.py put in reads back equal, and can be worked on."""
    store = open_store(url)
    stopped = store.job("job-a")
    assert (stopped.state, stopped.state_reason) == (JobState.STOPPED, "stopped to be kept")
    assert replace(stopped, state=JobState.RUNNING, state_reason="", finished_at=None) == a_job()
    assert list(store.candidates()) == [a_candidate(0)]
    assert store.verify(a_candidate(0).id) == []
    assert store.calls("job-a", 0) == [planting_call(0, "wrong_reference", "oracle"), a_call(0)]
    assert list(store.accepted()) == [an_item(0)]
    assert store.vectors(EMBEDDER, [an_item(0).id]) == {an_item(0).id: a_vector(0)}
    assert store.get_cache("key") == b"cached"
    assert store.money("job-a") == store.snapshot("job-a").money == Money(14, 0, None)
    # Two calls of sim:solver, answered under another name: counted from version 0004 on, and of older ones' calls anew.
    assert store.snapshot("job-a").attempts == [AttemptTally("sim:solver", "served", "", 2, 14)]
    assert store.unjournaled_attempts("job-a") == []

    async def main() -> None:
        lease = await store.acquire("job-a", this_process())
        await store.set_cap(lease, 100)
        await store.open_attempt(lease, a_call(1).identity, 1, 9)
        await store.open_attempt(lease, a_call(2).identity, 1, 40)
        assert store.money("job-a") == Money(14, 49, 100)
        await store.record_call(lease, a_call(1))
        await store.land(lease, a_landing(1))
        assert store.endpoints("job-a") == []
        await store.keep_endpoints(lease, [FIGURES])
        await store.finish(lease, JobState.STOPPED, "")

    asyncio.run(main())
    assert store.endpoints("job-a") == [FIGURES]
    assert store.money("job-a") == Money(21 + 40, 0, 100)
    assert [each.attempt.cost_nano_usd for each in store.unjournaled_attempts("job-a")] == [40]
    assert [(each.flag, each.attempts) for each in store.snapshot("job-a").attempts] == [("lost", 1), ("", 3)]
    assert [unit.index for unit in list(store.candidates(job_id="job-a"))] == [0, 1]
    store.close()


@pytest.mark.parametrize("version", sorted(FIXTURES))
def test_a_store_written_by_an_older_version_opens_and_goes_on(tmp_path: Path, version: str) -> None:
    check_old_contents(an_old_store(tmp_path, version))


def test_every_version_but_this_one_has_its_fixture() -> None:
    assert sorted(FIXTURES) == [f"{number:04}" for number in range(1, int(schema.HEAD))]


def test_what_was_append_only_in_0001_still_is(tmp_path: Path) -> None:
    open_store(an_old_store(tmp_path)).close()
    connection = sqlite3.connect(tmp_path / "old.db")
    for write in ("UPDATE call_attempts SET flag = 'overrun'", "DELETE FROM call_attempts", "DELETE FROM calls"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(write)
    connection.close()


AFTER_HEAD = f"{int(schema.HEAD) + 1:04}"
NEXT = '''
"""A next migration, as a test imagines it."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{next}", "{head}", None, None
def upgrade():
    op.create_table("extras", sa.Column("x", sa.Integer()))
    {then}
'''


def next_migration(then: str) -> str:
    return NEXT.format(next=AFTER_HEAD, head=f"{int(AFTER_HEAD) - 1:04}", then=then)


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Code whose schema is one migration further; returns that migration's file."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "MIGRATIONS", copy)
    monkeypatch.setattr(schema, "HEAD", AFTER_HEAD)
    file = copy / "versions" / f"v{AFTER_HEAD}_next.py"
    file.write_text(next_migration("pass"))
    return file


@pytest.mark.parametrize("read_only", [False, True])
def test_an_old_store_is_migrated_with_all_it_holds(next_version: Path, tmp_path: Path, read_only: bool) -> None:
    url = an_old_store(tmp_path)
    open_store(url, read_only=read_only).close()
    connection = sqlite3.connect(tmp_path / "old.db")
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(AFTER_HEAD,)]
    assert connection.execute("SELECT * FROM extras").fetchall() == []
    connection.close()
    check_old_contents(url)


def test_a_migration_that_fails_leaves_the_old_store(next_version: Path, tmp_path: Path) -> None:
    url = an_old_store(tmp_path)
    next_version.write_text(next_migration("op.execute('INSERT INTO nowhere VALUES (1)')"))
    with pytest.raises(FactoryError, match="nowhere"):
        open_store(url)
    connection = sqlite3.connect(tmp_path / "old.db")
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('extras', 'open_attempts')").fetchall() == [
        (0,)
    ]
    connection.close()


def test_a_newer_store_is_refused_untouched(tmp_path: Path) -> None:
    url = an_old_store(tmp_path)
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    for read_only in (False, True):
        with pytest.raises(BadInput, match=r"written by a newer version.*pip install --upgrade"):
            open_store(url, read_only=read_only)


# --- several processes ------------------------------------------------------------------------------------------------


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_processes_that_open_a_new_store_at_once_all_succeed(url: str) -> None:
    code = """
        import asyncio, sys, time
        from store import open_store, this_process
        from tests.store.making import a_job
        time.sleep(max(0.0, float(sys.argv[3]) - time.time()))
        store = open_store(sys.argv[1])
        asyncio.run(store.create_job(a_job(sys.argv[2], seed=int(sys.argv[2])), this_process()))
    """
    start = str(time.time() + 1.5)
    processes = [python(code, url, str(n), start) for n in range(4)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    store = open_store(url)
    assert {job.id for job in store.jobs()} == {"0", "1", "2", "3"}
    store.close()


def test_a_reader_sees_whole_landings_while_another_process_writes(url: str) -> None:
    code = """
        import asyncio, sys
        from store import open_store, this_process
        from tests.store.making import a_job, a_landing
        async def main():
            store = open_store(sys.argv[1])
            lease = await store.create_job(a_job(), this_process())
            print("started", flush=True)
            for index in range(300):
                await store.land(lease, a_landing(index))
        asyncio.run(main())
    """
    process = python(code, url)
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    reader = open_store(url, read_only=True)
    seen = 0
    while process.poll() is None:
        shown = reader.snapshot("job-a")
        counted = shown.states.get("accepted", 0)
        assert counted == (shown.gates[0]["checked"] if shown.gates else 0)
        found = list(reader.candidates(job_id="job-a", bands=["hard"]))
        assert [candidate.index for candidate in found] == list(range(len(found)))
        assert all(len(candidate.receipts) == 3 for candidate in found)
        assert len(found) >= counted >= seen
        seen = counted
    assert process.wait() == 0
    assert seen > 0
    with pytest.raises(FactoryError, match="opened for reading only"):
        asyncio.run(reader.put_cache("k", b""))
    reader.close()


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write anywhere; needs setpriv")
def test_a_store_in_a_folder_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    url = an_old_store(tmp_path)
    open_store(url).close()
    code = f"from store import open_store; print(open_store({url!r}, read_only=True).job('job-a').seed)"
    command = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    for path in (tmp_path / "old.db", tmp_path):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    finally:
        tmp_path.chmod(0o755)
    assert found.stdout == "7\n", found.stderr
