from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import SqlStore, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/factory.db"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """One store for all examples of a property; each example makes its own job."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('shared')}/factory.db")
    yield opened
    opened.close()


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url, busy_timeout_s=0.3)
    yield opened
    opened.close()
