"""What a name tells of whose weights a model is: the shipped table, read in the spellings that people use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from factory.config.yaml import read_document
from factory.types.model_name import undated

TABLE: Final = Path(__file__).with_name("lineage_table.yaml")
_SPACING: Final = re.compile(r"[\s_,()]+")
_NO_LETTER: Final = re.compile(r"[^a-z0-9]+")
# Words around a family's name that say nothing of whose it is.
_FILLERS: Final = frozenset(
    {
        "the",
        "family",
        "families",
        "model",
        "models",
        "series",
        "llm",
        "llms",
        "ai",
        "inc",
        "corp",
        "lab",
        "labs",
        "team",
        "research",
    }
)
# Words with which a maker's name says whose the weights are not.
_UNLIKE: Final = frozenset({"like", "compatible", "compat", "style", "non", "not", "no", "other"})


@dataclass(frozen=True, slots=True)
class Lineage:
    """One member's. model: its bare name, "" for a simulated one; ancestors: families and models it comes from, transitively;
    doubt: what the table reads otherwise from its name than the cast declares, as a sentence; listed: the table knows the
    family, or a parent.
    """

    model: str
    family: str
    ancestors: frozenset[str] = frozenset()
    doubt: str = ""
    listed: bool = True


def bare_name(model: str) -> str:
    """The weights' name, whoever offers them: the last part of a model's name in lower case, words joined by hyphens, without
    a tag (`:free`, `:7b`) or a date. A tuning named after what it was tuned from (`ft:gpt-4o:acme::x`) is that model.
    """
    written = _written(model)
    return undated(written.removeprefix("ft:").partition(":")[0]) or written


@lru_cache(maxsize=1024)
def table_lineage(name: str) -> Lineage | None:
    """What the shipped table reads from a model's name; None when no entry matches."""
    bare = bare_name(name)
    entries = [entry for entry in _table().entries if entry.pattern.search(_written(name))]
    if not entries:
        return None
    named = [entry.family for entry in entries[1:]] + [parent for entry in entries for parent in entry.parents]
    return Lineage(bare, entries[0].family, ancestors_of(named) - {entries[0].family, bare})


@lru_cache(maxsize=1024)
def declared_lineage(name: str) -> Lineage | None:
    """What a declared family means: `GPT 4`, `Open AI`, `google deepmind`. None where the table does not know it.

    A family or model that is named counts before a maker: Gemma is not Gemini because Google makes it.
    """
    found = _named(name)
    if found is None:
        words = _words(name)
        makers = [] if _UNLIKE & set(words) else [_table().known[word] for word in words if word in _table().makers]
        found = _of_family(makers[0]) if makers else None
    return found


def ancestors_of(names: list[str]) -> frozenset[str]:
    """The named families and models, and whatever those come from."""
    found: set[str] = set()
    read: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if _written(name) in read:
            continue
        read.add(_written(name))
        found.add(bare_name(name))
        matching = [entry for entry in _table().entries if entry.pattern.search(_written(name))]
        family = _table().known.get(_squeezed(_core(name)))
        open_names += [entry.family for entry in matching] + [parent for entry in matching for parent in entry.parents]
        open_names += [family] if family else []
    return frozenset(found)


def plain_family(name: str) -> str:
    """A family that the table does not know, as it is compared: in lower case, words joined by hyphens."""
    return _SPACING.sub("-", name.strip().casefold()).strip("-")


def near_family(name: str) -> str:
    """The family of the table that a name it does not know may have meant, "" where none is near."""
    near = difflib.get_close_matches(_squeezed(name), _table().known, n=1, cutoff=0.75)
    return _table().known[near[0]] if near else ""


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    family: str
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """known: families and aliases by their letters and digits, to the family; makers: of those, the ones that tell even among
    other words.
    """

    entries: tuple[_Entry, ...]
    known: Mapping[str, str]
    makers: frozenset[str]


@lru_cache(maxsize=1)
def _table() -> _Table:
    value = read_document(TABLE).value
    entries = tuple(
        _Entry(re.compile(f"(?<![a-z])(?:{entry['match']})"), entry["family"], tuple(entry.get("parents", ())))
        for entry in value["models"]
    )
    families = {family: family for entry in entries for family in (entry.family, *entry.parents)}
    known = {_squeezed(name): family for name, family in {**value["aliases"], **value["makers"], **families}.items()}
    return _Table(entries, known, frozenset(map(_squeezed, value["makers"])))


def _named(name: str) -> Lineage | None:
    """By the name of a family or a model in it, whatever stands around it."""
    for candidate in (name, _written(name), _core(name)):
        if family := _table().known.get(_squeezed(candidate)):
            return _of_family(family)
        if read := table_lineage(candidate):
            return read
    # `chat gpt 4`: the table's patterns know the word that was torn apart.
    squeezed = _squeezed(name)
    return table_lineage(squeezed) if any(entry.pattern.match(squeezed) for entry in _table().entries) else None


def _of_family(family: str) -> Lineage:
    return Lineage("", family, ancestors_of([family]) - {family})


def _core(name: str) -> str:
    """The name without makers and words that say nothing, all of it where nothing else is left."""
    rest = [word for word in _words(name) if word not in _FILLERS and word not in _table().makers]
    return "-".join(rest) or name


def _words(name: str) -> list[str]:
    return list(_joined(_squeezed(word) for word in re.split(r"[-/]", plain_family(name.replace("'s", "")))))


def _joined(words: Iterator[str]) -> Iterator[str]:
    """Two words that are one maker's name (`open ai`) as one."""
    last = ""
    for word in words:
        if last + word in _table().makers:
            last += word
            continue
        if last:
            yield last
        last = word
    if last:
        yield last


def _written(model: str) -> str:
    """The last part of a name, in lower case, spaces and underscores as hyphens."""
    return plain_family(model.rstrip("/").rsplit("/", 1)[-1])


def _squeezed(name: str) -> str:
    """Letters and digits only."""
    return _NO_LETTER.sub("", name.casefold())
