"""`factory profile`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from factory.config.outcomes import read_rollouts
from factory.errors import BadInput
from factory.statistics import Declared, Estimate
from factory.statistics.regression import Comparison, compare
from factory.statistics.rollouts import Rollouts
from factory.statistics.steps import Product, StepPass, StepsProfile, profile, step_pass_at
from scripts.console import clean, say, say_json, show

_WORST = 2


def run(file: str, other: str | None, samples: int | None, pass_at: Sequence[int], json: bool) -> int:
    rollouts = read_rollouts(Path(file))
    found = profile(rollouts)
    passes = _passes(rollouts, samples, pass_at, file)
    comparison = _compared(rollouts, file, other) if other is not None else None
    if json:
        say_json(_facts(found, passes) | ({"comparison": _comparison_facts(comparison)} if comparison else {}))
        return 0
    _print(found, passes)
    if comparison is not None:
        _print_comparison(comparison, file, str(other))
    return 0


def _passes(rollouts: Rollouts, samples: int | None, pass_at: Sequence[int], file: str) -> dict[int, list[StepPass]]:
    if samples is None:
        if pass_at:
            raise BadInput(
                "pass@k needs the number of samples that was fixed before sampling",
                where="--pass-at",
                fix="Give it with --samples N.",
            )
        return {}
    try:
        return {k: step_pass_at(rollouts, Declared(samples), k) for k in pass_at or (1, samples)}
    except ValueError as why:
        raise BadInput(f"pass@k cannot be estimated: {why}", where=file, fix="Correct --samples or --pass-at.") from None


def _compared(rollouts: Rollouts, file: str, other: str) -> Comparison:
    try:
        return compare(rollouts, read_rollouts(Path(other)))
    except ValueError as why:
        raise BadInput(str(why), where=f"{file}, {other}", fix="Compare two files of the same workflow.") from None


def explanation(found: StepsProfile) -> list[str]:
    """What the rates of single steps may and may not be used for here, a sentence each."""
    said = []
    if found.stops_at_errors:
        said.append(
            "Every rollout ends at its first error, so each step's rate is known only where all earlier steps were right; the "
            "product of these conditional rates is the path's rate by definition."
        )
    for product in found.products:
        said += _on_product(found, product)
    if found.link is not None:
        link = found.link
        (right, good), (also, bad) = link.after_right, link.after_wrong
        said.append(
            f"The strongest link: {link.later} is right in {_share(right / good)} of the rollouts that were right at "
            f"{link.earlier} ({right} of {good}), and in {_share(also / bad)} of those that were wrong there ({also} of {bad})."
        )
        if link.across is not None:
            said.append(
                f"Both are right in {_share(link.together)} of rollouts; independent steps give {_share(link.multiplied)}, "
                f"and one step each from two different rollouts of the same item and solver gives {_share(link.across)}. What "
                f"lies between the last two comes of items and solvers that differ, the rest of the single rollout."
            )
    return said


def _on_product(found: StepsProfile, product: Product) -> list[str]:
    if found.path is None or product.gap is None:
        return []
    name = "marginal" if product.basis == "marginal" else "gold-prefix"
    gap = product.gap
    if not product.differs:
        return [
            f"Multiplying the {name} rates gives {_share(product.value)}; the path's own rate is {_share(found.path.value)}. "
            f"The difference, {_signed(gap)} at {_percent(gap.level)}, is within chance."
        ]
    more = "more" if gap.value > 0 else "less"
    return [
        f"Do not multiply the {name} rates: their product is {_share(product.value)}, but {_share(found.path.value)} of the "
        f"rollouts are right at every step ({more} by {_signed(gap)} at {_percent(gap.level)}). A product is right only for "
        f"independent steps, and here errors {'gather in the same rollouts' if gap.value > 0 else 'avoid each other'}."
    ]


def _facts(found: StepsProfile, passes: dict[int, list[StepPass]]) -> dict[str, Any]:
    steps = []
    for at, step in enumerate(found.steps):
        row: dict[str, Any] = {"step": step.step}
        for name in ("conditional", "marginal", "gold"):
            row[name] = _plain(getattr(step, name))
        for name in ("reached", "tried", "gold_tried"):
            row[name] = getattr(step, name)
        row["pass_at"] = {
            str(k): {"alone": _plain(rows[at].alone), "through": _plain(rows[at].through)} for k, rows in passes.items()
        }
        steps.append(row)
    products = [
        {
            "basis": each.basis,
            "value": round(each.value, 6),
            "gap": _plain(each.gap),
            "differs": each.differs,
        }
        for each in found.products
    ]
    link = None
    if found.link is not None:
        link = asdict(found.link) | {"difference": _plain(found.link.difference)}
    return {
        "schema": 1,
        "level": found.level,
        "items": found.items,
        "solvers": found.solvers,
        "rollouts": found.rollouts,
        "stops_at_errors": found.stops_at_errors,
        "steps": steps,
        "worst": list(found.worst[:_WORST]),
        "ranked": list(found.worst),
        "worst_marginal": list(found.worst_marginal[:_WORST]),
        "path": _plain(found.path),
        "products": products,
        "link": link,
        "explanation": explanation(found),
    }


def _comparison_facts(comparison: Comparison) -> dict[str, Any]:
    changes = [
        {
            "what": change.what,
            "step": change.step or None,
            "before": _plain(change.before),
            "after": _plain(change.after),
            "difference": _plain(change.difference),
            "verdict": change.verdict,
        }
        for change in comparison.changes
    ]
    return {
        "level": comparison.level,
        "single_level": round(comparison.single_level, 6),
        "comparisons": len(changes),
        "correction": "bonferroni",
        "shared_items": comparison.shared_items,
        "only_before": list(comparison.only_before),
        "only_after": list(comparison.only_after),
        "changes": changes,
    }


def _print(found: StepsProfile, passes: dict[int, list[StepPass]]) -> None:
    say(
        f"{found.rollouts} rollouts of {found.items} items by {found.solvers} solvers; "
        f"{_percent(found.level)} intervals, clustered by item"
    )
    kinds = [
        ("conditional", "rate on the path", "reached"),
        ("marginal", "rate at any time", "tried"),
        ("gold", "rate after gold prefix", "gold_tried"),
    ]
    kinds = [kind for kind in kinds if any(getattr(step, kind[0]) is not None for step in found.steps)]
    rows = [
        [step.step, *(cell for name, _, of in kinds for cell in (_cell(getattr(step, name)), str(getattr(step, of))))]
        for step in found.steps
    ]
    _table(["step", *(title for _, rate, of in kinds for title in (rate, of.removeprefix("gold_")))], rows)
    rates = {step.step: step.conditional or step.gold for step in found.steps}
    say(f"worst: {'; then '.join(f'{name} {_cell(rates[name])}' for name in found.worst[:_WORST])}")
    if found.worst_marginal and found.worst_marginal[:_WORST] != found.worst[:_WORST]:
        say(f"worst at any time, also off the path: {', then '.join(found.worst_marginal[:_WORST])}")
    if found.path is not None:
        say(f"path: {_cell(found.path)} of rollouts right at every step")
    for sentence in explanation(found):
        say(sentence)
    if passes:
        say()
        titles = [title for k in passes for title in (f"pass@{k} of the step", f"pass@{k} of the path so far")]
        cells = [[_cell(estimate) for k in passes for estimate in _both(passes[k][at])] for at in range(len(found.steps))]
        _table(["step", *titles], [[step.step, *row] for step, row in zip(found.steps, cells, strict=True)])


def _both(step: StepPass) -> tuple[Estimate | None, Estimate]:
    return step.alone, step.through


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for at, title in enumerate(titles):
        table.add_column(title, justify="right" if at else "left")
    for row in rows:
        table.add_row(*map(clean, row))
    show(table)


def _print_comparison(comparison: Comparison, before: str, after: str) -> None:
    say()
    say(f"before: {before}; after: {after}; {comparison.shared_items} items in both")
    labels = {"conditional": "", "gold": " (gold prefix)"}
    rows = []
    for change in comparison.changes:
        name = "path" if change.what == "path" else change.step + labels[change.what]
        rows.append([name, _cell(change.before), _cell(change.after), _signed(change.difference), change.verdict])
    _table(["rate", "before", "after", "difference", "verdict"], rows)
    say(
        f"{len(comparison.changes)} comparisons: each interval is at {_percent(comparison.single_level)} (Bonferroni), so that "
        f"all hold together at {_percent(comparison.level)}"
    )
    for only, name in ((comparison.only_before, before), (comparison.only_after, after)):
        if only:
            say(f"only in {name}: {', '.join(only)}; the paths are different tasks and were not compared")


def _plain(estimate: Estimate | None) -> dict[str, float] | None:
    return asdict(estimate.rounded()) if estimate is not None else None


def _cell(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _percent(level: float) -> str:
    return f"{round(100 * level, 2):g} %"
