"""The HTTP client under the SDKs: httpx2's, without the steps that our transport makes idle."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx2

from factory.providers.transport import CONNECT_S, HEADERS_ARE, Transport

# An endpoint's calls go to one address.
parsed = lru_cache(maxsize=64)(httpx2.URL)


class Client(httpx2.AsyncClient):
    """Requests go to the transport as the SDK writes them, and its responses come back as they are.

    httpx2 would look for cookies, redirects, auth flows and hooks before and after each exchange, and build the headers
    anew three times on the way. None of them exists here: the transport follows nothing, keeps no cookie and writes the host
    and the length itself. A tenth of a call's CPU (`scripts/bench_calls.py`).
    """

    def __init__(self, transport: Transport) -> None:
        timeout = httpx2.Timeout(None, connect=CONNECT_S)
        super().__init__(transport=transport, follow_redirects=False, trust_env=False, timeout=timeout)
        self._straight = transport

    def build_request(self, method: str, url: httpx2.URL | str, **given: Any) -> httpx2.Request:
        content, headers, timeout = given.pop("content", None), given.pop("headers", None), given.pop("timeout", self.timeout)
        if not isinstance(content, bytes) or not isinstance(timeout, httpx2.Timeout) or any(given.values()):
            return super().build_request(method, url, content=content, headers=headers, timeout=timeout, **given)
        address = parsed(url) if isinstance(url, str) else url
        stream, extensions = httpx2.ByteStream(content), {"timeout": timeout.as_dict()}
        request = httpx2.Request(method, address, headers=headers, stream=stream, extensions=extensions)
        request.headers.encoding = HEADERS_ARE
        return request

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Raises Faulted, as the transport does. how: an SDK's wishes about streaming and redirects; there are none."""
        return await self._straight.handle_async_request(request)
