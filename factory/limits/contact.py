"""Whether an endpoint that has never answered is a model server at all: a wrong address is told apart from an outage."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from factory.errors import FailureKind, ModelFailure
from factory.types import Usage

# A listener that is being restarted refuses a few connections in the same moment.
_UNREACHED: Final = 2
_UNREACHED_S: Final = 1.0
# A gateway's page for a hiccup is not yet a wrong address.
_FOREIGN: Final = 4
_FOREIGN_S: Final = 3.0
# Told inside an answer with status 200, these are still a model server's words.
_TALKS: Final = frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED})
# What an adapter reports for a request that never left (`factory.providers.transport.UNSENT`).
_UNSENT: Final = Usage(0, 0)


class DeadEnd(StrEnum):
    """Why an endpoint need not be asked again. FOREIGN: whatever answers there speaks another language."""

    UNREACHABLE = "unreachable"
    FOREIGN = "foreign"


class FirstContact:
    """Fed with the failed calls of an endpoint until something shows that it is one; from then on it finds no dead end.

    Only a connection that could not be made says that nothing is there: one that was made and then dropped was with somebody.
    Only what is neither a refusal by HTTP status nor an answer says that this somebody is no model server.
    """

    def __init__(self) -> None:
        self._made = False
        self.forget()

    def forget(self) -> None:
        """Nobody asked for a while: begin to count anew."""
        self._there = False
        self._failed = 0
        self._since = 0.0

    def made(self) -> None:
        """A call was answered, be it with a refusal by the model."""
        self._made = True

    def failed(self, failure: ModelFailure, began: float, now: float, *, oldest: bool) -> DeadEnd | None:
        """What this failure leaves no doubt of, if anything.

        began, now: seconds; oldest: no call is under way that began before this one. While there is such a call, it may be
        with the model: a server busy with it may leave other connections waiting, or have them dropped.
        """
        if self._made:
            return None
        if failure.turned_away or failure.kind in _TALKS:
            self._made = True
            return None
        unsent = failure.kind is FailureKind.CONNECTION and failure.usage == _UNSENT
        if failure.kind is FailureKind.TIMEOUT or (unsent and self._there):
            # A model at work looks like the one, and a busy listener like the other.
            return None
        if not unsent and not self._there:
            self.forget()
            self._there = True
        self._since = min(self._since, began) if self._failed else began
        self._failed += 1
        least, least_s = (_UNREACHED, _UNREACHED_S) if unsent else (_FOREIGN, _FOREIGN_S)
        if not oldest or self._failed < least or now - self._since < least_s:
            return None
        return DeadEnd.UNREACHABLE if unsent else DeadEnd.FOREIGN
