"""What one model call costs all-in, beside a bare loop over the same transport in the same run. Prints JSON.

    python -m scripts.bench_calls [--rounds 5] [--only openai|anthropic|faults|process]

Ours is a whole `factory run` (`bench_line.py`): lever, journal, limits, durable reservations, receipts, lander, store. Bare is
what a person writes who needs none of that: a worker pool around the SDK's own call (`chat.completions.create`,
`messages.create`), the answer parsed. Floor is the least either can take: the same pool around `client.post` with orjson, on
our lean client. Both lie over our aiohttp transport, and neither keeps, limits or tries anything again. All talk to
`bench_server.py` in a process of its own, turn about.

CPU is this process's, all threads, in ms per call, marginal: the difference of two sizes divided by the difference in calls. Of
each size it is the least of the rounds, as `timeit` advises, for a neighbour on a shared machine only ever makes the same work
dearer: `slowest_over_quickest_spin` tells by how much, for a fixed piece of arithmetic between the measurements. The difference
of two leasts can still err either way, where one size met a quicker minute than the other; `median_...` is what the rounds'
medians give. `overhead` is the median of the rounds' ratios to the bare loop, `over_floor` to the floor: each measured within
seconds of the other, so neither is a quotient of two figures above. Efficiency is the ideal wall time at 200 ms of latency over
the measured one, the median of the rounds, as are the fault ratios and the CPU of starting.
fault_ratio: 429s carry `Retry-After: 1`, which the bare loop waits out too; fault_ratio_unhinted: they carry nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from scripts.bench_line import MAX_TOKENS, SCHEMA, Bench, messages, scratch_store
from scripts.pace import run_in_loop

Call = Callable[[int], Awaitable[object]]
Loop = Callable[["Bench"], AbstractAsyncContextManager[Call]]

ROOT: Final = Path(__file__).resolve().parents[1]
PROTOCOLS: Final = ("openai", "anthropic")
LATENCY_MS: Final = 200
# Candidates of a small and of a large run; waves of calls of an efficiency run; calls of a fault run.
SMALL: Final = 64
LARGE: Final = 320
WAVES: Final = 40
FAULT_CALLS: Final = 500


# --- the bare loop


@asynccontextmanager
async def bare(bench: Bench) -> AsyncIterator[Call]:
    """One call as the SDK offers it, on a client of its own."""
    import httpx2

    from factory.providers.endpoint import endpoint_of
    from factory.providers.transport import Transport

    endpoint, key = endpoint_of(bench.member("bare")), "bench-key-0123456789"
    speaks_openai = bench.protocol == "openai"
    sdk = importlib.import_module(bench.protocol)
    sdk_client = sdk.AsyncOpenAI if speaks_openai else sdk.AsyncAnthropic
    async with httpx2.AsyncClient(transport=Transport(endpoint, key), timeout=30) as http:
        client: Any = sdk_client(api_key=key, base_url=endpoint.base_url, max_retries=0, http_client=http)
        create = client.chat.completions.create if speaks_openai else client.messages.create

        async def call(number: int) -> object:
            answer = await create(**body_of(bench.protocol, number))
            return json.loads(answer.choices[0].message.content if speaks_openai else answer.content[0].text)

        yield call


@asynccontextmanager
async def floor(bench: Bench) -> AsyncIterator[Call]:
    """One call by our adapters' request path and nothing else: bytes in, bytes out, both parsed."""
    import httpx2
    import orjson

    from factory.providers.connection import Connections
    from factory.providers.endpoint import endpoint_of

    connections = Connections()
    connection = connections.to(endpoint_of(bench.member("bare")))
    speaks_openai = bench.protocol == "openai"
    url, timeout = connection.url("/chat/completions" if speaks_openai else "/v1/messages"), httpx2.Timeout(30)

    async def call(number: int) -> object:
        content = orjson.dumps(body_of(bench.protocol, number))
        response = await connection.client.post(url, cast_to=httpx2.Response, content=content, options={"timeout": timeout})
        body = orjson.loads(response.content)
        return orjson.loads(body["choices"][0]["message"]["content"] if speaks_openai else body["content"][0]["text"])

    try:
        yield call
    finally:
        await connections.aclose()


def body_of(protocol: str, number: int) -> dict[str, Any]:
    said = [{"role": message.role, "content": message.text} for message in messages(str(number))]
    body: dict[str, Any] = {"model": "bare", "max_tokens": MAX_TOKENS}
    if protocol == "openai":
        schema = {"name": SCHEMA.name, "schema": SCHEMA.schema, "strict": True}
        return {**body, "messages": said, "response_format": {"type": "json_schema", "json_schema": schema}}
    output = {"format": {"type": "json_schema", "schema": SCHEMA.schema}}
    return {**body, "system": said[0]["content"], "messages": said[1:], "output_config": output}


async def drive(call: Call, calls: int, concurrency: int) -> None:
    """Make the calls with a pool of workers."""
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await call(number)

    await asyncio.gather(*(worker() for _ in range(concurrency)))


def retried(call: Call) -> Call:
    """The call again after a 429 or a 500, after what the server asks for, else the SDKs' backoff (0.5 s doubling to 8 s)."""

    async def patiently(number: int) -> object:
        for attempt in count():
            try:
                return await call(number)
            except Exception as exc:
                asked = exc.response.headers.get("retry-after")  # type: ignore[attr-defined]
                await asyncio.sleep(float(asked) if asked else min(0.5 * 2**attempt, 8.0) * random.uniform(0.75, 1.0))
        raise AssertionError("unreachable")

    return patiently


# --- measures: each makes its calls anew, on connections of its own, and returns seconds


async def loop_cpu_s(loop: Loop, bench: Bench, calls: int, concurrency: int) -> float:
    async with loop(bench) as call:
        began = time.process_time()
        await drive(call, calls, concurrency)
        return time.process_time() - began


async def bare_wall_s(bench: Bench, calls: int, concurrency: int, wrap: Callable[[Call], Call] = lambda call: call) -> float:
    async with bare(bench) as call:
        began = time.perf_counter()
        await drive(wrap(call), calls, concurrency)
        return time.perf_counter() - began


def our_cpu_s(bench: Bench, candidates: int, concurrency: int) -> float:
    with scratch_store() as store:
        return run_in_loop(bench.run(store, candidates, concurrency)).cpu_s


def our_wall_s(bench: Bench, candidates: int, concurrency: int) -> float:
    with scratch_store() as store:
        return run_in_loop(bench.run(store, candidates, concurrency)).wall_s


@dataclass
class Sizes:
    """CPU seconds of a small and of a large number of calls, a figure per round."""

    calls_between: int
    small: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)

    def ms_per_call(self, of_rounds: Callable[[list[float]], float]) -> float:
        return (of_rounds(self.large) - of_rounds(self.small)) / self.calls_between * 1000

    def each_ms_per_call(self) -> list[float]:
        return [(large - small) / self.calls_between * 1000 for small, large in zip(self.small, self.large, strict=True)]


def cpu(server: str, protocol: str, rounds: int) -> dict[str, float]:
    bench = Bench(protocol, f"{server}/0")
    measures: dict[str, Callable[[int], float]] = {
        "": lambda candidates: our_cpu_s(bench, candidates, 64),
        "bare_": lambda candidates: asyncio.run(loop_cpu_s(bare, bench, candidates * bench.calls, 64)),
        "floor_": lambda candidates: asyncio.run(loop_cpu_s(floor, bench, candidates * bench.calls, 64)),
    }
    found = {name: Sizes((LARGE - SMALL) * bench.calls) for name in measures}
    spun = []
    for number in range(rounds + 1):
        for name, measure in measures.items():
            spun.append(spin_s())
            small, large = measure(SMALL), measure(LARGE)
            # The first round loads what is loaded late.
            if number:
                found[name].small.append(small)
                found[name].large.append(large)
    figures = {f"{name}cpu_ms_per_call": sizes.ms_per_call(min) for name, sizes in found.items()}
    figures |= {f"median_{name}cpu_ms_per_call": sizes.ms_per_call(statistics.median) for name, sizes in found.items()}
    mine = found[""].each_ms_per_call()
    for ratio, name in (("overhead", "bare_"), ("over_floor", "floor_")):
        theirs = found[name].each_ms_per_call()
        figures[ratio] = statistics.median(our / their for our, their in zip(mine, theirs, strict=True))
    return {**figures, "slowest_over_quickest_spin": max(spun) / min(spun)}


def spin_s() -> float:
    """CPU seconds of a fixed piece of arithmetic: how quick the machine is at this moment."""
    began = time.process_time()
    for _ in range(10):
        sum(number * number % 7 for number in range(100_000))
    return time.process_time() - began


def efficiency(server: str, protocol: str, concurrency: int, rounds: int) -> dict[str, float]:
    bench = Bench(protocol, f"{server}/{LATENCY_MS}")
    ideal = WAVES * LATENCY_MS / 1000
    ours, base, connections = [], [], 0
    for _ in range(rounds):
        stats(server)
        ours.append(ideal / our_wall_s(bench, WAVES * concurrency // bench.calls, concurrency))
        connections = max(connections, stats(server)["most_connections"])
        base.append(ideal / asyncio.run(bare_wall_s(bench, WAVES * concurrency, concurrency)))
    return {
        f"efficiency_{concurrency}": statistics.median(ours),
        f"bare_efficiency_{concurrency}": statistics.median(base),
        f"connections_{concurrency}": connections,
    }


def fault_ratio(server: str, kind: str, rounds: int) -> float:
    """Our wall time for 500 calls with faults divided by the patient bare loop's; a candidate is one call here."""
    ratios = []
    for seed in range(rounds):
        bench = Bench("openai", f"{server}/{kind}-{seed}", calls=1)
        stats(server)
        ours = our_wall_s(bench, FAULT_CALLS, 64)
        stats(server)
        ratios.append(ours / asyncio.run(bare_wall_s(bench, FAULT_CALLS, 64, retried)))
    return statistics.median(ratios)


# --- whole processes


def startup_cpu_s(server: str, rounds: int) -> dict[str, float]:
    """CPU of `factory run` with models of both SDKs for one call, and of an interpreter that imports both SDKs.

    Both start from compiled modules, which pip writes as it installs: a checkout in an environment that sets
    PYTHONDONTWRITEBYTECODE would compile ours anew each time, and the SDKs' never.
    """
    spec = (ROOT / "recipes/ground_truth/specs/pharmacy.yaml").read_text()
    member = "{{model: {0}/{1}, family: {1}, base_url: '{2}', max_tokens: 512, price: {{input: 1, output: 4}}}}"
    author, oracle = (
        member.format(protocol, family, server + "/0" + path)
        for protocol, family, path in (("openai", "a", "/v1"), ("anthropic", "b", ""))
    )
    solver = author.replace("openai/a, family: a", "openai/c, family: c")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "spec.yaml").write_text(spec + "\nwithout: [novelty, counter, realism, gameability]\nrepairs: 0\n")
        (Path(folder) / "cast.yaml").write_text(f"author: {author}\noracle: {oracle}\nsolvers: [{solver}]\n")
        command = [
            "-c",
            "from scripts.cli import main; main()",
            "run",
            f"{folder}/spec.yaml",
            "--cast",
            f"{folder}/cast.yaml",
            "--attempts",
            "1",
        ]
        compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        compiled["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        ran, imported = [], []
        for number in range(rounds + 1):
            stats(server)
            store = f"sqlite:///{folder}/{number}.db"
            run_s = process_cpu_s(*command, "--budget", "1", "--store", store, "--json", environment=compiled)
            if stats(server)["requests"] != 1:
                raise RuntimeError("the run did not make its one call")
            import_s = process_cpu_s("-c", "import openai, anthropic", environment=compiled)
            # The first round compiles.
            if number:
                ran.append(run_s)
                imported.append(import_s)
    return {"startup_cpu_s": statistics.median(ran), "import_cpu_s": statistics.median(imported)}


def process_cpu_s(*arguments: str, environment: Mapping[str, str]) -> float:
    before = os.times()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def memory_growth_mb(server: str) -> float:
    command = [sys.executable, "-m", "scripts.bench_line", f"{server}/0"]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


# --- the server


def stats(server: str) -> dict[str, int]:
    """The server's counts since the last time it was asked."""
    import urllib.request

    with urllib.request.urlopen(f"{server}/stats", timeout=5) as response:
        counts: dict[str, int] = json.load(response)
    return counts


@contextmanager
def server_process() -> Iterator[str]:
    command = [sys.executable, "-m", "scripts.bench_server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def main(rounds: int, only: str | None) -> dict[str, Any]:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        os.environ[name] = "bench-key-0123456789"
    result: dict[str, Any] = {}
    with server_process() as server:
        for protocol in PROTOCOLS:
            if only in (None, protocol):
                result[protocol] = cpu(server, protocol, rounds)
                for concurrency in (64, 256):
                    result[protocol].update(efficiency(server, protocol, concurrency, rounds))
        if only in (None, "faults"):
            result["fault_ratio"] = fault_ratio(server, "hinted", rounds)
            result["fault_ratio_unhinted"] = fault_ratio(server, "faults", rounds)
        if only in (None, "process"):
            result["memory_growth_mb_5000"] = memory_growth_mb(server)
            result.update(startup_cpu_s(server, rounds))
    return result


def rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in value.items()}
    return round(value, 3) if isinstance(value, float) and math.isfinite(value) else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=(*PROTOCOLS, "faults", "process"))
    arguments = parser.parse_args()
    print(json.dumps(rounded(main(arguments.rounds, arguments.only)), indent=2))
