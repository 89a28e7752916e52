"""The processes of hosting.toml with the stack's numbers, and the rules for both together."""

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from infra.application.processes import Process as Declared
from infra.data import database_capacity as capacity
from infra.ecs import fargate_size, server
from infra.ecs.process import Backlog, Process
from infra.foundation import addressing
from infra.problem import Finding, SettingsError, set_command
from infra.settings.rules import problem_of
from infra.settings.settings import Settings

NUMBERS = {"minTasks": "min_tasks", "maxTasks": "max_tasks", "cpu": "cpu", "memory": "memory"}
"""What a stack may decide of a process: keys of the setting, and fields of `Process`."""
MOST_TASKS = 1000


def read_processes(raw: str) -> Mapping[str, Mapping[str, int]]:
    """The value of the setting `processes`. Raises ValueError."""
    try:
        value = json.loads(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise ValueError("must be an object: names of processes with an object each")
    for name, numbers in value.items():
        for key, number in numbers.items():
            if key not in NUMBERS:
                raise ValueError(f"{name}.{key} is none of {', '.join(NUMBERS)}")
            if type(number) is not int:
                raise ValueError(f"{name}.{key} must be a whole number")
    return MappingProxyType(value)


def resolve(settings: Settings, declared: Mapping[str, Declared], project: str) -> tuple[Process, ...]:
    """The processes as the stack runs them. Raises SettingsError with everything that is wrong."""
    resolved = tuple(_resolve(name, one, settings) for name, one in declared.items())
    findings = [
        *_unknown(settings, declared),
        *(finding for one in resolved for finding in (*_numbers(one), *_cache(one, settings))),
    ]
    findings = findings or [*_room(resolved, settings), *_connections(resolved, settings)]
    if findings:
        raise SettingsError([problem_of(finding, settings, project) for finding in findings])
    return resolved


def _resolve(name: str, declared: Declared, settings: Settings) -> Process:
    backlog = declared.backlog
    cpu_percent = declared.scale_at_cpu_percent or (None if backlog else settings.scale_at_cpu_percent)
    own = settings.processes.get(name, {})
    # One number for both, as in hosting.toml, unless the stack says more.
    most = max(declared.most_tasks, own.get("minTasks", 1))
    process = Process(
        name=name,
        cpu=declared.cpu,
        memory=declared.memory,
        min_tasks=declared.min_tasks,
        max_tasks=most,
        stop_seconds=declared.stop_seconds,
        cpu_percent=cpu_percent,
        backlog=Backlog(**backlog.model_dump()) if backlog else None,
        spot=declared.spot,
        overlap=declared.overlap,
        database_connections=declared.database_connections,
    )
    numbers: dict[str, Any] = {NUMBERS[key]: number for key, number in own.items()}
    return replace(process, **numbers)


def _unknown(settings: Settings, declared: Mapping[str, Declared]) -> Iterator[Finding]:
    for name in settings.processes:
        if name not in declared:
            rule = f"hosting.toml has no such process; it has: {', '.join(declared) or 'none'}"
            yield Finding(("processes",), rule, f"pulumi config rm --path processes.{name}", item=name)


def _numbers(process: Process) -> Iterator[Finding]:
    if problem := fargate_size.problem(process.cpu, process.memory):
        cpu, memory = fargate_size.nearest(process.cpu, process.memory)
        yield _finding(process, "cpu", problem, f"{_set(process, 'cpu', cpu)}; {_set(process, 'memory', memory)}")
    for key in ("minTasks", "maxTasks"):
        number = getattr(process, NUMBERS[key])
        if not 1 <= number <= MOST_TASKS:
            legal = min(max(number, 1), MOST_TASKS)
            yield _finding(process, key, f"is {number}, and must be from 1 to {MOST_TASKS}", _set(process, key, legal))
    if process.max_tasks < process.min_tasks:
        rule = f"must be at least minTasks, which is {process.min_tasks}"
        yield _finding(process, "maxTasks", rule, _set(process, "maxTasks", process.min_tasks))
    if not process.overlap and process.max_tasks > 1:
        rule = "hosting.toml says overlap = false, so it runs once"
        yield _finding(process, "maxTasks", rule, f"pulumi config rm --path processes.{process.name}")


def _cache(process: Process, settings: Settings) -> Iterator[Finding]:
    if process.backlog and process.backlog.cache and not settings.has_cache:
        rule = f'process {process.name} scales by "{process.backlog.cache}" in the cache, and the stack has none'
        yield Finding(("cache",), rule, set_command("cache", "valkey"))


def _room(processes: tuple[Process, ...], settings: Settings) -> Iterator[Finding]:
    """Addresses for a rollout of all tasks."""
    room = addressing.plan(ipaddress.IPv4Network(settings.vpc_cidr)).tasks_that_fit(settings.egress)
    tasks = settings.max_tasks + sum(process.max_tasks for process in processes)
    if tasks > room:
        rule = f"a rollout doubles maxTasks and those of the processes, {tasks} together, and {settings.vpc_cidr} has "
        yield Finding(("max_tasks", "processes"), f"{rule}room for {room}", "lower maxTasks of the stack or a process")


def _connections(processes: tuple[Process, ...], settings: Settings) -> Iterator[Finding]:
    """Database connections of all tasks in a rollout, as database_rules counts those of the web service."""
    per_task = server.database_connections(settings.task_cpu, settings.web_threads)
    own = capacity.ROLLOUT_FACTOR * sum(process.max_tasks * process.database_connections for process in processes)
    needed = capacity.connections_in_rollout(settings.max_tasks, per_task) + own
    allowed = capacity.max_connections(settings.database_class)
    if needed <= allowed:
        return
    rule = (
        f"a rollout opens up to {needed} database connections, {own} of them by processes (database_connections in "
        f"hosting.toml), and {settings.database_class} allows {allowed}"
    )
    larger = next((one for one in capacity.CLASSES if capacity.max_connections(one) >= needed), None)
    fitting = settings.max_tasks - -(-(needed - allowed) // (capacity.ROLLOUT_FACTOR * per_task))
    fixes = [set_command("max_tasks", fitting)] if fitting >= settings.min_tasks else []
    fixes += [set_command("database_class", larger)] if larger else []
    yield Finding(("max_tasks", "database_class", "processes"), rule, " or ".join(fixes) or "lower processes' maxTasks")


def _finding(process: Process, key: str, rule: str, fix: str) -> Finding:
    return Finding(("processes",), rule, fix, item=f"{process.name}.{key}")


def _set(process: Process, key: str, value: int) -> str:
    return f"pulumi config set --path processes.{process.name}.{key} {value}"
