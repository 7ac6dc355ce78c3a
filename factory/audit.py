"""An audit's unit of work: one known-good item, as it is or with one planted defect, shown to the gates of a line.

No gate is told what was planted, and none is shown another's finding. A good item is shown to every gate, whatever the others
found, and weighed against the good items before it by gates whose claim is about the set. A spoiled one goes down the line in
order until a gate stops it; where that was not the gate whose claim the defect breaks, that gate is asked as well, so that what
it catches is told of its own claim and not of its place in the line. Where the defect is of the set and not of the item, only
those that weigh sets are asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from factory.gate import LandingGate, SetGate, answered, reject, settings_of
from factory.journal import PullJournal
from factory.lever import CATCHES, Line, Pull, ask, candidate_of, item_of
from factory.ports import Corpus, CorpusView, Neighbour
from factory.types import Candidate, Coordinate, Receipt, Revision

GATE: Final = "audit"
"""The name in an audited candidate's last receipt. It rejects, so that no audited item is ever accepted, whatever gates say."""
VERSION: Final = "1"
ORIGIN: Final = "audit"
_GOOD_SET: Final = "reference:known good"


@dataclass(frozen=True, slots=True)
class Trial:
    """item: the good item's id; payload: what the gates are shown, plain JSON; kind, gate: of the defect in it and whose claim
    it breaks, both "" where the item is as it was; landed: how many of the items accepted before it have which answer's key, as
    the lander would know them, None where nobody is to weigh it (with a kind: the defect is theirs).
    """

    item: str
    coordinate: Coordinate
    payload: Mapping[str, Any]
    kind: str = ""
    gate: str = ""
    landed: Mapping[str, int] | None = None

    @property
    def of_set(self) -> bool:
        """Whether the defect is of what landed before the item, which is as it was."""
        return bool(self.kind) and self.landed is not None

    def told(self) -> list[Any]:
        """What tells the trial from any other, as JSON."""
        return [self.item, self.kind, self.gate, self.payload, None if self.landed is None else dict(self.landed)]


@dataclass(frozen=True)
class Auditor:
    """Does an audit's units. places: good item's id to where it stands in the corpus; what stands before it is what it and what
    was made of it are compared with.
    """

    trials: Sequence[Trial]
    corpus: Corpus
    places: Mapping[str, int]

    async def __call__(
        self,
        line: Line,
        index: int,
        coordinate: Coordinate,
        corpus: CorpusView,
        avoid: Sequence[str],
        journal: PullJournal,
    ) -> Candidate:
        """A factory.lever.Puller. The candidate is rejected by its last receipt, which says what was planted."""
        trial = self.trials[index]
        repeats = any(isinstance(gate, LandingGate) and gate.name == trial.gate for gate in line.gates)
        work = Pull(line, index, line.candidate_id(index), coordinate, self._seen(trial, repeats), (), journal)
        work.revisions.append(Revision(0, trial.payload, ORIGIN))
        item = item_of(work)
        stopped = False
        for gate in () if trial.of_set else line.gates:
            if not stopped or not trial.kind or gate.name == trial.gate:
                finding = await ask(work, gate, item)
                stopped = stopped or finding.outcome in CATCHES
        if trial.landed is not None:
            work.receipts += _weighed(work, trial, trial.landed)
        work.receipts.append(_closing(work, trial))
        return candidate_of(work)

    def _seen(self, trial: Trial, repeats: bool) -> CorpusView:
        """What stood before the good item: a defect of another kind need not be unlike it. A repetition is shown it as well."""
        place = self.places.get(trial.item)
        if place is None:
            return self.corpus.at(None)
        return Quoting(self.corpus.at(place), trial.item) if repeats else self.corpus.at(place - 1)


@dataclass(frozen=True, slots=True)
class Quoting:
    """A corpus view in which one item belongs to a reference set: of those not even a variant may be made, while of an accepted
    item a few may, and a defect that may be is none.
    """

    view: CorpusView
    item: str

    @property
    def embedder(self) -> str:
        return self.view.embedder

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        found = await self.view.neighbours(text, exclude=exclude)
        return tuple(replace(near, source=_GOOD_SET, template="") if near.id == self.item else near for near in found)

    def template_size(self, template: str) -> int:
        return self.view.template_size(template)


def _weighed(work: Pull, trial: Trial, landed: Mapping[str, int]) -> list[Receipt]:
    """What the gates say whose claim is about the set, asked as the lander asks them."""
    line = work.line
    answer = answered(line.task, line.recipe.parse(trial.payload))
    gates = [gate for gate in line.gates if isinstance(gate, SetGate)] if answer.key else []
    made: list[Receipt] = []
    for gate in gates:
        finding = gate.weigh(answer, landed.get(answer.key, 0), sum(landed.values()))
        seq, settings = len(work.receipts) + len(made), settings_of(gate)
        made.append(Receipt(seq, gate.name, gate.version, settings, 0, finding, conditions=line.conditions))
    return made


def _closing(work: Pull, trial: Trial) -> Receipt:
    what = f"with the defect {trial.kind!r}, which is the {trial.gate} gate's to catch" if trial.kind else "as it is"
    found = reject(
        "audited",
        f"A known-good item {what}: shown to gates, and no item of its own.",
        evidence={"item": trial.item, "kind": trial.kind, "gate": trial.gate},
    )
    return Receipt(
        seq=len(work.receipts),
        gate=GATE,
        version=VERSION,
        settings={},
        revision=0,
        finding=found,
        conditions=work.line.conditions,
    )
