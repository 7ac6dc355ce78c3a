"""Error bodies and waits as servers of every kind write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import FailureKind, ModelFailure, ProviderUnusable
from factory.providers.endpoint import Endpoint
from factory.providers.failures import (
    LONGEST_RETRY_AFTER_S,
    Asked,
    error_in_success,
    read_problem,
    refusal,
    retry_after_s,
    shown,
)
from factory.providers.secrets import Blotter

ASKED = Asked(Endpoint("openai", "http://localhost:8000/v1", "OPENAI_API_KEY"), "openai/m")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no", "type": "t", "code": "c"}}', "no"),
        (b'{"error": "model not loaded"}', "model not loaded"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b'{"message": "odd", "code": 40}', "odd"),
        (b'{"error": null, "message": "odd"}', "odd"),
        (b"<html><title>502  Bad\nGateway</title></html>", "502 Bad Gateway"),
        (b"plain words", "plain words"),
        (b"\x1b[31mred\x07\xff", "[31mred \ufffd"),
        (b"[]", "[]"),
        (b"", ""),
    ],
)
def test_an_error_body_of_any_shape_is_read(body: bytes, message: str) -> None:
    assert read_problem(body).message == message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error": {"message": "x", "code": "content_filter"}}', FailureKind.FILTERED),
        (403, b'{"error": {"message": "Your input was flagged"}}', FailureKind.FILTERED),
        (400, b'{"error": {"message": "This model\'s maximum context length is 8192 tokens."}}', FailureKind.CONTEXT_OVERFLOW),
        (400, b'{"error": {"message": "the request exceeds the available context size", "type": "exceed_context_size_error"}}',
         FailureKind.CONTEXT_OVERFLOW),
        (429, b'{"error": {"message": "TPM"}}', FailureKind.RATE_LIMITED),
        (
            429,
            b'{"error": {"message": "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 31337."}}',
            FailureKind.CONTEXT_OVERFLOW,
        ),
        (425, b"", FailureKind.SERVER_ERROR),
        (520, b"", FailureKind.SERVER_ERROR),
        (500, b'{"type": "error", "error": {"type": "overloaded_error", "message": "x"}}', FailureKind.OVERLOADED),
    ],
)  # fmt: skip
def test_what_servers_say_in_their_own_words(status: int, body: bytes, kind: FailureKind) -> None:
    outcome = refusal(ASKED, status, {}, body, "req")
    assert isinstance(outcome, ModelFailure) and outcome.kind is kind and outcome.request_id == "req"
    assert outcome.turned_away


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"error": {"message": "x", "code": "insufficient_quota"}}'),
        (400, b'{"error": {"message": "x", "code": "model_not_found"}}'),
        (422, b'{"detail": "field required"}'),
        (405, b""),
        (304, b""),
    ],
)
def test_what_stops_the_job(status: int, body: bytes) -> None:
    outcome = refusal(ASKED, status, {}, body, "")
    assert isinstance(outcome, ProviderUnusable) and outcome.fix and "openai/m at localhost:8000" in outcome.message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "rate_limit_error", "message": "x"}, FailureKind.RATE_LIMITED),
        ({"code": 503, "message": "x"}, FailureKind.OVERLOADED),
        ({"type": "request_too_large", "message": "x"}, FailureKind.CONTEXT_OVERFLOW),
        ({"type": "authentication_error", "message": "x"}, None),
        ("just words", FailureKind.SERVER_ERROR),
        ([], FailureKind.SERVER_ERROR),
    ],
)
def test_an_error_inside_a_success_counts_as_if_it_had_its_status(error: object, kind: FailureKind | None) -> None:
    outcome = error_in_success(ASKED, error, "", Blotter("sk-proj-Zq7Rk2VnT9wXbLm4Hd8s"))
    assert (outcome.kind if isinstance(outcome, ModelFailure) else None) is kind
    # But nobody turned it away: a gateway may say so after the model's work.
    assert not getattr(outcome, "turned_away", False)


def test_only_a_failure_worth_waiting_for_carries_a_wait() -> None:
    assert getattr(refusal(ASKED, 503, {"retry-after": "3"}, b"", ""), "retry_after_s") == 3.0  # noqa: B009
    assert getattr(refusal(ASKED, 413, {"retry-after": "3"}, b"", ""), "retry_after_s") is None  # noqa: B009


def test_a_date_is_counted_from_now() -> None:
    headers = {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}
    assert retry_after_s(headers, now=lambda: 40.0) == 60.0


HEADER = st.text(max_size=30) | st.floats().map(str) | st.integers().map(str) | st.datetimes().map(str)


@given(HEADER, HEADER)
def test_no_header_breaks_the_wait(seconds: str, milliseconds: str) -> None:
    wait = retry_after_s({"retry-after": seconds, "retry-after-ms": milliseconds})
    assert wait is None or 0 <= wait <= LONGEST_RETRY_AFTER_S


@given(st.binary(max_size=200), st.integers(300, 599))
def test_no_refusal_breaks_the_reader(body: bytes, status: int) -> None:
    outcome = refusal(ASKED, status, {"location": body.decode("latin-1")}, body, "")
    text = outcome.message if isinstance(outcome, ProviderUnusable) else outcome.detail
    assert text.isprintable()


def test_a_long_text_is_cut_for_a_message() -> None:
    assert len(shown("word " * 10_000)) < 500
