from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import SqlStore, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/factory.db"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url, busy_timeout_s=0.3)
    yield opened
    opened.close()
