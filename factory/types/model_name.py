"""Whether two names mean one model."""

from __future__ import annotations

import re
from typing import Final

# A dated name is the same model; any other ending may be another one: -2024-08-06, -20250929, -0613, -001, @20250929, -latest.
_DATED: Final = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8}|-\d{3,4}|-latest)\Z")


def undated(name: str) -> str:
    """The name without the date, or "latest", that it ends with."""
    return _DATED.sub("", name)


def is_as_asked(asked: str, served: str) -> bool:
    """Whether a provider that names the model `served` has served the one that was asked for.

    asked: as in a cast, PROVIDER/NAME; served: as the answer names it, "" where it names none. A date more or less, letter case
    and a vendor's prefix make no other model; two different dates do.
    """
    want, got = asked.lower(), served.lower()
    if not got or got == want or got == want.partition("/")[2]:
        return True
    want = want.partition("/")[2] or want
    if not _is_tail(undated(want), undated(got)):
        return False
    dates = {date for date in (want[len(undated(want)) :], got[len(undated(got)) :]) if date not in ("", "-latest")}
    return len(dates) < 2


def _is_tail(one: str, other: str) -> bool:
    """Whether the names are the same, or one is the other with a vendor (`meta-llama/`) before it."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")
