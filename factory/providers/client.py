"""The HTTP client under the SDKs: httpx2's, without the steps that our transport makes idle."""

from __future__ import annotations

from typing import Any

import httpx2

from factory.providers.transport import CONNECT_S, Transport


class Client(httpx2.AsyncClient):
    """Requests go to the transport as they were made, and its responses come back as they are.

    httpx2 would look for cookies, redirects, auth flows and hooks before and after each exchange. None of them exists here: the
    transport follows nothing, keeps no cookie and writes the host and the length itself. A twentieth of a call's CPU
    (`scripts/bench_calls.py`).
    """

    def __init__(self, transport: Transport) -> None:
        timeout = httpx2.Timeout(None, connect=CONNECT_S)
        super().__init__(transport=transport, follow_redirects=False, trust_env=False, timeout=timeout)
        self._straight = transport

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Raises Faulted, as the transport does. how: an SDK's wishes about streaming and redirects; there are none."""
        return await self._straight.handle_async_request(request)
