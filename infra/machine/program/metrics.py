"""How full memory, swap and disk are, for alarms."""

import os
from pathlib import Path
from typing import Any

NAMESPACE = "Preqly/Machine"


def used_percent(meminfo: str, disk: str = "/") -> dict[str, float]:
    """Percentages by metric name; `meminfo` is the text of /proc/meminfo."""
    numbers = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in meminfo.splitlines())}
    room = os.statvfs(disk)
    return {
        "MemoryUsed": 100 * (1 - numbers["MemAvailable"] / numbers["MemTotal"]),
        "SwapUsed": 100 * (1 - numbers["SwapFree"] / numbers["SwapTotal"]) if numbers.get("SwapTotal") else 0.0,
        "DiskUsed": 100 * (1 - room.f_bavail / room.f_blocks),
    }


def report(session: Any, host: str) -> None:
    """Send the percentages to CloudWatch, under the site's main name: alarms outlive the machine."""
    found = used_percent(Path("/proc/meminfo").read_text())
    dimensions = [{"Name": "Site", "Value": host}]
    session.client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": name, "Value": value, "Unit": "Percent", "Dimensions": dimensions}
            for name, value in found.items()
        ],
    )
