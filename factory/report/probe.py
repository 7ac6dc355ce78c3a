"""What a probe tells of a set: how each model does, where its items lie, and whether they tell models apart.

Pure functions from an outcome table; `factory/report/probe_json.py` is their stable interface.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from factory.statistics import LEVEL, Estimate
from factory.statistics.banding import Banding
from factory.statistics.discrimination import Histogram, point_biserial, solve_rate_histogram
from factory.statistics.judging import Confusion, confusion
from factory.statistics.outcomes import OutcomeTable
from factory.statistics.separability import (
    BesideRandom,
    Separability,
    fewest_items,
    separability,
    set_separability,
)

LOWEST_SHOWN = 5


@dataclass(frozen=True)
class ModelLine:
    """One model. rate: over the items it tried, clustered by item; None where it tried none. file_rate, differ: what the file
    itself says of the same solutions, and how many of them were graded otherwise here; None where it says nothing.
    """

    name: str
    items: int
    calls: int
    rate: Estimate | None
    held_out: bool = False
    file_rate: float | None = None
    differ: int | None = None


@dataclass(frozen=True)
class Apart:
    """Separability of all items, and of the kept ones beside random subsets of as many. why, why_kept: a sentence where there
    is none, "" else. heldout_*: on the models that had no part in the choice.
    """

    paired: Separability | None = None
    unpaired: Separability | None = None
    why: str = ""
    kept_items: int = 0
    kept_paired: BesideRandom | None = None
    kept_unpaired: BesideRandom | None = None
    heldout_paired: BesideRandom | None = None
    heldout_unpaired: BesideRandom | None = None
    why_kept: str = ""


@dataclass(frozen=True)
class ItemTotal:
    """Point-biserial over the items: how many have one, their mean and median, how many are negative, and the lowest."""

    defined: int
    mean: float
    median: float
    negative: int
    lowest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class JudgeLine:
    """One judge's word on one model's answers, or, with model "", on all of them.

    corrected: the accuracy of the answers without a known truth that the judge's own error rates imply.
    """

    judge: str
    model: str
    confusion: Confusion
    corrected: float | None


@dataclass(frozen=True)
class SetReport:
    """items: of the set, tried or not. bands: by item of the table, "" where none was measured; counts: items of the set by
    band. banding: how recorded counts were judged, None where the bands were measured live. kept: the bands that count as kept.
    """

    items: int
    table: OutcomeTable
    models: tuple[ModelLine, ...]
    bands: tuple[str, ...]
    kept: tuple[str, ...]
    counts: Mapping[str, int]
    banding: Banding | None
    apart: Apart
    item_total: ItemTotal | None
    correlations: tuple[float | None, ...]
    histogram: Histogram
    level: float = LEVEL
    judges: tuple[JudgeLine, ...] = field(default=())

    @property
    def tried(self) -> int:
        return int(self.table.present.any(axis=1).sum())


Said = Mapping[str, tuple[int, int, int]]


def set_report(
    table: OutcomeTable,
    bands: Sequence[str],
    kept: Sequence[str],
    *,
    items: int | None = None,
    counts: Mapping[str, int] | None = None,
    held_out: Sequence[str] = (),
    banding: Banding | None = None,
    said: Said | None = None,
    judges: Sequence[JudgeLine] = (),
    level: float = LEVEL,
    seed: int = 0,
) -> SetReport:
    """bands: one for each item of the table; counts: of the whole set, from `bands` by default; said: by model
    (solutions the file marks, right by the file, graded otherwise here).

    Raises ValueError for another number of bands than items. A measure that does not exist for this table is None.
    """
    if len(bands) != len(table.items):
        raise ValueError(f"{len(bands)} bands for {len(table.items)} items")
    scores, present = table.scores(level), table.present
    lines = []
    for at, name in enumerate(table.models):
        marked, right, differ = (said or {}).get(name, (0, 0, 0))
        lines.append(
            ModelLine(
                name,
                int(present[:, at].sum()),
                int(table.samples[:, at].sum()),
                scores[name],
                name in held_out,
                right / marked if marked else None,
                differ if marked else None,
            )
        )
    correlations = tuple(point_biserial(table))
    return SetReport(
        items=len(table.items) if items is None else items,
        table=table,
        models=tuple(lines),
        bands=tuple(bands),
        kept=tuple(kept),
        counts=dict(counts) if counts is not None else Counter(band for band in bands if band),
        banding=banding,
        apart=_apart(table, bands, kept, held_out, level, seed),
        item_total=_item_total(table, correlations),
        correlations=correlations,
        histogram=solve_rate_histogram(table),
        level=level,
        judges=tuple(judges),
    )


def _apart(
    table: OutcomeTable, bands: Sequence[str], kept: Sequence[str], held_out: Sequence[str], level: float, seed: int
) -> Apart:
    try:
        paired = separability(table, "paired", level=level, seed=seed)
        unpaired = separability(table, "unpaired", level=level, seed=seed)
    except ValueError as why:
        return Apart(why=str(why))
    chosen = [item for item, band in zip(table.items, bands, strict=True) if band in kept]
    needed = fewest_items(level)
    too_few = f"{len(chosen)} items lie in the kept bands ({', '.join(kept)}), and {needed} are the fewest that can separate"
    no_other = "every item lies in the kept bands: there is no other subset of their size"
    if not kept:
        return Apart(paired, unpaired, why_kept="no bands were measured")
    if len(chosen) < needed or len(chosen) == len(table.items):
        return Apart(paired, unpaired, kept_items=len(chosen), why_kept=too_few if len(chosen) < needed else no_other)
    panel = [model for model in table.models if model not in held_out]
    try:
        found = set_separability(table, chosen, panel, level=level, seed=seed)
    except ValueError as why:
        return Apart(paired, unpaired, kept_items=len(chosen), why_kept=str(why))
    return Apart(
        paired,
        unpaired,
        kept_items=len(chosen),
        kept_paired=found.paired,
        kept_unpaired=found.unpaired,
        heldout_paired=found.heldout_paired,
        heldout_unpaired=found.heldout_unpaired,
    )


def _item_total(table: OutcomeTable, correlations: Sequence[float | None]) -> ItemTotal | None:
    known = [(item, value) for item, value in zip(table.items, correlations, strict=True) if value is not None]
    if not known:
        return None
    values = [value for _, value in known]
    lowest = sorted(known, key=lambda pair: pair[1])[:LOWEST_SHOWN]
    return ItemTotal(
        len(known),
        math.fsum(values) / len(values),
        float(np.median(values)),
        sum(value < 0 for value in values),
        tuple((item, value) for item, value in lowest),
    )


def judge_lines(
    marks: Sequence[tuple[str, str, bool | None, bool | None]],
) -> tuple[JudgeLine, ...]:
    """A line for each judge and model, and one for each judge over all models where there are several.

    marks: (judge, model, verdict, truth) of each answer, None where there is no verdict or no known truth.
    """
    lines = []
    for judge in dict.fromkeys(mark[0] for mark in marks):
        own = [mark for mark in marks if mark[0] == judge]
        models = list(dict.fromkeys(mark[1] for mark in own))
        groups = [(model, [mark for mark in own if mark[1] == model]) for model in models]
        if len(models) > 1:
            groups.append(("", own))
        for model, group in groups:
            found = confusion([mark[2] for mark in group], [mark[3] for mark in group])
            unknown = found.unlabelled
            lines.append(
                JudgeLine(judge, model, found, found.corrected(found.unlabelled_passed / unknown) if unknown else None)
            )
    return tuple(lines)
