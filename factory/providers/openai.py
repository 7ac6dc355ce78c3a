"""The OpenAI chat completions protocol, as OpenAI and the many servers that copy it speak it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from factory.errors import FailureKind
from factory.providers.attempt import Answer, Caller, Said, foreign, reply, text_of, tokens
from factory.providers.connection import Connection
from factory.providers.endpoint import provider_of
from factory.providers.failures import Asked
from factory.providers.options import STRUCTURED, settings_of
from factory.providers.schemas import OPENAI, WireSchemas
from factory.types import Member, ModelReply, ModelRequest, ReplySchema, Usage

# Servers that copy the protocol name a natural end in these ways, or not at all.
_FINISHED: Final = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", ""})
_UNFINISHED: Final = {
    "length": FailureKind.TRUNCATED,
    "max_tokens": FailureKind.TRUNCATED,
    "model_length": FailureKind.TRUNCATED,
    "content_filter": FailureKind.FILTERED,
    "safety": FailureKind.FILTERED,
    "tool_calls": FailureKind.MALFORMED,
    "function_call": FailureKind.MALFORMED,
}
# What stands before the schema where the server does not enforce it; a schema's own allowance of the budget's bound covers it.
INSTRUCTION: Final = (
    "Reply with one JSON object and nothing else: no words before or after it, no code fence. "
    "It must be valid under this JSON Schema:\n"
)
_FENCED: Final = re.compile(r"\s*```(?:json)?[ \t]*\n(.*?)\s*```\s*", re.I | re.S)


class OpenAIModel:
    """A member behind the chat completions protocol: one request per `complete`, every outcome typed.

    Raises from the constructor: BadInput for options that cannot be meant. member.options: `key_env`, and those of
    `CallSettings`; max_tokens_field is by default `max_completion_tokens` at OpenAI and `max_tokens` elsewhere.
    """

    def __init__(self, member: Member, connection: Connection) -> None:
        self.endpoint = connection.endpoint
        self._asked = Asked(connection.endpoint, member.model)
        self._name = provider_of(member)[1]
        settings = settings_of(member)
        self._extra = dict(settings.body or {})
        default = "max_completion_tokens" if connection.endpoint.official else "max_tokens"
        self._max_tokens_field = settings.max_tokens_field or default
        self._enforced, self._named = settings.structured == STRUCTURED[0], settings.structured != STRUCTURED[-1]
        self._formats = WireSchemas(_response_format if self._enforced else _any_object)
        self._caller = Caller(connection, self._asked, settings, path="/chat/completions", id_header="x-request-id")

    async def complete(self, request: ModelRequest) -> ModelReply:
        """One attempt. Raises ModelFailure, typed, with usage where it was billed; ProviderUnusable when no call can work."""
        body, request_id = await self._caller.send(self._body(request), request.key)
        answer = self._caller.answer(body, _usage(body.get("usage")), request_id)
        said = _said(answer)
        return reply(
            request, answer, said if self._enforced or request.schema is None else replace(said, text=_bare(said.text))
        )

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            **self._extra,
            "model": self._name,
            "messages": [{"role": m.role, "content": text_of(m, self._asked)} for m in request.messages],
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body[self._max_tokens_field] = request.max_tokens
        if request.schema is not None:
            if not self._enforced:
                body["messages"] = _instructed(body["messages"], request.schema)
            if self._named:
                body["response_format"] = self._formats.of(request.schema)
        return body


def _response_format(schema: ReplySchema) -> dict[str, Any]:
    """Strict, so that the server constrains what the model can write, where that leaves the schema's meaning whole."""
    strict = OPENAI.close(schema.schema)
    wire = {"name": schema.name, "schema": schema.schema if strict is None else strict, "strict": strict is not None}
    return {"type": "json_schema", "json_schema": wire}


def _any_object(schema: ReplySchema) -> dict[str, Any]:
    return {"type": "json_object"}


def _instructed(messages: list[dict[str, str]], schema: ReplySchema) -> list[dict[str, str]]:
    """The messages with the schema at the end of the system prompt, which is made where there is none."""
    asked = INSTRUCTION + schema.canonical.decode()
    if messages and messages[0]["role"] == "system":
        return [{"role": "system", "content": f"{messages[0]['content']}\n\n{asked}"}, *messages[1:]]
    return [{"role": "system", "content": asked}, *messages]


def _bare(text: str) -> str:
    """A reply without the code fence that is all there is around it: what models do that nothing constrains."""
    fenced = _FENCED.fullmatch(text)
    return fenced[1] if fenced else text


def _said(answer: Answer) -> Said:
    choices = answer.body.get("choices")
    if not isinstance(choices, list):
        raise foreign(answer, "no list of choices, so this is not a chat completion")
    if not choices:
        return Said("", FailureKind.MALFORMED, "the list of choices is empty")
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(message, Mapping):
        raise foreign(answer, "a choice without a message")
    text = _text(message.get("content"))
    reason = choice.get("finish_reason")
    refused = message.get("refusal")
    if isinstance(refused, str) and refused.strip():
        return Said(refused, FailureKind.REFUSED, "the model refused")
    known = reason if isinstance(reason, str) else None
    if reason is None or known in _FINISHED:
        return Said(text)
    kind = _UNFINISHED.get(known or "")
    if kind is None:
        raise foreign(answer, f"it ended with the unknown reason {reason!r}"[:120])
    return Said(text, kind, f"the model stopped with finish_reason {reason}")


def _text(content: Any) -> str:
    """A message's text; some servers send it as a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _usage(usage: Any) -> Usage | None:
    """None where the server counted nothing, or nonsense: the budget then settles at the full reservation."""
    if not isinstance(usage, Mapping):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    counts = (tokens(usage.get("prompt_tokens")), tokens(usage.get("completion_tokens")), tokens(cached or 0))
    match counts:
        case (int() as read, int() as written, int() as known) if known <= read:
            return Usage(read, written, known)
    return None
