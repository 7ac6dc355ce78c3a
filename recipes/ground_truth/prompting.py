"""The recipe's prompts: Jinja2 files in `prompts/`, where a name the template uses and nobody gives is an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from factory.types import Coordinate, Message, Spec

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER: Final = Path(__file__).parent / "prompts"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # These are texts for models, not pages: escaping would change them.
    environment = Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["as_json"] = _as_json
    return environment


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def render(template: str, **values: Any) -> str:
    """The text of `prompts/<template>.j2`. Raises jinja2.UndefinedError for a name the template uses and `values` lacks."""
    return _environment().get_template(f"{template}.j2").render(**values).strip()


def conversation(system: str, user: str, values: Mapping[str, Any]) -> tuple[Message, ...]:
    """A system and a user message from two templates over the same values."""
    return Message.of("system", render(system, **values)), Message.of("user", render(user, **values))


def described(coordinate: Coordinate, spec: Spec) -> tuple[tuple[str, str, str], ...]:
    """The coordinate for a prompt: (axis, value, what the spec says of that value or "")."""
    notes = {(axis.name, choice.value): choice.describe for axis in spec.axes for choice in axis.values}
    return tuple((axis, str(value), notes.get((axis, value), "")) for axis, value in coordinate.items())
