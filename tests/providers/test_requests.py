"""What leaves for a server, line by line, and what the journal keeps of a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from factory.providers.connect import connect
from factory.providers.connection import Connection, Connections
from factory.providers.endpoint import endpoint_of
from factory.types import Member, Message, ModelRequest, ReplySchema

KEY = "line-key-0123456789"
ANSWERS: dict[str, Any] = {
    "openai": {"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}], "model": "m"},
    "anthropic": {"content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn", "model": "m"},
}


@asynccontextmanager
async def recorder(protocol: str) -> AsyncIterator[tuple[str, list[list[str]]]]:
    """A server that gives one answer and keeps the head of every request as its lines."""
    heads: list[list[str]] = []
    body = json.dumps(ANSWERS[protocol]).encode()
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
                length = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
                await reader.readexactly(int(length[0]) if length else 0)
                heads.append(lines)
                writer.write(answer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


def member(protocol: str, address: str) -> Member:
    base_url = address + ("/v1" if protocol == "openai" else "")
    return Member(model=f"{protocol}/m", base_url=base_url, max_tokens=9, options={"key_env": "LINE_KEY"})


@asynccontextmanager
async def connected(protocol: str) -> AsyncIterator[tuple[Member, Connections, list[list[str]]]]:
    async with recorder(protocol) as (address, heads):
        connections = Connections()
        try:
            yield member(protocol, address), connections, heads
        finally:
            await connections.aclose()


@pytest.fixture(params=["openai", "anthropic"])
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LINE_KEY", KEY)
    for sdk in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{sdk}_CUSTOM_HEADERS", "x-ambient: 1\nuser-agent: ambient")
    return str(request.param)


async def test_each_call_leaves_with_these_headers_and_each_once(protocol: str) -> None:
    async with connected(protocol) as (asked, connections, heads):
        model = connect(asked, connections)
        for key in ("k1", "k2"):
            await model.complete(ModelRequest(asked.model, (Message.of("user", "hi"),), key=key, max_tokens=9))
    expected = {"accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent"}
    expected |= {"x-client-request-id"} | ({"anthropic-version"} if protocol == "anthropic" else set())
    for lines, key in zip(heads, ("k1", "k2"), strict=True):
        names = [line.partition(":")[0].lower() for line in lines[1:]]
        assert sorted(names) == sorted(expected)
        told = {name: line.partition(":")[2].strip() for name, line in zip(names, lines[1:], strict=True)}
        assert told["authorization"] == f"Bearer {KEY}" and told["x-client-request-id"] == key
        assert "ambient" not in "".join(lines)


async def test_a_call_s_own_header_takes_the_place_of_the_shared_one(protocol: str) -> None:
    async with connected(protocol) as (asked, connections, heads):
        await ask(connections.to(endpoint_of(asked)), "post", content=b"{}", headers={"Accept": "text/plain"})
    assert [line for line in heads[0] if line.lower().startswith("accept:")] == ["Accept: text/plain"]


async def ask(connection: Connection, method: str, path: str | None = None, **options: Any) -> Any:
    given = {"method": method, "url": path or connection.url("/thing"), "timeout": httpx2.Timeout(5), **options}
    return await connection.client.request(httpx2.Response, connection.request_options.construct(**given))


async def test_requests_of_another_kind_are_made_by_the_sdk(protocol: str) -> None:
    async with connected(protocol) as (asked, connections, heads):
        connection = connections.to(endpoint_of(asked))
        await ask(connection, "post", content=b"{}", params={"api-version": "1"})
        await ask(connection, "post", json_data={"a": 1})
        await ask(connection, "get")
        await ask(connection, "post", "/relative", content=b"{}")
        with pytest.raises(TypeError):
            await ask(connection, "post", content=b"{}", extra_json={"a": 1})
    first = [lines[0].split(" ")[:2] for lines in heads]
    root = "/v1" if protocol == "openai" else ""
    assert first == [
        ["POST", f"{root}/thing?api-version=1"],
        ["POST", f"{root}/thing"],
        ["GET", f"{root}/thing"],
        ["POST", f"{root}/relative"],
    ]
    assert all(f"Bearer {KEY}" in "\n".join(lines) and "ambient" not in "\n".join(lines) for lines in heads)


def test_what_is_kept_of_a_request_is_what_was_asked_and_no_more() -> None:
    said = (Message.of("system", "Be brief."), Message.of("user", "Why?"))
    assert ModelRequest("openai/m", said, key="k").body == (
        b'{"messages":[{"parts":[{"text":"Be brief."}],"role":"system"},{"parts":[{"text":"Why?"}],"role":"user"}],'
        b'"model":"openai/m"}'
    )
    schema = ReplySchema("answer", {"type": "object"})
    assert ModelRequest("openai/m", said[1:], key="k", schema=schema, temperature=0.0, max_tokens=7).body == (
        b'{"max_tokens":7,"messages":[{"parts":[{"text":"Why?"}],"role":"user"}],"model":"openai/m",'
        b'"schema":{"name":"answer","schema":{"type":"object"}},"temperature":0.0}'
    )
    with pytest.raises(ValueError, match="no JSON form"):
        _ = ModelRequest("openai/m", said, key="k", temperature=float("nan")).body
