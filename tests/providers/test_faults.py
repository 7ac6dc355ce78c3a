"""Every row of the fault matrix that a call without streaming can meet, through both SDKs: one request, one typed outcome."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from factory.errors import FailureKind, ModelFailure, ProviderUnusable
from factory.types import Usage
from tests.support.at_server import Benches
from tests.support.faults import FAULTS, Manner, Wire
from tests.support.model_server import send

K = FailureKind
# How long these may take; every other fault has the five seconds of `ask`, which a busy machine does not reach.
CUT: dict[str, dict[str, float]] = {
    "drip:0.05": {"deadline_s": 0.6},
    "slow_headers:0.1": {"deadline_s": 0.6},
    "stall": {"idle_s": 0.2},
}

# fault -> the kind under openai, under anthropic, and a word of the detail
FAILURES: dict[str, tuple[FailureKind, FailureKind, str]] = {
    "drip:0.05": (K.TIMEOUT, K.TIMEOUT, "deadline of 0.6 s"),
    "slow_headers:0.1": (K.TIMEOUT, K.TIMEOUT, "deadline of 0.6 s"),
    "stall": (K.TIMEOUT, K.TIMEOUT, "stopped coming"),
    "reset": (K.CONNECTION, K.CONNECTION, ""),
    "reset_midway": (K.CONNECTION, K.CONNECTION, ""),
    "eof": (K.CONNECTION, K.CONNECTION, "without an answer"),
    "eof_midway": (K.CONNECTION, K.CONNECTION, "in the middle of the answer"),
    "unmarked_eof": (K.SERVER_ERROR, K.SERVER_ERROR, "not a JSON object"),
    "html": (K.SERVER_ERROR, K.SERVER_ERROR, "text/html"),
    "error_in_200": (K.SERVER_ERROR, K.SERVER_ERROR, "status 200 with an error: The backend fell over"),
    "key_in_200:error": (K.SERVER_ERROR, K.SERVER_ERROR, "Backend failed for key [key]"),
    "not_an_answer": (K.SERVER_ERROR, K.SERVER_ERROR, "malformed answer"),
    "a_list": (K.SERVER_ERROR, K.SERVER_ERROR, "not a JSON object"),
    "no_finish": (K.SERVER_ERROR, K.SERVER_ERROR, "who_knows"),
    "length": (K.TRUNCATED, K.TRUNCATED, "stopped with"),
    "refusal": (K.REFUSED, K.REFUSED, ""),
    "content_filter": (K.FILTERED, K.FILTERED, ""),
    "window_exceeded": (K.TRUNCATED, K.CONTEXT_OVERFLOW, ""),
    "no_choices": (K.MALFORMED, K.EMPTY, ""),
    "no_text": (K.EMPTY, K.EMPTY, "no text"),
    "malformed": (K.MALFORMED, K.MALFORMED, "not JSON"),
    "off_schema": (K.MALFORMED, K.MALFORMED, "nothing"),
    "rate_limit": (K.RATE_LIMITED, K.RATE_LIMITED, "Slow down"),
    "context": (K.CONTEXT_OVERFLOW, K.CONTEXT_OVERFLOW, "prompt is too long"),
    "too_large": (K.CONTEXT_OVERFLOW, K.CONTEXT_OVERFLOW, "413"),
    "request_timeout": (K.TIMEOUT, K.TIMEOUT, "408"),
    "conflict": (K.SERVER_ERROR, K.SERVER_ERROR, "409"),
    "server_error": (K.SERVER_ERROR, K.SERVER_ERROR, "500"),
    "bad_gateway": (K.SERVER_ERROR, K.SERVER_ERROR, "Welcome to the gateway"),
    "unavailable": (K.OVERLOADED, K.OVERLOADED, "503"),
    "gateway_timeout": (K.TIMEOUT, K.TIMEOUT, "504"),
    "overloaded": (K.OVERLOADED, K.OVERLOADED, "529"),
}
# fault -> words of what happened, and of the fix
UNUSABLE = {
    "bad_key": ("the key was not accepted", "_API_KEY"),
    "forbidden": ("may not use this model", "access"),
    "no_model": ("no such model", "base_url"),
    "no_path": ("no such address", "base_url"),
    "quota": ("no quota or credit", "billing"),
    "payment": ("no quota or credit", "billing"),
    "low_credit": ("no quota or credit", "billing"),
    "no_format": ("response_format type is unavailable", "cast"),
    "bad_request": ("Unknown field 'x'", "cast"),
    "redirect": ("redirects", "base_url"),
    "echo_key": ("the key was not accepted", "_API_KEY"),
    "echo_key_escaped": ("the key was not accepted", "_API_KEY"),
    "masked_key": ("Incorrect API key provided: [key]", "_API_KEY"),
}
ANSWERED = {"usage_missing", "usage_negative", "usage_words", "usage_absurd", "usage_cached", "other_model"}


def modules_of_chain(exc: BaseException | None) -> Iterator[str]:
    while exc is not None:
        yield type(exc).__module__.partition(".")[0]
        exc = exc.__cause__ or exc.__context__


def test_every_fault_of_the_server_is_asked_for() -> None:
    asked = {name.partition(":")[0] for name in FAILURES} | UNUSABLE.keys() | ANSWERED
    assert asked == FAULTS.keys()


@pytest.mark.parametrize("fault", FAILURES)
async def test_a_failure_is_typed_and_costs_one_request(bench: Benches, protocol: str, fault: str) -> None:
    openai, anthropic, word = FAILURES[fault]
    async with bench(fault) as at:
        began = time.perf_counter()
        with pytest.raises(ModelFailure) as caught:
            await at.ask(options=CUT.get(fault, {}))
        assert time.perf_counter() - began < 4.0
        assert caught.value.kind is (openai if protocol == "openai" else anthropic)
        assert word in caught.value.detail
        assert len(at.server.seen) == 1
        # No SDK or HTTP exception hangs on: those hold the request and with it the key.
        assert not {"openai", "anthropic", "httpx2", "aiohttp"} & set(modules_of_chain(caught.value))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("rate_limit", True),
        ("overloaded", True),
        ("context", True),
        ("error_in_200:rate_limit_error", False),
        ("error_in_200:overloaded_error", False),
        ("window_exceeded", False),
        ("html", False),
    ],
)
async def test_what_the_status_refused_is_told_from_what_an_answer_says(bench: Benches, fault: str, status: bool) -> None:
    async with bench(fault) as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask()
        assert caught.value.turned_away is status


@pytest.mark.parametrize("fault", UNUSABLE)
async def test_what_no_retry_can_mend_says_so_with_the_fix(bench: Benches, fault: str) -> None:
    what, fix = UNUSABLE[fault]
    async with bench(fault) as at:
        with pytest.raises(ProviderUnusable) as caught:
            await at.ask()
        assert what in caught.value.message and fix in (caught.value.fix or "")
        assert caught.value.exit_code == 5
        assert f"{at.protocol}/dice" in caught.value.message
        assert len(at.server.seen) == 1


@pytest.mark.parametrize("fault", ["usage_missing", "usage_negative", "usage_words", "usage_absurd", "usage_cached:120"])
async def test_nonsense_usage_is_no_usage(bench: Benches, fault: str) -> None:
    async with bench(fault) as at:
        reply = await at.ask()
        assert reply.usage is None and reply.data is not None
        assert len(at.server.seen) == 1


async def test_what_came_from_the_cache_is_part_of_what_was_read(bench: Benches) -> None:
    async with bench("usage_cached") as at:
        assert (await at.ask()).usage == Usage(100, 7, 60)


async def test_a_client_that_is_gone_does_not_trouble_the_server() -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        await asyncio.sleep(0)
        try:
            ended.set_result(await send(writer, Wire(200, b"{}", manner=Manner.RESET)))
        except OSError as error:
            ended.set_exception(error)

    ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await ended is False
        writer.close()


async def test_another_served_model_is_recorded(bench: Benches) -> None:
    async with bench("other_model", "") as at:
        assert (await at.ask()).served_model == "something-else-2099"
        assert (await at.ask()).served_model == "dice"


@pytest.mark.parametrize("fault", ["length", "refusal", "malformed", "no_text"])
async def test_a_failed_answer_that_was_billed_carries_what_it_cost(bench: Benches, fault: str) -> None:
    async with bench(fault) as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask()
        failure = caught.value
        assert isinstance(failure.usage, Usage) and failure.usage.output_tokens > 0
        assert failure.served_model == "dice" and failure.request_id
        if fault == "length":
            assert failure.text
        if fault == "refusal":
            assert failure.text == "I will not help with that."


async def test_an_error_inside_a_200_is_judged_by_its_code(bench: Benches, protocol: str) -> None:
    async with bench("error_in_200:overloaded_error") as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask()
        assert caught.value.kind is (K.OVERLOADED if protocol == "anthropic" else K.SERVER_ERROR)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("retry-after=7", 7.0),
        ("retry-after=0.25", 0.25),
        ("retry-after-ms=1500", 1.5),
        ("retry-after=Wed, 21 Oct 2099 07:28:00 GMT", 3600.0),
        ("retry-after=Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("retry-after=1000000000", 3600.0),
        ("retry-after=-5", None),
        ("retry-after=nan", None),
        ("retry-after=inf", None),
        ("retry-after=soon", None),
        ("", None),
    ],
)
async def test_the_providers_wish_to_wait_comes_along(bench: Benches, header: str, expected: float | None) -> None:
    async with bench(f"rate_limit:{header}") as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask()
        assert caught.value.retry_after_s == expected
        assert len(at.server.seen) == 1


async def test_no_connection_is_transient(bench: Benches) -> None:
    async with bench() as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask(base_url="http://127.0.0.1:9/v1")
        assert caught.value.kind is K.CONNECTION and "ECONNREFUSED" in caught.value.detail


async def test_a_connection_broken_once_does_not_spoil_the_next_call(bench: Benches) -> None:
    async with bench("eof", "reset_midway", "") as at:
        for _ in range(2):
            with pytest.raises(ModelFailure):
                await at.ask()
        assert (await at.ask()).data is not None
