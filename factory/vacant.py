"""A role that nobody plays where calls may not be made: who asks is told so, and nothing is made up."""

from __future__ import annotations

from dataclasses import dataclass

from factory.errors import BadInput
from factory.types import Member, Message, ModelReply, ReplySchema, Role


@dataclass(frozen=True, slots=True)
class Vacant:
    """A factory.ports.Seat without a member."""

    role: Role
    slot: int = 0

    @property
    def member(self) -> Member:
        raise self._refusal()

    async def ask(
        self, messages: tuple[Message, ...], *, purpose: str, sample: int = 0, schema: ReplySchema | None = None
    ) -> ModelReply:
        """Raises BadInput."""
        raise self._refusal()

    def _refusal(self) -> BadInput:
        return BadInput(
            f"the recipe asks a model as {self.role.value}, and there is none here",
            where=f"{self.role.value}",
            fix="Give a cast with that role; recorded solutions are graded without calls.",
        )
