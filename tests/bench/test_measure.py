"""A measurement is of the command that was asked for, and of nothing before it."""

import json
import subprocess
import sys
from pathlib import Path

from local.runtime import ROOT

HUNGRY = "import time; block = bytearray(200 * 1024 * 1024); time.sleep(0.2); raise SystemExit(3)"
MODEST = "print('hello')"


def measured(log: Path) -> list[dict[str, float]]:
    """From a small process, as `make bench` is: a large one would show its own memory."""
    code = (
        "import json, sys; from pathlib import Path; from bench.measure import measure\n"
        f"runs = [measure('run', [sys.executable, '-c', code], Path({str(log)!r})) for code in ({HUNGRY!r}, {MODEST!r})]\n"
        "print(json.dumps([run.as_json() for run in runs]))"
    )
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found: list[dict[str, float]] = json.loads(printed)
    return found


def test_time_memory_and_exit_code_are_the_commands_own(tmp_path: Path) -> None:
    hungry, modest = measured(tmp_path / "log")
    assert (hungry["exit_code"], modest["exit_code"]) == (3, 0)
    assert hungry["seconds"] >= 0.2
    assert hungry["peak_mib"] > 200 > modest["peak_mib"]
    assert "hello" in (tmp_path / "log").read_text()
