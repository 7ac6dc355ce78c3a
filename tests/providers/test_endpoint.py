"""Where a key may go, and that it shows up nowhere else."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from factory.errors import BadInput, FactoryError, FailureKind, ModelFailure, ProviderUnusable
from factory.providers.connect import check, connect
from factory.providers.connection import Connections
from factory.providers.endpoint import endpoint_of
from factory.types import Member, ModelRequest, Usage
from tests.support.at_server import KEYS, Benches
from tests.support.model_server import ModelServer, Rehearsed
from tests.support.players import ASK, SCHEMA, Echo


def member(base_url: str | None = "http://localhost:8000/v1", model: str = "openai/m", **options: Any) -> Member:
    return Member(model=model, base_url=base_url, options=options)


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://localhost/v1",
        "file:///etc/passwd",
        "localhost:8000",
        "http://",
        "http://host:99999/v1",
        "http://user:secret@host/v1",
        "http://host/v1?key=secret",
        "http://169.254.169.254/v1",
        "http://169.254.170.2/v1",
        "http://[fd00:ec2::254]/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://[fe80::1%25eth0]/v1",
        "http://100.100.100.200/v1",
        "http://metadata.google.internal/v1",
        "http://METADATA.google.internal./v1",
        "http://2852039166/v1",
        "http://0xa9fea9fe/v1",
        "http://169.254.43518/v1",
        "http://0251.0376.0251.0376/v1",
        "http://ho st/v1",
        "http://host/v\n1",
        "http://host\r\nx-header: 1/v1",
        "http://höst/v1",
        "http://foo..bar/v1",
        "http://.foo/v1",
        f"http://{'a' * 64}.example/v1",
        f"http://{'a.' * 130}example/v1",
    ],
)
def test_a_base_url_that_cannot_be_meant_is_bad_input(base_url: str) -> None:
    with pytest.raises(BadInput) as caught:
        endpoint_of(member(base_url))
    assert "base_url" in caught.value.message and "secret" not in caught.value.message


@pytest.mark.parametrize(
    "base_url", ["http://localhost:8000/v1/", "https://10.0.0.7/v1", "http://[::1]:8000/v1", "https://a-1.b_2.example/x/v1"]
)
def test_a_server_of_ones_own_is_fine(base_url: str) -> None:
    assert endpoint_of(member(base_url, key_env="none")).base_url == base_url.rstrip("/")


@pytest.mark.parametrize("model", ["openai/m", "anthropic/m"])
@pytest.mark.parametrize(
    "base_url",
    [
        "https://10.0.0.7/v1",
        "https://models.example/v1",
        "http://api.openai.com/v1",
        "http://api.anthropic.com",
        "http://0.0.0.0:1",
    ],
)
def test_the_providers_own_key_is_for_the_provider(monkeypatch: pytest.MonkeyPatch, model: str, base_url: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["anthropic"])
    with pytest.raises(BadInput) as caught:
        check(member(base_url, model))
    assert "key_env: MY_SERVER_KEY" in caught.value.message and "key_env: none" in caught.value.message
    assert "base_url" in (caught.value.where or "") and base_url.split("/")[2] in caught.value.message
    name = f"{model.split('/', maxsplit=1)[0].upper()}_API_KEY"
    # Said outright it goes there; so it does to the provider and to this machine.
    assert endpoint_of(member(base_url, model, key_env=name)).key() == KEYS[model.split("/", maxsplit=1)[0]]
    assert endpoint_of(member("http://127.0.0.1:8000/v1", model)).key() == KEYS[model.split("/", maxsplit=1)[0]]
    assert endpoint_of(
        member({"openai/m": "https://api.openai.com", "anthropic/m": "https://API.anthropic.com/v1"}[model], model)
    )


def test_a_named_variable_without_a_key_is_no_leave_to_ask_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ProviderUnusable, match="OPENAI_API_KEY holds no key"):
        check(member("https://models.example/v1", key_env="OPENAI_API_KEY"))


AMBIENT = "\n".join(
    f"{name}: ambient-token ✓"
    for name in ("Authorization", "X-Api-Key", "X-Gateway", "Cookie", "User-Agent", "anthropic-version", "Content-Type")
)


async def test_the_environment_adds_nothing_to_what_is_sent(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, AMBIENT)
    # Not even what is no header's text.
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "ambient-token ✓")
    monkeypatch.setenv("MY_KEY", "my-own-key-0123456789")
    async with bench() as at:
        await at.ask(options={"key_env": "MY_KEY"})
        await at.ask(options={"key_env": "none"})
    mine, nobodys = (seen.headers for seen in at.server.seen)
    assert "ambient-token" not in f"{mine}{nobodys}"
    assert mine["authorization"] == "Bearer my-own-key-0123456789" and "0123456789" not in str({**mine, "authorization": ""})
    # Asked without a key: no placeholder either.
    assert mine.keys() - nobodys.keys() == {"authorization"}
    assert mine["content-type"] == "application/json" and mine["x-client-request-id"] == "k"
    assert ("anthropic-version" in mine) == (at.protocol == "anthropic")
    # What gateways know the SDKs by.
    assert mine["user-agent"].startswith("AsyncOpenAI/" if at.protocol == "openai" else "AsyncAnthropic/")


@pytest.mark.parametrize("model", ["gpt", "openai/", "/gpt", "other/gpt", "sim/author"])
def test_a_model_without_an_adapter_is_bad_input(model: str) -> None:
    with pytest.raises(BadInput, match="PROVIDER/MODEL"):
        check(member(model=model))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"deadline_s": 0}, "deadline_s"),
        ({"deadline_s": "soon"}, "deadline_s"),
        ({"idle_s": True}, "idle_s"),
        ({"idle_s": float("nan")}, "idle_s"),
        ({"max_tokens_field": "n"}, "max_tokens_field"),
        ({"body": {"messages": []}}, "body"),
        ({"body": "x"}, "body"),
        ({"body": {"n": 8}}, "n"),
        ({"dedline_s": 5}, "Did you mean 'deadline_s'?"),
        ({"structured": "json"}, "json_schema, json_object, none"),
        ({"colour": "blue"}, "Known: body, deadline_s"),
        ({"key_env": "sk-abc-0123"}, "key_env"),
    ],
)
def test_an_option_that_cannot_be_meant_is_named(options: dict[str, Any], name: str) -> None:
    with pytest.raises(BadInput) as caught:
        check(member(**options))
    assert name in caught.value.message and "sk-abc" not in caught.value.message


@pytest.mark.parametrize(
    ("field", "fix"),
    [
        *((name, "max_tokens") for name in ("max_tokens", "max_completion_tokens")),
        *((name, "one answer") for name in ("n", "best_of")),
        *((name, "in no token count") for name in ("tools", "web_search_options", "plugins", "prediction")),
        *((name, "price per token") for name in ("service_tier", "cache_control", "inference_geo", "models")),
    ],
)
@pytest.mark.parametrize("model", ["openai/m", "anthropic/m"])
def test_what_would_cost_more_than_is_reserved_is_not_the_casts_to_send(model: str, field: str, fix: str) -> None:
    with pytest.raises(BadInput) as caught:
        check(member(model=model, body={"top_p": 0.9, field: 8}))
    assert f"body may not set {field}." in caught.value.message and fix in caught.value.message


def test_an_option_of_the_other_protocol_is_unknown() -> None:
    check(member(max_tokens_field="max_tokens"))
    with pytest.raises(BadInput, match="unknown option 'max_tokens_field'"):
        check(member(model="anthropic/m", max_tokens_field="max_tokens"))


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ProviderUnusable) as caught:
        check(member(None))
    assert "OPENAI_API_KEY" in caught.value.message and caught.value.exit_code == 5
    with pytest.raises(ProviderUnusable, match="MY_KEY"):
        check(member(key_env="MY_KEY"))
    check(member())
    monkeypatch.setenv("MY_KEY", " sk-with-blanks-around \n")
    assert endpoint_of(member(key_env="MY_KEY")).key() == "sk-with-blanks-around"
    monkeypatch.setenv("MY_KEY", "sk-two\r\nx-other: header")
    with pytest.raises(ProviderUnusable) as caught:
        check(member(key_env="MY_KEY"))
    assert "sk-two" not in caught.value.message


async def test_two_credentials_are_two_connections(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "other-key-0123456789")
    async with bench() as at:
        await at.ask()
        await at.ask(options={"key_env": "OTHER_KEY"})
        assert [seen.headers["authorization"].split()[1] for seen in at.server.seen] == [
            KEYS[at.protocol],
            "other-key-0123456789",
        ]


async def test_a_wrong_key_is_turned_away_by_the_server(bench: Benches) -> None:
    async with bench(key="another") as at:
        with pytest.raises(ProviderUnusable, match="the key was not accepted"):
            await at.ask()


@pytest.mark.parametrize(
    "fault",
    ["echo_key", "echo_key:403", "echo_key:500", "echo_key:429", "echo_key:400", "echo_key_escaped:500", "redirect", "eof"],
)
async def test_an_echoed_key_goes_no_further(bench: Benches, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "anthropic", "httpx2", "httpcore2", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    async with bench(fault, "") as at:
        with pytest.raises((ModelFailure, FactoryError)) as caught:
            await at.ask()
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        shown += (
            repr(caught.value) + repr(vars(caught.value)) + repr(at.connections.to(endpoint_of(at.member()))) + repr(at.model())
        )
        await at.ask()
    secret = KEYS[at.protocol]
    assert secret in str(at.server.seen[0].headers)
    assert secret not in shown
    assert caplog.records and secret not in caplog.text


@pytest.mark.parametrize("secret", ["sk-proj-Zq7Rk2VnT9wXbLm4Hd8s", "local-key"])
@pytest.mark.parametrize("where", ["error", "html", "ended", "off_schema", "metadata"])
async def test_no_part_of_a_key_comes_through_an_answer_of_status_200(
    bench: Benches, monkeypatch: pytest.MonkeyPatch, where: str, secret: str
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, secret)
    async with bench(f"key_in_200:{where}") as at:
        try:
            reply = await at.ask()
            told = f"{reply.served_model} {reply.request_id}"
        except ModelFailure as failure:
            told = f"{failure} {failure.detail} {failure.served_model} {failure.request_id}"
    assert "[key]" in told and secret[:9] not in told and secret[-8:] not in told


async def test_a_key_in_a_good_answer_is_blotted_out(bench: Benches) -> None:
    async with bench(models={"dice": Rehearsed(Echo())}) as at:
        secret = KEYS[at.protocol]
        said = (ASK[0], type(ASK[0]).of("user", f"My key is {secret}, or is it?"))
        reply = await at.model().complete(ModelRequest("x/dice", said, "k"))
        assert reply.text == "My key is [key], or is it?"


async def test_a_placeholder_key_spoils_no_answer(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "number")
    async with bench(models={"dice": Rehearsed(Echo())}) as at:
        assert (await at.model().complete(ModelRequest("x/dice", ASK, "k"))).text == "Which number?"


async def test_a_redirect_never_carries_the_key_elsewhere(bench: Benches) -> None:
    async with ModelServer({"dice": Rehearsed(Echo())}) as elsewhere:
        target = f"http://localhost:{elsewhere.port}/v1/chat/completions?token=x"
        async with bench(f"redirect:{target}") as at:
            with pytest.raises(ProviderUnusable) as caught:
                await at.ask()
        assert f"localhost:{elsewhere.port}" in caught.value.message and "token" not in caught.value.message
        assert elsewhere.seen == [] and elsewhere.most_connections == 0


# --- names


async def reach(base_url: str) -> BaseException:
    connections = Connections()
    try:
        model = connect(member(base_url, deadline_s=5, key_env="none"), connections)
        with pytest.raises((ModelFailure, FactoryError)) as caught:
            await model.complete(ModelRequest("openai/m", ASK, "k", SCHEMA))
        return caught.value
    finally:
        await connections.aclose()


def resolver(monkeypatch: pytest.MonkeyPatch, outcome: str | OSError | threading.Event) -> None:
    """What the system's resolver says: an address, an error, or nothing until the event."""

    def getaddrinfo(host: str, port: int, **asked: Any) -> list[Any]:
        if isinstance(outcome, OSError):
            raise outcome
        if isinstance(outcome, threading.Event):
            outcome.wait(20)
        address = outcome if isinstance(outcome, str) else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


async def test_a_name_server_that_is_silent_is_a_connection_that_was_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.providers.transport.CONNECT_S", 0.2)
    answered = threading.Event()
    resolver(monkeypatch, answered)
    began = time.monotonic()
    try:
        error = await reach("http://models.test/v1")
        took = time.monotonic() - began
        threads = [thread for thread in threading.enumerate() if thread.name == "look up models.test"]
    finally:
        answered.set()
    assert isinstance(error, ModelFailure) and (error.kind, error.usage) == (FailureKind.CONNECTION, Usage(0, 0))
    assert "no answer from the name server within 0.2 s" in error.detail and took < 3
    # Nor is the end of the process kept waiting for it.
    assert threads and all(thread.daemon for thread in threads)


async def test_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch, bench: Benches) -> None:
    resolver(monkeypatch, "127.0.0.1")
    async with bench() as at:
        error = await reach(at.server.base_url("openai").replace("127.0.0.1", "models.test"))
    assert isinstance(error, ProviderUnusable) and "no such model" in error.message


async def test_a_host_that_does_not_exist_is_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver(monkeypatch, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    error = await reach("http://models.test/v1")
    assert isinstance(error, ProviderUnusable) and "no such host" in error.message and "base_url" in error.message


async def test_a_resolver_that_is_away_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver(monkeypatch, socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    error = await reach("http://models.test/v1")
    assert isinstance(error, ModelFailure) and error.kind is FailureKind.CONNECTION


async def test_a_name_that_leads_to_a_metadata_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver(monkeypatch, "169.254.169.254")
    error = await reach("http://models.test/v1")
    assert isinstance(error, BadInput) and "metadata" in error.message


async def test_tls_asked_of_a_server_without_it_is_unusable() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        error = await reach(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        assert isinstance(error, ProviderUnusable) and "TLS" in error.message


async def test_an_answer_without_end_is_cut(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.providers.transport.MOST_BYTES", 100)
    async with bench() as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask()
        assert caught.value.kind is FailureKind.SERVER_ERROR and "larger than" in caught.value.detail


# --- proxies


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the proxy of http and https to an address."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    def to(address: str) -> None:
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("https_proxy", address)

    return to


@pytest.mark.parametrize("address", ["{}", "http://user:planted-password@{}"])
@pytest.mark.parametrize(
    ("scheme", "status", "unusable"),
    [("https", 407, True), ("http", 407, True), ("https", 403, True), ("https", 502, False)],
)
async def test_a_proxy_that_turns_a_call_away_is_named(
    proxied: Callable[[str], None], address: str, scheme: str, status: int, unusable: bool
) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n"))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        at = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        proxied(address.format(at))
        error = await reach(f"{scheme}://models.test/v1")
    # An address without a scheme is one: the call went to the proxy.
    assert asked[0].startswith(b"CONNECT models.test:443" if scheme == "https" else b"POST http://models.test/v1")
    assert f"the proxy {at}" in str(error) and str(status) in str(error) and "planted-password" not in str(error)
    assert isinstance(error, ProviderUnusable if unusable else ModelFailure)
    assert "Check base_url" not in str(error) and ("HTTPS_PROXY" in str(error)) == unusable


async def test_a_proxy_that_is_not_there_is_named(proxied: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    proxied("127.0.0.1:9")
    away = await reach("https://models.test/v1")
    assert isinstance(away, ModelFailure) and "the proxy 127.0.0.1:9: ECONNREFUSED" in away.detail
    proxied("proxy.test:3128")
    resolver(monkeypatch, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    gone = await reach("https://models.test/v1")
    assert isinstance(gone, ProviderUnusable) and "the proxy proxy.test:3128 does not exist" in gone.message


@pytest.mark.parametrize(
    "address", ["socks5://user:planted-password@127.0.0.1:1080", "http://", "http://a..b:1", "http://x:99999"]
)
def test_a_proxy_that_cannot_be_meant_is_bad_input(proxied: Callable[[str], None], address: str) -> None:
    proxied(address)
    with pytest.raises(BadInput) as caught:
        Connections().to(endpoint_of(member("https://models.test/v1", key_env="none")))
    assert "HTTPS_PROXY" in caught.value.message and "planted-password" not in caught.value.message
    Connections().to(endpoint_of(member()))
