"""Casts: which model plays which role, read from YAML, and the rule that relatives must not judge each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import ValidationError

from factory.config.yaml import Document, Loc, Locate, bad_input, parse_document, printable, read_text
from factory.errors import BadInput, suggest
from factory.types import Cast, Member, Role

_SINGLE: Mapping[str, Role] = {
    "author": Role.AUTHOR,
    "oracle": Role.ORACLE,
    "critic": Role.CRITIC,
    "reflector": Role.REFLECTOR,
}
_SEVERAL: Mapping[str, Role] = {"judges": Role.JUDGE, "solvers": Role.SOLVER}
_SECRET = ("api_key", "apikey", "authorization", "password", "secret", "token")


@dataclass(frozen=True)
class LoadedCast:
    """A cast with the text it came from; locate gives the file and line of a part of it."""

    cast: Cast
    text: str
    path: Path
    locate: Locate = field(compare=False, repr=False)


def load_cast(name_or_path: str, shipped: Mapping[str, Path]) -> LoadedCast:
    """A shipped cast by name, else a file. Raises BadInput with file and line, or with the names there are."""
    if name_or_path in shipped:
        return parse_cast(read_text(shipped[name_or_path]), shipped[name_or_path])
    path = Path(name_or_path)
    looks_like_file = "/" in name_or_path or path.suffix in {".yaml", ".yml"} or "\0" in name_or_path
    if not looks_like_file and not path.is_file():
        raise BadInput(
            f"there is no cast named {printable(repr(name_or_path))}",
            where="cast",
            fix=f"{suggest(name_or_path, shipped)} Or give the path of a cast file.",
        )
    return parse_cast(read_text(path), path.absolute())


def parse_cast(text: str, path: Path) -> LoadedCast:
    """A cast from its text. path: where it came from, for messages and its default name. Raises BadInput."""
    document = parse_document(text, path)
    value = document.value
    known = {*_SINGLE, *_SEVERAL, "name", "allow_related"}
    if not isinstance(value, dict):
        raise BadInput("a cast is a mapping from role to model", where=document.locate(()), fix="Write `author: {model: ...}`.")
    for key in value:
        if key not in known:
            raise BadInput(f"unknown field {key!r}", where=document.locate((key,)), fix=suggest(str(key), known))
    name = value.get("name", path.stem)
    if not isinstance(name, str) or not name:
        raise BadInput("the name is not a text", where=document.locate(("name",)), fix="Quote it.")
    allow = value.get("allow_related", False)
    if not isinstance(allow, bool):
        raise BadInput(
            "allow_related is neither true nor false", where=document.locate(("allow_related",)), fix="Write `true`."
        )
    members = {role: _members(document, key, value[key]) for key, role in {**_SINGLE, **_SEVERAL}.items() if key in value}
    if not members:
        raise BadInput("the cast names no model", where=document.locate(()), fix="Write `author: {model: ..., family: ...}`.")
    return LoadedCast(Cast(name=name, members=members, allow_related=allow), text, path, document.locate)


def _members(document: Document, key: str, value: Any) -> tuple[Member, ...]:
    if isinstance(value, dict) and key in _SINGLE:
        return (_member(document, (key,), value),)
    if isinstance(value, list) and value and (key in _SEVERAL or key == "oracle"):
        return tuple(_member(document, (key, position), entry) for position, entry in enumerate(value))
    wanted = "a list of models" if key in _SEVERAL else "one model"
    example = "[{model: ..., family: ...}]" if key in _SEVERAL else "{model: ..., family: ...}"
    raise BadInput(f"{key} must be {wanted}", where=document.locate((key,)), fix=f"Write `{key}: {example}`.")


def _member(document: Document, loc: Loc, value: Any) -> Member:
    if not isinstance(value, dict):
        raise BadInput("a model is a mapping", where=document.locate(loc), fix="Write {model: provider/name, family: ...}.")
    for part in ("", "options"):
        inner = value.get(part, {}) if part else value
        for key in inner if isinstance(inner, dict) else ():
            if str(key).lower().replace("-", "_") in _SECRET:
                raise BadInput(
                    f"{key!r} looks like a credential",
                    where=document.locate((*loc, part, key) if part else (*loc, key)),
                    fix="Keys come from the environment only; remove it here.",
                )
    try:
        member = Member.model_validate_json(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    except ValidationError as problem:
        raise bad_input(problem, Member, document.locate, loc) from None
    _check_addresses(member, document, loc)
    return member


def _check_addresses(member: Member, document: Document, loc: Loc) -> None:
    provider, separator, name = member.model.partition(":" if member.simulated else "/")
    if not (provider and separator and name):
        raise BadInput(
            f"{member.model!r} is neither `provider/name` nor `sim:role`",
            where=document.locate((*loc, "model")),
            fix="Write the provider first, such as openai/NAME.",
        )
    if member.base_url is not None:
        try:
            address = urlsplit(member.base_url)
        except ValueError:
            address = urlsplit("")
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.password:
            raise BadInput(
                "base_url is not a plain http(s) address",
                where=document.locate((*loc, "base_url")),
                fix="Write https://host/path, without user or password.",
            )
