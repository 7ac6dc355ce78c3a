"""`factory invariants`: properties over a file of input/output pairs; changed inputs, and answers checked against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from factory.config.rows import Row, stream_rows
from factory.errors import BadInput, suggest
from factory.exports.files import write_atomically
from gates.properties import PROPERTIES, Monotone, Pair, Point, Violation
from gates.relations import RELATIONS, Case, from_json, to_json
from scripts.console import say, say_json

VIOLATED = 4
"""The exit code when something does not hold: what was asked of the file was not reached."""


@dataclass(frozen=True)
class Fields:
    """Which field of a row holds what; "" for none. A row may lack its answer or its solution: it is "" there."""

    input: str
    output: str
    answer: str = ""
    solution: str = ""

    def wanted(self) -> tuple[str, ...]:
        return tuple(name for name in (self.input, self.output, self.answer, self.solution) if name)


@dataclass
class _Optional:
    """Fields that single rows may lack. One that no row has was named wrongly: `check` refuses it after the last row."""

    file: str
    lacking: set[str]
    present: dict[str, None] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, *names: str) -> _Optional:
        return cls(file, {name for name in names if name})

    def text(self, row: Row, name: str) -> str:
        if name in self.lacking:
            if name in row.values:
                self.lacking.discard(name)
            else:
                self.present |= dict.fromkeys(row.values)
        return row.text_or_empty(name) if name else ""

    def check(self) -> None:
        for name in sorted(self.lacking):
            shown = ", ".join(list(self.present)[:20]) or "none"
            fix = suggest(name, list(self.present)) or "Name it."
            raise BadInput(f"no row has a field {name!r}; present: {shown}", where=self.file, fix=fix)


@dataclass
class Tally:
    """What a pass over a file found. checked, violated: by property or relation; skipped: where it did not apply."""

    json: bool
    rows: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    violated: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    told: list[dict[str, Any]] = field(default_factory=list)

    def violation(self, row: Row, name: str, found: Violation) -> None:
        """Said at once; kept only for `--json`."""
        if self.json:
            self.told.append({"row": row.number, "name": name, "reason": found.reason, "detail": found.detail})
        else:
            say(f"{row.place}: {name}: {found.reason}: {' '.join(found.detail.split())}")

    def end(self) -> int:
        if self.json:
            names = sorted({*self.checked, *self.skipped})
            counts = {
                name: {"checked": self.checked[name], "violated": self.violated[name], "skipped": self.skipped[name]}
                for name in names
            }
            say_json({"schema": 1, "rows": self.rows, "checks": counts, "violations": self.told})
        else:
            for name in sorted({*self.checked, *self.skipped}):
                apart = f", {self.skipped[name]} to which it does not apply" if self.skipped[name] else ""
                say(f"{name}: {self.violated[name]} of {self.checked[name]} rows do not hold{apart}")
        return VIOLATED if self.violated.total() else 0


def check(file: str, properties: Sequence[str], moves: Sequence[str], fields: Fields, json: bool) -> int:
    """One line per violation as it is found, then a line per property."""
    # Without a name, all that need no choice; a rule of `--moves` alone asks for nothing else.
    names = _known(properties, tuple(PROPERTIES), "--property") or (() if moves else tuple(PROPERTIES))
    rules = [_rule(text) for text in moves]
    tally = Tally(json)
    wanted = {*(fields.wanted() if names else ()), *(name for rule in rules for name in (rule.field, rule.by))}
    optional = _Optional.of(file, fields.answer if names else "")
    for row in stream_rows(Path(file), wanted):
        tally.rows += 1
        if names:
            pair = Pair(row.text(fields.input), row.text(fields.output), optional.text(row, fields.answer))
            for name in names:
                _note(tally, row, name, PROPERTIES[name](pair))
        for rule in rules:
            point = Point(row.number_of(rule.by), row.number_of(rule.field), row.place)
            found = rule.watch.broken_by(point)
            _note(tally, row, f"monotonicity {rule.field}:{rule.by}", (found,) if found else ())
    optional.check()
    return tally.end()


def emit(file: str, relations: Sequence[str], out: str, fields: Fields, json: bool) -> int:
    """A row for every input that a relation can change: the changed input, and what must hold between the two answers."""
    names = _known(relations, tuple(RELATIONS), "--relation") or tuple(RELATIONS)
    path = Path(out)
    if path.suffix.lower() != ".jsonl" or not path.parent.is_dir():
        raise BadInput("this must be a .jsonl file in a folder that exists", where=f"--emit {out}", fix="Name another file.")
    tally = Tally(json)
    write_atomically(path, _changed(Path(file), names, fields, tally))
    if json:
        say_json({"schema": 1, "rows": tally.rows, "emitted": dict(tally.checked), "skipped": dict(tally.skipped)})
        return 0
    for name in names:
        say(f"{name}: {tally.checked[name]} inputs changed, {tally.skipped[name]} to which it does not apply")
    say(f'{path}: answer every "changed", write the answer as "after", and check with --pairs')
    return 0


def _changed(file: Path, names: Sequence[str], fields: Fields, tally: Tally) -> Iterator[bytes]:
    optional = _Optional.of(str(file), fields.solution, fields.answer)
    for row in stream_rows(file):
        tally.rows += 1
        text = row.text(fields.input)
        solution, answer = optional.text(row, fields.solution), optional.text(row, fields.answer)
        for name in names:
            changed = RELATIONS[name](Case(text, solution, answer))
            if changed is None:
                tally.skipped[name] += 1
                continue
            tally.checked[name] += 1
            line: dict[str, Any] = {"row": row.number, "relation": name, "what": changed.what, "input": text}
            line |= {"changed": changed.input, "expected": to_json(changed.expected)}
            # Where the system's own output is there, it is what the second answer is compared with.
            if row.values.get(fields.output) is not None:
                line["before"] = row.text(fields.output)
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    optional.check()


def check_pairs(file: str, json: bool) -> int:
    """Rows with `relation`, `expected`, `before` and `after`, as `--emit` wrote them and a system completed them."""
    tally = Tally(json)
    for row in stream_rows(Path(file), ("relation", "expected", "before", "after")):
        tally.rows += 1
        name, before, after = row.text("relation"), row.text("before"), row.text("after")
        held = row.values.get("expected")
        try:
            expected = from_json(orjson.loads(held) if isinstance(held, str) else held)
        except ValueError as why:
            raise BadInput(str(why), where=f"{row.place}: expected", fix="Keep what --emit wrote.") from None
        holds = expected.holds(before, after)
        if holds is None:
            tally.skipped[name] += 1
            continue
        told = f"{_short(before)} became {_short(after)}; expected: {_in_words(to_json(expected))}"
        _note(tally, row, name, () if holds else (Violation("relation_broken", told),))
    return tally.end()


def _note(tally: Tally, row: Row, name: str, found: Sequence[Violation]) -> None:
    tally.checked[name] += 1
    tally.violated[name] += bool(found)
    for violation in found:
        tally.violation(row, name, violation)


@dataclass
class _Rule:
    field: str
    by: str
    watch: Monotone


def _rule(text: str) -> _Rule:
    name, _, by = text.removeprefix("-").partition(":")
    if not name or not by:
        raise BadInput(f"{text!r} names no two fields", where="--moves", fix="Write FIELD:BY, or -FIELD:BY where it must fall.")
    return _Rule(name, by, Monotone(falling=text.startswith("-")))


def _known(given: Sequence[str], known: Sequence[str], option: str) -> tuple[str, ...]:
    for name in given:
        if name not in known:
            raise BadInput(f"there is no {name!r}", where=option, fix=suggest(name, known))
    return tuple(dict.fromkeys(given))


def _in_words(expected: Mapping[str, Any]) -> str:
    match expected["kind"]:
        case "scaled_by":
            return f"{expected['factor']} times as much"
        case "mapped_by":
            return "the same but for the names"
        case "flipped":
            return "the opposite"
    return "the same"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else f"{line[:59]}…")
