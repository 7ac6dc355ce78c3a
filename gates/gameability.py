"""Gameability: the item cannot be scored without solving it.

Four ways to score without solving, each looked for where it shows. The grader against a battery of attacks and of equivalent
forms of the right answer, and the prompt's own last number: free, so they come first and spare the calls where they stop an
item. A blind solver, who is given the question without its facts: a few calls. The commonest answer of the job: a property of
the set, so it is weighed by the lander, in index order, against what this job has landed, and no pull depends on it.

The gate stands after difficulty: few items are blind-solvable, many lie outside the band, so the blind calls are spent on those
that are worth it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from factory.errors import ModelFailure
from factory.gate import Answered, Attackable, Foreseen, GateContext, Grade, Outlook, answered, error, passed, reject, repair
from factory.graders.attacks import Battery, Trial, judged
from factory.ports import Seat
from factory.statistics import Estimate, binomial_tail, wilson
from factory.types import Finding, Item, Message, ReplySchema, Role
from gates.asking import check_count, check_share, shown, together, wrong_setting

BLIND_PASS = "blind_pass"
_FAILURES_SHOWN: Final = 10
_MOST_BLIND: Final = 64  # samples, should chance be so high that fewer could never tell


@dataclass(frozen=True)
class Gameability:
    """false_accepts, false_rejects: how many of the attacks may score, and of the equivalent forms be refused, before the item
    is stopped. A false accept rejects (the author cannot change the grader); a false reject, or an answer that is the prompt's
    last number, is sent back to the author, who can write it otherwise.

    blind_samples: calls to the strongest tier's solvers without the question's facts, 0 for none; more where a guess has too
    good a chance for so few to tell. open_chance: what a guess may score where the answer is open; alpha: how improbable the
    passes must be by chance for the item to be rejected. Fewer passes flag it.

    common_share: how far above chance one answer's share of the job's accepted items may lie, plus two standard errors of such
    a share; common_count: so many items may have one answer whatever their share.
    """

    false_accepts: int = 0
    false_rejects: int = 0
    blind_samples: int = 3
    open_chance: float = 0.05
    alpha: float = 0.05
    common_share: float = 0.1
    common_count: int = 4

    name: ClassVar[str] = "gameability"
    version: ClassVar[str] = "2"
    claim: ClassVar[str] = "the item cannot be scored without solving it"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role.SOLVER,)
    takes_raw: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for field in ("false_accepts", "false_rejects", "blind_samples"):
            check_count(self.name, field, getattr(self, field), least=0)
        check_count(self.name, "common_count", self.common_count)
        check_share(self.name, "common_share", self.common_share)
        for field in ("open_chance", "alpha"):
            check_share(self.name, field, value := getattr(self, field))
            if value >= 0.5:
                raise wrong_setting(self.name, field, f"must lie below 0.5, and is {value!r}", "The default is 0.05.")

    def foresee(self, outlook: Outlook) -> Foreseen:
        """A grade for every answer of the battery, and the blind answers of the strongest solvers."""
        task, payloads, solvers = outlook.task, outlook.payloads, outlook.members.get(Role.SOLVER, ())
        if not isinstance(task, Attackable) or not payloads or not solvers:
            return Foreseen()
        batteries = [task.battery(payload) for payload in payloads]
        tried = sum(len(b.attacks) + len(b.copies) + len(b.equivalents) for b in batteries) / len(batteries)
        views = [view for payload in payloads if (view := task.blind(payload, outlook.spec, random.Random(0)))]
        if not views or not self.blind_samples:
            return Foreseen(grades=tried)
        top = max(member.tier for member in solvers)
        strongest = [slot for slot, member in enumerate(solvers) if member.tier == top]
        samples = self.blind_samples * len(views) / len(payloads)
        asks = [
            outlook.ask(Role.SOLVER, slot, samples / len(strongest), question=lambda payload: views[0]) for slot in strongest
        ]
        return Foreseen(tuple(asks), grades=tried + samples)

    async def check(self, item: Item, context: GateContext) -> Finding:
        battery = _battery(item, context)
        if not battery.attacks or not battery.equivalents:
            return error("no_battery", "the recipe gives no answers to try the grader on")
        try:
            tried = await _try(battery, item, context)
        except ModelFailure as failure:
            return error("grader_unavailable", f"the grader's model gave no verdict: {failure.kind.value}")
        evidence, measures = tried.shown(), tried.measures()
        if len(tried.accepted) > self.false_accepts:
            trial, _ = tried.accepted[0]
            detail = f"the grader pays for {len(tried.accepted)} of {len(battery.attacks)} answers that solve nothing"
            return reject("false_accept", f"{detail}, {_quoted(trial)} among them", evidence=evidence, **measures)
        if tried.copied:
            trial, _ = tried.copied[0]
            return repair(
                "copied_answer",
                f"who repeats the prompt's last words or number is right ({_quoted(trial)}): let the answer be another",
                evidence=evidence,
                **measures,
            )
        if len(tried.refused) > self.false_rejects:
            trial, _ = tried.refused[0]
            detail = f"the grader refuses {len(tried.refused)} of {len(battery.equivalents)} forms of the right answer"
            fix = "write the answer plainly, in the form the grader expects"
            return repair("false_reject", f"{detail}, {_quoted(trial)} among them: {fix}", evidence=evidence, **measures)
        blind = await self._blind(item, context)
        if isinstance(blind, Finding):
            return blind
        if blind is None:
            return passed(tried.told(), evidence=evidence, **measures)
        evidence["blind"], measures["blind"] = blind.shown(), blind.measure()
        told = f"{blind.passes} of {blind.declared} answers given without the question's facts are right"
        if blind.tail <= self.alpha:
            return reject("blind_solvable", f"{told}, and chance is {blind.chance:.2g}", evidence=evidence, **measures)
        flags = (BLIND_PASS,) if blind.passes > blind.chance * blind.declared else ()
        return passed(f"{tried.told()}; {told}", evidence=evidence, flags=flags, **measures)

    def weigh(self, answer: Answered, same: int, accepted: int) -> Finding:
        """A constant answer's score over the job is that answer's share: no accepted item may raise it past the bound."""
        number, bound = accepted + 1, min(1.0, answer.chance + self.common_share)
        allowed = max(self.common_count, math.floor(number * bound + 2 * math.sqrt(number * bound * (1 - bound))))
        share = round((same + 1) / number, 6)
        evidence = {"answer": shown(answer.key), "same": same + 1, "accepted": number, "allowed": allowed}
        if same + 1 > allowed:
            detail = f"{same} of the {accepted} items accepted so far have this answer too: always giving it would score"
            return reject("common_answer", detail, evidence=evidence, answer_share=share)
        detail = f"{same + 1} of {number} accepted items have this answer; {allowed} may"
        return passed(detail, evidence=evidence, answer_share=share)

    async def _blind(self, item: Item, context: GateContext) -> _Blind | Finding | None:
        """What a solver scores without the facts; None where that is not asked for, or nothing can be withheld."""
        task = context.task
        view = (
            task.blind(item.payload, context.spec, context.rng) if self.blind_samples and isinstance(task, Attackable) else None
        )
        if view is None:
            return None
        seats = context.seats(Role.SOLVER)
        if not seats:
            return error("no_solvers", "the cast has no solver to ask without the question's facts")
        chance = max(answered(task, item.payload).chance, self.open_chance)
        declared = self._declared(chance)
        top = max(seat.member.tier for seat in seats)
        strongest = [seat for seat in seats if seat.member.tier == top]
        places = [(strongest[n % len(strongest)], n // len(strongest)) for n in range(declared)]
        try:
            samples = await together(_ask_blind(item, context, seat, *view, sample) for seat, sample in places)
        except ModelFailure as failure:
            return error("grader_unavailable", f"a blind answer could not be graded: {failure.kind.value}")
        return _Blind(samples, chance)

    def _declared(self, chance: float) -> int:
        """The fewest samples, from blind_samples on, that could all pass and be improbable by chance."""
        needed = math.ceil(math.log(self.alpha) / math.log(chance) - 1e-9)
        return min(max(self.blind_samples, needed), _MOST_BLIND)


@dataclass(frozen=True)
class _Tried:
    """What the grader made of a battery. accepted: attacks that scored; copied: copies that did; refused: right forms that
    did not."""

    battery: Battery
    accepted: Sequence[tuple[Trial, Grade]]
    copied: Sequence[tuple[Trial, Grade]]
    refused: Sequence[tuple[Trial, Grade]]

    def told(self) -> str:
        attacks, forms = len(self.battery.attacks), len(self.battery.equivalents)
        away, taken = attacks - len(self.accepted), forms - len(self.refused)
        return f"the grader turns away {away} of {attacks} attacks and accepts {taken} of {forms} forms of the answer"

    def shown(self) -> dict[str, Any]:
        return {
            "attacks": {"tried": len(self.battery.attacks), "accepted": _listed(self.accepted)},
            "copies": {"tried": len(self.battery.copies), "accepted": _listed(self.copied)},
            "equivalents": {"tried": len(self.battery.equivalents), "refused": _listed(self.refused)},
        }

    def measures(self) -> dict[str, Any]:
        accepts, rejects = (len(self.accepted), len(self.battery.attacks)), (len(self.refused), len(self.battery.equivalents))
        return {"false_accepts": _rate(*accepts), "false_rejects": _rate(*rejects)}


@dataclass(frozen=True)
class _Blind:
    """samples: (answer, "pass", "fail" or the kind of a failure) in the order asked; a refusal to guess is no pass."""

    samples: Sequence[tuple[str, str]]
    chance: float

    @property
    def declared(self) -> int:
        return len(self.samples)

    @property
    def passes(self) -> int:
        return sum(result == "pass" for _, result in self.samples)

    @property
    def tail(self) -> float:
        return round(binomial_tail(self.passes, self.declared, self.chance), 6)

    def shown(self) -> dict[str, Any]:
        samples = [{"answer": shown(answer), "result": result} for answer, result in self.samples]
        return {"declared": self.declared, "passes": self.passes, "chance": self.chance, "tail": self.tail, "samples": samples}

    def measure(self) -> dict[str, Any]:
        return {"passes": self.passes, "n": self.declared, "chance": round(self.chance, 6), "tail": self.tail}


def _battery(item: Item, context: GateContext) -> Battery:
    if isinstance(context.task, Attackable):
        return context.task.battery(item.payload)
    messages, _ = context.task.question(item.payload, context.spec, Role.SOLVER)
    right, _ = context.task.specimens(item.payload)
    return judged(messages[-1].text, right)


async def _try(battery: Battery, item: Item, context: GateContext) -> _Tried:
    """Grade the whole battery, side by side. Raises ModelFailure of a grader that asks a model."""

    async def graded(kind: str, number: int, trial: Trial) -> tuple[Trial, Grade]:
        # Labelled, so that a grader which asks a judge has calls of its own for every trial.
        return trial, await context.task.grade(item.payload, trial.text, context.within(f"{kind}.{number}"))

    parts = {"attack": battery.attacks, "copy": battery.copies, "form": battery.equivalents}
    graded_all = await together(graded(kind, n, trial) for kind, part in parts.items() for n, trial in enumerate(part))
    first, second = len(battery.attacks), len(battery.attacks) + len(battery.copies)
    return _Tried(
        battery,
        [pair for pair in graded_all[:first] if pair[1].correct],
        [pair for pair in graded_all[first:second] if pair[1].correct],
        [pair for pair in graded_all[second:] if not pair[1].correct],
    )


async def _ask_blind(
    item: Item, context: GateContext, seat: Seat, messages: tuple[Message, ...], schema: ReplySchema | None, sample: int
) -> tuple[str, str]:
    try:
        reply = await seat.ask(messages, purpose="blind", sample=sample, schema=schema)
    except ModelFailure as failure:
        if failure.kind.transient:
            raise
        return "", failure.kind.value
    answer = context.task.answer(reply).text
    grade = await context.task.grade(item.payload, answer, context.within(f"blind.{seat.slot}.{sample}"))
    return answer, "pass" if grade.correct else "fail"


def _listed(failed: Sequence[tuple[Trial, Grade]]) -> dict[str, Any]:
    """How many failed, by family, and the first of them in full."""
    families: dict[str, int] = {}
    for trial, _ in failed:
        families[trial.family] = families.get(trial.family, 0) + 1
    examples = [
        {"family": trial.family, "text": shown(trial.text), "extracted": shown(grade.extracted), "detail": shown(grade.detail)}
        for trial, grade in failed[:_FAILURES_SHOWN]
    ]
    return {"count": len(failed), "families": families, "examples": examples}


def _quoted(trial: Trial) -> str:
    return f"{trial.family} {shown(trial.text)[:80]!r}"


def _rate(failed: int, tried: int) -> dict[str, Any]:
    found: Estimate = wilson(failed, tried).rounded()
    return {"value": found.value, "low": found.low, "high": found.high, "level": found.level, "n": tried}
