"""Time and memory of a command are those of its own processes."""

import sys
from pathlib import Path

from bench.everyday import run


def test_time_memory_and_exit_code_are_the_commands_own(tmp_path: Path) -> None:
    hungry = "import time; block = bytearray(200 * 1024 * 1024); time.sleep(0.2); raise SystemExit(3)"
    big = run([sys.executable, "-c", hungry], tmp_path / "log")
    small = run([sys.executable, "-c", "print('hello')"], tmp_path / "log")
    assert (big[0], small[0]) == (3, 0)
    assert big[1] >= 0.2
    assert big[2] > 200 > small[2]
    assert "hello" in (tmp_path / "log").read_text()
