"""The loops that `scripts/bench_calls.py` measures ours against really make their calls."""

from __future__ import annotations

import pytest

from scripts import bench_calls
from scripts.bench_line import Bench


@pytest.mark.parametrize("protocol", bench_calls.PROTOCOLS)
async def test_the_bare_loop_and_the_floor_get_their_answers(protocol: str) -> None:
    with bench_calls.server_process() as server:
        for loop in (bench_calls.bare, bench_calls.floor):
            async with loop(Bench(protocol, f"{server}/0")) as call:
                await bench_calls.drive(call, 5, 2)
        assert bench_calls.stats(server)["requests"] == 10
