"""Every fault of the local server met by a whole run: how often it is asked on the wire, and that nothing is accepted on an
answer that was truncated, refused or malformed.

`tests/providers/test_faults.py` shows that an adapter asks once and types what comes back; here the lever, the journal and the
lander are above it. The server's own log is the truth about requests.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from factory.caller import Caller
from factory.config import check_lineage
from factory.limits import BreakerSettings, Clock, Limits, Retry
from factory.orchestrator import RunEnd
from factory.ports import CallRecord, Policy
from factory.report import status_json
from factory.types import Role
from scripts import jobs
from scripts.assembly import Plan, Wires
from store import SqlStore, open_store
from tests.providers.test_faults import ANSWERED, CUT, FAILURES, UNUSABLE
from tests.support.driver import Setup, outcome
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Seen
from tests.support.wire import rehearsed, wired

TRANSIENT = [fault for fault, (kind, *_) in FAILURES.items() if kind.transient]
TERMINAL = [fault for fault, (kind, *_) in FAILURES.items() if not kind.transient]
assert all(openai.transient == anthropic.transient for openai, anthropic, _ in FAILURES.values())

# Seconds of limits in one second of ours, where a wait of a minute is waited out.
HASTE = 200
LONGEST_PAUSE_S = 60.0
# One whose only candidate is accepted at its first revision, every role having been asked.
SEED = 13


@dataclass(frozen=True)
class Struck(FaultPlan):
    """Strikes these calls, each at its first `times` attempts; every call where keys is None."""

    name: str = ""
    keys: frozenset[str] | None = None
    times: float = 1

    def fault(self, arrival: int, key: str, attempt: int) -> str:
        return self.name if (self.keys is None or key in self.keys) and attempt < self.times else ""


@dataclass(frozen=True)
class Refusing(FaultPlan):
    """Answers the first attempt of these calls with 429, each with its header."""

    headers: Mapping[str, str] = field(default_factory=dict)

    def fault(self, arrival: int, key: str, attempt: int) -> str:
        return f"rate_limit:{self.headers[key]}" if key in self.headers and not attempt else ""


@dataclass
class Told:
    """What became of a run. seen: the requests as the servers saw them."""

    store: SqlStore
    job: str
    end: RunEnd
    seen: list[Seen]

    @property
    def asked(self) -> Counter[str]:
        """How often each call was on the wire."""
        return Counter(each.key for each in self.seen)

    @property
    def journaled(self) -> list[CallRecord]:
        return list(self.store.calls(self.job, 0))

    @property
    def accepted(self) -> int:
        return self.store.snapshot(self.job).states.get("accepted", 0)


@dataclass
class Workshop:
    """A recipe's rehearsal cast behind servers, and a clean store for each run. One candidate, which is accepted when nothing
    goes wrong.
    """

    folder: Path
    clean: Path
    plan: Plan
    limits: Callable[[], Limits] = Limits
    stores: list[SqlStore] = field(default_factory=list)

    async def run(
        self,
        *,
        anthropic: FaultPlan | None = None,
        openai: FaultPlan | None = None,
        by_anthropic: Role = Role.ORACLE,
        options: Mapping[str, Any] | None = None,
        after: Told | None = None,
    ) -> Told:
        """after: the run to go on with."""
        models = rehearsed(self.plan.recipe, self.plan.cast)
        async with ModelServer(models, faults=anthropic) as one, ModelServer(models, faults=openai) as other:
            servers = {"anthropic": one, "openai": other}
            cast = wired(self.plan.cast, lambda protocol: servers[protocol].base_url(protocol), by_anthropic=by_anthropic)
            if options:
                seats = tuple(seat.model_copy(update={"options": dict(options)}) for seat in cast.seats(by_anthropic))
                cast = cast.model_copy(update={"members": {**cast.members, by_anthropic: seats}})
            plan = replace(self.plan, cast=cast, lineage=check_lineage(cast))
            at_most = jobs.Limits(8)
            if after is not None:
                store, job = after.store, after.store.job(after.job)
                end = await jobs.resume(store, plan, job, at_most, jobs.Face())
            else:
                file = self.folder / f"{len(self.stores)}.db"
                shutil.copy(self.clean, file)
                store = open_store(str(file))
                self.stores.append(store)
                job = jobs.new_job(store, plan, Policy(attempts=1), SEED)
                end = await jobs.start(store, plan, job, at_most, jobs.Face())
            return Told(store, job.id, end, [*one.seen, *other.seen])


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store: copying it is quicker than its migrations."""
    file = tmp_path_factory.mktemp("clean") / "s.db"
    open_store(str(file)).close()
    return file


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Of a small grid: listing a large one would take as long as the run."""
    spec = Setup("ground_truth").plan().spec
    axes = tuple(axis.model_copy(update={"values": axis.values[:2]}) for axis in spec.axes)
    return Setup("ground_truth", spec={"axes": axes, "exclude": ()}).plan()


@pytest.fixture
def workshop(tmp_path: Path, clean: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls that failed are tried again at once."""
    made = Workshop(tmp_path, clean, plan)
    monkeypatch.setattr(jobs, "Wires", lambda *given, **named: Wires(*given, **named, limits=made.limits()))
    monkeypatch.setattr(jobs, "Caller", partial(Caller, retry=Retry(base_s=0.001)))
    yield made
    for store in made.stores:
        store.close()


@dataclass(frozen=True)
class Undisturbed:
    """What the run comes to when nothing goes wrong. calls: keys of each role."""

    landed: Any
    keys: Mapping[str, list[str]]

    def one_of(self, *roles: Role) -> frozenset[str]:
        """A call of each role, the last of it."""
        return frozenset(self.keys[role][-1] for role in roles)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, clean: Path, plan: Plan) -> Undisturbed:
    async def main() -> Undisturbed:
        told = await Workshop(tmp_path_factory.mktemp("undisturbed"), clean, plan).run()
        assert told.end.error is None and told.accepted == 1
        keys: dict[str, list[str]] = {}
        for call in told.journaled:
            keys.setdefault(call.identity.role, []).append(call.key)
        landed = outcome(told.store, told.job)
        told.store.close()
        return Undisturbed(landed, keys)

    return asyncio.run(main())


ROLES = (Role.AUTHOR, Role.ORACLE, Role.CRITIC, Role.JUDGE, Role.SOLVER)


def check_same_as(undisturbed: Undisturbed, told: Told, struck: frozenset[str], each: int) -> None:
    """The set is the undisturbed run's; struck calls were asked so often, all others once; the journal has every attempt."""
    assert told.end.error is None, told.end.error
    assert outcome(told.store, told.job) == undisturbed.landed
    every = {key for keys in undisturbed.keys.values() for key in keys}
    assert told.asked == {key: each if key in struck else 1 for key in every}
    assert {call.key: len(call.attempts) for call in told.journaled} == told.asked
    assert told.store.money(told.job).reserved_nano_usd == 0


@pytest.mark.parametrize("fault", [fault for fault in TRANSIENT if fault not in CUT])
async def test_what_passes_is_asked_once_more_and_changes_nothing(
    workshop: Workshop, undisturbed: Undisturbed, fault: str
) -> None:
    struck = undisturbed.one_of(*ROLES)
    faults = Struck(name=fault, keys=struck)
    check_same_as(undisturbed, await workshop.run(anthropic=faults, openai=faults), struck, 2)


@pytest.mark.parametrize(("fault", "options"), CUT.items())
async def test_a_slow_answer_is_cut_and_asked_for_once_more(
    workshop: Workshop, undisturbed: Undisturbed, fault: str, options: Mapping[str, float]
) -> None:
    struck = undisturbed.one_of(Role.ORACLE)
    # Twice the time an adapter alone is given: here a busy machine has a whole run to serve.
    patient = {name: 2 * seconds for name, seconds in options.items()}
    told = await workshop.run(anthropic=Struck(name=fault, keys=struck), options=patient)
    check_same_as(undisturbed, told, struck, 2)


@pytest.mark.parametrize(
    ("headers", "least_s"),
    [
        (["retry-after=7"], 7.0),
        (["retry-after-ms=1500"], 1.5),
        (["retry-after=Wed, 21 Oct 2099 07:28:00 GMT"], LONGEST_PAUSE_S),
        (["retry-after=1000000000"], LONGEST_PAUSE_S),
        (["", "retry-after=-5", "retry-after=nan", "retry-after=soon", "retry-after=Wed, 21 Oct 2015 07:28:00 GMT"], 0.0),
    ],
)
async def test_a_429_is_heeded_up_to_the_longest_pause_and_asked_once_more(
    workshop: Workshop, undisturbed: Undisturbed, monkeypatch: pytest.MonkeyPatch, headers: list[str], least_s: float
) -> None:
    clock = Clock(
        now=lambda: time.monotonic() * HASTE,
        sleep=lambda seconds: asyncio.sleep(seconds / HASTE),
        later=lambda seconds, what: asyncio.get_running_loop().call_later(seconds / HASTE, what),
    )
    workshop.limits = lambda: Limits(clock=clock, longest_pause_s=LONGEST_PAUSE_S)
    monkeypatch.setattr(jobs, "Caller", partial(Caller, clock=clock, retry=Retry(base_s=0.001)))
    struck = {undisturbed.keys[role][-1]: header for role, header in zip(reversed(ROLES), headers, strict=False)}
    told = await workshop.run(anthropic=Refusing(headers=struck), openai=Refusing(headers=struck))
    check_same_as(undisturbed, told, frozenset(struck), 2)
    for key in struck:
        refused, answered = (each.at for each in told.seen if each.key == key)
        assert least_s * 0.98 <= (answered - refused) * HASTE <= least_s + 2.0 * HASTE


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.ORACLE])
@pytest.mark.parametrize("fault", TERMINAL)
async def test_nothing_is_accepted_without_an_author_or_an_oracle(workshop: Workshop, fault: str, role: Role) -> None:
    check_nothing_accepted(await workshop.run(anthropic=Struck(name=fault), by_anthropic=role), fault)


@pytest.mark.parametrize("role", [Role.CRITIC, Role.JUDGE])
@pytest.mark.parametrize("fault", ["length", "refusal", "malformed"])
async def test_no_gate_passes_on_such_an_answer(workshop: Workshop, fault: str, role: Role) -> None:
    check_nothing_accepted(await workshop.run(anthropic=Struck(name=fault), by_anthropic=role), fault)


@pytest.mark.parametrize("fault", ["length", "refusal", "malformed"])
async def test_no_solver_is_credited_with_such_an_answer(workshop: Workshop, fault: str) -> None:
    """A failed sample is part of how hard an item is, and of whether its facts are needed; it is no pass, and flagged."""
    told = await workshop.run(anthropic=Struck(name=fault), by_anthropic=Role.SOLVER)
    check_struck(told, fault)
    (candidate,) = told.store.candidates(job_id=told.job)
    rates = candidate.measures["pass_rate"].values()
    assert len(rates) == 5 and all(rate["passes"] == 0 for rate in rates)
    (difficulty,) = (receipt for receipt in candidate.receipts if receipt.gate == "difficulty")
    assert candidate.measures["band"] == "frontier" and "frontier_unanswered" in difficulty.finding.flags


def check_nothing_accepted(told: Told, fault: str) -> None:
    """The candidate landed, and was not accepted."""
    assert told.accepted == 0 and len(outcome(told.store, told.job)) == 1
    check_struck(told, fault)


def check_struck(told: Told, fault: str) -> None:
    """No call was asked again, and what was struck is in the journal as what it was: a typed failure."""
    assert told.end.error is None, told.end.error
    assert set(told.asked.values()) == {1}
    struck = {each.key for each in told.seen if each.fault}
    kind = FAILURES[fault][1]
    assert struck and {call.key: call.status for call in told.journaled} == {
        key: str(kind) if key in struck else "ok" for key in told.asked
    }


async def turned_away(workshop: Workshop, undisturbed: Undisturbed, fault: str) -> Told:
    """A run that meets the fault at one call, ends there, and keeps what was answered."""
    (struck,) = undisturbed.one_of(Role.ORACLE)
    stopped = await workshop.run(anthropic=Struck(name=fault, keys=frozenset({struck}), times=9))
    assert stopped.end.error is not None and stopped.end.error.exit_code == 5
    assert stopped.accepted == 0 and set(stopped.asked.values()) == {1}
    assert {call.key for call in stopped.journaled} == stopped.asked.keys() - {struck}
    (kept,) = stopped.store.unjournaled_attempts(stopped.job)
    assert (kept.identity.role, kept.attempt.status, kept.attempt.cost_nano_usd) == ("oracle", "unusable", 0)
    return stopped


RESUMED = "quota"


@pytest.mark.parametrize("fault", sorted(UNUSABLE.keys() - {RESUMED}))
async def test_what_no_retry_mends_is_asked_once_and_ends_the_run(
    workshop: Workshop, undisturbed: Undisturbed, fault: str
) -> None:
    await turned_away(workshop, undisturbed, fault)


async def test_the_run_goes_on_where_it_was_turned_away(workshop: Workshop, undisturbed: Undisturbed) -> None:
    stopped = await turned_away(workshop, undisturbed, RESUMED)
    done = await workshop.run(after=stopped)
    assert done.end.error is None and outcome(done.store, done.job) == undisturbed.landed
    # The struck call once more, and nothing of what was answered before.
    assert set(done.asked.values()) == {1}
    assert stopped.asked.keys() & done.asked.keys() == undisturbed.one_of(Role.ORACLE)


@pytest.mark.parametrize("fault", sorted(ANSWERED - {"usage_cached"}))
async def test_an_answer_that_is_whole_counts_and_is_told_of(workshop: Workshop, undisturbed: Undisturbed, fault: str) -> None:
    struck = undisturbed.one_of(*ROLES)
    faults = Struck(name=fault, keys=struck)
    told = await workshop.run(anthropic=faults, openai=faults)
    check_same_as(undisturbed, told, struck, 1)
    facts = status_json(told.store.snapshot(told.job))
    other = fault == "other_model"
    assert {row["asked"].partition("/")[2].partition("-")[0] for row in facts["substituted"]} == (
        set(ROLES) if other else set()
    )
    assert {row["served"] for row in facts["substituted"]} <= {"something-else-2099"}
    unmetered = facts["charged_in_full"]["unmetered"]
    assert unmetered["attempts"] == (0 if other else len(ROLES)) and (unmetered["cost_usd"] > 0) is not other
    whole = [a for call in told.journaled for a in call.attempts if a.cost_nano_usd == a.reserved_nano_usd]
    assert len(whole) == unmetered["attempts"]


async def test_a_call_that_never_comes_through_is_given_up_with_all_its_attempts_on_record(
    workshop: Workshop, undisturbed: Undisturbed
) -> None:
    # An endpoint that answers others: its breaker stays closed.
    workshop.limits = lambda: Limits(breaker=BreakerSettings(in_a_row=1000, share=1.1))
    (struck,) = undisturbed.one_of(Role.ORACLE)
    told = await workshop.run(anthropic=Struck(name="server_error", keys=frozenset({struck}), times=99))
    assert told.end.error is None and told.store.snapshot(told.job).states == {"errored": 1}
    assert told.asked[struck] == Retry().attempts and set((told.asked - Counter({struck: 99})).values()) == {1}
    lost = told.store.unjournaled_attempts(told.job)
    assert [(each.identity.role, each.attempt.number, each.attempt.status) for each in lost] == [
        ("oracle", number, "server_error") for number in range(Retry().attempts)
    ]
    assert struck not in {call.key for call in told.journaled}
    journaled = sum(a.cost_nano_usd for call in told.journaled for a in call.attempts)
    assert told.store.money(told.job).spent_nano_usd == journaled + sum(each.attempt.cost_nano_usd for each in lost)
