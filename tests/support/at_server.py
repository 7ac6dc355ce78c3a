"""A model server with the adapters that reach it, for tests of what goes over the wire."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from factory.ports import Model
from factory.providers.connect import connect
from factory.providers.connection import Connections
from factory.types import Member, ModelReply, ModelRequest, ReplySchema
from tests.support.model_server import ModelServer
from tests.support.players import ASK, SCHEMA

KEYS = {"openai": "sk-planted-openai-0123456789", "anthropic": "sk-ant-planted-0123456789"}


@dataclass
class Bench:
    """A server, and models that reach it by one protocol."""

    protocol: str
    server: ModelServer
    connections: Connections

    def member(self, name: str = "dice", **fields: Any) -> Member:
        return Member(**{"model": f"{self.protocol}/{name}", "base_url": self.server.base_url(self.protocol), **fields})

    def model(self, name: str = "dice", **fields: Any) -> Model:
        return connect(self.member(name, **fields), self.connections)

    async def ask(self, key: str = "k", *, schema: ReplySchema | None = SCHEMA, **fields: Any) -> ModelReply:
        """One attempt, with a deadline that no test waits long for."""
        options = {"deadline_s": 5.0, **fields.pop("options", {})}
        model = self.model(**fields, options=options)
        return await model.complete(
            ModelRequest(f"{self.protocol}/dice", ASK, key, schema, max_tokens=fields.get("max_tokens"))
        )


Benches = Callable[..., AbstractAsyncContextManager[Bench]]
