"""Whether the site answers and for how long its certificate serves; how full memory, swap and disk are, and what the
kernel ended because memory was. For alarms."""

import os
from pathlib import Path
from typing import Any

NAMESPACE = "Preqly/Machine"
ANSWERS, MEMORY, SWAP, DISK = "SiteAnswers", "MemoryUsed", "SwapUsed", "DiskUsed"
CERTIFICATE, KILLS = "CertificateDays", "MemoryKills"
DATA = "/var/lib/docker"
"""What fills the machine's disk is Docker's, on whichever volume that is: EC2's machine has one for everything."""


def used_percent(meminfo: str, disk: str = DATA) -> dict[str, float]:
    """Percentages by metric name; `meminfo` is the text of /proc/meminfo."""
    numbers = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in meminfo.splitlines())}
    return {
        MEMORY: 100 * (1 - numbers["MemAvailable"] / numbers["MemTotal"]),
        SWAP: 100 * (1 - numbers["SwapFree"] / numbers["SwapTotal"]) if numbers.get("SwapTotal") else 0.0,
        DISK: disk_percent(disk),
    }


def disk_percent(disk: str = DATA) -> float:
    """How full the disk is."""
    room = os.statvfs(disk)
    return 100 * (1 - room.f_bavail / room.f_blocks)


def memory_kills(vmstat: Path = Path("/proc/vmstat")) -> int:
    """Processes that the kernel has ended since its start, at a container's limit or its own: neither need be seen in
    the machine's memory a moment later."""
    counted = (line.split() for line in vmstat.read_text().splitlines())
    return next((int(count) for name, count in counted if name == "oom_kill"), 0)


def report(session: Any, host: str, *, answers: bool, certificate_days: float, kills: int) -> None:
    """Send the numbers to CloudWatch, under the site's main name: alarms outlive the machine. `kills` are new ones."""
    found = used_percent(Path("/proc/meminfo").read_text())
    dimensions = [{"Name": "Site", "Value": host}]
    counts = {ANSWERS: float(answers), CERTIFICATE: certificate_days, KILLS: float(kills)}
    session.client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions}
            for unit, numbers in (("Count", counts), ("Percent", found))
            for name, value in numbers.items()
        ],
    )
