"""What the adapters send, and that a good answer arrives whole: the same as from the rehearsal in this process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from factory.budget import input_tokens_bound
from factory.errors import BadInput, FailureKind, ModelFailure, ProviderUnusable
from factory.limits import Limits
from factory.providers.anthropic import DEFAULT_MAX_TOKENS
from factory.providers.connect import connect
from factory.providers.connection import Connections
from factory.providers.sim import SimModel
from factory.types import BlobRef, Member, Message, ModelReply, ModelRequest, ReplySchema
from tests.support.at_server import KEYS, Benches
from tests.support.faults import FaultPlan
from tests.support.model_server import ModelServer, Rehearsed, ServerProcess
from tests.support.players import ASK, SCHEMA, Dice, Echo, roles

OPEN = ReplySchema("open_map", {"type": "object", "additionalProperties": {"type": "string"}})


async def outcome(model: Any, request: ModelRequest) -> tuple[Any, ...]:
    try:
        reply: ModelReply = await model.complete(request)
    except ModelFailure as failure:
        return failure.kind, failure.detail, failure.text, failure.usage
    return reply.text, reply.data, reply.finish_reason, reply.usage


@pytest.mark.parametrize("schema", [SCHEMA, OPEN, None], ids=["native", "open", "text"])
async def test_a_call_over_the_wire_answers_as_the_rehearsal_does(bench: Benches, schema: ReplySchema | None) -> None:
    options = {"malformed": 0.3}
    models = {"dice": Rehearsed(Dice(), options)}
    async with bench(models=models) as at:
        here = SimModel(Dice(), Member(model="sim:dice", options=options))
        there = at.model(max_tokens=500)
        for number in range(12):
            wanted = ModelRequest("sim:dice", ASK, f"key-{number}", schema)
            asked = ModelRequest(f"{at.protocol}/dice", ASK, f"key-{number}", schema, max_tokens=500)
            mine, theirs = await outcome(here, wanted), await outcome(there, asked)
            if schema is OPEN and at.protocol == "anthropic":
                # A tool's input comes as JSON of its own spelling; what it says is the same.
                assert mine[1] == theirs[1]
            else:
                assert mine == theirs
        assert [seen.key for seen in at.server.seen] == [f"key-{n}" for n in range(12)]


async def test_what_goes_over_the_wire(bench: Benches, protocol: str) -> None:
    async with bench() as at:
        await at.ask("k1", temperature=0.5, max_tokens=77, options={"body": {"top_p": 0.9}})
        model = at.model(temperature=0.5)
        await model.complete(ModelRequest("x/dice", ASK, "k2", None, temperature=0.5))
        first, second = at.server.seen[0].body, at.server.seen[1].body
        assert first["model"] == "dice" and first["top_p"] == 0.9 and first["max_tokens"] == 77
        assert "temperature" not in first and second["temperature"] == 0.5
        assert at.server.seen[0].headers["x-client-request-id"] == "k1"
        assert not any(name.lower().startswith("x-stainless") for name in at.server.seen[0].headers)
        if protocol == "openai":
            assert [m["role"] for m in first["messages"]] == ["system", "user"]
            assert first["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA.schema, "strict": True}
            assert "max_tokens" not in second and "response_format" not in second
        else:
            assert first["system"] == "Answer as JSON." and [m["role"] for m in first["messages"]] == ["user"]
            assert first["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA.schema}}
            assert second["max_tokens"] == DEFAULT_MAX_TOKENS and "output_config" not in second


@pytest.mark.parametrize("system", [True, False])
@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", " ```\n{}```\n"])
@pytest.mark.parametrize(("way", "formats"), [("json_object", ("json_object",)), ("none", ())])
async def test_a_server_that_enforces_no_schema_is_told_it_in_the_prompt(
    bench: Benches, protocol: str, way: str, formats: tuple[str, ...], fence: str, system: bool
) -> None:
    async with bench(models={"dice": Rehearsed(Echo())}, formats=formats) as at:
        if protocol == "anthropic":
            with pytest.raises(BadInput, match="unknown option 'structured'"):
                at.model(options={"structured": way})
            return
        model = at.model(options={"structured": way})
        before = (ASK[0],) if system else ()

        async def answered(text: str, schema: ReplySchema | None = SCHEMA) -> ModelReply:
            return await model.complete(ModelRequest("x/dice", (*before, Message.of("user", text)), "k", schema))

        good = '{"answer": "blue"}'
        fenced = fence.replace("{}", good)
        reply = await answered(fenced)
        assert (reply.data, reply.text) == ({"answer": "blue"}, good)
        body = at.server.seen[0].body
        assert body.get("response_format") == ({"type": "json_object"} if formats else None)
        told = body["messages"][0]
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        assert told["content"].startswith("Answer as JSON." if system else "Reply with one JSON object")
        assert told["content"].endswith(SCHEMA.canonical.decode())
        # The reply is checked as always, and --budget's bound still holds.
        for wrong in ('{"answer": 1}', "blue", f"Here it is:\n```json\n{good}\n```"):
            with pytest.raises(ModelFailure) as caught:
                await answered(wrong)
            assert caught.value.kind is FailureKind.MALFORMED
        asked = ModelRequest("x/dice", (*before, Message.of("user", "")), "k", SCHEMA)
        assert len(json.dumps(told)) + 100 < input_tokens_bound(asked)
        # Nothing is added, and nothing taken off, where no schema is asked for.
        assert (await answered(fenced, None)).text == fenced
        plain = at.server.seen[-1].body
        assert "response_format" not in plain and len(plain["messages"]) == 1 + system


async def test_a_response_format_that_a_server_does_not_know_stops_the_job_with_the_fix(bench: Benches) -> None:
    async with bench(formats=()) as at:
        if at.protocol == "openai":
            with pytest.raises(ProviderUnusable, match="structured: json_object") as caught:
                await at.ask()
            assert "response_format type is unavailable" in caught.value.message


async def test_a_schema_that_would_lose_its_meaning_is_asked_for_another_way(bench: Benches, protocol: str) -> None:
    async with bench(models={"dice": Rehearsed(Echo())}) as at:
        said = (Message.of("user", '{"colour": "blue"}'),)
        reply = await at.model().complete(ModelRequest("x/dice", said, "k", OPEN))
        assert reply.data == {"colour": "blue"}
        body = at.server.seen[0].body
        if protocol == "openai":
            assert body["response_format"]["json_schema"]["strict"] is False
            assert body["response_format"]["json_schema"]["schema"] == OPEN.schema
        else:
            assert body["tool_choice"]["name"] == "open_map" and body["tools"][0]["input_schema"] == OPEN.schema


@pytest.mark.parametrize(("base", "option", "field"), [(None, None, "max_completion_tokens"), ("x", None, "max_tokens")])
async def test_the_bound_has_the_name_the_server_knows(
    bench: Benches, monkeypatch: pytest.MonkeyPatch, base: str | None, option: str | None, field: str
) -> None:
    from factory.providers import endpoint

    async with bench() as at:
        if at.protocol == "anthropic":
            return
        if base is None:
            monkeypatch.setitem(endpoint.OFFICIAL, "openai", (at.server.base_url("openai"), "OPENAI_API_KEY"))
        await at.ask(max_tokens=9)
        assert at.server.seen[0].body[field] == 9
        other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}[field]
        await at.ask(max_tokens=9, options={"max_tokens_field": other})
        assert at.server.seen[1].body[other] == 9 and field not in at.server.seen[1].body


async def test_a_bound_the_sdk_would_refuse_without_streaming_is_sent(bench: Benches) -> None:
    """anthropic 2.12 raises ValueError from messages.create when 3600 * max_tokens / 128000 exceeds 600 s."""
    async with bench() as at:
        assert (await at.ask(max_tokens=128_000)).data is not None
        assert at.server.seen[0].body["max_tokens"] == 128_000


async def test_a_reply_longer_than_its_bound_is_truncated(bench: Benches) -> None:
    async with bench() as at:
        with pytest.raises(ModelFailure) as caught:
            await at.ask(max_tokens=2)
        assert caught.value.kind is FailureKind.TRUNCATED and len(caught.value.text) == 8


async def test_a_blob_is_refused_before_anything_is_sent(bench: Benches) -> None:
    async with bench() as at:
        message = Message("user", (BlobRef("0" * 64, "image/png"),))
        with pytest.raises(BadInput, match="image/png"):
            await at.model().complete(ModelRequest("x/dice", (message,), "k"))
        assert at.server.seen == []


async def test_silence_before_an_answer_begins_is_the_model_at_work(bench: Benches) -> None:
    async with bench(delay_ms=(400, 400)) as at:
        assert (await at.ask(options={"idle_s": 0.1})).data is not None


async def test_waiting_for_a_slot_is_no_timeout_and_opens_no_connection(bench: Benches) -> None:
    async with bench(delay_ms=(300, 300)) as at:
        model, places = at.model(options={"deadline_s": 1.5}), Limits().endpoint("places", max_in_flight=2)

        async def call(number: int) -> ModelReply:
            async with places.slot() as slot:
                await slot.go()
                return await model.complete(ModelRequest("x/dice", ASK, f"k{number}", SCHEMA))

        began = time.perf_counter()
        replies = await asyncio.gather(*map(call, range(12)))
        assert len(replies) == 12 and time.perf_counter() - began > 1.5
        assert at.server.most_connections <= 2


async def test_members_of_one_endpoint_share_its_connection(bench: Benches) -> None:
    async with bench() as at:
        for name in ("dice", "echo"):
            await at.model(name).complete(ModelRequest(f"x/{name}", ASK, name))
        assert at.server.most_connections == 1


# --- the server itself


async def test_the_log_tells_what_a_provider_would_bill(bench: Benches, tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    async with bench("rate_limit", "eof_midway", "length", "", log=log, usage_spread=0.5) as at:
        costs = []
        for _ in range(4):
            try:
                costs.append((await at.ask()).usage)
            except ModelFailure as failure:
                costs.append(failure.usage)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["fault"] for line in lines] == ["eof_midway", "length", ""]
    assert costs[0] is None and costs[1] is None
    for line, usage in zip(lines[1:], costs[2:], strict=True):
        assert usage is not None and line["model"] == "dice" and line["key"] == "k"
        assert (line["input_tokens"], line["output_tokens"]) == (usage.input_tokens, usage.output_tokens)


async def test_seeded_faults_depend_on_the_call_and_not_on_timing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["openai"])
    keys = [f"k{n}" for n in range(60)]

    async def faults(order: list[str]) -> dict[str, list[str]]:
        plan = FaultPlan(rates={"rate_limit": 0.2, "server_error": 0.2}, seed=5)
        async with ModelServer({"dice": Rehearsed(Dice())}, faults=plan) as server:
            connections = Connections()
            model = connect(Member(model="openai/dice", base_url=server.base_url("openai")), connections)
            asked = [outcome(model, ModelRequest("x/dice", ASK, key, SCHEMA)) for key in order]
            await asyncio.gather(*asked)
            await connections.aclose()
            return {key: [seen.fault for seen in server.seen if seen.key == key] for key in keys}

    forth, back = await faults(keys * 2), await faults(keys[::-1] * 2)
    assert forth == back
    met = [fault for each in forth.values() for fault in each]
    assert 10 < met.count("rate_limit") < 45 and any(pair[0] != pair[1] for pair in forth.values())


async def test_a_server_of_its_own_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["anthropic"])
    models = {"dice-1": {"role": "dice", "options": {"malformed": 1.0}}, "dice-2": {"role": "dice"}}
    config = {
        "players": "tests.support.players:roles",
        "models": models,
        "log": str(tmp_path / "log"),
        "script": ["", "overloaded"],
    }
    with ServerProcess(config) as process:
        connections = Connections()
        member = Member(model="anthropic/dice-1", base_url=process.base_url("anthropic"))
        broken = connect(member, connections)
        sound = connect(member.model_copy(update={"model": "anthropic/dice-2"}), connections)
        request = ModelRequest("x", ASK, "k", SCHEMA)
        assert (await outcome(broken, request))[0] is FailureKind.MALFORMED
        assert (await outcome(sound, request))[0] is FailureKind.OVERLOADED
        assert (await outcome(sound, request))[1] == (await SimModel(Dice(), Member(model="sim:dice")).complete(request)).data
        await connections.aclose()
    assert len((tmp_path / "log").read_text().splitlines()) == 2
    assert roles().keys() == {"dice", "echo", "ready"}


# --- the SDKs


def test_nothing_is_imported_before_a_real_member_needs_it() -> None:
    program = (
        "import sys, factory.providers.connect as c\n"
        "from factory.types import Member\n"
        "c.check(Member(model='openai/x', base_url='http://localhost:1/v1'))\n"
        "print([name for name in ('openai', 'anthropic', 'aiohttp', 'httpx2') if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "http_proxy"])
async def test_the_environment_does_not_move_an_endpoint(bench: Benches, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with bench() as at:
        assert (await at.ask()).data is not None
