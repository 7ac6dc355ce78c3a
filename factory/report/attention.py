"""A job's attempts that call for attention: answered by another model than was asked, charged in full, or above their bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from factory.budget import Flag
from factory.ports import AttemptTally, Unanswered
from factory.report.shapes import AMOUNT, COUNT, NANO, TEXT, closed
from factory.types.model_name import is_as_asked

SUBSTITUTED_SCHEMA: Final[Mapping[str, Any]] = {"type": "array", "items": closed(asked=TEXT, served=TEXT, attempts=COUNT)}
CHARGED_SCHEMA: Final[Mapping[str, Any]] = closed(
    unmetered=closed(attempts=COUNT, cost_usd=AMOUNT, by_model={"type": "object", "additionalProperties": COUNT}),
    lost=closed(attempts=COUNT, cost_usd=AMOUNT),
)
OVERRUN_SCHEMA: Final[Mapping[str, Any]] = closed(
    attempts=COUNT, over_usd=AMOUNT, by_model={"type": "object", "additionalProperties": COUNT}
)


def substituted(tallies: Sequence[AttemptTally]) -> list[dict[str, Any]]:
    """The pairs of models asked and served that are not one model, most attempts first."""
    pairs: dict[tuple[str, str], int] = {}
    for tally in tallies:
        if not is_as_asked(tally.model, tally.served_model):
            pair = (tally.model, tally.served_model)
            pairs[pair] = pairs.get(pair, 0) + tally.attempts
    in_order = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [{"asked": asked, "served": served, "attempts": attempts} for (asked, served), attempts in in_order]


def charged_in_full(tallies: Sequence[AttemptTally]) -> dict[str, Any]:
    """What was settled at its whole reservation: for want of a usage that can be true, or because its process died."""
    unmetered = [tally for tally in tallies if tally.flag == Flag.UNMETERED]
    return {
        "unmetered": {**_sum(unmetered), "by_model": _by_model(unmetered)},
        "lost": _sum([tally for tally in tallies if tally.flag == Unanswered.LOST]),
    }


def overrun(tallies: Sequence[AttemptTally], over_nano_usd: int) -> dict[str, Any]:
    """What cost more than its worst case, and by how much in all: the price or the token bound is wrong."""
    over = [tally for tally in tallies if tally.flag == Flag.OVERRUN]
    return {"attempts": _sum(over)["attempts"], "over_usd": over_nano_usd / NANO, "by_model": _by_model(over)}


def _by_model(tallies: Sequence[AttemptTally]) -> dict[str, int]:
    attempts: dict[str, int] = {}
    for tally in tallies:
        attempts[tally.model] = attempts.get(tally.model, 0) + tally.attempts
    return attempts


def _sum(tallies: Sequence[AttemptTally]) -> dict[str, Any]:
    return {
        "attempts": sum(tally.attempts for tally in tallies),
        "cost_usd": sum(tally.cost_nano_usd for tally in tallies) / NANO,
    }
