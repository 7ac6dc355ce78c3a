"""What counts as history: which runs, how much of them, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from factory.forecast import WANTED_PULLS, Assumed, SeatUse, Yield, expect, past
from factory.gate import Ask
from factory.ports import JobRecord, PastRun, PastUse, Policy
from factory.types import Cast, Member, Role
from store import open_store
from tests.support.driver import Setup, start

CAST = Cast(name="c", members={Role.AUTHOR: (Member(model="openai/a", family="a"),), Role.SOLVER: (Member(model="x/s"),) * 2})
ASSUMED = Assumed((Ask(Role.AUTHOR, 0, 1, 900, 300), Ask(Role.SOLVER, 0, 9, 90, 9), Ask(Role.SOLVER, 1, 9, 90, 9)), 0.5)


def run(
    name: str = "run-1", pulls: int = 30, accepted: int = 12, *, models: dict[str, str] | None = None, **job: Any
) -> PastRun:
    """Per pull: one author's call of 1000 in and 200 out, and two calls of 50 and 5 of each solver at every second pull."""
    named = {"author": "openai/a", "solver": "x/s", **(models or {})}
    plain = JobRecord(name, "run", "s", "spec", "r", "1", 0, 256, Policy(attempts=pulls), {}, {"gate settings": "g"})
    uses = [PastUse(index, "author", 0, named["author"], 1, 1, 1000, 200, 300, 4.0) for index in range(pulls)]
    uses += [
        PastUse(index, "solver", slot, named["solver"], 2, 2, 100, 10, 0, 1.0)
        for index in range(0, pulls, 2)
        for slot in (0, 1)
    ]
    return PastRun(replace(plain, **job), pulls, accepted, tuple(uses))


def told(*runs: PastRun, cast: Cast = CAST) -> tuple[dict[tuple[Role, int], SeatUse], Yield]:
    seats, accepted = expect(ASSUMED, runs, cast, spec_identity="spec", gate_settings="g")
    return {(use.role, use.slot): use for use in seats}, accepted


def test_enough_of_a_run_alike_replaces_every_guess() -> None:
    seats, accepted = told(run())
    author, solver = seats[Role.AUTHOR, 0], seats[Role.SOLVER, 1]
    assert (author.calls, author.input_tokens, author.output_tokens, author.cached_tokens, author.seconds) == (
        1,
        1000,
        200,
        300,
        4,
    )
    assert (solver.calls, solver.input_tokens, solver.output_tokens, solver.seconds) == (1, 50, 5, 0.5)
    assert author.scatter == 0 and solver.scatter == pytest.approx(1, rel=0.05)
    assert author.calls_from is not None and (author.calls_from.count, author.calls_from.jobs) == (30, ("run-1",))
    assert solver.tokens_from is not None and solver.tokens_from.count == 60
    assert accepted.share == 12.5 / 31 and accepted.basis is not None


def test_nothing_accepted_is_no_run_without_an_end() -> None:
    assert told(run(accepted=0))[1].share == 0.5 / 31


def test_too_little_leaves_the_guess() -> None:
    seats, accepted = told(run(pulls=19))
    assert accepted == Yield(0.5) and all(use.calls_from is None for use in seats.values())
    assert seats[Role.SOLVER, 0].calls == 9 and seats[Role.SOLVER, 0].tokens_from is not None
    assert seats[Role.AUTHOR, 0].tokens_from is None and seats[Role.AUTHOR, 0].input_tokens == 900
    assert told()[0][Role.AUTHOR, 0].seconds is None


UNLIKE = [
    ("other gate settings", {"fingerprint": {"gate settings": "h"}}),
    ("rehearsed", {"simulated": True}),
    ("another solver", {"models": {"solver": "x/t"}}),
]


@pytest.mark.parametrize("change", [row[1] for row in UNLIKE], ids=[row[0] for row in UNLIKE])
def test_an_unlike_run_tells_lengths_of_the_same_models_and_nothing_of_the_pipeline(change: dict[str, Any]) -> None:
    seats, accepted = told(run(**change))
    assert accepted == Yield(0.5) and seats[Role.AUTHOR, 0].calls_from is None
    assert seats[Role.AUTHOR, 0].tokens_from is not None and seats[Role.AUTHOR, 0].output_tokens == 200
    known = "models" not in change
    assert (seats[Role.SOLVER, 0].tokens_from is not None) == known
    assert seats[Role.SOLVER, 0].input_tokens == (50 if known else 90)


def test_the_specs_own_runs_go_before_others_of_the_recipe() -> None:
    other = run("other", accepted=30, spec_identity="elsewhere")
    assert told(other, run(accepted=6))[1].basis == told(run(accepted=6))[1].basis
    assert told(other, run(accepted=6, pulls=10))[1].share == (36 + 0.5) / 41
    assert told(other)[1].basis is not None


def test_usage_that_nobody_told_is_not_taken_for_none() -> None:
    whole = run()
    blind = replace(whole, uses=tuple(replace(use, metered=0, input_tokens=0, output_tokens=0) for use in whole.uses))
    seats, _ = told(blind)
    author = seats[Role.AUTHOR, 0]
    assert author.calls_from is not None and author.tokens_from is None
    assert (author.input_tokens, author.output_tokens, author.seconds) == (900, 300, 4)


def test_a_seat_the_guess_left_out_counts_once_it_was_asked() -> None:
    judge = Cast(name="c", members={**CAST.members, Role.JUDGE: (Member(model="openai/j"),)})
    plain = run()
    asked = replace(plain, uses=(*plain.uses, *(PastUse(i, "judge", 0, "openai/j", 3, 3, 30, 3, 0, 1.0) for i in range(30))))
    seats, _ = told(asked, cast=judge)
    assert (seats[Role.JUDGE, 0].calls, seats[Role.JUDGE, 0].input_tokens) == (3, 10)


def test_only_as_much_of_the_past_as_is_wanted_is_read() -> None:
    def endless() -> Iterator[PastRun]:
        while True:
            yield run(pulls=150)

    assert sum(one.pulls for one in past(endless())) == WANTED_PULLS // 150 * 150 + 150


async def test_the_store_tells_what_was_journaled_of_landed_pulls_and_no_more(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 's.db'}")
    for seed, attempts in ((1, 6), (2, 9)):
        await start(store, Setup(), Policy(attempts=attempts), seed=seed)
    await start(store, Setup(), Policy(accept=2, max_attempts=50), seed=3)
    jobs = store.jobs()
    found = list(store.past_runs("rubric_in_tests", "1", 7))
    assert [one.job.id for one in found] == [job.id for job in reversed(jobs)]
    assert [one.pulls for one in found] == [min(7, len(list(store.candidates(job_id=job.id)))) for job in reversed(jobs)]
    assert not list(store.past_runs("rubric_in_tests", "2", 7)) and not list(store.past_runs("another", "1", 7))
    for one in found:
        units = list(store.candidates(job_id=one.job.id))[: one.pulls]
        assert one.accepted == sum(unit.state == "accepted" for unit in units)
        for use in one.uses:
            calls = [
                call
                for call in store.calls(one.job.id, use.index)
                if (call.identity.role, call.identity.slot, call.model) == (use.role, use.slot, use.model)
            ]
            attempts = [attempt for call in calls for attempt in call.attempts]
            assert (use.calls, use.metered) == (len(calls), len(calls)) and use.index < one.pulls
            assert use.input_tokens == sum(a.input_tokens or 0 for a in attempts) > 0
            assert use.output_tokens == sum(a.output_tokens or 0 for a in attempts) > 0
            assert use.seconds == pytest.approx(sum(a.seconds for a in attempts))
        everything = sum(len(store.calls(one.job.id, index)) for index in range(one.pulls))
        assert sum(use.calls for use in one.uses) == everything
    store.close()
