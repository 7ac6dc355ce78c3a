"""What needs nobody's answer: spec, cast, store, disk, threads, embedder. Nothing is changed by looking."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from factory.errors import BadInput
from factory.similarity.embedder import PACKAGED_SHA256
from scripts.assembly import prepare
from scripts.doctor import Diagnosis, Level, embedding, exit_code, machine
from scripts.doctor.setup import read_setup
from store import open_store, schema, this_process
from tests.commands.conftest import PHARMACY, Factory
from tests.doctor.conftest import a_cast, looked_at, of
from tests.store.making import a_call, a_job
from tests.store.test_opening import an_old_store

LONE = {"model": "sim:author", "family": "a"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/factory.db"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- spec and cast ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_embedder")
def test_without_a_cast_it_says_which_there_are(factory: Factory, tmp_path: Path) -> None:
    told = factory("doctor")
    assert told.code == 0 and "shipped: rehearsal" in told.out and "0 calls" in told.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick_embedder")
def test_a_rehearsal_is_said_to_be_one(factory: Factory) -> None:
    told = factory("doctor", "--cast", "rehearsal", "--spec", PHARMACY)
    assert told.code == 0 and "nothing goes over the network" in told.out and "pharmacy, for recipe ground_truth" in told.out
    assert "spent: $0.00 on 0 calls" in told.out


async def test_a_wrong_spec_keeps_nobody_from_the_rest(tmp_path: Path, quick_embedder: None) -> None:
    found = await looked_at(tmp_path, spec="nowhere.yaml", cast="rehearsal")
    assert [(each.check, each.level) for each in found] == [
        ("threads", Level.OK), ("store", Level.OK), ("disk", Level.OK),
        ("spec", Level.FAIL), ("cast", Level.OK), ("embedder", Level.OK),
    ]  # fmt: skip
    assert exit_code(found) == 2


def cast_line(cast: str, spec: str | None = None) -> Diagnosis:
    return of(list(read_setup(spec, cast).diagnoses), "cast")


def test_a_cast_that_cannot_be_meant_is_a_failing_with_its_fix(tmp_path: Path) -> None:
    assert "Known: rehearsal" in cast_line("nobody").fix
    related = cast_line(a_cast(tmp_path, author={**LONE, "model": "openai/a"}, oracle={"model": "openai/b", "family": "a"}))
    assert related.level is Level.FAIL and "family a" in related.what and "allow_related" in related.fix
    unplayed = cast_line(a_cast(tmp_path, author={"model": "sim:poet", "family": "a"}), str(PHARMACY))
    assert unplayed.level is Level.FAIL and not unplayed.provider
    lacking = cast_line(a_cast(tmp_path, author=LONE), str(PHARMACY))
    assert lacking.level is Level.FAIL and "has no oracle" in lacking.what


def test_a_cast_that_a_run_would_refuse_for_its_gates_or_grader_is_a_failing(tmp_path: Path) -> None:
    def sim(role: str, family: str) -> dict[str, str]:
        return {"model": f"sim:{role}", "family": family}

    torn = a_cast(
        tmp_path, author=sim("author", "a"), oracle=sim("oracle", "b"), critic=sim("critic", "c"),
        judges=[sim("judge", "c")], solvers=[sim("solver", "d"), sim("solver", "e")],
    )  # fmt: skip
    found = cast_line(torn, str(PHARMACY))
    with pytest.raises(BadInput) as refused:
        prepare(str(PHARMACY), torn)
    assert found.level is Level.FAIL and "unrelated to both author and critic" in found.what
    assert (found.what, found.fix) == (refused.value.what, refused.value.fix)
    # Without a spec nobody can tell which gates there will be.
    assert cast_line(torn).level is Level.WARN


def test_a_word_on_lineage_is_a_warning(tmp_path: Path) -> None:
    doubted = cast_line(a_cast(tmp_path, author={"model": "openai/gpt-4o", "family": "mine"}))
    assert doubted.level is Level.WARN and "gpt" in doubted.fix


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_sound_store(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    asyncio.run(store.create_job(a_job(), this_process()))
    store.close()
    before = files(tmp_path)
    found = machine.store(url)
    assert (found.level, found.facts["jobs"], found.facts["schema"]) == (Level.OK, 1, schema.HEAD)
    assert found.facts["sound"] and found.facts["writable"]
    assert files(tmp_path) == before


def test_no_store_yet_is_no_failing_and_none_is_made(url: str, tmp_path: Path) -> None:
    assert machine.store(url).level is Level.OK
    assert files(tmp_path) == {}


def test_an_older_store_is_left_as_it_is(tmp_path: Path) -> None:
    url = an_old_store(tmp_path)
    before = files(tmp_path)
    found = machine.store(url)
    assert found.level is Level.WARN and f"uses schema {schema.HEAD}" in found.what and "migrates it" in found.fix
    assert files(tmp_path) == before


def test_a_newer_store_is_a_failing(tmp_path: Path) -> None:
    url = an_old_store(tmp_path)
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    found = machine.store(url)
    assert found.level is Level.FAIL and "newer version" in found.what and "pip install --upgrade" in found.fix


def test_a_damaged_store_is_a_failing(url: str, tmp_path: Path) -> None:
    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        for index in range(200):
            await store.record_call(lease, a_call(index, response=b'"%d%s"' % (index, b"x" * 500)))

    store = open_store(url)
    asyncio.run(main())
    store.close()
    path = tmp_path / "factory.db"
    content = bytearray(path.read_bytes())
    # The header of one page in the middle, past the schema's own pages.
    middle = len(content) // 2 // 8192 * 8192
    content[middle : middle + 12] = b"\xff" * 12
    path.write_bytes(content)
    found = machine.store(url)
    assert found.level is Level.FAIL and "damaged" in found.what and "Restore" in found.fix


def test_a_store_that_cannot_be_written_now_is_a_failing(url: str, tmp_path: Path) -> None:
    open_store(url).close()
    holder = sqlite3.connect(tmp_path / "factory.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    found = machine.store(url)
    holder.close()
    assert found.level is Level.FAIL and "write lock" in found.what and not found.facts["writable"]


def test_a_check_without_time_says_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(url)

    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        await asyncio.gather(*(store.record_call(lease, a_call(index)) for index in range(3000)))

    asyncio.run(main())
    store.close()
    monkeypatch.setattr(machine, "CHECKING_S", 0.0)
    found = machine.store(url)
    assert found.level is Level.WARN and "did not finish" in found.what and found.facts["sound"] is None


# --- disk, threads ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "level"), [(2**40, Level.OK), (500 * 2**20, Level.WARN), (2**20, Level.FAIL)])
def test_disk_space(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, level: Level) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(2**41, 0, free))
    found = machine.disk(tmp_path)
    assert found.level is level and bool(found.fix) == (level is not Level.OK)


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert machine.threads().level is Level.OK
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert machine.threads().level is Level.WARN and "Unset OMP_NUM_THREADS" in machine.threads().fix


# --- the embedder -----------------------------------------------------------------------------------------------------


async def test_the_embedder_is_loaded_and_used() -> None:
    found = await embedding.check("minilm")
    assert found.level is Level.OK, found.line
    assert (found.facts["dimension"], found.facts["name"]) == (384, f"minilm@{PACKAGED_SHA256[:12]}")
    assert found.facts["threads"] == 1


async def test_an_embedder_that_is_not_there(tmp_path: Path) -> None:
    found = await embedding.check(str(tmp_path / "nothing"))
    assert found.level is Level.FAIL and "no such folder" in found.what and found.fix


async def test_an_embedder_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "DEADLINE_S", 0.05)
    found = await embedding.check("minilm")
    assert found.level is Level.WARN and "did not load within" in found.what


def test_a_loader_that_dies_or_gives_no_unit_vector() -> None:
    assert embedding.judged("minilm", b"").level is Level.FAIL
    facts = b'{"name": "m", "dimension": 2, "shape": [1, 2], "norm": 0.5, "load_s": 1, "threads": 1}'
    assert embedding.judged("m", facts).level is Level.FAIL
