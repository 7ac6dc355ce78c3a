"""What is asked of a model and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import orjson

from factory.canonical import canonical_json, sha256_hex


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A part kept by content: sha256 (hex) of the bytes in the blob store, and their media type."""

    sha256: str
    media_type: str


Part = Text | BlobRef


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, role: Literal["system", "user", "assistant"], text: str) -> Message:
        return cls(role, (Text(text),))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True)
class ReplySchema:
    """A named JSON schema (draft 2020-12) that the reply must satisfy."""

    name: str
    schema: Mapping[str, Any]

    @cached_property
    def canonical(self) -> bytes:
        """The schema's canonical JSON: a few schemas serve every call of a job, so it is made once for each."""
        return canonical_json(self.schema)


@dataclass(frozen=True)
class ModelRequest:
    """One logical call.

    key: the call's identity without its job, so the same pull in another job samples the same stream; it is not part of the
    fingerprint. temperature and max_tokens are None where the cast leaves the provider's default.
    """

    model: str
    messages: tuple[Message, ...]
    key: str
    schema: ReplySchema | None = None
    temperature: float | None = None
    max_tokens: int | None = None

    @cached_property
    def body(self) -> bytes:
        """Everything the provider is asked, the key apart, as canonical JSON: what the journal keeps; None is left out."""
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": m.role, "parts": [{"text": p.text} if isinstance(p, Text) else _blob(p) for p in m.parts]}
                for m in self.messages
            ],
        }
        if self.schema is not None:
            asked["schema"] = {"name": self.schema.name, "schema": orjson.Fragment(self.schema.canonical)}
        if self.temperature is not None:
            asked["temperature"] = self.temperature
        if self.max_tokens is not None:
            asked["max_tokens"] = self.max_tokens
        return canonical_json(asked)

    @cached_property
    def fingerprint(self) -> str:
        """Hex SHA-256 of the body: compared when a journaled call is answered from the store."""
        return sha256_hex(self.body)


def _blob(part: BlobRef) -> dict[str, str]:
    return {"blob": part.sha256, "media_type": part.media_type}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider billed them; cached_tokens are the part of input_tokens read from its cache."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A complete, usable answer. data: the structured output, when a schema was asked for; it satisfies that schema.

    planted: what a rehearsal role hid in this reply. The journal keeps it and strips it: no gate and no lever ever sees it.
    """

    text: str
    data: Mapping[str, Any] | None = None
    finish_reason: str = "stop"
    usage: Usage | None = None
    served_model: str = ""
    request_id: str | None = None
    planted: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CallRef:
    """A receipt's pointer to a journaled call: its key, and digests of the request and of the answer."""

    key: str
    role: str
    request: str
    response: str
    seconds: float = field(default=0.0, compare=False)
    cost_nano_usd: int = field(default=0, compare=False)

    def core(self) -> list[str]:
        return [self.key, self.role, self.request, self.response]
