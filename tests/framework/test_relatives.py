"""Who may grade whom: a related judge is left out, or reported where there is no other, or the cast is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.errors import BadInput
from factory.ports import Policy
from factory.types import Candidate, Receipt
from store import open_store
from tests.support.driver import Setup, start

ATTEMPTS = 6


async def ran(folder: Path, setup: Setup) -> tuple[list[Candidate], set[tuple[str, int]]]:
    """The landings, and who graded what: "gate label" with the judge's slot."""
    store = open_store(f"sqlite:///{folder / 's.db'}")
    job, end = await start(store, setup, Policy(attempts=ATTEMPTS))
    assert end.error is None, end.error
    calls = [call.identity for index in range(ATTEMPTS) for call in store.calls(job.id, index)]
    graded = {(f"{c.gate} {c.purpose.split('/')[0]}", c.slot) for c in calls if c.role == "judge"}
    candidates = list(store.candidates(job_id=job.id))
    store.close()
    return candidates, graded


def receipts(candidates: list[Candidate], gate: str) -> list[Receipt]:
    return [receipt for candidate in candidates for receipt in candidate.receipts if receipt.gate == gate]


async def test_a_judge_does_not_grade_its_relatives_and_the_receipt_says_so(tmp_path: Path) -> None:
    # Judge 0 is of the author's family, judge 1 of the second solver's, judge 2 of nobody's.
    candidates, graded = await ran(tmp_path, Setup(judges=("a", "s2", "j")))
    assert {slot for where, slot in graded if where.startswith("difficulty screen.1.")} == {0, 2}
    assert {slot for where, slot in graded if where.startswith("difficulty screen.0.")} == {0, 1, 2}
    assert {slot for where, slot in graded if where.startswith("final_check right.")} == {1, 2}
    assert {slot for where, slot in graded if where.startswith("final_check wrong.")} == {0, 1, 2}
    measured, checked = receipts(candidates, "difficulty"), receipts(candidates, "final_check")
    assert measured and all(r.finding.evidence["judges_left_out"] == {"solver.1": [1]} for r in measured)
    assert checked and all(r.finding.evidence["judges_left_out"] == {"author.0": [0]} for r in checked)
    assert not any("graded_by_relatives" in r.finding.flags for r in (*measured, *checked))


async def test_a_judge_without_relatives_leaves_no_trace(tmp_path: Path) -> None:
    candidates, _ = await ran(tmp_path, Setup())
    evidence = [r.finding.evidence for r in receipts(candidates, "difficulty") + receipts(candidates, "final_check")]
    assert evidence and not any({"judges_left_out", "graded_by_relatives"} & found.keys() for found in evidence)


@pytest.mark.parametrize(("judge", "other"), [("s2", "solver"), ("a", "author")])
def test_where_only_relatives_would_grade_the_cast_is_refused(judge: str, other: str) -> None:
    with pytest.raises(
        BadInput, match=f"The judge sim:judge is related to the {other} sim:{other}: both are of the family {judge}"
    ):
        Setup(judges=(judge,)).plan()


async def test_on_request_relatives_grade_and_every_receipt_confesses_it(tmp_path: Path) -> None:
    candidates, graded = await ran(tmp_path, Setup(judges=("s2",), allow_related=True))
    assert {slot for where, slot in graded if where.startswith("difficulty screen.1.")} == {0}
    kept = [r for r in receipts(candidates, "difficulty") if r.finding.outcome.value == "pass"]
    assert kept and all("graded_by_relatives" in r.finding.flags for r in kept)
    assert all(r.finding.evidence["graded_by_relatives"] == {"solver.1": [0]} for r in receipts(candidates, "difficulty"))
    everything = [receipt for candidate in candidates for receipt in candidate.receipts]
    assert everything and all("allow_related" in receipt.conditions for receipt in everything)
