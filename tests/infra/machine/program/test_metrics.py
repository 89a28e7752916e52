"""The machine's numbers: how full memory, swap and disk are, and whether the site answers."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.machine.program import metrics

MEMINFO = "MemTotal: 2000 kB\nMemFree: 100 kB\nMemAvailable: 500 kB\nSwapTotal: 1000 kB\nSwapFree: 900 kB\n"


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders whose disk was looked at: seven tenths of it are full."""
    asked: list[str] = []

    def statvfs(folder: str) -> Any:
        asked.append(folder)
        return SimpleNamespace(f_blocks=100, f_bavail=30)

    monkeypatch.setattr(os, "statvfs", statvfs)
    return asked


def test_what_is_used_is_told_in_percent_and_the_disk_is_dockers(disk: list[str]) -> None:
    found = metrics.used_percent(MEMINFO)
    assert {name: round(value) for name, value in found.items()} == {"MemoryUsed": 75, "SwapUsed": 10, "DiskUsed": 70}
    assert disk == ["/var/lib/docker"]


def test_a_machine_without_swap_uses_none() -> None:
    assert metrics.used_percent(MEMINFO.replace("1000", "0").replace("900", "0"))["SwapUsed"] == 0


def test_the_kernel_says_how_many_processes_it_ended_for_want_of_memory(tmp_path: Path) -> None:
    vmstat = tmp_path / "vmstat"
    vmstat.write_text("allocstall_normal 7\noom_kill 12\nnuma_hit 3\n")
    assert metrics.memory_kills(vmstat) == 12
    vmstat.write_text("numa_hit 3\n")
    assert metrics.memory_kills(vmstat) == 0


@pytest.mark.parametrize("answers", [True, False])
def test_the_numbers_are_reported_under_the_sites_name(answers: bool) -> None:
    sent: list[dict[str, Any]] = []
    cloudwatch = SimpleNamespace(put_metric_data=lambda **what: sent.append(what))
    metrics.report(
        SimpleNamespace(client=lambda _: cloudwatch), "app.preqly.com", answers=answers, certificate_days=44.5, kills=2
    )
    (told,) = sent
    values = {one["MetricName"]: one["Value"] for one in told["MetricData"]}
    assert set(values) == {"SiteAnswers", "CertificateDays", "MemoryUsed", "SwapUsed", "DiskUsed", "MemoryKills"}
    assert values["MemoryKills"] == 2
    assert values["CertificateDays"] == 44.5
    assert values["SiteAnswers"] == float(answers)
    assert {str(one["Dimensions"]) for one in told["MetricData"]} == {"[{'Name': 'Site', 'Value': 'app.preqly.com'}]"}
