"""Known defects, each planted in a known-good final-answer item by a function in a file of its own, for gate audits.

The items are plain JSON with the fields prompt, answer, solution, unit and grader.
"""

from __future__ import annotations

from gates.defects.accepted_list import accepted_list
from gates.defects.any_value import any_value
from gates.defects.known_answer import known_answer
from gates.defects.last_number import last_number
from gates.defects.planting import Planted, Planter
from gates.defects.telling_options import telling_options
from gates.defects.wide_tolerance import wide_tolerance

PLANTERS: tuple[Planter, ...] = (accepted_list, any_value, wide_tolerance, last_number, known_answer, telling_options)

__all__ = ["PLANTERS", "Planted", "Planter"]
