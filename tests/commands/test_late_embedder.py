"""The sentence model is loaded beside the first calls: what stops a job at once must not wait for it, at its end neither."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.test_startup import PROGRAM
from tests.support.command import KEYS, REAL, SPEC, Desk, Ended, complaints, ended, server_config
from tests.support.model_server import ServerProcess

TARGET = ("--attempts", "6", "--concurrency", "4")
WRONG = {**KEYS, "OPENAI_API_KEY": "sk-not-the-right-one-0123456789"}
# As it is, but for a model that takes forever to load.
ENDLESS = """
import atexit, sys, time
from factory.similarity import embedder
from scripts.cli import main
atexit.register(lambda: print("TORN DOWN", file=sys.stderr))
embedder._load = lambda folder, name: time.sleep(1000)
main()
"""
BROKEN = ENDLESS.replace("time.sleep(1000)", "1 / 0")
LOAD = "from factory.similarity.embedder import load_embedder; load_embedder('minilm').embed(['Twelve vials.'])"


def cpu_s() -> float:
    """Of the children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def refused(told: Ended) -> None:
    assert told.code == 5 and len(complaints(told.err)) == 1, told
    assert "Check the key in OPENAI_API_KEY" in told.err and "Traceback" not in told.out + told.err


def test_an_exit_while_it_loads_does_not_wait_for_it(tmp_path: Path) -> None:
    with ServerProcess(server_config(tmp_path / "log")) as server:
        desk = Desk(tmp_path / "desk", server.base_url, program=("-c", ENDLESS))
        told = ended(desk.run(*TARGET, environment=WRONG), 60)
    refused(told)
    assert "TORN DOWN" not in told.err, "an interpreter that is torn down around a thread in torch's import may crash"
    store = desk.open()
    assert store.jobs()[-1].state.value == "stopped"
    store.close()


def test_a_model_that_does_not_load_after_all_ends_the_job(tmp_path: Path) -> None:
    with ServerProcess(server_config(tmp_path / "log")) as server:
        desk = Desk(tmp_path / "desk", server.base_url, program=("-c", BROKEN))
        told = ended(desk.run(*TARGET), 60)
    assert told.code == 1 and len(complaints(told.err)) == 1 and "the corpus could not be loaded" in told.err, told
    assert desk.outcome() == [], "something landed without having been compared"


def test_a_dry_run_loads_none_of_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", lambda protocol: "http://127.0.0.1:9", program=("-c", PROGRAM))
    told = ended(desk.run(*TARGET, "--dry-run"))
    modules = set(told.err.rpartition("LOADED")[2].split())
    assert told.code == 0 and "factory.similarity.embedder" in modules, told
    assert not {"torch", "transformers", "sentence_transformers"} & modules
    assert "embedder: minilm@53aa51172d14" in told.out


@pytest.mark.parametrize("named", ["./nowhere", "./empty"])
def test_an_absent_model_is_found_before_anything_is_written(named: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", lambda protocol: "http://127.0.0.1:9", spec=f"{SPEC}embedder: {named}\n", program=REAL)
    (desk.folder / "empty").mkdir()
    told = ended(desk.run(*TARGET))
    line = desk.spec.count("\n")
    assert told.code == 2 and f"spec.yaml:{line}" in told.err and "sentence-transformers model's name or folder" in told.err, (
        told
    )
    assert not (desk.folder / "s.db").exists()


@pytest.mark.slow
def test_a_wrong_key_costs_less_than_the_model_and_nothing_is_lost(tmp_path: Path) -> None:
    """CPU, not time: what else the machine does is no part of it."""
    before = cpu_s()
    subprocess.run([sys.executable, "-c", LOAD], check=True, timeout=300)
    loading = cpu_s() - before
    with ServerProcess(server_config(tmp_path / "log")) as server:
        desk = Desk(tmp_path / "desk", server.base_url, program=REAL)
        before, began = cpu_s(), time.monotonic()
        refused(ended(desk.run(*TARGET, environment=WRONG)))
        spent, wall = cpu_s() - before, time.monotonic() - began
        assert spent < 0.8 * loading, f"{spent:.1f} s of CPU in {wall:.1f} s, where the model alone takes {loading:.1f} s"
        assert ended(desk.resume("--concurrency", "4")).code == 0
        undisturbed = Desk(tmp_path / "undisturbed", server.base_url, program=REAL)
        assert ended(undisturbed.run(*TARGET)).code == 0
    assert desk.outcome() == undisturbed.outcome() and len(desk.outcome()) == 6
