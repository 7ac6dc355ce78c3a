"""Which model plays which role."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from pydantic import Field

from factory.types.spec import Frozen


class Role(StrEnum):
    AUTHOR = "author"
    ORACLE = "oracle"
    CRITIC = "critic"
    JUDGE = "judge"
    SOLVER = "solver"
    REFLECTOR = "reflector"


# Far above what anybody charges, or any model reads or writes in a call; what a call costs still fits the store's 8-byte column
# of nano-dollars: 10^8 tokens at 1 USD each are 10^17.
MOST_USD_PER_MTOK: Final = 1e6
MOST_TOKENS: Final = 100_000_000
# Votes are asked for all at once.
MOST_VOTES: Final = 1000


class TokenPrice(Frozen):
    """USD per million tokens, as providers list prices. cached_input: of input read from a cache; as input where left out."""

    input: float = Field(ge=0, le=MOST_USD_PER_MTOK, allow_inf_nan=False)
    output: float = Field(ge=0, le=MOST_USD_PER_MTOK, allow_inf_nan=False)
    cached_input: float | None = Field(default=None, ge=0, le=MOST_USD_PER_MTOK, allow_inf_nan=False)


class Member(Frozen):
    """One model in one role. model is `provider/name`, or `sim:role` for a rehearsal role.

    family: whose weights it is; parent: the model it was tuned from, where known; tier: capability, 1 is the weakest;
    votes: how many independent answers are asked of it; price: where the price library is wrong or silent; rpm, tpm: caps on
    requests and tokens a minute, shared by all that use the same endpoint and key; options: provider settings (a sim's skill,
    noise, planting rates).
    """

    model: str
    family: str | None = None
    parent: str | None = None
    base_url: str | None = None
    temperature: float | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    votes: int | None = Field(default=None, ge=1, le=MOST_VOTES)
    tier: int = Field(default=1, ge=1)
    price: TokenPrice | None = None
    rpm: int | None = Field(default=None, ge=1)
    tpm: int | None = Field(default=None, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        return self.model.startswith("sim:")


class Cast(Frozen):
    """The members by role, each role in slot order. allow_related: the lineage rule was broken on purpose."""

    name: str
    members: dict[Role, tuple[Member, ...]]
    allow_related: bool = False

    def seats(self, role: Role) -> tuple[Member, ...]:
        return self.members.get(role, ())

    @property
    def simulated(self) -> bool:
        return any(member.simulated for members in self.members.values() for member in members)
