"""`factory doctor`."""

from __future__ import annotations

import asyncio

from factory.budget import usd
from scripts.console import say, say_json
from scripts.doctor import Diagnosis, Level, Order, examine, exit_code

STYLES = {Level.OK: "", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(spec: str | None, cast: str | None, url: str, json: bool) -> int:
    found = asyncio.run(_told(Order(spec, cast, url), quiet=json))
    code = exit_code(found)
    calls = [diagnosis.facts for diagnosis in found if diagnosis.facts.get("asked")]
    spent = sum(facts["cost_usd"] or 0.0 for facts in calls)
    made = sum(facts["calls"] for facts in calls)
    unpriced = sum(facts["cost_usd"] is None for facts in calls)
    if json:
        checks = [diagnosis.plain() for diagnosis in found]
        say_json(
            {
                "schema": 1,
                "exit_code": code,
                "calls": made,
                "spent_usd": spent,
                "unpriced_calls": unpriced,
                "checks": checks,
            }
        )
        return code
    unknown = f", {unpriced} of them at a price nobody knows" if unpriced else ""
    plural = "" if made == 1 else "s"
    say(f"spent: {usd(round(spent * 10**9))} on {made} call{plural} to models{unknown}; in no job's journal")
    return code


async def _told(order: Order, *, quiet: bool) -> list[Diagnosis]:
    """Everything found; each line is told as soon as it is its turn, for the embedder's may take a while."""
    found = []
    async for diagnosis in examine(order):
        found.append(diagnosis)
        if not quiet:
            say(diagnosis.line, style=STYLES[diagnosis.level])
    return found
