"""The known-good items of an audit: accepted ones of the store, a file's, or what a rehearsal writes when it plants nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from factory.canonical import digest, plain, stream
from factory.config.cast import load_cast
from factory.config.items import Mapped, read_items
from factory.errors import BadInput, FactoryError, ModelFailure
from factory.lever import author_context
from factory.ports import RUN
from factory.providers.sim import SimModel
from factory.recipe import Recipe
from factory.sampling import Exhausted, Sampler
from factory.similarity.text import normalise
from factory.types import Candidate, Coordinate, Member, Message, ModelReply, ModelRequest, ReplySchema, Role, State
from scripts.assembly import Plan
from scripts.probing import shape_of
from store import SqlStore

_GOOD_STATES = (State.ACCEPTED, State.APPROVED)


@dataclass(frozen=True, slots=True)
class Good:
    """id: of a stored candidate, or one of the audit's own; payload: plain JSON that fits the recipe; view: what of it counts
    for novelty.
    """

    id: str
    payload: Mapping[str, Any]
    coordinate: Coordinate
    view: str


def from_store(store: SqlStore, plan: Plan, wanted: int, seed: int) -> tuple[Good, ...]:
    """So many accepted candidates of the plan's spec, by its name, drawn by the seed, in the order they were accepted in."""
    found = (one for one in store.candidates(states=_GOOD_STATES, kind=RUN) if one.spec == plan.spec.name)
    return tuple(_drawn([good for one in found if (good := _stored(one, plan.recipe))], wanted, seed))


def _stored(candidate: Candidate, recipe: Recipe) -> Good | None:
    """None for other recipes' candidates, and where the recipe has changed so that this is no payload of it any more."""
    if candidate.recipe != recipe.name:
        return None
    try:
        view = recipe.novelty_view(recipe.parse(candidate.payload))
    except ValidationError:
        return None
    return Good(candidate.id, candidate.payload, candidate.coordinate, view)


def from_file(mapped: Mapped, recipe: Recipe, settings: Any, wanted: int, seed: int) -> tuple[Good, ...]:
    """So many of a table's items, drawn by the seed, in the file's order; what says the same as an earlier one is left out.

    Raises BadInput as `read_items` does, with file and line for a row that does not fit the recipe.
    """
    items = read_items(mapped, shape_of(recipe, settings))
    goods: dict[str, Good] = {}
    for item in items.rows:
        view = recipe.novelty_view(item.accepted[0])
        id = item.key if items.named else f"item-{item.key}"
        goods.setdefault(normalise(view), Good(id, plain(item.payload), item.coordinate, view))
    return tuple(_drawn(list(goods.values()), wanted, seed))


def _drawn(goods: Sequence[Good], wanted: int, seed: int) -> list[Good]:
    if len(goods) <= wanted:
        return list(goods)
    chosen = set(stream("goods", seed).sample(range(len(goods)), wanted))
    return [good for number, good in enumerate(goods) if number in chosen]


def from_rehearsal(plan: Plan, wanted: int, seed: int) -> tuple[Good, ...]:
    """So many items that the cast's own rehearsal author, or else the recipe's, writes with its planting switched off.

    Nobody is paid, and nothing is journaled: it is a function of the seed. Raises BadInput for a recipe without rehearsal.
    """
    return asyncio.run(_rehearsed(plan, wanted, seed))


def _author(plan: Plan) -> Member:
    casts = (plan.cast, *(load_cast(name, plan.recipe.casts).cast for name in sorted(plan.recipe.casts)))
    for member in (one for cast in casts for one in cast.seats(Role.AUTHOR)[:1]):
        if plan.recipe.rehearsal is not None and member.simulated:
            return member
    raise BadInput(
        f"the recipe {plan.recipe.name} has no rehearsal that could write items",
        where="--items rehearsal",
        fix="Give known-good items with --items FILE, or run the spec first.",
    )


async def _rehearsed(plan: Plan, wanted: int, seed: int) -> tuple[Good, ...]:
    recipe, line = plan.recipe, plan.line(seed)
    member = _author(plan)
    honest = member.model_copy(update={"options": {name: v for name, v in member.options.items() if name != "plant"}})
    players = recipe.rehearsal() if recipe.rehearsal is not None else {}
    model = SimModel(players[member.model.removeprefix("sim:")], honest)
    sampler = Sampler(plan.spec.axes, plan.spec.exclude, seed)
    goods: dict[str, Good] = {}
    for index in range(3 * wanted):
        if len(goods) == wanted:
            break
        try:
            coordinate = sampler.draw(index)
        except Exhausted:
            break
        seat = _Seat(model, honest, digest("audit", seed, index))
        try:
            payload = plain(await recipe.author(author_context(line, index, 0, coordinate, (), seat)))
            view = recipe.novelty_view(recipe.parse(payload))
        except (ModelFailure, ValidationError):
            continue
        if not seat.planted:
            goods.setdefault(normalise(view), Good(f"item-{index + 1}", payload, coordinate, view))
    return tuple(goods.values())


class _Seat:
    """A factory.ports.Seat on a simulated author, outside any job."""

    role, slot = Role.AUTHOR, 0

    def __init__(self, model: SimModel, member: Member, key: str) -> None:
        self._model, self.member, self._key = model, member, key
        self.planted = False

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        request = ModelRequest(self.member.model, messages, key=digest(self._key, purpose, sample), schema=schema)
        reply = await self._model.complete(request)
        self.planted = self.planted or reply.planted is not None
        return reply


def none_found(plan: Plan, url: str) -> FactoryError:
    return BadInput(
        f"the store {url} holds no accepted item of the spec {plan.spec.name}",
        where="factory audit",
        fix="Give known-good items with --items FILE or --items rehearsal, or run the spec first.",
    )
