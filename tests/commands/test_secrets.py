"""A key that is planted in the environment, and echoed by a careless server, is found nowhere on the factory's side."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.command import KEY, Desk, Ended, ended, server_config
from tests.support.model_server import ServerProcess

# Everything that could print a header: our own tracebacks, asyncio's, and the SDKs' debug logs.
LOUD = {
    "FACTORY_DEBUG": "1",
    "PYTHONASYNCIODEBUG": "1",
    "OPENAI_LOG": "debug",
    "ANTHROPIC_LOG": "debug",
    "PYTHONUNBUFFERED": "1",
}
TARGET = ("--attempts", "4", "--concurrency", "4")
# Characters that JSON encoders escape where they need not (PHP's slash, .NET's plus, Go's ampersand), and a URL's.
AWKWARD = 'sk-planted/with+odd&chars"<0123456789>\\=='
STATES = [part for state in ("accepted", "held", "rejected", "errored") for part in ("--state", state)]


def forms(key: str) -> set[bytes]:
    """The key as it might be written somewhere."""
    escaped = json.dumps(key)[1:-1]
    slashed = escaped.replace("/", "\\/")
    coded = "".join(f"\\u{ord(c):04x}" if c in "+&<>'\"\\" else c for c in key)
    basic = base64.b64encode(key.encode()).decode().rstrip("=")
    return {form.encode() for form in (key, escaped, slashed, coded, quote(key), quote(key, safe=""), repr(key)[1:-1], basic)}


def told_anywhere(desk: Desk, *told: Ended) -> Iterator[bytes]:
    """All that the factory wrote: its files (store, write-ahead log, exports) and what it said."""
    for path in desk.folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
    for each in told:
        yield (each.out + each.err).encode()


def check_nowhere(key: str, desk: Desk, *told: Ended) -> None:
    everything = list(told_anywhere(desk, *told))
    assert len(everything) > len(told) + 2
    found = [form for form in forms(key) for content in everything if form in content]
    assert not found, found


def looked_at(desk: Desk) -> list[Ended]:
    """What a user can be shown of the job, and of the candidate that met the filter."""
    store = desk.open()
    job = desk.job()
    filtered = [c.id for c in store.candidates() if any(r.finding.reason == "author_filtered" for r in c.receipts)]
    store.close()
    asked = [("show", filtered[0]), ("show", filtered[0], "--json")] if filtered else []
    asked += [("status", job, "--json"), ("export", "--to", "jsonl", "--out", "out", *STATES)]
    return [ended(desk.spawn(*arguments, environment=LOUD)) for arguments in asked]


@pytest.mark.parametrize("key", [pytest.param(KEY, marks=pytest.mark.slow), AWKWARD])
def test_a_key_echoed_in_errors_that_pass_is_kept_nowhere(key: str, tmp_path: Path) -> None:
    faults = ["echo_key:500", "echo_key:429", "echo_key_escaped:503", "echo_key_escaped:500", "key_in_200:error"]
    # The first request is an author's, and ends that pull; the others are tried again.
    config = server_config(tmp_path / "log", key=key, script=["echo_key_escaped:filtered", *faults, "", "", *faults])
    with ServerProcess(config) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        keys = {"OPENAI_API_KEY": key, "ANTHROPIC_API_KEY": key}
        ran = ended(desk.run(*TARGET, environment={**LOUD, **keys}))
        assert ran.code == 0, ran
        assert "DEBUG" in ran.err or "debug" in ran.err.lower(), "the SDKs' logs were to be on"
        attempts = failed_attempts(desk)
        assert sum("[key]" in detail for detail in attempts) > len(faults), attempts
        shown = looked_at(desk)
        assert all(each.code == 0 for each in shown), shown
        assert len(shown) == 4 and all("policy for" in each.out and "[key]" in each.out for each in shown[:2])
        check_nowhere(key, desk, ran, *shown)
        assert not [told for told in told_anywhere(desk, ran, *shown) if key[:14].encode() in told]


@pytest.mark.parametrize("fault", ["echo_key:401", "echo_key_escaped:403"])
def test_a_key_echoed_in_the_error_that_ends_the_job_is_in_no_message(fault: str, tmp_path: Path) -> None:
    with ServerProcess(server_config(tmp_path / "log", script=["", "", *[fault] * 40])) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        ran = ended(desk.run(*TARGET, environment={**LOUD, "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}))
        assert ran.code == 5 and "[key]" in ran.err
        check_nowhere(KEY, desk, ran, *looked_at(desk))


def test_a_killed_run_leaves_no_key_in_the_write_ahead_log(tmp_path: Path) -> None:
    config = server_config(tmp_path / "log", script=["", *["echo_key:500"] * 6], delay_ms=[0, 30])
    with ServerProcess(config) as server:
        desk = Desk(tmp_path / "desk", server.base_url)
        ran = ended(desk.run(*TARGET, crash_at="call.after_commit:12"))
        assert ran.code == -9
        assert (desk.folder / "s.db-wal").stat().st_size > 0
        check_nowhere(KEY, desk, ran)


def failed_attempts(desk: Desk) -> list[str]:
    store = desk.open()
    calls = [call for index in range(4) for call in store.calls(desk.job(), index)]
    store.close()
    return [attempt.detail for call in calls for attempt in call.attempts if attempt.status != "ok"]
