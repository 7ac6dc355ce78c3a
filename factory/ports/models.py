"""How models are asked."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from factory.types import Member, Message, ModelReply, ModelRequest, ReplySchema, Role


class Model(Protocol):
    """One endpoint's model. A provider adapter and a rehearsal stand-in look alike from here."""

    async def complete(self, request: ModelRequest) -> ModelReply:
        """One attempt. Raises ModelFailure for a typed failure and ProviderUnusable when no further call can succeed."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """What a rehearsal role answers: the reply's raw text (JSON when a schema was asked for) and what it planted, if any."""

    text: str
    planted: Mapping[str, Any] | None = None


class RolePlayer(Protocol):
    """A recipe's rehearsal stand-in for one role. It sees what a model would see, its cast options, and a random stream."""

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played: ...


class Seat(Protocol):
    """A cast member in its role, bound to one pull, revision and gate: the only way a gate or an author reaches a model."""

    @property
    def role(self) -> Role: ...
    @property
    def slot(self) -> int: ...
    @property
    def member(self) -> Member: ...

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        """One journaled call; (purpose, sample) must be unique for this seat within the gate and revision.

        Raises ModelFailure with a terminal kind; transient ones are waited out below this line.
        """
        ...
