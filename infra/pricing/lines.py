"""The lines of the monthly bill: what each part of the stack costs, computed from the settings. Pure: no resources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra.ecs import waf_rules
from infra.ecs.process import Process
from infra.foundation.network import ZONES
from infra.foundation.vpc_endpoints import SERVICES
from infra.pricing import prices
from infra.pricing.part import Part
from infra.pricing.priced_settings import PricedSettings

LOGS_GB, IMAGES_GB = 1, 1
"""Of a quiet site."""
ALARMS = 9
CACHE_ALARMS = 3
"""Of each node."""
PROCESS_ALARMS = 2
"""Of each process (process_alarms in infra/observability/alarm_rules.py)."""
CONTAINERS = 2
"""Of one task: application and proxy."""


@dataclass(frozen=True, kw_only=True)
class ScheduledRuns:
    """The runs of a schedule in a month, by the least that Fargate bills for each: a minute."""

    name: str
    runs: float
    cpu: int
    """CPU units (1024 = one vCPU)."""
    memory: int
    """MiB."""


@dataclass(frozen=True)
class Line:
    """One line of the bill; `usd` is None when the price table lacks the price."""

    name: str
    usd: float | None
    resources: Mapping[str, int] = field(default_factory=dict)
    """How many resources of each type it pays for; types as `module/type`."""
    part: Part = "other"


def bill(
    settings: PricedSettings, processes: Sequence[Process], schedules: Sequence[ScheduledRuns]
) -> tuple[Line, ...]:
    """Every line of a quiet month, with `processes` beside the web service."""
    return (
        *_compute(settings),
        *(line for process in processes for line in _process(settings, process)),
        *_schedules(settings, schedules),
        *_network(settings),
        *_database(settings),
        *_cache(settings),
        *_other(settings),
    )


def egress_usd(settings: PricedSettings, egress: str) -> float:
    """The monthly price of this choice of `egress` for the web service."""
    if gateways := _nat_gateways(egress):
        return gateways * (prices.NAT_GATEWAY_HOUR + prices.PUBLIC_IPV4_HOUR) * prices.HOURS
    if egress == "public":
        return address_usd(settings.min_tasks)
    return len(SERVICES) * len(ZONES) * prices.INTERFACE_ENDPOINT_HOUR * prices.HOURS


def address_usd(tasks: int) -> float:
    """The monthly price of a public address for each of these tasks."""
    return tasks * prices.PUBLIC_IPV4_HOUR * prices.HOURS


def insights_metrics(tasks: int, containers: int = CONTAINERS, *, cluster: bool = True) -> int:
    """Metrics of Container Insights with enhanced observability, for one service on Fargate, and of its `cluster`.

    Counted from AWS's table of metrics and dimensions (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    Container-Insights-enhanced-observability-metrics-ECS.html).
    """
    of_cluster, service, family = 26 if cluster else 0, 21, 16
    # The metrics of a container and of a task exist by service and by task definition family.
    by_container, by_task = 2 * 8, 2 * 16
    fixed = of_cluster + service + family + containers * by_container
    return fixed + tasks * (by_task + containers * by_container)


def _compute(settings: PricedSettings) -> Iterator[Line]:
    tasks = settings.min_tasks
    usd = tasks * _fargate_hour(settings, settings.task_cpu, settings.task_memory) * prices.HOURS
    size = f"{_size(settings.task_cpu, settings.task_memory)}, {settings.architecture}"
    yield Line(f"{tasks} tasks ({size})", usd, {"ecs/service": 1}, "tasks")
    yield _insights("Container Insights", insights_metrics(tasks), {"ecs/cluster": 1})


def _process(settings: PricedSettings, process: Process) -> Iterator[Line]:
    tasks = process.min_tasks
    share = 1 - prices.SPOT_DISCOUNT if process.spot else 1
    usd = tasks * _fargate_hour(settings, process.cpu, process.memory) * share * prices.HOURS
    size = f"{_size(process.cpu, process.memory)}{', Spot' if process.spot else ''}"
    yield Line(f"{tasks} tasks of {process.name} ({size})", usd, {"ecs/service": 1}, "tasks")
    if settings.egress == "public":
        yield Line(f"addresses of {process.name}", address_usd(tasks), part="network")
    yield _insights(f"Container Insights of {process.name}", insights_metrics(tasks, containers=1, cluster=False), {})
    yield _alarms(PROCESS_ALARMS, f" of {process.name}")


def _schedules(settings: PricedSettings, schedules: Sequence[ScheduledRuns]) -> Iterator[Line]:
    for one in schedules:
        usd = one.runs / 60 * _fargate_hour(settings, one.cpu, one.memory)
        name = f"{one.runs:.0f} runs of {one.name}, a minute each ({_size(one.cpu, one.memory)})"
        yield Line(name, usd, {"scheduler/schedule": 1})
    if schedules:
        yield Line("alarm of the schedules", prices.ALARM, {"cloudwatch/metricAlarm": 1})


def _fargate_hour(settings: PricedSettings, cpu: int, memory: int) -> float:
    vcpu = cpu / 1024 * prices.FARGATE_VCPU_HOUR[settings.architecture]
    return vcpu + memory / 1024 * prices.FARGATE_GB_HOUR[settings.architecture]


def _size(cpu: int, memory: int) -> str:
    return f"{cpu} CPU units, {memory} MiB"


def _insights(name: str, metrics: int, resources: Mapping[str, int]) -> Line:
    return Line(f"{name} ({metrics} metrics)", metrics * prices.INSIGHTS_METRIC, resources, "monitoring")


def _alarms(count: int, of: str = "") -> Line:
    return Line(f"{count} alarms{of}", count * prices.ALARM, {"cloudwatch/metricAlarm": count}, "monitoring")


def _network(settings: PricedSettings) -> Iterator[Line]:
    addresses = len(ZONES) * prices.PUBLIC_IPV4_HOUR
    hourly = prices.LOAD_BALANCER_HOUR + addresses
    yield Line("load balancer and its addresses", hourly * prices.HOURS, {"lb/loadBalancer": 1}, "network")
    egress = settings.egress
    gateways, endpoints = _nat_gateways(egress), len(SERVICES) if egress == "endpoints" else 0
    paid = {"ec2/natGateway": gateways, "ec2/eip": gateways, "ec2/vpcEndpoint": endpoints}
    yield Line(f"egress of the tasks ({egress})", egress_usd(settings, egress), paid, "network")


def _nat_gateways(egress: str) -> int:
    return {"gateway": 1, "gateway-per-zone": len(ZONES)}.get(egress, 0)


def _database(settings: PricedSettings) -> Iterator[Line]:
    copies, where = (2, "two zones") if settings.database_multi_az else (1, "one zone")
    hour = prices.DATABASE_HOUR.get(settings.database_class)
    usd = None if hour is None else copies * hour * prices.HOURS
    yield Line(f"{settings.database_class} in {where}", usd, {"rds/instance": 1}, "database")
    storage = settings.database_storage_gb
    yield Line(f"{storage} GB of database storage", copies * storage * prices.DATABASE_STORAGE_GB, part="database")


def _cache(settings: PricedSettings) -> Iterator[Line]:
    if not settings.has_cache:
        return
    nodes = settings.cache_replicas + 1
    usd = nodes * prices.CACHE_NODE_HOUR[settings.cache_node_type] * prices.HOURS
    name = f"cache of {nodes} {settings.cache_node_type}"
    yield Line(name, usd, {"elasticache/replicationGroup": 1}, "cache")
    yield _alarms(nodes * CACHE_ALARMS, " of the cache")


def _other(settings: PricedSettings) -> Iterator[Line]:
    paid = {"secretsmanager/secret": 1, "kms/key": 1, "route53/zone": 1}
    yield Line("secret, key and hosted zone", prices.SECRET + prices.KEY + prices.HOSTED_ZONE, paid)
    yield Line(f"{LOGS_GB} GB of logs", LOGS_GB * prices.LOGS_GB, part="monitoring")
    yield Line(f"{IMAGES_GB} GB of images", IMAGES_GB * prices.IMAGES_GB)
    yield _alarms(ALARMS)
    yield Line("dashboard", prices.DASHBOARD, {"cloudwatch/dashboard": 1}, "monitoring")
    if settings.secret_environment or settings.has_cache:
        yield Line("secret of the variables", prices.SECRET, {"secretsmanager/secret": 1})
    if settings.sends_with_ses:
        yield Line("1,000 mails", prices.MAILS_1000)
    if settings.waf:
        rules = len(waf_rules.rules(settings.waf_blocks, upload_paths=()))
        yield Line(f"web ACL with {rules} rules", prices.WEB_ACL + rules * prices.WEB_ACL_RULE, {"wafv2/webAcl": 1})
