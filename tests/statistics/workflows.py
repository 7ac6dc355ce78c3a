"""Synthetic rollouts whose true step rates are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import ndtri

from factory.statistics.rollouts import Attempt, Rollouts

RATES = (0.96, 0.88, 0.45, 0.92, 0.60, 0.38, 0.90)
STEPS = tuple(f"s{n + 1}" for n in range(len(RATES)))


def attempts(
    items: int = 150,
    solvers: int = 2,
    samples: int = 4,
    *,
    seed: int = 0,
    rates: Sequence[float] = RATES,
    in_rollout: float = 0.0,
    in_item: float = 0.0,
    stop: bool = False,
    prefix: str = "i",
) -> Iterator[Attempt]:
    """Each step passes when a standard normal lies below its rate's quantile, so marginal rates are `rates` whatever the rest.

    in_rollout, in_item: the share of that normal's variance common to all steps of a rollout, and of an item.
    stop: whether a rollout ends at its first error.
    """
    rng = np.random.default_rng(seed)
    bar = ndtri(np.array(rates))
    for item in range(items):
        own = rng.normal()
        for solver in range(solvers):
            for sample in range(samples):
                common = np.sqrt(in_item) * own + np.sqrt(in_rollout) * rng.normal()
                noise = np.sqrt(1 - in_item - in_rollout) * rng.normal(size=len(bar))
                for step, correct in enumerate(common + noise < bar):
                    yield Attempt(f"{prefix}{item}", f"m{solver}", str(sample), f"s{step + 1}", bool(correct))
                    if stop and not correct:
                        break


def workflow(items: int = 150, solvers: int = 2, samples: int = 4, **how: object) -> Rollouts:
    steps = tuple(f"s{n + 1}" for n in range(len(how.get("rates", RATES))))  # type: ignore[arg-type]
    return Rollouts.from_attempts(attempts(items, solvers, samples, **how), steps)  # type: ignore[arg-type]
