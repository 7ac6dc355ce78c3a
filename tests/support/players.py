"""Rehearsal roles small enough to see through: what the model server plays in these tests."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from factory.ports import Played, RolePlayer
from factory.types import Message, ModelRequest, ReplySchema

SCHEMA = ReplySchema(
    "answer",
    {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"], "additionalProperties": False},
)
ASK = (Message.of("system", "Answer as JSON."), Message.of("user", "Which number?"))


class Dice:
    """Answers with a number drawn from the stream, and sometimes with something that is no JSON."""

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        if rng.random() < options.get("malformed", 0.0):
            return Played('{"answer": ', {"kind": "malformed"})
        seen = "+".join(message.role for message in request.messages)
        text = f"{seen} {rng.randrange(10**6)} é"
        return Played(json.dumps({"answer": text}, ensure_ascii=False) if request.schema is not None else text)


class Echo:
    """Answers with the last message."""

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        return Played(request.messages[-1].text)


class Ready:
    """Answers what `factory doctor` asks for."""

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        return Played('{"ready": true}')


def roles() -> Mapping[str, RolePlayer]:
    return {"dice": Dice(), "echo": Echo(), "ready": Ready()}
