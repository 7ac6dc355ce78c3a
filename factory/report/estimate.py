"""The estimate before a run, for programs: the `estimate` of `run --dry-run --json`. ESTIMATE_SCHEMA, version 1:

- Amounts are {low, likely, high}: whole numbers, and USD for money. `total` is the sum over `roles`, low and high included.
- calls_measured, tokens_measured: what a row's calls per pull, and its tokens per call, rest on; null: assumed. count: pulls or
  calls; whole: false where a part of the row is assumed after all.
- yield: accepted per pull; measured as above. seconds: null where a seat was never timed.
- unpriced: the models whose price nobody knows; their money is left out.
- budget: null without a cap; exceeded: no, maybe (only the high end is above the cap) or likely.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from factory.report.shapes import AMOUNT, COUNT, NANO, TEXT, closed, nullable
from factory.types import Cast

if TYPE_CHECKING:
    from factory.forecast import Basis, Estimate, Range, RoleEstimate

_RANGE = closed(low=COUNT, likely=COUNT, high=COUNT)
_USD = closed(low=AMOUNT, likely=AMOUNT, high=AMOUNT)
_BASIS = nullable(closed(count=COUNT, jobs={"type": "array", "items": TEXT}, whole={"type": "boolean"}))
_AMOUNTS: Mapping[str, Any] = {"calls": _RANGE, "input_tokens": _RANGE, "output_tokens": _RANGE, "cost_usd": _USD}

ESTIMATE_SCHEMA: Mapping[str, Any] = closed(
    schema={"const": 1},
    pulls=_RANGE,
    **{"yield": closed(share={"type": "number", "exclusiveMinimum": 0, "maximum": 1}, measured=_BASIS)},
    roles={"type": "array", "items": closed(role=TEXT, **_AMOUNTS, calls_measured=_BASIS, tokens_measured=_BASIS)},
    total=closed(**_AMOUNTS),
    seconds=nullable(_RANGE),
    unpriced={"type": "array", "items": TEXT},
    budget=nullable(closed(cap_usd=AMOUNT, exceeded={"enum": ["no", "maybe", "likely"]})),
)


def estimate_json(estimate: Estimate, cast: Cast, cap_nano: int | None) -> dict[str, Any]:
    """The estimate in the shape of ESTIMATE_SCHEMA."""
    return {
        "schema": 1,
        "pulls": _range(estimate.pulls),
        "yield": {"share": round(estimate.accepted.share, 4), "measured": _basis(estimate.accepted.basis)},
        "roles": [
            {
                "role": row.role.value,
                **_amounts(row),
                "calls_measured": _basis(row.calls_from),
                "tokens_measured": _basis(row.tokens_from),
            }
            for row in estimate.roles
        ],
        "total": _amounts(estimate),
        "seconds": None if estimate.seconds is None else _range(estimate.seconds),
        "unpriced": list(dict.fromkeys(cast.seats(role)[slot].model for role, slot in estimate.unpriced)),
        "budget": None if cap_nano is None else {"cap_usd": cap_nano / NANO, "exceeded": exceeded(estimate, cap_nano)},
    }


def exceeded(estimate: Estimate, cap_nano: int) -> str:
    """Whether the run will want more than its cap: "no", "maybe" or "likely"."""
    if estimate.nano_usd.likely > cap_nano:
        return "likely"
    return "maybe" if estimate.nano_usd.high > cap_nano else "no"


def _amounts(row: RoleEstimate | Estimate) -> dict[str, Any]:
    return {
        "calls": _range(row.calls),
        "input_tokens": _range(row.input_tokens),
        "output_tokens": _range(row.output_tokens),
        "cost_usd": {name: amount / NANO for name, amount in _range(row.nano_usd).items()},
    }


def _range(amount: Range) -> dict[str, int]:
    return {"low": amount.low, "likely": amount.likely, "high": amount.high}


def _basis(basis: Basis | None) -> dict[str, Any] | None:
    return None if basis is None else {"count": basis.count, "jobs": list(basis.jobs), "whole": basis.whole}
