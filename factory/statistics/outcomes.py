"""Who passed what: the table of items x models that every set-level measure starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.statistics.clusters import Clustered, Floats
from factory.statistics.estimates import Estimate, count
from factory.statistics.intervals import LEVEL
from factory.statistics.passk import Declared

Counts = NDArray[np.int64]
# What an int64 sum over a million cells still holds.
_MOST = 2**43


class Cell(NamedTuple):
    """One model's calls on one item: samples drawn, and how many of them passed."""

    item: str
    model: str
    samples: int
    passes: int


@dataclass(frozen=True, eq=False)
class OutcomeTable:
    """Samples and passes, both of shape (items, models); a cell without samples is missing and counts nowhere.

    Raises ValueError for shapes, names or counts that cannot be: passes beyond the samples, a name twice, a negative count;
    TypeError for counts that are no whole numbers.
    """

    items: tuple[str, ...]
    models: tuple[str, ...]
    samples: Counts
    passes: Counts

    def __post_init__(self) -> None:
        shape = (len(self.items), len(self.models))
        for counts in (self.samples, self.passes):
            # A float table would let NaN through every comparison below.
            if not isinstance(counts, np.ndarray) or (counts.size and counts.dtype.kind not in "iu"):
                raise TypeError("samples and passes must be arrays of whole numbers")
        if self.samples.shape != shape or self.passes.shape != shape:
            raise ValueError(
                f"{shape[0]} items x {shape[1]} models, but the counts are {self.samples.shape}, {self.passes.shape}"
            )
        if len(set(self.items)) < shape[0] or len(set(self.models)) < shape[1]:
            raise ValueError("an item or a model is named twice")
        if (self.passes < 0).any() or (self.passes > self.samples).any():
            raise ValueError("passes must lie between 0 and the cell's samples")

    @classmethod
    def from_cells(cls, cells: Iterable[Cell]) -> OutcomeTable:
        """Items and models in order of first appearance. Raises ValueError when a cell comes twice."""
        items: dict[str, int] = {}
        models: dict[str, int] = {}
        found: dict[tuple[int, int], tuple[int, int]] = {}
        for cell in cells:
            at = items.setdefault(cell.item, len(items)), models.setdefault(cell.model, len(models))
            if at in found:
                raise ValueError(f"the cell of item {cell.item!r} and model {cell.model!r} comes twice")
            found[at] = (count("samples", cell.samples), count("passes", cell.passes))
            if max(found[at]) > _MOST:
                raise ValueError(f"the cell of item {cell.item!r} and model {cell.model!r} counts more than {_MOST} calls")
        samples = np.zeros((len(items), len(models)), dtype=np.int64)
        passes = samples.copy()
        for at, (drawn, passed) in found.items():
            samples[at], passes[at] = drawn, passed
        return cls(tuple(items), tuple(models), samples, passes)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Shape (items, models): whether the cell was sampled at all."""
        return self.samples > 0

    def rates(self) -> Floats:
        """passes / samples, shape (items, models); NaN where the cell is missing."""
        with np.errstate(invalid="ignore"):
            found: Floats = np.where(self.present, self.passes / np.maximum(self.samples, 1), np.nan)
        return found

    def solve_rates(self) -> Floats:
        """Each item's mean rate over the models that tried it, shape (items,): never pooled, so no model counts double."""
        return _mean(self.rates(), axis=1)

    def abilities(self) -> Floats:
        """Each model's mean rate over the items it tried, shape (models,); NaN for a model that tried none."""
        return _mean(self.rates(), axis=0)

    def only_items(self, names: Sequence[str]) -> OutcomeTable:
        """The table of these items, in this order. Raises ValueError for one that is not there."""
        rows = _places(names, self.items, "item")
        return OutcomeTable(tuple(names), self.models, self.samples[rows], self.passes[rows])

    def only_models(self, names: Sequence[str]) -> OutcomeTable:
        """The table of these models, in this order. Raises ValueError for one that is not there."""
        columns = _places(names, self.models, "model")
        return OutcomeTable(self.items, tuple(names), self.samples[:, columns], self.passes[:, columns])

    def scores(self, level: float = LEVEL) -> dict[str, Estimate | None]:
        """Each model's mean rate over items with its interval, clustered by item; None for a model without samples."""
        rates, present = self.rates(), self.present
        found: dict[str, Estimate | None] = {}
        for at, model in enumerate(self.models):
            here = present[:, at]
            drawn = float(self.samples[:, at].sum())
            found[model] = Clustered(rates[here, at], np.ones(int(here.sum())), drawn).estimate(level) if here.any() else None
        return found

    def pass_at(self, declared: Declared, k: int, level: float = LEVEL) -> dict[str, Estimate]:
        """Each model's pass@k, the mean over items of the unbiased estimate of `pass_at_k`, clustered by item.

        Raises ValueError when a cell does not hold the declared number of samples, missing cells included, or k exceeds it.
        """
        found = {}
        for at, model in enumerate(self.models):
            pairs = zip(self.passes[:, at], self.samples[:, at], strict=True)
            values = np.array([declared.tally(int(passed), int(drawn)).pass_at(k) for passed, drawn in pairs])
            found[model] = Clustered(values, np.ones(len(values)), float(declared.n * len(values))).estimate(level)
        return found


def _mean(rates: Floats, axis: int) -> Floats:
    present = ~np.isnan(rates)
    number = present.sum(axis=axis)
    with np.errstate(invalid="ignore"):
        found: Floats = np.where(number > 0, np.where(present, rates, 0.0).sum(axis=axis) / np.maximum(number, 1), np.nan)
    return found


def _places(names: Sequence[str], known: Sequence[str], kind: str) -> list[int]:
    place = {name: at for at, name in enumerate(known)}
    unknown = [name for name in names if name not in place]
    if unknown:
        raise ValueError(f"the table has no {kind} {unknown[0]!r}")
    return [place[name] for name in names]
