"""One attempt at one call, as both adapters make it: send the bytes, get one JSON object back, or a typed failure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx2
import orjson

from factory.errors import BadInput, FactoryError, FailureKind, ModelFailure
from factory.providers.connection import Connection
from factory.providers.failures import Asked, error_in_success, refusal, shown
from factory.providers.options import CallSettings
from factory.providers.secrets import Blotter
from factory.providers.structured import parse_structured
from factory.providers.transport import CONNECT_S, Faulted
from factory.types import BlobRef, Message, ModelReply, ModelRequest, Usage
from factory.types.cast import MOST_TOKENS

KEY_HEADER: Final = "X-Client-Request-Id"


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's JSON object, with what is recorded of it. usage is None where the provider's count makes no sense; blotter
    takes the key's parts out of what is told of it.
    """

    body: Mapping[str, Any]
    usage: Usage | None
    served_model: str
    request_id: str
    blotter: Blotter


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says once its protocol is peeled off: the text, or why there is none to use (a terminal failure)."""

    text: str
    failure: FailureKind | None = None
    detail: str = ""


class Caller:
    """Makes attempts for one cast member. path: below base_url; id_header: where the provider puts its request id."""

    def __init__(self, connection: Connection, asked: Asked, settings: CallSettings, *, path: str, id_header: str) -> None:
        self._connection = connection
        self._asked = asked
        self._name = asked.model.partition("/")[2]
        self._deadline_s = settings.deadline_s
        self._request: Any = connection.request_options.construct(
            method="post",
            url=connection.url(path),
            timeout=httpx2.Timeout(None, connect=CONNECT_S, read=settings.idle_s),
        )
        # Few names come back, each thousands of times.
        self._clean_name = lru_cache(maxsize=16)(connection.blotter.text)
        self._id_header = id_header

    async def send(self, body: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], str]:
        """One request on the wire: the answer's JSON object and the provider's request id.

        Raises ModelFailure or ProviderUnusable, with no SDK exception attached: those hold the request and so the key.
        """
        outcome: ModelFailure | FactoryError
        connection = self._connection
        payload = orjson.dumps(body)
        try:
            async with asyncio.timeout(self._deadline_s):
                # `request` with a raw response skips the SDK's parameter transform and model building: 0.45 ms of CPU a
                # call. The SDKs draw a random idempotency_key where none is given; no header carries it.
                given = {"content": payload, "headers": {KEY_HEADER: key}, "idempotency_key": key}
                response: httpx2.Response = await connection.client.request(
                    httpx2.Response, self._request.model_copy(update=given)
                )
        except TimeoutError:
            outcome = ModelFailure(FailureKind.TIMEOUT, f"no complete answer within the deadline of {self._deadline_s:g} s")
        except connection.status_error as exc:
            refused: httpx2.Response = exc.response
            request_id = name_of(refused.headers.get(self._id_header))
            outcome = refusal(self._asked, refused.status_code, refused.headers, refused.content, request_id)
        except connection.connection_error as exc:
            cause = exc.__cause__
            if not isinstance(cause, Faulted):
                raise
            outcome = cause.outcome
        else:
            return self._object(response)
        raise outcome

    def answer(self, body: Mapping[str, Any], usage: Usage | None, request_id: str) -> Answer:
        """What `send` gave, with what both protocols call by the same names. usage: as the adapter read it from the body."""
        served = name_of(body.get("model"))
        # The name that was asked for needs no look.
        if served != self._name:
            served = self._clean_name(served)
        return Answer(body, usage, served, request_id or self._id(body.get("id")), self._connection.blotter)

    def _id(self, value: Any) -> str:
        return self._connection.blotter.text(name_of(value))

    def _object(self, response: httpx2.Response) -> tuple[Mapping[str, Any], str]:
        request_id = self._id(response.headers.get(self._id_header))
        try:
            body = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            body = None
        if isinstance(body, dict) and body.get("error") is None:
            return body, request_id
        if isinstance(body, dict):
            raise error_in_success(self._asked, body["error"], request_id, self._connection.blotter)
        # Not the model's doing but a gateway's or a broken connection's: transient, so that it is no evidence about an item.
        media, said = (
            self._connection.blotter.text(shown(text))
            for text in (response.headers.get("content-type", "no content type"), response.text)
        )
        raise ModelFailure(
            FailureKind.SERVER_ERROR,
            f"malformed answer: status 200 with {media}, not a JSON object: {said[:120]!r}",
            request_id=request_id or None,
        )


def reply(request: ModelRequest, answer: Answer, said: Said) -> ModelReply:
    """The reply the rest of the factory sees. Raises the terminal ModelFailure of an unusable answer, with all it carried."""
    failure: ModelFailure
    if said.failure is not None:
        failure = ModelFailure(said.failure, said.detail, text=said.text)
    elif not said.text.strip():
        failure = ModelFailure(FailureKind.EMPTY, "the model sent no text", text=said.text)
    else:
        try:
            data = parse_structured(said.text, request.schema) if request.schema is not None else None
            return ModelReply(
                said.text, data, usage=answer.usage, served_model=answer.served_model, request_id=answer.request_id or None
            )
        except ModelFailure as exc:
            failure = ModelFailure(exc.kind, answer.blotter.text(exc.detail), text=exc.text)
    failure.usage, failure.served_model, failure.request_id = answer.usage, answer.served_model, answer.request_id or None
    raise failure


def foreign(answer: Answer, what: str) -> ModelFailure:
    """A JSON object that is not an answer of this protocol: the server's fault, so transient."""
    return ModelFailure(
        FailureKind.SERVER_ERROR,
        answer.blotter.text(f"malformed answer: {what}"),
        usage=answer.usage,
        served_model=answer.served_model,
        request_id=answer.request_id or None,
    )


def text_of(message: Message, asked: Asked) -> str:
    """A message's text. Raises BadInput for a part that is no text: the adapters cannot send blobs."""
    blob = next((part for part in message.parts if isinstance(part, BlobRef)), None)
    if blob is not None:
        raise BadInput(
            f"a prompt holds a part of type {blob.media_type}, and this adapter sends text only",
            where=asked.where,
            fix="Leave the part out of the recipe's prompt",
        )
    return message.text


def tokens(value: Any) -> int | None:
    """A token count that can be one, else None: above the most it is a fault of the server, not a bill."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None


def name_of(value: Any) -> str:
    return shown(value) if isinstance(value, str) else ""
