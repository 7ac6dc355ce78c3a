"""invariants: a reference does not contradict itself, nor let out private data. No other reference is needed to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from factory.errors import suggest
from factory.gate import GateContext, passed, repair
from factory.types import Finding, Item, Role
from gates.asking import wrong_setting
from gates.properties import PROPERTIES, Pair, Violation


@dataclass(frozen=True)
class Invariants:
    """What is held against the item's own prompt: its worked solution, and the answer that goes with it.

    input_field: the text given; output_fields: the texts made of it, each by itself; answer_field: the final answer ("" for
    none); properties: which of `gates/properties` must hold, by name. All fields are top-level texts of the payload;
    one that is absent, empty or no text is not checked.
    Reasons: those of the properties (`wrong_arithmetic`, `answer_differs`, `private_email`, ...); all are repairs.
    """

    input_field: str = "prompt"
    output_fields: tuple[str, ...] = ("solution",)
    answer_field: str = "answer"
    properties: tuple[str, ...] = ("self_consistency", "pii_boundary")

    name: ClassVar[str] = "invariants"
    version: ClassVar[str] = "1"
    claim: ClassVar[str] = "the reference does not contradict itself, and holds no private data that the prompt does not"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in self.properties:
            if name not in PROPERTIES:
                raise wrong_setting(
                    "invariants", "properties", f"names {name!r}, which is none", suggest(name, tuple(PROPERTIES))
                )
        if not self.properties or not self.output_fields:
            raise wrong_setting(
                "invariants", "properties", "and output_fields must not be empty", "Leave the gate out with `without:`."
            )

    async def check(self, item: Item, context: GateContext) -> Finding:
        """A repair that names every violation, the first of them as its reason."""
        given = self._text(item.payload, self.input_field)
        answer = self._text(item.payload, self.answer_field) if self.answer_field else ""
        found: list[tuple[str, str, Violation]] = []
        for field in self.output_fields:
            output = self._text(item.payload, field)
            if output:
                pair = Pair(given, output, answer)
                found += [(field, name, violation) for name in self.properties for violation in PROPERTIES[name](pair)]
        if not found:
            return passed(f"The reference has {len(self.properties)} properties: {', '.join(self.properties)}.")
        listed = "; ".join(f"{field}: {violation.detail}" for field, _, violation in found)
        evidence = {
            "violations": [
                {"field": field, "property": name, "reason": each.reason, "detail": each.detail, "excerpt": each.excerpt}
                for field, name, each in found
            ]
        }
        return repair(found[0][2].reason, f"The reference is not in order: {listed}.", evidence=evidence)

    def _text(self, payload: Any, name: str) -> str:
        value = payload.get(name) if isinstance(payload, Mapping) else getattr(payload, name, None)
        return value.strip() if isinstance(value, str) else ""
