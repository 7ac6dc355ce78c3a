"""How a model server can misbehave: one entry per row of the fault matrix, each in both protocols.

A fault is named `name` or `name:argument`. It turns the good answer into what goes on the wire instead, and says whether the
model had done its work by then: a provider bills for that, whatever became of the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final

from factory.canonical import stream


class Manner(Enum):
    """How the bytes leave."""

    PLAIN = auto()
    DRIP = auto()
    SLOW_HEADERS = auto()
    STALL = auto()
    RESET = auto()
    RESET_MIDWAY = auto()
    EOF = auto()
    EOF_MIDWAY = auto()
    UNMARKED_EOF = auto()


@dataclass(frozen=True, slots=True)
class Wire:
    """An HTTP answer. pace_s: seconds between two bytes (DRIP, SLOW_HEADERS); billed: whether the model has worked for it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    manner: Manner = Manner.PLAIN
    pace_s: float = 0.0
    billed: bool = True


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and the good answer to it. protocol: "openai" or "anthropic"; authorization: the header as it came."""

    protocol: str
    answer: Mapping[str, Any]
    authorization: str = ""

    @property
    def openai(self) -> bool:
        return self.protocol == "openai"

    def good(self, **changes: Any) -> Wire:
        return Wire(200, json.dumps({**self.answer, **changes}, ensure_ascii=False).encode())

    def ended(self, openai: str, anthropic: str, *, keep: float = 1.0, refusal: str | None = None) -> Wire:
        """The good answer with another reason for its end, cut to a share of its text."""
        if self.openai:
            choice = self.answer["choices"][0]
            text = choice["message"]["content"]
            message = {**choice["message"], "content": text[: int(len(text) * keep)]}
            if refusal is not None:
                message |= {"content": None, "refusal": refusal}
            return self.good(choices=[{**choice, "message": message, "finish_reason": openai}])
        text = "".join(block.get("text", "") for block in self.answer["content"])
        kept = [{"type": "text", "text": refusal if refusal is not None else text[: int(len(text) * keep)]}]
        return self.good(content=kept, stop_reason=anthropic)

    def said(self, text: str) -> Wire:
        """The good answer with another text."""
        if self.openai:
            choice = self.answer["choices"][0]
            return self.good(choices=[{**choice, "message": {**choice["message"], "content": text}}])
        return self.good(content=[{"type": "text", "text": text}] if text else [])

    def counted(self, read: Any, written: Any) -> Wire:
        names = ("prompt_tokens", "completion_tokens") if self.openai else ("input_tokens", "output_tokens")
        return self.good(usage=dict(zip(names, (read, written), strict=True)))

    def counted_with_cache(self, read: int, cached: int) -> Wire:
        """All that was read, and the part of it that came from the provider's cache; anthropic counts its parts apart."""
        if self.openai:
            details = {"cached_tokens": cached}
            return self.good(usage={"prompt_tokens": read, "completion_tokens": 7, "prompt_tokens_details": details})
        parts = {"cache_read_input_tokens": cached, "cache_creation_input_tokens": 10, "output_tokens": 7}
        return self.good(usage={"input_tokens": read - cached - 10, **parts})

    def error_body(self, message: str, openai: tuple[str, str | None], anthropic: str) -> dict[str, Any]:
        if self.openai:
            return {"error": {"message": message, "type": openai[0], "code": openai[1], "param": None}}
        return {"type": "error", "error": {"type": anthropic, "message": message}, "request_id": "req_fault"}

    def error(self, status: int, message: str, openai: tuple[str, str | None], anthropic: str) -> Wire:
        return Wire(status, json.dumps(self.error_body(message, openai, anthropic)).encode(), billed=False)


HTML: Final = b"<!doctype html><html><head><title>Welcome to the gateway</title></head><body><p>Hello.</p></body></html>"


def _rate_limit(x: Exchange, argument: str) -> Wire:
    """argument: a header, `retry-after=7`; none without it."""
    wire = x.error(429, "Slow down.", ("requests", "rate_limit_exceeded"), "rate_limit_error")
    name, _, value = argument.partition("=")
    return replace(wire, headers={**wire.headers, name: value}) if name else wire


def _error_in_200(x: Exchange, argument: str) -> Wire:
    body = x.error_body("The backend fell over.", ("server_error", None), argument or "api_error")
    return Wire(200, json.dumps(body).encode(), billed=False)


def _echo_key(x: Exchange, argument: str) -> Wire:
    """What a careless server does: it quotes the credential in body and headers. argument: the status, or "filtered"."""
    if argument == "filtered":
        said = f"Blocked by content filtering policy for {x.authorization}"
        wire = x.error(400, said, ("", "content_filter"), "invalid_request_error")
    else:
        said = f"Bad credential {x.authorization}"
        wire = x.error(int(argument or 401), said, ("auth", "invalid_api_key"), "authentication_error")
    return replace(wire, headers={**wire.headers, "x-request-id": x.authorization, "request-id": x.authorization})


def _masked_key(x: Exchange, argument: str) -> Wire:
    """OpenAI's own way with a wrong key: its beginning and its end."""
    key = x.authorization.removeprefix("Bearer ")
    message = (
        f"Incorrect API key provided: {key[:8]}{'*' * 20}{key[-4:]}. You can find your API key at https://provider.example."
    )
    return x.error(401, message, ("invalid_request_error", "invalid_api_key"), "authentication_error")


def _key_in_200(x: Exchange, argument: str) -> Wire:
    """Parts of the key, or all of a short one, in an answer whose status is good. argument: where."""
    key = x.authorization.removeprefix("Bearer ")
    part = key[:20]
    match argument:
        case "error":
            body = x.error_body(f"Backend failed for key {key[:14]}{'*' * 12}{key[-8:]}", ("server_error", None), "api_error")
            return Wire(200, json.dumps(body).encode(), billed=False)
        case "html":
            return Wire(200, f"<html>bad key {part}... </html>".encode(), {"content-type": f"text/{part}"}, billed=False)
        case "ended":
            return x.ended(f"weird {part}", f"weird {part}")
        case "off_schema":
            return x.said(json.dumps({part: "asked for"}))
    wire = x.good(model=f"dice-{part}")
    return replace(wire, headers={**wire.headers, "x-request-id": f"req-{part}", "request-id": f"req-{part}"})


def _echo_key_escaped(x: Exchange, argument: str) -> Wire:
    """The same with every character of the credential as a JSON escape, which no encoder needs and any may write."""
    wire = _echo_key(replace(x, authorization="CREDENTIAL"), argument)
    escaped = "".join(f"\\u{ord(character):04x}" for character in x.authorization)
    return replace(wire, body=wire.body.replace(b"CREDENTIAL", escaped.encode()))


def _status(status: int, message: str, openai: tuple[str, str | None], anthropic: str) -> Callable[[Exchange, str], Wire]:
    return lambda x, argument: x.error(status, message, openai, anthropic)


def _manner(manner: Manner, pace: float = 0.0) -> Callable[[Exchange, str], Wire]:
    return lambda x, argument: replace(x.good(), manner=manner, pace_s=float(argument or pace))


def _gateway(status: int) -> Callable[[Exchange, str], Wire]:
    return lambda x, argument: Wire(status, HTML, {"content-type": "text/html"}, billed=False)


def _redirect(x: Exchange, argument: str) -> Wire:
    target = argument or "http://elsewhere.example/v1"
    return Wire(307, b"", {"location": target, "content-type": "text/plain"}, billed=False)


FAULTS: Final[Mapping[str, Callable[[Exchange, str], Wire]]] = {
    # the connection
    "drip": _manner(Manner.DRIP, 0.05),
    "slow_headers": _manner(Manner.SLOW_HEADERS, 0.05),
    "stall": _manner(Manner.STALL),
    "reset": lambda x, a: replace(x.good(), manner=Manner.RESET, billed=False),
    "reset_midway": _manner(Manner.RESET_MIDWAY),
    "eof": lambda x, a: replace(x.good(), manner=Manner.EOF, billed=False),
    "eof_midway": _manner(Manner.EOF_MIDWAY),
    "unmarked_eof": _manner(Manner.UNMARKED_EOF),
    # a body that is not the protocol's
    "html": lambda x, a: Wire(200, HTML, {"content-type": "text/html"}, billed=False),
    "error_in_200": _error_in_200,
    "not_an_answer": lambda x, a: Wire(200, b'{"status": "ok"}', billed=False),
    "a_list": lambda x, a: Wire(200, b"[1, 2]", billed=False),
    # what the model, or the server counting for it, did
    "length": lambda x, a: x.ended("length", "max_tokens", keep=0.5),
    "refusal": lambda x, a: x.ended("stop", "refusal", refusal="I will not help with that."),
    "content_filter": lambda x, a: (
        x.ended("content_filter", "", keep=0.3)
        if x.openai
        else x.error(400, "Output blocked by content filtering policy", ("", None), "invalid_request_error")
    ),
    "window_exceeded": lambda x, a: x.ended("model_length", "model_context_window_exceeded", keep=0.5),
    "no_finish": lambda x, a: x.ended("who_knows", "who_knows"),
    "no_choices": lambda x, a: x.good(**({"choices": []} if x.openai else {"content": []})),
    "no_text": lambda x, a: x.said(""),
    "malformed": lambda x, a: x.said('{"answer": '),
    "off_schema": lambda x, a: x.said('{"nothing": "asked for"}'),
    "usage_missing": lambda x, a: x.good(usage=None),
    "usage_negative": lambda x, a: x.counted(-5, 7),
    "usage_words": lambda x, a: x.counted("many", 7),
    "usage_absurd": lambda x, a: x.counted(10**18, 7),
    "usage_cached": lambda x, a: x.counted_with_cache(100, int(a or 60)),
    "other_model": lambda x, a: x.good(model=a or "something-else-2099"),
    # refusals by status
    "rate_limit": _rate_limit,
    "quota": _status(429, "You exceeded your current quota.", ("insufficient_quota", "insufficient_quota"), "billing_error"),
    "payment": _status(402, "Payment required.", ("billing", None), "billing_error"),
    "low_credit": _status(
        400, "Your credit balance is too low to access the API.", ("invalid_request_error", None), "invalid_request_error"
    ),
    "bad_key": _status(401, "Incorrect API key provided.", ("auth", "invalid_api_key"), "authentication_error"),
    "forbidden": _status(403, "Not for this key.", ("permission", None), "permission_error"),
    "no_model": _status(404, "The model does not exist.", ("invalid_request_error", "model_not_found"), "not_found_error"),
    "no_path": _gateway(404),
    "context": _status(
        400,
        "prompt is too long: 250000 tokens > 200000 maximum",
        ("invalid_request_error", "context_length_exceeded"),
        "invalid_request_error",
    ),
    "too_large": _status(413, "Request too large.", ("invalid_request_error", None), "request_too_large"),
    "bad_request": _status(400, "Unknown field 'x'.", ("invalid_request_error", None), "invalid_request_error"),
    # In DeepSeek's words.
    "no_format": _status(
        400, "This response_format type is unavailable now", ("invalid_request_error", None), "invalid_request_error"
    ),
    "request_timeout": _status(408, "Too slow.", ("timeout", None), "timeout_error"),
    "conflict": _status(409, "Busy with it.", ("conflict", None), "api_error"),
    "server_error": _status(500, "It broke.", ("server_error", None), "api_error"),
    "bad_gateway": _gateway(502),
    "unavailable": _status(503, "Overloaded.", ("server_error", None), "overloaded_error"),
    "gateway_timeout": _gateway(504),
    "overloaded": _status(529, "Overloaded.", ("overloaded", None), "overloaded_error"),
    "redirect": _redirect,
    "echo_key": _echo_key,
    "masked_key": _masked_key,
    "key_in_200": _key_in_200,
    "echo_key_escaped": _echo_key_escaped,
}  # fmt: skip


def spoil(fault: str, exchange: Exchange) -> Wire:
    """The wire form of an answer under a fault; "" is no fault."""
    name, _, argument = fault.partition(":")
    return FAULTS[name](exchange, argument) if name else exchange.good()


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Which request meets which fault.

    script: the faults of the first requests in order of arrival, "" for none. rates: afterwards, each fault's share of
    requests; drawn from (seed, the request's key, how often that key came), so timing and concurrency change nothing.
    """

    script: Sequence[str] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = {name.partition(":")[0] for name in (*self.script, *self.rates)} - FAULTS.keys() - {""}
        assert not unknown, f"no such fault: {unknown}"

    def fault(self, arrival: int, key: str, attempt: int) -> str:
        if arrival < len(self.script):
            return self.script[arrival]
        draw = stream("fault", self.seed, key, attempt).random()
        for name, rate in self.rates.items():
            if draw < rate:
                return name
            draw -= rate
        return ""
