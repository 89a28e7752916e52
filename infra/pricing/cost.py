"""The monthly cost of the stack without traffic, computed from the settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from infra.ecs import waf_rules
from infra.foundation.network import EGRESS, ZONES
from infra.foundation.vpc_endpoints import SERVICES
from infra.pricing import prices
from infra.pricing.usage import USAGE, Usage

LOGS_GB, IMAGES_GB = 1, 1
"""Of a quiet site."""
ALARMS = 9
CONTAINERS = 2
"""Of one task: application and proxy."""


class PricedSettings(Protocol):
    """The settings that have a price; infra/settings/settings.py holds all of them."""

    @property
    def region(self) -> str: ...
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
    def secret_environment(self) -> Mapping[str, str]: ...
    @property
    def sends_with_ses(self) -> bool: ...
    @property
    def waf(self) -> bool: ...
    @property
    def waf_blocks(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Line:
    """One line of the bill; `usd` is None when the price table lacks the price."""

    name: str
    usd: float | None
    resources: Mapping[str, int] = field(default_factory=dict)
    """How many resources of each type it pays for; types as `module/type`."""


@dataclass(frozen=True)
class Estimate:
    """A month's bill in US dollars."""

    lines: tuple[Line, ...]
    usage: tuple[Usage, ...] = ()
    """What the lines leave out, because it depends on use."""

    @property
    def total_usd(self) -> float:
        """The sum of all lines with a price, rounded to cents."""
        return round(sum(line.usd or 0 for line in self.lines), 2)


def monthly_estimate(settings: PricedSettings) -> Estimate:
    """The bill of a month of 730 hours at the prices of us-east-1."""
    lines = (*_compute(settings), *_network(settings), *_database(settings), *_other(settings))
    return Estimate(lines, USAGE)


def compare_egress(settings: PricedSettings) -> dict[str, float]:
    """The monthly price of each choice of `egress`, with all other settings unchanged."""
    return {egress: round(_egress_usd(settings, egress), 2) for egress in EGRESS}


def summary(settings: PricedSettings) -> str:
    """One line for previews: the month's cost, and the price of each choice of `egress`."""
    choices = ", ".join(
        f"{egress} {usd:.2f}{' (chosen)' if egress == settings.egress else ''}"
        for egress, usd in compare_egress(settings).items()
    )
    total = monthly_estimate(settings).total_usd
    where = "us-east-1" if settings.region == "us-east-1" else f"us-east-1, with other prices in {settings.region}"
    return (
        f"a quiet month costs about {total:.2f} USD in {where}, without traffic and other use; "
        f"egress of the tasks included: {choices}"
    )


def _compute(settings: PricedSettings) -> Iterator[Line]:
    tasks = settings.min_tasks
    vcpu = settings.task_cpu / 1024 * prices.FARGATE_VCPU_HOUR[settings.architecture]
    memory = settings.task_memory / 1024 * prices.FARGATE_GB_HOUR[settings.architecture]
    size = f"{settings.task_cpu} CPU units, {settings.task_memory} MiB, {settings.architecture}"
    yield Line(f"{tasks} tasks ({size})", tasks * (vcpu + memory) * prices.HOURS, {"ecs/service": 1})
    metrics = insights_metrics(tasks)
    yield Line(f"Container Insights ({metrics} metrics)", metrics * prices.INSIGHTS_METRIC, {"ecs/cluster": 1})


def insights_metrics(tasks: int) -> int:
    """Metrics of Container Insights with enhanced observability, for one service on Fargate.

    Counted from AWS's table of metrics and dimensions (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    Container-Insights-enhanced-observability-metrics-ECS.html).
    """
    cluster, service, family = 26, 21, 16
    # The metrics of a container and of a task exist by service and by task definition family.
    by_container, by_task = 2 * 8, 2 * 16
    fixed = cluster + service + family + CONTAINERS * by_container
    return fixed + tasks * (by_task + CONTAINERS * by_container)


def _network(settings: PricedSettings) -> Iterator[Line]:
    addresses = len(ZONES) * prices.PUBLIC_IPV4_HOUR
    hourly = prices.LOAD_BALANCER_HOUR + addresses
    yield Line("load balancer and its addresses", hourly * prices.HOURS, {"lb/loadBalancer": 1})
    egress = settings.egress
    gateways, endpoints = _nat_gateways(egress), len(SERVICES) if egress == "endpoints" else 0
    paid = {"ec2/natGateway": gateways, "ec2/eip": gateways, "ec2/vpcEndpoint": endpoints}
    yield Line(f"egress of the tasks ({egress})", _egress_usd(settings, egress), paid)


def _nat_gateways(egress: str) -> int:
    return {"gateway": 1, "gateway-per-zone": len(ZONES)}.get(egress, 0)


def _egress_usd(settings: PricedSettings, egress: str) -> float:
    if gateways := _nat_gateways(egress):
        return gateways * (prices.NAT_GATEWAY_HOUR + prices.PUBLIC_IPV4_HOUR) * prices.HOURS
    if egress == "public":
        return settings.min_tasks * prices.PUBLIC_IPV4_HOUR * prices.HOURS
    return len(SERVICES) * len(ZONES) * prices.INTERFACE_ENDPOINT_HOUR * prices.HOURS


def _database(settings: PricedSettings) -> Iterator[Line]:
    copies, where = (2, "two zones") if settings.database_multi_az else (1, "one zone")
    hour = prices.DATABASE_HOUR.get(settings.database_class)
    usd = None if hour is None else copies * hour * prices.HOURS
    yield Line(f"{settings.database_class} in {where}", usd, {"rds/instance": 1})
    storage = settings.database_storage_gb
    yield Line(f"{storage} GB of database storage", copies * storage * prices.DATABASE_STORAGE_GB)


def _other(settings: PricedSettings) -> Iterator[Line]:
    paid = {"secretsmanager/secret": 1, "kms/key": 1, "route53/zone": 1}
    yield Line("secret, key and hosted zone", prices.SECRET + prices.KEY + prices.HOSTED_ZONE, paid)
    yield Line(
        f"{LOGS_GB} GB of logs, {IMAGES_GB} GB of images", LOGS_GB * prices.LOGS_GB + IMAGES_GB * prices.IMAGES_GB
    )
    yield Line(f"{ALARMS} alarms", ALARMS * prices.ALARM, {"cloudwatch/metricAlarm": ALARMS})
    yield Line("dashboard", prices.DASHBOARD, {"cloudwatch/dashboard": 1})
    if settings.secret_environment:
        yield Line("secret of secretEnvironment", prices.SECRET, {"secretsmanager/secret": 1})
    if settings.sends_with_ses:
        yield Line("1,000 mails", prices.MAILS_1000)
    if settings.waf:
        rules = len(waf_rules.rules(settings.waf_blocks, upload_paths=()))
        yield Line(f"web ACL with {rules} rules", prices.WEB_ACL + rules * prices.WEB_ACL_RULE, {"wafv2/webAcl": 1})
