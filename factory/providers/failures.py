"""What a provider's refusal means: from a status, an error body and headers to one typed outcome.

The codes are those of the providers' error pages and SDKs (openai 3.54: `error.type`, `error.code`; anthropic 2.12:
`error.type`) and, for servers that only speak the protocol, of their messages. Three ends: a transient failure, which the
journal waits out; a terminal one, which says something of the item; ProviderUnusable, which stops the job with the fix.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from factory.errors import FailureKind, ModelFailure, ProviderUnusable
from factory.providers.endpoint import Endpoint
from factory.providers.secrets import Blotter

LONGEST_RETRY_AFTER_S: Final = 3600.0
_SHOWN: Final = 400

_QUOTA = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error", "insufficient_balance"}
)
_QUOTA_TEXT = re.compile(
    r"credit balance is too low|exceeded your current quota|insufficient (?:credits?|funds|balance|quota)|requires more credits"
    r"|plan and billing",
    re.I,
)
_FILTER = frozenset({"content_filter", "content_policy_violation", "responsibleaipolicyviolation", "moderation_blocked"})
_FILTER_TEXT = re.compile(
    r"content (?:management|filtering) policy|blocked by content filter|was flagged|input was flagged", re.I
)
_OVERFLOW = frozenset({"context_length_exceeded", "request_too_large", "string_above_max_length", "exceed_context_size_error"})
_OVERFLOW_TEXT = re.compile(
    r"maximum context length|prompt is too long|exceeds? (?:the )?(?:model'?s )?(?:available )?(?:maximum )?context"
    r"|context (?:length|window|size) (?:is |was )?exceeded|input length and `?max_tokens`? exceed|input is too long",
    re.I,
)
_TOO_LARGE_TEXT = re.compile(r"request too large\b.*\brequested\b", re.I | re.S)
_FORMAT_TEXT = re.compile(r"response[ _.]?format|json[ _]?(?:schema|mode|object)|structured[ _]output", re.I)
_MODEL = frozenset({"model_not_found", "model_not_available", "deploymentnotfound"})
# What an error body inside a 200 would have been as a status.
_STATUS_OF = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "rate_limited": 429,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "timeout_error": 504,
    "billing_error": 402,
    "invalid_request_error": 400,
}


class RequestRefused(ProviderUnusable):
    """The server turned the request itself away (400, 422 ...), not its key, its model or its account."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error body as read: its sentence, and the codes and types it names, in lower case."""

    message: str
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom and what was asked, for messages."""

    endpoint: Endpoint
    model: str

    @property
    def where(self) -> str:
        return f"{self.model} at {self.endpoint.host}"


def refusal(
    asked: Asked, status: int, headers: Mapping[str, str], body: bytes, request_id: str
) -> ModelFailure | ProviderUnusable:
    """The outcome of an answer whose status is not a success."""
    if 300 <= status < 400:
        target = urlsplit(headers.get("location", ""))
        return ProviderUnusable(
            f"the endpoint redirects (status {status}) to {shown(target.netloc or target.path) or 'nowhere'}",
            where=asked.where,
            fix="The key is not carried elsewhere. If that is the server you mean, set base_url to its address",
        )
    outcome = _classified(asked, status, read_problem(body), retry_after_s(headers), request_id, told=f"status {status}")
    if isinstance(outcome, ModelFailure):
        outcome.turned_away = True
    return outcome


def error_in_success(asked: Asked, error: Any, request_id: str, blotter: Blotter) -> ModelFailure | ProviderUnusable:
    """The outcome of a 200 whose body is an error: judged by its code as if it had come with the right status.

    blotter: takes the key's parts out of what the server says, for the body came as a good one.
    """
    problem = _problem(error)
    problem = replace(problem, message=blotter.text(problem.message))
    number = error.get("code") if isinstance(error, Mapping) else None
    status = number if isinstance(number, int) and 400 <= number < 600 else 500
    for code in sorted(problem.codes):
        status = _STATUS_OF.get(code, status)
    return _classified(asked, status, problem, None, request_id, told="status 200 with an error")


def read_problem(body: bytes) -> Problem:
    """The error body of either protocol, or of a gateway: JSON in several shapes, HTML, plain text, nothing."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("utf-8", "replace")
        title = re.search(r"<title>(.*?)</title>", text, re.I | re.S)
        return Problem(shown(title[1] if title else re.sub(r"<[^>]*>", " ", text)))
    if isinstance(data, Mapping):
        inner = data.get("error", data.get("detail", data))
        return _problem(data if inner is None else inner)
    return Problem(shown(str(data)))


def retry_after_s(headers: Mapping[str, str], *, now: Callable[[], float] = time.time) -> float | None:
    """The wait the provider asks for, in seconds, at most LONGEST_RETRY_AFTER_S; None when it says nothing usable.

    `retry-after-ms` (milliseconds) counts before `Retry-After` (seconds, or an HTTP date, RFC 9110 section 10.2.3).
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return min(milliseconds / 1000, LONGEST_RETRY_AFTER_S)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and text and not _is_number(text):
        try:
            seconds = max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now())
        except (ValueError, TypeError, OverflowError):
            return None
    return None if seconds is None else min(seconds, LONGEST_RETRY_AFTER_S)


def shown(text: str) -> str:
    """A foreign text fit for a message: one line, no control characters, bounded."""
    if len(text) <= _SHOWN and text.isprintable():
        return text.strip()
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _SHOWN]).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _classified(
    asked: Asked, status: int, problem: Problem, wait: float | None, request_id: str, *, told: str
) -> ModelFailure | ProviderUnusable:
    """status: what the problem amounts to; told: how the answer came, for messages."""
    unusable = _unusable(asked, status, problem, told)
    if unusable is not None:
        return unusable
    said = f": {problem.message}" if problem.message else ""
    kind = _kind(status, problem)
    return ModelFailure(kind, f"{told}{said}", request_id=request_id or None, retry_after_s=wait if kind.transient else None)


def _is_content_filter(status: int, problem: Problem) -> bool:
    return status in (400, 403, 422) and bool(problem.codes & _FILTER or _FILTER_TEXT.search(problem.message))


def _is_overflow(status: int, problem: Problem) -> bool:
    """A request too large to be answered ever, which OpenAI also tells as a 429: one larger than a whole minute's tokens."""
    if status == 429:
        return _TOO_LARGE_TEXT.search(problem.message) is not None
    return status == 413 or (status in (400, 422) and bool(problem.codes & _OVERFLOW or _OVERFLOW_TEXT.search(problem.message)))


def _kind(status: int, problem: Problem) -> FailureKind:
    if _is_content_filter(status, problem):
        return FailureKind.FILTERED
    if _is_overflow(status, problem):
        return FailureKind.CONTEXT_OVERFLOW
    if status == 429:
        return FailureKind.RATE_LIMITED
    if status in (503, 529) or "overloaded_error" in problem.codes:
        return FailureKind.OVERLOADED
    if status in (408, 504):
        return FailureKind.TIMEOUT
    return FailureKind.SERVER_ERROR


def _unusable(asked: Asked, status: int, problem: Problem, told: str) -> ProviderUnusable | None:
    """What no retry and no other item can change."""
    said = f" ({problem.message})" if problem.message else ""
    env = asked.endpoint.key_env
    if status == 402 or problem.codes & _QUOTA or (status in (400, 403, 429) and _QUOTA_TEXT.search(problem.message)):
        what, fix = "the account has no quota or credit left", "Check the plan and billing of the account the key belongs to"
    elif _is_content_filter(status, problem) or _is_overflow(status, problem):
        return None
    elif status == 401:
        what, fix = "the key was not accepted", f"Check the key in {env}"
    elif status == 403:
        what, fix = "the key may not use this model", f"Give the key in {env} access to the model, or name another in the cast"
    elif status == 404 or problem.codes & _MODEL:
        what = "there is no such model, or no such address"
        fix = f"Check the model's name in the cast, and base_url ({asked.endpoint.base_url})"
    elif 400 <= status < 500 and status not in (408, 409, 423, 425, 429):
        return RequestRefused(f"the request was refused with {told}{said}", where=asked.where, fix=_refused_fix(asked, problem))
    else:
        return None
    return ProviderUnusable(what + said, where=asked.where, fix=fix)


def _refused_fix(asked: Asked, problem: Problem) -> str:
    fix = "Change the option or the schema that it names in the cast or recipe"
    if asked.endpoint.provider != "openai" or not (_FORMAT_TEXT.search(problem.message) or not problem.message):
        return fix
    return (
        f"{fix}. A server that does not know this response_format takes `options: {{structured: json_object}}` "
        "or `{structured: none}`: `factory doctor` says which"
    )


def _problem(error: Any) -> Problem:
    if not isinstance(error, Mapping):
        return Problem(shown(error if isinstance(error, str) else str(error)))
    message = error.get("message") or error.get("msg") or error.get("detail") or ""
    codes = (error.get("type"), error.get("code"))
    return Problem(shown(str(message)), frozenset(code.lower() for code in codes if isinstance(code, str)))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str | None) -> float | None:
    """A non-negative finite number, or None."""
    if text is None or not _is_number(text):
        return None
    value = float(text)
    return value if math.isfinite(value) and value >= 0 else None
