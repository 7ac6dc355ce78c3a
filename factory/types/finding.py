"""What a gate found, and the receipt that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from factory.types.call import CallRef


class Outcome(StrEnum):
    PASS = "pass"
    REPAIR = "repair"
    REJECT = "reject"
    HOLD = "hold"
    ERROR = "error"


class Stage(StrEnum):
    """When a finding was made: while the pull ran against its snapshot, or at landing against everything landed."""

    PULL = "pull"
    LANDING = "landing"


@dataclass(frozen=True, slots=True)
class Finding:
    """A gate's answer to its one claim.

    reason: a stable slug ("ok" for a plain pass); detail: one sentence for a person; evidence: JSON a reviewer can judge;
    flags: what a reviewer should look at although it passed; measures: facts about the point that outlive the gate, by name
    ("band", "pass_at_1", "template", ...), JSON values.
    """

    outcome: Outcome
    reason: str
    detail: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One finding with all that is needed to rebuild it.

    seq counts from 0 within the candidate. carried_from: the revision at which a carried finding was made, else None.
    conditions: job-wide facts every receipt must confess ("simulated", "allow_related"). seconds and cost are volatile.
    """

    seq: int
    gate: str
    version: str
    settings: Mapping[str, Any]
    revision: int
    finding: Finding
    stage: Stage = Stage.PULL
    carried_from: int | None = None
    calls: tuple[CallRef, ...] = ()
    conditions: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    cost_nano_usd: int = field(default=0, compare=False)

    def core(self) -> dict[str, Any]:
        """The deterministic part: what is hashed, chained and exported."""
        found = self.finding
        return {
            "seq": self.seq,
            "gate": self.gate,
            "version": self.version,
            "settings": self.settings,
            "revision": self.revision,
            "stage": self.stage,
            "carried_from": self.carried_from,
            "outcome": found.outcome,
            "reason": found.reason,
            "detail": found.detail,
            "evidence": found.evidence,
            "flags": found.flags,
            "measures": found.measures,
            "calls": [call.core() for call in self.calls],
            "conditions": self.conditions,
        }
