"""Whether a provider turns away one call, or calls in numbers."""

from __future__ import annotations

from collections import deque
from typing import Final

# The share of recent outcomes from which refusals mean the provider as a whole. A provider that refuses 5 % at random stays
# far below it: of 64 outcomes 16 are refused with a chance of 1e-7, of 16 at least 5 with 9e-4 (binomial).
_SHARE: Final = 1 / 4
_LEAST: Final = 5
_LEAST_WINDOW: Final = 16
_MOST_WINDOW: Final = 256


class Refusals:
    """The last outcomes of an endpoint, as many as it may have in flight. A stray refusal concerns its own call alone; refused
    in numbers, every call would be, so all of them wait.
    """

    def __init__(self, most_in_flight: int) -> None:
        window = min(max(most_in_flight, _LEAST_WINDOW), _MOST_WINDOW)
        self._recent: deque[bool] = deque(maxlen=window)
        self._refused = 0
        self._many = max(_LEAST, int(_SHARE * window))

    def note(self, *, refused: bool) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._refused -= self._recent[0]
        self._recent.append(refused)
        self._refused += refused

    @property
    def in_numbers(self) -> bool:
        return self._refused >= self._many
