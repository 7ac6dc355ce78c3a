"""A recipe: one data type, assembled from parts. A value, not a class to inherit from."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
from pydantic import BaseModel

from factory.canonical import plain
from factory.gate import Gate, Task
from factory.ports import RolePlayer, Seat
from factory.types import Anchor, Coordinate, Finding, Item, Spec


@dataclass(frozen=True)
class AuthorContext:
    """What an author may draw on for one pull: all of it a function of seed, index and snapshot.

    anchors: this pull's rotation of the spec's examples; avoid: novelty views of accepted items near this coordinate, shown
    as what not to repeat; settings: the recipe's own, parsed; index: the pull's.
    """

    spec: Spec
    coordinate: Coordinate
    settings: Any
    seat: Seat
    rng: random.Random
    anchors: tuple[Anchor, ...] = ()
    avoid: tuple[str, ...] = ()
    index: int = 0


class Author(Protocol):
    async def __call__(self, context: AuthorContext) -> Mapping[str, Any]:
        """The first payload for this coordinate, as plain JSON. Raises ModelFailure."""
        ...


class Repair(Protocol):
    async def __call__(self, context: AuthorContext, item: Item, finding: Finding) -> Mapping[str, Any]:
        """A new payload that answers the finding. Raises ModelFailure."""
        ...


@dataclass(frozen=True)
class Recipe:
    """One data type.

    payload: its pydantic model; settings: the model of the spec's `settings:`; gates run in order, the final check last;
    task builds the Task from parsed settings; novelty_view says what of a payload counts for novelty; export gives a row's
    payload columns, one fixed key set; render is the item as a person reads it; rehearsal makes the role players by role
    name; folder holds its sources and prompts, hashed into a job's fingerprint; adopt brings a payload from elsewhere, given
    with the parsed settings, into the recipe's shape by adding what it may lack; origin is what first revisions are called.
    """

    name: str
    version: str
    summary: str
    payload: type[BaseModel]
    settings: type[BaseModel]
    author: Author
    repair: Repair | None
    gates: tuple[Gate, ...]
    task: Callable[[Any], Task]
    novelty_view: Callable[[Any], str]
    export: Callable[[Any], Mapping[str, Any]]
    render: Callable[[Any], str]
    folder: Path
    rehearsal: Callable[[], Mapping[str, RolePlayer]] | None = None
    casts: Mapping[str, Path] = field(default_factory=dict)
    adopt: Callable[[Mapping[str, Any], Any], Mapping[str, Any]] | None = None
    origin: str = "author"

    def parse(self, raw: Mapping[str, Any]) -> Any:
        """A raw payload as the recipe's model, by the rules of JSON (a list is a tuple, a number is no string).

        Raises pydantic.ValidationError.
        """
        return self.payload.model_validate_json(orjson.dumps(raw, default=plain))
