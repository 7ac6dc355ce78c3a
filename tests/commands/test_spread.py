"""`factory spread`: the measures of DESIGN section 10 on what a run accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import PHARMACY, Factory

pytestmark = pytest.mark.usefixtures("quick_embedder")


def test_coverage_and_spread_beside_the_anchors(factory: Factory) -> None:
    job = json.loads(factory("run", PHARMACY, "--cast", "rehearsal", "--accept", "6", "--seed", "7", "--json").out)
    told = json.loads(factory("spread", job["job"], "--json").out)
    assert told["items"] == job["accepted"] == told["spread"]["items"]
    attempted, accepted = told["coverage"]["attempted"], told["coverage"]["accepted"]
    # Coverage first: no cell is attempted twice while another waits.
    assert attempted["filled"] == job["attempts"] and accepted["filled"] == 6 and attempted["outside"] == 0
    beside = told["beside_anchors"]
    assert beside["size"] == min(told["items"], told["anchors"]) == beside["own"]["items"] == beside["anchors"]["items"]
    assert 1 <= told["spread"]["vendi"] <= 6 and 0 < told["spread"]["nearest"] < 1

    shown = factory("spread", job["job"])
    assert shown.code == 0 and "Vendi score" in shown.out and "anchors" in shown.out


def test_fewer_than_two_items_have_no_spread(factory: Factory) -> None:
    job = json.loads(factory("run", PHARMACY, "--cast", "rehearsal", "--attempts", "1", "--seed", "7", "--json").out)
    told = json.loads(factory("spread", job["job"], "--json").out)
    assert told["items"] < 2 and told["spread"] is None and told["beside_anchors"] is None


def test_a_changed_spec_is_refused(factory: Factory, tmp_path: Path) -> None:
    spec = tmp_path / "mine.yaml"
    spec.write_text(PHARMACY.read_text())
    job = json.loads(factory("run", spec, "--cast", "rehearsal", "--attempts", "1", "--json").out)["job"]
    spec.write_text(PHARMACY.read_text().replace("name: ", "name: other-", 1))
    told = factory("spread", job)
    assert told.code == 2 and "changed" in told.err
