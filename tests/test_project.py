"""The promises the project makes about itself: layering, typing, style, a quick `--help`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=600)


def test_imports_point_one_way() -> None:
    result = run("-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())")
    assert result.returncode == 0, result.stdout + result.stderr


def test_types_are_strict() -> None:
    result = run("-m", "mypy")
    assert result.returncode == 0, result.stdout + result.stderr


def test_style() -> None:
    for arguments in (["check", "."], ["format", "--check", "."]):
        result = run("-m", "ruff", *arguments)
        assert result.returncode == 0, result.stdout + result.stderr


HEAVY = ("torch", "sentence_transformers", "sqlalchemy", "numpy", "pyarrow", "openai", "anthropic", "datasketch", "pydantic")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from scripts.cli import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        "assert result.exit_code == 0 and 'resume' in result.output, result.output\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    result = run("-c", program)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


# The door itself, and a grader's worker, whose standard output is a pipe to its parent.
PRINTERS = {"console.py", "mathematics.py"}


def test_terminal_output_goes_through_one_door() -> None:
    """Model text must not reach a terminal uncleaned: only scripts/console.py may print."""
    offenders = []
    for folder in ("factory", "gates", "recipes", "store", "scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name in PRINTERS or path.name.startswith(("bench_", "check_")):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if line.lstrip().startswith(("print(", "typer.echo(", "sys.stdout.write(", "rprint(")):
                    offenders.append(f"{path.relative_to(ROOT)}:{number}")
    assert offenders == []
