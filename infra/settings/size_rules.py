"""Rules for choices, numbers and sizes: network, hosting, tasks, scaling, logs."""

import ipaddress
from collections.abc import Iterator
from dataclasses import replace

from infra.ecs import fargate_size
from infra.foundation import addressing
from infra.foundation.network import EGRESS
from infra.pricing.cost import monthly_estimate
from infra.pricing.prices import CACHE_NODE_HOUR, FARGATE_VCPU_HOUR
from infra.problem import Finding, set_command
from infra.settings.settings import DEFAULTS, Settings

CHOICES = {
    "egress": EGRESS,
    "architecture": ("arm64", "x86_64"),
    "cache": ("none", "valkey"),
    "cache_node_type": tuple(CACHE_NODE_HOUR),
}

BOUNDS = {
    "min_tasks": (1, 1000),
    "max_tasks": (1, 1000),
    "scale_at_cpu_percent": (10, 95),
    "database_storage_gb": (20, 59_578),
    "database_backup_days": (1, 35),
    "snapshots_before_migration": (0, 50),
    "cache_replicas": (0, 5),
    "cache_snapshot_days": (0, 35),
    "secrets_generation": (1, 1_000_000),
    "secret_key_fallbacks": (0, 5),
    "monthly_budget_usd": (0, 1_000_000),
}
"""Smallest and largest legal number. AWS's limits: gp3 storage of RDS with 10 % to grow, its backup window, task
quota of ECS, and half of an account's 100 manual snapshots; the other limits are this project's."""

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retentions that CloudWatch Logs accepts, from the API reference of PutRetentionPolicy."""


def choices(settings: Settings) -> Iterator[Finding]:
    """Settings with a fixed list of values."""
    for field, legal in CHOICES.items():
        if getattr(settings, field) not in legal:
            yield Finding((field,), f"must be {' or '.join(legal)}", set_command(field, legal[0]))


def hosting(settings: Settings) -> Iterator[Finding]:
    """Accept `fargate`. For `vm` name the cheapest settings on Fargate, and how a deployed site moves there.

    A site that runs on `hosting: vm` is refused by its release record too (infra/release/releases.py).
    """
    if settings.hosting == "vm":
        usd = monthly_estimate(_one_public_task(settings)).total_usd
        fix = (
            f"{set_command('hosting', 'fargate')}; {set_command('min_tasks', 1)}; {set_command('egress', 'public')} "
            f"(about {usd:.2f} USD a month). If the site runs on `hosting: vm` now, check out the version that "
            "deployed it and run `pulumi up` there with `hosting: fargate` first: only that version can move the site."
        )
        yield Finding(("hosting",), "this version runs on Fargate only", fix)
    elif settings.hosting != "fargate":
        yield Finding(("hosting",), "must be fargate", set_command("hosting", "fargate"))


def _one_public_task(settings: Settings) -> Settings:
    """The same site with one task and without a NAT gateway."""
    architecture = settings.architecture if settings.architecture in FARGATE_VCPU_HOUR else DEFAULTS["architecture"]
    return replace(settings, min_tasks=1, egress="public", architecture=architecture)


def bounds(settings: Settings) -> Iterator[Finding]:
    """Numbers with a smallest and a largest value."""
    for field, (low, high) in BOUNDS.items():
        value = getattr(settings, field)
        if not low <= value <= high:
            yield Finding((field,), f"must be from {low} to {high}", set_command(field, min(max(value, low), high)))


def network(settings: Settings) -> Iterator[Finding]:
    """A private range, /16 to /22, with enough addresses for a rollout of `maxTasks` tasks."""
    problem = addressing.problem(settings.vpc_cidr)
    if problem:
        yield Finding(("vpc_cidr",), problem, set_command("vpc_cidr", addressing.nearest_legal(settings.vpc_cidr)))
        return
    room = addressing.plan(ipaddress.IPv4Network(settings.vpc_cidr)).tasks_that_fit(settings.egress)
    if settings.max_tasks > room:
        rule = f"a rollout doubles maxTasks, and {settings.vpc_cidr} has room for {room}"
        yield Finding(("max_tasks", "vpc_cidr", "egress"), rule, set_command("max_tasks", room))


def tasks(settings: Settings) -> Iterator[Finding]:
    """A size that Fargate sells, and `maxTasks` of at least `minTasks`."""
    problem = fargate_size.problem(settings.task_cpu, settings.task_memory)
    if problem:
        cpu, memory = fargate_size.nearest(settings.task_cpu, settings.task_memory)
        fix = f"{set_command('task_cpu', cpu)}; {set_command('task_memory', memory)}"
        yield Finding(("task_cpu", "task_memory"), problem, fix)
    if settings.max_tasks < settings.min_tasks:
        rule = f"must be at least minTasks, which is {settings.min_tasks}"
        yield Finding(("max_tasks", "min_tasks"), rule, set_command("max_tasks", settings.min_tasks))


def log_days(settings: Settings) -> Iterator[Finding]:
    """A retention that CloudWatch Logs accepts."""
    if settings.log_days not in LOG_DAYS:
        nearest = min(LOG_DAYS, key=lambda days: abs(days - settings.log_days))
        rule = f"CloudWatch keeps logs for {', '.join(map(str, LOG_DAYS))} days"
        yield Finding(("log_days",), rule, set_command("log_days", nearest))
