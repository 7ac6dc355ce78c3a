"""invariants: a reference does not contradict itself, nor let out private data. No other reference is needed to tell.

With `relations` it also stands as it must when its prompt is changed in a way whose effect on the answer is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from factory.errors import suggest
from factory.gate import Foreseen, GateContext, Outlook, error, hold, passed, repair
from factory.types import Finding, Item, Role
from gates.asking import check_share, wrong_setting
from gates.metamorphic import Related, related
from gates.properties import PROPERTIES, Pair, Violation
from gates.relations import RELATIONS, Case


@dataclass(frozen=True)
class Invariants:
    """What is held against the item's own prompt: its worked solution, and the answer that goes with it.

    input_field: the text given; output_fields: the texts made of it, each by itself; answer_field: the final answer ("" for
    none); properties: which of `gates/properties` must hold, by name. All fields are top-level texts of the payload;
    one that is absent, empty or no text is not checked.
    Reasons: those of the properties (`wrong_arithmetic`, `answer_differs`, `private_email`, ...); all are repairs.

    relations: which of `gates/relations` the reference must bear, none by default; they are tried once the properties hold.
    changed_field: a mapping that the payload may carry, from a relation to the answer to the prompt so changed: compared with
    no model. For a relation without one, every oracle of the cast answers the changed prompt once (so the gate needs the
    oracle role); relation_share: the share of their answers that must break the relation. That holds the item
    (`relation_broken`): an oracle that the change misleads breaks it too. A break that the payload itself shows, and a
    reference that is no answer of the kind asked for (`answer_unfit`: a yes/no question whose reference is neither), are
    repairs.
    """

    input_field: str = "prompt"
    output_fields: tuple[str, ...] = ("solution",)
    answer_field: str = "answer"
    properties: tuple[str, ...] = ("self_consistency", "pii_boundary")
    relations: tuple[str, ...] = ()
    changed_field: str = "changed_answers"
    relation_share: float = 2 / 3

    name: ClassVar[str] = "invariants"
    version: ClassVar[str] = "2"
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
        for name in self.relations:
            if name not in RELATIONS:
                raise wrong_setting(
                    "invariants", "relations", f"names {name!r}, which is none", suggest(name, tuple(RELATIONS))
                )
        check_share(self.name, "relation_share", self.relation_share)
        if self.relations and not self.answer_field:
            raise wrong_setting("invariants", "relations", "need an answer_field to start from", "Name the answer's field.")
        if self.relations:
            # An instance's own: only with relations does the gate ask anybody.
            object.__setattr__(self, "roles", (Role.ORACLE,))
        if not self.properties or not self.output_fields:
            raise wrong_setting(
                "invariants", "properties", "and output_fields must not be empty", "Leave the gate out with `without:`."
            )

    def foresee(self, outlook: Outlook) -> Foreseen:
        """At most one call of every oracle for each relation: how many apply to an item is the item's to say."""
        slots = range(len(outlook.members.get(Role.ORACLE, ())) if self.relations else 0)
        return Foreseen(tuple(outlook.ask(Role.ORACLE, slot, len(self.relations)) for slot in slots))

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
            told = f"The reference has {len(self.properties)} properties: {', '.join(self.properties)}."
            return await self._relate(item, context, given, answer, told) if self.relations else passed(told)
        listed = "; ".join(f"{field}: {violation.detail}" for field, _, violation in found)
        evidence = {
            "violations": [
                {"field": field, "property": name, "reason": each.reason, "detail": each.detail, "excerpt": each.excerpt}
                for field, name, each in found
            ]
        }
        return repair(found[0][2].reason, f"The reference is not in order: {listed}.", evidence=evidence)

    async def _relate(self, item: Item, context: GateContext, given: str, answer: str, told: str) -> Finding:
        carried = self._value(item.payload, self.changed_field)
        answers = {str(name): str(text) for name, text in carried.items()} if isinstance(carried, Mapping) else {}
        case = Case(given, self._text(item.payload, self.output_fields[0]), answer)
        tried = await related(
            item, context, self.relations, case, field=self.input_field, given=answers, share=self.relation_share
        )
        evidence = {"relations": [{**one.evidence, "verdict": one.verdict} for one in tried]}

        def named(verdict: str) -> list[Related]:
            return [one for one in tried if one.verdict == verdict]

        if unfit := named("unfit"):
            detail = f"{unfit[0].relation}: the reference {answer!r} is no answer of the kind that is asked for."
            return repair("answer_unfit", detail, evidence=evidence)
        if broken := named("broken"):
            detail = f"{broken[0].relation}: the item's own answer to the changed prompt does not go with its reference."
            return repair("relation_broken", detail, evidence=evidence)
        if doubted := named("doubted"):
            names = ", ".join(one.relation for one in doubted)
            return hold(
                "relation_broken", f"Answers to the changed prompt do not go with the reference: {names}.", evidence=evidence
            )
        if tried and len(named("unheard")) == len(tried):
            return error("oracle_unavailable", "no answer to a changed prompt came", evidence=evidence)
        return passed(f"{told} {len(named('holds'))} of {len(self.relations)} relations apply and hold.", evidence=evidence)

    def _text(self, payload: Any, name: str) -> str:
        value = self._value(payload, name)
        return value.strip() if isinstance(value, str) else ""

    def _value(self, payload: Any, name: str) -> Any:
        return payload.get(name) if isinstance(payload, Mapping) else getattr(payload, name, None)
