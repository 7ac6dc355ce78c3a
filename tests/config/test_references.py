"""Reference files: three forms, every complaint with its line, and no line that fills the memory."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.config import digest_file, read_texts
from factory.errors import BadInput
from factory.types import ReferenceSet


def refer(path: Path, field: str | None = "text") -> ReferenceSet:
    return ReferenceSet(name="r", path=str(path), field=field)


def complaint(path: Path, field: str | None = "text") -> str:
    with pytest.raises(BadInput) as caught:
        read_texts(refer(path, field))
    return str(caught.value).replace(str(path), path.name)


def test_three_forms_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one", "n": 1}\n\n{"text": "zwei – zwö"}\r\n{"text": "2024-01-05"}')
    (tmp_path / "a.txt").write_text("\ufeffone\n\nzwei – zwö\r\n2024-01-05")
    pq.write_table(pa.table({"n": [1, 2, 3], "text": ["one", "zwei – zwö", "2024-01-05"]}), tmp_path / "a.parquet")
    expected = ["one", "zwei – zwö", "2024-01-05"]
    assert read_texts(refer(tmp_path / "a.jsonl")) == expected
    assert read_texts(refer(tmp_path / "a.txt", None)) == expected
    assert read_texts(refer(tmp_path / "a.parquet")) == expected


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\n" * 100_000)
    assert digest_file(tmp_path / "a.txt") == hashlib.sha256(b"one\r\n" * 100_000).hexdigest()
    with pytest.raises(BadInput, match="a folder"):
        digest_file(tmp_path)


def test_wrong_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for content, said in [
        ('{"text": "x"}\n{oops}\n', "a.jsonl:2: this line is not JSON"),
        ('{"text": "x"}\n["text"]\n', "a.jsonl:2: this line is not a JSON object"),
        ('{"txet": "x", "n": 1}\n', "a.jsonl:1: there is no field 'text'; present: n, txet. Did you mean 'txet'?"),
        ('{"text": 3}\n', "a.jsonl:1: the field 'text' holds int"),
        ('{"text": "\\ud800"}\n', "a.jsonl:1: this line is not JSON"),
        ("[" * 100_000 + "\n", "a.jsonl:1: this line is not JSON"),
        ("\n \n", "a.jsonl: the reference set holds no text"),
        ('{"text": " "}\n', "a.jsonl: the reference set holds no text"),
    ]:
        path.write_text(content)
        assert complaint(path).startswith(said), complaint(path)
    path.write_bytes(b'{"text": "x"}\n{"text": "caf\xe9"}\n')
    assert complaint(path).startswith("a.jsonl:2: the line is not UTF-8")
    path.write_text('{"text": "x", "other": 1}\n')
    assert "names no field, and this file has: other, text" in complaint(path, None)


def test_wrong_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 this is none PAR1")
    assert "cannot be read as Parquet" in complaint(path)
    pq.write_table(pa.table({"txet": ["x"], "n": [1]}), path)
    assert "there is no field 'text'; present: txet, n. Did you mean 'txet'?" in complaint(path)
    assert "holds int64, not text" in complaint(path, "n")
    pq.write_table(pa.table({"text": ["x", None]}), path)
    assert "row 2: text: the value is null" in complaint(path)
    pq.write_table(pa.table({"text": ["x" * (5 * 1024 * 1024)] * 2}), path, use_dictionary=True)
    assert "row 1: text: the text is longer than" in complaint(path)


@pytest.mark.parametrize("name", ["index.pkl", "index.npy", "index.pt", "data.csv", "data.json", "data.jsonl.gz", "data"])
def test_other_kinds_are_refused_unopened(tmp_path: Path, name: str) -> None:
    # The file does not even exist: it is refused by its name.
    assert name in complaint(tmp_path / name)


def test_a_line_of_a_gigabyte_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text": "short"}\n')
        file.truncate(1 << 30)
    script = (
        "import sys\n"
        "from factory.config import read_texts\n"
        "from factory.errors import BadInput\n"
        "from factory.types import ReferenceSet\n"
        # Not `ru_maxrss`: a process begins with that of whoever started it.
        "def most():\n"
        "    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "before = most()\n"
        "try:\n"
        "    read_texts(ReferenceSet(name='r', path=sys.argv[1], field='text'))\n"
        "except BadInput as problem:\n"
        "    print(most() - before, problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True, timeout=60)
    grown, said = done.stdout.split(" ", 1)
    assert ":2: the line is longer than" in said
    assert int(grown) < 64 * 1024, f"grew by {grown} kB"
