"""The graders' settings: one model per kind, told apart by `kind`, whose other fields are the grader's keyword arguments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from factory.graders.choice import fold

# YAML and JSON have lists only; a list is the natural spelling of a tuple there.
Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the grader's `grade`, as JSON values: what an export ships beside its source."""
        return self.model_dump(mode="json", by_alias=True, exclude={"kind", "seconds"})


class NumberSettings(_Settings):
    """A number with tolerance and unit.

    absolute, relative: tolerances, the wider one holds; units: accepted spellings of the unit, the first being the one shown;
    unit_required: an answer without a unit is wrong.
    """

    kind: Literal["number"]
    absolute: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    relative: float = Field(default=0.0, ge=0, lt=1, allow_inf_nan=False)
    units: Texts = ()
    unit_required: bool = False


class ExactSettings(_Settings):
    """A spelling. punctuation: what of it is ignored; separator: splits a reference into several accepted forms, "" for none;
    same: groups of spellings that count as one answer."""

    kind: Literal["exact"]
    ignore_case: bool = True
    punctuation: Literal["keep", "ends", "all"] = "ends"
    ignore_articles: bool = False
    separator: str = ""
    same: Annotated[tuple[Texts, ...], Field(strict=False)] = ()


class ChoiceSettings(_Settings):
    """An option. options: their texts in letter order; without them `letters` letters from A on."""

    kind: Literal["choice"]
    options: Texts = Field(default=(), max_length=26)
    letters: int = Field(default=5, ge=2, le=26)

    @field_validator("options")
    @classmethod
    def _distinct(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if len(options) == 1:
            raise ValueError("one option is no choice: give at least two, or none for letters only")
        if len({fold(option) for option in options}) < len(options):
            raise ValueError("two options read the same once case and punctuation are ignored")
        return options


class MathSettings(_Settings):
    """Mathematical equivalence. decimals: to which floats are compared; seconds: after which a comparison counts as failed."""

    kind: Literal["math"]
    decimals: int = Field(default=6, ge=0, le=15)
    seconds: float = Field(default=20.0, gt=0, le=600)


class JsonSchemaSettings(_Settings):
    """A JSON value. schema: what it must fit; match: whether it must also equal the reference; ordered: whether the order in
    arrays counts."""

    kind: Literal["json_schema"]
    form: dict[str, Any] = Field(alias="schema")
    match: Literal["equal", "schema"] = "equal"
    ordered: bool = True

    @field_validator("form")
    @classmethod
    def _valid(cls, form: dict[str, Any]) -> dict[str, Any]:
        from jsonschema.exceptions import SchemaError
        from jsonschema.validators import validator_for

        try:
            validator_for(form).check_schema(form)
        except SchemaError as why:
            raise ValueError(f"not a JSON schema: {why.message} at {why.json_path}") from None
        return form


GraderSettings = Annotated[
    NumberSettings | ExactSettings | ChoiceSettings | MathSettings | JsonSchemaSettings, Field(discriminator="kind")
]
