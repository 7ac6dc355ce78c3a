"""Which point of the grid each pull aims at: coverage first, weights within that, all from the seed.

Every valid cell is attempted once before any is attempted twice; after that a cell's attempts approach its share of the weight,
by the largest quotient weight / (2 x attempts + 1) (the divisor method of Webster and Sainte-Lague). Among equals the cell wins
whose values and pairs of values lag furthest behind their share, so that a few dozen attempts already touch every value.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from factory.canonical import stream
from factory.errors import BadInput, FactoryError
from factory.types import Axis, Coordinate, Exclusion, Quota, Scalar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Above this many cells the grid is sampled, not listed: a run attempts some thousands of cells at most.
LISTED_CELLS = 50_000

_ABSENT = -1
_POOL = 1024
_PAIR_WEIGHT = 0.5
_TRIES = 16
_MORE_TRIES = 300
_SEARCH_STEPS = 20_000

Cell = tuple[int, ...]


class Exhausted(FactoryError):
    """No cell is left to draw: the closed quotas cover all of the grid."""

    exit_code: ClassVar[int] = 4


def lies_in(coordinate: Mapping[str, Scalar], where: Mapping[str, Sequence[Scalar]]) -> bool:
    """Whether every named axis holds one of the listed values; an absent axis holds none."""
    return all(axis in coordinate and coordinate[axis] in values for axis, values in where.items())


def axis_order(axes: Sequence[Axis]) -> list[int]:
    """Positions of the axes so that an axis comes after all that its conditions name. Raises BadInput for a circle."""
    position = {axis.name: index for index, axis in enumerate(axes)}
    needs = [{position[name] for value in axis.values for name in value.when} for axis in axes]
    order: list[int] = []
    while len(order) < len(axes):
        ready = next((index for index in range(len(axes)) if index not in order and needs[index] <= set(order)), None)
        if ready is None:
            names = ", ".join(axis.name for index, axis in enumerate(axes) if index not in order)
            raise BadInput(
                f"the conditions (when) of these axes wait for each other: {names}", fix="Drop one of the conditions."
            )
        order.append(ready)
    return order


def check_cells(axes: Sequence[Axis], exclude: Sequence[Exclusion]) -> None:
    """Raises BadInput when the exclusions leave no cell at all."""
    if not _Grid(axes, exclude).has_cell(LISTED_CELLS):
        Sampler(axes, exclude, seed=0)


def grid_cells(axes: Sequence[Axis], exclude: Sequence[Exclusion]) -> list[Coordinate] | None:
    """Every valid cell, None when there are more than LISTED_CELLS."""
    grid = _Grid(axes, exclude)
    cells = grid.listed(LISTED_CELLS)
    return None if cells is None else [grid.coordinate(cell) for cell, _ in cells]


class Sampler:
    """Draws coordinates in index order for one owner.

    Its draws are a function of axes, exclusions, seed and the `closed` argument of each draw so far, so a job that is resumed
    replays them. Raises BadInput when the exclusions leave no cell at all.
    """

    def __init__(self, axes: Sequence[Axis], exclude: Sequence[Exclusion], seed: int) -> None:
        grid = _Grid(axes, exclude)
        cells = grid.listed(LISTED_CELLS)
        if cells is not None and not cells:
            raise BadInput("the exclusions leave no cell of the grid", fix="Remove or narrow one of them.")
        self._cells: _Cells = _ListedCells(grid, cells, seed) if cells is not None else _HugeGrid(grid, seed)
        self._grid = grid
        self._last = -1

    def draw(self, index: int, closed: Sequence[Quota] = ()) -> Coordinate:
        """The coordinate of pull `index`; indices must rise. closed: full quotas, whose cells are left alone.

        Raises Exhausted when the closed quotas leave nothing.
        """
        if index <= self._last:
            raise ValueError(f"draws go in rising order: {index} after {self._last}")
        self._last = index
        return self._grid.coordinate(self._cells.take(index, tuple(closed)))


class _Cells(Protocol):
    def take(self, index: int, closed: tuple[Quota, ...]) -> Cell: ...


@dataclass(frozen=True)
class _Rule:
    """A condition over cells: for axis position -> the value positions that meet it. Met when all are."""

    needs: tuple[tuple[int, frozenset[int]], ...]

    def met(self, cell: Sequence[int]) -> bool:
        # Asked some ten thousand times while a grid is listed: a generator would take three times as long.
        for axis, values in self.needs:  # noqa: SIM110
            if cell[axis] not in values:
                return False
        return True

    @property
    def last(self) -> int:
        return max(axis for axis, _ in self.needs)


class _Grid:
    """The axes with names and values as positions, axes sorted so that conditions look backwards only."""

    def __init__(self, axes: Sequence[Axis], exclude: Sequence[Exclusion]) -> None:
        self.order = axis_order(axes)
        self.axes = [axes[index] for index in self.order]
        self.position = {axis.name: index for index, axis in enumerate(self.axes)}
        self.when = [[self.rule(value.when) for value in axis.values] for axis in self.axes]
        self.free = {
            index: (tuple(range(len(axis.values))), sum(value.weight for value in axis.values))
            for index, axis in enumerate(self.axes)
            if not any(value.when for value in axis.values)
        }
        self.excluded: list[list[_Rule]] = [[] for _ in self.axes]
        for exclusion in exclude:
            rule = self.rule(exclusion.where)
            self.excluded[rule.last].append(rule)

    def rule(self, where: Mapping[str, Sequence[Scalar]]) -> _Rule:
        needs = []
        for name, wanted in where.items():
            axis = self.position[name]
            needs.append((axis, frozenset(i for i, value in enumerate(self.axes[axis].values) if value.value in wanted)))
        return _Rule(tuple(needs))

    def choices(self, head: Sequence[int]) -> tuple[list[int], float]:
        """The value positions that may follow the first axes' values, exclusions apart, and their weights' sum."""
        axis = len(head)
        if axis in self.free:
            values, total = self.free[axis]
            return list(values), total
        found = [value for value, rule in enumerate(self.when[axis]) if rule.met(head)]
        return found or [_ABSENT], sum(self.axes[axis].values[value].weight for value in found) or 1.0

    def allowed(self, head: Sequence[int]) -> bool:
        """Whether no exclusion is complete with the last value of `head`."""
        for rule in self.excluded[len(head) - 1]:  # noqa: SIM110
            if rule.met(head):
                return False
        return True

    def weight(self, axis: int, value: int) -> float:
        return 1.0 if value == _ABSENT else self.axes[axis].values[value].weight

    def listed(self, limit: int) -> list[tuple[Cell, float]] | None:
        """Every valid cell with its chance when each axis is drawn in turn by weight; None when there are more than `limit`."""
        out: list[tuple[Cell, float]] = []
        for visits, (head, chance) in enumerate(self._heads(), start=1):
            if visits > 8 * limit or len(out) > limit:
                return None
            if len(head) == len(self.axes):
                out.append((head, chance))
        return out

    def has_cell(self, limit: int) -> bool:
        """Whether a valid cell is among the first `limit` heads."""
        return any(len(head) == len(self.axes) for head, _ in islice(self._heads(), limit))

    def _heads(self) -> Iterator[tuple[Cell, float]]:
        """Every allowed beginning of a cell, whole cells included, depth first, with its chance."""
        stack: list[tuple[Cell, float]] = [((), 1.0)]
        while stack:
            head, chance = stack.pop()
            yield head, chance
            if len(head) == len(self.axes):
                continue
            values, total = self.choices(head)
            for value in reversed(values):
                longer = (*head, value)
                if self.allowed(longer):
                    stack.append((longer, chance * self.weight(len(head), value) / total))

    def coordinate(self, cell: Cell) -> Coordinate:
        by_axis = sorted(zip(self.order, cell, self.axes, strict=True), key=lambda entry: entry[0])
        return Coordinate(tuple((axis.name, axis.values[value].value) for _, value, axis in by_axis if value != _ABSENT))


class _ListedCells:
    """A grid small enough to hold: arrays over its cells, in a seeded weighted order that also settles ties."""

    def __init__(self, grid: _Grid, cells: list[tuple[Cell, float]], seed: int) -> None:
        import numpy as np

        rng = stream("sampler order", seed)
        # Ordering by an exponential draw over the weight is weighted sampling without replacement (Efraimidis, Spirakis 2006).
        keyed = sorted((-math.log(1.0 - rng.random()) / chance, cell, chance) for cell, chance in cells)
        self._grid = grid
        self._values = np.array([cell for _, cell, _ in keyed], dtype=np.int64)
        self._chance = np.array([chance for _, _, chance in keyed])
        self._count = np.zeros(len(keyed), dtype=np.int64)
        self._open: tuple[tuple[Quota, ...], NDArray[np.bool_]] = ((), np.ones(len(keyed), dtype=bool))
        self._lag = _Lag(self._values, self._chance)

    def take(self, index: int, closed: tuple[Quota, ...]) -> Cell:
        import numpy as np

        is_open = self._is_open(closed)
        pool = np.flatnonzero(is_open & (self._count == 0))
        if not len(pool):
            due = np.where(is_open, self._chance / (2 * self._count + 1), -1.0)
            highest = due.max()
            if highest < 0:
                raise _exhausted(closed)
            # Equal weights may differ in the last bit after normalising; they must still tie.
            pool = np.flatnonzero(due >= highest * (1 - 1e-9))
        if len(pool) > _POOL:
            pool = self._lag.narrowed(pool)
        best = int(pool[int(np.argmax(self._lag.of(pool)))])
        self._count[best] += 1
        self._lag.add(best)
        return tuple(int(value) for value in self._values[best])

    def _is_open(self, closed: tuple[Quota, ...]) -> NDArray[np.bool_]:
        import numpy as np

        if self._open[0] != closed:
            mask = np.ones(len(self._values), dtype=bool)
            for quota in closed:
                inside = np.ones(len(self._values), dtype=bool)
                for axis, values in self._grid.rule(quota.where).needs:
                    inside &= np.isin(self._values[:, axis], sorted(values))
                mask &= ~inside
            self._open = (closed, mask)
        return self._open[1]


class _Lag:
    """How far each value, and each pair of values, lags behind its share, in standard deviations of a Poisson count.

    values: shape (cells, axes); chance: shape (cells,). A cell is meant by its row.
    """

    def __init__(self, values: NDArray[np.int64], chance: NDArray[np.float64]) -> None:
        import numpy as np

        axes = values.shape[1]
        self._sizes = [int(values[:, axis].max()) + 2 for axis in range(axes)]
        self._keys: list[tuple[int, ...]] = [(axis,) for axis in range(axes)] + list(combinations(range(axes), 2))
        total = float(chance.sum())
        lengths = [math.prod(self._sizes[axis] for axis in key) for key in self._keys]
        # In the smallest type that holds them: of many axes there are many pairs.
        self._codes = [
            self._code(values, key).astype(np.min_scalar_type(length - 1))
            for key, length in zip(self._keys, lengths, strict=True)
        ]
        self._share = [
            np.bincount(codes, weights=chance, minlength=length) / total
            for codes, length in zip(self._codes, lengths, strict=True)
        ]
        # Nothing lags where nothing is due: dividing nothing by infinity says so.
        self._deviation = [np.where(share > 0, np.sqrt(share), np.inf) for share in self._share]
        self._count = [np.zeros(len(share)) for share in self._share]
        self._drawn = 0

    def _code(self, values: NDArray[np.int64], key: tuple[int, ...]) -> NDArray[np.int64]:
        # Position -1 (the axis is absent) takes the first place of its axis.
        code = values[:, key[0]] + 1
        for axis in key[1:]:
            code = code * self._sizes[axis] + values[:, axis] + 1
        return code

    def _table(self, at: int) -> NDArray[np.float64]:
        lag: NDArray[np.float64] = ((self._drawn + 1) * self._share[at] - self._count[at]) / self._deviation[at]
        return lag

    def of(self, pool: NDArray[np.int64]) -> NDArray[np.float64]:
        """Shape (n,): the summed lag of n cells, a pair counting half; exact ties are left to the order of the cells."""
        import numpy as np

        score = np.zeros(len(pool))
        pairs = max(1, len(self._sizes) - 1)
        for at, key in enumerate(self._keys):
            scale = 1.0 if len(key) == 1 else _PAIR_WEIGHT / pairs
            score += scale * self._table(at)[self._codes[at][pool]]
        return score

    def narrowed(self, pool: NDArray[np.int64]) -> NDArray[np.int64]:
        """The head of a large pool, and beside it some cells of each axis's most lagging value that the pool still offers."""
        import numpy as np

        chosen = [pool[:_POOL]]
        # The keys begin with the single axes.
        for axis, size in enumerate(self._sizes):
            codes = self._codes[axis][pool]
            offered = np.bincount(codes, minlength=size) > 0
            most = int(np.argmax(np.where(offered, self._table(axis), -np.inf)))
            chosen.append(pool[codes == most][:64])
        # Not `np.unique`, whose first use imports `numpy.ma`: as much CPU as a hundred draws.
        taken = np.zeros(len(self._codes[0]), dtype=bool)
        taken[np.concatenate(chosen)] = True
        return np.flatnonzero(taken)

    def add(self, cell: int) -> None:
        self._drawn += 1
        for count, codes in zip(self._count, self._codes, strict=True):
            count[codes[cell]] += 1


class _HugeGrid:
    """A grid too large to list: cells are built axis by axis, unseen ones preferred, with bounded work for each draw."""

    def __init__(self, grid: _Grid, seed: int) -> None:
        self._grid = grid
        self._seed = seed
        self._seen: Counter[Cell] = Counter()
        self._counts: list[Counter[int]] = [Counter() for _ in grid.axes]
        if self._searched(stream("sampler first", seed), (), unseen=False) is None:
            raise BadInput("no cell of the grid was found that the exclusions allow", fix="Remove or narrow some of them.")

    def take(self, index: int, closed: tuple[Quota, ...]) -> Cell:
        rng = stream("sampler draw", self._seed, index)
        rules = tuple(self._grid.rule(quota.where) for quota in closed)
        cell = self._chosen(rng, rules)
        if cell is None:
            raise _exhausted(closed)
        self._seen[cell] += 1
        for axis, value in enumerate(cell):
            self._counts[axis][value] += 1
        return cell

    def _chosen(self, rng: Random, rules: tuple[_Rule, ...]) -> Cell | None:
        drawn = [self._built(rng, rules, steer=number % 2 == 0) for number in range(_TRIES)]
        fresh = [cell for cell in drawn if cell is not None and cell not in self._seen]
        if fresh:
            return max(fresh, key=self._lag)
        for _ in range(_MORE_TRIES):
            cell = self._built(rng, rules, steer=False)
            if cell is not None and cell not in self._seen:
                return cell
        found = self._searched(rng, rules, unseen=True)
        if found is not None:
            return found
        repeats = [cell for cell in drawn if cell is not None]
        if repeats:
            return min(repeats, key=lambda cell: self._seen[cell])
        return self._searched(rng, rules, unseen=False)

    def _built(self, rng: Random, rules: tuple[_Rule, ...], *, steer: bool) -> Cell | None:
        cell: Cell = ()
        for axis in range(len(self._grid.axes)):
            values, total = self._grid.choices(cell)
            values = [value for value in values if self._grid.allowed((*cell, value))]
            if not values:
                return None
            if steer:
                value = max(values, key=lambda value: (self._behind(axis, value, total), rng.random()))
            else:
                value = rng.choices(values, [self._grid.weight(axis, value) for value in values])[0]
            cell = (*cell, value)
        return None if any(rule.met(cell) for rule in rules) else cell

    def _behind(self, axis: int, value: int, total: float) -> float:
        share = self._grid.weight(axis, value) / total
        return ((len(self._seen) + 1) * share - self._counts[axis][value]) / math.sqrt(share)

    def _lag(self, cell: Cell) -> float:
        return sum(self._behind(axis, value, self._grid.choices(cell[:axis])[1]) for axis, value in enumerate(cell))

    def _searched(self, rng: Random, rules: tuple[_Rule, ...], *, unseen: bool) -> Cell | None:
        """The first cell of a depth-first search in random order, or None after a bounded number of steps."""
        stack: list[Iterator[Cell]] = [iter([()])]
        for _ in range(_SEARCH_STEPS):
            if not stack:
                return None
            head = next(stack[-1], None)
            if head is None:
                stack.pop()
            elif len(head) < len(self._grid.axes):
                stack.append(self._longer(rng, head, rules))
            elif not (unseen and head in self._seen):
                return head
        return None

    def _longer(self, rng: Random, head: Cell, rules: tuple[_Rule, ...]) -> Iterator[Cell]:
        values, _ = self._grid.choices(head)
        rng.shuffle(values)
        cells = [(*head, value) for value in values if self._grid.allowed((*head, value))]
        return iter([cell for cell in cells if not any(_complete(rule, cell) for rule in rules)])


def _complete(rule: _Rule, head: Cell) -> bool:
    return rule.last == len(head) - 1 and rule.met(head)


def _exhausted(closed: Iterable[Any]) -> Exhausted:
    return Exhausted(
        f"no cell of the grid is open: {len(list(closed))} full quotas cover all that the exclusions leave",
        fix="Raise a quota's at_most, or add axis values.",
    )
