"""The memory that a machine's own programs see."""

from pathlib import Path

import pytest

from local.images.machine.vitals import own_memory

MIB = 1 << 20
HOST = """MemTotal:       24683560 kB
MemFree:        20138100 kB
MemAvailable:   23838100 kB
Buffers:          120000 kB
SwapTotal:       2097148 kB
SwapFree:        2097148 kB
"""


@pytest.fixture
def group(tmp_path: Path) -> Path:
    numbers = {"limit": 2048, "usage": 1000, "memsw.limit": 3072, "memsw.usage": 1100}
    for name, mib in numbers.items():
        (tmp_path / f"memory.{name}_in_bytes").write_text(f"{mib * MIB}\n")
    (tmp_path / "memory.stat").write_text(f"cache 1\ntotal_inactive_file {400 * MIB}\n")
    return tmp_path


def numbers(text: str) -> dict[str, int]:
    return {line.split(":")[0]: int(line.split()[1]) // 1024 for line in text.splitlines()}


def test_it_is_the_instances_not_the_hosts(group: Path) -> None:
    text = own_memory(HOST, group)
    assert numbers(text) == {
        "MemTotal": 2048,
        "MemFree": 1048,
        "MemAvailable": 1448,
        "Buffers": 117,
        "SwapTotal": 1024,
        "SwapFree": 924,
    }
    assert len(text) == len(HOST)


def test_without_swap_of_the_host_there_is_none(group: Path) -> None:
    text = own_memory(HOST.replace("2097148", "      0"), group)
    assert (numbers(text)["SwapTotal"], numbers(text)["SwapFree"]) == (0, 0)
