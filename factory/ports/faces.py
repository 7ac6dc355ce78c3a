"""What shows or writes a finished set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Exporter(Protocol):
    """Writes a set in one format. Returns the files it wrote."""

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...

    def write(self, rows: Sequence[Mapping[str, Any]], out: Path) -> Sequence[Path]: ...
