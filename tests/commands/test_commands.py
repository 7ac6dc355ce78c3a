"""The commands as a user meets them: the main path, what they print, and what they say when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest

from factory.report import SHOW_SCHEMA, STATUS_SCHEMA
from scripts.doctor.setup import read_setup
from tests.commands.conftest import PHARMACY, Factory

pytestmark = pytest.mark.usefixtures("quick_embedder")
RUN = ("run", PHARMACY, "--cast", "rehearsal")


def test_the_main_path_run_status_show_export(factory: Factory, tmp_path: Path) -> None:
    ran = factory(*RUN, "--accept", "3", "--seed", "7")
    assert ran.code == 0 and "SIMULATED" in ran.out and "3 accepted" in ran.out and "next: factory export" in ran.out

    listed = factory("status", "--json")
    job = json.loads(listed.out)["jobs"][0]["job"]
    told = json.loads(factory("status", job, "--json").out)
    jsonschema.validate(told, STATUS_SCHEMA)
    assert (told["state"], told["accepted"], told["simulated"]) == ("done", 3, True)

    for form in ("jsonl", "parquet"):
        assert factory("export", "--to", form, "--out", tmp_path / form, "--run", job).code == 0
    rows = [json.loads(line) for line in (tmp_path / "jsonl" / "data.jsonl").read_text().splitlines()]
    assert [row["answer"] for row in rows] == pq.read_table(tmp_path / "parquet" / "data.parquet")["answer"].to_pylist()

    shown = factory("show", rows[0]["id"][:10])
    assert shown.code == 0 and "receipt chain: verified" in shown.out and "oracle" in shown.out
    whole = json.loads(factory("show", rows[0]["id"], "--json").out)
    jsonschema.validate(whole, SHOW_SCHEMA)
    assert whole["chain"]["verified"] and whole["revisions"][0]["calls"]


def test_run_json_prints_the_status_and_nothing_else(factory: Factory) -> None:
    told = json.loads(factory(*RUN, "--attempts", "2", "--json").out)
    jsonschema.validate(told, STATUS_SCHEMA)
    assert told["attempts"] == 2


def test_a_dry_run_calls_and_writes_nothing(factory: Factory, tmp_path: Path) -> None:
    told = factory(*RUN, "--accept", "3", "--dry-run")
    assert told.code == 0 and "Nothing was called or written" in told.out and "would pull" in told.out
    assert list(tmp_path.iterdir()) == []


def test_without_a_seed_the_next_run_takes_the_next_one(factory: Factory) -> None:
    seeds = [factory(*RUN, "--attempts", "1").out.split("seed ")[1][0] for _ in range(2)]
    assert seeds == ["0", "1"]


def test_a_used_seed_is_refused_with_the_way_on(factory: Factory) -> None:
    assert factory(*RUN, "--attempts", "1", "--seed", "3").code == 0
    again = factory(*RUN, "--attempts", "1", "--seed", "3")
    assert again.code == 2 and "seed" in again.err and "resume" in again.err


def test_a_done_job_has_nothing_to_resume(factory: Factory) -> None:
    job = json.loads(factory(*RUN, "--attempts", "1", "--json").out)["job"]
    told = factory("resume", job)
    assert told.code == 2 and "done" in told.err


def test_what_changed_since_is_named_and_as_new_starts_afresh(factory: Factory, tmp_path: Path) -> None:
    spec = tmp_path / "mine.yaml"
    text = PHARMACY.read_text()
    spec.write_text(text)
    ended = factory("run", spec, "--cast", "rehearsal", "--accept", "50", "--max-attempts", "50", "--json")
    assert ended.code == 4
    job = json.loads(ended.out)["job"]
    spec.write_text(text + "gates: {novelty: {template_quota: 1}}\n")
    told = factory("resume", job)
    assert told.code == 2 and "gate settings" in told.err and "spec" in told.err and "--as-new" in told.err
    new = factory("resume", job, "--as-new", "--json")
    assert json.loads(new.out)["job"] != job and new.code == 4


def test_the_lists(factory: Factory) -> None:
    assert "ground_truth" in factory("recipes").out
    gates = json.loads(factory("gates", "--json").out)["gates"]
    assert [gate["gate"] for gate in gates] == [
        "structure",
        "invariants",
        "novelty",
        "oracle",
        "counter",
        "realism",
        "difficulty",
        "gameability",
        "final_check",
    ]
    assert {entry["name"] for entry in json.loads(factory("exporters", "--json").out)["exporters"]} == {"jsonl", "parquet"}


WRONG_RUNS = [
    ("a spec that is not there", ("run", "nowhere.yaml", "--cast", "rehearsal", "--accept", "1"), "nowhere.yaml"),
    ("no target", RUN, "--accept"),
    ("two targets", (*RUN, "--accept", "1", "--attempts", "1"), "--attempts"),
    ("a cap below the target", (*RUN, "--accept", "5", "--max-attempts", "2"), "--max-attempts"),
    ("an unknown cast", ("run", PHARMACY, "--cast", "nobody", "--accept", "1"), "rehearsal"),
    ("a bad duration", (*RUN, "--accept", "1", "--deadline", "soon"), "--deadline"),
    ("an unwritable store", (*RUN, "--accept", "1", "--store", "sqlite:////nowhere/at/all.db"), "nowhere"),
    ("an unknown database", (*RUN, "--accept", "1", "--store", "mysql://localhost/x"), "mysql"),
    ("status without a store", ("status",), "factory.db"),
    ("resume without a store", ("resume", "run-1"), "factory.db"),
    ("export to an unknown format", ("export", "--to", "xlsx", "--out", "out"), "xlsx"),
    ("export of an unknown state", ("export", "--to", "jsonl", "--out", "out", "--state", "good"), "good"),
]


@pytest.mark.parametrize(("arguments", "named"), [row[1:] for row in WRONG_RUNS], ids=[row[0] for row in WRONG_RUNS])
def test_bad_input_is_one_message_exit_2_and_nothing_written(
    factory: Factory, tmp_path: Path, arguments: tuple[str | Path, ...], named: str
) -> None:
    told = factory(*arguments)
    assert told.code == 2 and named in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


SPEC = """\
name: tiny
recipe: ground_truth
brief: Word problems.
axes:
  topic: [ward stock, vaccine clinic]
  steps: [3, 4]
"""

WRONG_SPECS = [
    ("an unknown field", SPEC + "axis: {}\n", "axis"),
    ("an unknown recipe", SPEC.replace("ground_truth", "poetry"), "poetry"),
    ("a recipe file that is not there", SPEC.replace("ground_truth", "./mine.py"), "mine.py"),
    ("a wrong grader setting", SPEC + "settings: {grader: {kind: number, tolerance: 1}}\n", "tolerance"),
    ("an unknown grader", SPEC + "settings: {grader: {kind: vibes}}\n", "vibes"),
    ("an unknown gate", SPEC + "gates: {noveltea: {}}\n", "noveltea"),
    ("an unknown gate setting", SPEC + "gates: {novelty: {quota: 1}}\n", "quota"),
    ("a gate setting of the wrong type", SPEC + "gates: {oracle: {votes: many}}\n", "votes"),
    ("a reference file that is not there", SPEC + "references: [{name: r, path: no.jsonl, field: q}]\n", "no.jsonl"),
    ("a python tag", SPEC + "without: [!!python/object/apply:os.system ['true']]\n", "python"),
    ("an anchor of another shape", SPEC + "anchors: [{payload: {question: x}}]\n", "anchor"),
    ("broken YAML", SPEC + "  - [", "yaml"),
]


@pytest.mark.parametrize(("text", "named"), [row[1:] for row in WRONG_SPECS], ids=[row[0] for row in WRONG_SPECS])
def test_a_wrong_spec_names_file_field_and_fix(factory: Factory, tmp_path: Path, text: str, named: str) -> None:
    spec = tmp_path / "tiny.yaml"
    spec.write_text(text)
    told = factory("run", spec, "--cast", "rehearsal", "--accept", "1")
    assert told.code == 2 and "tiny.yaml" in told.err and named in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.yaml"]


def test_a_pickle_offered_as_a_reference_is_refused_unread(factory: Factory, tmp_path: Path) -> None:
    (tmp_path / "index.pkl").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    (tmp_path / "tiny.yaml").write_text(SPEC + "references: [{name: r, path: index.pkl}]\n")
    told = factory("run", tmp_path / "tiny.yaml", "--cast", "rehearsal", "--accept", "1")
    assert told.code == 2 and "index.pkl" in told.err
    assert not (tmp_path / "owned").exists()


PANEL = """\
author: {{model: "{author}", family: a}}
oracle: {{model: "sim:oracle", family: b}}
critic: {{model: "sim:critic", family: d}}
judges: [{{model: "sim:judge", family: e}}]
solvers: [{{model: "sim:solver", family: c}}]
"""

WRONG_CASTS = [
    ("a role nobody plays", "author: {model: 'sim:author', family: a}\n", "oracle"),
    ("a role the recipe cannot rehearse", PANEL.format(author="sim:poet"), "sim:poet"),
    ("nobody to decide", PANEL.format(author="sim:author").replace("judges", "#"), "Add `judges:` to the cast"),
    (
        "a critic who is related to the only judge",
        PANEL.format(author="sim:author").replace("family: d", "family: e"),
        "unrelated to both author and critic",
    ),
    ("a missing family", "author: {model: 'sim:author'}\noracle: {model: 'sim:oracle', family: b}\n", "family"),
    (
        "an oracle of the author's family",
        "author: {model: 'sim:author', family: a}\noracle: {model: 'sim:oracle', family: a}\n"
        "critic: {model: 'sim:critic', family: d}\njudges: [{model: 'sim:judge', family: e}]\n"
        "solvers: [{model: 'sim:solver', family: c}]\n",
        "family",
    ),
    (
        "an unknown kind to plant",
        PANEL.format(author="sim:author").replace("family: a", "family: a, options: {plant: {nope: 1}}"),
        "nope",
    ),
    ("a model with no adapter", PANEL.format(author="vertex/x"), "vertex"),
]


@pytest.mark.parametrize(("text", "named"), [row[1:] for row in WRONG_CASTS], ids=[row[0] for row in WRONG_CASTS])
def test_a_wrong_cast_is_refused_before_the_first_call(factory: Factory, tmp_path: Path, text: str, named: str) -> None:
    cast = tmp_path / "cast.yaml"
    cast.write_text(text)
    told = factory("run", PHARMACY, "--cast", cast, "--accept", "1")
    assert told.code == 2 and named in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["cast.yaml"]


RELATED = [
    ("the oracle to the author", {"oracle": "anthropic/claude-opus-4-1"}, "The oracle anthropic/claude-opus-4-1", "author"),
    ("every judge to the author", {"judge": "anthropic/claude-opus-4-1"}, "The judge anthropic/claude-opus-4-1", "author"),
    ("every judge to a solver", {"solver": "openai/gpt-4o-mini"}, "The judge openai/gpt-4o", "solver"),
    ("every solver to the author", {"solver": "anthropic/claude-haiku-4-5"}, "The solver anthropic/claude-haiku-4-5", "author"),
]


@pytest.mark.parametrize(("seats", "first", "role"), [row[1:] for row in RELATED], ids=[row[0] for row in RELATED])
def test_related_pairs_are_refused_by_name_and_rule(
    factory: Factory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seats: dict[str, str], first: str, role: str
) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(variable, "sk-never-sent-0123456789")
    cast = {"author": "anthropic/claude-sonnet-4-5", "oracle": "openai/gpt-4o", "judge": "openai/gpt-4o"}
    cast |= {"solver": "openai/Qwen2.5-72B", **seats}
    lines = [f"author: {{model: {cast['author']}}}", f"oracle: {{model: {cast['oracle']}}}"]
    lines += [f"judges: [{{model: {cast['judge']}}}]", f"solvers: [{{model: {cast['solver']}}}]"]
    (tmp_path / "cast.yaml").write_text("\n".join(lines))
    (tmp_path / "judged.py").write_text("from tests.support.rubric import RECIPE\n")
    (tmp_path / "spec.yaml").write_text("name: r\nrecipe: ./judged.py\nbrief: b\naxes: {tone: [plain, warm]}\n")
    told = factory("run", tmp_path / "spec.yaml", "--cast", tmp_path / "cast.yaml", "--accept", "1")
    assert told.code == 2 and first in told.err and cast[role] in told.err
    assert "2502.01534" in told.err and "allow_related: true" in told.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["cast.yaml", "judged.py", "spec.yaml"]


def test_a_recipe_whose_grader_is_a_judge_needs_one(factory: Factory, tmp_path: Path) -> None:
    (tmp_path / "cast.yaml").write_text(
        "author: {model: 'sim:author', family: a}\nsolvers: [{model: 'sim:solver', family: s}]\n"
    )
    (tmp_path / "judged.py").write_text("from tests.support.rubric import RECIPE\n")
    (tmp_path / "spec.yaml").write_text("name: r\nrecipe: ./judged.py\nbrief: b\naxes: {tone: [plain, warm]}\n")
    told = factory("run", tmp_path / "spec.yaml", "--cast", tmp_path / "cast.yaml", "--accept", "1")
    assert told.code == 2 and "no judge" in told.err and "grader" in told.err


def test_allow_related_is_confessed_in_every_receipt(factory: Factory, tmp_path: Path) -> None:
    cast = tmp_path / "cast.yaml"
    cast.write_text({row[0]: row[1] for row in WRONG_CASTS}["an oracle of the author's family"] + "allow_related: true\n")
    ran = factory("run", PHARMACY, "--cast", cast, "--attempts", "4")
    assert "related to the author" in ran.err
    states = [part for state in ("accepted", "rejected", "held", "errored") for part in ("--state", state)]
    factory("export", "--to", "jsonl", "--out", tmp_path / "out", *states)
    receipts = [json.loads(line) for line in (tmp_path / "out" / "receipts.jsonl").read_text().splitlines()]
    cores = [line["core"] for line in receipts if "core" in line]
    assert len({line["candidate"] for line in receipts}) == 4
    assert {core["gate"] for core in cores} >= {"structure", "novelty", "oracle"}
    assert all("allow_related" in core["conditions"] for core in cores)
    shown = json.loads(factory("show", receipts[0]["candidate"], "--json").out)
    assert all("allow_related" in receipt["conditions"] for receipt in shown["receipts"])


def test_a_relative_on_the_panel_is_told_before_and_at_the_start_of_a_run(factory: Factory, tmp_path: Path) -> None:
    cast = tmp_path / "cast.yaml"
    cast.write_text(PANEL.format(author="sim:author").replace("solvers: [", "solvers: [{model: 'sim:solver', family: a}, "))
    told = "The solver sim:solver is related to the author sim:author: both are of the family a."
    spec = tmp_path / "spec.yaml"
    # Without the gate that needs an embedder, which takes seconds to load.
    spec.write_text(SPEC + "without: [novelty]\n")
    run = ("run", spec, "--cast", cast, "--attempts", "1")
    assert f"lineage: {told}" in factory(*run, "--dry-run").out.replace("\n", " ")
    assert json.loads(factory(*run, "--dry-run", "--json").out)["lineage"] == [told]
    for more in ((), ("--json",)):
        ran = factory(*run, *more)
        assert ran.code == 0 and told in ran.err.replace("\n", " ") and told not in ran.out
    (cast_line,) = [found for found in read_setup(str(spec), str(cast)).diagnoses if found.check == "cast"]
    assert told in cast_line.line


RECIPE_FILE = """\
from dataclasses import replace
from recipes import load_shipped
RECIPE = replace(load_shipped("ground_truth"), name="mine")
"""


def test_a_recipe_by_file_path_runs_shows_and_exports(factory: Factory, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RECIPE_FILE)
    (tmp_path / "mine.yaml").write_text(PHARMACY.read_text().replace("recipe: ground_truth", "recipe: ./mine.py"))
    told = json.loads(factory("run", tmp_path / "mine.yaml", "--cast", "rehearsal", "--accept", "1", "--json").out)
    assert told["recipe"]["name"] == "mine"
    assert factory("export", "--to", "jsonl", "--out", tmp_path / "out").code == 0


def test_a_recipe_file_without_a_recipe_says_so(factory: Factory, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    (tmp_path / "mine.yaml").write_text(PHARMACY.read_text().replace("recipe: ground_truth", "recipe: ./mine.py"))
    told = factory("run", tmp_path / "mine.yaml", "--cast", "rehearsal", "--accept", "1")
    assert told.code == 2 and "RECIPE" in told.err
