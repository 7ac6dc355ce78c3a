"""What the invariants gate holds of a reference under changes of its prompt: relations (`gates/relations`) as a check.

What a relation says of the answer is known from the reference. The answer to the changed prompt the payload gives itself, or
else an oracle does, who is shown the changed prompt and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from factory.errors import ModelFailure
from factory.gate import GateContext
from factory.ports import Seat
from factory.types import Item, Role
from gates.asking import reaches, shown, together
from gates.relations import RELATIONS, Case, Changed, Flipped, ScaledBy, to_json


@dataclass(frozen=True, slots=True)
class Related:
    """What came of one relation. verdict: holds, broken (known without a model), doubted (the oracles' answers break it),
    unfit (the reference is no answer of the kind that the relation needs) or unheard (no answer came that could be compared).
    """

    relation: str
    verdict: str
    evidence: Mapping[str, Any]


async def related(
    item: Item, context: GateContext, names: Sequence[str], case: Case, *, field: str, given: Mapping[str, str], share: float
) -> tuple[Related, ...]:
    """Every relation that applies to the case, in the order of `names`.

    field: of the payload, that holds the prompt; given: answers to changed prompts which the payload carries, by relation;
    share: of the oracles' answers that must break a relation for the reference to be doubted.
    """
    changed = {name: found for name in names if (found := RELATIONS[name](case)) is not None}
    return tuple(
        await together(
            _one(name, found, item, context, case.answer, field=field, given=given.get(name, ""), share=share)
            for name, found in changed.items()
        )
    )


async def _one(
    name: str, changed: Changed, item: Item, context: GateContext, answer: str, *, field: str, given: str, share: float
) -> Related:
    expected = changed.expected
    evidence: dict[str, Any] = {"relation": name, "what": changed.what, "changed": shown(changed.input)}
    evidence["expected"] = to_json(expected)
    if isinstance(expected, Flipped | ScaledBy) and expected.holds(answer, answer) is None:
        return Related(name, "unfit", evidence)
    if given:
        evidence["given"] = shown(given)
        return Related(name, "holds" if expected.holds(answer, given) else "broken", evidence)
    payload = _with(item.payload, field, changed.input)

    async def ask(seat: Seat) -> str | None:
        messages, schema = context.task.question(payload, context.spec, Role.ORACLE)
        try:
            return context.task.answer(await seat.ask(messages, purpose=f"relation.{name}", schema=schema)).text
        except ModelFailure:
            return None

    said = await together(ask(seat) for seat in context.seats(Role.ORACLE))
    held = [None if text is None or not text.strip() else expected.holds(answer, text) for text in said]
    evidence["answers"] = [
        {"slot": slot, "answer": shown(text or ""), "holds": holds}
        for slot, (text, holds) in enumerate(zip(said, held, strict=True))
    ]
    came = [holds for holds in held if holds is not None]
    if not came:
        return Related(name, "unheard", evidence)
    return Related(name, "doubted" if reaches(came.count(False), len(came), share) else "holds", evidence)


def _with(payload: Any, field: str, text: str) -> Any:
    """The payload with another prompt."""
    if isinstance(payload, BaseModel):
        return payload.model_copy(update={field: text})
    if isinstance(payload, Mapping):
        return {**payload, field: text}
    return dataclasses.replace(payload, **{field: text})
