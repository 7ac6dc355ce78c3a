"""The math grader: equivalence through math-verify, and a worker process that can be killed and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.errors import FactoryError
from factory.graders import MathSettings, Verdict, equivalent, grade
from factory.graders.worker import Worker, WorkerLate, WorkerLost, WorkerPool

MATH = MathSettings(kind="math")
SOURCE = Path(grade.__code__.co_filename).with_name("mathematics.py")


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    """A worker's double: it says its pid and whether a key reached it, sleeps or dies on demand."""
    program = tmp_path / "echo.py"
    program.write_text(
        "import json, os, sys, time\n"
        "print(json.dumps({'ready': True}), flush=True)\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        "    time.sleep(request.get('sleep', 0))\n"
        "    if request.get('die'): os._exit(1)\n"
        "    print(json.dumps({'pid': os.getpid(), 'key': os.environ.get('OPENAI_API_KEY')}), flush=True)\n"
    )
    return program


@pytest.fixture
def worker(echo: Path) -> Iterator[Worker]:
    worker = Worker(echo)
    yield worker
    worker.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def run(*pairs: tuple[str, str], settings: MathSettings = MATH) -> list[Verdict]:
    async def all_of() -> list[Verdict]:
        return list(await asyncio.gather(*(grade(settings, answer, reference) for answer, reference in pairs)))

    return asyncio.run(all_of())


def test_equivalent_forms_are_right() -> None:
    pairs = [
        ("1/2", "0.5"), ("\\frac{2}{4}", "1/2"), ("\\boxed{\\frac{1}{2}}", "$\\frac{1}{2}$"), ("A: 1/2", "1/2"),
        ("x^2 + 2x + 1", "(x+1)^2"), ("1+x", "x+1"), ("2*x", "x*2"), ("sqrt(8)", "2\\sqrt{2}"), ("pi/2", "\\frac{\\pi}{2}"),
        ("The answer is $(1, 2)$.", "(1,2)"), ("$\\{2, 1\\}$", "$\\{1, 2\\}$"), ("x = 3", "3"),
        ("\\boxed{3}, so \\boxed{3}", "3"),
        ("long " * 200 + "\\boxed{3}", "3"),
    ]  # fmt: skip
    assert [pair for pair, verdict in zip(pairs, run(*pairs), strict=True) if not verdict.correct] == []


def test_other_values_hedges_and_noise_are_wrong() -> None:
    pairs = [
        ("1/3", "1/2"), ("x+2", "x+1"), ("$(2, 1)$", "(1,2)"), ("", "1"), ("no idea", "1"), ("1", ""),
        ("1", "no reading at all"),
        ("\\boxed{1} or \\boxed{2}", "2"), ("either 1 or 2", "2"), ("A: 1 or 2", "1"), ("not 2", "2"), ("isn't 2", "2"),
        ("long " * 200 + "3", "3"), ("(" * 3000, "1"), ("\ud800", "1"),
    ]  # fmt: skip
    assert [pair for pair, verdict in zip(pairs, run(*pairs), strict=True) if verdict.correct] == []


def test_a_comparison_without_end_is_killed_and_the_next_one_served() -> None:
    quick = MathSettings(kind="math", seconds=1.5)
    run(("1", "1"))
    began = time.monotonic()
    verdict = run(("9^{9^{9^{9}}}", "1/2"), settings=quick)[0]
    assert not verdict.correct
    assert "no answer within 1.5 s" in verdict.detail or "unreadable" in verdict.detail
    assert time.monotonic() - began < 30
    assert run(("1/2", "0.5"))[0].correct


def test_equivalent_is_symmetric_and_needs_no_reference() -> None:
    async def both() -> tuple[bool, bool, bool]:
        return await equivalent(MATH, "1/2", "0.5"), await equivalent(MATH, "0.5", "1/2"), await equivalent(MATH, "1", "2")

    assert asyncio.run(both()) == (True, True, False)


def test_a_worker_is_reused_and_sees_no_credentials(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    first, second = worker.ask({}, 10), worker.ask({}, 10)
    assert first == second
    assert first["key"] is None


def test_a_late_worker_is_gone_and_the_next_request_gets_another(worker: Worker) -> None:
    pid = worker.ask({}, 10)["pid"]
    with pytest.raises(WorkerLate, match=r"no answer within 0\.2 s"):
        worker.ask({"sleep": 30}, 0.2)
    assert not alive(pid)
    assert worker.ask({}, 10)["pid"] != pid


def test_a_worker_that_dies_says_so(worker: Worker) -> None:
    with pytest.raises(WorkerLost, match="ended without an answer"):
        worker.ask({"die": True}, 10)
    assert worker.ask({}, 10)["pid"]


def test_a_program_that_cannot_start_is_an_error_with_a_fix(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import a_package_that_is_not_there\n")
    with pytest.raises(FactoryError, match="did not start") as caught:
        Worker(broken).ask({}, 10)
    assert "pip install math-verify" in caught.value.message


def test_a_pool_keeps_to_its_workers_survives_their_deaths_and_leaves_none(echo: Path) -> None:
    pool = WorkerPool(echo, workers=2)

    async def burst() -> set[int]:
        replies = await asyncio.gather(*(pool.ask({"sleep": 0.01}, 10) for _ in range(12)))
        return {reply["pid"] for reply in replies}

    pids = asyncio.run(burst())
    assert 1 <= len(pids) <= 2
    assert pids <= set(pool.pids())
    for pid in pool.pids():
        os.kill(pid, 9)  # someone else ends the idle workers: no request may be blamed for it
    assert not asyncio.run(burst()) & pids
    left = pool.pids()
    pool.close()
    assert pool.pids() == ()
    assert not any(map(alive, left))


@pytest.mark.parametrize(
    "ending", ["pass", "import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_no_worker_outlives_its_process(ending: str) -> None:
    program = (
        "import asyncio\n"
        "from factory.graders import MathSettings, grade, _math_pool\n"
        "verdict = asyncio.run(grade(MathSettings(kind='math'), '1/2', '0.5'))\n"
        "assert verdict.correct\n"
        "print(*_math_pool().pids(), flush=True)\n" + ending
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    pids = [int(pid) for pid in done.stdout.split()]
    assert pids, done.stderr
    limit = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def test_a_worker_lost_in_a_computation_ends_itself_when_nobody_is_left_to_end_it() -> None:
    request = {"answer": "9^{9^{9^{9}}}", "reference": "1/2", "settings": {}, "seconds": 0.1}
    command = [sys.executable, "-P", str(SOURCE), "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"ready": True}
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == ""
        assert process.wait(30) == -signal.SIGALRM


def test_the_source_alone_is_a_scorer(tmp_path: Path) -> None:
    copy = tmp_path / "scorer.py"
    copy.write_bytes(SOURCE.read_bytes())
    program = "from scorer import grade; print(grade('\\\\boxed{1/2}', '0.5')[0], grade('1/3', '0.5')[0])"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["True", "False"], done.stderr
