"""Exports: exact texts, the same bytes for the same rows, receipts that verify, and nobody's files overwritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.canonical import canonical_json, digest, sha256_hex
from factory.errors import BadInput
from factory.exports import EXPORTERS, JsonlExporter, ParquetExporter, export_row, export_set
from factory.exports.rows import first_difference
from factory.ports import Applied
from factory.recipe import Recipe
from factory.types import CallRef, Candidate, Coordinate, Finding, Outcome, Receipt, Revision, Stage, State
from factory.types.seal import sealed

ENVELOPE = ["id", "spec", "recipe", "recipe_version", "index", "state", "band"]
TRAILER = ["coordinate", "measures", "receipts_head", "seal", "conditions", "simulated"]


class Payload(BaseModel):
    prompt: str
    answer: str
    tags: dict[str, Any] = {}


def columns(payload: Payload) -> Mapping[str, Any]:
    return {"prompt": payload.prompt, "answer": payload.answer, "tags": payload.tags}


def recipe(name: str = "tiny", export: Any = columns) -> Recipe:
    unused: Any = None
    return Recipe(
        name=name, version="1", summary="", payload=Payload, settings=Payload, author=unused, repair=None, gates=(),
        task=unused, novelty_view=unused, export=export, render=unused, folder=Path(),
    )  # fmt: skip


def receipt(seq: int, *, conditions: tuple[str, ...] = ("simulated",), evidence: Mapping[str, Any] | None = None) -> Receipt:
    finding = Finding(Outcome.PASS, "ok", "It passed.", evidence or {"nearest": [0.1234]}, ("flag",), {"band": "hard"})
    calls = (CallRef("k", "oracle", "a" * 64, "b" * 64, seconds=seq / 7, cost_nano_usd=seq),)
    return Receipt(
        seq,
        "novelty",
        "1",
        {"edge": 0.5},
        0,
        finding,
        Stage.LANDING,
        None,
        calls,
        conditions,
        seconds=seq / 3,
        cost_nano_usd=seq,
    )


def candidate(index: int, answer: str = "2024-01-05", **changes: Any) -> Candidate:
    payload = changes.pop("payload", {"prompt": f"When? {index}", "answer": answer, "tags": {"b": 1, "a": [2]}})
    plain = Candidate(
        id=f"c-{index:04}", index=index, spec="s" * 64, recipe="tiny", recipe_version="1",
        coordinate=Coordinate((("topic", "freight"), ("steps", 3))), state=State.ACCEPTED,
        revisions=(Revision(0, payload, "author", calls=(CallRef("k", "author", "c", "d"),)),),
        receipts=(receipt(0), receipt(1)),
    )  # fmt: skip
    return replace(plain, **changes)


DATES = [candidate(index, f"2024-01-{index + 1:02}") for index in range(9)]


def export(
    out: Path,
    candidates: Sequence[Candidate] = DATES,
    form: str = "parquet",
    jobs: Sequence[str] = ("job-1",),
    now: float = 1e9,
) -> tuple[Path, ...]:
    return export_set(EXPORTERS[form], candidates, {"tiny": recipe()}, out, jobs=jobs, now=now)


def test_a_row_has_one_flat_key_set() -> None:
    row = export_row(candidate(3), columns(Payload(prompt="p", answer="007", tags={"b": 1, "a": [2]})))
    assert list(row) == [*ENVELOPE, "prompt", "answer", "tags", *TRAILER]
    assert (row["index"], row["state"], row["band"], row["answer"], row["simulated"]) == (3, "accepted", "hard", "007", True)
    assert row["tags"] == '{"a":[2],"b":1}'
    assert json.loads(row["coordinate"]) == {"topic": "freight", "steps": 3}
    assert (row["receipts_head"], row["seal"]) == (candidate(3).links()[-1], candidate(3).seal)
    assert json.loads(row["conditions"]) == ["simulated"]
    with pytest.raises(BadInput, match="'seal' has the name of an envelope column"):
        export_row(candidate(0), {"seal": "x"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=3), st.sampled_from(State))
@settings(max_examples=60, deadline=None)
def test_the_fast_chain_is_the_chain(evidence: list[dict[str, Any]], state: State) -> None:
    given_candidate = candidate(
        0, receipts=tuple(receipt(seq, evidence=entry) for seq, entry in enumerate(evidence)), state=state
    )
    chain = sealed(given_candidate)
    assert chain.links == given_candidate.links()
    assert chain.seal == given_candidate.seal
    assert chain.cores == tuple(canonical_json(entry.core()) for entry in given_candidate.receipts)


def test_parquet_keeps_dates_and_numbers_as_the_texts_they_are(tmp_path: Path) -> None:
    export(tmp_path / "dates")
    table = pq.read_table(tmp_path / "dates" / "data.parquet")
    assert table.column("answer").to_pylist() == [f"2024-01-{day:02}" for day in range(1, 10)]
    assert str(table.schema.field("answer").type) == "string"
    odd = ["007", "1e5", "1,250.00", "", "null", "NaN", " x ", "naïve\u2028line", "日本", "\ttab\n"]
    export(tmp_path / "odd", [candidate(index, answer) for index, answer in enumerate(odd)])
    assert pq.read_table(tmp_path / "odd" / "data.parquet").column("answer").to_pylist() == odd


def test_jsonl_keeps_them_too_for_line_readers(tmp_path: Path) -> None:
    odd = ["2024-01-05", "007", "naïve\u2028line", '"quoted"']
    export(tmp_path, [candidate(index, answer) for index, answer in enumerate(odd)], "jsonl")
    rows = [json.loads(line) for line in (tmp_path / "data.jsonl").open(encoding="utf-8", newline="\n")]
    assert [row["answer"] for row in rows] == odd
    assert [row["tags"] for row in rows] == ['{"a":[2],"b":1}'] * 4


@pytest.mark.parametrize(("form", "data"), [("parquet", "data.parquet"), ("jsonl", "data.jsonl")])
def test_the_same_candidates_make_the_same_bytes(tmp_path: Path, form: str, data: str) -> None:
    export(tmp_path / "one", form=form, jobs=["job-1"], now=1e9)
    again = [
        replace(entry, receipts=tuple(replace(r, seconds=9.0, cost_nano_usd=9) for r in entry.receipts)) for entry in DATES
    ]
    export(tmp_path / "two", again, form=form, jobs=["job-2"], now=2e9)
    for name in (data, "receipts.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    text = (tmp_path / "one" / "receipts.jsonl").read_text() + (tmp_path / "one" / data).read_bytes().decode("latin-1")
    assert "job-1" not in text


def test_the_receipts_file_verifies_with_nothing_but_a_hash(tmp_path: Path) -> None:
    export(tmp_path)
    heads: dict[str, str] = {}
    seals: list[str] = []
    for line in (tmp_path / "receipts.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        if "seal" in entry:
            assert entry["seal"] == digest(heads[entry["candidate"]], entry["revisions"], entry["state"])
            seals.append(entry["seal"])
            continue
        core = line[line.index(b'"core":') + 7 : -1]
        assert core == canonical_json(entry["core"])
        if entry["candidate"] in heads:
            assert entry["link"] == sha256_hex(heads[entry["candidate"]].encode() + core)
        heads[entry["candidate"]] = entry["link"]
    assert heads == {entry.id: entry.links()[-1] for entry in DATES}
    rows = pq.read_table(tmp_path / "data.parquet")
    assert seals == rows.column("seal").to_pylist()
    assert list(heads.values()) == rows.column("receipts_head").to_pylist()


def test_the_manifest_says_what_lies_there(tmp_path: Path) -> None:
    files = export(tmp_path)
    assert [path.name for path in files] == ["data.parquet", "receipts.jsonl", "manifest.json"]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for name, facts in manifest["files"].items():
        data = (tmp_path / name).read_bytes()
        assert facts == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert (manifest["jobs"], manifest["written_at"], manifest["format"]) == (["job-1"], "2001-09-09T01:46:40+00:00", "parquet")
    assert manifest["counts"] == {"rows": 9, "receipts": 18, "by_state": {"accepted": 9}, "by_band": {"hard": 9}}
    assert manifest["simulated"] is True and manifest["conditions"] == ["simulated"]


def test_the_manifest_says_how_far_each_gate_that_judged_is_trusted(tmp_path: Path) -> None:
    asked: list[tuple[str, Applied]] = []

    def trust(name: str, gate: Applied) -> Mapping[str, Any]:
        asked.append((name, gate))
        return {"trust": "untrusted", "why": "it was shown no good item"}

    novelty: Any = SimpleNamespace(name="novelty")
    idle: Any = SimpleNamespace(name="idle")
    tiny = replace(recipe(), gates=(idle, novelty))
    other = candidate(9, receipts=(replace(receipt(0), settings={"edge": 0.25}), replace(receipt(1), gate="author")))
    for folder, known in (("plain", None), ("told", trust)):
        export_set(EXPORTERS["jsonl"], [*DATES, other], {"tiny": tiny}, tmp_path / folder, now=1e9, trust=known)
    assert asked == [("tiny", Applied("novelty", "1", {"edge": edge})) for edge in (0.25, 0.5)]
    plain, told = (json.loads((tmp_path / folder / "manifest.json").read_text()) for folder in ("plain", "told"))
    row = {"recipe": "tiny", "gate": "novelty", "version": "1", "trust": "untrusted", "why": "it was shown no good item"}
    assert told["gates"] == [row, row] and {**told, "gates": None} == {**plain, "gates": None}
    for name in ("data.jsonl", "receipts.jsonl"):
        assert (tmp_path / "plain" / name).read_bytes() == (tmp_path / "told" / name).read_bytes()


def test_rejects_that_fit_no_schema_have_rows_with_nulls(tmp_path: Path) -> None:
    broken = candidate(1, payload={"prompt": 3}, state=State.REJECTED, receipts=())
    export(tmp_path, [broken, candidate(2)])
    rows = pq.read_table(tmp_path / "data.parquet").to_pylist()
    assert [row["answer"] for row in rows] == [None, "2024-01-05"]
    assert [row["band"] for row in rows] == ["", "hard"]
    assert list(rows[0]) == list(rows[1]) == [*ENVELOPE, "prompt", "answer", "tags", *TRAILER]
    export(tmp_path, [broken])
    assert pq.read_table(tmp_path / "data.parquet").column_names == [*ENVELOPE, *TRAILER]


def test_an_earlier_export_is_replaced_whole(tmp_path: Path) -> None:
    export(tmp_path, form="jsonl")
    export(tmp_path, DATES[:2], form="parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.parquet", "manifest.json", "receipts.jsonl"]
    assert pq.read_table(tmp_path / "data.parquet").num_rows == 2


def test_nobodys_files_are_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "data.jsonl").write_text("precious")
    with pytest.raises(BadInput, match=r"no export manifest of ours names: data\.jsonl"):
        export(mine, form="jsonl")
    assert (mine / "data.jsonl").read_text() == "precious"
    (mine / "manifest.json").write_text('{"files": {"data.jsonl": {}}}')
    with pytest.raises(BadInput, match="no export manifest"):
        export(mine, form="jsonl")
    ours = tmp_path / "ours"
    export(ours)
    (ours / "notes.txt").write_text("precious")
    with pytest.raises(BadInput, match=r"notes\.txt"):
        export(ours)
    (ours / "notes.txt").unlink()
    (ours / "data.parquet").unlink()
    (ours / "data.parquet").symlink_to(mine / "data.jsonl")
    with pytest.raises(BadInput, match=r"data\.parquet"):
        export(ours)
    assert (mine / "data.jsonl").read_text() == "precious"


def test_a_manifest_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    export(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    manifest["files"]["../victim"] = {}
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    export(tmp_path / "out")
    assert (tmp_path / "victim").read_text() == "precious"


def test_odd_paths_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out, words in [
        ("a\0b", "NUL"),
        (" ", "empty"),
        (str(tmp_path / "file"), "a file of this name"),
        ("/proc/nowhere", "cannot be used"),
    ]:
        with pytest.raises(BadInput, match=words):
            export_set(EXPORTERS["jsonl"], DATES, {"tiny": recipe()}, out)


def test_nothing_to_export_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to export"):
        export(tmp_path / "none", [])
    assert not (tmp_path / "none").exists()
    export(tmp_path / "old")
    before = {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()}
    with pytest.raises(BadInput, match="nothing to export"):
        export(tmp_path / "old", [])
    assert {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()} == before


@pytest.mark.parametrize("exporter", [JsonlExporter(), ParquetExporter()])
def test_rows_a_format_cannot_hold_are_named(tmp_path: Path, exporter: Any) -> None:
    with pytest.raises(BadInput, match=r"export row c-2: its columns differ from the first row's: b"):
        exporter.write([{"id": "c-1", "a": 1}, {"id": "c-2", "a": 1, "b": 2}], tmp_path)
    with pytest.raises(BadInput):
        exporter.write([{"id": "c-1", "a": "\ud800"}], tmp_path)
    with pytest.raises(BadInput):
        exporter.write([{"id": "c-1", "a": 2**70}], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_parquet_refuses_a_column_of_mixed_types(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'a' holds int, str"):
        ParquetExporter().write([{"id": "c-1", "a": 1}, {"id": "c-2", "a": "1"}], tmp_path)


def test_a_file_that_reads_back_otherwise_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.exports import jsonl, parquet

    monkeypatch.setattr(jsonl, "_line", lambda row: json.dumps({**row, "answer": 42}).encode() + b"\n")
    with pytest.raises(BadInput, match="'answer' was '42' and is 42"):
        JsonlExporter().write([{"id": "c-1", "answer": "42"}], tmp_path)
    monkeypatch.setattr(parquet, "_rows", lambda path: iter([]))
    with pytest.raises(BadInput, match="reads back otherwise"):
        ParquetExporter().write([{"id": "c-1", "answer": "42"}], tmp_path)


@pytest.mark.parametrize(("given_value", "read"), [(1, True), (1, 1.0), ("1", 1), (0.0, False), ("", None)])
def test_a_value_of_another_type_is_another_value(given_value: Any, read: Any) -> None:
    assert first_difference([{"id": "c-1", "a": read}], [{"id": "c-1", "a": given_value}]) == ("c-1", "a", given_value, read)
    assert first_difference([{"id": "c-1", "a": given_value}], [{"id": "c-1", "a": given_value}]) is None
