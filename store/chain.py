"""Checking that a candidate's receipts, revisions and state still are what they were when they landed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select

from factory.types.seal import chain_start, next_link, seal_of
from store import decode, reader
from store.schema import receipts, revisions


def broken_links(connection: Connection, candidate_id: str) -> list[str]:
    """A sentence per broken place, none when everything fits. Raises BadInput for an unknown id."""
    row = reader.candidate_row(connection, candidate_id)
    its_receipts = connection.execute(_of(receipts, row).order_by(receipts.c.seq)).all()
    its_revisions = connection.execute(_of(revisions, row).order_by(revisions.c.number)).all()
    broken, last = _check_receipts(row, its_receipts)
    cores = [[r.number, orjson.loads(r.payload), r.origin, r.cause, orjson.loads(r.calls)] for r in its_revisions]
    told = decode.candidate(row, its_revisions, its_receipts)
    if seal_of(last, cores, told.landed_in) != row.seal:
        broken.append("the seal over the last receipt, the revisions and the state it landed in does not fit")
    if told.state is not told.landed_in:
        broken.append(f"its state is {told.state}, and its receipts say {told.landed_in}")
    band = told.measures.get("band")
    if row.band != (None if band is None else str(band)):
        broken.append(f"its band is kept as {row.band}, and its receipts say {band}")
    return broken


def _of(table: Any, row: Any) -> Any:
    return select(table).where(table.c.job == row.job, table.c.idx == row.idx)


def _check_receipts(row: Any, its_receipts: Sequence[Any]) -> tuple[list[str], str]:
    """What is broken, and the last link as it should be (the candidate's id when there is no receipt)."""
    broken: list[str] = []
    coordinate = dict(decode.coordinate(row.coordinate))
    link, last = chain_start(row.id, row.spec, row.recipe, row.recipe_version, coordinate), row.id
    for place, receipt in enumerate(its_receipts):
        if receipt.seq != place:
            broken.append(f"receipt {place} is missing")
            break
        link = last = next_link(link, receipt.core.encode())
        if link != receipt.link:
            broken.append(f"receipt {place} ({receipt.gate}): its link does not fit what it says and what came before it")
            # Go on from the stored link, so that each broken place is named once.
            link = receipt.link
        core = orjson.loads(receipt.core)
        if any(core[name] != getattr(receipt, name) for name in ("gate", "outcome", "reason")):
            broken.append(f"receipt {place} ({receipt.gate}): its columns contradict its hashed text")
    return broken, last
