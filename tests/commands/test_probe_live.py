"""`factory probe` with a cast: a job like any other, but for its items, which are nobody's to export."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from factory.report.probe_json import PROBE_SCHEMA
from store import open_store
from tests.commands.conftest import PHARMACY, ROOT, Factory
from tests.support.driver import outcome

pytestmark = pytest.mark.usefixtures("quick_embedder")
OPTIONS = ("--recipe", "ground_truth", "--field", "prompt=question", "--after", "answer=####", "--axis", "topic")
GATES = ("--gates", "structure,novelty,difficulty,final_check")


@pytest.fixture
def items(tmp_path: Path) -> Path:
    """The anchors of the two shipped specs as somebody's own file, the first one twice."""
    rows = []
    for topic in ("pharmacy", "freight"):
        for anchor in yaml.safe_load(PHARMACY.with_name(f"{topic}.yaml").read_text())["anchors"]:
            payload = anchor["payload"]
            rows.append({"question": payload["prompt"], "answer": f"Worked out.\n#### {payload['answer']}", "topic": topic})
    file = tmp_path / "mine.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (*rows, rows[0])))
    return file


def told(result: Any) -> dict[str, Any]:
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(found, PROBE_SCHEMA)
    return found


def test_a_probe_is_a_job_whose_items_stay_its_own(factory: Factory, items: Path, tmp_path: Path) -> None:
    ran = factory("probe", items, *OPTIONS, *GATES, "--cast", "rehearsal")
    assert ran.code == 0 and "SIMULATED" in ran.out and "solve rate" in ran.out and "bands: " in ran.out
    status = json.loads(factory("status", "--json").out)["jobs"][0]
    number = len(items.read_text().splitlines())
    assert (status["kind"], status["state"], status["attempts"]) == ("probe", "done", number)
    assert status["job"].startswith("probe-") and "author" not in status["calls"]["by_role"]
    # The first item stands in the file twice: the second is found out by novelty, as it would be in a run.
    assert next(gate for gate in status["gates"] if gate["gate"] == "novelty")["rejected"] == 1

    store = open_store(f"sqlite:///{tmp_path / 'factory.db'}", read_only=True)
    landed = list(store.candidates(job_id=status["job"]))
    assert list(store.accepted()) == []
    assert len(list(store.accepted(own=status["job"]))) == status["accepted"] > 0
    store.close()
    assert [dict(candidate.coordinate)["topic"] for candidate in landed[:2]] == ["pharmacy", "pharmacy"]
    assert {revision.origin for candidate in landed for revision in candidate.revisions} == {"import"}
    assert landed[0].payload["prompt"] == json.loads(items.read_text().splitlines()[0])["question"]
    shown = factory("show", landed[0].id)
    assert shown.code == 0 and "receipt chain: verified" in shown.out

    again = told(factory("probe", "--job", status["job"], "--json"))
    assert again["job"]["job"] == status["job"] and len(again["models"]) == 5 and again["bands"]["counts"]


def test_only_when_named_it_is_exported(factory: Factory, items: Path, tmp_path: Path) -> None:
    job = told(factory("probe", items, *OPTIONS, "--gates", "structure", "--cast", "rehearsal", "--json"))["job"]
    assert factory("run", PHARMACY, "--cast", "rehearsal", "--accept", "1", "--seed", "7").code == 0

    def exported(*which: str) -> list[dict[str, Any]]:
        out = tmp_path / f"out{len(which)}"
        assert factory("export", "--to", "jsonl", "--out", out, *which).code == 0
        return [json.loads(line) for line in (out / "data.jsonl").read_text().splitlines()]

    assert [row["spec"] for row in exported()] == ["pharmacy"]
    assert len(exported("--run", job["job"])) == job["accepted"] == 15


def test_a_second_probe_of_the_same_items_takes_the_next_seed(factory: Factory, items: Path) -> None:
    for seed in ("0", "1"):
        ran = factory("probe", items, *OPTIONS, "--gates", "structure,final_check", "--cast", "rehearsal")
        assert ran.code == 0 and f"seed {seed}" in ran.out


def cast(folder: Path, **change: Any) -> Path:
    """The rehearsal cast with other members for some roles; None leaves a role out."""
    shipped = ROOT / "recipes" / "ground_truth" / "casts" / "rehearsal.yaml"
    known = {**yaml.safe_load(shipped.read_text()), **change}
    file = folder / "cast.yaml"
    file.write_text(yaml.safe_dump({role: members for role, members in known.items() if members is not None}))
    return file


def test_gates_that_the_cast_cannot_seat_are_left_out_and_said(factory: Factory, items: Path, tmp_path: Path) -> None:
    mine = cast(tmp_path, author=None, critic=None, oracle=None, judges=None)
    ran = factory("probe", items, *OPTIONS, "--cast", mine)
    assert ran.code == 0, ran.err
    for line in (
        "oracle gate is left out: the cast has no oracle",
        "counter gate is left out: the cast has no critic and no judges",
    ):
        assert line in ran.out
    refused = factory("probe", items, *OPTIONS, "--cast", mine, "--gates", "oracle")
    assert refused.code == 2 and "oracle" in refused.err and str(mine) in refused.err


def test_judges_mark_those_they_are_not_related_to(factory: Factory, items: Path, tmp_path: Path) -> None:
    judges = [
        {"model": "sim:judge", "family": "sim-solver-a"},
        {"model": "sim:judge", "family": "sim-judge-b", "options": {"noise": 0.3}},
    ]
    mine = cast(tmp_path, judges=judges)
    found = told(factory("probe", items, *OPTIONS, "--grader", "judge", "--samples", "2", "--cast", mine, "--json"))
    by_judge = {
        name: {j["model"] for j in found["judges"] if j["judge"] == name} for name in ("sim:judge [0]", "sim:judge [1]")
    }
    assert "sim:solver [0]" not in by_judge["sim:judge [0]"] and "sim:solver [0]" in by_judge["sim:judge [1]"]
    everyone = {j["judge"]: j for j in found["judges"] if j["model"] == ""}
    careful, noisy = everyone["sim:judge [0]"], everyone["sim:judge [1]"]
    assert careful["disagreement"]["value"] == 0 and noisy["confusion"]["true_passed"] > 0
    assert noisy["disagreement"]["low"] <= 0.3 <= noisy["disagreement"]["high"]
    judges[1]["family"] = "sim-solver-a"
    refused = factory("probe", items, *OPTIONS, "--grader", "judge", "--cast", cast(tmp_path, judges=judges))
    assert refused.code == 2 and "unrelated" in refused.err


def test_live_truth_is_any_of_the_labels(factory: Factory, items: Path, tmp_path: Path) -> None:
    """The first label is wrong, and is all that a receipt's own grade knows of."""
    rows = [json.loads(line) for line in items.read_text().splitlines()[:3]]
    labelled = [{"question": row["question"], "good": ["-1", row["answer"].split("#### ")[1]]} for row in rows]
    file = tmp_path / "labelled.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in labelled))
    options = ("--recipe", "ground_truth", "--field", "prompt=question", "--labels", "answer=good")
    skilled = cast(tmp_path, solvers=[{"model": "sim:solver", "family": "s", "options": {"skill": 50}}])
    found = told(factory("probe", file, *options, "--grader", "judge", "--cast", skilled, "--json"))
    assert found["models"][0]["solve_rate"]["value"] == 1
    assert {judge["true_accuracy"]["value"] for judge in found["judges"]} == {1}
    refused = factory("probe", file, *options, "--cast", skilled)
    assert refused.code == 2 and "--labels" in refused.err


def test_a_changed_items_file_is_noticed_and_as_new_takes_it(factory: Factory, items: Path) -> None:
    stopped = factory("probe", items, *OPTIONS, *GATES, "--cast", "rehearsal", "--deadline", "0.05s", "--json")
    assert stopped.code == 3
    job = json.loads(stopped.out)["job"]["job"]
    lines = items.read_text().splitlines()
    items.write_text("\n".join(lines[:-1]) + "\n")
    refused = factory("resume", job)
    assert refused.code == 2 and "items file" in refused.err and "--as-new" in refused.err
    new = told(factory("resume", job, "--as-new", "--json"))
    assert new["job"]["job"] != job and new["job"]["attempts"] == len(lines) - 1
    items.write_text("\n".join(lines) + "\n")
    went_on = told(factory("resume", job, "--json"))
    assert went_on["job"]["job"] == job and went_on["job"]["attempts"] == len(lines)
    retried = factory("resume", job, "--retry-errors")
    assert retried.code == 2 and "once" in retried.err


# The command in a process of its own that loads no sentence model.
_COMMAND = (
    "from scripts import assembly\n"
    "from tests.support.embedder import TrigramEmbedder\n"
    "assembly.load_embedder = lambda name: TrigramEmbedder()\n"
    "from scripts.cli import main\n"
    "main()\n"
)


def spawn(folder: Path, *arguments: str | Path, crash_at: str = "") -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FACTORY_CRASH_AT": crash_at}
    if not crash_at:
        del environment["FACTORY_CRASH_AT"]
    command = [sys.executable, "-c", _COMMAND, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=300, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def test_killed_and_resumed_it_is_the_undisturbed_probe(factory: Factory, items: Path, tmp_path: Path) -> None:
    probe = ("probe", items, *OPTIONS, *GATES, "--cast", "rehearsal", "--seed", "5", "--store")
    assert spawn(tmp_path, *probe, "sqlite:///whole.db") == 0
    assert spawn(tmp_path, *probe, "sqlite:///torn.db", crash_at="land.before_commit:4") == -signal.SIGKILL
    torn = open_store(f"sqlite:///{tmp_path / 'torn.db'}", read_only=True)
    job = torn.jobs()[0].id
    assert len(list(torn.candidates(job_id=job))) < 15
    torn.close()
    assert spawn(tmp_path, "resume", job, "--store", "sqlite:///torn.db") == 0
    found = []
    for name in ("whole", "torn"):
        store = open_store(f"sqlite:///{tmp_path / name}.db", read_only=True)
        found.append(outcome(store, store.jobs()[0].id))
        store.close()
    assert len(found[0]) == 15 and found[0] == found[1]
