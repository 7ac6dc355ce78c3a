"""What a cast says of a member's calls under `options`: checked when the cast is read, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from factory.errors import BadInput, suggest
from factory.providers.endpoint import provider_of
from factory.types import Member

DEADLINE_S: Final = 600.0
IDLE_S: Final = 60.0
# How a server is asked to keep a reply's schema, the strongest way first.
STRUCTURED: Final = ("json_schema", "json_object", "none")

_BOUND = "Give the member `max_tokens` instead: it is what --budget reserves for"
_ONE = "A call asks for one answer; where several are wanted, the factory asks again (`votes`)"
_EXTRA = "Leave it out: what it adds to the bill is in no token count, so --budget could not hold"
_TARIFF = "Leave it out: it changes the price per token, so --budget could not hold"
_OURS = "Leave it out: the factory writes it itself"
# Request fields that are not the cast's to set, with what to do instead. A worst case holds one answer of at most max_tokens at
# the listed price; these are the fields by which OpenAI, Anthropic and servers and gateways that copy them bill more than that.
_REFUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("model", "messages", "system", "stream", "stream_options", "background", "extra_body"), _OURS),
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "n_predict"), _BOUND),
    **dict.fromkeys(("n", "best_of", "num_return_sequences", "use_beam_search", "candidate_count"), _ONE),
    **dict.fromkeys(("tools", "tool_choice", "functions", "function_call", "mcp_servers", "container", "plugins"), _EXTRA),
    **dict.fromkeys(("web_search_options", "search_parameters", "enable_search", "search_options"), _EXTRA),
    **dict.fromkeys(("modalities", "audio", "prediction", "context_management"), _EXTRA),
    **dict.fromkeys(("service_tier", "speed", "inference_geo", "cache_control"), _TARIFF),
    **dict.fromkeys(("models", "fallbacks", "route", "provider"), _TARIFF),
}
_EVERYWHERE: Final = ("key_env", "deadline_s", "idle_s", "body")
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": (*_EVERYWHERE, "max_tokens_field", "structured"),
    "anthropic": _EVERYWHERE,
}


@dataclass(frozen=True, slots=True)
class CallSettings:
    """How long one attempt may take, in seconds, and what else the member wants said.

    deadline_s: from sending to the last byte. idle_s: silence between two parts of an answer that has begun. Before an answer
    begins silence is the model at work, so only the deadline bounds it. max_tokens_field: under which name an OpenAI-compatible
    server takes the bound. body: fields put into each request as they are; none of them changes what a call may cost.
    structured: how an OpenAI-compatible server is told a reply's schema: `json_schema`, which it enforces; `json_object`, where
    it enforces JSON and the schema stands in the system prompt; `none`, where the prompt is all. The reply is checked anyway.
    """

    deadline_s: float = DEADLINE_S
    idle_s: float = IDLE_S
    max_tokens_field: str | None = None
    body: Mapping[str, Any] | None = None
    structured: str = STRUCTURED[0]


def settings_of(member: Member) -> CallSettings:
    """The member's call settings. Raises BadInput naming the option, for an unknown one too."""
    options, where = member.options, f"cast: {member.model}: options"
    known = _KNOWN[provider_of(member)[0]]
    for name in options:
        if name not in known:
            raise BadInput(f"unknown option {name!r}", where=where, fix=suggest(name, known))
    field = options.get("max_tokens_field")
    if field not in (None, "max_tokens", "max_completion_tokens"):
        raise BadInput(f"max_tokens_field is {field!r}", where=where, fix="Use max_tokens or max_completion_tokens")
    structured = options.get("structured", STRUCTURED[0])
    if structured not in STRUCTURED:
        raise BadInput(f"structured is {structured!r}", where=where, fix=f"Use one of {', '.join(STRUCTURED)}")
    return CallSettings(
        _seconds(options, "deadline_s", DEADLINE_S, where),
        _seconds(options, "idle_s", IDLE_S, where),
        field,
        _body(options.get("body"), where),
        structured,
    )


def _body(body: Any, where: str) -> Mapping[str, Any] | None:
    if body is None:
        return None
    if not isinstance(body, dict):
        raise BadInput("body is not a mapping of request fields", where=where, fix="For example `body: {top_p: 0.9}`")
    for name in body:
        if name in _REFUSED:
            raise BadInput(f"body may not set {name}", where=where, fix=_REFUSED[name])
    return body


def _seconds(options: Mapping[str, Any], name: str, default: float, where: str) -> float:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86_400:
        raise BadInput(f"{name} is {value!r}", where=where, fix="Give seconds, above 0 and at most 86400")
    return float(value)
