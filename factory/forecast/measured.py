"""What earlier runs in the same store took: it replaces what would be assumed, wherever there is enough of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from factory.forecast.assumed import Assumed
from factory.forecast.estimate import Basis, SeatUse, Yield
from factory.gate import Ask
from factory.ports import PastRun, PastUse
from factory.types import Cast, Role

ENOUGH_PULLS: Final = 20
"""Landed pulls from which on calls per pull and the yield are measured."""
ENOUGH_CALLS: Final = 20
"""Calls of one model in one role from which on its tokens and seconds are measured."""
WANTED_PULLS: Final = 400
"""No more of the past than this is read."""


def past(runs: Iterable[PastRun]) -> tuple[PastRun, ...]:
    """The newest runs, until there are WANTED_PULLS."""
    found: list[PastRun] = []
    for run in runs:
        found.append(run)
        if sum(one.pulls for one in found) >= WANTED_PULLS:
            break
    return tuple(found)


def expect(
    assumed: Assumed, runs: Sequence[PastRun], cast: Cast, *, spec_identity: str, gate_settings: str
) -> tuple[tuple[SeatUse, ...], Yield]:
    """What each seat will take per pull, and the yield.

    Calls per pull and the yield come from runs under the same gate settings (their digest, as in a job's fingerprint) whose
    models sat in the same seats, the spec's own runs where these are enough; tokens and seconds per call from calls of the
    same model in the same role. Everything else is as assumed.
    """
    alike = [run for run in runs if run.job.fingerprint.get("gate settings") == gate_settings and _same_seats(run, cast)]
    own = [run for run in alike if run.job.spec_identity == spec_identity]
    chosen = next((group for group in (own, alike) if sum(run.pulls for run in group) >= ENOUGH_PULLS), [])
    asked = {(ask.role, ask.slot): ask for ask in assumed.asks}
    for run in chosen:
        for use in run.uses:
            asked.setdefault((Role(use.role), use.slot), Ask(Role(use.role), use.slot, 0, 0, 0))
    seats = tuple(_seat(ask, runs, chosen, cast) for ask in asked.values())
    return seats, _yield(assumed, chosen)


def _same_seats(run: PastRun, cast: Cast) -> bool:
    return run.job.simulated == cast.simulated and all(_sits(use, cast) for use in run.uses)


def _sits(use: PastUse, cast: Cast) -> bool:
    seats = cast.seats(Role(use.role))
    return use.slot < len(seats) and seats[use.slot].model == use.model


def _yield(assumed: Assumed, runs: Sequence[PastRun]) -> Yield:
    if not runs:
        return Yield(assumed.accepted)
    pulls, accepted = sum(run.pulls for run in runs), sum(run.accepted for run in runs)
    # The posterior mean under Jeffreys' prior: a share of 0 would promise a run without an end.
    return Yield((accepted + 0.5) / (pulls + 1), Basis(pulls, _jobs(runs)))


def _seat(ask: Ask, runs: Sequence[PastRun], alike: Sequence[PastRun], cast: Cast) -> SeatUse:
    calls, calls_from = ask.calls, None
    if alike:
        pulls = sum(run.pulls for run in alike)
        calls = sum(use.calls for run in alike for use in run.uses if (use.role, use.slot) == (ask.role, ask.slot)) / pulls
        calls_from = Basis(pulls, _jobs(alike))
    model = cast.seats(ask.role)[ask.slot].model
    telling = _Calls.of(alike, ask.role, model)
    if telling.metered < ENOUGH_CALLS:
        telling = _Calls.of(runs, ask.role, model)
    seconds = telling.seconds / telling.calls if telling.calls >= ENOUGH_CALLS else None
    if telling.metered < ENOUGH_CALLS:
        return SeatUse(ask.role, ask.slot, calls, ask.input_tokens, ask.output_tokens, seconds=seconds, calls_from=calls_from)
    return SeatUse(
        ask.role,
        ask.slot,
        calls,
        telling.input_tokens / telling.metered,
        telling.output_tokens / telling.metered,
        telling.cached_tokens / telling.metered,
        seconds,
        _scatter(alike, ask),
        calls_from,
        Basis(telling.metered, telling.jobs),
    )


@dataclass(frozen=True, slots=True)
class _Calls:
    """Sums over the calls of one model in one role."""

    calls: int
    metered: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    seconds: float
    jobs: tuple[str, ...]

    @classmethod
    def of(cls, runs: Sequence[PastRun], role: Role, model: str) -> _Calls:
        theirs = [(run, use) for run in runs for use in run.uses if (use.role, use.model) == (role, model)]
        uses = [use for _, use in theirs]
        return cls(
            sum(use.calls for use in uses),
            sum(use.metered for use in uses),
            sum(use.input_tokens for use in uses),
            sum(use.output_tokens for use in uses),
            sum(use.cached_tokens for use in uses),
            math.fsum(use.seconds for use in uses),
            _jobs([run for run, _ in theirs]),
        )


def _scatter(runs: Sequence[PastRun], ask: Ask) -> float:
    """The relative standard deviation, from pull to pull, of the tokens this seat takes; pulls that never asked it count 0."""
    pulls = sum(run.pulls for run in runs)
    sizes = [
        use.input_tokens + use.output_tokens for run in runs for use in run.uses if (use.role, use.slot) == (ask.role, ask.slot)
    ]
    total = sum(sizes)
    if pulls < 2 or total == 0:
        return 0.0
    mean = total / pulls
    squares = math.fsum((size - mean) ** 2 for size in sizes) + (pulls - len(sizes)) * mean**2
    return math.sqrt(squares / (pulls - 1)) / mean


def _jobs(runs: Sequence[PastRun]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.job.id for run in runs))
