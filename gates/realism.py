"""Realism: the item reads like something a real user would bring.

With anchors, a judge who sees one of them and the item, unlabelled, tells which of the two no person wrote; a judge detects the
item only by picking it in both orders, so a preference for a place detects nothing, and guessing does a quarter of the
time. Without anchors, a judge answers a yes/no question for each of the reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from factory.errors import ModelFailure
from factory.gate import Foreseen, GateContext, Outlook, Presentable, error, passed, reject
from factory.ports import Seat
from factory.types import Finding, Item, Message, ReplySchema, Role
from gates.asking import check_count, check_share, reaches, reply_schema, shown, together, wrong_setting

REASONS: Final = ("unrealistic_stakes", "evaluation_aware", "template_residue", "unnatural_precision")
OTHER: Final = "other"
# A guess for an author nobody has measured yet: the share of items that no majority of judges gives a reason against.
PASSES: Final = 0.95
_TYPICAL: Final = (
    '{"synthetic": "first", "reason": "other", "why": "The sentences of this one are more even than people write them."}'
)
_TEXT: Final = {"type": "string"}
DETECTED: Final = "realism.detected"
"""The measure: whether the share of trials that detect the item is reached. Over a job it is a rate."""

_WORDS: Final = {
    "unrealistic_stakes": "the stakes are unrealistic",
    "evaluation_aware": "the wording shows that it is a test",
    "template_residue": "something of a template is left in it",
    "unnatural_precision": "its precision is unnatural",
}


@dataclass(frozen=True, slots=True)
class _Trial:
    """One judge's word on the item, from two looks at it beside an anchor or from one at it alone.

    reasons: those it names for finding the item synthetic; failure: why there is no word, "" if there is.
    """

    slot: int
    anchor: int | None
    detected: bool = False
    reasons: frozenset[str] = frozenset()
    looks: tuple[dict[str, Any], ...] = ()
    failure: str = ""

    def shown(self) -> dict[str, Any]:
        return {
            "slot": self.slot,
            "anchor": self.anchor,
            "detected": self.detected,
            "reasons": sorted(self.reasons),
            "looks": list(self.looks),
            "failure": shown(self.failure),
        }


@dataclass(frozen=True)
class Realism:
    """reasons: what a judge may name; pairs: anchors that each judge compares the item with, where the spec has any.

    A trial is a judge with an anchor, or a judge with the checklist. The item counts as detected when detect_share of the
    trials detect it. It is rejected when that share names one and the same reason in at least least_trials trials, or in
    every trial where the cast and the spec have room for fewer (one usable judge with one anchor, or with the checklist): that
    is a defect a person can point at, and a gate that could never reject would claim what it does not check. A judge whose
    word did not come does not lower the bar. Detected otherwise, it passes with a flag: a lone word among several trials, or
    a suspicion that nobody can name alike, is weak evidence about an item, though not about a job, for which the rate is
    reported.
    There is no repair: an author who rewrites until a judge is fooled learns the judge, not the user.
    """

    name: ClassVar[str] = "realism"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "reads like something a real user would bring"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.JUDGE,)
    takes_raw: ClassVar[bool] = False

    reasons: tuple[str, ...] = REASONS
    pairs: int = 1
    detect_share: float = 2 / 3
    least_trials: int = 2

    def __post_init__(self) -> None:
        check_count(self.name, "pairs", self.pairs)
        check_count(self.name, "least_trials", self.least_trials)
        check_share(self.name, "detect_share", self.detect_share)
        if not self.reasons or any(reason not in REASONS for reason in self.reasons):
            raise wrong_setting(self.name, "reasons", f"holds {list(self.reasons)}", f"Choose from {', '.join(REASONS)}.")

    def foresee(self, outlook: Outlook) -> Foreseen:
        """Two looks of every judge at each pair where there are anchors, one through the checklist where there are none."""
        task, spec = outlook.task, outlook.spec
        if not isinstance(task, Presentable):
            return Foreseen()
        pairs = min(self.pairs, len(spec.anchors))

        def look(payload: Any) -> tuple[tuple[Message, ...], ReplySchema]:
            if pairs:
                return task.compare(payload, payload, spec, self.reasons), self._pick
            return task.inspect(payload, spec, self.reasons), self._checklist

        judges = range(len(outlook.members.get(Role.JUDGE, ())))
        asks = [outlook.ask(Role.JUDGE, slot, 2 * pairs or 1, question=look, reply=lambda payload: _TYPICAL) for slot in judges]
        return Foreseen(tuple(asks), passes=PASSES)

    async def check(self, item: Item, context: GateContext) -> Finding:
        if not isinstance(context.task, Presentable):
            return error("not_presentable", "the recipe does not say how its items are shown to a judge of their realism")
        judges = context.judges(Role.AUTHOR)
        if context.anchors:
            beside = context.rng.sample(range(len(context.anchors)), min(self.pairs, len(context.anchors)))
            trials = await together(self._compared(seat, at, item, context.task, context) for seat in judges for at in beside)
        else:
            trials = await together(self._inspected(seat, item, context.task, context) for seat in judges)
        return self._decide(trials)

    def _decide(self, trials: Sequence[_Trial]) -> Finding:
        came = [trial for trial in trials if not trial.failure]
        detecting = [trial for trial in came if trial.detected]
        evidence = {"trials": [trial.shown() for trial in trials], "came": len(came), "detecting": len(detecting)}
        if not came:
            return error("judge_unavailable", "no judge's word on its realism came", evidence=evidence)
        detected = reaches(len(detecting), len(came), self.detect_share)
        measures = {DETECTED: detected}
        counts = f"{len(detecting)} of {len(came)} trials detect it as synthetic"
        # A reason named by too few is a suspicion; on a tie the order of the setting decides.
        named = Counter(reason for trial in detecting for reason in self.reasons if reason in trial.reasons)
        reason, times = max(((reason, named[reason]) for reason in self.reasons), key=lambda pair: pair[1])
        # Of the trials there can be, not of those that came: an outage does not make a lone judge enough.
        needed = min(self.least_trials, len(trials))
        evidence["needed"] = needed
        if reaches(times, len(came), self.detect_share) and times >= needed:
            return reject(reason, f"{counts}: {_WORDS[reason]}, say {times}", evidence=evidence, **measures)
        return passed(counts, evidence=evidence, flags=("realism_detected",) if detected else (), **measures)

    async def _compared(self, seat: Seat, at: int, item: Item, task: Presentable, context: GateContext) -> _Trial:
        async def look(place: str) -> dict[str, Any]:
            pair = (item.payload, context.anchors[at]) if place == "first" else (context.anchors[at], item.payload)
            messages = task.compare(*pair, context.spec, self.reasons)
            data = await _asked(seat, messages, f"pair.{at}.{place}", self._pick)
            return {"place": place, "picked": data.get("synthetic"), "reason": data.get("reason"), "why": _why(data)}

        try:
            looks = await together(look(place) for place in ("first", "second"))
        except ModelFailure as failure:
            return _Trial(seat.slot, at, failure=str(failure))
        detected = all(one["picked"] == one["place"] for one in looks)
        # Both looks must be for one reason: a defect does not change with the order.
        common = frozenset.intersection(*(frozenset({one["reason"]}) for one in looks)) & set(self.reasons)
        return _Trial(seat.slot, at, detected, common if detected else frozenset(), tuple(looks))

    async def _inspected(self, seat: Seat, item: Item, task: Presentable, context: GateContext) -> _Trial:
        messages = task.inspect(item.payload, context.spec, self.reasons)
        try:
            data = await _asked(seat, messages, "checklist", self._checklist)
        except ModelFailure as failure:
            return _Trial(seat.slot, None, failure=str(failure))
        named = frozenset(reason for reason in self.reasons if data.get(reason) is True)
        return _Trial(seat.slot, None, bool(named), named, ({"named": sorted(named), "why": _why(data)},))

    @property
    def _pick(self) -> ReplySchema:
        place = {"type": "string", "enum": ["first", "second"]}
        return reply_schema("pick", synthetic=place, reason={"type": "string", "enum": [*self.reasons, OTHER]}, why=_TEXT)

    @property
    def _checklist(self) -> ReplySchema:
        return reply_schema("checklist", **{reason: {"type": "boolean"} for reason in self.reasons}, why=_TEXT)


async def _asked(seat: Seat, messages: tuple[Message, ...], purpose: str, schema: ReplySchema) -> dict[str, Any]:
    return dict((await seat.ask(messages, purpose=purpose, schema=schema)).data or {})


def _why(data: dict[str, Any]) -> str:
    return shown(str(data.get("why", "")))
