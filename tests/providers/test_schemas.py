"""The schema on the wire: closed for the provider, and nothing the recipe allows made unsayable."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict

from factory.providers.schemas import ANTHROPIC, OPENAI, Dialect

TEXT = {"type": "string"}


def obj(properties: dict[str, Any], required: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required, **more}


def test_an_object_is_closed() -> None:
    closed = OPENAI.close(obj({"a": TEXT}))
    assert closed == {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": False}


def test_a_default_lets_a_property_be_required() -> None:
    schema = obj({"a": TEXT, "b": {"type": "integer", "default": 3}}, ["a"])
    closed = OPENAI.close(schema)
    assert closed is not None and closed["required"] == ["a", "b"] and "default" not in closed["properties"]["b"]
    kept = ANTHROPIC.close(schema)
    assert kept is not None and kept["required"] == ["a"]


def test_an_absence_that_means_something_is_not_taken_away() -> None:
    schema = obj({"a": TEXT, "b": TEXT}, ["a"])
    assert OPENAI.close(schema) is None
    assert ANTHROPIC.close(schema) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        obj({"a": TEXT}, additionalProperties=True),
        obj({"a": {"type": "object"}}),
        obj({"a": TEXT}, patternProperties={"^x": TEXT}),
        obj({"a": {"allOf": [TEXT, {"minLength": 2}]}}),
        obj({"a": {"not": TEXT}}),
        obj({"a": {}}),
        obj({"a": True}),
        {"type": "array", "items": TEXT},
        {"anyOf": [obj({"a": TEXT})]},
    ],
)
def test_what_cannot_be_closed_without_loss_is_left_as_it_is(schema: dict[str, Any]) -> None:
    assert OPENAI.close(schema) is None and ANTHROPIC.close(schema) is None


def test_what_a_provider_cannot_enforce_becomes_a_hint() -> None:
    schema = obj({"a": {"type": "string", "minLength": 2, "pattern": "^x", "description": "A word."}})
    openai, anthropic = OPENAI.close(schema), ANTHROPIC.close(schema)
    assert openai is not None and anthropic is not None
    assert openai["properties"]["a"] == {"type": "string", "pattern": "^x", "description": "A word. (minLength: 2)"}
    assert anthropic["properties"]["a"] == {"type": "string", "description": "A word. (minLength: 2, pattern: ^x)"}


def test_recursion_is_for_openai_alone() -> None:
    node = {"$ref": "#/$defs/node"}
    schema = {**obj({"tree": node}), "$defs": {"node": obj({"next": node})}}
    assert OPENAI.close(schema) is not None and ANTHROPIC.close(schema) is None


def test_a_reference_stands_alone() -> None:
    schema = {**obj({"a": {"$ref": "#/$defs/t", "description": "The first."}}), "$defs": {"t": TEXT}}
    closed = OPENAI.close(schema)
    assert closed is not None
    assert closed["properties"]["a"] == {"description": "The first.", "anyOf": [{"$ref": "#/$defs/t"}]}
    assert OPENAI.close({**schema, "properties": {"a": {"$ref": "#/$defs/t", "enum": ["x"]}}}) is None


def test_a_pydantic_payload_qualifies() -> None:
    class Part(BaseModel):
        model_config = ConfigDict(extra="forbid")
        text: str
        weight: float = 1.0

    class Payload(BaseModel):
        model_config = ConfigDict(extra="forbid")
        prompt: str
        parts: tuple[Part, ...]
        main: Part
        note: str | None = None

    for dialect in (OPENAI, ANTHROPIC):
        closed = dialect.close(Payload.model_json_schema())
        assert closed is not None
        Draft202012Validator.check_schema(closed)
        said = {"prompt": "p", "parts": [{"text": "t", "weight": 2}], "main": {"text": "t", "weight": 1}, "note": None}
        assert Draft202012Validator(closed).is_valid(said)
        assert not Draft202012Validator(closed).is_valid({**said, "more": 1})


Pair = tuple[dict[str, Any], Any]


def leaves() -> st.SearchStrategy[Pair]:
    return st.one_of(
        st.text(max_size=5).map(lambda v: ({"type": "string", "maxLength": 5}, v)),
        st.integers(-9, 9).map(lambda v: ({"type": "integer", "minimum": -9, "title": "N"}, v)),
        st.booleans().map(lambda v: ({"type": "boolean"}, v)),
        st.sampled_from(["a", "b"]).map(lambda v: ({"enum": ["a", "b"]}, v)),
        st.none().map(lambda v: ({"anyOf": [TEXT, {"type": "null"}]}, v)),
        st.sampled_from(["x", None]).map(lambda v: ({"type": ["string", "null"]}, v)),
        st.sampled_from(["x", 1]).map(lambda v: ({"oneOf": [TEXT, {"type": "integer"}], "default": "x"}, v)),
    )


def objects(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    """Objects some of whose properties are optional with a default, which an instance then states."""

    def built(fields: dict[str, Pair], optional: set[str]) -> Pair:
        properties = {
            name: {**schema, "default": value} if name in optional else schema for name, (schema, value) in fields.items()
        }
        return obj(properties, [n for n in fields if n not in optional]), {name: value for name, (_, value) in fields.items()}

    names = st.sampled_from("pqrs")
    return st.builds(built, st.dictionaries(names, inner, min_size=1, max_size=3), st.sets(names, max_size=2))


def arrays(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return st.tuples(inner, st.integers(0, 3)).map(
        lambda pair: ({"type": "array", "items": pair[0][0], "maxItems": 3}, [pair[0][1]] * pair[1])
    )


PAIRS = objects(st.recursive(leaves(), lambda inner: objects(inner) | arrays(inner), max_leaves=6))


@settings(max_examples=150, deadline=None)
@given(PAIRS, st.sampled_from([OPENAI, ANTHROPIC]))
def test_whatever_the_recipe_allows_can_still_be_said(pair: Pair, dialect: Dialect) -> None:
    schema, instance = pair
    assert Draft202012Validator(schema).is_valid(instance)
    closed = dialect.close(schema)
    assert closed is not None
    assert Draft202012Validator(closed).is_valid(instance)
    assert no_open_object(closed)


def no_open_object(node: Any) -> bool:
    if isinstance(node, dict):
        shut = node.get("type") != "object" or node.get("additionalProperties") is False
        return shut and all(no_open_object(each) for each in node.values())
    return not isinstance(node, list) or all(no_open_object(each) for each in node)
