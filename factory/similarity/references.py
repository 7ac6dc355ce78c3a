"""A reference set as the corpus takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference set as loaded: its name, the hex SHA-256 of its file, and its texts in file order."""

    name: str
    sha256: str
    texts: Sequence[str]
