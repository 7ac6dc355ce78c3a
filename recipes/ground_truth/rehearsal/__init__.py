"""The rehearsal cast of `ground_truth`.

`author*.py` writes; `reader*.py` reads and solves by a path of its own: the two families share no code and no vocabulary, so
that an answer the reader confirms has been worked out from the text. Only this file names both.
"""

from __future__ import annotations

from collections.abc import Mapping

from factory.ports import RolePlayer


def roles() -> Mapping[str, RolePlayer]:
    """The players by the name a cast gives them: `sim:author`, `sim:oracle`, `sim:critic`, `sim:judge`, `sim:solver`."""
    from recipes.ground_truth.rehearsal.author import Author
    from recipes.ground_truth.rehearsal.reader_critics import Critic, Judge
    from recipes.ground_truth.rehearsal.reader_roles import Oracle, Solver

    return {"author": Author(), "oracle": Oracle(), "critic": Critic(), "judge": Judge(), "solver": Solver()}
