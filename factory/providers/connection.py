"""One SDK client per endpoint, shared by all roles: a client per call costs 19 ms of CPU (openai 3.54)."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Any, Final

import httpx2

from factory.providers.client import Client, parsed
from factory.providers.endpoint import Endpoint
from factory.providers.transport import SENT_HEADERS, Transport

_KEPT_HEADERS: Final = frozenset({name.decode() for name in SENT_HEADERS} | {"authorization", "x-api-key"})


class Connection:
    """An endpoint's SDK client and its slots. Waiting for a slot comes before an attempt's deadline starts to run."""

    def __init__(self, endpoint: Endpoint, concurrency: int) -> None:
        self.endpoint = endpoint
        secret = endpoint.key()
        transport = Transport(endpoint, secret, concurrency)
        self.blotter = transport.blotter
        self.slots = asyncio.Semaphore(concurrency)
        sdk, sdk_client = _sdk(endpoint.provider)
        # SDK retries stay off: the journal owns retries, so that each attempt has its own reservation and receipt.
        shared: dict[str, Any] = {
            "api_key": secret,
            "base_url": endpoint.base_url,
            "max_retries": 0,
            "http_client": Client(transport),
        }
        self.client: Any = _lean(sdk_client)(**shared)
        # What an SDK's `request` takes. `post` fills one anew for each request, for 30 us of its CPU; a filled one is copied.
        self.request_options: type[Any] = sdk._models.FinalRequestOptions
        self.status_error: type[Any] = sdk.APIStatusError
        self.connection_error: type[Any] = sdk.APIConnectionError

    def url(self, path: str) -> str:
        """The whole address of a path below the endpoint's base_url."""
        return str(self.client.base_url).rstrip("/") + path

    async def aclose(self) -> None:
        await self.client.close()


class Connections:
    """The connections of one process, one per endpoint. concurrency: the most requests in flight at each."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._open: dict[Endpoint, Connection] = {}

    def to(self, endpoint: Endpoint) -> Connection:
        """The shared connection, made at its first use. Raises ProviderUnusable when the environment has no usable key."""
        if endpoint not in self._open:
            self._open[endpoint] = Connection(endpoint, self._concurrency)
        return self._open[endpoint]

    async def aclose(self) -> None:
        """Close every connection; to be awaited in the loop that used them."""
        for connection in self._open.values():
            await connection.aclose()
        self._open.clear()


def _sdk(provider: str) -> tuple[Any, Any]:
    """The provider's SDK and its client, imported now: it takes a quarter of a second or more, and rehearsals need none."""
    if provider == "openai":
        import openai

        return openai, openai.AsyncOpenAI
    import anthropic

    return anthropic, anthropic.AsyncAnthropic


def _lean(sdk_client: Any) -> Any:
    """An SDK's client that makes the headers and the address that all its requests share once, not anew for each: a tenth of a
    call's CPU.
    """

    class Lean(sdk_client):  # type: ignore[misc]
        @cached_property
        def default_headers(self) -> dict[str, str]:
            # The credential stays only because the SDK looks for it; the transport writes its own.
            given = super().default_headers
            return {name: given[name] for name in given if name.lower() in _KEPT_HEADERS and isinstance(given[name], str)}

        def _prepare_url(self, url: str) -> httpx2.URL:
            address = parsed(url)
            return address if address.is_absolute_url else super()._prepare_url(url)

    # The SDKs put their client's name into the User-Agent, and gateways look there.
    Lean.__name__ = sdk_client.__name__
    return Lean
