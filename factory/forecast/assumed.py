"""What a pull takes before anything was measured: real prompts, what the gates foresee, and stated guesses for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from factory.budget import likely_tokens
from factory.canonical import canonical_json, plain
from factory.errors import FailureKind, ModelFailure
from factory.gate import Ask, ForeseeingGate, Foreseen, Question, Task
from factory.lever import Line, author_context
from factory.orchestrator.run import SHOWN_TO_AVOID
from factory.recipe import AuthorContext
from factory.sampling import Sampler
from factory.types import Cast, Coordinate, Finding, Item, Member, Message, ModelReply, Outcome, ReplySchema, Role, Spec

READ, WRITTEN = 500, 250
"""Tokens of a call of which nothing is known: neither an example of its prompt nor of its answer."""
LEAST_YIELD: Final = 0.01
_COORDINATES: Final = 6
_FAULT: Final = Finding(
    Outcome.REPAIR, "fault", "The prompt breaks off in the middle of its last sentence, and it asks nothing."
)


@dataclass(frozen=True, slots=True)
class Assumed:
    """asks: one per seat, calls per pull; accepted: the share of pulls that end accepted."""

    asks: tuple[Ask, ...]
    accepted: float


async def assumed(line: Line, cast: Cast, pulls: int) -> Assumed:
    """What a pull takes on average, when so many are planned (later ones are shown accepted items to stay clear of)."""
    outlook = _Outlook(line, cast.members)
    first, again = await _author(outlook, pulls)
    asks, reach = list(first), 1.0
    passed: list[Foreseen] = []
    grading = line.recipe.typical.grading(outlook) if line.recipe.typical is not None else ()
    for gate in line.gates:
        foreseen = gate.foresee(outlook) if isinstance(gate, ForeseeingGate) else Foreseen()
        own = [*foreseen.asks, *(ask.times(foreseen.grades) for ask in grading)]
        back = foreseen.repairs if line.repairable else 0.0
        asks += _times(own, reach)
        if not gate.reads:
            passed.append(Foreseen(tuple(own)))
        # A repaired item meets every gate again that cannot tell it from the one it passed.
        asks += _times([*again, *(ask for earlier in passed for ask in earlier.asks)], reach * back)
        reach *= foreseen.passes if line.repairable else max(0.0, foreseen.passes - foreseen.repairs)
    return Assumed(_by_seat(asks), max(reach, LEAST_YIELD))


def _times(asks: Iterable[Ask], factor: float) -> list[Ask]:
    return [ask.times(factor) for ask in asks]


def _by_seat(asks: Sequence[Ask]) -> tuple[Ask, ...]:
    """One ask per seat: the calls added up, the tokens the mean over them."""
    found: dict[tuple[Role, int], Ask] = {}
    for ask in asks:
        seat = (ask.role, ask.slot)
        other = found.get(seat, Ask(*seat, 0, 0, 0))
        calls = ask.calls + other.calls
        read, written = (
            (ask.calls * mine + other.calls * theirs) / calls if calls else mine
            for mine, theirs in ((ask.input_tokens, other.input_tokens), (ask.output_tokens, other.output_tokens))
        )
        found[seat] = Ask(*seat, calls, read, written)
    return tuple(found.values())


@dataclass(frozen=True)
class _Outlook:
    """Implements `factory.gate.Outlook`. The examples are the spec's anchors, else the recipe's typical payload."""

    line: Line
    members: Mapping[Role, tuple[Member, ...]]
    payloads: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        recipe = self.line.recipe
        raw = [anchor.payload for anchor in self.line.spec.anchors]
        if not raw and recipe.typical is not None:
            raw = [dict(recipe.typical.payload)]
        object.__setattr__(self, "payloads", tuple(recipe.parse(payload) for payload in raw))

    @property
    def spec(self) -> Spec:
        return self.line.spec

    @property
    def task(self) -> Task:
        return self.line.task

    def ask(
        self,
        role: Role,
        slot: int,
        calls: float,
        *,
        question: Question | None = None,
        reply: Callable[[Any], str] | None = None,
    ) -> Ask:
        spec, task = self.line.spec, self.line.task
        put = [question(each) if question is not None else task.question(each, spec, role) for each in self.payloads]
        read = _mean([_tokens(*asked) for asked in put], READ)
        return Ask(role, slot, calls, read, self.bounded(role, slot, self.written(role, reply)))

    def written(self, role: Role, reply: Callable[[Any], str] | None = None) -> float:
        typical = self.line.recipe.typical
        if reply is not None:
            texts = [reply(payload) for payload in self.payloads]
        else:
            texts = [typical.reply(payload, role) for payload in self.payloads] if typical is not None else []
        return _mean([likely_tokens(text) for text in texts], WRITTEN)

    def bounded(self, role: Role, slot: int, written: float) -> float:
        most = self.members[role][slot].max_tokens
        return written if most is None else min(written, most)


async def _author(outlook: _Outlook, pulls: int) -> tuple[list[Ask], list[Ask]]:
    """The calls of a first version and of a repair, from the prompts the recipe itself renders for the first coordinates."""
    line = outlook.line
    sampler = Sampler(line.spec.axes, line.spec.exclude, line.seed)
    points = [sampler.draw(index) for index in range(_COORDINATES)]
    views = tuple(line.recipe.novelty_view(payload) for payload in outlook.payloads)
    avoid = tuple((views * SHOWN_TO_AVOID)[:SHOWN_TO_AVOID])
    late = max(0, pulls - line.spec.lookahead) / max(pulls, 1)
    first: list[Ask] = []
    for shown, share in (((), 1 - late), (avoid, late)):
        if share:
            first += _times(await _rendered(outlook, points, shown, repair=False), share)
    again = await _rendered(outlook, points, (), repair=True) if line.repairable else []
    return first, again


async def _rendered(outlook: _Outlook, points: Sequence[Coordinate], avoid: tuple[str, ...], *, repair: bool) -> list[Ask]:
    """What one version asks of the author's seat, on average over these coordinates."""
    line, reply = outlook.line, ""
    if line.recipe.typical is not None and outlook.payloads:
        reply = line.recipe.typical.reply(outlook.payloads[0], Role.AUTHOR)
    written = outlook.bounded(Role.AUTHOR, 0, outlook.written(Role.AUTHOR))
    asks: list[Ask] = []
    for index, point in enumerate(points):
        seat = _Recorder(Role.AUTHOR, 0, outlook.members[Role.AUTHOR][0], reply)
        context = author_context(line, index, int(repair), point, avoid, seat)
        await _write(outlook, context, index, repair=repair)
        asks += [Ask(Role.AUTHOR, 0, 1 / len(points), _tokens(*put), written) for put in seat.asked]
    return asks


async def _write(outlook: _Outlook, context: AuthorContext, index: int, *, repair: bool) -> None:
    recipe = outlook.line.recipe
    try:
        if not repair:
            await recipe.author(context)
        elif recipe.repair is not None and outlook.payloads:
            payload = outlook.payloads[index % len(outlook.payloads)]
            raw = plain(payload.model_dump(mode="json"))
            item = Item("", index, 0, context.coordinate, raw, payload, recipe.novelty_view(payload))
            await recipe.repair(context, item, _FAULT)
    except Exception:
        # The answers are made up, so a recipe may well trip over them; what it had asked until then is what we are after.
        return


@dataclass
class _Recorder:
    """A `factory.ports.Seat` that calls nobody: it notes what it is asked and answers what is typical."""

    role: Role
    slot: int
    member: Member
    reply: str
    asked: list[tuple[tuple[Message, ...], ReplySchema | None]] = field(default_factory=list)

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        self.asked.append((messages, schema))
        if not self.reply:
            raise ModelFailure(FailureKind.REFUSED, "nobody was asked")
        return ModelReply(self.reply, orjson.loads(self.reply) if schema is not None else None)


def _tokens(messages: Sequence[Message], schema: ReplySchema | None) -> float:
    """Input tokens of a call. A schema counts: providers put it into the prompt (OpenAI's cookbook on counting tokens)."""
    counted = sum(likely_tokens(message.text) for message in messages)
    return counted + (likely_tokens(canonical_json(schema.schema).decode()) if schema is not None else 0)


def _mean(amounts: Sequence[float], otherwise: float) -> float:
    return sum(amounts) / len(amounts) if amounts else otherwise
