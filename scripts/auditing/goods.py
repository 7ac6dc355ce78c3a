"""The known-good items of an audit: accepted ones of the store, a file's, or what a rehearsal writes when it plants nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from factory.canonical import digest, plain, stream
from factory.config.columns import Columns, read_columns
from factory.errors import BadInput, FactoryError, ModelFailure
from factory.lever import author_context
from factory.ports import RUN
from factory.providers.sim import SimModel
from factory.recipe import Recipe
from factory.sampling import Exhausted, Sampler
from factory.similarity.text import normalise
from factory.types import Candidate, Coordinate, Member, Message, ModelReply, ModelRequest, ReplySchema, Role, State
from scripts.assembly import Plan
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


def from_store(store: SqlStore, recipe: Recipe, wanted: int, seed: int) -> tuple[Good, ...]:
    """So many of the recipe's accepted candidates, drawn by the seed, in the order they were accepted in."""
    fitting = [good for one in store.candidates(states=_GOOD_STATES, kind=RUN) if (good := _stored(one, recipe))]
    return tuple(_drawn(fitting, wanted, seed))


def _stored(candidate: Candidate, recipe: Recipe) -> Good | None:
    """None for other recipes' candidates, and where the recipe has changed so that this is no payload of it any more."""
    if candidate.recipe != recipe.name:
        return None
    try:
        view = recipe.novelty_view(recipe.parse(candidate.payload))
    except ValidationError:
        return None
    return Good(candidate.id, candidate.payload, candidate.coordinate, view)


def from_file(path: Path, recipe: Recipe, settings: Any, wanted: int, seed: int) -> tuple[Good, ...]:
    """So many of a table's items, drawn by the seed, in the file's order; what says the same as an earlier one is left out.

    A row is a payload, or holds one as `payload`; other columns are left alone, and a field may be JSON text, as exports have
    it. Raises BadInput with file and line for a row that does not fit the recipe.
    """
    fields = tuple(recipe.payload.model_fields)
    columns = read_columns(path, {*fields, "payload"})
    if not set(fields) & set(columns.values) and "payload" not in columns.values:
        raise BadInput(
            f"no column is a field of {recipe.name}; present: {', '.join(columns.present[:20]) or 'none'}",
            where=str(path),
            fix=f"A row has the fields {', '.join(fields)}, or a `payload` that has.",
        )
    goods: dict[str, Good] = {}
    for row in range(columns.rows):
        payload, view = _row(columns, row, recipe, settings)
        goods.setdefault(normalise(view), Good(f"item-{row + 1}", payload, Coordinate(()), view))
    return tuple(_drawn(list(goods.values()), wanted, seed))


def _row(columns: Columns, row: int, recipe: Recipe, settings: Any) -> tuple[Mapping[str, Any], str]:
    nested = columns.values["payload"][row] if "payload" in columns.values else None
    nested = _unfolded(nested)
    where = columns.place(row, "").removesuffix(": ")
    if nested is not None and not isinstance(nested, Mapping):
        raise BadInput("its payload is no JSON object", where=where, fix=f"Write {{{_written(recipe)}}}.")
    cells: Mapping[str, Any] = nested or {
        name: columns.values[name][row] for name in recipe.payload.model_fields if name in columns.values
    }
    raw = {name: value for name, value in cells.items() if value is not None}
    # An export writes structures as JSON text, and "" for none; what the recipe wants as text stays the text it is.
    kept = {name: value if _is_text(recipe, name) else _unfolded(value) for name, value in raw.items()}
    kept = _texts(recipe, {name: value for name, value in kept.items() if value != "" or _is_text(recipe, name)})
    made = kept if recipe.adopt is None else recipe.adopt(kept, settings)
    try:
        return plain(made), recipe.novelty_view(recipe.parse(made))
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(map(str, first["loc"])) or "payload"
        raise BadInput(
            f"this is no {recipe.name} payload: {name}: {first['msg']}", where=where, fix=f"Write {{{_written(recipe)}}}."
        ) from None


def _is_text(recipe: Recipe, name: str) -> bool:
    known = recipe.payload.model_fields.get(name)
    return known is not None and known.annotation is str


def _texts(recipe: Recipe, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with a number that stands for a text as its text: an answer that a file holds as 28 is "28"."""
    made = dict(raw)
    for name, value in raw.items():
        if _is_text(recipe, name) and isinstance(value, int | float) and not isinstance(value, bool):
            made[name] = str(int(value)) if value == int(value) else str(value)
    return made


def _unfolded(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            # A text that merely begins like JSON is a text.
            return value
    return value


def _written(recipe: Recipe) -> str:
    return ", ".join(f'"{name}": ...' for name in recipe.payload.model_fields)


def _drawn(goods: Sequence[Good], wanted: int, seed: int) -> list[Good]:
    if len(goods) <= wanted:
        return list(goods)
    chosen = set(stream("goods", seed).sample(range(len(goods)), wanted))
    return [good for number, good in enumerate(goods) if number in chosen]


def from_rehearsal(plan: Plan, wanted: int, seed: int) -> tuple[Good, ...]:
    """So many items that the cast's own rehearsal author writes with its planting switched off. Nobody is paid, and nothing is
    journaled: what it writes is a function of the seed.
    """
    return asyncio.run(_rehearsed(plan, wanted, seed))


async def _rehearsed(plan: Plan, wanted: int, seed: int) -> tuple[Good, ...]:
    recipe, line = plan.recipe, plan.line(seed)
    member = plan.cast.seats(Role.AUTHOR)[0]
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
        f"the store {url} holds no accepted item of the recipe {plan.recipe.name}, and the cast is no rehearsal to write any",
        where="factory audit",
        fix="Give known-good items with --items FILE, or run the spec first.",
    )
