"""The Anthropic messages protocol.

Structured output: the SDK (2.12.0, `types/json_output_format_param.py`, taken by `messages.create` outside beta) carries it as
`output_config.format`, which constrains what the model can write, so that is used wherever the schema qualifies. Its grammar
closes every object and knows no recursion (`lib/_parse/_transform.py`); for a schema that would lose its meaning by that, the
reply is asked for as the input of a forced tool call, which takes any schema.

The SDK's `messages.create` refuses, before sending, a max_tokens it guesses to take over ten minutes without streaming. The
request path used here does not guess: the attempt's deadline bounds the time, and max_tokens only bounds the reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from factory.errors import FailureKind
from factory.providers.attempt import Answer, Caller, Said, foreign, reply, text_of, tokens
from factory.providers.connection import Connection
from factory.providers.endpoint import provider_of
from factory.providers.failures import Asked
from factory.providers.options import settings_of
from factory.providers.schemas import ANTHROPIC, WireSchemas
from factory.types import Member, ModelReply, ModelRequest, ReplySchema, Usage

# The protocol demands a bound; the cast's max_tokens replaces this one.
DEFAULT_MAX_TOKENS: Final = 4096

_FINISHED: Final = frozenset({"end_turn", "stop_sequence", "tool_use"})
_UNFINISHED: Final = {
    "max_tokens": FailureKind.TRUNCATED,
    "refusal": FailureKind.REFUSED,
    "model_context_window_exceeded": FailureKind.CONTEXT_OVERFLOW,
}


class AnthropicModel:
    """A member behind the messages protocol: one request per `complete`, every outcome typed.

    Raises from the constructor: BadInput for options that cannot be meant. member.options: `key_env`, and those of
    `CallSettings` except max_tokens_field.
    """

    def __init__(self, member: Member, connection: Connection) -> None:
        self.endpoint = connection.endpoint
        self._asked = Asked(connection.endpoint, member.model)
        self._name = provider_of(member)[1]
        settings = settings_of(member)
        self._extra = dict(settings.body or {})
        self._formats = WireSchemas(_structured_fields)
        self._caller = Caller(connection, self._asked, settings, path="/v1/messages", id_header="request-id")

    async def complete(self, request: ModelRequest) -> ModelReply:
        """One attempt. Raises ModelFailure, typed, with usage where it was billed; ProviderUnusable when no call can work."""
        body, request_id = await self._caller.send(self._body(request), request.key)
        answer = self._caller.answer(body, _usage(body.get("usage")), request_id)
        return reply(request, answer, _said(answer))

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            **self._extra,
            "model": self._name,
            "max_tokens": request.max_tokens if request.max_tokens is not None else DEFAULT_MAX_TOKENS,
            "messages": [{"role": m.role, "content": text_of(m, self._asked)} for m in request.messages if m.role != "system"],
        }
        system = [text_of(m, self._asked) for m in request.messages if m.role == "system"]
        if system:
            body["system"] = "\n\n".join(system)
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.schema is not None:
            fields = self._formats.of(request.schema)
            if "output_config" in fields and "output_config" in body:
                fields = {"output_config": {**body["output_config"], **fields["output_config"]}}
            body.update(fields)
        return body


def _structured_fields(schema: ReplySchema) -> dict[str, Any]:
    closed = ANTHROPIC.close(schema.schema)
    if closed is not None:
        return {"output_config": {"format": {"type": "json_schema", "schema": closed}}}
    tool = {"name": schema.name, "description": "Takes the reply.", "input_schema": schema.schema}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": schema.name, "disable_parallel_tool_use": True}}


def _said(answer: Answer) -> Said:
    blocks = answer.body.get("content")
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        raise foreign(answer, "no list of content blocks, so this is not a message")
    reason = answer.body.get("stop_reason")
    text = _text(blocks)
    known = reason if isinstance(reason, str) else ""
    if known in _FINISHED:
        return Said(text)
    kind = _UNFINISHED.get(known)
    if kind is None:
        # A stop_reason of null belongs to a message still being written: what came is not known to be whole.
        raise foreign(answer, f"it ended with the unknown stop_reason {reason!r}"[:120])
    return Said(text, kind, f"the model stopped with stop_reason {reason}")


def _text(blocks: list[Any]) -> str:
    """The text blocks joined, or the forced tool's input as JSON."""
    called = next((block.get("input") for block in blocks if block.get("type") == "tool_use"), None)
    if isinstance(called, Mapping):
        return orjson.dumps(called).decode()
    parts = (block.get("text") for block in blocks if block.get("type") == "text")
    return "".join(part for part in parts if isinstance(part, str))


def _usage(usage: Any) -> Usage | None:
    """None where the server counted nothing, or nonsense. The provider counts what it read from or wrote to its cache apart
    from input_tokens; `Usage.input_tokens` is all three.
    """
    if not isinstance(usage, Mapping):
        return None
    fresh, written = tokens(usage.get("input_tokens")), tokens(usage.get("output_tokens"))
    cached, stored = tokens(usage.get("cache_read_input_tokens") or 0), tokens(usage.get("cache_creation_input_tokens") or 0)
    if fresh is None or written is None or cached is None or stored is None:
        return None
    return Usage(fresh + cached + stored, written, cached)
