"""`status` counts right, and from counters alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from factory.ports import GateTally, Money
from factory.types import State
from store import SqlStore, this_process
from tests.store.making import a_call, a_job, a_landing, planting_call

RESOLUTIONS = ("passed", "repaired", "rejected", "held", "errored")


def filled(store: SqlStore, landings: Sequence[Any], calls: Sequence[Any] = (), *, id: str = "job-a", seed: int = 7) -> None:
    async def main() -> None:
        lease = await store.create_job(a_job(id, seed=seed), this_process())
        await asyncio.gather(*(store.record_call(lease, call) for call in calls))
        await asyncio.gather(*(store.land(lease, landing) for landing in landings))

    asyncio.run(main())


def test_an_untouched_job_has_an_empty_snapshot(store: SqlStore) -> None:
    filled(store, [])
    shown = store.snapshot("job-a")
    assert (shown.states, shown.gates, shown.bands, shown.calls_by_role, shown.planted) == ({}, [], {}, {}, {})
    assert shown.money == store.money("job-a") == Money(0, 0, None)
    assert shown.lease_alive
    assert shown.job == a_job()


def test_the_funnel_as_status_prints_it(store: SqlStore) -> None:
    good, bad = GateTally("structure", "passed", "", 0, 0.5, 0), GateTally("novelty", "rejected", "same_item", 1, 0.25, 10)
    new = GateTally("novelty", "passed", "", 2, 0.25, 5)
    filled(
        store,
        [
            a_landing(0, tallies=(good, bad), state=State.REJECTED, stopped_by="novelty", measures={}),
            a_landing(1, tallies=(good, new, GateTally("oracle", "held", "split", 3, 1.0, 2))),
            a_landing(2, tallies=(GateTally("structure", "repaired", "too_long", 1, 0.5, 1_500_000_000), bad), measures={}),
            a_landing(3, tallies=(GateTally("structure", "rejected", "placeholder", 0, 0.0, 0),), measures={"band": "easy"}),
            a_landing(4, tallies=(GateTally("structure", "rejected", "too_long", 0, 0.0, 0),)),
        ],
    )  # fmt: skip
    shown = store.snapshot("job-a")
    none = {"passed": 0, "repaired": 0, "rejected": 0, "held": 0, "errored": 0}
    assert shown.gates == [
        none | {"gate": "structure", "checked": 5, "passed": 2, "repaired": 1, "rejected": 2, "calls": 1, "seconds": 1.5,
                "cost_usd": 1.5, "reasons": {"too_long": 2, "placeholder": 1}},
        none | {"gate": "novelty", "checked": 3, "passed": 1, "rejected": 2, "calls": 4, "seconds": 0.75, "cost_usd": 25e-9,
                "reasons": {"same_item": 2}},
        none | {"gate": "oracle", "checked": 1, "held": 1, "calls": 3, "seconds": 1.0, "cost_usd": 2e-9,
                "reasons": {"split": 1}},
    ]  # fmt: skip
    assert list(shown.gates[0]["reasons"]) == ["too_long", "placeholder"]
    assert shown.states == {"accepted": 4, "rejected": 1}
    assert shown.bands == {"hard": 2, "easy": 1}


def test_planted_defects_are_counted_for_landed_candidates_by_who_stopped_them(store: SqlStore) -> None:
    repair = planting_call(2, "leaked_answer", "structure")
    later = type(repair.identity)(2, 1, "author", "draft", "author", 0, 0)
    calls = [
        planting_call(0, "wrong_reference", "oracle"),
        planting_call(1, "wrong_reference", "oracle"),
        planting_call(2, "wrong_reference", "oracle"),
        type(repair)(**{name: getattr(repair, name) for name in repair.__slots__} | {"identity": later}),
        planting_call(3, "copied_anchor", "novelty"),
        planting_call(9, "copied_anchor", "novelty"),
        a_call(3),
    ]
    filled(
        store,
        [
            a_landing(0, stopped_by="oracle"),
            a_landing(1, stopped_by="structure"),
            a_landing(2),
            a_landing(3, stopped_by="novelty"),
            a_landing(4, stopped_by="novelty"),
        ],
        calls,
    )
    shown = store.snapshot("job-a")
    assert shown.planted == {
        "copied_anchor": {"gate": "novelty", "planted": 1, "by": {"novelty": 1}},
        "wrong_reference": {"gate": "oracle", "planted": 3, "by": {"oracle": 1, "structure": 1}},
    }
    assert shown.calls_by_role == {"author": 6, "solver": 1}
    assert shown.money == store.money("job-a") == Money(7 * 7, 0, None)


_TALLY = st.builds(
    GateTally, st.sampled_from("abc"), st.sampled_from(RESOLUTIONS), st.sampled_from(["x", "y"]), st.integers(0, 9),
    st.sampled_from([0.0, 0.25, 0.5]), st.integers(0, 10**12),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(_TALLY, max_size=4), max_size=12))
def test_the_counters_equal_a_recount(shared: SqlStore, tallies: list[list[GateTally]]) -> None:
    every = [tally for each in tallies for tally in each]
    seed = len(shared.jobs())
    made = [a_landing(index, seed=seed, tallies=tuple(each)) for index, each in enumerate(tallies)]
    filled(shared, made, id=f"job-{seed}", seed=seed)
    gates = shared.snapshot(f"job-{seed}").gates
    assert [gate["gate"] for gate in gates] == list(dict.fromkeys(tally.gate for tally in every))
    for gate in gates:
        its = [tally for tally in every if tally.gate == gate["gate"]]
        assert gate["checked"] == len(its)
        assert {name: gate[name] for name in RESOLUTIONS} == {
            name: sum(tally.resolution == name for tally in its) for name in RESOLUTIONS
        }
        assert gate["reasons"] == Counter(tally.reason for tally in its if tally.resolution != "passed")
        assert gate["calls"] == sum(tally.calls for tally in its)
        assert gate["seconds"] == sum(tally.seconds for tally in its)
        assert gate["cost_usd"] == sum(tally.cost_nano_usd for tally in its) / 1e9


def test_yes_no_measures_are_tallied_and_nothing_else_is(store: SqlStore) -> None:
    told: list[dict[str, Any]] = [{"odd": True, "band": "hard"}, {"odd": False, "other": 1}, {}, {"odd": True, "even": False}]
    landings = [a_landing(index, measures=measures) for index, measures in enumerate(told)]
    filled(store, landings)
    assert store.snapshot("job-a").measures == {"odd": (2, 3), "even": (0, 1)}
