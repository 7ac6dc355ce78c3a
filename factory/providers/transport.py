"""The one way onto the wire: HTTP/1.1 through aiohttp, in the shape the SDKs' HTTP client wants.

The transport reads a whole answer under an idle limit, bounds its size, follows no redirect, and takes the key out of
whatever a server echoes before an SDK, a log or an exception can hold it. What fails below HTTP leaves it already typed.
It writes the credential itself, and of the SDK's headers lets only those through that it knows: the SDKs add whatever the
environment says (openai 3.54: OPENAI_CUSTOM_HEADERS, OPENAI_ORG_ID, OPENAI_PROJECT_ID; anthropic 2.12:
ANTHROPIC_CUSTOM_HEADERS), wherever base_url points, and a header of that kind even replaces the key.

Measured reason (openai 3.54): aiohttp beneath the SDK saves a quarter of a millisecond of CPU and does not grow with
concurrency.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import httpx2
import orjson
import yarl

from factory.errors import FactoryError, FailureKind, ModelFailure, ProviderUnusable
from factory.providers.endpoint import NO_KEY, Endpoint
from factory.providers.resolver import Resolver
from factory.providers.secrets import BLOT, SHORTEST_SECRET, Blotter
from factory.types import Usage

CONNECT_S: Final = 3.0
MOST_BYTES: Final = 64 * 1024 * 1024
# Below the 5 s after which common servers (uvicorn) close an idle connection: a request must not meet one that is closing.
KEEPALIVE_S: Final = 4.0
# How header bytes become text: every byte has a meaning in it (RFC 9110, section 5.5).
HEADERS_ARE: Final = "latin-1"
# What a request that never left is billed for.
UNSENT: Final = Usage(0, 0)

# What leaves of the SDKs' headers: not what they tell of this machine. aiohttp writes the host and the length itself and can
# undo only two encodings everywhere.
SENT_HEADERS: Final = frozenset({b"accept", b"content-type", b"user-agent", b"anthropic-version", b"x-client-request-id"})
_ENCODINGS = ("accept-encoding", "gzip, deflate")
_HOP_HEADERS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding", b"connection", b"set-cookie"})


# Errors that are a proxy's own where there is one: only its name is looked up here, only to it a connection is made.
_OF_A_PROXY = (
    aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError, aiohttp.ClientConnectorDNSError,
    aiohttp.ConnectionTimeoutError,
)  # fmt: skip
_PROXY_FIX: Final = "Check HTTPS_PROXY or HTTP_PROXY (http://user:password@host:port), or add the endpoint's host to NO_PROXY"


class Faulted(httpx2.TransportError):
    """Carries a typed outcome through an SDK, which wraps it as a connection error."""

    def __init__(self, outcome: ModelFailure | FactoryError) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class Transport(httpx2.AsyncBaseTransport):
    """HTTP/1.1 through one aiohttp session, opened on the first request so that it belongs to the running loop."""

    def __init__(self, endpoint: Endpoint, secret: str) -> None:
        self._endpoint = endpoint
        self._secret = secret.encode()
        self.blotter = Blotter("" if secret == NO_KEY else secret)
        self._in_json = orjson.dumps(secret)[1:-1]
        self._session: aiohttp.ClientSession | None = None
        self._proxy = endpoint.proxy
        # As both SDKs send it; a server that is asked without a key gets none, not even a placeholder.
        self._own_headers = [_ENCODINGS] if secret == NO_KEY else [("authorization", f"Bearer {secret}"), _ENCODINGS]

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange, the body read to its end. Raises Faulted for everything that is not an HTTP answer."""
        session = self._session or self._open()
        limits = request.extensions["timeout"]
        fault: Faulted
        try:
            async with session.request(
                request.method,
                _address(str(request.url)),
                headers=self._headers(request),
                data=request.read(),
                allow_redirects=False,
                timeout=_connecting(limits["connect"]),
                proxy=self._proxy,
            ) as response:
                if response.status == 407 and self._proxy is not None:
                    raise self._turned_away()
                body = await _read(response, limits["read"])
                good = 200 <= response.status < 300
                headers = [
                    (name, self._redacted(value, good))
                    for name, value in response.raw_headers
                    if name.lower() not in _HOP_HEADERS
                ]
                return _Read(request, response.status, headers, self._redacted(body, good))
        except FactoryError as refused:
            fault = Faulted(refused)
        except (aiohttp.ClientError, OSError, TimeoutError, _TooLarge) as exc:
            fault = Faulted(self._typed(exc))
        # Raised out here so that no aiohttp exception, which may quote the server, stays attached as its context.
        raise fault

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _redacted(self, data: bytes, good: bool) -> bytes:
        """The same bytes with the key blotted out: a server can echo what it was sent. From a refusal its parts go too.

        A good answer is left whole when the key is too short to be one: "EMPTY", a local server's usual key, is also a word.
        Whatever becomes a message or metadata of one goes through the blotter where it is made (`attempt.Caller`).
        """
        if self._secret == NO_KEY.encode():
            return data
        if good and len(self._secret) < SHORTEST_SECRET:
            return data
        if b"\\u" in data or b"\\/" in data or self._in_json != self._secret:
            data = _unescaped(data)
        if not good:
            return self.blotter.blot(data)
        for form in (self._secret, self._in_json):
            data = data.replace(form, BLOT)
        return data

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            # Whoever waited here would wait within its deadline; the endpoint's limits come before that.
            limit=0,
            keepalive_timeout=KEEPALIVE_S,
            # Reading the trusted certificates takes 30 ms, and no redirect leads from http to https.
            ssl=httpx2.create_ssl_context() if self._endpoint.base_url.startswith("https:") else True,
            resolver=Resolver(self._endpoint.base_url, CONNECT_S),
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True, max_field_size=65_536
        )
        return self._session

    def _headers(self, request: httpx2.Request) -> list[tuple[str, str]]:
        # `raw`, because every other view of httpx2's headers looks at all of them anew for each one.
        kept = [(k.decode("ascii"), v.decode(HEADERS_ARE)) for k, v in request.headers.raw if k.lower() in SENT_HEADERS]
        return kept + self._own_headers

    def _typed(self, exc: Exception) -> ModelFailure | ProviderUnusable:
        host = self._endpoint.host
        if self._proxy is not None and isinstance(exc, _OF_A_PROXY):
            return self._at_proxy(self._proxy, exc)
        if isinstance(exc, _TooLarge):
            return ModelFailure(FailureKind.SERVER_ERROR, f"the answer is larger than {MOST_BYTES} bytes")
        if isinstance(exc, aiohttp.ClientConnectorCertificateError):
            return self._never(
                f"its TLS certificate is not trusted ({exc.certificate_error})", "Renew it, or set SSL_CERT_FILE"
            )
        if isinstance(exc, aiohttp.ClientConnectorSSLError) and "WRONG_VERSION" in str(exc):
            return self._never("it does not speak TLS", "Write http:// in base_url if the server has no https")
        if isinstance(exc, aiohttp.ClientConnectorDNSError) and _no_such_host(exc.os_error):
            return self._never("there is no such host", "Check base_url in the cast")
        if isinstance(exc, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
            return self._never("base_url is not an address", "Check base_url in the cast")
        if isinstance(exc, aiohttp.ConnectionTimeoutError):
            return ModelFailure(FailureKind.CONNECTION, f"{host}: no connection within {CONNECT_S:g} s", usage=UNSENT)
        if isinstance(exc, TimeoutError):
            return ModelFailure(FailureKind.TIMEOUT, f"{host}: the answer stopped coming")
        if isinstance(exc, aiohttp.ClientConnectorError):
            return ModelFailure(FailureKind.CONNECTION, f"{host}: {_plain(exc)}", usage=UNSENT)
        return ModelFailure(FailureKind.CONNECTION, f"{host}: {_plain(exc)}")

    def _at_proxy(self, proxy: str, exc: Exception) -> ModelFailure | ProviderUnusable:
        """What went wrong before the endpoint was reached at all."""
        through = f"the proxy {_shown(proxy)}"
        if isinstance(exc, aiohttp.ClientHttpProxyError):
            if exc.status == 407:
                return self._turned_away()
            if 400 <= exc.status < 500:
                return self._never(f"{through} refuses it with status {exc.status}", _PROXY_FIX)
            what = f"answered with status {exc.status}"
        elif isinstance(exc, aiohttp.ClientConnectorDNSError) and _no_such_host(exc.os_error):
            return self._never(f"{through} does not exist", _PROXY_FIX)
        elif isinstance(exc, aiohttp.ConnectionTimeoutError):
            what = f"took no connection within {CONNECT_S:g} s"
        else:
            what = _plain(exc)
        return ModelFailure(FailureKind.CONNECTION, f"{self._endpoint.host}: {through}: {what}", usage=UNSENT)

    def _turned_away(self) -> ProviderUnusable:
        return self._never(f"the proxy {_shown(self._proxy)} asks for a user name and a password (status 407)", _PROXY_FIX)

    def _never(self, what: str, fix: str) -> ProviderUnusable:
        return ProviderUnusable(f"the endpoint cannot be reached: {what}", where=self._endpoint.base_url, fix=fix)


class _Read(httpx2.Response):
    """A response whose body is here: httpx2 would pass it through decoders and chunkers, for 30 us of a call's CPU."""

    def __init__(self, request: httpx2.Request, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        super().__init__(status, headers=headers, stream=httpx2.ByteStream(body), request=request)
        # Said, or every look at a header tries to find it out from all of them.
        self.headers.encoding = HEADERS_ARE
        self._body = body
        self.is_stream_consumed = self.is_closed = True

    @property
    def content(self) -> bytes:
        return self._body

    def read(self) -> bytes:
        return self._body

    async def aread(self) -> bytes:
        return self._body


@lru_cache(maxsize=64)
def _address(url: str) -> yarl.URL:
    """An endpoint's calls go to one address."""
    return yarl.URL(url, encoded=True)


@lru_cache(maxsize=8)
def _connecting(within_s: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=within_s)


class _TooLarge(Exception):
    pass


async def _read(response: aiohttp.ClientResponse, idle_s: float | None) -> bytes:
    """The whole body. Raises TimeoutError when nothing comes for idle_s seconds."""
    parts: list[bytes] = []
    size = 0
    stream = response.content
    while not stream.at_eof():
        # Mostly all of it came with the head, and there is nothing to wait for.
        if stream.is_eof():
            part = stream.read_nowait()
        else:
            async with asyncio.timeout(idle_s):
                part = await stream.readany()
        size += len(part)
        if size > MOST_BYTES:
            response.close()
            raise _TooLarge
        parts.append(part)
    return b"".join(parts)


def _unescaped(data: bytes) -> bytes:
    """JSON with only the escapes it needs: encoders may write any character of a key as one (`\\/`, `\\u002b`)."""
    try:
        return orjson.dumps(orjson.loads(data))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return data


def _shown(proxy: str | None) -> str:
    """A proxy's host and port, without the user and the password that may stand before them."""
    return urlsplit(proxy or "").netloc.rpartition("@")[2]


def _no_such_host(error: OSError) -> bool:
    """Whether the name does not exist, as opposed to a resolver that is away for now."""
    gone = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
    return isinstance(error, socket.gaierror) and error.errno in gone


def _plain(exc: Exception) -> str:
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return f"its name could not be looked up ({exc.os_error.strerror})"
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    if isinstance(exc, aiohttp.ClientPayloadError):
        return "the connection ended in the middle of the answer"
    if isinstance(exc, aiohttp.ClientResponseError):
        return "the server sent something that is not HTTP"
    if isinstance(exc, ssl.SSLError):
        return "the TLS handshake failed"
    if isinstance(exc, OSError) and exc.errno:
        return f"{errno.errorcode.get(exc.errno, 'error')} ({exc.strerror or type(exc).__name__})"
    return type(exc).__name__
