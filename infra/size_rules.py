"""What choices, numbers and sizes may be: network, tasks, scaling, database, logs. Pure: no resources."""

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra import addressing, fargate_size, metrics
from infra.problem import Finding, set_command

if TYPE_CHECKING:
    from infra.settings import Settings

CHOICES = {
    "hosting": ("fargate", "vm"),
    "egress": ("gateway", "public", "endpoints"),
    "architecture": ("arm64", "x86_64"),
}

BOUNDS = {
    "min_tasks": (1, 1000),
    "max_tasks": (1, 1000),
    "scale_at_cpu_percent": (10, 95),
    "database_storage_gb": (20, 65536),
    "database_backup_days": (1, 35),
    "snapshots_before_migration": (0, 50),
    "secrets_generation": (1, 1_000_000),
    "secret_key_fallbacks": (0, 5),
    "monthly_budget_usd": (0, 1_000_000),
}
"""Smallest and largest legal number: RDS's gp3 storage and backup window, ECS's quota of tasks, half of an account's
100 manual snapshots; the rest is sense."""

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The retentions CloudWatch Logs accepts (API reference of PutRetentionPolicy)."""

OLDEST_POSTGRES = 14
"""The oldest that Django 5.2 supports."""


def choices(settings: "Settings") -> Iterator[Finding]:
    """Settings that know a few words only."""
    for field, legal in CHOICES.items():
        if getattr(settings, field) not in legal:
            yield Finding((field,), f"must be {' or '.join(legal)}", set_command(field, legal[0]))


def bounds(settings: "Settings") -> Iterator[Finding]:
    """Numbers with a smallest and a largest value."""
    for field, (low, high) in BOUNDS.items():
        value = getattr(settings, field)
        if not low <= value <= high:
            yield Finding((field,), f"must be from {low} to {high}", set_command(field, min(max(value, low), high)))


def network(settings: "Settings") -> Iterator[Finding]:
    """The VPC's range is private, of a sensible size, and has room for a rollout of the largest service."""
    problem = addressing.problem(settings.vpc_cidr)
    if problem:
        yield Finding(("vpc_cidr",), problem, set_command("vpc_cidr", addressing.nearest_legal(settings.vpc_cidr)))
        return
    if settings.hosting == "vm":
        return
    room = addressing.plan(ipaddress.IPv4Network(settings.vpc_cidr)).tasks_that_fit(settings.egress)
    if settings.max_tasks > room:
        rule = f"a rollout doubles maxTasks, and {settings.vpc_cidr} has room for {room}"
        yield Finding(("max_tasks", "vpc_cidr", "egress"), rule, set_command("max_tasks", room))


def tasks(settings: "Settings") -> Iterator[Finding]:
    """Fargate sells the size, and scaling has room between its bounds."""
    if settings.hosting == "vm":
        return
    problem = fargate_size.problem(settings.task_cpu, settings.task_memory)
    if problem:
        cpu, memory = fargate_size.nearest(settings.task_cpu, settings.task_memory)
        fix = f"{set_command('task_cpu', cpu)}; {set_command('task_memory', memory)}"
        yield Finding(("task_cpu", "task_memory"), problem, fix)
    if settings.max_tasks < settings.min_tasks:
        rule = f"must be at least minTasks, which is {settings.min_tasks}"
        yield Finding(("max_tasks", "min_tasks"), rule, set_command("max_tasks", settings.min_tasks))


def database(settings: "Settings") -> Iterator[Finding]:
    """A class RDS may sell, storage that can grow, and a major version alone."""
    try:
        metrics.max_connections(settings.database_class)
    except ValueError as error:
        yield Finding(("database_class",), str(error), set_command("database_class", "db.t4g.micro"))
    # RDS refuses a limit less than 10 % above the storage ("Invalid max storage size").
    least = -(-settings.database_storage_gb * 11 // 10)
    if settings.database_max_storage_gb < least:
        rule = f"must be at least 10 % above databaseStorageGb, so {least} or more"
        fix = set_command("database_max_storage_gb", least)
        yield Finding(("database_max_storage_gb", "database_storage_gb"), rule, fix)


def database_version(settings: "Settings") -> Iterator[Finding]:
    """Minor versions are RDS's business: once it has raised one, it refuses every deploy that names the older."""
    if _is_major(settings.database_version):
        return
    major = settings.database_version.partition(".")[0]
    rule = f"must be a major version alone, {OLDEST_POSTGRES} or later: RDS applies minor ones by itself"
    yield Finding(("database_version",), rule, set_command("database_version", major if _is_major(major) else "17"))


def log_days(settings: "Settings") -> Iterator[Finding]:
    """One of CloudWatch's numbers."""
    if settings.log_days not in LOG_DAYS:
        nearest = min(LOG_DAYS, key=lambda days: abs(days - settings.log_days))
        rule = f"CloudWatch keeps logs for {', '.join(map(str, LOG_DAYS))} days"
        yield Finding(("log_days",), rule, set_command("log_days", nearest))


def _is_major(version: str) -> bool:
    return re.fullmatch(r"[1-9]\d", version) is not None and int(version) >= OLDEST_POSTGRES
