"""YAML as configuration files need it: plain values, a line for each of them, and nothing that runs or swells.

Scalars follow the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `no`, `on` and `2024-01-05` stay text.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from factory.errors import BadInput, suggest

Loc = tuple[str | int | float | bool, ...]
Locate = Callable[[Loc], str]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 200_000

_CORE = "tag:yaml.org,2002:"
_KINDS: dict[str, tuple[type, ...]] = {"null": (type(None),), "bool": (bool,), "int": (int,), "float": (int, float)}
_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Document:
    """A file's value and where each part of it stands. lines: 1-based line by path of keys and positions."""

    path: Path
    text: str
    value: Any
    lines: Mapping[Loc, int]

    def locate(self, loc: Loc) -> str:
        """`file:line: dotted.field` of a path; a part the file does not have is placed at its nearest parent."""
        known = loc
        while known and known not in self.lines:
            known = known[:-1]
        place = f"{self.path}:{self.lines.get(known, 1)}"
        dotted = ".".join(str(part) for part in loc)
        return f"{place}: {dotted}" if dotted else place


@dataclass(eq=False)
class _Node:
    line: int
    value: Any = None
    keys: list[tuple[Any, _Node]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    entries: list[_Node] = field(default_factory=list)
    kind: str = "scalar"
    size: int = 1
    height: int = 1
    pending: _Node | None = None
    open: bool = False


def read_document(path: Path) -> Document:
    """Read and parse a YAML file. Raises BadInput with file and line."""
    return parse_document(read_text(path), path)


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """A configuration file's text. Raises BadInput unless it is a regular file of at most `limit` bytes of UTF-8."""
    require_regular_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as problem:
        raise BadInput(f"the file cannot be read: {problem.strerror}", where=str(path), fix="Check its permissions.") from None
    if len(data) > limit:
        raise BadInput(
            f"the file is larger than {limit:,} bytes",
            where=str(path),
            fix="Keep long lists in a JSONL file and name that file here.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise BadInput("the file is not UTF-8", where=f"{path}:{line}", fix="Save it as UTF-8.") from None


def require_regular_file(path: Path, *, where: str | None = None) -> None:
    """Raises BadInput, placed at `where` (the path itself by default), for anything but a readable regular file."""
    place = where or printable(str(path))
    shown = f" {printable(str(path))}" if where else ""
    if "\0" in str(path):
        raise BadInput("a path holds a NUL character", where=place, fix="Remove it.")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise BadInput(f"there is no file{shown or ' of this name'}", where=place, fix="Check the path.") from None
    except OSError as problem:
        raise BadInput(f"the file{shown} cannot be reached: {problem.strerror}", where=place, fix="Check the path.") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file (a pipe, a device or a socket)"
        raise BadInput(f"the path{shown} is {kind}", where=place, fix="Name a file.")


def parse_document(text: str, path: Path) -> Document:
    """Parse one YAML document. Raises BadInput for bad syntax, foreign tags, twin keys, swelling aliases, controls."""
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise BadInput(
            f"the text holds the control character U+{ord(control[0]):04X}", where=f"{path}:{line}", fix="Remove it."
        )
    try:
        root = _Builder(path).build(text)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        what = f"this is not valid YAML: {problem.problem or problem.context}"
        raise BadInput(what, where=where, fix="Check indentation, quotes and colons there.") from None
    except yaml.YAMLError as problem:
        raise BadInput(f"this is not valid YAML: {problem}", where=str(path), fix="Check the file.") from None
    lines: dict[Loc, int] = {}
    return Document(path, text, _plain(root, (), lines), lines)


class _Builder:
    """Turns the parser's event stream into a tree. Aliases share a node, and its full size is charged at each use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.anchors: dict[str, _Node] = {}
        self.stack: list[_Node] = []
        self.root: _Node | None = None

    def build(self, text: str) -> _Node:
        documents = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.bad("the file holds more than one document", line, "Keep one document per file.")
            elif isinstance(event, yaml.AliasEvent):
                self.place(self.aliased(str(event.anchor), line), line)
            elif isinstance(event, yaml.ScalarEvent):
                node = _Node(line, self.scalar(event, line))
                self.remember(event.anchor, node)
                self.place(node, line)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self.start(event, line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                node = self.stack.pop()
                node.open = False
                self.place(node, line)
        if self.root is None or (self.root.kind == "scalar" and self.root.value is None):
            raise self.bad("the file is empty", 1, "Write the fields it needs.")
        return self.root

    def bad(self, what: str, line: int, fix: str) -> BadInput:
        return BadInput(what, where=f"{self.path}:{line}", fix=fix)

    def remember(self, anchor: str | None, node: _Node) -> None:
        if anchor is not None:
            self.anchors[anchor] = node

    def aliased(self, anchor: str, line: int) -> _Node:
        node = self.anchors.get(anchor)
        if node is None:
            raise self.bad(f"the alias *{anchor} has no anchor before it", line, f"Define &{anchor} first.")
        if node.open:
            raise self.bad(f"the alias *{anchor} lies inside its own anchor", line, "A value cannot contain itself.")
        return node

    def start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", _CORE + kind):
            raise self.foreign(event.tag, line)
        if len(self.stack) >= MAX_DEPTH:
            raise self.bad(f"values are nested deeper than {MAX_DEPTH} levels", line, "Flatten them.")
        node = _Node(line, kind=kind, open=True)
        self.remember(event.anchor, node)
        self.stack.append(node)

    def foreign(self, tag: str, line: int) -> BadInput:
        shown = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        return self.bad(f"the tag {shown} is not allowed", line, "Only plain values are read; remove the tag.")

    def place(self, node: _Node, line: int) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.kind == "seq":
            parent.entries.append(node)
        elif parent.pending is None:
            parent.pending = self.key(parent, node, line)
        else:
            parent.keys.append((parent.pending.value, _relined(node, parent.pending.line)))
            parent.pending = None
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > MAX_NODES or len(self.stack) + node.height > MAX_DEPTH + 1:
            raise self.bad(
                "the values are too many or too deep once aliases are followed", line, "Write the values out, or fewer of them."
            )

    def key(self, parent: _Node, node: _Node, line: int) -> _Node:
        if node.kind != "scalar" or node.value is None:
            raise self.bad("a key must be a single text, number or boolean", line, "Write `key: value`.")
        if node.value == "<<":
            raise self.bad("merge keys (<<) are not read", line, "Write the fields out.")
        # Compared as text: `1` and "1" would fall together in every JSON form of the file.
        if str(node.value) in parent.named:
            raise self.bad(f"the key {node.value!r} occurs twice", line, "Keep one of them.")
        parent.named.add(str(node.value))
        return _Node(line, node.value)

    def scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text = event.value
        tag = event.tag
        if tag is None and event.implicit[0]:
            return self.resolved(text, line)
        if tag in (None, "!", _CORE + "str"):
            return self.clean(text, line)
        if tag not in {_CORE + name for name in _KINDS}:
            raise self.foreign(tag, line)
        value = self.resolved(text, line)
        wanted = _KINDS[tag.removeprefix(_CORE)]
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            raise self.bad(f"{text!r} does not fit its tag !!{tag.removeprefix(_CORE)}", line, "Remove the tag.")
        return float(text) if tag == _CORE + "float" else value

    def clean(self, text: str, line: int) -> str:
        control = _CONTROL.search(text)
        if control:
            raise self.bad(f"a text holds the control character U+{ord(control[0]):04X}", line, "Remove the escape.")
        return text

    def resolved(self, text: str, line: int) -> Any:
        if _NULL.match(text):
            return None
        if _BOOL.match(text):
            return text[0] in "tT"
        if _NOT_FINITE.match(text):
            raise self.bad(f"{text} is not a finite number", line, "Write a finite number, or quote it as text.")
        if _INT.match(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            if len(text) > 80 or not -(2**63) <= int(text, base) < 2**63:
                raise self.bad("the whole number does not fit 64 bits", line, "Quote it to keep it as text.")
            return int(text, base)
        if _FLOAT.match(text):
            value = float(text)
            if not math.isfinite(value):
                raise self.bad("the number is too large", line, "Quote it to keep it as text.")
            return value
        return self.clean(text, line)


def _relined(node: _Node, line: int) -> _Node:
    # An aliased value is reported where it is used; the anchor's own line would send the reader to another field.
    return replace(node, line=line)


def _plain(node: _Node, loc: Loc, lines: dict[Loc, int]) -> Any:
    lines[loc] = node.line
    if node.kind == "map":
        return {key: _plain(child, (*loc, key), lines) for key, child in node.keys}
    if node.kind == "seq":
        return [_plain(child, (*loc, position), lines) for position, child in enumerate(node.entries)]
    return node.value


def bad_input(problem: ValidationError, model: Any, locate: Locate, base: Loc = ()) -> BadInput:
    """The plainest error of a pydantic validation as BadInput. model: what was validated; base: where it lies in the file."""
    errors = problem.errors(include_url=False)
    # A misspelt field is also a missing one; its own line is the one to look at.
    first = next((entry for entry in errors if entry["type"] in _UNKNOWN), errors[0])
    loc = tuple(first["loc"])
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    where = locate((*base, *loc))
    kind = first["type"]
    if kind in _UNKNOWN:
        return BadInput(f"unknown field {loc[-1]!r}{more}", where=where, fix=suggest(str(loc[-1]), _fields(model, loc[:-1])))
    if kind in ("missing", "missing_argument"):
        return BadInput(f"the field {loc[-1]!r} is missing{more}", where=where, fix="Add it.")
    given = printable(repr(first.get("input")))
    shown = given if len(given) <= 60 else given[:57] + "..."
    message = first["msg"]
    return BadInput(f"{message[:1].lower()}{message[1:]}, not {shown}{more}", where=where, fix="Correct the value.")


def printable(text: str) -> str:
    """The text with control characters escaped, so that a message can never drive a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _fields(model: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The field names of the model at a path below `model`; empty where the path leaves the models."""
    for step in loc:
        if isinstance(model, type) and issubclass(model, BaseModel) and step in model.model_fields:
            model = model.model_fields[str(step)].annotation
        else:
            inner = [part for part in getattr(model, "__args__", ()) if part is not Ellipsis]
            model = inner[-1] if inner else None
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
