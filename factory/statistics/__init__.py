"""Estimators, intervals and sequential decisions: numbers in, numbers out, no I/O."""

from factory.statistics.estimates import Estimate
from factory.statistics.foreseen import UNIFORM, Ending, Prior, endings
from factory.statistics.intervals import LEVEL, mean_of, mean_proportion, newcombe, wilson
from factory.statistics.passk import Declared, Tally, panel_pass_at_k, pass_at_k
from factory.statistics.sequential import (
    DISCRIMINATING,
    EASY,
    HARD,
    UNDECIDED,
    Decision,
    Design,
    Edges,
    Fixed,
    Sequential,
    check_edges,
    edges_for,
)  # fmt: skip
from factory.statistics.tails import binomial_tail

__all__ = [
    "DISCRIMINATING", "EASY", "HARD", "LEVEL", "UNDECIDED", "UNIFORM", "Decision", "Declared", "Design", "Edges", "Ending",
    "Estimate", "Fixed", "Prior", "Sequential", "Tally", "binomial_tail", "check_edges", "edges_for", "endings", "mean_of",
    "mean_proportion", "newcombe", "panel_pass_at_k", "pass_at_k", "wilson",
]  # fmt: skip
