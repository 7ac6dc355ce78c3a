"""From a cast member to its model; the SDKs are imported here, and only when a cast has a real member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory.ports import Model
from factory.providers.endpoint import endpoint_of
from factory.providers.options import settings_of
from factory.types import Member

if TYPE_CHECKING:
    from factory.providers.connection import Connections


def check(member: Member) -> None:
    """Everything about a member that can be wrong without asking its provider. Raises BadInput, or ProviderUnusable: no key."""
    settings_of(member)
    endpoint_of(member).key()


def connect(member: Member, connections: Connections) -> Model:
    """The member's model over the shared connection of its endpoint. Raises as `check` does."""
    check(member)
    connection = connections.to(endpoint_of(member))
    if connection.endpoint.provider == "openai":
        from factory.providers.openai import OpenAIModel

        return OpenAIModel(member, connection)
    from factory.providers.anthropic import AnthropicModel

    return AnthropicModel(member, connection)
