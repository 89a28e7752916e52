"""What a month of the machine costs, in place of tasks, load balancer and the way out of the tasks. Pure."""

from collections.abc import Iterator

from infra import prices
from infra.estimate import Line
from infra.machine.group import DISK_GB
from infra.machine.watch import CUSTOM_METRICS


def machine_lines(instance_type: str) -> Iterator[Line]:
    """Positions of the bill; the rest of the stack costs the same with either kind of hosting."""
    hour = prices.INSTANCE_HOUR.get(instance_type)
    yield Line(f"{instance_type} instance", None if hour is None else hour * prices.HOURS)
    yield Line(f"{DISK_GB} GB of disk", DISK_GB * prices.DISK_GB)
    yield Line("Elastic IP", prices.PUBLIC_IPV4_HOUR * prices.HOURS)
    yield Line("secret of the certificate", prices.SECRET)
    yield Line(f"{len(CUSTOM_METRICS)} metrics of the machine", len(CUSTOM_METRICS) * prices.METRIC)
