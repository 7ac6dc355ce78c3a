"""`factory novelty`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from factory import config
from factory.config.references import guess_field, numbered_texts
from factory.errors import BadInput
from factory.ports import Neighbour, Standing
from factory.similarity.corpus import NOTHING, MemoryCorpus, build
from factory.similarity.embedder import load_embedder
from factory.similarity.references import Reference
from factory.types import ReferenceSet
from gates.novelty import NEW, SAME, VARIANT, Novelty
from scripts import live
from scripts.assembly import check_anchors
from scripts.console import complain, say, say_json_line
from scripts.registry import find_recipe
from store import SqlStore, open_store

FILE = "file"
DECISIONS = (SAME, VARIANT, NEW)
AHEAD = 64
SHOWN_TEXT = 100


@dataclass(frozen=True)
class Against:
    """What a file is checked against besides the store and itself, and by which rule."""

    gate: Novelty
    embedder: str
    anchors: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Checked:
    """One item of the file. neighbours: nearest first, each with what it makes of the item and by which part of the rule."""

    number: int
    text: str
    decision: str
    rule: str
    by: Neighbour | None
    neighbours: tuple[tuple[Neighbour, str, str], ...]


def novelty(file: str, spec: str | None, field: str | None, given_store: str | None, url: str, json: bool) -> int:
    path = Path(file)
    items = ReferenceSet(name=FILE, path=file, field=field if field is not None else guess_field(path))
    against = _from_spec(spec) if spec is not None else Against(Novelty(), "minilm")
    store = _store(given_store, url)
    try:
        return asyncio.run(_check(items, against, store, json))
    finally:
        if store is not None:
            store.close()


def _from_spec(path: str) -> Against:
    loaded = config.load_spec(path)
    spec = loaded.spec
    recipe = find_recipe(spec.recipe, where=loaded.locate(("recipe",)))
    bound = config.bind_gates(recipe.gates, spec.gates, spec.without, loaded.locate)
    check_anchors(recipe, spec, loaded)
    views = [recipe.novelty_view(recipe.parse(anchor.payload)) for anchor in spec.anchors]
    return Against(
        next((gate for gate in bound if isinstance(gate, Novelty)), Novelty()),
        spec.embedder,
        tuple((f"anchor-{number}", view) for number, view in enumerate(views, start=1)),
        tuple(Reference(r.name, r.sha256, config.read_texts(r)) for r in spec.references),
    )


def _store(given: str | None, url: str) -> SqlStore | None:
    """The store that was named, or the default one if there is one: a file can be checked without any."""
    try:
        return open_store(url, read_only=True)
    except BadInput:
        if given is not None:
            raise
        complain(f"There is no store at {url}: nothing accepted to check against")
        return None


async def _check(items: ReferenceSet, against: Against, store: SqlStore | None, json: bool) -> int:
    corpus = await _corpus(against, store, json)
    counts: Counter[str] = Counter()
    held = len(corpus)
    try:
        if not json:
            field = f" (field {items.field})" if items.field else ""
            say(f"{items.path}{field} against {held} items held, and within itself:")
        async with aclosing(checked(corpus, against.gate, numbered_texts(items))) as stream:
            async for each in stream:
                counts[each.decision] += 1
                _tell(each, json)
    finally:
        corpus.close()
    if not counts:
        raise BadInput("it holds no text", where=items.path, fix="Check the file and --field")
    summary = {decision: counts[decision] for decision in DECISIONS}
    if json:
        say_json_line({"schema": 1, "checked": sum(counts.values()), "held": held, "field": items.field, **summary})
    else:
        say(f"{sum(counts.values())} checked: " + ", ".join(f"{count} {decision}" for decision, count in summary.items()))
    return 0


async def _corpus(against: Against, store: SqlStore | None, json: bool) -> MemoryCorpus:
    embedder = load_embedder(against.embedder)
    standing = NOTHING if store is None else Standing(store.accepted(), partial(store.vectors, embedder.name))

    async def keep_nothing(key: str, data: bytes) -> None:
        """The store is only read."""

    return await build(
        embedder,
        standing=standing,
        anchors=against.anchors,
        references=against.references,
        get_cache=store.get_cache if store is not None else lambda key: None,
        put_cache=keep_nothing,
        progress=None if json else live.loading,
        said=complain,
    )


async def checked(corpus: MemoryCorpus, gate: Novelty, items: Iterable[tuple[int, str]]) -> AsyncGenerator[Checked, None]:
    """Each item against the corpus and the items before it, in order; the corpus takes it in."""
    rest = iter(items)
    while ahead := list(islice(rest, AHEAD)):
        await corpus.foresee([text for _, text in ahead])
        for number, text in ahead:
            near = await corpus.at(None).neighbours(text)
            yield _decided(number, text, near, gate)
            await corpus.hold(FILE, f"{FILE}:{number}", text)


def _decided(number: int, text: str, near: Sequence[Neighbour], gate: Novelty) -> Checked:
    judged = [(neighbour, *gate.relation(neighbour)) for neighbour in near]
    for wanted in (SAME, VARIANT):
        for neighbour, relation, rule in judged:
            if relation == wanted:
                kept = [each for rank, each in enumerate(judged) if rank < gate.neighbours_kept or each[0] is neighbour]
                return Checked(number, text, relation, rule, neighbour, tuple(kept))
    return Checked(number, text, NEW, "", None, tuple(judged[: gate.neighbours_kept]))


def _tell(each: Checked, json: bool) -> None:
    if json:
        say_json_line(_as_json(each))
        return
    by = f" as {_called(each.by)}: {each.rule}" if each.by else ""
    say(f"{each.number}  {each.decision}{by}", style="bold" if each.by else None)
    if each.by:
        say(f"    {_short(each.text)}")
        for near, relation, rule in each.neighbours:
            likeness = f"jaccard {near.jaccard:.2f}, skeleton {near.skeleton_jaccard:.2f}, cosine {near.cosine:.2f}"
            say(f"    - {relation} {_called(near)} ({likeness}{'; ' + rule if rule else ''}): {_short(near.text)}")


def _as_json(each: Checked) -> dict[str, Any]:
    return {
        "number": each.number,
        "decision": each.decision,
        "rule": each.rule,
        "by": each.by.id if each.by else None,
        "neighbours": [
            {
                "id": near.id,
                "source": near.source,
                "relation": relation,
                "rule": rule,
                "jaccard": near.jaccard,
                "skeleton_jaccard": near.skeleton_jaccard,
                "cosine": near.cosine,
                "equal_numbers": near.equal_numbers,
                "text": near.text,
            }
            for near, relation, rule in each.neighbours
        ],
    }


def _called(near: Neighbour) -> str:
    if near.source == FILE:
        return f"item {near.id.removeprefix(FILE + ':')} of this file"
    return f"{near.source} {near.id}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_TEXT else line[: SHOWN_TEXT - 3] + "..."
