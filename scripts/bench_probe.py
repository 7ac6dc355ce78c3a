"""The sequential screening rule against fixed k = 8 and k = 16, on tables of recorded outcomes.

    python scripts/bench_probe.py ../shared/data/cruxeval/outcomes_*.parquet

A table is a CSV, JSONL or Parquet file with columns item, model, n, c (docs/profile.md). A panel of five seats is taken from
it at the ability quantiles .1 .3 .5 .7 .9; with fewer than five models some sit twice. An item's truth is the band of the mean
of its five c/n; items that a seat did not try are left out. Screening calls then pass at the cells' smoothed rates,
(c + m) / (n + 1) with m the item's pooled rate over all models: a cell counts one more call that went as the item usually
does, so that 0 of 10 does not mean never. Edges and settings are the difficulty gate's defaults, and the code that decides is
the gate's. Calls and errors are exact expectations over all resamples (a dynamic programme, factory/statistics/screening.py),
so there is no seed and there are no repetitions to choose.

Prints JSON, {"TABLE": {"fixed8": {"calls", "error"}, "fixed16": {...}, "sequential": {...}, "about": {...}}}: calls are the
mean screening calls of an item; error is the share of items whose decided band is not the true one, `undecided` included;
about.notes says what the table itself does to these figures (a model that sits twice, items that some seat did not try). A
table that cannot be measured says why under "error" instead, and the exit code is 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from factory.config.outcomes import read_outcomes
from factory.errors import BadInput
from factory.statistics import UNDECIDED, Design, Edges, Fixed, Sequential, edges_for
from factory.statistics.clusters import Floats
from factory.statistics.outcomes import Counts, OutcomeTable
from factory.statistics.screening import operating
from gates.difficulty import Difficulty

# Tenths: the middles of five equal groups of models, weak to strong.
QUANTILES = (1, 3, 5, 7, 9)
FEW_ITEMS = 30


def seats(table: OutcomeTable) -> list[str]:
    """The five models at the ability quantiles, weak to strong; a model sits twice where there are fewer than five.

    Ability is the mean of a model's rate less the item's mean rate, over the items it tried: where every model tried every item
    that ranks them by mean rate, and elsewhere it does not reward a model for having met the easy ones.
    """
    above = table.rates() - table.solve_rates()[:, None]
    present = table.present
    ability = {m: float(above[present[:, at], at].mean()) for at, m in enumerate(table.models) if present[:, at].any()}
    ranked = sorted(ability, key=lambda model: (ability[model], model))
    return [ranked[quantile * len(ranked) // 10] for quantile in QUANTILES]


def smoothed(table: OutcomeTable) -> Floats:
    """Each cell's rate after one more call that passes at the item's pooled rate, shape (items, models)."""
    passes, samples = table.passes.sum(axis=1), table.samples.sum(axis=1)
    usual = (passes + 0.5) / (samples + 1)
    rates: Floats = (table.passes + usual[:, None]) / (table.samples + 1)
    return rates


def truths(passes: Counts, samples: Counts, edges: Edges) -> list[str]:
    """The band of each item's mean c/n, from shape (items, seats): in fractions, so that a mean on an edge stays on it."""
    bands = []
    for row, drawn in zip(passes.tolist(), samples.tolist(), strict=True):
        mean = sum((Fraction(c, n) for c, n in zip(row, drawn, strict=True)), Fraction()) / len(row)
        bands.append(edges.band(mean.numerator, mean.denominator))
    return bands


def _why_none(table: OutcomeTable, panel: Sequence[str]) -> str:
    """Why no item has a truth: each seat's own share of the items, and how many of the seats ever met on one."""
    names = list(dict.fromkeys(panel))
    tried = table.only_models(names).present
    each = ", ".join(f"{name} {count}" for name, count in zip(names, tried.sum(axis=0).tolist(), strict=True))
    return (
        f"no item was tried by all of {', '.join(names)}, whose mean rate is an item's truth: of {len(table.items)} items they "
        f"tried {each}, and at most {int(tried.sum(axis=1).max())} of these {len(names)} met on any one"
    )


def _notes(table: OutcomeTable, panel: Sequence[str], rows: int) -> list[str]:
    """What a reader of the figures must know of this table, in sentences."""
    notes = []
    twice = {model: count for model, count in Counter(panel).items() if count > 1}
    if twice:
        sits = ", ".join(f"{model} sits {'twice' if count == 2 else f'{count} times'}" for model, count in twice.items())
        notes.append(
            f"{len(set(panel))} models for {len(panel)} seats, so {sits}: the truth leans on those models' rates, the seats "
            "of one model pass alike, and calls and errors are not those of a panel of five different solvers"
        )
    if rows < FEW_ITEMS:
        notes.append(f"{rows} items were tried by every seat: errors are shares of that few")
    if rows < len(table.items):
        notes.append(f"measured on the {rows} of {len(table.items)} items that every seat tried")
    return notes


def measure(table: OutcomeTable, path: Path) -> dict[str, Any]:
    gate, panel = Difficulty(), seats(table)
    columns = [table.models.index(model) for model in panel]
    rows = np.flatnonzero(table.present[:, columns].all(axis=1))
    if not len(rows):
        raise BadInput(_why_none(table, panel), where=f"{path}: model", fix="Leave out models that tried few items.")
    edges = edges_for(len(panel), gate.hard_edge, gate.easy_edge, gate.half_width)
    chosen = np.ix_(rows, np.array(columns))
    rates = smoothed(table)[chosen]
    truth = truths(table.passes[chosen], table.samples[chosen], edges)
    designs: dict[str, Design] = {
        "fixed8": Fixed(len(panel), edges, 8),
        "fixed16": Fixed(len(panel), edges, 16),
        "sequential": Sequential(len(panel), edges, gate.alpha, gate.max_rounds),
    }
    found: dict[str, Any] = {}
    undecided: dict[str, float] = {}
    for name, design in designs.items():
        result = operating(design, rates)
        right = [result.chance[band][at] for at, band in enumerate(truth)]
        found[name] = {"calls": round(float(result.calls.mean()), 3), "error": round(1 - float(np.mean(right)), 4)}
        undecided[name] = round(float(result.chance[UNDECIDED].mean()), 4)
    limit = [edges.band(*Fraction(float(rate)).limit_denominator(10**9).as_integer_ratio()) for rate in rates.mean(axis=1)]
    found["about"] = {
        "saved": round(1 - found["sequential"]["calls"] / found["fixed8"]["calls"], 4),
        "extra_error": round(found["sequential"]["error"] - found["fixed8"]["error"], 4),
        # Items that smoothing itself moved into another band: errors that no number of calls would remove.
        "error_at_endless_calls": round(sum(a != b for a, b in zip(limit, truth, strict=True)) / len(truth), 4),
        "undecided": undecided,
        "items": len(rows),
        "items_left_out": len(table.items) - len(rows),
        "models": len(table.models),
        "solvers": panel,
        "distinct_solvers": len(set(panel)),
        "notes": _notes(table, panel, len(rows)),
        "ability_quantiles": [quantile / 10 for quantile in QUANTILES],
        "truth": dict(sorted(Counter(truth).items())),
        "edges": {"hard": edges.hard, "easy": edges.easy, "half_width": edges.half_width},
        "resampling": "exact expectation",
    }
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="CSV, JSONL or Parquet with columns item, model, n, c"
    )
    files: list[Path] = list(dict.fromkeys(parser.parse_args().files))
    stems = Counter(path.stem for path in files)
    report, code = {}, 0
    for path in files:
        name = path.stem if stems[path.stem] == 1 else str(path)
        try:
            report[name] = measure(read_outcomes(path), path)
        except BadInput as problem:
            print(f"bench_probe: {problem.message}", file=sys.stderr)
            # The other tables' figures stand.
            report[name], code = {"error": problem.message}, problem.exit_code
    print(json.dumps(report, indent=2))
    return code


if __name__ == "__main__":
    sys.exit(main())
