"""One SDK client per endpoint, shared by all roles: a client per call costs 19 ms of CPU (openai 3.54)."""

from __future__ import annotations

import asyncio
from typing import Any

from factory.providers.client import Client
from factory.providers.endpoint import Endpoint
from factory.providers.transport import Transport


class Connection:
    """An endpoint's SDK client and its slots. Waiting for a slot comes before an attempt's deadline starts to run."""

    def __init__(self, endpoint: Endpoint, concurrency: int) -> None:
        self.endpoint = endpoint
        secret = endpoint.key()
        transport = Transport(endpoint, secret, concurrency)
        self.blotter = transport.blotter
        self.slots = asyncio.Semaphore(concurrency)
        sdk = _sdk(endpoint.provider)
        # SDK retries stay off: the journal owns retries, so that each attempt has its own reservation and receipt.
        shared: dict[str, Any] = {
            "api_key": secret,
            "base_url": endpoint.base_url,
            "max_retries": 0,
            "http_client": Client(transport),
        }
        self.client: Any = sdk.AsyncOpenAI(**shared) if endpoint.provider == "openai" else sdk.AsyncAnthropic(**shared)
        # What an SDK's `request` takes. `post` fills one anew for each request, for 30 us of its CPU; a filled one is copied.
        self.request_options: type[Any] = sdk._models.FinalRequestOptions
        self.status_error: type[Any] = sdk.APIStatusError
        self.connection_error: type[Any] = sdk.APIConnectionError

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


def _sdk(provider: str) -> Any:
    """The provider's SDK, imported now: it takes a quarter of a second or more, and rehearsals need none."""
    if provider == "openai":
        import openai

        return openai
    import anthropic

    return anthropic
