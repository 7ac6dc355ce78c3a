"""The estimate as a user meets it: before a run, and by --dry-run."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from factory.report import ESTIMATE_SCHEMA
from tests.commands.conftest import PHARMACY, Factory

pytestmark = pytest.mark.usefixtures("quick_embedder")
REHEARSED = ("run", PHARMACY, "--cast", "rehearsal")
SEAT = "{{model: {}, base_url: 'http://127.0.0.1:9{}', family: {}, max_tokens: 500{}}}"
PRICE = ", price: {input: 3, output: 15}"
AUTHOR, ORACLE = SEAT.format("openai/writer", "/v1", "a", PRICE), SEAT.format("anthropic/checker", "", "b", PRICE)
MYSTERY = SEAT.format("openai/mystery", "/v1", "c", "")
CRITIC, JUDGE = SEAT.format("openai/critic", "/v1", "d", PRICE), SEAT.format("openai/judge", "/v1", "e", PRICE)
CAST = f"author: {AUTHOR}\noracle: {ORACLE}\ncritic: {CRITIC}\njudges: [{JUDGE}]\nsolvers: [{MYSTERY}]\n"


@pytest.fixture
def priced(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> tuple[str | Path, ...]:
    """A run of models with prices, one of them unknown, at an address where nobody answers."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    cast = tmp_path_factory.mktemp("cast") / "cast.yaml"
    cast.write_text(CAST)
    return ("run", PHARMACY, "--cast", cast)


def estimate(told: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(told)["estimate"]
    jsonschema.validate(found, ESTIMATE_SCHEMA)
    return found


def test_a_run_shows_it_to_people_and_leaves_json_alone(factory: Factory) -> None:
    shown = factory(*REHEARSED, "--attempts", "2")
    assert shown.code == 0 and "estimate" in shown.err and "assumed" in shown.err and "estimate" not in shown.out
    quiet = factory(*REHEARSED, "--attempts", "2", "--json")
    assert quiet.err == "" and "estimate" not in json.loads(quiet.out)


def test_a_dry_run_tells_it_to_programs_and_writes_nothing(factory: Factory, tmp_path: Path) -> None:
    told = factory(*REHEARSED, "--accept", "40", "--dry-run", "--json")
    found = estimate(told.out)
    assert found["yield"]["measured"] is None and found["seconds"] is None and found["budget"] is None  # type: ignore[index]
    assert [row["role"] for row in found["roles"]] == ["author", "oracle", "critic", "judge", "solver"]  # type: ignore[attr-defined]
    assert found["total"]["calls"]["likely"] == sum(row["calls"]["likely"] for row in found["roles"])  # type: ignore[index, attr-defined]
    assert told.err == "" and list(tmp_path.iterdir()) == []


def test_after_a_run_it_rests_on_it(factory: Factory) -> None:
    job = json.loads(factory(*REHEARSED, "--attempts", "24", "--json").out)["job"]
    shown = factory(*REHEARSED, "--accept", "10", "--dry-run")
    assert shown.err.count(f"measured on 24 pulls of {job}") == 6 and "assumed" not in shown.err
    found = estimate(factory(*REHEARSED, "--accept", "10", "--dry-run", "--json").out)
    assert found["yield"]["measured"] == {"count": 24, "jobs": [job], "whole": True}  # type: ignore[index]
    assert found["seconds"] is not None
    assert "in part" not in shown.err and "--attempts" not in shown.err


def test_money_leaves_out_what_has_no_price_and_says_so(factory: Factory, priced: tuple[str | Path, ...]) -> None:
    told = factory(*priced, "--attempts", "100", "--dry-run")
    assert told.code == 0 and "money leaves out openai/mystery" in told.err and "time: not known" in told.err
    found = estimate(factory(*priced, "--attempts", "100", "--dry-run", "--json").out)
    assert found["unpriced"] == ["openai/mystery"]


def test_a_budget_below_the_estimate_is_said_plainly_and_refuses_nothing(
    factory: Factory, priced: tuple[str | Path, ...], tmp_path: Path
) -> None:
    Path(priced[-1]).write_text(CAST.replace(MYSTERY, SEAT.format("openai/solver", "/v1", "c", PRICE)))
    likely = estimate(factory(*priced, "--attempts", "100", "--dry-run", "--json").out)["total"]["cost_usd"]  # type: ignore[index]
    for cap, verdict, words in (
        (likely["likely"] / 2, "likely", "is more than --budget"),
        (likely["likely"] * 1.5, "maybe", "may be more than --budget"),
        (likely["high"] * 1.1, "no", None),
    ):
        told = factory(*priced, "--attempts", "100", "--budget", f"{cap:.4f}", "--dry-run")
        assert told.code == 0 and ("--budget" in told.err) == (words is not None)
        assert words is None or words in told.err
        found = estimate(factory(*priced, "--attempts", "100", "--budget", f"{cap:.4f}", "--dry-run", "--json").out)
        assert found["budget"]["exceeded"] == verdict  # type: ignore[index]
    assert list(tmp_path.iterdir()) == []


def test_under_a_cap_a_dry_run_finds_the_missing_price_too(factory: Factory, priced: tuple[str | Path, ...]) -> None:
    told = factory(*priced, "--attempts", "3", "--budget", "1", "--dry-run")
    assert told.code == 2 and "openai/mystery" in told.err


def test_a_dry_run_of_a_store_that_cannot_be_one_says_so(factory: Factory) -> None:
    told = factory(*REHEARSED, "--accept", "3", "--dry-run", "--store", "mysql://localhost/x")
    assert told.code == 2 and "mysql" in told.err


def test_a_target_out_of_reach_is_told(factory: Factory) -> None:
    told = factory(*REHEARSED, "--accept", "40", "--max-attempts", "45", "--dry-run")
    assert "out of reach of --max-attempts 45" in told.err
