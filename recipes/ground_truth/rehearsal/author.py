"""The rehearsal author: reads the brief it is sent, composes an item for its coordinate, and now and then plants a defect."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.ports import Played
from factory.types import ModelRequest
from recipes.ground_truth.rehearsal import author_defects as defects
from recipes.ground_truth.rehearsal.author_anchors import anchor_copy
from recipes.ground_truth.rehearsal.author_program import Composition
from recipes.ground_truth.rehearsal.author_story import compose, plan_for

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_AXIS = re.compile(r"^- ([^:\n]+): ([^(\n]+?)(?: \(.*\))?$", re.MULTILINE)
_CANDIDATES = 2


@dataclass(frozen=True, slots=True)
class Brief:
    """What the request asks for: the coordinate, the examples shown, what to keep away from; repair or not."""

    coordinate: Mapping[str, str]
    examples: list[Mapping[str, Any]]
    avoid: tuple[str, ...]
    repair: bool


class Author:
    """options: plant, a mapping from kind of defect to its rate; the kinds are the keys of `author_defects.GATES`.

    A repair is never planted: the author writes the item anew, without the defect that was found.
    """

    def check(self, options: Mapping[str, Any]) -> str:
        """What is wrong with a cast's options, "" when nothing is."""
        if unread := sorted(set(options) - {"plant"}):
            return f"the author has no option {unread[0]!r}; it has plant"
        plant = options.get("plant", {})
        if not isinstance(plant, Mapping):
            return "plant is no mapping from kind to rate"
        unknown = sorted(set(plant) - set(defects.GATES))
        if unknown:
            return f"plant has no kind {unknown[0]!r}; the kinds are {', '.join(defects.GATES)}"
        rates = list(plant.values())
        if any(isinstance(rate, bool) or not isinstance(rate, int | float) or rate < 0 for rate in rates) or sum(rates) > 1:
            return "plant's rates must be shares, at most 1 in all"
        return ""

    def play(self, request: ModelRequest, options: Mapping[str, Any], rng: random.Random) -> Played:
        brief = parse_brief("\n\n".join(message.text for message in request.messages))
        plan = plan_for(brief.coordinate, rng)
        kind = "" if brief.repair else _drawn(options.get("plant", {}), rng)
        planted = {"kind": kind, "gate": defects.GATES[kind]} if kind else None
        match kind:
            case "incomplete":
                return Played(defects.incomplete(plan, rng), planted)
            case "anchor_copy":
                copied = anchor_copy(brief.examples, rng)
                if copied is not None:
                    return Played(_reply(copied), planted)
            case "":
                pass
            case _:
                return Played(_reply(defects.WRITERS[kind](plan, rng)), planted)
        made = [compose(plan, rng) for _ in range(_CANDIDATES if brief.avoid else 1)]
        return Played(_reply(defects.payload_of(min(made, key=lambda item: _nearness(item, brief.avoid)))))


def parse_brief(text: str) -> Brief:
    """Read the author's or the repairer's prompt by its headings."""
    sections = {}
    parts = _SECTION.split(text)
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        sections[title.strip().lower()] = body
    examples = []
    for block in re.findall(r"```json\n(.*?)\n```", sections.get("examples", ""), re.DOTALL):
        try:
            examples.append(json.loads(block))
        except json.JSONDecodeError:
            continue
    coordinate = {match[1].strip(): match[2].strip() for match in _AXIS.finditer(sections.get("coordinate", ""))}
    avoid = tuple(text for text in sections.get("already in the set", "").split("\n---\n")[1:] if text.strip())
    return Brief(coordinate, [e for e in examples if isinstance(e, dict)], avoid, "what was found" in sections)


def _drawn(rates: Any, rng: random.Random) -> str:
    """The defect this item gets, "" for none. rates: kind to probability."""
    roll = rng.random()
    for kind, rate in rates.items():
        if roll < float(rate):
            if kind not in defects.GATES:
                raise ValueError(f"the rehearsal author plants no {kind!r}; it knows {', '.join(defects.GATES)}")
            return str(kind)
        roll -= float(rate)
    return ""


def _nearness(made: Composition, avoid: tuple[str, ...]) -> float:
    """The largest share of words in common with something that is in the set already."""
    words = set(made.text.lower().split())
    return max((len(words & set(text.lower().split())) / len(words) for text in avoid), default=0.0)


def _reply(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False)
