"""`audit --json`: what each gate was seen to catch of the defects of its claim, and to stop of known-good items.

`audit_json` (AUDIT_SCHEMA, JSON schema draft 2020-12), version 1:

- state: done, running, stopped or interrupted; the figures are of what was shown to the gates so far.
- items: where the good items come from (store, file or rehearsal), and how many they are.
- gates: in the line's order, then those that are left out of it, though a defect breaks their claim (disabled).
  planted: defects of the gate's claim; caught: those it asked to repair, rejected or held, whatever gates before it had found
  (one that it broke on is not caught); caught_by: what stopped these defects first going down the line, `nobody` where nothing
  did. good, false_rejects: good items that it gave a finding on, and those of them that it stopped; good_errors: those that it
  broke on. errors: all that it broke on, good or not. Intervals are Wilson's at `level`; null where nothing was counted.
  calls, seconds, cost_usd: what the gate itself took for these defects; *_per_caught: divided by those it caught, null for
  none.
- kinds of a gate: the same by kind of defect. unborne: tries on items that cannot bear the defect; failed: tries at which the
  planter raised or returned what no payload can be; problem: the first such failure, "" for none.
- unplanted of a gate: kinds of defect that are known to break its claim and that nobody planted: trust says nothing of those.
- trust: trusted, where catch rate, its lower limit, the false-reject rate and the number of good items all meet the bar;
  untrusted, with `why`; never audited, where no defect of its claim was planted; disabled. too_few: untrusted for want of
  defects or good items alone, so that a larger audit may still find either.
- problems: what was wrong with planters, a sentence each. notes: why the good items come from there, where nobody asked for it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from factory.canonical import canonical_json
from factory.gate import Gate, settings_of
from factory.ports import Applied, JobRecord, JobState
from factory.report.shapes import AMOUNT, COUNT, NANO, TEXT, closed, nullable
from factory.statistics import wilson
from factory.statistics.intervals import LEVEL
from factory.types import Candidate, Outcome, Receipt

NOBODY: Final = "nobody"
TRUSTED, UNTRUSTED, NEVER, DISABLED = "trusted", "untrusted", "never audited", "disabled"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a gate must reach to be trusted: the shares are inclusive. good: the fewest good items it must have judged; of fewer
    even none stopped proves little (of 50, Wilson's upper limit is 7 %).
    """

    catch_rate: float = 0.95
    catch_low: float = 0.90
    false_reject_rate: float = 0.03
    good: int = 50

    def shown(self) -> dict[str, float]:
        return asdict(self)

    @property
    def planted(self) -> int:
        """The fewest defects that can reach the lower limit, all of them caught."""
        return next(n for n in itertools.count(1) if wilson(n, n).low >= self.catch_low)


BAR: Final = Bar()

_TALLY: Mapping[str, Any] = {"type": "object", "additionalProperties": COUNT}
_MAYBE = nullable(AMOUNT)
_CAUGHT: Mapping[str, Any] = {
    "planted": COUNT, "caught": COUNT, "catch_rate": _MAYBE, "catch_low": _MAYBE, "catch_high": _MAYBE, "errors": COUNT,
    "caught_by": _TALLY,
}  # fmt: skip
AUDIT_SCHEMA: Mapping[str, Any] = closed(
    schema={"const": 1},
    job=TEXT,
    spec=TEXT,
    recipe=closed(name=TEXT, version=TEXT),
    state={"enum": ["done", "running", "stopped", "interrupted"]},
    simulated={"type": "boolean"},
    level=AMOUNT,
    bar=closed(catch_rate=AMOUNT, catch_low=AMOUNT, false_reject_rate=AMOUNT, good=COUNT),
    items=closed(source={"enum": ["store", "file", "rehearsal"]}, count=COUNT),
    gates={
        "type": "array",
        "items": closed(
            gate=TEXT,
            **_CAUGHT,
            good=COUNT,
            false_rejects=COUNT,
            good_errors=COUNT,
            false_reject_rate=_MAYBE,
            false_reject_low=_MAYBE,
            false_reject_high=_MAYBE,
            false_reject_reasons=_TALLY,
            calls=COUNT,
            seconds=AMOUNT,
            cost_usd=AMOUNT,
            calls_per_caught=_MAYBE,
            seconds_per_caught=_MAYBE,
            cost_per_caught_usd=_MAYBE,
            trust={"enum": [TRUSTED, UNTRUSTED, NEVER, DISABLED]},
            why=TEXT,
            too_few={"type": "boolean"},
            unplanted={"type": "array", "items": TEXT},
            kinds={"type": "array", "items": closed(kind=TEXT, **_CAUGHT, unborne=COUNT, failed=COUNT, problem=TEXT)},
        ),
    },
    problems={"type": "array", "items": TEXT},
    notes={"type": "array", "items": TEXT},
)


@dataclass
class _Count:
    """Of one kind of defect, or of all of one gate."""

    planted: int = 0
    caught: int = 0
    errors: int = 0
    by: Counter[str] = field(default_factory=Counter)

    def add(self, own: Receipt | None, first: str) -> None:
        # Whoever breaks on a defect lets it pass for all that is known: it counts as missed, or breaking would earn trust.
        self.errors += own is not None and own.finding.outcome is Outcome.ERROR
        self.planted += 1
        self.caught += own is not None and _caught(own)
        self.by[first or NOBODY] += 1

    def shown(self) -> dict[str, Any]:
        rate = _rate("catch", self.caught, self.planted)
        return {
            "planted": self.planted,
            "caught": self.caught,
            **rate,
            "errors": self.errors,
            "caught_by": dict(sorted(self.by.items(), key=lambda item: (-item[1], item[0]))),
        }


@dataclass
class _Gate:
    """All that is counted of one gate. kinds: in the order they were planted in."""

    kinds: dict[str, _Count] = field(default_factory=dict)
    all: _Count = field(default_factory=_Count)
    good: int = 0
    false_rejects: int = 0
    good_errors: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    seconds: float = 0.0
    nano_usd: int = 0


def audit_json(job: JobRecord, candidates: Iterable[Candidate], *, alive: bool = True) -> dict[str, Any]:
    """An audit's figures in the shape of AUDIT_SCHEMA, from its candidates. alive: whether a running job's process lives."""
    told = job.inputs["audit"]
    gates = {name: _Gate() for name, _ in told["gates"]}
    disabled = set(told["without"])
    for kind in told["kinds"]:
        if kind["gate"] in gates or kind["gate"] in disabled:
            gates.setdefault(kind["gate"], _Gate()).kinds[kind["kind"]] = _Count()
    for candidate in candidates:
        _add(gates, candidate)
    bar = Bar(**told["bar"])
    unplanted = told.get("unplanted", {})
    rows = [
        _row(name, gate, told["kinds"], bar, unplanted.get(name, ()), disabled=name in disabled) for name, gate in gates.items()
    ]
    return {
        "schema": 1,
        "job": job.id,
        "spec": job.spec_name,
        "recipe": {"name": job.recipe, "version": job.recipe_version},
        "state": str(JobState.INTERRUPTED if job.state is JobState.RUNNING and not alive else job.state),
        "simulated": job.simulated,
        "level": LEVEL,
        "bar": bar.shown(),
        "items": {"source": told["source"], "count": told["good"]},
        "gates": rows,
        "problems": [f"{kind['kind']} ({kind['gate']}): {said}" for kind in told["kinds"] if (said := _said(kind))],
        "notes": list(told.get("notes", ())),
    }


@dataclass(frozen=True, slots=True)
class Audited:
    """A finished audit, for a list of gates. rows: its gates by name; settings: of each gate the version and the settings it
    was audited with; date: of its start, UTC, as YYYY-MM-DD.
    """

    job: str
    date: str
    rows: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, tuple[str, Mapping[str, Any]]]
    simulated: bool


def standing(gate: Gate, audits: Iterable[Audited]) -> dict[str, Any]:
    """`standing_of` a gate as it ships."""
    return standing_of(Applied(gate.name, gate.version, settings_of(gate)), audits)


def standing_of(gate: Applied, audits: Iterable[Audited]) -> dict[str, Any]:
    """What the audits of its recipe, the last one first, say of a gate as it was set.

    The last that could tell speaks: one that planted for this gate, and not too few. Where none could, the last that planted
    for it at all. apart: how the audited gate differs from this one, "" for not at all.
    """
    few: Audited | None = None
    for audited in audits:
        row = audited.rows.get(gate.name)
        if row is None or row["trust"] in (NEVER, DISABLED):
            continue
        if not row["too_few"]:
            return _stood(gate, audited)
        few = few or audited
    if few is not None:
        return _stood(gate, few)
    named = ("job", "date", "catch_rate", "catch_low", "false_reject_rate", "simulated")
    return {"trust": NEVER, "why": "", "too_few": False, "unplanted": [], **dict.fromkeys(named), "apart": ""}


def _stood(gate: Applied, audited: Audited) -> dict[str, Any]:
    row = audited.rows[gate.name]
    version, settings = audited.settings.get(gate.name, ("", {}))
    apart = "another version" if version != gate.version else ""
    if not apart and canonical_json(settings) != canonical_json(gate.settings):
        apart = "other settings"
    told = {
        name: row[name] for name in ("trust", "why", "too_few", "unplanted", "catch_rate", "catch_low", "false_reject_rate")
    }
    return {**told, "job": audited.job, "date": audited.date, "simulated": audited.simulated, "apart": apart}


def _add(gates: Mapping[str, _Gate], candidate: Candidate) -> None:
    *asked, closing = candidate.receipts
    kind, own_name = closing.finding.evidence["kind"], closing.finding.evidence["gate"]
    if not kind:
        found: dict[str, list[Receipt]] = {}
        for receipt in asked:
            found.setdefault(receipt.gate, []).append(receipt)
        for name, receipts in found.items():
            _add_good(gates[name], receipts)
        return
    first = next((receipt.gate for receipt in asked if _caught(receipt)), "")
    own = next((receipt for receipt in asked if receipt.gate == own_name), None)
    gate = gates[own_name]
    for count in (gate.all, gate.kinds[kind]):
        count.add(own, first)
    if own is not None:
        gate.calls += len(own.calls)
        gate.seconds += own.seconds
        gate.nano_usd += own.cost_nano_usd


def _add_good(gate: _Gate, receipts: Sequence[Receipt]) -> None:
    """One good item, which a gate may have been asked about twice: alone, and as one of a set."""
    stopped = next((receipt for receipt in receipts if _caught(receipt)), None)
    if stopped is None and any(receipt.finding.outcome is Outcome.ERROR for receipt in receipts):
        gate.all.errors += 1
        gate.good_errors += 1
        return
    gate.good += 1
    if stopped is not None:
        gate.false_rejects += 1
        gate.reasons[stopped.finding.reason] += 1


def _caught(receipt: Receipt) -> bool:
    return receipt.finding.outcome in (Outcome.REPAIR, Outcome.REJECT, Outcome.HOLD)


def _rate(name: str, count: int, of: int) -> dict[str, Any]:
    if not of:
        return {f"{name}_rate": None, f"{name}_low": None, f"{name}_high": None}
    found = wilson(count, of).rounded()
    return {f"{name}_rate": found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _row(
    name: str, gate: _Gate, kinds: Sequence[Mapping[str, Any]], bar: Bar, unplanted: Sequence[str], *, disabled: bool
) -> dict[str, Any]:
    caught = gate.all.caught
    row = {
        "gate": name,
        **gate.all.shown(),
        "good": gate.good,
        "false_rejects": gate.false_rejects,
        "good_errors": gate.good_errors,
        **_rate("false_reject", gate.false_rejects, gate.good),
        "false_reject_reasons": dict(gate.reasons.most_common()),
        "calls": gate.calls,
        "seconds": round(gate.seconds, 3),
        "cost_usd": gate.nano_usd / NANO,
        "calls_per_caught": round(gate.calls / caught, 3) if caught else None,
        "seconds_per_caught": round(gate.seconds / caught, 4) if caught else None,
        "cost_per_caught_usd": gate.nano_usd / NANO / caught if caught else None,
    }
    trust, why = (DISABLED, "left out by the spec's `without:`") if disabled else _trust(row, bar)
    own = [kind for kind in kinds if kind["gate"] == name]
    told = [{"kind": kind["kind"], **gate.kinds[kind["kind"]].shown(), **_planting(kind)} for kind in own]
    few = trust == UNTRUSTED and _too_few(row, bar)
    return {**row, "trust": trust, "why": why, "too_few": few, "unplanted": list(unplanted), "kinds": told}


def _planting(kind: Mapping[str, Any]) -> dict[str, Any]:
    return {"unborne": kind["unborne"], "failed": kind["failed"], "problem": kind["problem"]}


def _trust(row: Mapping[str, Any], bar: Bar) -> tuple[str, str]:
    if not row["planted"]:
        return NEVER, "no defect of its claim was planted"
    if row["catch_rate"] < bar.catch_rate:
        broke = row["errors"] - row["good_errors"]
        besides = f" (it broke on {broke})" if broke else ""
        return UNTRUSTED, f"it caught {row['catch_rate']:.1%}, less than {bar.catch_rate:.0%}{besides}"
    if row["catch_low"] < bar.catch_low:
        return UNTRUSTED, f"of so few defects, {row['planted']}, it may catch only {row['catch_low']:.1%}"
    if row["good_errors"] > bar.false_reject_rate * (row["good"] + row["good_errors"]):
        return UNTRUSTED, f"it broke on {row['good_errors']} of {row['good'] + row['good_errors']} good items"
    if not row["good"]:
        return UNTRUSTED, "it was shown no good item"
    if row["false_reject_rate"] > bar.false_reject_rate:
        return UNTRUSTED, f"it stopped {row['false_reject_rate']:.1%} of good items, more than {bar.false_reject_rate:.0%}"
    if row["good"] < bar.good:
        return (
            UNTRUSTED,
            f"of so few good items, {row['good']} where {bar.good} are needed, it may stop {row['false_reject_high']:.1%}",
        )
    return TRUSTED, ""


def _too_few(row: Mapping[str, Any], bar: Bar) -> bool:
    """Whether more defects and good items might still show the gate to meet the bar."""
    if row["catch_high"] < bar.catch_rate or (row["false_reject_low"] or 0.0) > bar.false_reject_rate:
        return False
    if row["catch_rate"] >= bar.catch_rate and row["catch_low"] < bar.catch_low:
        return True
    return bool(row["planted"] < bar.planted or row["good"] + row["good_errors"] < bar.good)


def _said(kind: Mapping[str, Any]) -> str:
    if kind["problem"]:
        return f"{kind['failed']} tries failed; {kind['problem']}" if kind["failed"] else str(kind["problem"])
    return "" if kind["planted"] else "no good item can bear this defect"
