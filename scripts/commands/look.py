"""`factory status` and `factory show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory.errors import BadInput
from factory.report import show_json, status_json
from factory.report.order import kill_rate
from scripts.console import clean, latency, plain_table, say, say_json
from scripts.console import show as draw
from scripts.registry import find_recipe
from store import SqlStore, open_store

if TYPE_CHECKING:
    from rich.table import Table


def status(job_id: str | None, url: str, json: bool) -> int:
    store = open_store(url, read_only=True)
    try:
        if job_id is not None:
            print_status(store, job_id, url, json)
        else:
            _list_jobs(store, json)
    finally:
        store.close()
    return 0


def _list_jobs(store: SqlStore, json: bool) -> None:
    rows = [status_json(store.snapshot(job.id)) for job in store.jobs()]
    if json:
        say_json({"schema": 1, "jobs": rows})
        return
    if not rows:
        say("No jobs yet. Start one: factory run SPEC --cast CAST --accept N")
        return
    table = plain_table()
    for column in ("job", "spec", "state", "attempts", "accepted", "held", "rejected", "errored"):
        table.add_column(column, justify="left" if column in ("job", "spec", "state") else "right", overflow="fold")
    for row in rows:
        table.add_row(
            *(clean(str(row[name])) for name in ("job", "spec", "state", "attempts", "accepted", "held", "rejected", "errored"))
        )
    draw(table)


def print_status(store: SqlStore, job_id: str, url: str, json: bool) -> None:
    snapshot = store.snapshot(job_id)
    facts = status_json(snapshot)
    if json:
        say_json(facts)
        return
    job = snapshot.job
    if facts["simulated"]:
        say("SIMULATED: rehearsal models made and judged this.", style="bold yellow")
    say(f"job {facts['job']}  {facts['state']}" + (f"  ({job.state_reason})" if job.state_reason else ""))
    say(f"spec {facts['spec']}, recipe {facts['recipe']['name']} {facts['recipe']['version']}, seed {job.seed}")
    attempts = facts["attempts"]
    share = f" ({facts['accepted'] / attempts:.0%})" if attempts else ""
    say(
        f"{attempts} attempts: {facts['accepted']} accepted{share}, {facts['held']} held, "
        f"{facts['rejected']} rejected, {facts['errored']} errored"
    )
    # Two tables: one that held it all would be too wide for 80 columns.
    draw(funnel_table(facts["gates"]))
    if facts["gates"]:
        draw(economics_table(facts["gates"]))
    if facts["bands"]:
        say("bands: " + ", ".join(f"{band} {count}" for band, count in facts["bands"].items()))
    calls, money = facts["calls"], facts["money"]
    say(f"calls: {calls['total']} (" + ", ".join(f"{role} {count}" for role, count in calls["by_role"].items()) + ")")
    cap = f"${money['cap_usd']:.4f}" if money["cap_usd"] is not None else "none"
    each = f"${money['per_accepted_usd']:.4f}" if money["per_accepted_usd"] is not None else "-"
    say(f"money: spent ${money['spent_usd']:.4f}, reserved ${money['reserved_usd']:.4f}, cap {cap}, per accepted {each}")
    _attention(facts)
    if facts["endpoints"]:
        draw(_endpoints(facts["endpoints"]))
    if snapshot.seconds > 0 and attempts:
        say(f"rate: {60 * attempts / snapshot.seconds:.0f} attempts a minute over {snapshot.seconds:.0f} s")
    if facts["order"] is not None:
        say(_order(facts["order"], [row["gate"] for row in facts["gates"]]))
    for name, rate in facts["measures"].items():
        interval = f"{rate['low']:.1%} to {rate['high']:.1%} at {rate['level']:.0%}"
        say(f"{clean(name)}: {rate['yes']} of {rate['taken']}, {rate['value']:.1%} ({interval})")
    for name, rate in facts["baselines"].items():
        interval = f"{rate['low']:.1%} to {rate['high']:.1%} at {rate['level']:.0%}"
        what = "the best constant answer" if name == "constant_answer" else clean(name)
        say(f"{what} would pass {rate['yes']} of {rate['taken']} accepted items, {rate['value']:.1%} ({interval})")
    for kind, row in facts.get("planted", {}).items():
        stops = ", ".join(f"{gate} {count}" for gate, count in row["by"].items())
        say(
            f"planted {kind}: {row['planted']}, caught by the gate whose claim it breaks {row['caught']} "
            f"(stopped by: {stops or 'none'})"
        )
    say(f"store: {url}")
    say(_next(facts))


def _attention(facts: dict[str, Any]) -> None:
    """Another model than was asked for, money charged for want of a usage to reckon with, and more of it than was reserved."""
    for row in facts["substituted"]:
        say(
            f"ANOTHER MODEL ANSWERED: {row['asked']} was asked, {row['served']} served {row['attempts']} of its answers; "
            "its family and price are not the cast's",
            style="bold yellow",
        )
    unmetered, lost = facts["charged_in_full"]["unmetered"], facts["charged_in_full"]["lost"]
    told = []
    if unmetered["attempts"]:
        models = ", ".join(f"{model} {count}" for model, count in unmetered["by_model"].items())
        told.append(f"{unmetered['attempts']} attempts without a usable usage, ${unmetered['cost_usd']:.4f} ({models})")
    if lost["attempts"]:
        told.append(f"{lost['attempts']} under way when their process died, ${lost['cost_usd']:.4f}")
    if told:
        say("charged in full: " + "; ".join(told))
    over = facts["overrun"]
    if over["attempts"]:
        models = ", ".join(f"{model} {count}" for model, count in over["by_model"].items())
        say(
            f"OVERRUN: {over['attempts']} attempts cost more than they reserved, ${over['over_usd']:.4f} in all ({models}); "
            "a price or a token bound of the cast is wrong, and no cap holds with it",
            style="bold yellow",
        )


def _order(order: dict[str, Any], line: list[str]) -> str:
    """The cheapest order of the gates, where it is not the one they have."""
    unit = "USD" if order["by"] == "money" else "s"
    sent_back = any(order["repair_rates"].values())
    repairs = ", with what repairs pay again" if sent_back else ""
    if order["suggested"] == [gate for gate in line if gate in order["suggested"]]:
        return f"gates: in their cheapest order, about {order['now']:.3g} {unit} a candidate{repairs}"
    saved = 1 - order["expected"] / order["now"]
    return (
        f"gates: cheaper as {', '.join(order['suggested'])}: about {order['expected']:.3g} {unit} a candidate instead of "
        f"{order['now']:.3g} ({saved:.0%} less){repairs}, if what each stops does not depend on the others"
    )


def _next(facts: dict[str, Any]) -> str:
    if facts["state"] in ("stopped", "interrupted"):
        return f"next: factory resume {facts['job']}"
    if facts["state"] == "running":
        return f"next: factory status {facts['job']}   (it is running in another process)"
    return f"next: factory export --to parquet --out DIR --run {facts['job']}   or   factory show CANDIDATE"


def funnel_table(gates: list[dict[str, Any]]) -> Table:
    """What became of the candidates at each gate."""
    table = plain_table()
    columns = ("checked", "passed", "repaired", "rejected", "held", "errored")
    table.add_column("gate")
    for name in columns:
        table.add_column(name, justify="right")
    table.add_column("top reasons", overflow="fold")
    for gate in gates:
        reasons = ", ".join(f"{reason} {count}" for reason, count in list(gate["reasons"].items())[:4])
        table.add_row(clean(gate["gate"]), *(str(gate[name]) for name in columns), clean(reasons))
    return table


def economics_table(gates: list[dict[str, Any]]) -> Table:
    """What each gate stops, and what it takes to; each: of one candidate it checked."""
    table = plain_table()
    table.add_column("gate")
    for name in ("kill rate", "calls", "seconds", "s each", "USD", "USD each"):
        table.add_column(name, justify="right")
    for gate in gates:
        rate, checked = kill_rate(gate), gate["checked"] or 1
        seconds, usd = gate["seconds"], gate["cost_usd"]
        share = "-" if rate is None else f"{rate:.1%}"
        each = (f"{seconds:.1f}", f"{seconds / checked:.3f}", f"{usd:.4f}", f"{usd / checked:.5f}")
        table.add_row(clean(gate["gate"]), share, str(gate["calls"]), *each)
    return table


def _endpoints(rows: list[dict[str, Any]]) -> Table:
    table = plain_table()
    table.add_column("endpoint", overflow="fold")
    for name in ("in flight", "limit", "queue", "requests", "429s", "outages", "breaker", "p50", "p95"):
        table.add_column(name, justify="right")
    for row in rows:
        counts = (row[name] for name in ("in_flight", "limit", "queue", "requests", "rate_limited", "outages"))
        times = (latency(row[name]) for name in ("p50_s", "p95_s"))
        table.add_row(clean(row["endpoint"]), *map(str, counts), row["breaker"].replace("_", " "), *times)
    return table


def show(candidate_id: str, url: str, json: bool) -> int:
    store = open_store(url, read_only=True)
    try:
        candidate = store.candidate(candidate_id)
        broken = store.verify(candidate.id)
        facts = show_json(candidate, broken)
        if json:
            say_json(facts)
            return 0
        say(f"{candidate.id}  {candidate.state.value}", style="bold")
        say(f"spec {candidate.spec}, recipe {candidate.recipe} {candidate.recipe_version}, index {candidate.index}")
        say("coordinate: " + ", ".join(f"{axis}={value}" for axis, value in candidate.coordinate.items()))
        say()
        say(_rendered(candidate.recipe, candidate.payload))
        say()
        for receipt in candidate.receipts:
            found = receipt.finding
            at = " at landing" if receipt.stage.value == "landing" else ""
            carried = f", carried from revision {receipt.carried_from}" if receipt.carried_from is not None else ""
            made = f"[{receipt.seq}] {receipt.gate} {receipt.version}{at}, revision {receipt.revision}{carried}"
            say(f"{made}: {found.outcome.value} {found.reason}")
            say(f"    {found.detail}")
            if found.flags:
                say(f"    flags: {', '.join(found.flags)}")
            if receipt.calls:
                say(f"    {len(receipt.calls)} calls")
        say()
        say("receipt chain: " + ("verified" if not broken else "BROKEN: " + "; ".join(broken)))
        say(f"all evidence: factory show {candidate.id} --json")
    finally:
        store.close()
    return 0


def _rendered(recipe_name: str, payload: Any) -> str:
    """The payload as its recipe renders it; as plain fields when the recipe is not here or the payload does not fit it."""
    try:
        recipe = find_recipe(recipe_name, where="candidate")
        return recipe.render(recipe.parse(payload))
    except (BadInput, ValueError):
        return "\n".join(f"{name}: {value}" for name, value in payload.items())
