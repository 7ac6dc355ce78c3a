"""Whether a provider turns away one call, or calls in numbers."""

from __future__ import annotations

import math
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


# Decades of chance from which a call is singled out: the most that one rejection counts is two, so it takes at least six.
_CERTAIN: Final = 9.0
_MOST_AT_ONCE: Final = 2.0


class SingledOut:
    """Whether a provider turns away this one call whatever happens, as a request above the account's tokens per minute.

    Were rejections dealt out at random, one would meet this call with the chance r / (a + r), of a answers and r rejections
    (its own included) since its last one. The decades of these chances add up; bursts make rejections come in rows, so one
    counts for a hundredth at most. While nobody is answered the chance is 1: a storm singles out nobody, however long it lasts.
    """

    def __init__(self) -> None:
        self.rejections = 0
        self._decades = 0.0
        self._before = (0, 0)

    def rejected(self, answers: int, rejections: int) -> None:
        """answers, rejections: how many calls the endpoint has ever answered and turned away, this one included."""
        answered, refused = answers - self._before[0], rejections - self._before[1]
        if self.rejections:
            self._decades += min(_MOST_AT_ONCE, math.log10((answered + refused) / refused))
        self.rejections += 1
        self._before = (answers, rejections)

    @property
    def certain(self) -> bool:
        return self._decades >= _CERTAIN
