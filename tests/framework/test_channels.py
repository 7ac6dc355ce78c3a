"""Which calls share limits and a breaker: those of one credential at one address, whatever role makes them."""

from __future__ import annotations

import pytest

from factory.providers import connect
from factory.types import Cast, Member, Role
from scripts.assembly import Wires
from tests.support.driver import Setup

SEATS = {
    # base_url and what else the member says -> the name its endpoint is shown by
    ("openai/a", None, ""): "openai at api.openai.com (OPENAI_API_KEY)",
    ("openai/b", None, ""): "openai at api.openai.com (OPENAI_API_KEY)",
    ("openai/b", None, "SECOND_KEY"): "openai at api.openai.com (SECOND_KEY)",
    ("openai/a", "http://box:8000/v1", "BOX"): "openai at box:8000 (BOX)",
    ("openai/b", "http://box:8000/v1/", "BOX"): "openai at box:8000 (BOX)",
    ("openai/qwen", "http://box/qwen/v1", "BOX"): "openai at http://box/qwen/v1 (BOX)",
    ("openai/llama", "http://box/llama/v1", "BOX"): "openai at http://box/llama/v1 (BOX)",
    ("openai/llama", "https://box/llama/v1", "BOX"): "openai at box/llama/v1 (BOX)",
    ("openai/x", "http://box:8000", "BOX"): "openai at box:8000/ (BOX)",
    ("anthropic/c", None, ""): "anthropic at api.anthropic.com (ANTHROPIC_API_KEY)",
    ("anthropic/c", "http://box:8000", "BOX"): "anthropic at box:8000 (BOX)",
    ("anthropic/c", "http://box:8000/claude", "BOX"): "anthropic at box:8000/claude (BOX)",
}


async def test_limits_are_kept_per_credential_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # The adapters are of no interest here, and their SDKs take seconds to import.
    monkeypatch.setattr(connect, "connect", lambda member, connections: None)
    members = tuple(
        Member(model=model, family="f", base_url=base_url, options={"key_env": key_env} if key_env else {})
        for model, base_url, key_env in SEATS
    )
    wires = Wires(Setup().plan().recipe, Cast(name="test", members={Role.SOLVER: members}), 8)
    endpoints = [channel.endpoint for channel in wires.channels()[Role.SOLVER]]
    assert [endpoint.key for endpoint in endpoints if endpoint is not None] == list(SEATS.values())
    # Whoever is shown by one name shares one breaker, and nobody else does.
    assert len({id(endpoint) for endpoint in endpoints}) == len(set(SEATS.values())) == len(wires.limits.stats())
    await wires.close()
