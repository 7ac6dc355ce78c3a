"""A run's live numbers, kept as candidates land; faces read them, nothing depends on them."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from factory.lever import tallies
from factory.ports import Policy
from factory.statistics import wilson
from factory.types import Candidate


@dataclass
class Progress:
    """Counts since the job began (a resumed job starts from what had landed), and the rate since this process began."""

    policy: Policy
    landed: int = 0
    in_flight: int = 0
    states: Counter[str] = field(default_factory=Counter)
    gates: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    began: float = field(default_factory=time.monotonic)
    landed_before: int = 0

    def land(self, candidate: Candidate) -> None:
        self.landed += 1
        self.states[candidate.state.value] += 1
        for tally in tallies(candidate):
            self.gates.setdefault(tally.gate, Counter())[tally.resolution] += 1
            if tally.reason and tally.resolution != "repaired":
                self.reasons[f"{tally.gate}: {tally.reason}"] += 1
        band = candidate.measures.get("band")
        if band:
            self.bands[str(band)] += 1

    @property
    def accepted(self) -> int:
        return self.states["accepted"]

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """Landings per second by this process."""
        return (self.landed - self.landed_before) / self.seconds if self.seconds > 0 else 0.0

    def eta_seconds(self) -> tuple[float, float] | None:
        """Seconds still to go, low and high: from the rate so far and, for an accept target, the yield's 90 % interval."""
        if self.rate <= 0:
            return None
        if self.policy.accept is None:
            left = self.policy.cap - self.landed
            return 0.9 * left / self.rate, 1.2 * left / self.rate
        share = wilson(self.accepted, self.landed, level=0.9)
        wanted = self.policy.accept - self.accepted
        longest = (self.policy.cap - self.landed) / self.rate
        return wanted / share.high / self.rate, min(longest, wanted / share.low / self.rate if share.low > 0 else math.inf)
