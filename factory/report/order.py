"""The cheapest order of a line's gates that their declared dependencies allow.

An item is stopped by the first gate that kills it, so what a line costs per item is each gate's cost times the share of items
that reach it. One that a gate sends back for a repair comes again from the front: such a repair costs that gate and all before
it once more, and then the item goes on. With kills taken as independent, the share that passes a set of gates does not hang on
their order, and the best order follows from the best orders of its subsets (Held and Karp 1962, J. SIAM 10:196-210, for
sequencing with precedence). Without dependencies and repairs that comes to the classic rule, ascending cost / kill rate (Simon
and Kadane 1975, Artificial Intelligence 6:235-247).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_GATES: Final = 14
"""More gates than this are left in the order they have: there are 2 ** n sets of them to weigh."""


@dataclass(frozen=True, slots=True)
class Station:
    """A gate as the order sees it. cost: of asking it once, in any unit, >= 0; kill: the share of items it stops for good, 0
    to 1; after: names of gates that must come before it (those that are not in the line do not matter); repair: the share of
    items it sends back, which come again and go on.
    """

    name: str
    cost: float
    kill: float
    after: tuple[str, ...] = ()
    repair: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.cost < math.inf and 0 <= self.kill <= 1 and 0 <= self.repair <= 1 - self.kill + 1e-9):
            raise ValueError(f"no gate costs {self.cost}, stops a share of {self.kill} and sends {self.repair} back")

    def asked_after(self, spent: float) -> float:
        """What an item that comes here costs, its repairs with it; spent: the cost of the gates before this one."""
        return self.cost + self.repair * (spent + self.cost)


def expected_cost(line: Sequence[Station]) -> float:
    """What an item costs on average in this order, each gate's kills independent of the others'."""
    cost, spent, reaching = 0.0, 0.0, 1.0
    for station in line:
        cost += reaching * station.asked_after(spent)
        spent += station.cost
        reaching *= 1 - station.kill
    return cost


def cheapest(line: Sequence[Station]) -> tuple[Station, ...]:
    """The order of least expected cost that every `after` allows; of equally cheap ones the nearest to the one given.

    The line as it is where it has more than MOST_GATES gates. Raises ValueError for a name given twice, and for dependencies
    that no order meets.
    """
    count = len(line)
    places = {station.name: place for place, station in enumerate(line)}
    if len(places) < count:
        raise ValueError("two gates of the line have one name")
    if count > MOST_GATES:
        return tuple(line)
    needs = [sum(1 << places[name] for name in set(station.after) if name in places) for station in line]
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    passing, spent = _passing(line), _spent(line)
    for done in range(1 << count):
        if done not in best:
            continue
        cost, order = best[done]
        for place in range(count):
            bit = 1 << place
            if done & bit or needs[place] & ~done:
                continue
            found = (cost + passing[done] * line[place].asked_after(spent[done]), (*order, place))
            known = best.get(done | bit)
            if known is None or _before(found, known):
                best[done | bit] = found
    end = best.get((1 << count) - 1)
    if end is None:
        raise ValueError("the gates' dependencies form a circle")
    return tuple(line[place] for place in end[1])


def _passing(line: Sequence[Station]) -> list[float]:
    """For every set of gates, as bits, the share of items that passes them all."""
    shares = [1.0]
    for station in line:
        shares += [share * (1 - station.kill) for share in shares]
    return shares


def _spent(line: Sequence[Station]) -> list[float]:
    """For every set of gates, as bits, what asking each of them once costs: like the share above, in any order the same."""
    costs = [0.0]
    for station in line:
        costs += [cost + station.cost for cost in costs]
    return costs


def _before(found: tuple[float, tuple[int, ...]], known: tuple[float, tuple[int, ...]]) -> bool:
    # Sums in another order differ in their last bits, and that must not reorder gates of one cost.
    if not math.isclose(found[0], known[0], rel_tol=1e-9, abs_tol=1e-15):
        return found[0] < known[0]
    return found[1] < known[1]


def kill_rate(row: Mapping[str, Any]) -> float | None:
    """The share of the candidates a gate checked that it stopped for good: rejected, held or errored; None before the first.

    row: a gate's of the status.
    """
    checked = int(row["checked"])
    return (row["rejected"] + row["held"] + row["errored"]) / checked if checked else None


def order_json(rows: Sequence[Mapping[str, Any]], after: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """What `status` suggests: rows are its gates in pipeline order, after the gates' dependencies.

    None where too little was seen: fewer than two gates were reached, or nothing took any time or money.

    by: "money" where any was spent, else "seconds"; now, expected: the cost of a candidate in the order as it is and as
    suggested, in USD or seconds, what repairs pay again with it. kill_rates: the share that was rejected, held or errored;
    repair_rates: the share that was sent back, and went on. A gate's cost of one asking is what it took over its candidates
    and the repairs that it and the gates after it asked for, each of which came by it again.
    """
    seen = [row for row in rows if row["gate"] in after and row["checked"]]
    money = any(row["cost_usd"] for row in seen)
    line: list[Station] = []
    again = 0
    for row in reversed(seen):
        again += row["repaired"]
        took = row["cost_usd"] if money else row["seconds"]
        line.insert(
            0,
            Station(
                row["gate"],
                took / (row["checked"] + again),
                kill_rate(row) or 0.0,
                tuple(after[row["gate"]]),
                row["repaired"] / row["checked"],
            ),
        )
    now = expected_cost(line)
    if len(line) < 2 or not now:
        return None
    suggested = cheapest(line)
    return {
        "by": "money" if money else "seconds",
        "suggested": [station.name for station in suggested],
        "now": round(now, 9),
        "expected": round(expected_cost(suggested), 9),
        "kill_rates": {station.name: round(station.kill, 4) for station in line},
        "repair_rates": {station.name: round(station.repair, 4) for station in line},
    }
