"""A recipe: one data type, assembled from parts. A value, not a class to inherit from."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
from pydantic import BaseModel

from factory.canonical import plain
from factory.gate import Ask, Gate, Outlook, Task
from factory.ports import RolePlayer, Seat
from factory.types import Anchor, Coordinate, Finding, Item, Role, Spec


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


class Defect(Protocol):
    """What a planter is: see `gates/defects/planting.py`."""

    @property
    def kind(self) -> str: ...
    @property
    def gate(self) -> str: ...
    @property
    def plant(self) -> Callable[[Mapping[str, Any], random.Random], Mapping[str, Any] | None]: ...


def _no_calls(outlook: Outlook) -> tuple[Ask, ...]:
    return ()


@dataclass(frozen=True)
class Typical:
    """How long a recipe's items and answers are, to plan a run by before any was made.

    payload: a raw payload of ordinary length, for specs without anchors; reply: what a model in a role answers about a payload,
    word for word as it would come (the author: the payload); grading: the calls behind one graded answer, none where no model
    grades.
    """

    payload: Mapping[str, Any]
    reply: Callable[[Any, Role], str]
    grading: Callable[[Outlook], tuple[Ask, ...]] = _no_calls


@dataclass(frozen=True)
class Recipe:
    """One data type.

    payload: its pydantic model; settings: the model of the spec's `settings:`; gates run in order, the final check last;
    task builds the Task from parsed settings; novelty_view says what of a payload counts for novelty; export gives a row's
    payload columns, one fixed key set; render is the item as a person reads it; rehearsal makes the role players by role
    name; folder holds its sources and prompts, hashed into a job's fingerprint; typical: for the estimate before a run;
    graded_by names the roles that the task's `grade` asks, none for a grader that is a program; adopt brings a payload from
    elsewhere, given with the parsed settings, into the recipe's shape by adding what it may lack; origin is what first
    revisions are called; planters makes the planters of defects that only this recipe knows how to write.
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
    typical: Typical | None = None
    graded_by: tuple[Role, ...] = ()
    adopt: Callable[[Mapping[str, Any], Any], Mapping[str, Any]] | None = None
    origin: str = "author"
    planters: Callable[[], Sequence[Defect]] | None = None

    def parse(self, raw: Mapping[str, Any]) -> Any:
        """A raw payload as the recipe's model, by the rules of JSON (a list is a tuple, a number is no string).

        Raises pydantic.ValidationError.
        """
        return self.payload.model_validate_json(orjson.dumps(raw, default=plain))
