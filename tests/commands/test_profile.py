"""`factory profile` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Factory
from tests.statistics.workflows import RATES, STEPS, attempts


def write(path: Path, **how: object) -> Path:
    rows = (
        {"item": a.item, "model": a.solver, "sample": a.sample, "step": a.step, "correct": a.correct}
        for a in attempts(200, **how)  # type: ignore[arg-type]
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_it_recovers_the_rates_and_ranks_the_two_worst(factory: Factory, tmp_path: Path) -> None:
    file = write(tmp_path / "r.jsonl")
    told = json.loads(factory("profile", file, "--json").out)
    assert (told["schema"], told["items"], told["solvers"], told["rollouts"]) == (1, 200, 2, 1600)
    assert [step["step"] for step in told["steps"]] == list(STEPS) and told["worst"] == ["s6", "s3"]
    for kind in ("conditional", "marginal"):
        outside = [
            step["step"]
            for step, rate in zip(told["steps"], RATES, strict=True)
            if not step[kind]["low"] <= rate <= step[kind]["high"]
        ]
        assert len(outside) <= 1, (kind, outside)
    assert not told["products"][0]["differs"] and told["link"] is None and "comparison" not in told
    shown = factory("profile", file)
    assert shown.code == 0 and "worst: s6" in shown.out and "then s3" in shown.out and "within chance" in shown.out


def test_with_correlated_steps_it_says_why_not_to_multiply(factory: Factory, tmp_path: Path) -> None:
    file = write(tmp_path / "r.jsonl", in_rollout=0.6)
    told = json.loads(factory("profile", file, "--json").out)
    product = told["products"][0]
    assert product["differs"] and told["path"]["value"] > 2 * product["value"]
    shown = factory("profile", file).out
    assert "Do not multiply the marginal rates" in shown and "gather in the same rollouts" in shown
    assert "strongest link" in shown and all(sentence in shown for sentence in told["explanation"])


def test_compare_finds_the_step_that_got_worse(factory: Factory, tmp_path: Path) -> None:
    before, after = write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl", seed=2, rates=(*RATES[:4], 0.4, *RATES[5:]))
    told = json.loads(factory("profile", before, "--compare", after, "--json").out)["comparison"]
    assert (told["comparisons"], told["correction"], told["shared_items"]) == (8, "bonferroni", 200)
    regressed = [change["step"] for change in told["changes"] if change["verdict"] == "regressed"]
    assert "s5" in regressed and set(regressed) <= {None, "s5"}
    shown = factory("profile", before, "--compare", after)
    assert shown.code == 0 and "regressed" in shown.out and "8 comparisons" in shown.out and "99.38 %" in shown.out


def test_pass_at_k_only_of_the_declared_number(factory: Factory, tmp_path: Path) -> None:
    file = write(tmp_path / "r.jsonl")
    assert "pass@" not in factory("profile", file).out
    told = json.loads(factory("profile", file, "--samples", "4", "--pass-at", "2", "--json").out)
    assert list(told["steps"][0]["pass_at"]) == ["2"]
    assert "pass@4 of the path" in factory("profile", file, "--samples", "4").out
    undeclared = factory("profile", file, "--pass-at", "2")
    assert undeclared.code == 2 and "--samples N" in undeclared.err and undeclared.out == ""
    for wrong in (("--samples", "3"), ("--samples", "4", "--pass-at", "5")):
        refused = factory("profile", file, *wrong)
        assert refused.code == 2 and str(file) in refused.err and refused.out == ""


@pytest.mark.parametrize("text", ["", '{"item": 1}\n', "not json\n"])
def test_a_bad_file_is_one_message(factory: Factory, tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text(text)
    told = factory("profile", file)
    assert told.code == 2 and str(file) in told.err and told.out == ""


def test_names_from_a_file_reach_the_terminal_inert(factory: Factory, tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    rows = [{"item": n, "model": "m", "sample": 0, "step": "\x1b[31mred", "correct": n > 1} for n in range(4)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = factory("profile", file, "--compare", file)
    assert told.code == 0 and "\x1b" not in told.out and "red" in told.out
