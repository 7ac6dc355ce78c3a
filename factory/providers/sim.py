"""Rehearsal models: in-process stand-ins behind the same protocol as the real providers.

A sim samples from a stream named by the call's key alone, so the same pull answers the same in any job, process and order.
What it planted leaves with the reply for the journal to strip; nothing else here knows of it.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import orjson

from factory.canonical import stream
from factory.errors import BadInput, ModelFailure
from factory.ports import RolePlayer
from factory.providers.structured import parse_structured
from factory.types import Member, ModelReply, ModelRequest, Usage


class SimModel:
    """One rehearsal role of one recipe.

    member.options: whatever the role reads (`options` here), and `delay_ms: [low, high]`, a random wait before each answer
    (timing only: it draws from the system's randomness, so a result that depended on it would differ from run to run).
    log: a file that receives a line per answered call, appended before the answer leaves: the rehearsal's own meter of what
    a provider would have billed.
    """

    def __init__(self, player: RolePlayer, member: Member, *, log: Path | None = None) -> None:
        self._player = player
        self._member = member
        self.options = {key: value for key, value in member.options.items() if key != "delay_ms"}
        self._delay = _delay(member.options.get("delay_ms", (0, 0)))
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if log is not None else None

    async def complete(self, request: ModelRequest) -> ModelReply:
        low, high = self._delay
        if high > 0:
            await asyncio.sleep(random.uniform(low, high) / 1000)
        played = self._player.play(request, self.options, stream("sim", request.key))
        if self._log is not None:
            os.write(self._log, orjson.dumps({"key": request.key, "model": request.model}) + b"\n")
        usage = Usage(_tokens(sum(len(m.text) for m in request.messages)), _tokens(len(played.text)))
        if request.schema is None:
            return ModelReply(played.text, None, usage=usage, served_model=request.model, planted=played.planted)
        try:
            data = parse_structured(played.text, request.schema)
        except ModelFailure as failure:
            failure.usage, failure.served_model, failure.planted = usage, request.model, played.planted
            raise
        return ModelReply(played.text, data, usage=usage, served_model=request.model, planted=played.planted)


def _delay(setting: Any) -> tuple[float, float]:
    match setting:
        case [int() | float() as low, int() | float() as high] if 0 <= low <= high:
            return float(low), float(high)
    raise BadInput(f"delay_ms is {setting!r}", where="cast: options", fix="Give two milliseconds, low then high: [0, 50]")


def _tokens(characters: int) -> int:
    """A rehearsal's token count: four characters each, the rule of thumb for English; no sim is billed by it."""
    return (characters + 3) // 4
