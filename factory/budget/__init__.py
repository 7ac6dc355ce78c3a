"""Money: what a call may cost, what it did cost, and a cap that is never exceeded (DESIGN section 5)."""

from factory.budget.bounds import input_tokens_bound, likely_tokens
from factory.budget.ledger import Budget, BudgetStats, Flag, Reservation, Settlement
from factory.budget.money import nano_of_usd, usd
from factory.budget.price import FREE, Price, Rates, attempt_cost_nano, cost_nano, mean_cost_nano, worst_case_nano

__all__ = [
    "FREE", "Budget", "BudgetStats", "Flag", "Price", "Rates", "Reservation", "Settlement", "attempt_cost_nano", "cost_nano",
    "input_tokens_bound", "likely_tokens", "mean_cost_nano", "nano_of_usd", "usd", "worst_case_nano",
]  # fmt: skip
