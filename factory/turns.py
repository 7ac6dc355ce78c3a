"""Time spent in the queue for the corpus: texts are embedded one at a time, and whoever waits for the others is not at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from factory.ports import CorpusView, Neighbour


@dataclass(slots=True)
class Turns:
    """The time during which something that serves one at a time is in use, in seconds, split evenly among those who are there.

    So the shares of all of them add up to how long it was in use, however many queued for it.
    """

    clock: Callable[[], float] = time.perf_counter
    _here: int = 0
    _at: float = 0.0
    _each: float = 0.0

    def enter(self) -> float:
        """What `leave` must be given back."""
        self._advance()
        self._here += 1
        return self._each

    def leave(self, entered: float) -> float:
        """The leaver's own share, in seconds."""
        self._advance()
        self._here -= 1
        return self._each - entered

    def _advance(self) -> None:
        # What one who came at the start and stayed would have been given by now: a single number serves all who are there.
        now = self.clock()
        if self._here:
            self._each += (now - self._at) / self._here
        self._at = now


@dataclass(slots=True)
class TimedView:
    """A corpus view that keeps, in `queued`, the seconds its searches spent waiting for those of others."""

    view: CorpusView
    turns: Turns
    queued: float = field(default=0.0)

    @property
    def embedder(self) -> str:
        return self.view.embedder

    async def neighbours(self, text: str, *, exclude: frozenset[str] = frozenset()) -> tuple[Neighbour, ...]:
        began, entered = self.turns.clock(), self.turns.enter()
        try:
            return await self.view.neighbours(text, exclude=exclude)
        finally:
            self.queued += max(0.0, self.turns.clock() - began - self.turns.leave(entered))

    def template_size(self, template: str) -> int:
        return self.view.template_size(template)
