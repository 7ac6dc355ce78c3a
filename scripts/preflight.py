"""The estimate before a run: from a plan, and what earlier runs in the same store took, to a table for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.table import Table

from factory.budget import usd
from factory.config.prices import prices_of
from factory.forecast import (
    ENOUGH_PULLS,
    WANTED_PULLS,
    Basis,
    Estimate,
    Lane,
    Range,
    RoleEstimate,
    Yield,
    assumed,
    estimate,
    expect,
    past,
    pulls_of,
)
from factory.ports import PastRun, Policy
from factory.providers.endpoint import endpoint_of
from factory.report.estimate import exceeded
from factory.types import Cast, Member
from scripts.assembly import Plan
from scripts.console import clean, complain, show
from scripts.live import span
from store import SqlStore


def past_runs(store: SqlStore | None, plan: Plan) -> tuple[PastRun, ...]:
    """What the store tells of the recipe; nothing without a store."""
    if store is None:
        return ()
    return past(store.past_runs(plan.recipe.name, plan.recipe.version, WANTED_PULLS))


async def preflight(plan: Plan, policy: Policy, runs: Sequence[PastRun], concurrency: int) -> Estimate:
    """What a run of this plan will take. Calls nobody."""
    line, cast = plan.line(0), plan.cast
    concurrency = min(concurrency, plan.spec.lookahead)
    guess = await assumed(line, cast, policy.cap)
    # Whether an author is shown accepted items depends on how far the run goes, which an accept run's cap says little about.
    pulls, _ = pulls_of(policy, Yield(guess.accepted), concurrency)
    guess = await assumed(line, cast, round(pulls))
    settings = plan.fingerprint()["gate settings"]
    uses, accepted = expect(guess, runs, cast, spec_identity=plan.spec.identity, gate_settings=settings)
    lanes = {(role, slot): _lane(m) for role, seats in cast.members.items() for slot, m in enumerate(seats)}
    prices = prices_of(cast, capped=False)
    return estimate(policy, uses, prices, accepted=accepted, concurrency=concurrency, lanes=lanes)


def _lane(member: Member) -> Lane:
    if member.simulated:
        return Lane("in this process")
    at = endpoint_of(member)
    return Lane(f"{at.provider} at {at.host} ({at.key_env})", member.rpm, member.tpm)


def print_estimate(found: Estimate, cast: Cast, policy: Policy, cap_nano: int | None, concurrency: int) -> None:
    """A compact table on standard error, so that what a run prints for others stays as it is."""
    table = Table(box=None, pad_edge=False)
    table.add_column("estimate")
    for name in ("calls", "tokens in", "tokens out", "money"):
        table.add_column(name, justify="right")
    table.add_column("rests on", overflow="fold")
    for row in found.roles:
        table.add_row(row.role.value, *_cells(row), clean(_rests(row)))
    if len(found.roles) > 1:
        table.add_row("all", *_cells(found), f"{_span(found.calls)} calls, {_money(found.nano_usd)}")
    show(table, to=sys.stderr)
    for line in _notes(found, cast, policy, cap_nano, concurrency):
        complain(line)


def _cells(row: RoleEstimate | Estimate) -> Iterable[str]:
    counts = (row.calls, row.input_tokens, row.output_tokens)
    return (*(f"{count.likely:,}" for count in counts), usd(row.nano_usd.likely))


def _rests(row: RoleEstimate) -> str:
    calls, tokens = row.calls_from, row.tokens_from
    if calls is not None and calls.whole and tokens is not None and tokens.whole:
        return f"measured on {_counted(calls, 'pulls')}"
    if calls is None and tokens is None:
        return "assumed"
    parts = ((calls, "calls", "pulls"), (tokens, "tokens", "calls"))
    return "; ".join(f"{what} {_partly(basis, unit)}" for basis, what, unit in parts)


def _partly(basis: Basis | None, unit: str) -> str:
    if basis is None:
        return "assumed"
    return f"measured on {_counted(basis, unit)}" + ("" if basis.whole else ", in part assumed")


def _counted(basis: Basis, unit: str) -> str:
    others = f" and {len(basis.jobs) - 1} more" if len(basis.jobs) > 1 else ""
    return f"{basis.count:,} {unit} of {basis.jobs[0]}{others}"


def _notes(found: Estimate, cast: Cast, policy: Policy, cap_nano: int | None, concurrency: int) -> Iterable[str]:
    if policy.accept is not None:
        basis = found.accepted.basis
        rests = "assumed" if basis is None else f"measured on {_counted(basis, 'pulls')}"
        yield f"about {found.pulls.likely:,} pulls ({_span(found.pulls)}) at a yield of {found.accepted.share:.0%}, {rests}"
        if found.pulls.likely >= policy.cap:
            yield f"{policy.accept} accepted are out of reach of --max-attempts {policy.cap:,} at this yield"
    if found.seconds is None:
        yield f"time: not known until {ENOUGH_PULLS} pulls or so of these models were timed in this store"
    else:
        low, likely, high = (span(part) for part in (found.seconds.low, found.seconds.likely, found.seconds.high))
        yield f"time: about {likely} of waiting for models ({low} to {high}) at --concurrency {concurrency}"
    if found.unpriced:
        models = dict.fromkeys(cast.seats(role)[slot].model for role, slot in found.unpriced)
        yield f"money leaves out {', '.join(models)}: no price is known"
    if cap_nano is not None and (told := exceeded(found, cap_nano)) != "no":
        may = "is more than" if told == "likely" else "may be more than"
        yield (
            f"the estimate, {_money(found.nano_usd)}, {may} --budget {usd(cap_nano)}: the run would stop there, "
            "to be resumed with a larger cap"
        )


def _span(amount: Range) -> str:
    return f"{amount.low:,} to {amount.high:,}"


def _money(amount: Range) -> str:
    return f"{usd(amount.low)} to {usd(amount.high)}"
