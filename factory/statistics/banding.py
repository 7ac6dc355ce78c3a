"""The bands that recorded counts decide, by a design made for live screening."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from factory.statistics.outcomes import OutcomeTable
from factory.statistics.sequential import DISCRIMINATING, EASY, HARD, UNDECIDED, Fixed, Sequential

BANDS = (EASY, DISCRIMINATING, HARD, UNDECIDED)


@dataclass(frozen=True)
class Banding:
    """by_item: a band for every item of the table, in its order.

    counts: items by band; plain: items by the band of their plain rate, which no test stands behind; uneven: undecided items
    whose models did not all make the same number of calls; least: by band, the fewest calls of each model that can decide for
    it, None where no number up to the design's cap can.
    """

    by_item: tuple[str, ...]
    counts: Mapping[str, int]
    plain: Mapping[str, int]
    uneven: int
    least: Mapping[str, int | None]


def banded(table: OutcomeTable, design: Sequential | Fixed) -> Banding:
    """The design's decision on each item, its models' counts taken for whole rounds and looked at once, at their end.

    Recorded counts keep no order, so a test that looks after every round cannot be replayed: one look at the end stands in for
    it. Past the design's cap the plain rate decides, as at the cap. An item without the same number of
    calls of every model is no set of rounds: undecided. Raises ValueError where the design is for another number of models.
    """
    if design.solvers != len(table.models):
        raise ValueError(f"a design for {design.solvers} solvers cannot decide on {len(table.models)}")
    bands, plain, uneven = [], Counter[str](), 0
    for samples, passes in zip(table.samples, table.passes, strict=True):
        rounds, hits, calls = int(samples.min()), int(passes.sum()), int(samples.sum())
        if calls:
            plain[design.edges.band(hits, calls)] += 1
        if rounds == 0 or rounds != int(samples.max()):
            uneven += 1
            bands.append(UNDECIDED)
            continue
        bands.append(_capped(design, rounds).decide(hits, rounds).band)
    counts = Counter(bands)
    return Banding(
        tuple(bands), {band: counts[band] for band in BANDS}, {band: plain[band] for band in BANDS[:3]}, uneven, _least(design)
    )  # fmt: skip


def _capped(design: Sequential | Fixed, rounds: int) -> Sequential | Fixed:
    """The design with room for so many rounds: more calls than it would have made end it as its cap does."""
    if rounds <= design.max_rounds:
        return design
    return replace(design, k=rounds) if isinstance(design, Fixed) else replace(design, max_rounds=rounds)


def _least(design: Sequential | Fixed) -> dict[str, int | None]:
    found: dict[str, int | None] = dict.fromkeys(BANDS[:3])
    for rounds in range(1, design.max_rounds + 1):
        for band in {design.decide(hits, rounds).band for hits in range(rounds * design.solvers + 1)} - {UNDECIDED}:
            if found[band] is None:
                found[band] = rounds
    return found
