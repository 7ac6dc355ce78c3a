"""An audit's figures for people, and for programs."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from factory.report.audit import DISABLED, NEVER, audit_json
from scripts.console import clean, complain, say, say_json, show
from store import SqlStore

_TOP = 3


def print_audit(store: SqlStore, job_id: str, url: str, json: bool) -> None:
    """What `factory audit` ends with."""
    snapshot = store.snapshot(job_id)
    facts = audit_json(snapshot.job, store.candidates(job_id=snapshot.job.id), alive=snapshot.lease_alive)
    if json:
        say_json(facts)
        return
    if facts["simulated"]:
        say("SIMULATED: rehearsal models made and judged this.", style="bold yellow")
    items, bar = facts["items"], facts["bar"]
    say(f"job {facts['job']}  {facts['state']}")
    say(f"{items['count']} known-good items ({items['source']}); intervals at {facts['level']:.0%}")
    for note in facts["notes"]:
        say(note)
    show(_gates(facts["gates"]))
    show(_kinds(facts["gates"]))
    for row in facts["gates"]:
        if row["why"] and row["trust"] != NEVER:
            say(f"{row['gate']}: {row['trust']}: {row['why']}")
        if row["unplanted"] and row["trust"] not in (NEVER, DISABLED):
            say(f"{row['gate']}: nobody planted {', '.join(row['unplanted'])}: of these its mark says nothing")
    say(
        f"trusted: catches {bar['catch_rate']:.0%} of its defects or more, {bar['catch_low']:.0%} by the lower limit, and "
        f"stops {bar['false_reject_rate']:.0%} of good items or fewer, of {bar['good']} or more"
    )
    for problem in facts["problems"]:
        complain(problem)
    say(f"store: {url}")
    if facts["state"] in ("stopped", "interrupted"):
        say(f"next: factory resume {facts['job']}")


def _gates(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("gate")
    for name in ("planted", "caught", "rate", "interval", "good", "stopped", "rate", "at most", "errors"):
        table.add_column(name, justify="right")
    for name in ("calls", "s", "USD"):
        table.add_column(f"{name}/caught", justify="right")
    table.add_column("trust")
    for row in rows:
        money = row["cost_per_caught_usd"]
        table.add_row(
            clean(row["gate"]),
            str(row["planted"]),
            str(row["caught"]),
            _share(row["catch_rate"]),
            _span(row["catch_low"], row["catch_high"]),
            str(row["good"]) if row["trust"] != DISABLED else "-",
            str(row["false_rejects"]) if row["trust"] != DISABLED else "-",
            _share(row["false_reject_rate"]),
            _share(row["false_reject_high"]),
            str(row["errors"]),
            "-" if row["calls_per_caught"] is None else f"{row['calls_per_caught']:.1f}",
            "-" if row["seconds_per_caught"] is None else f"{row['seconds_per_caught']:.3f}",
            "-" if money is None else f"{money:.5f}",
            f"{row['trust']}: too few" if row["too_few"] else row["trust"],
        )
    return table


def _kinds(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("defect")
    table.add_column("of gate")
    for name in ("planted", "caught", "rate"):
        table.add_column(name, justify="right")
    table.add_column("stopped first by", overflow="fold")
    for row in rows:
        for kind in row["kinds"]:
            by = ", ".join(f"{gate} {count}" for gate, count in list(kind["caught_by"].items())[:_TOP])
            cells = (kind["kind"], row["gate"], str(kind["planted"]), str(kind["caught"]), _share(kind["catch_rate"]), by)
            table.add_row(*map(clean, cells))
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _span(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:.1%} to {high:.1%}"
