"""Receipts cannot be changed in place, and whoever gets round that is found out."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from factory.canonical import canonical_json, plain
from factory.types import Outcome, Receipt
from store import SqlStore, this_process
from store.schema import APPEND_ONLY
from tests.store.making import a_call, a_job, a_landing, a_receipt

_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(Outcome) | st.frozensets(st.text())
)
_EVIDENCE = st.dictionaries(
    st.text() | st.sampled_from(Outcome) | st.integers(0, 9),
    st.recursive(
        _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_size=3,
)


@pytest.fixture
def raw(store: SqlStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to a store in which one candidate with one call has landed; another call came to nothing."""

    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        await store.record_call(lease, a_call())
        await store.settle_attempts(lease, a_call(1).identity, "m", a_call(1).attempts)
        await store.land(lease, a_landing())

    asyncio.run(main())
    connection = sqlite3.connect(tmp_path / "factory.db", isolation_level=None)
    yield connection
    connection.close()


def _result(make: Any, value: Any) -> bytes | type[Exception]:
    try:
        return bytes(make(value))
    except Exception as error:
        return type(error)


@example(evidence={"cosine": math.nan}, carried=1)
@example(evidence={"cosine": [math.inf]}, carried=None)
@example(evidence={"cosine": None, "text": "null", "key": {Outcome.PASS: (1, 2.0)}}, carried=None)
@given(evidence=_EVIDENCE, carried=st.none() | st.integers(0, 3))
def test_canonical_json_is_the_plain_form_or_its_error(evidence: dict[Any, Any], carried: int | None) -> None:
    base = a_receipt()
    finding = type(base.finding)(Outcome.PASS, "ok", "null", evidence)
    receipt = Receipt(0, "g", "1", {}, 0, finding, carried_from=carried)
    slow = _result(lambda r: orjson.dumps(plain(r.core()), option=orjson.OPT_SORT_KEYS), receipt)
    assert _result(lambda r: canonical_json(r.core()), receipt) == slow


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]])
def test_what_has_no_json_form_is_refused_for_its_caller_and_lands_nothing(store: SqlStore, value: Any) -> None:
    landing = a_landing(measures={"bad": value})

    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        with pytest.raises(ValueError, match="no JSON form"):
            await store.land(lease, landing)
        await store.land(lease, a_landing())

    asyncio.run(main())
    assert len(list(store.candidates(job_id="job-a"))) == 1


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_history_refuses_update_delete_and_replace(raw: sqlite3.Connection, table: str) -> None:
    raw.execute("PRAGMA recursive_triggers = ON")
    before = raw.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  a name from the schema
    assert before
    for statement in (
        f"UPDATE {table} SET job = job",  # noqa: S608
        f"DELETE FROM {table}",  # noqa: S608
        f"REPLACE INTO {table} SELECT * FROM {table}",  # noqa: S608
    ):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            raw.execute(statement)
    assert raw.execute(f"SELECT * FROM {table}").fetchall() == before  # noqa: S608


@pytest.mark.parametrize(
    ("tampering", "says"),
    [
        ("UPDATE receipts SET core = replace(core, '400', '401') WHERE seq = 1", ["receipt 1 (oracle): its link"]),
        ("UPDATE receipts SET link = 'x' WHERE seq = 0", ["receipt 0 (structure): its link", "receipt 1 (oracle): its link"]),
        ("UPDATE receipts SET link = 'x' WHERE seq = 2", ["receipt 2 (novelty): its link"]),
        ("UPDATE receipts SET outcome = 'reject' WHERE seq = 2", ["receipt 2 (novelty): its columns"]),
        ("DELETE FROM receipts WHERE seq = 1", ["receipt 1 is missing", "the seal"]),
        ("DELETE FROM receipts WHERE seq = 2", ["the seal"]),
        ("DELETE FROM receipts", ["the seal"]),
        ("UPDATE revisions SET payload = '{}' WHERE number = 1", ["the seal"]),
        ("UPDATE revisions SET calls = replace(calls, 'ph', 'qh') WHERE number = 0", ["the seal"]),
        ("UPDATE revisions SET cause = 'oracle/other' WHERE number = 1", ["the seal"]),
        ("DELETE FROM revisions WHERE number = 1", ["the seal"]),
        ("UPDATE candidates SET state = 'approved'", ["its state is approved"]),
        ("UPDATE candidates SET band = 'easy'", ["its band is kept as easy, and its receipts say hard"]),
        ("UPDATE candidates SET band = NULL", ["its band is kept as None"]),
        ("UPDATE candidates SET coordinate = '[]'", ["receipt 0 (structure): its link"]),
    ],
)
def test_tampering_is_found_and_placed(store: SqlStore, raw: sqlite3.Connection, tampering: str, says: list[str]) -> None:
    id = a_landing().candidate.id
    assert store.verify(id) == []
    for table in ("receipts", "revisions"):
        for verb in ("update", "delete"):
            raw.execute(f"DROP TRIGGER {table}_no_{verb}")
    raw.execute(tampering)
    found = store.verify(id)
    for expected in says:
        assert any(line.startswith(expected) for line in found), (expected, found)
    assert sum(line.startswith("receipt") for line in found) == sum(line.startswith("receipt") for line in says)
