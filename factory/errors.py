"""Every error a user can meet, and the typed failures of a model call.

An error says what happened, to which thing, and the next move. Its `exit_code` is the process's exit status, so a command
needs no table of its own (DESIGN section 16).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar


class FactoryError(Exception):
    """A failure with a place and a remedy.

    what: one sentence without a full stop; where: the file, field, job or endpoint it happened to; fix: the next move.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(self.message)

    @property
    def message(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.fix}" if self.fix else text


class BadInput(FactoryError):
    """The user's spec, cast, recipe, reference file, store URL or option is wrong; nothing was written."""

    exit_code = 2


class LimitReached(FactoryError):
    """A limit the user set (budget, deadline) stopped the job after a clean drain; a larger limit lets it go on."""

    exit_code = 3


class TargetNotReached(FactoryError):
    """`--accept N` met its attempt cap first; the job is kept and says how far it came."""

    exit_code = 4


class ProviderUnusable(FactoryError):
    """A provider that cannot be used at all: wrong key, unknown model, no quota, or away for longer than we wait."""

    exit_code = 5


class Interrupted(FactoryError):
    """The user asked to stop (Ctrl-C, SIGTERM); the drain was clean and the job can be resumed."""

    exit_code = 130


class LeaseLost(FactoryError):
    """Another process works this job, or took it over; this process must write nothing more to it."""

    exit_code = 2


class JournalMismatch(FactoryError):
    """A journaled call's request differs from the one now made under the same identity: the job's inputs changed."""

    exit_code = 2


class FailureKind(StrEnum):
    """How a model call can fail. Terminal kinds say something of the item and are journaled; transient ones are retried."""

    TRUNCATED = "truncated"
    REFUSED = "refused"
    MALFORMED = "malformed"
    FILTERED = "filtered"
    EMPTY = "empty"
    CONTEXT_OVERFLOW = "context_overflow"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    SERVER_ERROR = "server_error"

    @property
    def transient(self) -> bool:
        return self in _TRANSIENT


_TRANSIENT = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.OVERLOADED,
        FailureKind.TIMEOUT,
        FailureKind.CONNECTION,
        FailureKind.SERVER_ERROR,
    }
)


class CallGivenUp(Exception):
    """A call that kept failing by itself while its endpoint answered others: its item is errored, the job goes on."""


class ModelFailure(Exception):
    """A typed failure of one model call; what the model did send travels along.

    text: the raw reply as far as it came; usage: `factory.types.Usage` where the provider reported one;
    retry_after_s: the provider's own wish, in seconds; turned_away: the HTTP status itself refused the request, so no model was
    at work on it; planted: a rehearsal label, stripped by the journal.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str,
        *,
        text: str = "",
        usage: Any = None,
        served_model: str = "",
        request_id: str | None = None,
        retry_after_s: float | None = None,
        turned_away: bool = False,
        planted: Any = None,
    ) -> None:
        super().__init__(f"{kind.value}: {detail}")
        self.kind = kind
        self.detail = detail
        self.text = text
        self.usage = usage
        self.served_model = served_model
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.turned_away = turned_away
        self.planted = planted


def suggest(name: str, known: Iterable[str]) -> str:
    """The fix for an unknown name: the nearest known one, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(names)}." if names else "There are none."
