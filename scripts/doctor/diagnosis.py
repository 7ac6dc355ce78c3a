"""What one check found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from factory.errors import BadInput, FactoryError, ProviderUnusable


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """check: which one; subject: of what; what: found, without a full stop; fix: the next move, "" where all is well.

    provider: a failing is a provider's, not this machine's or the user's files'. facts: the same for programs.
    """

    check: str
    subject: str
    level: Level
    what: str
    fix: str = ""
    provider: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        head = f"{self.check} {self.subject}" if self.subject else self.check
        return f"{self.level.value:<4}  {head}: {self.what}" + (f". {self.fix}" if self.fix else "")

    def plain(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "subject": self.subject,
            "level": self.level.value,
            "what": self.what,
            "fix": self.fix,
            "facts": dict(self.facts),
        }


def failed(check: str, subject: str, error: FactoryError) -> Diagnosis:
    """An error of ours as a failing: its place where that says more than the subject does, what, and the fix."""
    what = f"{error.where}: {error.what}" if error.where and subject not in error.where else error.what
    provider = isinstance(error, ProviderUnusable)
    return Diagnosis(check, subject, Level.FAIL, what, error.fix or "", provider)


def exit_code(found: Iterable[Diagnosis]) -> int:
    """0 when nothing failed, 2 when something of this machine or the user's files did, 5 when only providers did."""
    failings = [diagnosis for diagnosis in found if diagnosis.level is Level.FAIL]
    if not failings:
        return 0
    return ProviderUnusable.exit_code if all(diagnosis.provider for diagnosis in failings) else BadInput.exit_code
