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
# More rows than this at once are part of a load: they are sorted when they are first asked for, all together.
_FEW: Final = 16
# Runs of 2^8 times as many rows are merged no further: at 32 keys that would hold everything up for a second or more.
_LAST_LEVEL: Final = 8


class Buckets:
    """Keys of rows 0, 1, ..., so many a row, 0 for none."""

    def __init__(self) -> None:
        self._count = 0
        # The newest rows, key by key; tuples, for the garbage collector looks at each of them once only.
        self._fresh: dict[int, tuple[int, ...]] = {}
        self._fresh_rows = 0
        # Entries of rows that came many at once, not yet sorted.
        self._loose: list[NDArray[np.uint64]] = []
        self._runs: list[tuple[int, NDArray[np.uint64]]] = []
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
            self._loose.append(_entries(keys, first))
            return
        for row, its_keys in enumerate(keys.tolist(), start=first):
            for key in its_keys:
                if key:
                    self._fresh[key] = (*self._fresh.get(key, ()), row)
        self._fresh_rows += len(keys)
        if self._fresh_rows >= _FRESH:
            self._seal()

    def rows(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The rows that may share one of these keys, shape (keys of a row,); ascending, each once.

        All that do are among them; one in 2^36 pairs of keys is there without sharing any.
        """
        if self._loose or len(self._runs) > self._merged_runs:
            self._merge()
        sought = np.asarray(keys, dtype=np.uint64) & _KEY_MASK
        sought = sought[sought != 0]
        sought.sort()
        found = [_in_run(run, sought) for _, run in self._runs]
        if self._fresh:
            fresh = [row for key in sought.tolist() for row in self._fresh.get(key, ())]
            found.append(np.array(fresh, dtype=np.int64))
        return _distinct(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def compact(self) -> None:
        """One run of all there is: some 50 ns a key once, and every search after it looks in one place for what stood then."""
        self._seal()
        if runs := [*(run for _, run in self._runs), *self._loose]:
            self._loose = []
            self._runs = [(_LAST_LEVEL, _merged(runs))]
        self._merged_runs = len(self._runs)

    def _seal(self) -> None:
        """Make a run of the newest rows."""
        if self._fresh:
            run = np.array([key | row for key, rows in self._fresh.items() for row in rows], dtype=np.uint64)
            run.sort()
            self._runs.append((0, run))
        self._fresh, self._fresh_rows = {}, 0

    def _merge(self) -> None:
        """Runs of equal size become one of twice that. Not while rows are added: who loads many compacts them all at once."""
        if self._loose:
            entries = np.concatenate(self._loose)
            entries.sort()
            self._runs.append((0, entries))
            self._loose = []
        merged: list[tuple[int, NDArray[np.uint64]]] = []
        for level, run in self._runs:
            while merged and merged[-1][0] == level and level < _LAST_LEVEL:
                run = _merged([merged.pop()[1], run])
                level += 1
            merged.append((level, run))
        self._runs, self._merged_runs = merged, len(merged)


def _entries(keys: NDArray[np.uint64], first: int) -> NDArray[np.uint64]:
    """The entries of rows from row `first` on, unsorted; keys: masked, shape (n, keys of a row)."""
    present = keys != 0
    entries = keys | np.arange(first, first + len(keys), dtype=np.uint64)[:, None]
    # Most rows have all their keys, and picking them one by one takes longer than all the rest.
    return entries.ravel() if present.all() else entries[present]


def _merged(runs: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """One sorted run of two sorted ones, or of any number of sorted or unsorted ones."""
    run = np.concatenate(runs)
    # A stable sort finds two sorted halves and merges them in one pass; all else is sorted faster afresh.
    run.sort(kind="stable" if len(runs) == 2 else None)
    return run


def _distinct(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each once, ascending: three times as fast as numpy's `unique`, which hashes."""
    rows.sort()
    first = np.empty(len(rows), dtype=bool)
    first[:1] = True
    np.not_equal(rows[1:], rows[:-1], out=first[1:])
    return rows[first]


def _in_run(run: NDArray[np.uint64], sought: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The rows that the run holds under any of these keys, which are sorted."""
    if not len(run):
        return np.empty(0, dtype=np.int64)
    starts = run.searchsorted(sought)
    # What lies past the end is compared with the last entry, which is less than it.
    hit = (run[np.minimum(starts, len(run) - 1)] & _KEY_MASK) == sought
    starts, ends = starts[hit], run.searchsorted(sought[hit] | _ROW_MASK, side="right")
    entries = [run[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return (np.concatenate(entries) & _ROW_MASK).astype(np.int64) if entries else np.empty(0, dtype=np.int64)
