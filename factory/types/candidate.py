"""The envelope that travels from author to export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from factory.canonical import digest
from factory.types.call import CallRef
from factory.types.finding import Outcome, Receipt
from factory.types.seal import sealed
from factory.types.spec import Coordinate


class State(StrEnum):
    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"
    ERRORED = "errored"
    APPROVED = "approved"
    RETIRED = "retired"


def candidate_id(spec: str, recipe: str, seed: int, index: int) -> str:
    """The id of pull `index`: a digest of the spec's identity, the recipe's name and version, the seed and the index."""
    return "c-" + digest("candidate", spec, recipe, seed, index)[:20]


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of the payload, and the calls that wrote it.

    origin: "author", "import" (taken from a file), "repair", or "audit" (a good item, maybe with a planted defect); cause: the
    gate and reason that asked for the repair, as "gate/reason".
    """

    number: int
    payload: Mapping[str, Any]
    origin: str
    cause: str = ""
    calls: tuple[CallRef, ...] = ()

    def core(self) -> list[Any]:
        """The deterministic part, for the seal and the export."""
        return [self.number, self.payload, self.origin, self.cause, [call.core() for call in self.calls]]


@dataclass(frozen=True, slots=True)
class Item:
    """What a gate sees of a candidate: never its planted label, its job, or another gate's evidence.

    raw: the payload as the author gave it, which may not fit the recipe's schema; payload: the recipe's pydantic model, None
    where raw does not fit it, and unfit then says why in a sentence; view: what of the payload counts for novelty.
    """

    id: str
    index: int
    revision: int
    coordinate: Coordinate
    raw: Mapping[str, Any]
    payload: Any
    view: str = ""
    unfit: str = ""
    lineage: tuple[str, ...] = ()


def measures_of(receipts: Sequence[Receipt]) -> dict[str, Any]:
    """What the receipts measured of the last revision; what was measured of an earlier one says nothing of the point."""
    last = max((receipt.revision for receipt in receipts), default=0)
    return {name: value for r in receipts if r.revision == last for name, value in r.finding.measures.items()}


_STATES = {Outcome.PASS: State.ACCEPTED, Outcome.HOLD: State.HELD, Outcome.ERROR: State.ERRORED}


def landed_state(receipts: Sequence[Receipt]) -> State:
    """The state a pull ends in, told by its last receipt: a repair that was asked for and never came is a rejection."""
    return _STATES.get(receipts[-1].finding.outcome, State.REJECTED) if receipts else State.ACCEPTED


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pull's whole result. state: as it stands now; the one it landed in follows from its receipts."""

    id: str
    index: int
    spec: str
    recipe: str
    recipe_version: str
    coordinate: Coordinate
    state: State
    revisions: tuple[Revision, ...]
    receipts: tuple[Receipt, ...]
    lineage: tuple[str, ...] = ()

    @property
    def measures(self) -> dict[str, Any]:
        """The last word of each measure named in the receipts."""
        return measures_of(self.receipts)

    @property
    def payload(self) -> Mapping[str, Any]:
        """The last revision's payload; empty when the author never delivered one."""
        return self.revisions[-1].payload if self.revisions else {}

    @property
    def landed_in(self) -> State:
        return landed_state(self.receipts)

    def links(self) -> tuple[str, ...]:
        """The hash chain over the receipts, a link each."""
        return sealed(self).links

    @property
    def seal(self) -> str:
        """A digest over the last link, every revision and the state it landed in: what a manifest's root is built from."""
        return sealed(self).seal
