"""The truth of a judged panel's answers where an item has several acceptable ones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from factory.ports import JobRecord
from factory.types import Candidate
from gates.judged import Judged
from scripts.probing import ground, kept_options
from scripts.recorded import any_of


def truths(job: JobRecord, candidates: Sequence[Candidate]) -> dict[tuple[int, int, int], bool]:
    """By (index, solver slot, sample): whether any of the item's labels is met, by the recipe's grader. Empty without labels.

    A receipt's own truth is against the first label, which is the payload's reference. Raises BadInput where the
    items are gone.
    """
    options = kept_options(job.inputs["probe"])
    if not options.mapped.labels:
        return {}
    found = ground(options)
    assert found.items is not None
    task = found.recipe.task(found.settings)
    asked = [
        ((candidate.index, answer["slot"], answer["sample"]), found.items.rows[candidate.index].accepted, answer["answer"])
        for candidate in candidates
        for receipt in candidate.receipts
        if receipt.gate == Judged.name
        for answer in receipt.finding.evidence.get("answers", ())
        if not answer["failure"]
    ]
    graded = asyncio.run(any_of([(text, accepted) for _, accepted, text in asked], task, found.loaded.spec))
    return {key: right for (key, _, _), right in zip(asked, graded, strict=True)}
