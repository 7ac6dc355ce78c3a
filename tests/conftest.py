"""What every test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Two cores: torch must not spawn a pool per process. Set before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """Real data that lies beside a checkout in the maintainers' workplace; elsewhere the tests that measure on it skip."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real data is absent: no {SHARED_DATA}; this claim is NOT checked here")
    return SHARED_DATA
