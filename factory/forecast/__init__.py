"""What a run will take, told before it starts: measured on earlier runs where there are any, assumed and said so where not."""

from factory.forecast.assumed import Assumed, assumed
from factory.forecast.estimate import Basis, Estimate, Lane, Range, RoleEstimate, SeatUse, Yield, estimate, pulls_of
from factory.forecast.measured import ENOUGH_CALLS, ENOUGH_PULLS, WANTED_PULLS, expect, past

__all__ = [
    "ENOUGH_CALLS", "ENOUGH_PULLS", "WANTED_PULLS", "Assumed", "Basis", "Estimate", "Lane", "Range", "RoleEstimate", "SeatUse",
    "Yield", "assumed", "estimate", "expect", "past", "pulls_of",
]  # fmt: skip
