"""The monthly cost of the stack without traffic, computed from the settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from infra.ecs.waf import MANAGED_RULES
from infra.foundation.network import ZONES
from infra.foundation.vpc_endpoints import SERVICES
from infra.pricing import prices

LOGS_GB, IMAGES_GB = 1, 1
"""Of a quiet site."""
ALARMS = 9


class PricedSettings(Protocol):
    """The settings that have a price; infra/settings/settings.py holds all of them."""

    @property
    def architecture(self) -> str: ...
    @property
    def task_cpu(self) -> int: ...
    @property
    def task_memory(self) -> int: ...
    @property
    def min_tasks(self) -> int: ...
    @property
    def egress(self) -> str: ...
    @property
    def database_class(self) -> str: ...
    @property
    def database_storage_gb(self) -> int: ...
    @property
    def database_multi_az(self) -> bool: ...
    @property
    def sends_with_ses(self) -> bool: ...
    @property
    def waf(self) -> bool: ...


@dataclass(frozen=True)
class Line:
    """One line of the bill; `usd` is None when the price table lacks the price."""

    name: str
    usd: float | None


@dataclass(frozen=True)
class Estimate:
    """A month's bill in US dollars. Requests, traffic and tasks started by scaling are not included."""

    lines: tuple[Line, ...]

    @property
    def total_usd(self) -> float:
        """The sum of all lines with a price, rounded to cents."""
        return round(sum(line.usd or 0 for line in self.lines), 2)


def monthly_estimate(settings: PricedSettings) -> Estimate:
    """The bill of a month of 730 hours at the prices of us-east-1."""
    return Estimate((*_compute(settings), *_network(settings), *_database(settings), *_other(settings)))


def compare_egress(settings: PricedSettings) -> dict[str, float]:
    """The monthly price of each choice of `egress`, with all other settings unchanged."""
    return {egress: round(_egress_usd(settings, egress), 2) for egress in ("gateway", "public", "endpoints")}


def summary(settings: PricedSettings) -> str:
    """One line for previews: the month's cost, and the price of each choice of `egress`."""
    choices = ", ".join(
        f"{egress} {usd:.2f}{' (chosen)' if egress == settings.egress else ''}"
        for egress, usd in compare_egress(settings).items()
    )
    total = monthly_estimate(settings).total_usd
    return f"a quiet month costs about {total:.2f} USD in us-east-1, egress of the tasks included: {choices}"


def _compute(settings: PricedSettings) -> Iterator[Line]:
    vcpu = settings.task_cpu / 1024 * prices.FARGATE_VCPU_HOUR[settings.architecture]
    memory = settings.task_memory / 1024 * prices.FARGATE_GB_HOUR[settings.architecture]
    size = f"{settings.task_cpu} CPU units, {settings.task_memory} MiB, {settings.architecture}"
    yield Line(f"{settings.min_tasks} tasks ({size})", settings.min_tasks * (vcpu + memory) * prices.HOURS)


def _network(settings: PricedSettings) -> Iterator[Line]:
    addresses = len(ZONES) * prices.PUBLIC_IPV4_HOUR
    yield Line("load balancer and its addresses", (prices.LOAD_BALANCER_HOUR + addresses) * prices.HOURS)
    yield Line(f"egress of the tasks ({settings.egress})", _egress_usd(settings, settings.egress))


def _egress_usd(settings: PricedSettings, egress: str) -> float:
    hourly = {
        "gateway": prices.NAT_GATEWAY_HOUR + prices.PUBLIC_IPV4_HOUR,
        "public": settings.min_tasks * prices.PUBLIC_IPV4_HOUR,
        "endpoints": len(SERVICES) * len(ZONES) * prices.INTERFACE_ENDPOINT_HOUR,
    }
    return hourly[egress] * prices.HOURS


def _database(settings: PricedSettings) -> Iterator[Line]:
    copies, where = (2, "two zones") if settings.database_multi_az else (1, "one zone")
    hour = prices.DATABASE_HOUR.get(settings.database_class)
    yield Line(f"{settings.database_class} in {where}", None if hour is None else copies * hour * prices.HOURS)
    storage = settings.database_storage_gb
    yield Line(f"{storage} GB of database storage", copies * storage * prices.DATABASE_STORAGE_GB)


def _other(settings: PricedSettings) -> Iterator[Line]:
    yield Line("secret, key and hosted zone", prices.SECRET + prices.KEY + prices.HOSTED_ZONE)
    yield Line(
        f"{LOGS_GB} GB of logs, {IMAGES_GB} GB of images", LOGS_GB * prices.LOGS_GB + IMAGES_GB * prices.IMAGES_GB
    )
    yield Line(f"{ALARMS} alarms", ALARMS * prices.ALARM)
    if settings.sends_with_ses:
        yield Line("1,000 mails", prices.MAILS_1000)
    if settings.waf:
        yield Line("web ACL and its rules", prices.WEB_ACL + len(MANAGED_RULES) * prices.WEB_ACL_RULE)
