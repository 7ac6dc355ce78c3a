"""Which rows share a 64-bit key with an item, at 8 bytes a key and row.

An entry is the upper 36 bits of the key and the row number in one integer. Entries lie in sorted runs whose sizes double, as in
a log-structured merge tree (O'Neil et al. 1996, "The log-structured merge-tree"); the newest rows lie in a table by key.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_ROW_BITS: Final = 28
MOST_ROWS: Final = 1 << _ROW_BITS
_KEY_MASK: Final = np.uint64(~(MOST_ROWS - 1) & 0xFFFF_FFFF_FFFF_FFFF)
_ROW_MASK: Final = np.uint64(MOST_ROWS - 1)

# So many of the newest rows make a run.
_FRESH: Final = 1024
# More rows than this at once are part of a load: they are merged when they are first asked for, all together.
_FEW: Final = 16
# At least so many entries share a place in a run's directory, on average: two or three lines of the processor's cache.
_PER_PLACE: Final = 8
# Runs of 2^8 times as many rows are merged no further: at 50 keys that would hold everything up for a second or more.
_LAST_LEVEL: Final = 8
# The places of a row's keys.
_PLACES: Final = np.arange(1024)


class _Run:
    """Sorted entries, with a directory of where those that begin with the same bits lie: a search by halves would wait for
    memory at nearly every step, which at a million items is most of what a check takes.
    """

    __slots__ = ("_shift", "_starts", "entries", "level")

    def __init__(self, level: int, entries: NDArray[np.uint64]) -> None:
        self.level = level
        self.entries = entries
        places = max(1, len(entries) // _PER_PLACE).bit_length() - 1
        # No place at all is one place, for which a shift by 64 bits would be none.
        places = max(1, min(places, 64 - _ROW_BITS))
        self._shift = np.uint64(64 - places)
        firsts = np.arange(1 << places, dtype=np.uint64) << self._shift
        starts = np.append(entries.searchsorted(firsts), len(entries))
        self._starts = starts.astype(np.uint32) if len(entries) < 1 << 32 else starts

    def rows(self, sought: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The rows held under these masked keys, and for each which of the keys it is held under."""
        places = (sought >> self._shift).astype(np.intp)
        starts = self._starts.take(places).astype(np.intp)
        counts = self._starts.take(places + 1) - starts
        # All the places' entries one after another: where each lies, and which key it is compared with.
        ends = counts.cumsum()
        at = np.arange(ends[-1] if len(ends) else 0) + (starts - (ends - counts)).repeat(counts)
        entries = self.entries.take(at)
        which = _PLACES[: len(sought)].repeat(counts)
        hit = np.flatnonzero((entries & _KEY_MASK) == sought.take(which))
        found: NDArray[np.int64] = (entries.take(hit) & _ROW_MASK).view(np.int64)
        return found, which.take(hit)


class Buckets:
    """Keys of rows 0, 1, ..., so many a row (at most 1,024), 0 for none."""

    def __init__(self) -> None:
        self._count = 0
        # The newest rows, key by key; tuples, for the garbage collector looks at each of them once only.
        self._fresh: dict[int, tuple[int, ...]] = {}
        self._fresh_rows = 0
        # Sorted entries of rows that came many at once.
        self._loose: list[NDArray[np.uint64]] = []
        self._runs: list[_Run] = []
        self._merged_runs = 0

    def __len__(self) -> int:
        return self._count

    def add(self, keys: NDArray[np.uint64]) -> None:
        """Append rows, shape (n, keys of a row). Raises ValueError past 2^28 rows."""
        if len(self) + len(keys) > MOST_ROWS:
            raise ValueError(f"the index holds at most {MOST_ROWS} rows")
        # Masked here too, so that which rows share a key is the same before and after they are sealed.
        keys = keys & _KEY_MASK
        first, self._count = self._count, self._count + len(keys)
        if len(keys) > _FEW:
            entries = _entries(keys, first)
            # While the next part of a load is read; what is left to do at its end is to merge.
            entries.sort()
            self._loose.append(entries)
            return
        fresh = self._fresh
        for row, its_keys in enumerate(keys.tolist(), start=first):
            alone = (row,)
            for key in its_keys:
                if key:
                    fresh[key] = (*fresh[key], row) if key in fresh else alone
        self._fresh_rows += len(keys)
        if self._fresh_rows >= _FRESH:
            self._seal()

    def rows(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The rows that may share one of these keys, shape (keys of a row,), and for each which key that is; in no order, a row
        once for each key.

        All that do are among them; one in 2^36 pairs of keys is there without being equal.
        """
        if self._loose or len(self._runs) > self._merged_runs:
            self._merge()
        sought = np.asarray(keys, dtype=np.uint64) & _KEY_MASK
        present = np.flatnonzero(sought)
        sought = sought.take(present)
        found = [run.rows(sought) for run in self._runs]
        met = [(which, key) for which, key in enumerate(sought.tolist()) if key in self._fresh]
        if fresh := [(row, which) for which, key in met for row in self._fresh[key]]:
            found.append(tuple(np.array(fresh, dtype=np.int64).T))
        if not found:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.intp)
        rows, which = found[0] if len(found) == 1 else (np.concatenate(part) for part in zip(*found, strict=True))
        return rows, present.take(which)

    def compact(self) -> None:
        """One run of all there is: some 20 ns a key once, and every search after it looks in one place for what stood then."""
        self._seal()
        if parts := [*(run.entries for run in self._runs), *self._loose]:
            self._loose, self._runs = [], []
            self._runs = [_Run(_LAST_LEVEL, _merged(parts))]
        self._merged_runs = len(self._runs)

    def _seal(self) -> None:
        """Make a run of the newest rows."""
        if self._fresh:
            run = np.array([key | row for key, rows in self._fresh.items() for row in rows], dtype=np.uint64)
            run.sort()
            self._runs.append(_Run(0, run))
        self._fresh, self._fresh_rows = {}, 0

    def _merge(self) -> None:
        """Runs of equal size become one of twice that. Not while rows are added: who loads many compacts them all at once."""
        if self._loose:
            self._runs.append(_Run(0, _merged(self._loose)))
        merged: list[_Run] = []
        for run in self._runs:
            while merged and merged[-1].level == run.level < _LAST_LEVEL:
                run = _Run(run.level + 1, _merged([merged.pop().entries, run.entries]))
            merged.append(run)
        self._runs, self._merged_runs = merged, len(merged)


def _entries(keys: NDArray[np.uint64], first: int) -> NDArray[np.uint64]:
    """The entries of rows from row `first` on, unsorted; keys: masked, shape (n, keys of a row)."""
    present = keys != 0
    entries = keys | np.arange(first, first + len(keys), dtype=np.uint64)[:, None]
    # Most rows have all their keys, and picking them one by one takes longer than all the rest.
    return entries.ravel() if present.all() else entries[present]


def _merged(parts: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """One sorted run of any number of sorted ones; the list is emptied."""
    run = np.empty(sum(map(len, parts)), dtype=np.uint64)
    end = len(run)
    # From the last, each let go of before the next is copied: of a million items all together take some 400 MB.
    while parts:
        run[end - len(parts[-1]) : end] = parts[-1]
        end -= len(parts.pop())
    # A stable sort finds what is sorted already and merges it: of fifty parts in a third of the time of sorting afresh.
    run.sort(kind="stable")
    return run
