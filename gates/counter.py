"""Counter: no other answer is right, and nobody can read the item in a second way.

Critics try to break it. Where answers are numbers, a critic also writes down the arithmetic of its rival, which is worked out
here: the rival is what that comes to. A rival that the grader takes for the reference is none; but a second reading whose
arithmetic is that of the first is heard with the rival it names. What is left, judges decide who are related to neither author
nor critic, by lineage. An arbiter is shown the two answers in an order drawn anew for each, and not told which of them the item
holds to be right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from factory.errors import ModelFailure
from factory.gate import (
    CLAIMS,
    Calculable,
    Claim,
    Contestable,
    Foreseen,
    GateContext,
    Outlook,
    error,
    hold,
    passed,
    reject,
    repair,
)
from factory.ports import Seat
from factory.types import Finding, Item, Message, ModelReply, ReplySchema, Role
from gates.asking import check_count, reply_schema, shown, together, wrong_setting
from gates.calculation import NotCalculable, calculate

# Guesses for an author and a critic nobody has measured yet: the share of items that go on, that are sent back, and the claims
# heard per item.
PASSES: Final = 0.95
REPAIRS: Final = 0.05
DOUBTED: Final = 0.2
NOTHING: Final = "none"
_ANSWERED: Final = ("rival_answer", "second_reading")
"""The claims that stand and fall with their answer: nothing where it is the reference, or the text does not support it."""


_TEXT: dict[str, Any] = {"type": "string"}
_YES_NO: dict[str, Any] = {"type": "boolean"}
_KIND: dict[str, Any] = {"type": "string", "enum": [NOTHING, *CLAIMS]}
CHALLENGE: Final = reply_schema("challenge", kind=_KIND, rival=_TEXT, argument=_TEXT)
CHALLENGE_BY_PROGRAM: Final = reply_schema("challenge_by_program", kind=_KIND, program=_TEXT, rival=_TEXT, argument=_TEXT)
RULING: Final = reply_schema("ruling", holds=_YES_NO, why=_TEXT)
RULING_ON_ANSWERS: Final = reply_schema("ruling_on_answers", holds=_YES_NO, first=_YES_NO, second=_YES_NO, why=_TEXT)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one critic's attempt came to. claim: None where it found nothing; failure: why it did not come, "" if it did."""

    slot: int
    sample: int
    claim: Claim | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class _Hearing:
    """verdict: same_answer, no_rival, turned_away, disputed, upheld or unheard; rival: the answer it was about, "" for none;
    grader: whether it takes that for the reference; worked: what the program came to, "" for nothing; why: why to nothing,
    where there is a program; disagrees: whether another rival was named than it came to.
    """

    verdict: str
    rival: str = ""
    grader: bool | None = None
    worked: str = ""
    why: str = ""
    disagrees: bool = False
    rulings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Counter:
    """attempts: how often each critic tries; mend: the claims which, once upheld, are sent back to the author to be cleared up
    instead of rejected. Contradictory givens are not among them by default: which of two givens was meant, and so whether the
    reference still stands, no clearer wording can tell.

    A claim is upheld by more than half of the arbiters; half of them hold the item for a person.
    """

    name: ClassVar[str] = "counter"
    version: ClassVar[str] = "2"
    claim: ClassVar[str] = "no valid rival answer, no second reading"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.CRITIC, Role.JUDGE)
    takes_raw: ClassVar[bool] = False

    attempts: int = 2
    mend: tuple[str, ...] = ("second_reading", "missing_assumption")

    def __post_init__(self) -> None:
        check_count(self.name, "attempts", self.attempts)
        if any(kind not in CLAIMS for kind in self.mend):
            raise wrong_setting(self.name, "mend", f"holds {list(self.mend)}", f"Choose from {', '.join(CLAIMS)}.")

    def foresee(self, outlook: Outlook) -> Foreseen:
        """As many attempts as are declared, and a hearing before every judge for the share of items that a critic doubts."""
        task, spec = outlook.task, outlook.spec
        if not isinstance(task, Contestable):
            return Foreseen()
        words = "The last sentence could be meant of the whole or of a part of what came before it."
        doubt = Claim("second_reading", words, program="left = 120 * 4 - 35\nleft * (1 - 1 / 5) / 8")

        def challenge(payload: Any) -> tuple[tuple[Message, ...], ReplySchema]:
            return task.challenge(payload, spec), _challenge_schema(task, payload)

        def hearing(payload: Any) -> tuple[tuple[Message, ...], ReplySchema]:
            return task.arbitrate(payload, spec, doubt, ()), RULING

        asks = [
            outlook.ask(role, slot, calls, question=question, reply=reply)
            for role, calls, question, reply in (
                (Role.CRITIC, self.attempts, challenge, lambda payload: f"{doubt.argument}\n{doubt.program}"),
                (Role.JUDGE, DOUBTED, hearing, lambda payload: doubt.argument),
            )
            for slot in range(len(outlook.members.get(role, ())))
        ]
        return Foreseen(tuple(asks), passes=PASSES, repairs=REPAIRS)

    async def check(self, item: Item, context: GateContext) -> Finding:
        if not isinstance(context.task, Contestable):
            return error("not_contestable", "the recipe does not say how its items are put to a critic and an arbiter")
        messages = context.task.challenge(item.payload, context.spec)
        schema = _challenge_schema(context.task, item.payload)

        async def attempt(seat: Seat, sample: int) -> _Attempt:
            try:
                reply = await seat.ask(messages, purpose="challenge", sample=sample, schema=schema)
            except ModelFailure as failure:
                return _Attempt(seat.slot, sample, failure=str(failure))
            return _Attempt(seat.slot, sample, _claim(reply))

        critics = context.seats(Role.CRITIC)
        tried = await together(attempt(seat, sample) for seat in critics for sample in range(self.attempts))
        if all(one.failure for one in tried):
            return error("critic_unavailable", "no critic's attempt came", evidence={"attempts": _shown(tried, {})})
        hearings: dict[Claim, _Hearing] = {}
        for number, one in enumerate(tried):
            # Two attempts that say the same word for word are one claim; what comes after an upheld one changes nothing.
            if one.claim is not None and one.claim not in hearings:
                hearings[one.claim] = await _hear(one.claim, context.task, item, context.within(f"{number}"))
                if hearings[one.claim].verdict == "upheld":
                    break
        return self._decide(tried, hearings)

    def _decide(self, tried: Sequence[_Attempt], hearings: dict[Claim, _Hearing]) -> Finding:
        evidence = {"attempts": _shown(tried, hearings)}

        def first(verdict: str) -> Claim | None:
            return next((claim for claim, hearing in hearings.items() if hearing.verdict == verdict), None)

        if (claim := first("upheld")) is not None:
            detail = _told(claim, hearings[claim])
            return (repair if claim.kind in self.mend else reject)(claim.kind, detail, evidence=evidence)
        if (claim := first("disputed")) is not None:
            detail = f"the arbiters are divided: {_told(claim, hearings[claim])}"
            return hold("disputed", detail, evidence=evidence)
        if first("unheard") is not None:
            return error("arbiter_unavailable", "no arbiter decided on what a critic claims", evidence=evidence)
        came = sum(not one.failure for one in tried)
        detail = f"{came} attempts to break it failed" + (
            f", {len(hearings)} of them on a claim turned away" if hearings else ""
        )
        flags: tuple[str, ...] = ("claim_turned_away",) if hearings else ()
        rulings = [ruling for hearing in hearings.values() for ruling in hearing.rulings]
        if any(ruling.get("reference") is False for ruling in rulings):
            flags += ("reference_doubted",)
        if any(hearing.disagrees for hearing in hearings.values()):
            flags += ("program_disagrees",)
        return passed(detail, evidence=evidence, flags=flags)


def _challenge_schema(task: Contestable, payload: Any) -> ReplySchema:
    return CHALLENGE_BY_PROGRAM if isinstance(task, Calculable) and task.calculable(payload) else CHALLENGE


def _claim(reply: ModelReply) -> Claim | None:
    data = reply.data or {}
    kind = str(data.get("kind", NOTHING))
    if kind not in CLAIMS:
        return None
    argument, rival, program = (str(data.get(name, "")).strip() for name in ("argument", "rival", "program"))
    return Claim(kind, argument, rival, program)


def _work_out(claim: Claim, task: Contestable, item: Item) -> tuple[str, str]:
    """What the claim's program comes to, as an answer, and why it comes to none; ("", "") without a program."""
    if not claim.program or not isinstance(task, Calculable):
        return "", ""
    try:
        return task.calculated(item.payload, calculate(claim.program), claim.rival), ""
    except NotCalculable as reason:
        return "", str(reason)


async def _graded(answer: str, item: Item, context: GateContext) -> tuple[str, bool | None]:
    """What the grader takes for the answer, "" for none; and whether it is right, None where a grader that asks a model gets no
    word, which leaves the question to the arbiters.
    """
    try:
        grade = await context.task.grade(item.payload, answer, context)
    except ModelFailure:
        return answer, None
    return grade.extracted.strip(), grade.correct


async def _heard(claim: Claim, task: Contestable, item: Item, context: GateContext) -> _Hearing:
    """The claim's answer before any arbiter is asked: its program's word first, where it has one, then the grader's."""
    # What its steps come to, a model knows less well than the steps.
    worked, why = _work_out(claim, task, item)
    disagrees = bool(worked and claim.rival) and not await context.task.equivalent(item.payload, worked, claim.rival)
    rival, same = worked or claim.rival, None
    if rival:
        read, same = await _graded(rival, item, context.within("rival"))
        # Words around it would tell the rival from the reference, whose shape one that was worked out has already.
        rival = worked or read or rival
    if same and worked and disagrees and claim.kind == "second_reading":
        # The first reading's steps say nothing against a second one, where an answer is named that the grader can read.
        read, of_named = await _graded(claim.rival, item, context.within("said"))
        if read:
            rival, same = read, of_named
    verdict = "same_answer" if same else "no_rival" if not rival and claim.kind == "rival_answer" else "unheard"
    return _Hearing(verdict, rival, same, worked, why, disagrees)


async def _hear(claim: Claim, task: Contestable, item: Item, context: GateContext) -> _Hearing:
    """What becomes of a claim: its program's word, the grader's, then the arbiters'."""
    so_far = await _heard(claim, task, item, context) if claim.kind in _ANSWERED else _Hearing("unheard")
    if so_far.verdict != "unheard":
        return so_far
    rival = so_far.rival
    reference = task.reference(item.payload)
    arbiters = context.judges(Role.AUTHOR, Role.CRITIC)
    # Drawn before anyone is asked, so that no answer that comes late can change what another arbiter sees.
    turned = [context.rng.random() < 0.5 for _ in arbiters]

    async def rule(seat: Seat, rival_first: bool) -> dict[str, Any]:
        answers: tuple[str, ...] = ()
        if rival:
            answers = (rival, reference) if rival_first else (reference, rival)
        messages = task.arbitrate(item.payload, context.spec, claim, answers)
        asked = RULING_ON_ANSWERS if answers else RULING
        try:
            reply = await seat.ask(messages, purpose="arbitrate", schema=asked)
        except ModelFailure as failure:
            return {"slot": seat.slot, "failure": shown(str(failure))}
        data = reply.data or {}
        ruling: dict[str, Any] = {"slot": seat.slot, "holds": bool(data.get("holds")), "why": shown(str(data.get("why", "")))}
        if answers:
            its_place, own_place = ("first", "second") if rival_first else ("second", "first")
            ruling |= {"shown": [shown(answer) for answer in answers]}
            ruling |= {"rival": bool(data.get(its_place)), "reference": bool(data.get(own_place))}
        ruling["upholds"] = ruling["holds"] and ruling.get("rival", True)
        return ruling

    rulings = await together(rule(seat, rival_first) for seat, rival_first in zip(arbiters, turned, strict=True))
    came = [ruling for ruling in rulings if "failure" not in ruling]
    upholding = sum(ruling["upholds"] for ruling in came)
    verdict = "turned_away" if 2 * upholding < len(came) else "disputed" if 2 * upholding == len(came) else "upheld"
    return replace(so_far, verdict=verdict if came else "unheard", rulings=tuple(rulings))


_WORDS: Final = {
    "rival_answer": "another answer is right as well",
    "second_reading": "it can be read in a second way",
    "missing_assumption": "it leaves out something that is needed",
    "contradictory_givens": "its givens contradict each other",
}


def _told(claim: Claim, hearing: _Hearing) -> str:
    """The claim as the author is told it, with the answer that was heard."""
    told = f"{_WORDS[claim.kind]}: {claim.argument}" if claim.argument else _WORDS[claim.kind]
    rival = hearing.rival or claim.rival
    return shown(f"{told.removesuffix('.')}; it would lead to {rival}" if rival else told)


def _shown(tried: Sequence[_Attempt], hearings: dict[Claim, _Hearing]) -> list[dict[str, Any]]:
    """Every attempt as evidence; a claim heard once is told with each attempt that made it."""
    rows = []
    for one in tried:
        row: dict[str, Any] = {"slot": one.slot, "sample": one.sample, "failure": shown(one.failure)}
        if one.claim is not None:
            hearing = hearings.get(one.claim, _Hearing("unheard"))
            row |= {
                "kind": one.claim.kind,
                "rival": shown(one.claim.rival),
                "program": shown(one.claim.program),
                "worked": shown(f"nothing: {hearing.why}" if hearing.why else hearing.worked),
                "heard": shown(hearing.rival),
                "argument": shown(one.claim.argument),
                "verdict": hearing.verdict,
                "grader_accepts_rival": hearing.grader,
                "rulings": list(hearing.rulings),
            }
        else:
            row["verdict"] = "failed" if one.failure else "nothing_found"
        rows.append(row)
    return rows
