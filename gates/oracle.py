"""Oracle: the reference answer is right, because independent solutions reach it too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from factory.gate import Foreseen, GateContext, Outlook, error, hold, passed, reject
from factory.types import Finding, Item, Role
from gates.asking import Vote, ask_oracles, check_count, check_share, judged_apart, reaches, relatives_flag, shown

# A guess for an author nobody has measured yet: the share of its references that stand.
PASSES: Final = 0.85


@dataclass(frozen=True)
class Oracle:
    """votes: solutions asked of every oracle, unless the cast gives a member its own number; agreement: the share of the
    answers that must agree, with the reference to pass or with one another to reject; objection_threshold: the share of
    oracles saying that the item has no single answer at which it is held.
    """

    name: ClassVar[str] = "oracle"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "the reference answer is right"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.ORACLE,)
    takes_raw: ClassVar[bool] = False

    votes: int = 3
    agreement: float = 2 / 3
    objection_threshold: float = 0.5

    def __post_init__(self) -> None:
        check_count(self.name, "votes", self.votes)
        check_share(self.name, "agreement", self.agreement)
        check_share(self.name, "objection_threshold", self.objection_threshold)

    def foresee(self, outlook: Outlook) -> Foreseen:
        votes = [member.votes or self.votes for member in outlook.members.get(Role.ORACLE, ())]
        asks = tuple(outlook.ask(Role.ORACLE, slot, number) for slot, number in enumerate(votes))
        return Foreseen(asks, grades=sum(votes), passes=PASSES)

    async def check(self, item: Item, context: GateContext) -> Finding:
        asked = [(seat, seat.member.votes or self.votes) for seat in context.seats(Role.ORACLE)]
        votes = await ask_oracles(item, context, asked, "solve")
        came = [vote for vote in votes if not vote.failure]
        answered = [vote for vote in came if vote.answered]
        agreeing = [vote for vote in answered if vote.correct]
        objecting = [vote for vote in came if vote.objection]
        evidence: dict[str, Any] = {
            "votes": [vote.shown() for vote in votes],
            "asked": len(votes),
            "answered": len(answered),
            "agree": len(agreeing),
            "object": len(objecting),
            **judged_apart(context, [(seat.role, seat.slot) for seat, _ in asked]),
        }
        needed = max(1, math.ceil(self.agreement * len(votes) - 1e-5))
        if len(came) < needed:
            detail = f"{len(came)} of {len(votes)} oracle votes came, {needed} are needed"
            return error("oracle_unavailable", detail, evidence=evidence)
        if reaches(len(objecting), len(came), self.objection_threshold):
            detail = f"{len(objecting)} of {len(came)} oracles say the item has no single answer"
            return hold("ambiguous", detail, evidence=evidence)
        flags = (("objection",) if objecting else ()) + relatives_flag(evidence)
        if reaches(len(agreeing), len(answered), self.agreement):
            detail = f"{len(agreeing)} of {len(answered)} independent solutions reach the reference"
            return passed(detail, evidence=evidence, flags=flags)
        rival = await _largest_group([vote for vote in answered if not vote.correct], item, context)
        if reaches(len(rival), len(answered), self.agreement):
            evidence["agreed_answer"] = shown(rival[0].extracted or rival[0].answer)
            detail = f"{len(rival)} of {len(answered)} independent solutions agree on another answer"
            return reject("wrong_reference", detail, evidence=evidence)
        detail = f"{len(agreeing)} of {len(answered)} independent solutions reach the reference, and the others do not agree"
        return hold("oracle_disagreement", detail, evidence=evidence)


async def _largest_group(votes: Sequence[Vote], item: Item, context: GateContext) -> list[Vote]:
    """The most votes that say the same, the earlier group on a tie; an empty answer agrees with nothing."""
    groups: list[list[Vote]] = []
    for vote in votes:
        if not vote.answer.strip():
            continue
        for group in groups:
            if await context.task.equivalent(item.payload, group[0].answer, vote.answer):
                group.append(vote)
                break
        else:
            groups.append([vote])
    return max(groups, key=len, default=[])
