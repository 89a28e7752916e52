"""A measurement is of the command that was asked for, and of nothing before it."""

import sys
from pathlib import Path

from bench.measure import measure


def test_time_memory_and_exit_code_are_the_commands_own(tmp_path: Path) -> None:
    hungry = "import time; block = bytearray(200 * 1024 * 1024); time.sleep(0.2); raise SystemExit(3)"
    big = measure("big", [sys.executable, "-c", hungry], tmp_path / "log")
    small = measure("small", [sys.executable, "-c", "print('hello')"], tmp_path / "log")
    assert (big.exit_code, small.exit_code) == (3, 0)
    assert big.seconds >= 0.2
    assert big.peak_mib > 200 > small.peak_mib
    assert "hello" in (tmp_path / "log").read_text()
