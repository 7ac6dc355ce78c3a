"""A model server on loopback that speaks both protocols on the wire, answers with rehearsal roles, and misbehaves on demand.

It rebuilds the factory's request from the wire, samples from the stream named by the client-request-id header as the
in-process rehearsal does, and so answers the same. Its log is append-only and is the truth about what a provider would bill.

In a test: `async with ModelServer({"author": Rehearsed(player)}) as server`. Beside a command line run: `ServerProcess`.
By hand, for as long as its standard input stays open:
`python -m support.model_server '{"players": "recipes.ground_truth.rehearsal:roles"}'`.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from factory.canonical import stream
from factory.ports import RolePlayer
from factory.types import Message, ModelRequest, ReplySchema
from tests.support.faults import Exchange, FaultPlan, Manner, Wire, spoil
from tests.support.players import Ready

PATHS = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic"}
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A served model: the role that plays it, and that role's cast options."""

    player: RolePlayer
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived. headers have lower-case names; held_s: how long its answer was held back; at: unix seconds of
    the answer.
    """

    protocol: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    fault: str
    held_s: float = 0.0
    at: float = 0.0

    @property
    def key(self) -> str:
        return self.headers.get("x-client-request-id", "")


class ModelServer:
    """models: by their name on the wire. key: the only credential accepted, any when None. delay_ms: low and high of the
    wait before each answer. usage_spread: by what share the token counts scatter around four characters a token. padding: by
    what share of its length, on average, an answer is lengthened with white space (exponentially distributed). port: 0 for any
    that is free. sleep: how that wait is waited. formats: the openai response formats it knows; it refuses the others.
    """

    def __init__(
        self,
        models: Mapping[str, Rehearsed],
        *,
        faults: FaultPlan | None = None,
        log: Path | None = None,
        key: str | None = None,
        delay_ms: tuple[float, float] = (0, 0),
        usage_spread: float = 0.0,
        padding: float = 0.0,
        port: int = 0,
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
        formats: Collection[str] = ("json_schema", "json_object"),
    ) -> None:
        self.models = dict(models)
        self._formats = formats
        self.faults = faults or FaultPlan()
        self.seen: list[Seen] = []
        self.connections = self.most_connections = 0
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if log is not None else None
        self._key = key
        self._delay_ms = delay_ms
        self._sleep = sleep
        self._spread = usage_spread
        self._padding = padding
        self._attempts: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=2**24)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._log is not None:
            os.close(self._log)

    def base_url(self, protocol: str) -> str:
        return f"http://127.0.0.1:{self.port}" + ("/v1" if protocol == "openai" else "")

    # --- one connection

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.connections -= 1
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is at its end."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "GET" and path == "/stats":
            stats = {"requests": len(self.seen), "most_connections": self.most_connections}
            return await send(writer, Wire(200, json.dumps(stats).encode()))
        protocol = PATHS.get(path)
        if method != "POST" or protocol is None:
            return await send(writer, Wire(404, b"not found", {"content-type": "text/plain"}))
        low, high = self._delay_ms
        began = time.monotonic()
        if high > 0:
            await self._sleep(random.uniform(low, high) / 1000)
        return await send(writer, self._answer(protocol, headers, json.loads(raw), time.monotonic() - began))

    # --- one call

    def _answer(self, protocol: str, headers: Mapping[str, str], body: Mapping[str, Any], held_s: float) -> Wire:
        key = headers.get("x-client-request-id", "")
        fault = self.faults.fault(len(self.seen), key, self._attempts[key])
        self._attempts[key] += 1
        self.seen.append(Seen(protocol, headers, body, fault, held_s, time.time()))
        authorization = headers.get("authorization") or headers.get("x-api-key", "")
        blank = Exchange(protocol, {}, authorization)
        if self._key is not None and authorization.removeprefix("Bearer ") != self._key:
            return spoil("bad_key", blank)
        if body["model"] not in self.models:
            return spoil("no_model", blank)
        if protocol == "openai" and body.get("response_format", {"type": None})["type"] not in (None, *self._formats):
            return spoil("no_format", blank)
        request = rebuilt(protocol, body, key)
        rehearsed = self.models[body["model"]]
        options = {name: value for name, value in rehearsed.options.items() if name != "delay_ms"}
        # A rehearsal role knows its recipe's questions only, and doctor's is none of them.
        player = Ready() if key == "doctor" else rehearsed.player
        played = player.play(request, options, stream("sim", key))
        text = played.text + " " * int(len(played.text) * self._padding * stream("padding", key).expovariate(1))
        read, written = self._counts(request, text)
        whole = request.max_tokens is None or written <= request.max_tokens
        if not whole:
            assert request.max_tokens is not None
            written = request.max_tokens
            text = text[: written * CHARACTERS_PER_TOKEN]
        answer = (openai_answer if protocol == "openai" else anthropic_answer)(body, key, text, read, written, whole)
        wire = spoil(fault, Exchange(protocol, answer, authorization))
        if wire.billed and self._log is not None:
            counts = {"input_tokens": read, "output_tokens": written}
            line = {"key": key, "model": body["model"], **counts, "fault": fault, "planted": played.planted}
            os.write(self._log, json.dumps(line).encode() + b"\n")
        return wire

    def _counts(self, request: ModelRequest, text: str) -> tuple[int, int]:
        rng = stream("usage", request.key)
        characters = (sum(len(message.text) for message in request.messages), len(text))
        read, written = (
            max(1, round(-(-n // CHARACTERS_PER_TOKEN) * rng.uniform(1 - self._spread, 1 + self._spread))) for n in characters
        )
        return read, written


def rebuilt(protocol: str, body: Mapping[str, Any], key: str) -> ModelRequest:
    """The factory's request from its wire form. A schema comes back as the wire carries it, closed where it was closed."""
    messages = [Message.of(message["role"], _content(message["content"])) for message in body["messages"]]
    if protocol == "anthropic" and "system" in body:
        messages.insert(0, Message.of("system", _content(body["system"])))
    bound = body.get("max_completion_tokens", body.get("max_tokens"))
    schema = _openai_schema(body) if protocol == "openai" else _anthropic_schema(body)
    return ModelRequest(f"sim:{body['model']}", tuple(messages), key, schema, body.get("temperature"), bound)


def openai_answer(body: Mapping[str, Any], key: str, text: str, read: int, written: int, whole: bool) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": f"chatcmpl-{key[:24]}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop" if whole else "length", "logprobs": None}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def anthropic_answer(body: Mapping[str, Any], key: str, text: str, read: int, written: int, whole: bool) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    stop = "end_turn" if whole else "max_tokens"
    choice: Any = body.get("tool_choice")
    called = _object(text) if choice is not None and whole else None
    if called is not None:
        content = [{"type": "tool_use", "id": "toolu_1", "name": choice["name"], "input": called}]
        stop = "tool_use"
    return {
        "id": f"msg_{key[:24]}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": read, "output_tokens": written},
    }


async def send(writer: asyncio.StreamWriter, wire: Wire) -> bool:
    """Put an answer on the wire in its manner; whether the connection lives on."""
    unmarked = wire.manner is Manner.UNMARKED_EOF
    fields = {**wire.headers, **({"connection": "close"} if unmarked else {"content-length": str(len(wire.body))})}
    head = f"HTTP/1.1 {wire.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    half = wire.body[: len(wire.body) // 2]
    match wire.manner:
        case Manner.PLAIN:
            writer.write(head.encode("latin-1") + wire.body)
        case Manner.DRIP:
            writer.write(head.encode("latin-1"))
            await _drip(writer, wire.body, wire.pace_s)
        case Manner.SLOW_HEADERS:
            await _drip(writer, head.encode("latin-1"), wire.pace_s)
            writer.write(wire.body)
        case Manner.STALL:
            writer.write(head.encode("latin-1") + half)
            await writer.drain()
            await asyncio.Event().wait()
        case Manner.RESET | Manner.RESET_MIDWAY:
            if wire.manner is Manner.RESET_MIDWAY:
                writer.write(head.encode("latin-1") + half)
                await writer.drain()
                await asyncio.sleep(0.05)
            _reset(writer)
            return False
        case Manner.EOF:
            return False
        case Manner.EOF_MIDWAY | Manner.UNMARKED_EOF:
            writer.write(head.encode("latin-1") + half)
            await writer.drain()
            return False
    await writer.drain()
    return True


async def _drip(writer: asyncio.StreamWriter, data: bytes, pace_s: float) -> None:
    for number in range(len(data)):
        writer.write(data[number : number + 1])
        await writer.drain()
        await asyncio.sleep(pace_s)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST: linger on, for zero seconds (socket(7))."""
    sock = writer.get_extra_info("socket")
    # A client that was killed meanwhile has closed it already (EBADF).
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _content(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _openai_schema(body: Mapping[str, Any]) -> ReplySchema | None:
    wanted = body.get("response_format", {}).get("json_schema")
    return ReplySchema(wanted["name"], wanted["schema"]) if wanted else None


def _anthropic_schema(body: Mapping[str, Any]) -> ReplySchema | None:
    wanted = body.get("output_config", {}).get("format")
    if wanted:
        return ReplySchema(wanted["schema"].get("title", "reply"), wanted["schema"])
    tools: Any = body.get("tools")
    return ReplySchema(tools[0]["name"], tools[0]["input_schema"]) if tools else None


# --- in a process of its own


@dataclass
class ServerProcess:
    """The server in its own process, for tests that start the factory as a command.

    config: `players`, where the rehearsal roles come from (`package.module:function`); `models`, by name on the wire
    `{role, options}`, without it each role under its own name; `script`, `rates` and `seed` of the fault plan; `log`, `key`,
    `delay_ms`, `usage_spread`, `padding`, `port`. It ends when this object is left, or with the process that started it.
    """

    config: Mapping[str, Any]
    port: int = 0

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parents[2]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")])}
        command = [sys.executable, "-m", "tests.support.model_server", json.dumps(self.config)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, cwd=root)
        assert self._process.stdout is not None
        self.port = json.loads(self._process.stdout.readline())["port"]
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def base_url(self, protocol: str) -> str:
        return f"http://127.0.0.1:{self.port}" + ("/v1" if protocol == "openai" else "")


def served_models(players: str, models: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Rehearsed]:
    """The models of a server's config; see `ServerProcess`."""
    module, _, function = players.partition(":")
    roles: Mapping[str, RolePlayer] = getattr(importlib.import_module(module), function)()
    if models is None:
        return {name: Rehearsed(player) for name, player in roles.items()}
    return {name: Rehearsed(roles[entry["role"]], entry.get("options", {})) for name, entry in models.items()}


async def serve(config: Mapping[str, Any]) -> None:
    """Serve until standard input ends."""
    server = ModelServer(
        served_models(config["players"], config.get("models")),
        faults=FaultPlan(config.get("script", ()), config.get("rates", {}), config.get("seed", 0)),
        log=Path(config["log"]) if "log" in config else None,
        key=config.get("key"),
        delay_ms=tuple(config.get("delay_ms", (0, 0))),
        usage_spread=config.get("usage_spread", 0.0),
        padding=config.get("padding", 0.0),
        port=config.get("port", 0),
    )
    async with server:
        print(json.dumps({"port": server.port}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
