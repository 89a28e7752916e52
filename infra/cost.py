"""What a month of this stack costs before anyone visits it: pure arithmetic over the settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra import prices
from infra.endpoints import SERVICES
from infra.network import ZONES
from infra.settings import Settings
from infra.waf import MANAGED_RULES

# A quiet site: what the peers' bills in docs were compared with.
LOGS_GB, IMAGES_GB = 1, 1
ALARMS = 9


@dataclass(frozen=True)
class Line:
    """One position of the bill; `usd` is None where the price table has no price."""

    name: str
    usd: float | None


@dataclass(frozen=True)
class Estimate:
    """The month's bill at `minTasks`, in US dollars; requests, traffic and tasks added by scaling come on top."""

    lines: tuple[Line, ...]

    @property
    def total_usd(self) -> float:
        """The sum of all priced lines, to the cent."""
        return round(sum(line.usd or 0 for line in self.lines), 2)


def monthly_estimate(settings: Settings) -> Estimate:
    """What `settings` cost per month of 730 hours at the prices of us-east-1."""
    return Estimate((*_compute(settings), *_network(settings), *_database(settings), *_rest(settings)))


def compare_egress(settings: Settings) -> dict[str, float]:
    """The monthly network cost of each choice of `egress`, everything else alike."""
    return {egress: round(_egress_usd(settings, egress), 2) for egress in ("gateway", "public", "endpoints")}


def summary(settings: Settings) -> str:
    """One line for previews: the month's cost, and what the other ways out of the tasks would make of it."""
    choices = ", ".join(
        f"{egress} {usd:.2f}{' (chosen)' if egress == settings.egress else ''}"
        for egress, usd in compare_egress(settings).items()
    )
    total = monthly_estimate(settings).total_usd
    return f"a quiet month costs about {total:.2f} USD in us-east-1, of it for the way out of the tasks: {choices}"


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
