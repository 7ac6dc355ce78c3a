"""Money: what a call may cost, what it did cost, a cap that is never exceeded, and what a job will need (DESIGN section 5)."""

from factory.budget.bounds import input_tokens_bound, likely_tokens
from factory.budget.estimate import CallExpectation, Estimate, Range, RoleEstimate, estimate
from factory.budget.ledger import Budget, BudgetStats, Flag, Reservation, Settlement
from factory.budget.money import nano_of_usd, usd
from factory.budget.price import FREE, Price, Rates, attempt_cost_nano, cost_nano, worst_case_nano

__all__ = [
    "FREE", "Budget", "BudgetStats", "CallExpectation", "Estimate", "Flag", "Price", "Range", "Rates", "Reservation",
    "RoleEstimate", "Settlement", "attempt_cost_nano", "cost_nano", "estimate", "input_tokens_bound", "likely_tokens",
    "nano_of_usd", "usd", "worst_case_nano",
]  # fmt: skip
