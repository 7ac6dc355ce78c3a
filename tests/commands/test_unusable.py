"""A provider that cannot be used: exit code 5 within seconds, one message with the fix, and nothing lost."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from factory.providers.endpoint import OFFICIAL
from factory.types import Cast, Role
from tests.support.command import KEYS, REHEARSAL, Desk, Ended, complaints, ended, server_config
from tests.support.model_server import ServerProcess
from tests.support.wire import answers, wired

TARGET = ("--attempts", "6", "--concurrency", "4")
# The oracle is the anthropic member, and is asked once an author has answered; the author is asked first.
PROTOCOLS = {"openai": (Role.AUTHOR, "OPENAI_API_KEY"), "anthropic": (Role.ORACLE, "ANTHROPIC_API_KEY")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("undisturbed")
    with ServerProcess(server_config(folder / "log")) as server:
        desk = Desk(folder / "desk", server.base_url)
        assert ended(desk.run(*TARGET)).code == 0
    return desk


def check_refused(desk: Desk, told: Ended, log: Path, *named: str) -> None:
    """Exit 5, soon, one message; what was paid for is journaled, and nothing but that is charged."""
    assert told.code == 5, told
    assert told.seconds < 10
    assert len(complaints(told.err)) == 1 and "Traceback" not in told.out
    assert told.err.count(complaints(told.err)[0].partition(" (")[0].removeprefix("factory: ")) == 1, "it was said twice"
    assert all(part in told.err for part in named), told.err
    store = desk.open()
    job = store.jobs()[-1]
    journaled = [call for index in range(6) for call in store.calls(job.id, index)]
    money = store.money(job.id)
    store.close()
    assert job.state.value == "stopped"
    assert sorted(call.key for call in journaled) == sorted(entry["key"] for entry in answers(log))
    assert money.spent_nano_usd == sum(attempt.cost_nano_usd for call in journaled for attempt in call.attempts)
    assert money.reserved_nano_usd == 0


def check_completes(desk: Desk, undisturbed: Desk, log: Path) -> None:
    done = ended(desk.resume("--concurrency", "4"))
    assert done.code == 0, done.err
    assert desk.outcome() == undisturbed.outcome()
    keys = [entry["key"] for entry in answers(log)]
    assert len(keys) == len(set(keys)), "something was paid twice"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_wrong_key(protocol: str, tmp_path: Path, undisturbed: Desk) -> None:
    role, variable = PROTOCOLS[protocol]
    log = tmp_path / "log"
    with ServerProcess(server_config(log)) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        told = ended(desk.run(*TARGET, environment={**KEYS, variable: "sk-not-the-right-one-0123456789"}))
        check_refused(desk, told, log, f"{protocol}/{role.value}-1", f"Check the key in {variable}")
        assert "sk-not" not in told.err + told.out
        check_completes(desk, undisturbed, log)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_model(protocol: str, tmp_path: Path, undisturbed: Desk) -> None:
    role, _ = PROTOCOLS[protocol]
    config = server_config(tmp_path / "log")
    known = {name: model for name, model in config["models"].items() if name != f"{role.value}-1"}
    with ServerProcess({**config, "models": known}) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        told = ended(desk.run(*TARGET))
        check_refused(desk, told, tmp_path / "log", f"{protocol}/{role.value}-1", "Check the model's name in the cast")
        port = server.port
    with ServerProcess({**config, "port": port}):
        check_completes(desk, undisturbed, tmp_path / "log")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_endpoint_that_is_not_there(protocol: str, tmp_path: Path, undisturbed: Desk) -> None:
    role, _ = PROTOCOLS[protocol]
    log, port = tmp_path / "log", free_port()
    with ServerProcess(server_config(log)) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        desk.write_cast(moved(server, role, port))
        told = ended(desk.run(*TARGET))
        check_refused(desk, told, log, f"127.0.0.1:{port}", "cannot be reached", "Check the address")
        with ServerProcess(server_config(log, port=port)):
            check_completes(desk, undisturbed, log)


def test_an_endpoint_that_swallows_connections(tmp_path: Path) -> None:
    """Behind a firewall that drops packets nothing is refused: the connection is never made."""
    log = tmp_path / "log"
    with ServerProcess(server_config(log)) as server, swallowing() as port:
        desk = Desk(tmp_path / "desk", server.base_url)
        desk.write_cast(moved(server, Role.AUTHOR, port))
        check_refused(desk, ended(desk.run(*TARGET)), log, f"127.0.0.1:{port}", "no connection within", "Check the address")


@pytest.mark.slow
def test_an_address_where_something_else_answers(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with ServerProcess(server_config(log, rates={"html": 1.0})) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        told = ended(desk.run(*TARGET))
        assert told.code == 5 and told.seconds < 10 and len(complaints(told.err)) == 1, told
        assert "text/html" in told.err and "Check base_url in the cast" in told.err


def test_without_a_key_nothing_is_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", lambda protocol: OFFICIAL[protocol][0])
    told = ended(desk.run(*TARGET, environment={"OPENAI_API_KEY": "", "ANTHROPIC_API_KEY": ""}))
    assert told.code == 5 and "OPENAI_API_KEY" in told.err and len(complaints(told.err)) == 1
    assert sorted(path.name for path in desk.folder.iterdir()) == ["cast.yaml", "spec.yaml"]


def moved(server: ServerProcess, role: Role, port: int) -> Cast:
    """The cast with one role's members at another port."""
    cast = wired(REHEARSAL, server.base_url)
    seats = tuple(
        member.model_copy(update={"base_url": (member.base_url or "").replace(str(server.port), str(port))})
        for member in cast.seats(role)
    )
    return cast.model_copy(update={"members": {**cast.members, role: seats}})


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def swallowing() -> Iterator[int]:
    """A port whose queue of connections is full: Linux drops what else wants to connect."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(("127.0.0.1", port))
        time.sleep(0.2)
        yield int(port)
        for each in waiting:
            each.close()
