"""A whole export: the data in one format, every receipt, and a manifest with the hashes of both."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from factory.canonical import canonical_json, digest
from factory.errors import BadInput
from factory.exports.files import (
    MADE_BY,
    MANIFEST,
    claimed_folder,
    drop_if_empty,
    facts_of,
    own_manifest,
    write_atomically,
    write_plainly,
    written_atomically,
)
from factory.exports.rows import columns_of, export_row, fill_missing
from factory.ports import Applied, Exporter
from factory.recipe import Recipe
from factory.types import Candidate, Receipt
from factory.types.seal import Sealed, sealed

RECEIPTS = "receipts.jsonl"

Trust = Callable[[str, Applied], Mapping[str, Any]]


@dataclass
class _Taken:
    """What the one pass over the candidates leaves behind besides the receipts file. unfit: rows without recipe columns;
    judged: by recipe and gate, each way in which it was set.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    unfit: list[int] = field(default_factory=list)
    receipts: int = 0
    conditions: set[str] = field(default_factory=set)
    judged: dict[tuple[str, str], list[Applied]] = field(default_factory=dict)

    def note(self, recipe: str, receipt: Receipt) -> None:
        """Which gates judged, and how they were set: hardly ever more than one way in an export."""
        known = self.judged.setdefault((recipe, receipt.gate), [])
        if not any(gate.version == receipt.version and gate.settings == receipt.settings for gate in known):
            known.append(Applied(receipt.gate, receipt.version, receipt.settings))


def export_set(
    exporter: Exporter,
    candidates: Iterable[Candidate],
    recipes: Mapping[str, Recipe],
    out: str | Path,
    *,
    jobs: Sequence[str] = (),
    now: float | None = None,
    trust: Trust | None = None,
) -> tuple[Path, ...]:
    """Write the candidates, in their order, to a folder of ours (`claimed_folder` says what that is); the files it now holds.

    recipes by name; jobs: the ids the candidates come from; now: unix seconds, the clock's by default; trust: from a recipe's
    name and a gate as it was set to what an audit found of it, None to say nothing of gates. Data and receipts are functions of
    the candidates alone; only the manifest knows jobs, clock and audits. Raises BadInput for a folder that is not ours, for no
    candidates, for recipes whose columns differ, and for rows the format cannot hold.
    """
    folder = claimed_folder(out)
    earlier = set(own_manifest(folder).get("files", {}))
    taken = _Taken()
    receipts = folder / RECEIPTS
    try:
        with written_atomically(receipts) as part:
            write_plainly(part, _receipt_lines(candidates, recipes, taken))
            if not taken.rows:
                raise BadInput("no candidate fits, so there is nothing to export", where="export", fix="See `factory status`.")
            rows = fill_missing(taken.rows, taken.unfit)
            data = list(exporter.write(rows, folder))
    except BaseException:
        drop_if_empty(folder)
        raise
    files = [*data, receipts]
    # A file of an earlier export in another format would lie beside the new manifest without belonging to it.
    for name in earlier - {path.name for path in files}:
        if Path(name).name == name:
            (folder / name).unlink(missing_ok=True)
    manifest = _manifest(rows, taken, exporter.name, files, jobs, time.time() if now is None else now)
    if trust is not None:
        manifest["gates"] = _gates(taken, recipes, trust)
    write_atomically(folder / MANIFEST, [orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)])
    return (*files, folder / MANIFEST)


def _receipt_lines(candidates: Iterable[Candidate], recipes: Mapping[str, Recipe], taken: _Taken) -> Iterator[bytes]:
    for candidate in candidates:
        chain = sealed(candidate)
        columns = columns_of(recipes[candidate.recipe], candidate.payload)
        if columns is None:
            taken.unfit.append(len(taken.rows))
        taken.rows.append(export_row(candidate, columns or {}, chain))
        taken.receipts += len(chain.links)
        for receipt in candidate.receipts:
            taken.conditions.update(receipt.conditions)
            taken.note(candidate.recipe, receipt)
        yield from _lines_of(candidate, chain)


def _lines_of(candidate: Candidate, chain: Sealed) -> Iterator[bytes]:
    """A line for each receipt, then one with the seal and the revisions it covers."""
    # A core's bytes are what its link hashes, so they are written as they are, not parsed and written anew.
    name = orjson.dumps(candidate.id)
    for link, core in zip(chain.links, chain.cores, strict=True):
        yield b'{"candidate":%b,"link":"%b","core":%b}\n' % (name, link.encode(), core)
    yield b'{"candidate":%b,"seal":"%b","state":"%b","revisions":%b}\n' % (
        name,
        chain.seal.encode(),
        str(candidate.state).encode(),
        chain.revisions,
    )


def _gates(taken: _Taken, recipes: Mapping[str, Recipe], trust: Trust) -> list[dict[str, Any]]:
    """A row for each gate that judged, in its recipe's order; what the lander or the author noted is no gate's."""
    return [
        {"recipe": name, "gate": gate.name, "version": applied.version, **trust(name, applied)}
        for name in sorted({recipe for recipe, _ in taken.judged})
        for gate in recipes[name].gates
        for applied in sorted(
            taken.judged.get((name, gate.name), ()), key=lambda each: (each.version, canonical_json(each.settings))
        )
    ]


def _manifest(
    rows: Sequence[Mapping[str, Any]], taken: _Taken, form: str, files: Sequence[Path], jobs: Sequence[str], now: float
) -> dict[str, Any]:
    return {
        "made_by": MADE_BY,
        "schema": 1,
        "tool_version": version("eval-data-factory"),
        "written_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "format": form,
        "jobs": list(jobs),
        "simulated": "simulated" in taken.conditions,
        "conditions": sorted(taken.conditions),
        "counts": {
            "rows": len(rows),
            "receipts": taken.receipts,
            "by_state": dict(sorted(Counter(row["state"] for row in rows).items())),
            "by_band": dict(sorted(Counter(row["band"] for row in rows).items())),
        },
        "columns": list(rows[0]),
        "root": digest([row["seal"] for row in rows]),
        "files": {path.name: facts_of(path) for path in files},
    }
