"""The audit of the shipped line on the rehearsal: what each gate is there to catch, it catches, and good items it lets pass."""

from __future__ import annotations

import json

import pytest

from tests.commands.conftest import PHARMACY, Factory, factory, quick_embedder

__all__ = ["factory", "quick_embedder"]

PER_DEFECT = 40


@pytest.mark.slow
@pytest.mark.usefixtures("quick_embedder")
def test_every_gate_meets_the_bar(factory: Factory) -> None:  # noqa: F811
    found = factory("audit", PHARMACY, "--cast", "rehearsal", "--per-defect", str(PER_DEFECT), "--json")
    assert found.code == 0, found.err
    facts = json.loads(found.out)
    assert facts["items"]["source"] == "rehearsal"
    for row in facts["gates"]:
        assert row["trust"] == "trusted", (row["gate"], row["why"], row["caught_by"])
        assert row["planted"] >= PER_DEFECT and row["errors"] == 0
        for kind in row["kinds"]:
            assert kind["kind"] == "wrong_option" or kind["planted"] == PER_DEFECT, kind
