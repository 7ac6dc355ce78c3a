"""The JSON grader: schema, equality as JSON, and what is not one JSON value."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.graders.json_schema import grade

PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array"}},
    "additionalProperties": False,
}
TRUTH = '{"name": "Ada", "age": 36, "tags": ["a", "b"]}'


@pytest.mark.parametrize(
    ("answer", "settings", "correct"),
    [
        (TRUTH, {}, True),
        ('{"tags":["a","b"],"age":36.0,"name":"Ada"}', {}, True),
        (f"```json\n{TRUTH}\n```", {}, True),
        (f"Here it is: {TRUTH} Done.", {}, True),
        (f"A: {TRUTH}", {}, True),
        ('{"name": "Ada", "age": 36, "tags": ["b", "a"]}', {}, False),
        ('{"name": "Ada", "age": 36, "tags": ["b", "a"]}', {"ordered": False}, True),
        ('{"name": "Bob", "age": 1}', {}, False),
        ('{"name": "Bob", "age": 1}', {"match": "schema"}, True),
        ('{"name": "Bob", "age": "1"}', {"match": "schema"}, False),
        ('{"name": "Bob"}', {"match": "schema"}, False),
        ('{"name": "Bob", "age": 1, "more": 2}', {"match": "schema"}, False),
        (TRUTH[:-1], {"match": "schema"}, False),
        ("", {"match": "schema"}, False),
        (f'{TRUTH}\n{{"name": "Bob", "age": 1}}', {}, False),
        (f"{TRUTH}\n{TRUTH}", {}, True),
        ('{"name": "Ada", "name": "Bob", "age": 36}', {"match": "schema"}, False),
        ('{"name": "Ada", "age": NaN}', {"match": "schema"}, False),
        ("```json\nnot json\n```", {"match": "schema"}, False),
        ("[" * 100_000, {}, False),
        ("[" * 900 + "]" * 900, {}, False),
        ("9" * 10_000, {}, False),
    ],
)
def test_answers(answer: str, settings: dict[str, Any], correct: bool) -> None:
    assert grade(answer, TRUTH, schema=PERSON, **settings)[0] is correct, grade(answer, TRUTH, schema=PERSON, **settings)


def test_true_is_not_one() -> None:
    assert not grade("true", "1", schema={})[0]
    assert grade("1.0", "1", schema={})[0]


def test_a_remote_reference_is_not_fetched() -> None:
    asked = []

    class Schemas(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Schemas) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/schema.json"
        correct, _, detail = grade(TRUTH, TRUTH, schema={"$ref": url})
        server.shutdown()
    assert asked == []
    assert not correct
    assert url in detail


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_a_value_equals_its_own_spellings(value: Any) -> None:
    text = json.dumps(value)
    for spelling in (text, json.dumps(value, indent=2, ensure_ascii=False), f"```json\n{text}\n```"):
        assert grade(spelling, text, schema={})[0]
    assert not grade(json.dumps([value]), text, schema={})[0]


@given(st.text(max_size=200))
def test_never_raises(text: str) -> None:
    grade(text, text, schema=PERSON)
