"""Both adapters against a server of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from factory.providers.connection import Connections
from tests.support.at_server import KEYS, Bench, Benches
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Rehearsed
from tests.support.players import roles


@pytest.fixture(params=["openai", "anthropic"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(protocol: str, monkeypatch: pytest.MonkeyPatch) -> Benches:
    """`async with bench(*script, **server options)`: the faults of the first requests, then good answers."""
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["anthropic"])

    @asynccontextmanager
    async def opened(*script: str, **options: Any) -> AsyncIterator[Bench]:
        models = options.pop("models", {name: Rehearsed(player) for name, player in roles().items()})
        async with ModelServer(models, faults=FaultPlan(script), **options) as server:
            connections = Connections()
            at = Bench(protocol, server, connections)
            # Imports the SDK now, so that no test times it.
            at.model()
            try:
                yield at
            finally:
                await connections.aclose()

    return opened
