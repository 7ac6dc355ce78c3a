"""What the audits that a store holds found of gates: for the list of gates, and for exports of what they let through."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from factory.ports import AUDIT, JobRecord, JobState
from factory.report.audit import Audited, audit_json
from store import SqlStore, open_store, store_exists


@dataclass
class Audits:
    """A store's audits that came to their end; each is read once, and only where no later one told enough.

    As a context it closes the store.
    """

    store: SqlStore | None
    _read: dict[str, Audited] = field(default_factory=dict)

    @classmethod
    def of_store(cls, url: str) -> Audits:
        return cls(open_store(url, read_only=True) if store_exists(url) else None)

    def __enter__(self) -> Audits:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.store is not None:
            self.store.close()

    def of(self, recipe: str) -> Iterator[Audited]:
        """Those of a recipe, the last one first."""
        for job in reversed(self.store.jobs() if self.store is not None else ()):
            if job.kind == AUDIT and job.state is JobState.DONE and job.recipe == recipe:
                assert self.store is not None
                if job.id not in self._read:
                    self._read[job.id] = _audited(self.store, job)
                yield self._read[job.id]


def _audited(store: SqlStore, job: JobRecord) -> Audited:
    candidates = list(store.candidates(job_id=job.id))
    settings = {receipt.gate: (receipt.version, receipt.settings) for one in candidates for receipt in one.receipts}
    rows = {row["gate"]: row for row in audit_json(job, candidates)["gates"]}
    return Audited(job.id, time.strftime("%Y-%m-%d", time.gmtime(job.created_at)), rows, settings, job.simulated)
