"""Keys and models: one tiny call each by the run's own adapters, every ending with its fix, no part of a key anywhere."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import pytest

from scripts.doctor import Diagnosis, Level, exit_code
from tests.commands.conftest import Factory
from tests.doctor.conftest import KEYS, Served, a_cast, at, looked_at, of
from tests.support.model_server import ModelServer, Rehearsed, ServerProcess
from tests.support.players import roles

pytestmark = pytest.mark.usefixtures("quick_embedder")


async def test_each_distinct_model_is_asked_once_and_everything_about_it_told(served: Served, tmp_path: Path) -> None:
    async with served() as server:
        author, oracle = at(server), at(server, "anthropic")
        cast = a_cast(tmp_path, author=author, oracle=oracle, solvers=[author, {**author, "temperature": 0.5}, oracle])
        found = await looked_at(tmp_path, cast=cast)
        seen = [(each.protocol, each.body.get("temperature")) for each in server.seen]
        told = [(each.body["messages"], each.key) for each in server.seen]
    assert sorted(seen, key=str) == [("anthropic", None), ("openai", 0.5), ("openai", None)]
    assert {key for _, key in told} == {"doctor"}
    assert exit_code(found) == 0
    models = [each for each in found if each.check == "model"]
    assert [each.facts["roles"] for each in models] == [["author 1", "solver 1"], ["oracle 1", "solver 3"], ["solver 2"]]
    for each in models:
        assert (each.level, each.facts["structured_output"]) == (Level.OK, True)
        protocol = str(each.facts["served_model"]).removeprefix("ready-")
        assert each.facts["family"] == f"{protocol}-like" and str(each.facts["endpoint"]).startswith(protocol)
        assert 0 < each.facts["latency_s"] < 7
        # To the server the 60 characters of the request are 15 tokens, the 15 of the answer 4; at 1 and 4 USD per million.
        assert each.facts["cost_usd"] == pytest.approx(15e-6 + 4 * 4e-6)
        assert "JSON schema kept" in each.what and "this call cost $0.000031" in each.what and "the cast" in each.what
    assert [each.what for each in found if each.check == "key"] == ["OPENAI_API_KEY is set", "ANTHROPIC_API_KEY is set"]


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_a_server_of_rehearsal_roles_gets_no_warning(tmp_path: Path, protocol: str) -> None:
    async with ModelServer({f"ready-{protocol}": Rehearsed(roles()["echo"])}) as server:
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=at(server, protocol)))
    assert (of(found, "model").level, of(found, "model").facts["structured_output"]) == (Level.OK, True), of(
        found, "model"
    ).line


FAILINGS = [
    ("bad_key", "the key was not accepted", "Check the key in {env}"),
    ("no_model", "there is no such model", "Check the model's name in the cast"),
    ("quota", "no quota or credit left", "plan and billing"),
    ("bad_request", "refused with status 400", "Change the option or the schema"),
    ("redirect", "redirects", "set base_url"),
    ("server_error", "in trouble", "try again"),
    ("reset", "cannot be reached", "Check base_url"),
]
WARNINGS = [
    ("malformed", False, "JSON schema support"),
    ("off_schema", False, "JSON schema support"),
    ("no_text", False, "JSON schema support"),
    ("length", None, "larger max_tokens"),
    ("refusal", None, "another model"),
    ("rate_limit", None, "rpm and tpm"),
    ("overloaded", None, "until it has room"),
    ("other_model", True, "that really answers"),
]


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
@pytest.mark.parametrize(("fault", "what", "fix"), FAILINGS, ids=[row[0] for row in FAILINGS])
async def test_an_unusable_model_is_one_line_with_the_fix(
    served: Served, tmp_path: Path, protocol: str, fault: str, what: str, fix: str
) -> None:
    # Only a refusal of the request as such has it asked in other ways, where there are any.
    calls = 3 if (fault, protocol) == ("bad_request", "openai") else 1
    async with served(*[fault] * calls) as server:
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=at(server, protocol)))
        assert len(server.seen) == of(found, "model").facts["calls"] == calls
    one = of(found, "model")
    assert (one.level, exit_code(found), one.facts["asked"]) == (Level.FAIL, 5, True)
    assert what in one.what and fix.format(env=f"{protocol.upper()}_API_KEY") in one.fix and "\n" not in one.line


@pytest.mark.parametrize(
    ("formats", "takes", "calls"), [(("json_object",), "json_object", 2), ((), "none", 3), (("json_schema",), "json_schema", 1)]
)
async def test_which_structured_output_a_server_takes_is_told(
    served: Served, tmp_path: Path, formats: tuple[str, ...], takes: str, calls: int
) -> None:
    async with served(formats=formats) as server:
        asked = at(server)
        one = of(await looked_at(tmp_path, cast=a_cast(tmp_path, author=asked)), "model")
        assert len(server.seen) == one.facts["calls"] == calls and one.facts["structured"] == takes
        if calls > 1:
            assert (one.level, one.facts["structured_output"]) == (Level.FAIL, False)
            assert f"takes structured output by {takes}, not by json_schema" in one.what
            assert f"`options: {{structured: {takes}}}` to openai/ready-openai" in one.fix
            assert one.facts["cost_usd"] > 0
        cured = {**asked, "options": {"structured": takes}}
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=cured))
    assert (of(found, "model").level, of(found, "model").facts["structured_output"], exit_code(found)) == (Level.OK, True, 0)
    assert "JSON schema kept" in of(found, "model").what


async def test_two_ways_of_asking_are_two_things_to_ask(served: Served, tmp_path: Path) -> None:
    async with served() as server:
        other = at(server, options={"structured": "none"})
        await looked_at(tmp_path, cast=a_cast(tmp_path, author=at(server), solvers=[at(server), other]))
    assert ["response_format" in each.body for each in server.seen].count(False) == 1 and len(server.seen) == 2


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
@pytest.mark.parametrize(("fault", "structured", "fix"), WARNINGS, ids=[row[0] for row in WARNINGS])
async def test_a_model_with_a_flaw_is_a_warning(
    served: Served, tmp_path: Path, protocol: str, fault: str, structured: bool | None, fix: str
) -> None:
    async with served(fault) as server:
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=at(server, protocol)))
    one = of(found, "model")
    assert (one.level, one.facts["structured_output"], exit_code(found)) == (Level.WARN, structured, 0)
    assert fix in one.fix
    assert ("{structured: none}" in one.fix) == (structured is False and protocol == "openai")


async def test_what_nobody_counted_is_told_at_its_worst(served: Served, tmp_path: Path) -> None:
    async with served("usage_missing") as server:
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=at(server)))
    # At least its 100 output tokens.
    assert 100 * 4e-6 < of(found, "model").facts["cost_usd"] < 0.01


async def test_what_budget_would_refuse_is_told_before(served: Served, tmp_path: Path) -> None:
    async with served() as server:
        unpriced = at(server, price=None)
        unbounded = at(server, "anthropic", max_tokens=None)
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=unpriced, oracle=unbounded))
    no_price, no_bound = (each for each in found if each.check == "model")
    assert no_price.level is Level.WARN and "price: {input" in no_price.fix
    assert no_price.facts["cost_usd"] is None and not no_price.facts["price_known"]
    assert no_bound.level is Level.WARN and "add max_tokens" in no_bound.fix


async def test_models_are_asked_side_by_side_and_one_that_hangs_keeps_nobody(served: Served, tmp_path: Path) -> None:
    with socket.socket() as silent:
        # Connections are taken by the kernel; nobody ever answers them.
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        nobody = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with served(delay_ms=(1500, 1500)) as server:
            hanging = [{**at(server), "model": f"openai/m{n}", "base_url": f"{nobody}/v1"} for n in range(2)]
            slow = [at(server, temperature=n / 10) for n in range(4)]
            cast = a_cast(tmp_path, solvers=[*hanging, *slow])
            began = time.monotonic()
            found = await looked_at(tmp_path, cast=cast)
            took = time.monotonic() - began
    models = [each for each in found if each.check == "model"]
    assert [each.level for each in models] == [Level.FAIL, Level.FAIL, *[Level.OK] * 4]
    assert all("no answer" in each.what and nobody in each.fix for each in models[:2])
    assert took < 10


async def test_no_key_is_told_and_nothing_asked(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as server:
        cast = a_cast(tmp_path, author=at(server, options={"key_env": "MY_KEY"}), oracle=at(server, "anthropic"))
        found = await looked_at(tmp_path, cast=cast)
        assert [each.protocol for each in server.seen] == ["anthropic"]
    missing = next(each for each in found if each.check == "key" and each.level is Level.FAIL)
    assert "MY_KEY holds no key" in missing.what and "export MY_KEY=" in missing.fix
    assert [each.level for each in found if each.check == "model"] == [Level.FAIL, Level.OK]
    assert exit_code(found) == 5


def parts(key: str) -> set[str]:
    """Every run of five characters that tells something of the key: the prefixes that all keys share do not."""
    return {key[n : n + 5] for n in range(len(key) - 4)} - {"sk-pr", "sk-an", "k-pro", "k-ant", "-proj", "-ant-"}


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
@pytest.mark.parametrize("fault", ["echo_key", "echo_key:400", "echo_key:500", "masked_key"])
async def test_no_part_of_a_key_is_told(served: Served, tmp_path: Path, protocol: str, fault: str) -> None:
    async with served(fault) as server:
        found = await looked_at(tmp_path, cast=a_cast(tmp_path, author=at(server, protocol)))
    told = json.dumps([each.plain() for each in found]) + "\n".join(each.line for each in found)
    assert "[key]" in told
    assert not [part for part in (*parts(KEYS[protocol]), KEYS[protocol][-4:]) if part in told]


def test_the_command_tells_what_it_spent_and_exits_accordingly(factory: Factory, tmp_path: Path) -> None:
    models = {f"ready-{protocol}": {"role": "ready"} for protocol in KEYS}
    config = {"players": "tests.support.players:roles", "models": models, "key": KEYS["openai"]}
    with ServerProcess(config) as server:
        cast = a_cast(tmp_path, author=at(server), oracle=at(server, "anthropic"))
        began = time.monotonic()
        told = factory("doctor", "--cast", cast)
        took = time.monotonic() - began
        # The server takes one key only: anthropic's is the wrong one.
        assert told.code == 5 and took < 10
        assert "spent: $0.000031 on 2 calls to models" in told.out
        assert [line for line in told.out.splitlines() if line.startswith("fail")] == [
            line for line in told.out.splitlines() if "Check the key in ANTHROPIC_API_KEY" in line
        ]
        whole = json.loads(factory("doctor", "--cast", a_cast(tmp_path, author=at(server)), "--json").out)
    assert (whole["exit_code"], whole["calls"], whole["unpriced_calls"]) == (0, 1, 0)
    assert whole["spent_usd"] == pytest.approx(31e-6)
    assert not (tmp_path / "factory.db").exists()
    assert not any(part in told.out + told.err for key in KEYS.values() for part in parts(key))


def test_an_unreachable_server_and_a_broken_setup_exit_as_they_should(factory: Factory, tmp_path: Path) -> None:
    nowhere = {"model": "openai/x", "base_url": "http://127.0.0.1:9/v1", "family": "x"}
    told = factory("doctor", "--cast", a_cast(tmp_path, author=nowhere))
    assert told.code == 5 and "ECONNREFUSED" in told.out and "Check base_url" in told.out
    # Setup comes first: a run would meet it first.
    told = factory("doctor", "--cast", a_cast(tmp_path, author=nowhere), "--store", "mysql://localhost/x")
    assert told.code == 2


def test_levels_and_exit_codes() -> None:
    def one(level: Level, provider: bool = False) -> Diagnosis:
        return Diagnosis("c", "s", level, "w", provider=provider)

    assert exit_code([]) == exit_code([one(Level.OK), one(Level.WARN)]) == 0
    assert exit_code([one(Level.OK), one(Level.FAIL, True)]) == 5
    assert exit_code([one(Level.FAIL), one(Level.FAIL, True)]) == 2


async def test_a_run_has_no_thread_to_wait_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from scripts.doctor import examination, machine

    release = time.monotonic() + 5

    def hanging(url: str) -> Diagnosis:
        time.sleep(max(0.0, release - time.monotonic()))
        return Diagnosis("store", url, Level.OK, "too late")

    monkeypatch.setattr(machine, "store", hanging)
    monkeypatch.setattr(examination, "FILES_S", 0.2)
    found = await asyncio.to_thread(lambda: asyncio.run(looked_at(tmp_path)))
    assert time.monotonic() < release
    assert of(found, "store").level is Level.FAIL and "no result within 0.2 s" in of(found, "store").what
