"""What is kept of a job's endpoints: the last word of whoever holds the lease, and of nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from factory.errors import BadInput, LeaseLost
from factory.ports import EndpointFigures, JobState, Lease
from store import SqlStore, this_process
from tests.store.making import a_job

FIGURES = EndpointFigures(
    endpoint="openai at host:1 (OPENAI_API_KEY)", in_flight=3, limit=7, max_in_flight=64, queue=2, requests=2**40,
    rate_limited=5, outages=1, breaker="half_open", p50_s=0.25, p95_s=1.5, latencies={-69: 4, 20: 1}, at=1000.5,
)  # fmt: skip
OTHER = replace(FIGURES, endpoint="anthropic at host:1 (ANTHROPIC_API_KEY)", p50_s=None, p95_s=None, latencies={})


def test_the_last_word_on_each_endpoint_is_kept(store: SqlStore) -> None:
    later = replace(FIGURES, in_flight=0, requests=2**40 + 1, p50_s=0.5, latencies={0: 9}, at=1001.5)

    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        await store.create_job(a_job("job-b", seed=8), this_process())
        assert store.endpoints("job-a") == store.snapshot("job-a").endpoints == []
        await store.keep_endpoints(lease, [FIGURES, OTHER])
        assert store.endpoints("job-a") == store.snapshot("job-a").endpoints == [OTHER, FIGURES]
        await store.keep_endpoints(lease, [later])
        assert store.endpoints("job-a") == [OTHER, later]
        assert store.endpoints("job-b") == []
        await store.finish(lease, JobState.STOPPED, "")
        assert store.endpoints("job-a") == [OTHER, later]

    asyncio.run(main())
    with pytest.raises(BadInput, match="no such job"):
        store.endpoints("job-x")


def test_a_stale_process_says_nothing(store: SqlStore) -> None:
    async def main() -> None:
        lease = await store.create_job(a_job(), this_process())
        await store.keep_endpoints(lease, [FIGURES])
        await store.finish(lease, JobState.STOPPED, "")
        with pytest.raises(LeaseLost, match="given back"):
            await store.keep_endpoints(lease, [OTHER])
        await store.acquire("job-a", this_process())
        for stale in (lease, Lease("job-a", 9)):
            with pytest.raises(LeaseLost, match="took it over"):
                await store.keep_endpoints(stale, [replace(FIGURES, requests=0)])
        assert store.endpoints("job-a") == [FIGURES]

    asyncio.run(main())
