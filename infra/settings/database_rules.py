"""Rules for the database: instance class, connections, storage, version."""

import re
from collections.abc import Iterator

from infra.data import database_capacity as capacity
from infra.ecs import server
from infra.problem import Finding, set_command
from infra.settings.settings import Settings

MOST_STORAGE_GB = 65_536
"""Of gp3 storage. Source: Amazon RDS user guide, "Amazon RDS DB instance storage"."""
OLDEST_POSTGRES = 14
"""Oldest version that Django 5.2 supports."""


def instance_class(settings: Settings) -> Iterator[Finding]:
    """A class that runs the database, with a known memory size."""
    try:
        capacity.memory_gib(settings.database_class)
    except ValueError as error:
        yield Finding(("database_class",), str(error), set_command("database_class", capacity.CLASSES[0]))


def connections(settings: Settings) -> Iterator[Finding]:
    """A database that allows the connections of `maxTasks` tasks during a rollout.

    Refused, because the tasks beyond the limit answer every visitor with an error, at the busiest time of all.
    """
    per_task = server.database_connections(settings.task_cpu, settings.web_threads)
    if per_task < 1:
        return
    try:
        allowed = capacity.max_connections(settings.database_class)
        fitting = capacity.tasks_that_fit(settings.database_class, per_task)
    except ValueError:
        return
    if settings.max_tasks <= fitting:
        return
    needed = capacity.connections_in_rollout(settings.max_tasks, per_task)
    rule = (
        f"a rollout of {settings.max_tasks} tasks opens up to {needed} database connections, {per_task} in each old "
        f"and each new task (taskCpu {settings.task_cpu}, webThreads {settings.web_threads}), and "
        f"{settings.database_class} allows {allowed}, enough for a rollout of {fitting}"
    )
    yield Finding(("max_tasks", "task_cpu", "web_threads", "database_class"), rule, _more_room(settings, fitting))


def _more_room(settings: Settings, fitting: int) -> str:
    per_task = server.database_connections(settings.task_cpu, settings.web_threads)
    larger = capacity.smallest_class(settings.max_tasks, per_task)
    fewer = set_command("max_tasks", fitting)
    if larger is None:
        return fewer if fitting >= settings.min_tasks else "lower minTasks, taskCpu or webThreads"
    wider = set_command("database_class", larger)
    return f"{fewer} (or {wider})" if fitting >= settings.min_tasks else wider


def storage(settings: Settings) -> Iterator[Finding]:
    """Room for the storage to grow."""
    if settings.database_max_storage_gb > MOST_STORAGE_GB:
        fix = set_command("database_max_storage_gb", MOST_STORAGE_GB)
        yield Finding(("database_max_storage_gb",), f"RDS has at most {MOST_STORAGE_GB} GiB", fix)
        return
    least = capacity.least_max_storage_gb(settings.database_storage_gb)
    if settings.database_max_storage_gb < least <= MOST_STORAGE_GB:
        rule = f"must be at least 10 % above databaseStorageGb, so {least} or more"
        fix = set_command("database_max_storage_gb", least)
        yield Finding(("database_max_storage_gb", "database_storage_gb"), rule, fix)


def version(settings: Settings) -> Iterator[Finding]:
    """A major version. RDS raises the minor version by itself, and then refuses a deploy that names the older one."""
    if _is_major(settings.database_version):
        return
    major = settings.database_version.partition(".")[0]
    rule = f"must be a major version alone, {OLDEST_POSTGRES} or later: RDS applies minor ones by itself"
    yield Finding(("database_version",), rule, set_command("database_version", major if _is_major(major) else "17"))


def _is_major(version: str) -> bool:
    return re.fullmatch(r"[1-9]\d", version) is not None and int(version) >= OLDEST_POSTGRES
