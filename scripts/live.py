"""A run as it goes: a live table on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import asyncio
import math
from collections import Counter

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from factory.orchestrator import Progress, Run
from factory.ports import EndpointFigures
from scripts.console import clean, is_terminal, latency, say

REFRESH_S = 0.25
PLAIN_EVERY_S = 5.0


def watch(run: Run) -> asyncio.Task[None]:
    """Show the run until the task is cancelled; the last state is shown before it goes."""
    return asyncio.create_task(_live(run) if is_terminal() else _plain(run))


def loading(name: str, done: int, total: int) -> None:
    """How far the embedding of a reference set is, a line for every tenth of it."""
    step = max(1, total // 10)
    if done == total or done // step != max(0, done - 64) // step:
        say(f"reading reference set {name}: {done} of {total}")


async def _live(run: Run) -> None:
    with Live(_screen(run), refresh_per_second=1 / REFRESH_S, transient=True) as live:
        while True:
            await asyncio.sleep(REFRESH_S)
            live.update(_screen(run))


async def _plain(run: Run) -> None:
    while True:
        await asyncio.sleep(PLAIN_EVERY_S)
        say(_line(run))
        for figures in run.meter.figures():
            say(f"  {endpoint_line(figures)}")


def _line(run: Run) -> str:
    progress = run.progress
    parts = [
        f"{progress.landed} landed",
        *(f"{count} {state}" for state, count in progress.states.most_common()),
        f"{progress.in_flight} in flight",
        f"{progress.calls} calls",
        f"ETA {eta(progress)}",
    ]
    return ", ".join(parts)


def _screen(run: Run) -> Group:
    progress = run.progress
    target = f"{progress.accepted}/{progress.policy.accept}" if progress.policy.accept else str(progress.accepted)
    landed = str(progress.landed) if progress.policy.accept else f"{progress.landed}/{progress.policy.cap}"
    head = Text.assemble(
        ("accepted ", "dim"), (target, "bold green"),
        ("  landed ", "dim"), landed,
        ("  yield ", "dim"), f"{progress.accepted / progress.landed:.0%}" if progress.landed else "-",
        ("  in flight ", "dim"), str(progress.in_flight),
        ("  calls ", "dim"), str(progress.calls),
        ("  ETA ", "dim"), eta(progress),
    )  # fmt: skip
    return Group(
        head,
        funnel(progress.gates),
        Text(_counted("bands", progress.bands)),
        Text(_counted("stopped by", progress.reasons)),
        *(Text(endpoint_line(figures)) for figures in run.meter.figures()),
    )


def funnel(gates: dict[str, Counter[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("gate")
    columns = ("passed", "repaired", "rejected", "held", "errored")
    for name in ("checked", *columns):
        table.add_column(name, justify="right")
    for gate, counts in gates.items():
        table.add_row(clean(gate), str(sum(counts.values())), *(str(counts[column]) for column in columns))
    return table


def endpoint_line(figures: EndpointFigures) -> str:
    breaker = "" if figures.breaker == "closed" else f", breaker {figures.breaker.replace('_', ' ')}"
    return clean(
        f"{figures.endpoint}: {figures.in_flight} of {figures.limit} in flight, {figures.queue} queued, {figures.rate_limited} "
        f"times 429, p50 {latency(figures.p50_s)}, p95 {latency(figures.p95_s)}{breaker}"
    )


def _counted(label: str, counts: Counter[str]) -> str:
    return clean(f"{label}: " + ", ".join(f"{name} {count}" for name, count in counts.most_common(6))) if counts else ""


def eta(progress: Progress) -> str:
    """The time still to go as a range, "-" while nothing is known."""
    seconds = progress.eta_seconds()
    if seconds is None:
        return "-"
    low, high = seconds
    return f"{span(low)} to {span(high)}" if math.isfinite(high) else f"at least {span(low)}"


def span(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
