"""Ctrl-C and SIGTERM, over the wire and while a reference set is read: a clean drain, exit 130, and the same set afterwards."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from pathlib import Path

import orjson
import pytest

from tests.support.command import SPEC, Desk, Process, complaints, ended, server_config, wait_until
from tests.support.model_server import ServerProcess
from tests.support.wire import answers

ATTEMPTS = 16
TARGET = ("--attempts", str(ATTEMPTS), "--concurrency", "4")
TEXTS = 4000
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def with_reference(folder: Path) -> str:
    """The spec with a reference set that takes a while to read."""
    file = folder / "reference.jsonl"
    text = "Item {}: a clerk counts {} crates on Monday and {} on Friday. How many crates has the clerk counted by then?"
    file.write_bytes(b"".join(orjson.dumps({"q": text.format(n, 3 * n, 7 * n)}) + b"\n" for n in range(TEXTS)))
    return SPEC + f"references: [{{name: crates, path: {file}, field: q}}]\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signals")


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> Desk:
    with ServerProcess(server_config(folder / "log")) as server:
        desk = Desk(folder / "undisturbed", server.base_url, spec=with_reference(folder))
        told = ended(desk.run(*TARGET))
        assert told.code == 0, told.err
    return desk


def check_interrupted(desk: Desk, process: Process) -> str:
    told = ended(process)
    assert told.code == 130, told
    assert len(complaints(told.err)) == 1 and f"factory resume {desk.job()}" in told.err and "Traceback" not in told.out
    store = desk.open()
    job, money = store.jobs()[-1], store.money(desk.job())
    store.close()
    assert job.state.value == "interrupted" and money.reserved_nano_usd == 0
    return told.out


def check_goes_on(desk: Desk, undisturbed: Desk) -> None:
    done = ended(desk.resume())
    assert done.code == 0, done.err
    assert desk.outcome() == undisturbed.outcome() and desk.exported() == undisturbed.exported()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_over_the_wire_drains(number: signal.Signals, tmp_path: Path, folder: Path, undisturbed: Desk) -> None:
    log = tmp_path / "log"
    with ServerProcess(server_config(log, delay_ms=[50, 100])) as server:
        desk = Desk(tmp_path / "desk", server.base_url, spec=with_reference(folder))
        process = desk.run(*TARGET)
        wait_until(lambda: len(answers(log)) >= 20, process)
        process.send_signal(number)
        check_interrupted(desk, process)
        prefix, paid = desk.outcome(), [entry["key"] for entry in answers(log)]
        assert prefix == undisturbed.outcome()[: len(prefix)] and len(prefix) < ATTEMPTS
        store = desk.open()
        journaled = {call.key for index in range(ATTEMPTS) for call in store.calls(desk.job(), index)}
        store.close()
        assert sorted(paid) == sorted(journaled), "a call in flight was not waited for"
        check_goes_on(desk, undisturbed)
        keys = [entry["key"] for entry in answers(log)]
        assert len(keys) == len(set(keys)), "something was paid twice"


@pytest.mark.parametrize("number", SIGNALS)
def test_the_load_of_a_reference_set_stops(number: signal.Signals, tmp_path: Path, folder: Path, undisturbed: Desk) -> None:
    log = tmp_path / "log"
    with ServerProcess(server_config(log)) as server:
        desk = Desk(tmp_path / "desk", server.base_url, spec=with_reference(folder))
        process = desk.run(*TARGET)
        assert process.stdout is not None
        line = ""
        while process.poll() is None and "reading reference set" not in line:
            line = process.stdout.readline()
        assert f"of {TEXTS}" in line, "it was never seen to read the set"
        process.send_signal(number)
        told = check_interrupted(desk, process)
        assert f"{TEXTS} of {TEXTS}" not in told
        assert all(state != "accepted" for _, _, state, *_ in desk.outcome()), "it compared with what it had not read"
        check_goes_on(desk, undisturbed)


def test_a_hung_call_is_told_of_at_once(tmp_path: Path) -> None:
    fields = {"options": {"deadline_s": 3}}
    with ServerProcess(server_config(tmp_path / "log", rates={"stall": 1.0})) as server:
        desk = Desk(tmp_path / "desk", server.base_url, fields=fields)
        process = desk.run("--attempts", "2", "--concurrency", "2")
        wait_until(lambda: connections(server) > 2, process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        line, began = "", time.monotonic()
        while process.poll() is None and "stopping" not in line:
            line = process.stderr.readline()
        assert time.monotonic() - began < 2, "it only said so when it was over"
        assert line.startswith("stopping: waiting for 2 calls in flight, at most 3 s; Ctrl-C again stops at once"), line
        assert "paid again" in line
        told = ended(process)
        assert told.code == 130 and complaints(told.err) == [told.err.strip()] and "interrupted" in told.err, told


def test_a_second_signal_ends_it_at_once(tmp_path: Path, folder: Path, undisturbed: Desk) -> None:
    log = tmp_path / "log"
    with ServerProcess(server_config(log, delay_ms=[60_000, 60_000])) as server:
        desk = Desk(tmp_path / "desk", server.base_url, spec=with_reference(folder))
        process = desk.run(*TARGET)
        wait_until(lambda: connections(server) > 2, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        told = ended(process)
        assert told.code == 130 and "factory resume" in told.err and "Traceback" not in told.out + told.err
        assert answers(log) == [], "it waited for the calls in flight"


@pytest.mark.parametrize("number", SIGNALS)
def test_before_the_job_exists_nothing_is_written(number: signal.Signals, tmp_path: Path) -> None:
    spec = SPEC.replace("recipe: ground_truth", "recipe: ./slow.py")
    desk = Desk(tmp_path / "desk", lambda protocol: "http://127.0.0.1:9", spec=spec)
    here = desk.folder / "here"
    (desk.folder / "slow.py").write_text(f"import pathlib, time\npathlib.Path({str(here)!r}).touch()\ntime.sleep(100)\n")
    process = desk.run(*TARGET)
    wait_until(here.exists, process)
    process.send_signal(number)
    told = ended(process)
    assert told.code == 130 and len(complaints(told.err)) == 1, told
    assert not (desk.folder / "s.db").exists()


def connections(server: ServerProcess) -> int:
    """The most there ever were, the one that asks included."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/stats") as answer:
        return int(json.load(answer)["most_connections"])
