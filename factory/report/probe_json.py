"""`probe --json`: a stable interface (PROBE_SCHEMA, JSON schema draft 2020-12, version 1), described in docs/probe.md."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from factory.report.probe import JudgeLine, SetReport
from factory.report.status import STATUS_SCHEMA
from factory.statistics import Estimate, Sequential
from factory.statistics.banding import Banding
from factory.statistics.judging import Confusion
from factory.statistics.separability import BesideRandom, Separability
from factory.statistics.sequential import Design, Fixed

_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_NUMBER_OR_NONE = {"type": ["number", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _or_none(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null"}]}


_ESTIMATE = _or_none(
    _object(value={"type": "number"}, low={"type": "number"}, high={"type": "number"}, level={"type": "number"})
)
_SEPARABILITY = _object(
    share={"type": "number"}, separated=_COUNT, pairs=_COUNT, left_out=_COUNT, items=_COUNT, models=_COUNT,
    level={"type": "number"}, method={"enum": ["paired", "unpaired"]}, resamples=_COUNT, seed=_COUNT,
)  # fmt: skip
_BESIDE = _or_none(
    _object(
        chosen=_SEPARABILITY,
        random=_or_none(_object(mean={"type": "number"}, low={"type": "number"}, high={"type": "number"}, draws=_COUNT)),
        gain=_NUMBER_OR_NONE,
    )
)
_TALLY = {"type": "object", "additionalProperties": _COUNT}

PROBE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "mode": {"enum": ["recorded", "live"]},
        "level": {"type": "number"},
        "items": _object(all=_COUNT, tried=_COUNT),
        "models": {
            "type": "array",
            "items": _object(
                model=_TEXT, items=_COUNT, calls=_COUNT, solve_rate=_ESTIMATE, held_out={"type": "boolean"},
                file_rate=_NUMBER_OR_NONE, graded_otherwise={"type": ["integer", "null"]},
            ),
        },
        "bands": _object(
            counts=_TALLY, kept={"type": "array", "items": _TEXT}, plain=_or_none(_TALLY),
            uneven={"type": ["integer", "null"]}, least_calls_of_each={"type": ["object", "null"]},
            rule={"type": ["object", "null"]},
        ),
        "separability": _object(
            paired=_or_none(_SEPARABILITY), unpaired=_or_none(_SEPARABILITY), why_none=_TEXT,
            kept=_object(
                items=_COUNT, paired=_BESIDE, unpaired=_BESIDE, heldout_paired=_BESIDE, heldout_unpaired=_BESIDE, why_none=_TEXT
            ),
        ),
        "point_biserial": _or_none(
            _object(
                items=_COUNT, mean={"type": "number"}, median={"type": "number"}, negative=_COUNT,
                lowest={"type": "array", "items": _object(item=_TEXT, value={"type": "number"})},
            )
        ),
        "histogram": _object(
            edges={"type": "array"}, counts={"type": "array", "items": _COUNT}, none=_COUNT, all=_COUNT, untried=_COUNT
        ),
        "per_item": {
            "type": "array",
            "items": _object(item=_TEXT, solve_rate=_NUMBER_OR_NONE, band=_TEXT, point_biserial=_NUMBER_OR_NONE),
        },
        "judges": {
            "type": "array",
            "items": _object(
                judge=_TEXT, model=_TEXT, confusion=_TALLY, judged_accuracy=_ESTIMATE, true_accuracy=_ESTIMATE, bias=_ESTIMATE,
                sensitivity=_ESTIMATE, specificity=_ESTIMATE, disagreement=_ESTIMATE, corrected_unlabelled=_NUMBER_OR_NONE,
            ),
        },
        "notes": {"type": "array", "items": _TEXT},
        "job": STATUS_SCHEMA,
    },
    "required": [
        "schema", "mode", "level", "items", "models", "bands", "separability", "point_biserial", "histogram", "per_item",
        "judges", "notes",
    ],
    "additionalProperties": False,
}  # fmt: skip


def probe_json(report: SetReport, mode: str, rule: Design | None, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The report in the shape of PROBE_SCHEMA, without `job`. rule: what judged the bands, None where they came measured."""
    apart, total = report.apart, report.item_total
    rates = report.table.solve_rates()
    return {
        "schema": 1,
        "mode": mode,
        "level": report.level,
        "items": {"all": report.items, "tried": report.tried},
        "models": [
            {
                "model": line.name,
                "items": line.items,
                "calls": line.calls,
                "solve_rate": _estimate(line.rate),
                "held_out": line.held_out,
                "file_rate": None if line.file_rate is None else round(line.file_rate, 6),
                "graded_otherwise": line.differ,
            }
            for line in report.models
        ],
        "bands": _bands(report, report.banding, rule),
        "separability": {
            "paired": _separability(apart.paired),
            "unpaired": _separability(apart.unpaired),
            "why_none": apart.why,
            "kept": {
                "items": apart.kept_items,
                "paired": _beside(apart.kept_paired),
                "unpaired": _beside(apart.kept_unpaired),
                "heldout_paired": _beside(apart.heldout_paired),
                "heldout_unpaired": _beside(apart.heldout_unpaired),
                "why_none": apart.why_kept,
            },
        },
        "point_biserial": None
        if total is None
        else {
            "items": total.defined,
            "mean": round(total.mean, 6),
            "median": round(total.median, 6),
            "negative": total.negative,
            "lowest": [{"item": item, "value": round(value, 6)} for item, value in total.lowest],
        },
        "histogram": {
            "edges": list(report.histogram.edges),
            "counts": list(report.histogram.counts),
            "none": report.histogram.none,
            "all": report.histogram.all,
            "untried": report.histogram.untried,
        },
        "per_item": [
            {"item": item, "solve_rate": _rounded(float(rate)), "band": band, "point_biserial": _rounded(correlation)}
            for item, rate, band, correlation in zip(report.table.items, rates, report.bands, report.correlations, strict=True)
        ],
        "judges": [_judge(line, report.level) for line in report.judges],
        "notes": list(notes),
    }


def _bands(report: SetReport, banding: Banding | None, rule: Design | None) -> dict[str, Any]:
    return {
        "counts": dict(report.counts),
        "kept": list(report.kept),
        "plain": None if banding is None else dict(banding.plain),
        "uneven": None if banding is None else banding.uneven,
        "least_calls_of_each": None if banding is None else dict(banding.least),
        "rule": None
        if banding is None or not isinstance(rule, Sequential | Fixed)
        else {"design": "sequential" if isinstance(rule, Sequential) else "fixed", **asdict(rule)},
    }


def _judge(line: JudgeLine, level: float) -> dict[str, Any]:
    found = line.confusion
    return {
        "judge": line.judge,
        "model": line.model,
        "confusion": {name: getattr(found, name) for name in Confusion.__dataclass_fields__},
        "judged_accuracy": _estimate(found.judged_accuracy(level)),
        "true_accuracy": _estimate(found.true_accuracy(level)),
        "bias": _estimate(found.bias(level)),
        "sensitivity": _estimate(found.sensitivity(level)),
        "specificity": _estimate(found.specificity(level)),
        "disagreement": _estimate(found.disagreement(level)),
        "corrected_unlabelled": _rounded(line.corrected),
    }


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else asdict(estimate.rounded())


def _separability(found: Separability | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)


def _beside(found: BesideRandom | None) -> dict[str, Any] | None:
    if found is None:
        return None
    random = None
    if found.random_mean is not None:
        random = {"mean": found.random_mean, "low": found.random_low, "high": found.random_high, "draws": found.draws}
    return {"chosen": asdict(found.chosen), "random": random, "gain": found.gain}


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 6)
