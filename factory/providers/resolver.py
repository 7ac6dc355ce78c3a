"""From a host's name to its addresses, within the time a connection may take, and never to a machine's metadata service."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

import aiohttp.abc

from factory.errors import BadInput
from factory.providers.endpoint import is_metadata

_NUMERIC_NAME = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
_NUMERIC_ADDRESS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Resolver(aiohttp.abc.AbstractResolver):
    """The system's resolver, in threads that nobody waits for: where the name server is silent, getaddrinfo takes half a minute
    to say so, and an event loop's own threads would keep the process from ending for as long.

    within_s: after so many seconds without an answer it counts as away for now.
    """

    def __init__(self, base_url: str, within_s: float) -> None:
        self._base_url = base_url
        self._within_s = within_s

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        """Raises socket.gaierror, and BadInput for a name that leads to a metadata service."""
        try:
            async with asyncio.timeout(self._within_s):
                found = await _in_a_thread(host, port, family)
        except TimeoutError:
            # From None: a TimeoutError would read as an answer that stopped coming.
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer from the name server within {self._within_s:g} s") from None
        if any(is_metadata(entry["host"]) for entry in found):
            raise BadInput(
                f"base_url's host {host} leads to a machine's metadata service, which is no model server",
                where=self._base_url,
                fix="Give the address of a model server in the cast",
            )
        return found

    async def close(self) -> None:
        """Nothing is held open."""


async def _in_a_thread(host: str, port: int, family: socket.AddressFamily) -> list[aiohttp.abc.ResolveResult]:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[aiohttp.abc.ResolveResult]] = loop.create_future()

    def settle(found: list[aiohttp.abc.ResolveResult], error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(found)
        else:
            done.set_exception(error)

    def work() -> None:
        found: list[aiohttp.abc.ResolveResult] = []
        problem: Exception | None = None
        try:
            found = _looked_up(host, port, family)
        except Exception as error:
            problem = error
        # The loop may be closed by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, found, problem)

    threading.Thread(target=work, daemon=True, name=f"look up {host}").start()
    return await done


def _looked_up(host: str, port: int, family: socket.AddressFamily) -> list[aiohttp.abc.ResolveResult]:
    """As aiohttp's own resolver does it (3.13)."""
    infos = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        aiohttp.abc.ResolveResult(
            hostname=host, host=_numeric(address), port=port, family=kind, proto=proto, flags=_NUMERIC_ADDRESS
        )
        for kind, _, proto, _, address in infos
    ]


def _numeric(address: tuple[Any, ...]) -> str:
    """An address as text; a link-local one needs its scope, which only getnameinfo writes."""
    scoped = len(address) > 3 and address[3]
    return socket.getnameinfo(address, _NUMERIC_NAME)[0] if scoped else str(address[0])
