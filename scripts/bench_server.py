"""The server that `bench_calls.py` measures against: canned answers in both protocols from a raw asyncio protocol.

A path's first segment says how it behaves: a number is the latency in milliseconds; `faults-SEED` is a lognormal latency with
5 % of answers 429 and 1 % 500, drawn by seed and request number, so every run since `/stats` was asked meets the same;
`hinted-SEED` is that with `Retry-After: 1` on the 429s. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from typing import Any, Final

TEXT: Final = json.dumps({"answer": "42", "reasoning": "Six by seven is forty-two. " * 8})
_OPENAI: Final = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "bench",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT, "refusal": None}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 200, "completion_tokens": 60, "total_tokens": 260},
}
_ANTHROPIC: Final = {
    "id": "msg_bench",
    "type": "message",
    "role": "assistant",
    "model": "bench",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 200, "output_tokens": 60},
}


def _http(status: int, body: Any, more: str = "") -> bytes:
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nx-request-id: r\r\nrequest-id: r\r\n{more}"
    return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data


_ANSWERS: Final = {True: _http(200, _OPENAI), False: _http(200, _ANTHROPIC)}
_SLOW_DOWN: Final = {"error": {"type": "rate_limit_error", "message": "slow down"}}
_LIMITED: Final = {"faults": _http(429, _SLOW_DOWN), "hinted": _http(429, _SLOW_DOWN, "retry-after: 1\r\n")}
_BROKEN: Final = _http(500, {"error": {"type": "api_error", "message": "broke"}})


class Tally:
    def __init__(self) -> None:
        self.open = self.most = self.requests = 0
        self.faults: dict[str, random.Random] = {}

    def taken(self) -> bytes:
        """What was counted since the last time it was asked."""
        body = {"most_connections": self.most, "requests": self.requests}
        self.most, self.requests = self.open, 0
        self.faults.clear()
        return _http(200, body)


class Canned(asyncio.Protocol):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._counted = False

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.open -= self._counted

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        end = self._waiting.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._waiting[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._waiting) < end + 4 + size:
            return
        path = head.split(b" ", 2)[1].decode()
        self._waiting = self._waiting[end + 4 + size :]
        self._respond(path)

    def _respond(self, path: str) -> None:
        way = path.split("/")[1]
        if way == "stats":
            self._transport.write(self._tally.taken())
            return
        self._tally.requests += 1
        if not self._counted:
            self._counted = True
            self._tally.open += 1
            self._tally.most = max(self._tally.most, self._tally.open)
        answer = _ANSWERS["chat" in path]
        kind, dash, seed = way.partition("-")
        if dash:
            faults = self._tally.faults.setdefault(way, random.Random(seed))
            draw, wait = faults.random(), min(faults.lognormvariate(-2.0, 0.6), 1.5)
            answer = _LIMITED[kind] if draw < 0.05 else _BROKEN if draw < 0.06 else answer
        else:
            wait = int(way) / 1000
        if wait:
            asyncio.get_running_loop().call_later(wait, self._write, answer)
        else:
            self._transport.write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    tally = Tally()
    server = await loop.create_server(lambda: Canned(tally), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
