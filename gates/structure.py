"""structure: a candidate is well-formed and complete, judged from its text alone and without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from factory.errors import BadInput
from factory.gate import Foreseen, GateContext, Outlook, passed, repair
from factory.types import Finding, Item, Role
from gates.prose.form import asks, broken_end, control_character, cut_sum, markup, placeholder
from gates.prose.language import foreign_question, mismatch, primary_language
from gates.prose.leak import Leak, leak

ANSWER_IN_PROMPT = "answer_value_in_prompt"
# A guess for an author nobody has measured yet: the share of its items that need a second version.
REPAIRS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing an author can put right. reason: a stable slug; detail: a clause for a sentence about the prompt."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Structure:
    """The payload fits its schema, and its prompt is a finished text in the spec's language that asks for something and does
    not give its answer away.

    prompt_field, answer_field: top-level text fields of the payload ("" for no answer); further_fields: others that hold text,
    or nothing; min_chars, max_chars: the prompt's length without outer white space; must_ask: whether it has to hold a question
    or an order. Reasons: malformed, no_prompt, no_answer, control_characters, too_short, too_long, placeholder, markup,
    truncated, wrong_language, no_question, answer_in_prompt, further_field; all are repairs.
    """

    prompt_field: str = "prompt"
    answer_field: str = "answer"
    further_fields: tuple[str, ...] = ()
    min_chars: int = 20
    max_chars: int = 8000
    must_ask: bool = True

    name: ClassVar[str] = "structure"
    version: ClassVar[str] = "3"
    claim: ClassVar[str] = "the item is well-formed, complete, in its language, and does not give its answer away"
    reads: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = ()
    takes_raw: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.min_chars <= self.max_chars:
            raise BadInput(
                f"structure: min_chars {self.min_chars} and max_chars {self.max_chars} leave no length",
                fix="Set 0 <= min_chars <= max_chars.",
            )

    def foresee(self, outlook: Outlook) -> Foreseen:
        return Foreseen(repairs=REPAIRS)

    async def check(self, item: Item, context: GateContext) -> Finding:
        """A repair naming every defect found, the first of them as its reason; else a pass, flagged when the prompt happens to
        hold the answer's value in a neutral place.
        """
        if item.payload is None:
            return repair("malformed", f"The item does not fit its schema: {item.unfit or 'no reason was given'}.")
        prompt = self._text(item.payload, self.prompt_field)
        answer = self._text(item.payload, self.answer_field) if self.answer_field else None
        if prompt is None:
            return repair("no_prompt", f"The item has no text in its field {self.prompt_field!r}.")
        prompt = prompt.strip()
        # An overlong text is not read further: the searches below are meant for prompts, not for books.
        given = leak(prompt, answer or "") if len(prompt) <= self.max_chars else None
        defects = [*self._defects(prompt, answer, given, context.spec.language), *self._elsewhere(item.payload)]
        if defects:
            first = defects[0]
            listed = "; ".join(defect.detail for defect in defects)
            evidence = {"defects": [{"reason": defect.reason, "detail": defect.detail} for defect in defects]}
            return repair(first.reason, f"The item is not in order: {listed}.", evidence=evidence)
        if given is not None and given.mentioned:
            return passed(
                "The prompt is in order; it mentions the answer's value, not as the answer.",
                evidence={"mention": given.excerpt},
                flags=(ANSWER_IN_PROMPT,),
            )
        return passed("The prompt is in order.")

    def _text(self, payload: Any, name: str) -> str | None:
        """A field's text; numbers as JSON writes them; None for a field that is absent, empty or a structure."""
        value = payload.get(name) if isinstance(payload, Mapping) else getattr(payload, name, None)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        return value if isinstance(value, str) and value.strip() else None

    def _defects(self, prompt: str, answer: str | None, given: Leak | None, language: str) -> Iterator[Defect]:
        if self.answer_field and answer is None:
            yield Defect("no_answer", f"the field {self.answer_field!r} holds no text")
        length = len(prompt)
        if given is None:
            yield Defect("too_long", f"it has {length} characters, at most {self.max_chars} are wanted")
            return
        if length < self.min_chars:
            yield Defect("too_short", f"it has {length} characters, at least {self.min_chars} are wanted")
        if control := control_character(prompt) or control_character(answer or ""):
            yield Defect("control_characters", f"it holds the character {control}, which is no text")
        if slot := placeholder(prompt) or placeholder(answer or ""):
            yield Defect("placeholder", f"it still holds the placeholder {slot!r}")
        if markup_left := markup(prompt):
            yield Defect("markup", f"it holds {markup_left!r}, which is markup and no text")
        if broken := broken_end(prompt):
            yield Defect("truncated", f"it seems broken off: {broken}")
        if other := mismatch(prompt, language) or foreign_question(prompt, language):
            yield Defect("wrong_language", f"it is not in the language {language!r}: {other}")
        # Orders are known in English only; elsewhere a question mark is no reason to send a text back.
        elif self.must_ask and primary_language(language) == "en" and not asks(prompt):
            yield Defect("no_question", "it neither asks nor orders anything")
        if given.given_away:
            yield Defect("answer_in_prompt", f"it gives its answer away: {given.excerpt!r}")

    def _elsewhere(self, payload: Any) -> Iterator[Defect]:
        """What is wrong with the further fields; one that is absent or empty holds nothing, and is in order."""
        for name in self.further_fields:
            text = payload.get(name) if isinstance(payload, Mapping) else getattr(payload, name, None)
            if not isinstance(text, str) or not text:
                continue
            text = text[-self.max_chars :]
            if not text.strip():
                yield Defect("further_field", f"its field {name!r} holds white space only")
            elif control := control_character(text):
                yield Defect("further_field", f"its field {name!r} holds the character {control}, which is no text")
            elif slot := placeholder(text):
                yield Defect("further_field", f"its field {name!r} still holds the placeholder {slot!r}")
            elif cut_sum(text):
                yield Defect("further_field", f"its field {name!r} seems broken off: it ends with {text.rstrip()[-1]!r}")
