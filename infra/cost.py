"""What a month of this stack costs before anyone visits it: pure arithmetic over the settings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from infra import prices
from infra.endpoints import SERVICES
from infra.estimate import Estimate, Line
from infra.machine import sizes
from infra.machine.cost import machine_lines
from infra.network import ZONES
from infra.settings import Settings
from infra.waf import MANAGED_RULES

# A quiet site: what the peers' bills in docs were compared with.
LOGS_GB, IMAGES_GB = 1, 1
ALARMS = 9


def monthly_estimate(settings: Settings) -> Estimate:
    """What `settings` cost per month of 730 hours at the prices of us-east-1."""
    return Estimate((*_serving(settings), *_database(settings), *_rest(settings)))


def compare_hosting(settings: Settings) -> dict[str, float]:
    """The month of each kind of hosting, all else alike; a machine is one that fits, without a web ACL."""
    machine = replace(settings, hosting="vm", waf=False)
    if sizes.problem(settings.vm_instance_type, settings.architecture, settings.task_memory):
        fitting = sizes.smallest(settings.architecture, min(settings.task_memory, sizes.LARGEST_TASK_MIB))
        machine = replace(machine, vm_instance_type=fitting)
    return {one.hosting: monthly_estimate(one).total_usd for one in (replace(settings, hosting="fargate"), machine)}


def compare_egress(settings: Settings) -> dict[str, float]:
    """The monthly network cost of each choice of `egress`, everything else alike."""
    return {egress: round(_egress_usd(settings, egress), 2) for egress in ("gateway", "public", "endpoints")}


def summary(settings: Settings) -> str:
    """One line for previews: the month's cost, and what other choices would make of it."""
    total = monthly_estimate(settings).total_usd
    hostings = _compared(compare_hosting(settings), settings.hosting)
    month = f"a quiet month costs about {total:.2f} USD in us-east-1; by hosting: {hostings}"
    if settings.hosting == "vm":
        return month
    egresses = _compared(compare_egress(settings), settings.egress)
    return f"{month}; of it for the way out of the tasks: {egresses}"


def _compared(usd_by_choice: Mapping[str, float], chosen: str) -> str:
    return ", ".join(
        f"{choice} {usd:.2f}{' (chosen)' if choice == chosen else ''}" for choice, usd in usd_by_choice.items()
    )


def _serving(settings: Settings) -> Iterator[Line]:
    if settings.hosting == "vm":
        yield from machine_lines(settings.vm_instance_type)
    else:
        yield from _compute(settings)
        yield from _network(settings)


def _compute(settings: Settings) -> Iterator[Line]:
    vcpu = settings.task_cpu / 1024 * prices.FARGATE_VCPU_HOUR[settings.architecture]
    memory = settings.task_memory / 1024 * prices.FARGATE_GB_HOUR[settings.architecture]
    size = f"{settings.task_cpu} CPU units, {settings.task_memory} MiB, {settings.architecture}"
    yield Line(f"{settings.min_tasks} tasks ({size})", settings.min_tasks * (vcpu + memory) * prices.HOURS)


def _network(settings: Settings) -> Iterator[Line]:
    addresses = len(ZONES) * prices.PUBLIC_IPV4_HOUR
    yield Line("load balancer with its addresses", (prices.LOAD_BALANCER_HOUR + addresses) * prices.HOURS)
    yield Line(f"way out of the tasks ({settings.egress})", _egress_usd(settings, settings.egress))


def _egress_usd(settings: Settings, egress: str) -> float:
    hourly = {
        "gateway": prices.NAT_GATEWAY_HOUR + prices.PUBLIC_IPV4_HOUR,
        "public": settings.min_tasks * prices.PUBLIC_IPV4_HOUR,
        "endpoints": len(SERVICES) * len(ZONES) * prices.INTERFACE_ENDPOINT_HOUR,
    }
    return hourly[egress] * prices.HOURS


def _database(settings: Settings) -> Iterator[Line]:
    copies, where = (2, "two zones") if settings.database_multi_az else (1, "one zone")
    hour = prices.DATABASE_HOUR.get(settings.database_class)
    yield Line(f"{settings.database_class} in {where}", None if hour is None else copies * hour * prices.HOURS)
    storage = settings.database_storage_gb
    yield Line(f"{storage} GB of database storage", copies * storage * prices.DATABASE_STORAGE_GB)


def _rest(settings: Settings) -> Iterator[Line]:
    yield Line("secret, key and hosted zone", prices.SECRET + prices.KEY + prices.HOSTED_ZONE)
    yield Line(
        f"{LOGS_GB} GB of logs, {IMAGES_GB} GB of images", LOGS_GB * prices.LOGS_GB + IMAGES_GB * prices.IMAGES_GB
    )
    yield Line(f"{ALARMS} alarms", ALARMS * prices.ALARM)
    if settings.sends_with_ses:
        yield Line("1,000 mails", prices.MAILS_1000)
    if settings.waf:
        yield Line("web ACL with its rules", prices.WEB_ACL + len(MANAGED_RULES) * prices.WEB_ACL_RULE)
