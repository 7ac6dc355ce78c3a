"""`factory audit` from end to end on the rehearsal: other people's planters and items, an ablation, a resume."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from factory.report.audit import AUDIT_SCHEMA
from scripts import registry
from scripts.commands.audit_shown import print_audit
from scripts.registry import GROUP
from store import open_store
from tests.commands.conftest import PHARMACY, Factory
from tests.gates.test_defects import good

PER_DEFECT = 50
THEIRS = """
def wrong(payload, rng):
    return {**payload, "answer": str(int(float(payload["answer"])) + rng.randint(3, 9))}

def slot(payload, rng):
    return {**payload, "prompt": f"[NAME] writes: {payload['prompt']}"}

def raises(payload, rng):
    raise RuntimeError("no paint left")

def never(payload, rng):
    return None

def odd(payload, rng):
    return ["not", "a", "payload"]

def copied(payload, rng):
    return dict(payload)

PLANTERS = [
    ("wrong", "oracle", wrong), ("slot", "structure", slot), ("raises", "counter", raises), ("never", "realism", never),
    ("odd", "difficulty", odd), ("copied", "novelty", copied), ("typo", "orcale", wrong),
    ("oracle", "swapped", wrong),
]
"""


@pytest.fixture
def theirs(tmp_path: Path) -> tuple[Path, Path]:
    planters, items = tmp_path / "theirs.py", tmp_path / "items.jsonl"
    planters.write_text(THEIRS)
    rows = [{"prompt": item["prompt"], "answer": item["answer"], "difficulty": "?"} for item in good()[:6]]
    items.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return planters, items


def figures(out: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(out)
    jsonschema.validate(facts, AUDIT_SCHEMA)
    return facts


@pytest.mark.usefixtures("quick_embedder")
def test_other_peoples_planters_and_items(factory: Factory, theirs: tuple[Path, Path]) -> None:
    planters, items = theirs
    given = ("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "6", "--planters", planters, "--items", items)
    shown = factory(*given, "--dry-run")
    assert shown.code == 0, shown.err
    assert "6 known-good items (file)" in shown.out
    assert not Path("factory.db").exists()

    found = factory(*given, "--json")
    assert found.code == 0, found.err
    facts = figures(found.out)
    assert facts["state"] == "done" and facts["items"] == {"source": "file", "count": 6}
    rows = {row["gate"]: row for row in facts["gates"]}
    for gate in ("oracle", "structure", "novelty"):
        assert rows[gate]["planted"] >= 4 and rows[gate]["caught"] == rows[gate]["planted"], rows[gate]
        assert rows[gate]["good"] == 6 and rows[gate]["false_rejects"] == 0
    assert rows["counter"]["planted"] == rows["realism"]["planted"] == rows["difficulty"]["planted"] == 0
    assert rows["counter"]["catch_rate"] is None and rows["counter"]["trust"] == "never audited"
    assert rows["oracle"]["too_few"] and "one_step_short" in rows["oracle"]["unplanted"]
    assert "wrong" not in rows["oracle"]["unplanted"] and "never" in rows["realism"]["unplanted"]
    told = "\n".join(facts["problems"])
    for said in (
        "RuntimeError: no paint left",
        "returned a list",
        "no good item can bear",
        "there is no gate 'orcale'",
        "(kind, gate, plant)",
    ):
        assert said in told

    # Nothing that was audited is accepted, exported or shown to later pulls.
    store = open_store("sqlite:///factory.db", must_exist=True)
    try:
        assert list(store.accepted()) == []
        assert {candidate.state.value for candidate in store.candidates()} == {"rejected"}
    finally:
        store.close()
    exported = factory("export", "--to", "jsonl", "--out", "out", "--state", "rejected")
    assert exported.code == 2 and "no candidate fits" in exported.err

    shown_gates = factory("gates", "--json")
    standing = {row["gate"]: row["audit"] for row in json.loads(shown_gates.out)["gates"]}
    # Six of six is no proof: the lower limit is below the bar.
    assert standing["oracle"]["trust"] == "untrusted" and standing["oracle"]["job"] == facts["job"]
    assert standing["oracle"]["apart"] == "" and standing["oracle"]["simulated"] is True
    assert standing["counter"]["trust"] == "never audited" and standing["counter"]["date"] is None
    assert "untrusted: catches 100%" in factory("gates").out
    assert "never audited" in factory("gates", "--store", "sqlite:///none.db").out

    listed = factory("status", facts["job"])
    assert "audit" in listed.out and listed.code == 0
    assert factory("resume", facts["job"]).code == 2


@pytest.mark.usefixtures("quick_embedder")
def test_without_its_gate_a_defect_passes(factory: Factory, theirs: tuple[Path, Path], tmp_path: Path) -> None:
    planters, items = theirs
    spec = tmp_path / "ablated.yaml"
    spec.write_text(PHARMACY.read_text() + "\nwithout: [structure, difficulty, gameability, counter, realism]\n")
    given = ("audit", spec, "--cast", "rehearsal", "--per-defect", "5", "--planters", planters, "--items", items)
    found = factory(*given, "--json")
    assert found.code == 0, found.err
    rows = {row["gate"]: row for row in figures(found.out)["gates"]}
    disabled = rows["structure"]
    assert disabled["trust"] == "disabled"
    assert disabled["planted"] >= 4 and disabled["caught"] == 0
    assert sum(disabled["caught_by"].values()) == disabled["planted"]
    assert disabled["caught_by"].get("nobody", 0) > 0.5 * disabled["planted"]
    assert rows["oracle"]["caught"] == rows["oracle"]["planted"] > 0


@pytest.mark.usefixtures("quick_embedder")
def test_a_stopped_audit_goes_on_to_the_same_figures(factory: Factory, theirs: tuple[Path, Path]) -> None:
    planters, items = theirs
    given = ("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "4", "--planters", planters, "--items", items)
    whole = figures(factory(*given, "--json", "--store", "sqlite:///whole.db").out)
    cut = factory(*given, "--json", "--deadline", "0.4s", "--store", "sqlite:///cut.db")
    assert cut.code == 3, cut.out
    part = figures(cut.out)
    assert part["state"] == "stopped"
    rest = factory("resume", part["job"], "--json", "--store", "sqlite:///cut.db")
    assert rest.code == 0, rest.err
    volatile = ("seconds", "seconds_per_caught")
    rows = [
        [{k: v for k, v in row.items() if k not in volatile} for row in facts["gates"]] for facts in (whole, figures(rest.out))
    ]
    assert rows[0] == rows[1]

    planters.write_text(THEIRS.replace("randint(3, 9)", "randint(3, 8)"))
    again = factory(*given, "--json", "--deadline", "0.4s", "--store", "sqlite:///cut.db")
    planters.write_text(THEIRS.replace("randint(3, 9)", "randint(30, 80)"))
    refused = factory("resume", figures(again.out)["job"], "--store", "sqlite:///cut.db")
    assert refused.code == 2
    assert "planters theirs.py" in refused.err and "planted items" in refused.err


@pytest.mark.usefixtures("quick_embedder")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"prompt": "How many?", "answer": 3, "unit": 7.5, "solution": ["x"]}',
            "items.jsonl:2: solution: this does not fit ground_truth's 'solution'",
        ),
        ('{"prompt": "How many?"}', "items.jsonl:2: answer: ground_truth needs a 'answer', and this row has none"),
        ("{nope", "items.jsonl:2: this line is not JSON"),
        ('{"payload": 7}', "payload is no JSON object"),
    ],
)
def test_an_item_that_does_not_fit_is_named_with_file_and_line(
    factory: Factory, theirs: tuple[Path, Path], line: str, said: str
) -> None:
    _, items = theirs
    items.write_text(items.read_text().splitlines()[0] + "\n" + line + "\n")
    found = factory("audit", PHARMACY, "--cast", "rehearsal", "--items", items)
    assert found.code == 2
    assert said in found.err, found.err
    assert not Path("factory.db").exists()


@pytest.mark.usefixtures("quick_embedder")
def test_a_column_that_is_no_field_is_no_item(factory: Factory, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("question,truth\nHow many?,3\n")
    found = factory("audit", PHARMACY, "--cast", "rehearsal", "--items", tmp_path / "other.csv")
    assert found.code == 2
    assert "needs a 'prompt', and this row has none (columns: question, truth)" in found.err
    assert "--field prompt=COLUMN" in found.err
    found = factory("audit", PHARMACY, "--cast", "rehearsal", "--field", "prompt=question")
    assert found.code == 2 and "--items FILE" in found.err


@pytest.mark.usefixtures("quick_embedder")
def test_a_files_columns_are_named_as_for_a_probe(factory: Factory, theirs: tuple[Path, Path], tmp_path: Path) -> None:
    """GSM8K's shape: the final answer stands after a marker at the end of the worked solution."""
    rows = [
        {"question": item["prompt"], "answer": f"{item['solution']}\n#### {item['answer']}", "split": "test", "no": number}
        for number, item in enumerate(good()[:5])
    ]
    (tmp_path / "theirs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "4", "--planters", theirs[0])
    columns = ("--field", "prompt=question", "--field", "solution=answer", "--after", "answer=#### ")
    found = factory(*given, "--items", "theirs.jsonl", *columns, "--axis", "split", "--id", "no", "--json")
    assert found.code == 0, found.err
    facts = figures(found.out)
    assert facts["items"] == {"source": "file", "count": 4}
    rows_by_gate = {row["gate"]: row for row in facts["gates"]}
    assert rows_by_gate["oracle"]["caught"] == rows_by_gate["oracle"]["planted"] == 4
    assert rows_by_gate["invariants"]["false_rejects"] == rows_by_gate["structure"]["false_rejects"] == 0
    by_prompt = {row["question"]: row for row in rows}
    store = open_store("sqlite:///factory.db", must_exist=True)
    shown = [one for one in store.candidates() if not one.receipts[-1].finding.evidence["kind"]]
    store.close()
    assert len(shown) == 4
    for one in shown:
        row = by_prompt[one.payload["prompt"]]
        assert one.payload["solution"] == row["answer"]
        assert row["answer"].endswith(f"#### {one.payload['answer']}")
        assert one.coordinate["split"] == "test"
        assert one.receipts[-1].finding.evidence["item"] == str(row["no"])


@pytest.mark.usefixtures("quick_embedder")
def test_gsm8k_is_read_as_it_is(factory: Factory, theirs: tuple[Path, Path], shared_data: Path) -> None:
    gsm8k = shared_data / "gsm8k" / "test.jsonl"
    columns = ("--field", "prompt=question", "--field", "solution=answer", "--after", "answer=#### ")
    given = ("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "20", "--planters", theirs[0], "--dry-run", "--json")
    found = factory(*given, "--items", gsm8k, *columns)
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert told["items"] == {"source": "file", "count": 20}
    assert len(told["notes"]) == 1 and "of the rehearsal's own kind only" in told["notes"][0]
    assert next(kind["planted"] for kind in told["kinds"] if kind["kind"] == "wrong") >= 15
    assert "needs a 'prompt'" in factory(*given, "--items", gsm8k).err


@pytest.mark.usefixtures("quick_embedder")
def test_the_stores_accepted_items_are_taken_where_they_are_enough(
    factory: Factory, theirs: tuple[Path, Path], tmp_path: Path
) -> None:
    planters, _ = theirs
    assert factory("run", PHARMACY, "--cast", "rehearsal", "--attempts", "16", "--json").code == 0
    found = factory("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "3", "--planters", planters, "--json")
    facts = figures(found.out)
    assert facts["items"] == {"source": "store", "count": 3} and facts["notes"] == []
    rows = {row["gate"]: row for row in facts["gates"]}
    # A good item is no copy of itself, and what was made wrong of it is the oracle's to catch.
    assert rows["novelty"]["false_rejects"] == 0 and rows["novelty"]["caught"] == rows["novelty"]["planted"] == 3
    # A working that no longer fits its answer is seen before the oracle is asked, and the oracle sees it by itself as well.
    assert rows["oracle"]["caught"] == rows["oracle"]["planted"] and set(rows["oracle"]["caught_by"]) <= {
        "invariants",
        "oracle",
    }
    asked = ("audit", PHARMACY, "--cast", "rehearsal", "--planters", planters, "--dry-run")
    few = json.loads(factory(*asked, "--per-defect", "20", "--json").out)
    assert few["items"]["source"] == "rehearsal" and "accepted items of the spec" in few["notes"][0]
    assert "and 20 are wanted" in factory(*asked, "--per-defect", "20").out
    assert (
        json.loads(factory(*asked, "--items", "rehearsal", "--per-defect", "3", "--json").out)["items"]["source"] == "rehearsal"
    )
    stored = json.loads(factory(*asked, "--items", "store", "--per-defect", "20", "--json").out)
    assert stored["items"]["source"] == "store" and 3 <= stored["items"]["count"] < 20
    assert "more come by --items FILE" in stored["notes"][0]

    # Another spec's items are not this one's, though the recipe is the same.
    (tmp_path / "another.yaml").write_text(PHARMACY.read_text().replace(f"name: {PHARMACY.stem}", "name: another"))
    refused = factory("audit", tmp_path / "another.yaml", "--cast", "rehearsal", "--items", "store", "--planters", planters)
    assert refused.code == 2 and "no accepted item of the spec another" in refused.err
    assert factory(*asked, "--items", "store", "--field", "prompt=question").code == 2

    exported = factory("export", "--to", "parquet", "--out", "set", "--json")
    assert exported.code == 0
    again = factory(*asked, "--per-defect", "2", "--items", "set/data.parquet", "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["items"] == {"source": "file", "count": 2}


@pytest.mark.usefixtures("quick_embedder")
def test_without_items_a_cast_of_real_models_is_told_what_to_do(
    factory: Factory, theirs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none-is-used")
    cast = yaml.safe_load((PHARMACY.parents[1] / "casts" / "rehearsal.yaml").read_text())
    for seats in cast.values():
        for member in seats if isinstance(seats, list) else [seats]:
            member.pop("options")
            member["model"] = member["model"].replace("sim:", "openai/")
    Path("real.yaml").write_text(json.dumps(cast))
    given = ("audit", PHARMACY, "--cast", "real.yaml", "--planters", theirs[0], "--per-defect", "3", "--dry-run", "--json")
    refused = factory(*given)
    assert refused.code == 2 and "--items rehearsal" in refused.err, refused.err
    told = factory(*given, "--items", "rehearsal")
    assert told.code == 0, told.err
    assert json.loads(told.out)["items"] == {"source": "rehearsal", "count": 4}


@pytest.mark.usefixtures("quick_embedder")
def test_an_audit_of_one_gate_does_not_hide_what_another_found(
    factory: Factory,
    theirs: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planters, items = theirs
    given = ("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", "3", "--items", items, "--json", "--planters")
    first = figures(factory(*given, planters).out)
    (tmp_path / "one.py").write_text(
        "def slot(payload, rng):\n    return {**payload, 'prompt': '[NAME] ' + payload['prompt']}\n"
        "PLANTERS = [('mine', 'structure', slot)]\n"
    )
    second = figures(factory(*given, tmp_path / "one.py").out)
    store = open_store("sqlite:///factory.db", must_exist=True)
    print_audit(store, second["job"], "sqlite:///factory.db", json=False)
    store.close()
    said = capsys.readouterr().out
    assert "untrusted: too few" in said and "structure: nobody planted placeholder" in said

    # A package's recipe is listed with what was found of it, and one that does not load hides no other.
    theirs_too = EntryPoint("packaged", "recipes.ground_truth.recipe:RECIPE", GROUP)
    monkeypatch.setattr(registry, "_points", lambda: (theirs_too, EntryPoint("broken", "no.such.module:RECIPE", GROUP)))
    shown = factory("gates", "--json")
    assert shown.code == 0 and "the recipe broken does not load" in shown.err
    standing = {(row["recipe"], row["gate"]): row["audit"] for row in json.loads(shown.out)["gates"]}
    for recipe in ("ground_truth", "packaged"):
        assert standing[recipe, "oracle"]["job"] == first["job"]
        assert standing[recipe, "oracle"]["trust"] == "untrusted"
        assert standing[recipe, "structure"]["job"] == second["job"]
    told = " ".join(factory("gates").out.split())
    assert f"packaged oracle: audited by {first['job']}; of so few defects" in told
    assert "; nobody planted placeholder" in told

    # What those gates let through leaves with what the audits found of them, as they were set.
    assert factory("run", PHARMACY, "--cast", "rehearsal", "--attempts", "2").code == 0
    every = [option for state in ("accepted", "rejected", "held") for option in ("--state", state)]
    exported = factory("export", "--to", "jsonl", "--out", tmp_path / "out", *every)
    assert exported.code == 0 and len([line for line in exported.out.splitlines() if line.startswith("UNTRUSTED")]) == 1
    assert "oracle (of so few defects" in exported.out
    rows = {row["gate"]: row for row in json.loads((tmp_path / "out" / "manifest.json").read_text())["gates"]}
    assert rows["oracle"]["trust"] == "untrusted" and rows["oracle"]["job"] == first["job"] and rows["oracle"]["apart"] == ""
    assert rows["invariants"]["trust"] == "never audited"
    data = (tmp_path / "out" / "data.jsonl").read_bytes()
    again = json.loads(factory("export", "--to", "jsonl", "--out", tmp_path / "out", *every, "--json").out)
    assert "oracle" in again["untrusted_gates"] and (tmp_path / "out" / "data.jsonl").read_bytes() == data


@pytest.mark.slow
@pytest.mark.usefixtures("quick_embedder")
def test_every_gate_meets_the_bar(factory: Factory) -> None:
    found = factory("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", str(PER_DEFECT), "--json")
    assert found.code == 0, found.err
    facts = json.loads(found.out)
    assert facts["items"]["source"] == "rehearsal"
    for row in facts["gates"]:
        assert row["trust"] == "trusted", (row["gate"], row["why"], row["caught_by"])
        assert row["planted"] >= PER_DEFECT and row["errors"] == 0
        for kind in row["kinds"]:
            assert kind["kind"] == "wrong_option" or kind["planted"] == PER_DEFECT, kind
