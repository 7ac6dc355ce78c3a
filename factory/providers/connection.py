"""One SDK client per endpoint, shared by all roles: a client per call costs 19 ms of CPU (openai 3.54)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import httpx2

from factory.providers.client import Client
from factory.providers.endpoint import Endpoint
from factory.providers.transport import HEADERS_ARE, SENT_HEADERS, Transport

# An endpoint's calls go to one address.
_parsed = lru_cache(maxsize=64)(httpx2.URL)
_LOOKED_AT: Final = frozenset({name.decode() for name in SENT_HEADERS} | {"authorization", "x-api-key"})


class Connection:
    """An endpoint's SDK client. How many requests are in flight is for whoever makes them to bound (`factory.limits`)."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        secret = endpoint.key()
        transport = Transport(endpoint, secret)
        self.blotter = transport.blotter
        sdk, sdk_client = _sdk(endpoint.provider)
        # SDK retries stay off: the journal owns retries, so that each attempt has its own reservation and receipt.
        shared: dict[str, Any] = {
            "api_key": secret,
            "base_url": endpoint.base_url,
            "max_retries": 0,
            "http_client": Client(transport),
        }
        self.client: Any = _lean(sdk_client)(**shared)
        # Where both SDKs put what the environment would add to every request, or set in place of their own.
        self.client._custom_headers = {}
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
    """The connections of one process, one per endpoint."""

    def __init__(self) -> None:
        self._open: dict[Endpoint, Connection] = {}

    def to(self, endpoint: Endpoint) -> Connection:
        """The shared connection, made at its first use. Raises ProviderUnusable when the environment has no usable key."""
        if endpoint not in self._open:
            self._open[endpoint] = Connection(endpoint)
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
    """An SDK's client without the steps that our transport makes idle, a sixth of a call's CPU: it makes plain requests from
    what all of them share, and has no credential to fetch or to renew.
    """

    class Lean(sdk_client):  # type: ignore[misc]
        # By name in lower case.
        _shared: dict[bytes, tuple[bytes, bytes]] | None = None

        @property
        def default_headers(self) -> dict[str, str]:
            # Whatever else the environment says need not even be text. The SDK looks for the credential.
            given = super().default_headers
            return {name: given[name] for name in given if name.lower() in _LOOKED_AT and isinstance(given[name], str)}

        def _build_request(self, options: Any, **how: Any) -> httpx2.Request:
            if not _is_plain(options):
                made_whole: httpx2.Request = super()._build_request(options, **how)
                return made_whole
            if self._shared is None:
                # What the transport would not send is left out here, and the credential with it: it writes its own.
                made = super()._build_request(options.model_copy(update={"headers": {}}), **how).headers.raw
                self._shared = {pair[0].lower(): pair for pair in made if pair[0].lower() in SENT_HEADERS}
            own = [(name.encode("ascii"), value.encode(HEADERS_ARE)) for name, value in (options.headers or {}).items()]
            request = httpx2.Request(
                options.method,
                _parsed(options.url),
                headers=list({**self._shared, **{pair[0].lower(): pair for pair in own}}.values()),
                stream=httpx2.ByteStream(options.content),
                extensions={"timeout": options.timeout.as_dict()},
            )
            # Said, or every look at a header tries to find it out from all of them.
            request.headers.encoding = HEADERS_ARE
            return request

        async def _prepare_options(self, options: Any) -> Any:
            return options

        # Of openai's client only; anthropic's has nothing in between.
        async def _send_request(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
            response: httpx2.Response = await self._client.send(request, **how)
            return response

    # The SDKs put their client's name into the User-Agent, and gateways look there.
    Lean.__name__ = sdk_client.__name__
    return Lean


def _is_plain(options: Any) -> bool:
    """Whether a request is of the kind that `Caller` makes, bytes to a whole address; any other is the SDK's own affair."""
    return (
        isinstance(options.content, bytes)
        and isinstance(options.timeout, httpx2.Timeout)
        and not (options.params or options.files)
        and options.json_data is None
        and options.extra_json is None
        and _parsed(options.url).is_absolute_url
    )
