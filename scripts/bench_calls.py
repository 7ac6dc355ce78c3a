"""What one model call costs us, beside bare loops over the same transport in the same run. Prints JSON.

    python -m scripts.bench_calls [--calls 1000] [--rounds 5]

Three ways to make a call are measured, turn about: `bare`, the SDK's own typed call as a script would write it; `raw`, the
SDK's request path with nothing but one JSON parse; and ours. All go through one shared client on the same aiohttp transport,
to a server in a process of its own. A way is a coroutine function that makes one call, so another one (through a journal,
say) is measured by adding it to `ways_of`. CPU is this process's, in milliseconds, the median of the rounds; efficiency is
the ideal wall time divided by the measured one at 200 ms of latency.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from factory.errors import ModelFailure
from factory.types import Member, Message, ModelRequest, ReplySchema

Complete = Callable[[ModelRequest], Awaitable[object]]
Wrap = Callable[[Complete], Complete]

PROTOCOLS: Final = ("openai", "anthropic")
LATENCY_MS: Final = 200
SCHEMA: Final = ReplySchema(
    "answer",
    {
        "type": "object",
        "properties": {"answer": {"type": "string"}, "reasoning": {"type": "string"}},
        "required": ["answer", "reasoning"],
        "additionalProperties": False,
    },
)
MESSAGES: Final = (
    Message.of("system", "You solve problems and answer as JSON."),
    Message.of("user", "What is six by seven? " * 30),
)


# --- measures, each of one way to make a call


async def drive(complete: Complete, calls: int, concurrency: int) -> None:
    """Make the calls with a pool of workers."""
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await complete(ModelRequest("x/bench", MESSAGES, f"{number:032x}", SCHEMA, max_tokens=512))

    await asyncio.gather(*(worker() for _ in range(min(concurrency, calls))))


async def cpu_ms_per_call(complete: Complete, calls: int, concurrency: int = 64) -> float:
    began = time.process_time()
    await drive(complete, calls, concurrency)
    return (time.process_time() - began) / calls * 1000


async def efficiency(complete: Complete, concurrency: int, waves: int = 8) -> float:
    """Ideal wall time / measured, with every worker always waiting for an answer of LATENCY_MS."""
    await drive(complete, concurrency, concurrency)
    began = time.perf_counter()
    await drive(complete, waves * concurrency, concurrency)
    return waves * LATENCY_MS / 1000 / (time.perf_counter() - began)


async def wall_s(complete: Complete, calls: int, concurrency: int) -> float:
    began = time.perf_counter()
    await drive(complete, calls, concurrency)
    return time.perf_counter() - began


# --- the ways


@asynccontextmanager
async def ways_of(protocol: str, root: str, concurrency: int) -> AsyncIterator[Mapping[str, Complete]]:
    """The ways to call the server below a root address, over one client. To measure another one, add it here."""
    from factory.providers.connect import connect
    from factory.providers.endpoint import endpoint_of
    from factory.providers.transport import Connections

    member = Member(model=f"{protocol}/bench", base_url=root + ("/v1" if protocol == "openai" else ""), max_tokens=512)
    connections = Connections(concurrency)
    client = connections.to(endpoint_of(member)).client
    try:
        yield {
            "bare": bare(protocol, client),
            "raw": raw(protocol, client),
            "ours": connect(member, connections).complete,
        }
    finally:
        await connections.aclose()


def bare(protocol: str, client: Any) -> Complete:
    """The SDK's typed call, and the reply's text parsed."""

    async def openai(request: ModelRequest) -> object:
        reply = await client.chat.completions.create(**body_of(protocol, request))
        return json.loads(reply.choices[0].message.content)

    async def anthropic(request: ModelRequest) -> object:
        reply = await client.messages.create(**body_of(protocol, request))
        return json.loads(reply.content[0].text)

    return openai if protocol == "openai" else anthropic


def raw(protocol: str, client: Any) -> Complete:
    """The SDK's request path with bytes in and bytes out, one parse of the body and one of the text."""
    import httpx2
    import orjson

    path = "/chat/completions" if protocol == "openai" else "/v1/messages"

    async def call(request: ModelRequest) -> object:
        response = await client.post(path, cast_to=httpx2.Response, content=orjson.dumps(body_of(protocol, request)))
        body = orjson.loads(response.content)
        text = body["choices"][0]["message"]["content"] if protocol == "openai" else body["content"][0]["text"]
        return orjson.loads(text)

    return call


def body_of(protocol: str, request: ModelRequest) -> dict[str, Any]:
    assert request.schema is not None
    messages = [{"role": message.role, "content": message.text} for message in request.messages]
    if protocol == "openai":
        schema = {"name": request.schema.name, "schema": request.schema.schema, "strict": True}
        response_format = {"type": "json_schema", "json_schema": schema}
        return {"model": "bench", "messages": messages, "max_tokens": 512, "response_format": response_format}
    output = {"format": {"type": "json_schema", "schema": request.schema.schema}}
    return {
        "model": "bench",
        "system": messages[0]["content"],
        "messages": messages[1:],
        "max_tokens": 512,
        "output_config": output,
    }


def patient(complete: Complete) -> Complete:
    """Retries with the backoff of the SDKs (0.5 s doubling to 8 s, up to a quarter less), whatever transient is raised."""

    async def call(request: ModelRequest) -> object:
        for attempt in count():
            try:
                return await complete(request)
            except Exception as exc:
                if isinstance(exc, ModelFailure) and not exc.kind.transient:
                    raise
                await asyncio.sleep(min(0.5 * 2**attempt, 8.0) * random.uniform(0.75, 1.0))
        raise AssertionError("unreachable")

    return call


# --- the run


async def measure(protocol: str, server: str, calls: int, rounds: int) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    async with ways_of(protocol, f"{server}/0", 64) as ways:
        for complete in ways.values():
            await drive(complete, 200, 64)
        for _ in range(rounds):
            for name, complete in ways.items():
                found.setdefault(name, []).append(await cpu_ms_per_call(complete, calls))
    cpu = {name: statistics.median(values) for name, values in found.items()}
    result = {
        "cpu_ms_per_call": cpu["ours"],
        "bare_cpu_ms_per_call": cpu["bare"],
        "raw_cpu_ms_per_call": cpu["raw"],
    }
    for concurrency in (64, 256):
        async with ways_of(protocol, f"{server}/{LATENCY_MS}", concurrency) as ways:
            stats(server)
            result[f"efficiency_{concurrency}"] = await efficiency(ways["ours"], concurrency)
            result[f"connections_{concurrency}"] = stats(server)["most_connections"]
            result[f"bare_efficiency_{concurrency}"] = await efficiency(ways["bare"], concurrency)
    return result


async def fault_ratio(server: str, wrap: Wrap, calls: int = 500) -> float:
    """Our wall time for a run with faults divided by the bare loop's; wrap gives each its retries."""
    async with ways_of("openai", f"{server}/faults", 64) as ways:
        walls = []
        for name in ("bare", "ours"):
            stats(server)
            random.seed(3)
            walls.append(await wall_s(wrap(ways[name]), calls, 64))
    return walls[1] / walls[0]


def import_cpu_s() -> float:
    """CPU seconds to import both SDKs in a fresh interpreter, above an empty one."""

    def cost(program: str) -> float:
        run = [sys.executable, "-c", f"import time\n{program}\nprint(time.process_time())"]
        return min(float(subprocess.run(run, capture_output=True, text=True, check=True).stdout) for _ in range(3))

    return cost("import openai, anthropic") - cost("")


def stats(server: str) -> dict[str, int]:
    """The server's counts since the last time it was asked."""
    import urllib.request

    with urllib.request.urlopen(f"{server}/stats", timeout=5) as response:
        counts: dict[str, int] = json.load(response)
    return counts


@contextmanager
def server_process() -> Iterator[str]:
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "scripts.bench_server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


async def main(calls: int, rounds: int) -> dict[str, Any]:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        os.environ[name] = "bench-key-0123456789"
    with server_process() as server:
        result: dict[str, Any] = {protocol: await measure(protocol, server, calls, rounds) for protocol in PROTOCOLS}
        result["fault_ratio"] = await fault_ratio(server, patient)
    return {**result, "import_cpu_s": import_cpu_s()}


def rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in value.items()}
    return round(value, 3) if isinstance(value, float) and math.isfinite(value) else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="CPU and wall time per model call, beside bare loops.")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(json.dumps(rounded(asyncio.run(main(arguments.calls, arguments.rounds))), indent=2))
