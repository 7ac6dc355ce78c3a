from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.doctor import Diagnosis, Level, Order, embedding, examine
from tests.commands.conftest import factory
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Rehearsed, ServerProcess
from tests.support.players import roles

# Random, so that no part of them is also a word of the messages.
KEYS = {"openai": "sk-proj-Zq7Rk2VnT9wXbLm4Hd8s", "anthropic": "sk-ant-Jp5Gy3CfU6eQtKz1Wo0v"}
PRICE = {"input": 1, "output": 4}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["anthropic"])


@pytest.fixture
def quick_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the embedder's own check, which takes seconds and has tests of its own."""

    async def check(name: str) -> Diagnosis:
        return Diagnosis("embedder", name, Level.OK, "not looked at here")

    monkeypatch.setattr(embedding, "check", check)


Served = Callable[..., AbstractAsyncContextManager[ModelServer]]


@pytest.fixture
def served() -> Served:
    """`async with served(*script, **server options)`: the faults of the first requests, then good answers."""

    @asynccontextmanager
    async def opened(*script: str, **options: Any) -> AsyncIterator[ModelServer]:
        models = {f"ready-{protocol}": Rehearsed(roles()["ready"]) for protocol in KEYS}
        async with ModelServer(models, faults=FaultPlan(script), **options) as server:
            yield server

    return opened


def a_cast(folder: Path, **roles: Any) -> str:
    """A cast file; JSON is YAML."""
    path = folder / "cast.yaml"
    path.write_text(json.dumps(roles))
    return str(path)


def at(server: ModelServer | ServerProcess, protocol: str = "openai", **fields: Any) -> dict[str, Any]:
    """A cast member on the server, with a name and a family of its own for each protocol."""
    place = {"model": f"{protocol}/ready-{protocol}", "base_url": server.base_url(protocol), "family": f"{protocol}-like"}
    return {**place, "max_tokens": 100, "price": PRICE, **fields}


async def looked_at(folder: Path, *, cast: str | None = None, spec: str | None = None, store: str = "") -> list[Diagnosis]:
    return [found async for found in examine(Order(spec, cast, store or f"sqlite:///{folder}/factory.db"))]


def of(found: list[Diagnosis], check: str) -> Diagnosis:
    (one,) = [each for each in found if each.check == check]
    return one


__all__ = ["factory"]
