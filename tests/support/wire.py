"""The rehearsal cast behind providers' protocols: the same players as models on a server, and a cast that reaches them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from factory.recipe import Recipe
from factory.types import Cast, Member, Role, TokenPrice
from tests.support.model_server import Rehearsed

PRICE = TokenPrice(input=1, output=4)
MAX_TOKENS = 400


def served_name(role: Role, slot: int) -> str:
    """A seat's model by its name on the server: `author-1`, `solver-3` ..."""
    return f"{role.value}-{slot + 1}"


def served(cast: Cast) -> dict[str, dict[str, Any]]:
    """The members of a rehearsal cast as the models of a `ServerProcess`."""
    return {
        served_name(role, slot): {"role": member.model.removeprefix("sim:"), "options": dict(member.options)}
        for role, members in cast.members.items()
        for slot, member in enumerate(members)
    }


def rehearsed(recipe: Recipe, cast: Cast) -> dict[str, Rehearsed]:
    """The same as the models of a `ModelServer`."""
    assert recipe.rehearsal is not None
    players = recipe.rehearsal()
    return {name: Rehearsed(players[model["role"]], model["options"]) for name, model in served(cast).items()}


def wired(cast: Cast, base_url: Callable[[str], str], *, by_anthropic: Role = Role.ORACLE, **fields: Any) -> Cast:
    """A rehearsal cast with every member behind a protocol: one role's is anthropic, the others' openai.

    base_url: by protocol; fields: of every member, beside a price and a token bound.
    """
    members = {}
    for role, seats in cast.members.items():
        protocol = "anthropic" if role is by_anthropic else "openai"
        given = {"base_url": base_url(protocol), "max_tokens": MAX_TOKENS, "price": PRICE, **fields}
        members[role] = tuple(
            Member(
                model=f"{protocol}/{served_name(role, slot)}",
                family=member.family,
                tier=member.tier,
                votes=member.votes,
                **given,
            )
            for slot, member in enumerate(seats)
        )
    return Cast(name="wire", members=members, allow_related=cast.allow_related)


def answers(log: Path) -> list[Mapping[str, Any]]:
    """What a server's log says it would bill, an entry per answer."""
    return [orjson.loads(line) for line in log.read_bytes().splitlines()] if log.exists() else []


def billed_nano(log: Path) -> int:
    """The bill in nano-dollars: a token is whole, and a dollar per million tokens is 1000 of them."""
    return sum(
        round(1000 * (entry["input_tokens"] * PRICE.input + entry["output_tokens"] * PRICE.output)) for entry in answers(log)
    )
