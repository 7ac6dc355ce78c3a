"""All checks side by side, each under its deadline; told in a fixed order, each as soon as those before it are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from factory.errors import BadInput, FactoryError
from scripts.doctor import embedding, machine
from scripts.doctor.diagnosis import Diagnosis, Level
from scripts.doctor.setup import Setup, read_setup
from store.url import parse

FILES_S: Final = 8.0
# Past a call's own deadline, which the adapter keeps.
GRACE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to look at: the command's options."""

    spec: str | None
    cast: str | None
    store: str


async def examine(order: Order) -> AsyncIterator[Diagnosis]:
    """The findings in order. To be run in a loop of its own: it gives the loop threads that nobody waits for at the end."""
    asyncio.get_running_loop().set_default_executor(_Daemons())
    setup = read_setup(order.spec, order.cast)
    checks = [
        _within(FILES_S, "store", order.store, asyncio.to_thread(machine.store, order.store)),
        _within(FILES_S, "disk", order.store, asyncio.to_thread(_disk, order.store)),
    ]
    tasks = [asyncio.create_task(check) for check in checks]
    asked = asyncio.create_task(embedding.check(setup.embedder))
    try:
        yield machine.threads()
        for task in tasks:
            yield await task
        for diagnosis in setup.diagnoses:
            yield diagnosis
        async for diagnosis in _models(setup):
            yield diagnosis
        yield await asked
    finally:
        for task in (*tasks, asked):
            task.cancel()
        await asyncio.gather(*tasks, asked, return_exceptions=True)


async def _models(setup: Setup) -> AsyncIterator[Diagnosis]:
    if setup.cast is None or all(member.simulated for seats in setup.cast.members.values() for member in seats):
        return
    # Loads aiohttp and, per provider, its SDK: not needed by who has no real model.
    from factory.providers.connection import Connections
    from scripts.doctor import models

    found = list(models.targets(setup.cast, setup.lineages))
    sick = [each for each in found if isinstance(each, Diagnosis)]
    targets = [each for each in found if isinstance(each, models.Target)]
    connections = Connections()
    for target in targets:
        # Imports the provider's SDK, which takes a second or more: not out of a call's deadline. A missing key is told below.
        with suppress(FactoryError):
            connections.to(target.endpoint)
    tasks = [
        asyncio.create_task(
            _within(models.DEADLINE_S + GRACE_S, "model", target.member.model, models.ask(target, connections), provider=True)
        )
        for target in targets
    ]
    try:
        for endpoint in dict.fromkeys(target.endpoint for target in targets):
            yield models.key(endpoint)
        for diagnosis in sick:
            yield diagnosis
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await connections.aclose()


def _disk(url: str) -> Diagnosis:
    try:
        folder = parse(url).path.parent
    except BadInput:
        # The store's own line says what is wrong with it.
        folder = Path.cwd()
    return machine.disk(folder)


async def _within(seconds: float, check: str, subject: str, work: Awaitable[Diagnosis], *, provider: bool = False) -> Diagnosis:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        what, fix = f"no result within {seconds:g} s", "Something there hangs: check it, and try again"
        return Diagnosis(check, subject, Level.FAIL, what, fix, provider)


class _Daemons(ThreadPoolExecutor):
    """A thread per call, which nobody waits for: a disk or a resolver that hangs must not keep the command from ending."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        # From here on it cannot be cancelled: whoever stopped waiting leaves the thread to set a result nobody reads.
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                result = work(*args, **named)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, daemon=True, name="doctor").start()
        return future
